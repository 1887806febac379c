/*
 * A root that a caller names: one certificate in PEM and nothing else, whose key is what is
 * trusted from then on. That it is the right one is the caller's word.
 */
#ifndef KC_VERIFY_ROOT_H
#define KC_VERIFY_ROOT_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_ROOT_PEM_MAX ((size_t)64 * 1024)

/* x || y of its key. KC_ERR_MALFORMED, KC_ERR_UNSUPPORTED or KC_ERR_REFUSED with what is wrong: not
 * one certificate, no key on P-256, or issued by another. */
KC_MUST_USE enum kc_err kc_root_from_pem(struct kc_bytes pem, uint8_t out[64],
                                         struct kc_error *error);

#endif
