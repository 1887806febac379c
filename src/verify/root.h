/*
 * A root that a caller names: one certificate in PEM and nothing else, whose key is what is
 * trusted from then on. That it is the right one is the caller's word.
 */
#ifndef KC_VERIFY_ROOT_H
#define KC_VERIFY_ROOT_H

#include "verify/amd_chain.h"

#define KC_ROOT_PEM_MAX ((size_t)64 * 1024)

/* x || y of its key. KC_ERR_MALFORMED, KC_ERR_UNSUPPORTED or KC_ERR_REFUSED with what is wrong: not
 * one certificate, no key on P-256, or issued by another. */
KC_MUST_USE enum kc_err kc_root_from_pem(struct kc_bytes pem, uint8_t out[64],
                                         struct kc_error *error);

/* The one root that a file names, of either maker. */
struct kc_root {
    bool is_amd;
    uint8_t key[64];        /* Intel's, or one of its shape: x || y */
    struct kc_amd_root amd; /* of the product that its name says */
};

/*
 * Likewise, and SEV-SNP's ARK too. Certificates of its chain may stand beside it, and lines may end
 * in CR LF; there must be exactly one that issued itself.
 */
KC_MUST_USE enum kc_err kc_root_read(struct kc_bytes pem, struct kc_root *out,
                                     struct kc_error *error);

#endif
