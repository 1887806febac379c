/*
 * ECDSA P-384 with SHA-384, in the raw form of SEV-SNP's reports once their scalars are turned
 * round: keys x || y, signatures r || s, 48 bytes each, big endian.
 */
#ifndef KC_VERIFY_ECDSA_P384_H
#define KC_VERIFY_ECDSA_P384_H

#include "base/bytes.h"
#include "base/error.h"

/* True only for a valid signature of `message` by a key that is a point of the curve; false for
 * everything else, an exhausted memory included. OpenSSL's queue of errors is left as it was. */
KC_MUST_USE bool kc_ecdsa_p384_verify(const uint8_t public_key[96], struct kc_bytes message,
                                      const uint8_t signature[96]);

/* SHA-384. False when the library failed. */
KC_MUST_USE bool kc_sha384(struct kc_bytes message, uint8_t out[48]);

#endif
