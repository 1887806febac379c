/*
 * What a TCB level says of a platform, a TDX module or a Quoting Enclave (Intel PCS API v4,
 * "tcbStatus"; the two of relaunch are Intel's QVL's, no collateral states them).
 */
#ifndef KC_FORMATS_TCB_STATUS_H
#define KC_FORMATS_TCB_STATUS_H

#include "base/bytes.h"

/* In the order of growing concern. No policy accepts the last. */
enum kc_tcb_status {
    KC_TCB_UP_TO_DATE,
    KC_TCB_SW_HARDENING_NEEDED,
    KC_TCB_CONFIGURATION_NEEDED,
    KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    KC_TCB_OUT_OF_DATE,
    KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    KC_TCB_TD_RELAUNCH_ADVISED,
    KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    KC_TCB_REVOKED,
    KC_TCB_STATUS_COUNT,
};

/* "UpToDate" and so on; never NULL for a valid status. */
const char *kc_tcb_status_name(enum kc_tcb_status status);

/* The status of that very name; false for any other text. */
bool kc_tcb_status_from_text(struct kc_bytes text, enum kc_tcb_status *out);

#endif
