/*
 * The TCB level of a platform: what Intel's collateral says of the processor, its TDX module and
 * its Quoting Enclave, and the one status that follows (Intel's QVL converges them so).
 *
 * Judges the meaning alone. What is asked for here must be genuine: the caller has checked every
 * signature of the quote (kc_verify) and of the collateral (kc_collateral_judge) before.
 */
#ifndef KC_VERIFY_TCB_H
#define KC_VERIFY_TCB_H

#include "formats/pck_certificate.h"
#include "formats/qe_identity.h"
#include "formats/sgx_report.h"
#include "formats/tcb_info.h"
#include "formats/tdx_quote.h"

struct kc_tcb_input {
    const struct kc_pck_extension *pck;
    const struct kc_sgx_report_body *qe_report;
    const struct kc_td_report *td; /* NULL: an SGX enclave's quote */
    bool td_is_15;                 /* a body of TDX 1.5: a relaunch can be advised */
    const struct kc_tcb_info *tcb_info;
    const struct kc_qe_identity *qe_identity;
};

struct kc_tcb_fault {
    const char *check; /* stable dotted name, a literal: "tcb.fmspc" */
    const char *what;  /* a literal that says it in words */
};

#define KC_TCB_FAULTS_MAX 16

/* Views point into the collateral. Without faults all of it is filled; a part that a fault
 * prevented has a rating of NULL. */
struct kc_tcb {
    size_t fault_count; /* with one fault or more there is no status */
    struct kc_tcb_fault fault[KC_TCB_FAULTS_MAX];

    enum kc_tcb_status status; /* all parts together; KC_TCB_REVOKED with faults */

    size_t level;                         /* which one, the highest being 0 */
    const struct kc_tcb_rating *platform; /* of the matching level of TCB info */
    enum kc_tcb_status sgx_platform;      /* TDX: of the first level that the SGX part matches */
    uint8_t module_version;               /* TDX */
    const struct kc_tcb_rating *module;   /* TDX modules of version 1 and up, else NULL */
    const struct kc_tcb_rating *qe;

    uint32_t tcb_info_evaluation_number;
    uint32_t qe_identity_evaluation_number;
};

void kc_tcb_judge(const struct kc_tcb_input *input, struct kc_tcb *out);

#endif
