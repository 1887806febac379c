/*
 * RSASSA-PSS (RFC 8017, 8.1.2) as AMD's certificate authorities sign: RSA-4096 with the exponent
 * 65537, SHA-384, MGF1 with SHA-384, a salt of 48 bytes.
 */
#ifndef KC_VERIFY_RSA_PSS_H
#define KC_VERIFY_RSA_PSS_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_RSA_PSS_SIZE 512 /* of modulus and signature, big endian */

/* True only for a valid signature of `message`; false for everything else, an exhausted memory
 * included. OpenSSL's queue of errors is left as it was. */
KC_MUST_USE bool kc_rsa_pss_verify(const uint8_t modulus[KC_RSA_PSS_SIZE], struct kc_bytes message,
                                   const uint8_t signature[KC_RSA_PSS_SIZE]);

#endif
