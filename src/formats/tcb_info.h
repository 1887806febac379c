/*
 * Intel's TCB info (PCS API v3 and v4: "tcbInfo" of version 2 for SGX, version 3 for SGX and TDX):
 * how a processor family is rated at each level of its microcode and modules.
 *
 * A decoded TCB info is well formed; whether Intel signed it, and whether it is of the right
 * platform and day, is verify's question. What is refused here, beyond broken JSON: a member that
 * the version lacks or must not have, SGX levels with TDX components and the reverse, no levels at
 * all, two levels of one TCB, a status that is not known.
 */
#ifndef KC_FORMATS_TCB_INFO_H
#define KC_FORMATS_TCB_INFO_H

#include "formats/signed_json.h"
#include "formats/tdx_identity.h"

#define KC_TCB_COMPONENTS 16
#define KC_TCB_LEVELS_MAX 64

enum kc_tcb_info_tee {
    KC_TCB_INFO_SGX,
    KC_TCB_INFO_TDX,
};

struct kc_tcb_level {
    uint8_t sgx[KC_TCB_COMPONENTS];
    uint8_t tdx[KC_TCB_COMPONENTS]; /* zeros for SGX */
    uint16_t pce_svn;
    struct kc_tcb_rating rating;
};

/* About 22 KiB. Views point into the decoded body. */
struct kc_tcb_info {
    struct kc_signed_json body;
    enum kc_tcb_info_tee tee;
    unsigned version;
    int64_t issue_date;
    int64_t next_update;
    uint8_t fmspc[6];
    uint8_t pce_id[2];
    uint32_t evaluation_number;
    struct kc_tdx_module tdx_module; /* TDX alone */
    struct kc_tdx_identities tdx_identities;

    /* `level` as given; `order` has their indexes as they are judged: descending by the SGX
     * components from the first to the last, then PCE SVN, then the TDX components, as Intel's
     * library sorts them. */
    size_t level_count;
    struct kc_tcb_level level[KC_TCB_LEVELS_MAX];
    uint8_t order[KC_TCB_LEVELS_MAX];
};

/*
 * Decodes a whole PCS body. KC_ERR_UNSUPPORTED: another version, id or tcbType; KC_ERR_MALFORMED:
 * all else, `error->at` being the offset. `out` is undefined on failure.
 */
KC_MUST_USE enum kc_err kc_tcb_info_decode(struct kc_bytes body, struct kc_tcb_info *out,
                                           struct kc_error *error);

/* The order of levels: above, equal to or below 0 as `a` comes before, with or after `b`. */
int kc_tcb_info_compare_levels(const struct kc_tcb_level *a, const struct kc_tcb_level *b);

#endif
