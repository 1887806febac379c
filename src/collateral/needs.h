/*
 * What collateral given evidence needs: read from the evidence as it stands, before anything of it
 * is known to be genuine. So it may only decide what is asked for, never what is believed.
 */
#ifndef KC_COLLATERAL_NEEDS_H
#define KC_COLLATERAL_NEEDS_H

#include "formats/evidence.h"
#include "formats/pck_certificate.h"
#include "formats/snp_report.h"

enum kc_needs_kind {
    KC_NEEDS_SGX,
    KC_NEEDS_TDX,
    KC_NEEDS_SNP,
};

struct kc_needs {
    enum kc_needs_kind kind;

    /* SGX and TDX. */
    uint8_t fmspc[6];
    bool is_platform_ca;            /* else the Processor CA issued the PCK */
    struct kc_pck_chain *pck_chain; /* owned */

    /* SEV-SNP. */
    enum kc_snp_product product; /* KC_SNP_UNKNOWN: the report does not say, Milan or Genoa */
    bool is_vlek;                /* its certificate comes from the provider alone */
    uint8_t chip_id[64];
    struct kc_snp_tcb tcb;
};

/* KC_ERR_MALFORMED: no quote or report; KC_ERR_UNSUPPORTED: of a kind for which nothing is to be
 * had; KC_ERR_ABSENT: it does not say which platform it is of. To be cleared on success. */
KC_MUST_USE enum kc_err kc_needs_of_evidence(const struct kc_evidence *evidence,
                                             struct kc_needs *out, struct kc_error *error);

/* Likewise of a PCK certificate's PEM chain, the PCK first; `is_tdx`: for TDX quotes. */
KC_MUST_USE enum kc_err kc_needs_of_pck(struct kc_bytes pem, bool is_tdx, struct kc_needs *out,
                                        struct kc_error *error);

void kc_needs_clear(struct kc_needs *needs);

#endif
