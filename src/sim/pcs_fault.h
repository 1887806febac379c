/* Faults of the simulated PCS on demand: "KIND[:N][@PIECE]". */
#ifndef KC_SIM_PCS_FAULT_H
#define KC_SIM_PCS_FAULT_H

#include "base/bytes.h"
#include "base/error.h"

enum kc_sim_pcs_kind {
    KC_SIM_PCS_NONE,
    KC_SIM_PCS_NOT_FOUND,   /* "404" */
    KC_SIM_PCS_TOO_MANY,    /* "429", Retry-After: 1 */
    KC_SIM_PCS_FAILING,     /* "500" */
    KC_SIM_PCS_REDIRECT,    /* "redirect": 307 to the same path under another host's name */
    KC_SIM_PCS_SLOW,        /* "slow": the head, then a byte each 200 ms */
    KC_SIM_PCS_SILENT,      /* "silent": no answer at all */
    KC_SIM_PCS_TRUNCATED,   /* "truncated": half of the body, then the end */
    KC_SIM_PCS_HUGE,        /* "huge": 4 MiB of spaces behind the body */
    KC_SIM_PCS_WRONG_CHAIN, /* "wrong-chain": the chain of the other issuer */
    KC_SIM_PCS_NO_CHAIN,    /* "no-chain" */
    KC_SIM_PCS_EXPIRED,     /* "expired": valid until yesterday */
    KC_SIM_PCS_CHANGED,     /* "changed": one byte of the body is another */
    KC_SIM_PCS_HEX,         /* "hex": revocation lists in this form, whatever was asked for */
    KC_SIM_PCS_PEM,         /* "pem": likewise */
};

#define KC_SIM_PCS_FAULTS_MAX 8

struct kc_sim_pcs_fault {
    enum kc_sim_pcs_kind kind;
    uint64_t left;     /* requests that are still to have it */
    const char *piece; /* the path's last part: "tcb", "identity", "pckcrl", "rootcacrl"; or NULL */
};

/* False for what is no fault. `out->piece` is a literal. */
KC_MUST_USE bool kc_sim_pcs_fault_parse(const char *text, struct kc_sim_pcs_fault *out);

/* The fault of a request of `path`: the first that fits and has some left, counted down. */
enum kc_sim_pcs_kind kc_sim_pcs_fault_take(struct kc_sim_pcs_fault *faults, size_t count,
                                           struct kc_bytes path);

#endif
