/*
 * What ties evidence to one TLS connection: the hash of the leaf's key with a secret that both ends
 * of this very connection export (RFC 8446, 7.5).
 *
 *   exported   = TLS-Exporter(KC_RATLS_EXPORTER_LABEL, context = the nonce, 32 bytes)
 *   tls-binder = SHA-256(SubjectPublicKeyInfo of the leaf, DER || exported)
 *
 * The context is given, never absent, and is the relying party's nonce as its bytes stand: 16 to
 * 64 of them. TLS 1.3 only, and only after a full handshake: below 1.3 an exporter does not cover
 * the certificate, and a resumed connection shows none. Who takes `exported` from a peer instead
 * of from his own TLS library has checked nothing.
 */
#ifndef KC_RATLS_BINDER_H
#define KC_RATLS_BINDER_H

#include "ratls/hash.h"

/* Without its NUL. Labels that nobody registered begin with "EXPERIMENTAL" (RFC 5705, section 4) */
#define KC_RATLS_EXPORTER_LABEL     "EXPERIMENTAL-kms-ratls-v1"
#define KC_RATLS_EXPORTER_LABEL_LEN (sizeof KC_RATLS_EXPORTER_LABEL - 1)

#define KC_RATLS_EXPORTED_SIZE 32
#define KC_RATLS_NONCE_MIN     16
#define KC_RATLS_NONCE_MAX     64
#define KC_RATLS_NONCE_SIZE    32 /* what our own clients take */

/* SubjectPublicKeyInfo of a key on P-256 (RFC 5480): 27 bytes that never change, x || y. */
#define KC_RATLS_SPKI_SIZE 91

void kc_ratls_spki_of_p256(const uint8_t public_key[64], uint8_t out[KC_RATLS_SPKI_SIZE]);

/*
 * KC_ERR_ARGUMENT: no SPKI, or `exported` is not of its size. KC_ERR_CRYPTO. `out` is written on
 * success only.
 */
KC_MUST_USE enum kc_err kc_ratls_binder(struct kc_bytes spki, struct kc_bytes exported,
                                        uint8_t out[KC_RATLS_HASH_SIZE]);

/* SHA-256 of a SubjectPublicKeyInfo: what "pubkey-hash" holds, and a service's kms-id. Errors as
 * above. */
KC_MUST_USE enum kc_err kc_ratls_key_hash(struct kc_bytes spki, uint8_t out[KC_RATLS_HASH_SIZE]);

#endif
