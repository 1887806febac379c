/*
 * Whether pieces are good for these needs now: what a server sent, or what lies in a cache. The
 * judgement is verify's own (verify/collateral.h, verify/amd_chain.h).
 */
#ifndef KC_COLLATERAL_SOUND_H
#define KC_COLLATERAL_SOUND_H

#include "collateral/fetch.h"

/* For how long all that was judged is good; and of one part, what says which of two is newer. */
struct kc_sound_dates {
    int64_t issued;
    int64_t expires;
    int64_t body_issued; /* the part's own: issueDate or thisUpdate */
    uint32_t evaluation; /* of TCB info and QE identity, else 0 */
};

/*
 * Judges `part` of `bundle`; `dates` may be NULL. KC_ERR_REFUSED with the check that fails in
 * `why`; KC_ERR_ABSENT: it is not there; KC_ERR_MEMORY. What is revoked is no fault of the pieces
 * that say so.
 */
KC_MUST_USE enum kc_err kc_sound_part(enum kc_fetch_part part, const struct kc_bundle *bundle,
                                      const struct kc_needs *needs,
                                      const struct kc_fetch_trust *trust,
                                      struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX]);

/* Whether `part` is among the needs. */
bool kc_sound_is_needed(enum kc_fetch_part part, const struct kc_needs *needs);

/* All that is needed, and AMD's list where it is there, likewise. */
KC_MUST_USE enum kc_err kc_sound_all(const struct kc_bundle *bundle, const struct kc_needs *needs,
                                     const struct kc_fetch_trust *trust,
                                     struct kc_sound_dates *dates, char why[KC_WEB_REASON_MAX]);

/*
 * Takes from `old` each of Intel's parts, and AMD's list, that is sound and newer than that of
 * `bundle`, by its date or its evaluation number: what is older would bring back a key that was
 * revoked, or a TCB that was good once. `bundle` is sound; `old` is left with the rest.
 */
void kc_sound_keep_newer(struct kc_bundle *bundle, struct kc_bundle *old,
                         const struct kc_needs *needs, const struct kc_fetch_trust *trust);

/* Whether the evidence's own PCK chain is of the trusted root, its dates aside. */
bool kc_sound_is_trusted(const struct kc_needs *needs, const struct kc_fetch_trust *trust);

#endif
