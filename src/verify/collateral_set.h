/*
 * Intel's collateral, decoded, its signatures verified under one root: all that can be known of it
 * without evidence and without a time. Made once, never changed after that, shared by counting its
 * users. For the files of this room alone.
 */
#ifndef KC_VERIFY_COLLATERAL_SET_H
#define KC_VERIFY_COLLATERAL_SET_H

#include "verify/chain.h"
#include "verify/collateral.h"

/* TCB signing or PCK CA, and root. */
struct kc_issuer_chain {
    bool is_there;
    struct kc_error error;           /* of decoding; else a code of KC_OK */
    struct kc_chain_verdict verdict; /* but for its dates; of a decoded one */
    size_t count;                    /* 2 when it holds but for its dates, else 0 */
    struct kc_certificate certificate[2];
    uint8_t *der; /* owned: the certificates' bytes */
};

struct kc_issued_crl {
    bool is_there;
    struct kc_error error;
    struct kc_crl crl;
    uint8_t *der;    /* owned */
    bool is_checked; /* its signature by this key was tried */
    bool is_good;
    uint8_t key[64];
};

/* About 28 KiB and the pieces. */
struct kc_collateral_set {
    _Atomic(unsigned) users;
    size_t size;      /* bytes of memory */
    uint8_t *kept[4]; /* owned copies of pieces, or NULL */
    uint8_t root_key[64];

    struct kc_issuer_chain tcb_chain;
    struct kc_issuer_chain qe_chain;
    struct kc_issuer_chain pck_ca_chain;

    bool has_tcb_info; /* there; decoded unless `tcb_info_error` says otherwise */
    struct kc_error tcb_info_error;
    bool tcb_info_is_signed; /* by the first certificate of `tcb_chain` */
    struct kc_tcb_info tcb_info;
    bool has_qe_identity;
    struct kc_error qe_identity_error;
    bool qe_identity_is_signed; /* by that of `qe_chain`, where there is one, else likewise */
    struct kc_qe_identity qe_identity;

    struct kc_issued_crl root_crl;
    struct kc_issued_crl pck_crl;

    struct kc_bytes pck_crl_chain; /* PEM; `ptr` NULL: there is none */
    struct kc_bytes pck_chain;
};

/*
 * Decodes and verifies all pieces; whatever is wrong with them is noted in the set. `keep`: the
 * pieces are copied; else they must live as long. One user: the caller. KC_ERR_MEMORY.
 */
KC_MUST_USE enum kc_err kc_collateral_set_make(const struct kc_collateral_pieces *pieces,
                                               const uint8_t root_key[64], bool keep,
                                               struct kc_signatures *known,
                                               struct kc_collateral_set **out);

/* One user more, one less; the last one frees it. NULL is fine. */
void kc_collateral_set_use(struct kc_collateral_set *set);
void kc_collateral_set_release(struct kc_collateral_set *set);

/* Lists that are known beside the set's; NULL: none. */
struct kc_newest_lists {
    const struct kc_issued_crl *root;
    const struct kc_issued_crl *pck; /* of the CA that issued the PCK */
};

/*
 * Judges a set for a PCK chain (leaf, CA, root: found good under the set's root but for dates) at
 * `now`. `newest` may be NULL: what its lists revoke is revoked, and each is taken in place of the
 * set's where it is newer and of this time, or the set has none of that CA. Allocates nothing.
 * `out` views the set and the lists.
 */
void kc_collateral_judge_set(const struct kc_collateral_set *set,
                             const struct kc_certificate pck_chain[3],
                             const struct kc_newest_lists *newest, int64_t now,
                             struct kc_signatures *known, struct kc_collateral *out);

#endif
