/*
 * What the simulated PCS answers: Intel's Provisioning Certification Service, REST version 4, for
 * the one platform of the simulated PKI, and rootcacrl as its caches (PCCS) have it. Made anew for
 * each request, issued an hour ago.
 *
 *      /sgx/certification/v4/tcb?fmspc=HEX                               TCB info
 *      /sgx/certification/v4/qe/identity                                 QE identity
 *      /sgx/certification/v4/pckcrl?ca=platform[&encoding=der|pem]       PEM where nothing is asked
 *      /sgx/certification/v4/rootcacrl                                   hexadecimal, as of a PCCS
 *
 * The first two also below /tdx. All else is 404: other platforms, the Processor CA.
 */
#ifndef KC_SIM_PCS_ANSWER_H
#define KC_SIM_PCS_ANSWER_H

#include "formats/tcb_status.h"
#include "http/message.h"
#include "sim/pcs_fault.h"

struct kc_sim_state;

struct kc_sim_pcs_platform {
    enum kc_tcb_status status; /* of the TCB level that the platform is at */
    unsigned days;             /* from now to nextUpdate */
};

/* Owned: to be cleared. */
struct kc_sim_pcs_answer {
    unsigned status;
    const char *content_type;
    uint8_t *body;
    size_t body_len;
    const char *chain_name; /* NULL: no issuer chain */
    char *chain;            /* percent-encoded PEM */
};

/* Answers a GET of `path` and `query`, both as they came, with `fault`: those of them that are
 * about content. False without memory, or when nothing could be signed. */
KC_MUST_USE bool kc_sim_pcs_answer(const struct kc_sim_state *state,
                                   const struct kc_sim_pcs_platform *platform,
                                   enum kc_sim_pcs_kind fault, struct kc_bytes path,
                                   struct kc_bytes query, int64_t now,
                                   struct kc_sim_pcs_answer *out);
void kc_sim_pcs_answer_clear(struct kc_sim_pcs_answer *answer);

#endif
