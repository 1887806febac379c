/*
 * The RSA-3072 arithmetic of SIGSTRUCT (SDM 38.13 and EINIT): s^3 mod n by way of
 * q1 = floor(s^2 / n) and q2 = floor(s * (s^2 mod n) / n), which spare the processor a division.
 * Numbers are 384 bytes, little endian.
 */
#ifndef KC_IMAGE_SIGSTRUCT_RSA_H
#define KC_IMAGE_SIGSTRUCT_RSA_H

#include "base/bytes.h"
#include "base/error.h"

/* SHA-256 over the signed parts of 1,808 bytes. */
KC_MUST_USE enum kc_err kc_sigstruct_digest(const uint8_t *sigstruct, uint8_t digest[32]);

/* KC_ERR_REFUSED when signature, q1 and q2 are not those of `digest` under `modulus`. */
KC_MUST_USE enum kc_err kc_sigstruct_rsa_verify(const uint8_t *modulus, const uint8_t *signature,
                                                const uint8_t *q1, const uint8_t *q2,
                                                const uint8_t digest[32], struct kc_error *error);

/* Signs `digest` (PKCS #1 v1.5) with a PEM private key; KC_ERR_MALFORMED: no such key. */
KC_MUST_USE enum kc_err kc_sigstruct_rsa_sign(struct kc_bytes key_pem, const uint8_t digest[32],
                                              uint8_t *modulus, uint8_t *signature, uint8_t *q1,
                                              uint8_t *q2, struct kc_error *error);

#endif
