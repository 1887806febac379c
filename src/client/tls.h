/*
 * One TLS connection as kms-ratls/1 wants it: TLS 1.3 alone, a full handshake, no tickets, no early
 * data, HTTP/1.1. OpenSSL verifies no certificate here: a handshake that ends well proves nothing
 * until client/attest.h has judged the peer by this connection's own exporter and leaf.
 */
#ifndef KC_CLIENT_TLS_H
#define KC_CLIENT_TLS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/error.h"
#include "client/url.h"

/* Zeros: closed. */
struct kc_client_tls {
    int fd; /* valid while `ssl` is not NULL */
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;    /* what came from the peer and TLS has not read; owned by `ssl` */
    BIO *out;   /* what TLS has written and has not been sent; likewise */
    bool ended; /* by the peer */
};

/*
 * KC_ERR_UNSUPPORTED: the peer has no TLS 1.3. KC_ERR_MALFORMED: the handshake failed for another
 * reason. KC_ERR_MEMORY, and what client/wire.h has. On failure `out` is closed.
 */
KC_MUST_USE enum kc_err kc_client_tls_open(const struct kc_client_url *url, int64_t deadline,
                                           struct kc_client_tls *out, struct kc_error *error);

/* Closed ones are fine. */
void kc_client_tls_close(struct kc_client_tls *tls);

/* `*left` becomes true before the first byte of the plaintext could leave, encrypted. */
KC_MUST_USE enum kc_err kc_client_tls_write(struct kc_client_tls *tls, struct kc_bytes bytes,
                                            int64_t deadline, bool *left, struct kc_error *error);

/* At least one byte; `*n` is 0 when the peer has ended the connection. */
KC_MUST_USE enum kc_err kc_client_tls_read(struct kc_client_tls *tls, struct kc_room out,
                                           int64_t deadline, size_t *n, struct kc_error *error);

/* Whether a request may be sent: open, not ended, and the peer has said nothing unasked. */
KC_MUST_USE bool kc_client_tls_is_idle(struct kc_client_tls *tls);

/* Of this very session. KC_ERR_CRYPTO. `spki` is the caller's to free (OPENSSL_free). */
KC_MUST_USE enum kc_err kc_client_tls_export(struct kc_client_tls *tls, struct kc_bytes nonce,
                                             uint8_t exported[32]);
KC_MUST_USE enum kc_err kc_client_tls_leaf_spki(const struct kc_client_tls *tls, uint8_t **spki,
                                                size_t *len);

#endif
