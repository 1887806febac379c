/*
 * The TLS side of connections: TLS 1.3 alone, no tickets, no resumption, no early data, no client
 * certificates, no renegotiation. The key is born here at each start and never leaves.
 */
#ifndef KC_CORE_TLS_H
#define KC_CORE_TLS_H

#include "base/bytes.h"
#include "base/error.h"
#include "core/message.h"

struct kc_tls;
struct ssl_st;

/* Makes the P-256 key. KC_ERR_CRYPTO, KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_tls_new(struct kc_tls **out);
void kc_tls_free(struct kc_tls *tls); /* NULL is fine; connections must be gone */

/* The key's public half, x || y: 64 bytes that live as long as `tls`. */
const uint8_t *kc_tls_public_key(const struct kc_tls *tls);

/* ECDSA with SHA-256 by that key: r || s. Fits kc_ratls_sign with a kc_tls as its context. */
KC_MUST_USE enum kc_err kc_tls_sign(void *tls, struct kc_bytes message, uint8_t signature[64]);

/* What connections that are opened from now on show: a leaf of this key, DER, and the certificate
 * that issued it (empty: self-signed). Connections that are open keep theirs. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_tls_use(struct kc_tls *tls, enum kc_listener listener,
                                   struct kc_bytes leaf, struct kc_bytes issuer);

/* A new server connection, in accept state, without BIOs: the caller frees it (SSL_free).
 * KC_ERR_STATE: no certificate yet. KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_tls_open(struct kc_tls *tls, enum kc_listener listener,
                                    struct ssl_st **out);

/* The exporter of kms-ratls/1 (ratls/binder.h) of a finished handshake. KC_ERR_STATE: not TLS 1.3,
 * resumed, or not finished. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_tls_export(struct ssl_st *connection, struct kc_bytes nonce,
                                      uint8_t out[32]);

#endif
