/*
 * What the levels of TCB info and of enclave identities have in common: a rating, and the levels
 * of a security version number by which Quoting Enclaves and TDX modules are rated.
 */
#ifndef KC_FORMATS_TCB_LEVEL_H
#define KC_FORMATS_TCB_LEVEL_H

#include "formats/json.h"
#include "formats/tcb_status.h"

#define KC_ADVISORIES_MAX 128 /* of one level */
#define KC_ADVISORY_SIZE  64  /* characters of one advisory's id */
#define KC_SVN_LEVELS_MAX 32

/* `advisories` is the list's text in the collateral, empty when it has none:
 * kc_tcb_rating_next_advisory() reads it. */
struct kc_tcb_rating {
    enum kc_tcb_status status;
    int64_t date; /* tcbDate: what was known on that day has been mended */
    struct kc_bytes advisories;
};

#define KC_TCB_RATING_HAS_STATUS 1u
#define KC_TCB_RATING_HAS_DATE   2u
#define KC_TCB_RATING_COMPLETE   3u

/*
 * Reads the value of the level's member `name` where it is one of a rating, and notes in `seen`
 * which it was. False: another member, not read. A status not known to collateral is refused.
 */
bool kc_tcb_rating_read(struct kc_json *j, struct kc_bytes name, struct kc_tcb_rating *out,
                        unsigned *seen);

/*
 * Gives one advisory id after the other ("INTEL-SA-00615"). Start with `*rest` being a rating's
 * `advisories`; false when there are no more.
 */
bool kc_tcb_rating_next_advisory(struct kc_bytes *rest, struct kc_bytes *id);

struct kc_svn_level {
    uint16_t isv_svn;
    struct kc_tcb_rating rating;
};

/* `level` as given; `order` has their indexes, the highest SVN first, as they are judged. */
struct kc_svn_levels {
    size_t count;
    struct kc_svn_level level[KC_SVN_LEVELS_MAX];
    uint8_t order[KC_SVN_LEVELS_MAX];
};

/* Reads a list of {tcb: {isvsvn}, tcbDate, tcbStatus, advisoryIDs}. Refused: an empty list, more
 * than KC_SVN_LEVELS_MAX, one SVN twice, a status other than UpToDate, OutOfDate and Revoked. */
void kc_svn_levels_read(struct kc_json *j, struct kc_svn_levels *out);

#endif
