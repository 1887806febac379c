#include "client/tls.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <openssl/err.h>

#include "client/wire.h"
#include "ratls/binder.h"

#define PIECE       ((size_t)16 * 1024) /* a TLS record's plaintext at most */
#define UNASKED_MAX 16 /* pieces of tickets and key updates that are taken between two requests */

static const unsigned char protocols[] = "\x08http/1.1";

static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
    if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1) == 0)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* Server name indication: for names alone (RFC 6066, 3). OpenSSL's macro would cast a const away.
 */
static bool set_name(SSL *ssl, const struct kc_client_url *url)
{
    struct kc_client_url copy = *url;
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy.host) == 1;
}

/* Makes everything that `tls` holds but the socket. */
static bool set_up(struct kc_client_tls *tls, const struct kc_client_url *url)
{
    tls->context = new_context();
    tls->ssl = tls->context == NULL ? NULL : SSL_new(tls->context);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        return false;
    }
    BIO_set_mem_eof_return(tls->in, -1);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    return url->is_address || set_name(tls->ssl, url);
}

static enum kc_err flush(struct kc_client_tls *tls, int64_t deadline, struct kc_error *error)
{
    char *ptr = NULL;
    long len = BIO_get_mem_data(tls->out, &ptr);
    if (len <= 0)
        return KC_OK;
    enum kc_err err = kc_client_wire_send(tls->fd, kc_bytes_of(ptr, (size_t)len), deadline, error);
    (void)BIO_reset(tls->out);
    return err;
}

/* Waits for more from the peer and hands it to TLS; the end of the connection is `ended`. */
static enum kc_err fill(struct kc_client_tls *tls, int64_t deadline, struct kc_error *error)
{
    uint8_t bytes[PIECE];
    size_t n = 0;
    enum kc_err err =
        kc_client_wire_receive(tls->fd, (struct kc_room){bytes, sizeof bytes}, deadline, &n, error);
    if (err != KC_OK)
        return err;
    if (n == 0)
        tls->ended = true;
    else if (BIO_write(tls->in, bytes, (int)n) != (int)n)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    return KC_OK;
}

/* What OpenSSL says of its last failure: its texts are literals. */
static enum kc_err fail(struct kc_error *error, const char *otherwise)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    const char *text = ERR_reason_error_string(code);
    ERR_clear_error();
    if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "the peer does not speak TLS 1.3", 0);
    return kc_error_set(error, KC_ERR_MALFORMED, text == NULL ? otherwise : text, 0);
}

static enum kc_err shake_hands(struct kc_client_tls *tls, int64_t deadline, struct kc_error *error)
{
    for (;;) {
        ERR_clear_error();
        int done = SSL_do_handshake(tls->ssl);
        bool waits = done != 1 && SSL_get_error(tls->ssl, done) == SSL_ERROR_WANT_READ;
        struct kc_error reason = KC_ERROR_NONE;
        enum kc_err failed = done == 1 || waits ? KC_OK : fail(&reason, "the TLS handshake failed");
        /* An alert of ours goes out too, as far as it gets. */
        enum kc_err err = flush(tls, deadline, failed == KC_OK ? error : NULL);
        if (failed != KC_OK)
            return kc_error_set(error, failed, reason.what, reason.at);
        if (err != KC_OK || done == 1)
            return err;
        err = fill(tls, deadline, error);
        if (err != KC_OK)
            return err;
        if (tls->ended)
            return kc_error_set(error, KC_ERR_IO,
                                "the peer ended the connection during the TLS handshake", 0);
    }
}

/* OpenSSL's client takes whatever protocol the server names. */
static bool is_http(const struct kc_client_tls *tls)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(tls->ssl, &name, &len);
    return len == 0 || kc_bytes_equal(kc_bytes_of(name, len), kc_bytes_of_text("http/1.1"));
}

enum kc_err kc_client_tls_open(const struct kc_client_url *url, int64_t deadline,
                               struct kc_client_tls *out, struct kc_error *error)
{
    struct kc_client_tls tls = {.fd = -1};
    enum kc_err err = kc_client_wire_open(url, deadline, &tls.fd, error);
    *out = (struct kc_client_tls){0};
    if (err != KC_OK)
        return err;
    if (!set_up(&tls, url))
        err = kc_error_set(error, KC_ERR_MEMORY, "TLS could not be set up", 0);
    else
        err = shake_hands(&tls, deadline, error);
    if (err == KC_OK && !is_http(&tls))
        err = kc_error_set(error, KC_ERR_MALFORMED, "the peer chose another protocol than HTTP/1.1",
                           0);
    if (err == KC_OK) {
        *out = tls;
        return KC_OK;
    }
    SSL_free(tls.ssl);
    SSL_CTX_free(tls.context);
    close(tls.fd);
    return err;
}

void kc_client_tls_close(struct kc_client_tls *tls)
{
    if (tls->ssl == NULL)
        return;
    /* A last word, if it can be said at once. */
    if (!tls->ended && SSL_is_init_finished(tls->ssl)) {
        (void)SSL_shutdown(tls->ssl);
        (void)flush(tls, kc_client_wire_deadline(100), NULL);
    }
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    close(tls->fd);
    ERR_clear_error();
    *tls = (struct kc_client_tls){0};
}

enum kc_err kc_client_tls_write(struct kc_client_tls *tls, struct kc_bytes bytes, int64_t deadline,
                                bool *left, struct kc_error *error)
{
    while (bytes.len > 0) {
        size_t n = bytes.len < PIECE ? bytes.len : PIECE;
        ERR_clear_error();
        if (SSL_write(tls->ssl, bytes.ptr, (int)n) != (int)n)
            return fail(error, "TLS could not write");
        *left = true;
        enum kc_err err = flush(tls, deadline, error);
        if (err != KC_OK)
            return err;
        bytes.ptr += n;
        bytes.len -= n;
    }
    return KC_OK;
}

enum kc_err kc_client_tls_read(struct kc_client_tls *tls, struct kc_room out, int64_t deadline,
                               size_t *n, struct kc_error *error)
{
    for (;;) {
        ERR_clear_error();
        int got = SSL_read(tls->ssl, out.ptr, out.len > INT_MAX ? INT_MAX : (int)out.len);
        int why = got > 0 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, got);
        if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN)
            return fail(error, "the TLS connection is broken");
        tls->ended = tls->ended || why == SSL_ERROR_ZERO_RETURN;
        if (got > 0 || tls->ended) {
            *n = got > 0 ? (size_t)got : 0;
            return KC_OK;
        }
        enum kc_err err = flush(tls, deadline, error); /* an answer to a key update */
        if (err == KC_OK)
            err = fill(tls, deadline, error);
        if (err != KC_OK)
            return err;
        if (tls->ended) {
            *n = 0;
            return KC_OK;
        }
    }
}

bool kc_client_tls_is_idle(struct kc_client_tls *tls)
{
    uint8_t byte;
    if (tls->ssl == NULL || tls->ended)
        return false;
    for (int i = 0; i < UNASKED_MAX; i++) {
        struct pollfd p = {.fd = tls->fd, .events = POLLIN};
        ERR_clear_error();
        int got = SSL_peek(tls->ssl, &byte, 1);
        if (got > 0 || SSL_get_error(tls->ssl, got) != SSL_ERROR_WANT_READ)
            return false;
        if (poll(&p, 1, 0) <= 0)
            return true;
        /* A ticket or a key update, which is no answer; or the end. */
        if (fill(tls, kc_client_wire_deadline(1000), NULL) != KC_OK || tls->ended)
            return false;
    }
    return false;
}

enum kc_err kc_client_tls_export(struct kc_client_tls *tls, struct kc_bytes nonce,
                                 uint8_t exported[32])
{
    return SSL_export_keying_material(tls->ssl, exported, 32, KC_RATLS_EXPORTER_LABEL,
                                      KC_RATLS_EXPORTER_LABEL_LEN, nonce.ptr, nonce.len, 1) == 1
               ? KC_OK
               : KC_ERR_CRYPTO;
}

enum kc_err kc_client_tls_leaf_spki(const struct kc_client_tls *tls, uint8_t **spki, size_t *len)
{
    X509 *leaf = SSL_get0_peer_certificate(tls->ssl);
    uint8_t *der = NULL;
    int n = leaf == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
    if (n <= 0)
        return KC_ERR_CRYPTO;
    *spki = der;
    *len = (size_t)n;
    return KC_OK;
}
