/*
 * The collateral that goes with the simulated quotes: TCB info (version 3), QE identity
 * (version 2), both revocation lists and the issuer chains, in the forms of Intel's PCS v4. For
 * trust domains the TDX module is of version 1, SVN 5, and its signer is all zeros as Intel's.
 */
#ifndef KC_SIM_COLLATERAL_H
#define KC_SIM_COLLATERAL_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/tcb_status.h"

struct kc_sim_state;

struct kc_sim_collateral_options {
    int64_t issued;            /* seconds since 1970: issueDate and thisUpdate */
    unsigned days;             /* until nextUpdate */
    enum kc_tcb_status status; /* of the TCB level that the simulated platform is at */
    bool is_tdx;               /* TCB info and identity for quotes of its trust domains */
};

#define KC_SIM_COLLATERAL_FILES 7

struct kc_sim_collateral_file {
    const char *name; /* "tcb_info.json" */
    uint8_t *ptr;
    size_t len;
};

/* Fills `files`, to be freed by kc_sim_collateral_clear. KC_ERR_CRYPTO;
 * KC_ERR_ARGUMENT: a date out of range, or a status that no TCB level states. */
KC_MUST_USE enum kc_err kc_sim_collateral_make(
    const struct kc_sim_state *state, const struct kc_sim_collateral_options *options,
    struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES], struct kc_error *error);
void kc_sim_collateral_clear(struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES]);

#endif
