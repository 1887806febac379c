/*
 * ECDSA P-256 with SHA-256, in the raw form of quotes and collateral: keys x || y, signatures
 * r || s, 32 bytes each, big endian.
 */
#ifndef KC_VERIFY_ECDSA_H
#define KC_VERIFY_ECDSA_H

#include "base/bytes.h"
#include "base/error.h"

/* True only for a valid signature of `message` by a key that is a point of the curve; false for
 * everything else, an exhausted memory included. OpenSSL's queue of errors is left as it was. */
KC_MUST_USE bool kc_ecdsa_p256_verify(const uint8_t public_key[64], struct kc_bytes message,
                                      const uint8_t signature[64]);

/*
 * A key made ready: a twentieth of a verification's cost. Shared by counting its users; one may be
 * used by many threads at once. NULL when it is no point of the curve, or without memory.
 */
struct kc_ecdsa_key;
struct kc_ecdsa_key *kc_ecdsa_key_new(const uint8_t public_key[64]);
void kc_ecdsa_key_use(struct kc_ecdsa_key *key);
void kc_ecdsa_key_release(struct kc_ecdsa_key *key);

/* As kc_ecdsa_p256_verify(), of a message with this SHA-256. */
KC_MUST_USE bool kc_ecdsa_key_verify(const struct kc_ecdsa_key *key, const uint8_t digest[32],
                                     const uint8_t signature[64]);

/* True when the key is a point of the curve with coordinates below the prime. */
KC_MUST_USE bool kc_ecdsa_p256_is_point(const uint8_t public_key[64]);

/* The same on P-384, which certificates with evidence may have. */
KC_MUST_USE bool kc_ecdsa_p384_is_point(const uint8_t public_key[96]);

/* SHA-256. False when the library failed. */
KC_MUST_USE bool kc_sha256(struct kc_bytes message, uint8_t out[32]);

/* Of one and then the other. */
KC_MUST_USE bool kc_sha256_two(struct kc_bytes first, struct kc_bytes second, uint8_t out[32]);

#endif
