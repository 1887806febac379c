/*
 * The relying party's appraisal policy (RFC 9334, section 8.5): which genuine evidence it accepts.
 *
 * A policy is the relying party's own word and is trusted; it is still read strictly, for a
 * misspelt key that is skipped in silence is a check that is never made.
 *
 *   {
 *     "mrenclave": "<64 hexadecimal digits>" or a list of them,
 *     "mrsigner": likewise,
 *     "isv_prod_id": 0 to 65535,
 *     "min_isv_svn": 0 to 65535,
 *     "allow_debug": true or false (absent: false),
 *     "tcb": "ignore" or a list of accepted statuses (absent: ["UpToDate"])
 *   }
 */
#ifndef KC_VERIFY_POLICY_H
#define KC_VERIFY_POLICY_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/tcb_status.h"

#define KC_POLICY_MAX_SIZE ((size_t)64 * 1024)
#define KC_POLICY_LIST_MAX 32 /* measurements or signers in one policy */

struct kc_policy_hashes {
    size_t count; /* 0: not asked for */
    uint8_t hash[KC_POLICY_LIST_MAX][32];
};

struct kc_policy {
    struct kc_policy_hashes mrenclave;
    struct kc_policy_hashes mrsigner;
    bool has_isv_prod_id;
    uint16_t isv_prod_id;
    bool has_min_isv_svn;
    uint16_t min_isv_svn;
    bool allow_debug;
    bool tcb_ignored;
    uint32_t tcb_accepted; /* bit 1 << status; 0 when ignored */
};

/* What holds where no policy is given: no debug enclave, TCB UpToDate, any identity. */
extern const struct kc_policy kc_policy_default;

/* Where a policy is wrong and how to mend it. */
struct kc_policy_error {
    char key[48];     /* the key, cut to fit and printable; empty when it is about no key */
    const char *what; /* a literal */
    const char *mend; /* a literal */
    size_t line;      /* 1 and up for JSON that cannot be read; else 0 */
};

/* KC_ERR_MALFORMED with `error` filled; KC_ERR_MEMORY. `out` is written on success only. */
KC_MUST_USE enum kc_err kc_policy_parse(struct kc_bytes json, struct kc_policy *out,
                                        struct kc_policy_error *error);

#endif
