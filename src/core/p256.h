/*
 * P-256 keys of the core (the service identity, TLS): ECDSA with SHA-256, numbers of fixed size.
 * Private numbers leave through kc_p256_private() alone, for sealing.
 */
#ifndef KC_CORE_P256_H
#define KC_CORE_P256_H

#include "base/bytes.h"
#include "base/error.h"

struct evp_pkey_st;

#define KC_P256_PRIVATE_SIZE   32
#define KC_P256_PUBLIC_SIZE    64 /* x || y */
#define KC_P256_SIGNATURE_SIZE 64 /* r || s */

/* A new key; the caller frees it (EVP_PKEY_free). KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_p256_generate(struct evp_pkey_st **out);

/* The key of these numbers, which belong together. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_p256_of(const uint8_t private_number[KC_P256_PRIVATE_SIZE],
                                   const uint8_t public_key[KC_P256_PUBLIC_SIZE],
                                   struct evp_pkey_st **out);

KC_MUST_USE enum kc_err kc_p256_public(const struct evp_pkey_st *key,
                                       uint8_t out[KC_P256_PUBLIC_SIZE]);

/* The caller wipes `out`. */
KC_MUST_USE enum kc_err kc_p256_private(const struct evp_pkey_st *key,
                                        uint8_t out[KC_P256_PRIVATE_SIZE]);

KC_MUST_USE enum kc_err kc_p256_sign(struct evp_pkey_st *key, struct kc_bytes message,
                                     uint8_t signature[KC_P256_SIGNATURE_SIZE]);

/* SHA-256 of the key's SubjectPublicKeyInfo. */
KC_MUST_USE enum kc_err kc_p256_spki_hash(const uint8_t public_key[KC_P256_PUBLIC_SIZE],
                                          uint8_t out[32]);

#endif
