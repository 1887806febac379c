/*
 * The one hash of kms-ratls/1: SHA-256. For the files of this room; it knows no secret.
 */
#ifndef KC_RATLS_HASH_H
#define KC_RATLS_HASH_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_RATLS_HASH_SIZE 32

/* SHA-256(first || second). False when the library failed. */
KC_MUST_USE bool kc_ratls_hash(struct kc_bytes first, struct kc_bytes second,
                               uint8_t out[KC_RATLS_HASH_SIZE]);

#endif
