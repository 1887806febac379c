/*
 * TLS 1.3 over memory, either end: compiled into the probe image and natively, so that a session
 * inside can talk to one outside and be measured against it.
 */
#ifndef KC_TESTS_TLS_MEMORY_H
#define KC_TESTS_TLS_MEMORY_H

#include <openssl/ssl.h>

#include "base/bytes.h"

#define TLS_RECORD_MAX    16384 /* bytes of application data in one record */
#define TLS_EXPORTER_SIZE 32

#define TLS_SUITES 3
#define TLS_GROUPS 2
extern const char *const tls_suites[TLS_SUITES];
extern const int tls_groups[TLS_GROUPS]; /* NIDs */

/* A new P-256 key with a certificate of its own; no tickets, buffers let go when idle. */
SSL_CTX *tls_server_context(void);

/* Offers one cipher suite and one group. Does not look at the certificate. */
SSL_CTX *tls_client_context(const char *suite, int group);

/* A session between two memory BIOs. */
SSL *tls_new(SSL_CTX *context, bool server);

/* The other side's bytes. */
bool tls_feed(SSL *ssl, struct kc_bytes in);

/* What is to be sent, and has been as soon as `out` is filled; false where it has no room. */
bool tls_drain(SSL *ssl, struct kc_room out, size_t *out_len);

/* Goes on with the handshake as far as the bytes reach; false when it failed. */
bool tls_advance(SSL *ssl);

bool tls_export(SSL *ssl, uint8_t out[TLS_EXPORTER_SIZE]);

struct tls_pair {
    SSL *server;
    SSL *client;
};

/* A whole handshake between two ends here. On failure there is nothing to close. */
bool tls_pair_open(struct tls_pair *pair, SSL_CTX *server, SSL_CTX *client);
void tls_pair_close(struct tls_pair *pair);

/* One record of `n` bytes from one end to the other, and the same bytes come out. */
bool tls_pair_carry(SSL *from, SSL *to, const uint8_t *bytes, size_t n);

/* What is measured inside and outside. */
enum tls_work {
    TLS_HANDSHAKES, /* AES-256-GCM, X25519 */
    TLS_REQUESTS,   /* 300 bytes there and 300 back, in one session */
    TLS_RECORDS,    /* 16 KiB there and back */
    TLS_WORKS,
};
bool tls_work(enum tls_work work, SSL_CTX *server, unsigned rounds);

#endif
