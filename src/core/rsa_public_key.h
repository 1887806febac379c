/*
 * RSA public keys as SubjectPublicKeyInfo (RFC 8017, A.1; RFC 5280, 4.1) in strict DER and in the
 * PEM that enclaves hand to each other. A key from outside is hostile until it is decoded here.
 */
#ifndef KC_CORE_RSA_PUBLIC_KEY_H
#define KC_CORE_RSA_PUBLIC_KEY_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

#define KC_RSA_BITS_MIN     2048
#define KC_RSA_BITS_MAX     4096
#define KC_RSA_SPKI_MAX     (KC_RSA_BITS_MAX / 8 + 64) /* bytes of DER */
#define KC_RSA_EXPONENT_MAX 8                          /* bytes */

/* Both big endian, without leading zeros. */
struct kc_rsa_public_key {
    struct kc_bytes modulus;
    struct kc_bytes exponent;
};

/* Appends the DER of a key in the bounds above. */
void kc_rsa_public_key_encode(struct kc_writer *w, const struct kc_rsa_public_key *key);

/*
 * Decodes one DER SubjectPublicKeyInfo that must fill `der`; `out` keeps views into it.
 * KC_ERR_MALFORMED: no such DER. KC_ERR_REFUSED: not rsaEncryption, fewer than 2,048 or more than
 * 4,096 bits, an even modulus, or an exponent that is even or not over 2^16.
 */
KC_MUST_USE enum kc_err kc_rsa_public_key_decode(struct kc_bytes der, struct kc_rsa_public_key *out,
                                                 struct kc_error *error);

#endif
