#include "probe_tls.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "enclave/platform.h"
#include "tls_memory.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static SSL_CTX *server;
static SSL *session[PROBE_TLS_SESSIONS];

static void start(void)
{
    server = tls_server_context();
}

static uint8_t pair(uint32_t suite, uint32_t group)
{
    static uint8_t bytes[TLS_RECORD_MAX] = {1, 2, 3};
    struct tls_pair ends = {NULL, NULL};
    if (suite >= TLS_SUITES || group >= TLS_GROUPS)
        return 0;
    SSL_CTX *client = tls_client_context(tls_suites[suite], tls_groups[group]);
    bool good = client != NULL && tls_pair_open(&ends, server, client) &&
                tls_pair_carry(ends.client, ends.server, bytes, sizeof(bytes)) &&
                tls_pair_carry(ends.server, ends.client, bytes, 100);
    tls_pair_close(&ends);
    SSL_CTX_free(client);
    return good;
}

/* Feeds the client's bytes and echoes what it said; false when the session failed. */
static bool talk(SSL *ssl, struct kc_bytes in, struct kc_room out, size_t *out_len)
{
    uint8_t said[TLS_RECORD_MAX];
    int n = 0;
    ERR_clear_error();
    if (!tls_feed(ssl, in) || !tls_advance(ssl))
        return false;
    while (SSL_is_init_finished(ssl) && (n = SSL_read(ssl, said, sizeof(said))) > 0) {
        if (SSL_write(ssl, said, n) != n)
            return false;
    }
    return (n >= 0 || SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ) && tls_drain(ssl, out, out_len);
}

static size_t on_session(enum probe_op op, uint32_t id, struct kc_bytes bytes, struct kc_room out)
{
    size_t len = 0;
    if (id >= PROBE_TLS_SESSIONS || (session[id] == NULL) != (op == PROBE_TLS_OPEN))
        return 0;
    switch (op) {
    case PROBE_TLS_OPEN:
        session[id] = tls_new(server, true);
        out.ptr[0] = session[id] != NULL;
        return 1;
    case PROBE_TLS_BYTES:
        return talk(session[id], bytes, out, &len) ? len : 0;
    case PROBE_TLS_EXPORT:
        return tls_export(session[id], out.ptr) ? TLS_EXPORTER_SIZE : 0;
    default:
        SSL_free(session[id]);
        session[id] = NULL;
        out.ptr[0] = 1;
        return 1;
    }
}

/* What the core does at a tick, and what OpenSSL then writes into a session. */
static size_t tell_time(struct kc_bytes in, uint8_t *out)
{
    int64_t now = 0;
    int64_t seen[2] = {0};
    struct tls_pair ends = {NULL, NULL};
    SSL_CTX *client = tls_client_context(tls_suites[0], tls_groups[0]);
    if (in.len >= 9)
        memcpy(&now, in.ptr + 1, 8);
    kc_enclave_platform.time_is(kc_enclave_platform.context, (uint64_t)now);
    seen[0] = time(NULL);
    if (client != NULL && tls_pair_open(&ends, server, client))
        seen[1] = SSL_SESSION_get_time(SSL_get_session(ends.server));
    tls_pair_close(&ends);
    SSL_CTX_free(client);
    memcpy(out, seen, sizeof(seen));
    return sizeof(seen);
}

size_t probe_tls(enum probe_op op, struct kc_bytes in, struct kc_room out)
{
    uint32_t number[2] = {0};
    if (pthread_once(&once, start) != 0 || server == NULL || in.len < 5)
        return 0;
    memcpy(number, in.ptr + 1, in.len >= 9 ? 8 : 4);
    switch (op) {
    case PROBE_TLS_PAIR:
        out.ptr[0] = pair(number[0], number[1]);
        return 1;
    case PROBE_TLS_WORK:
        out.ptr[0] = number[1] < TLS_WORKS && tls_work(number[1], server, number[0]);
        return 1;
    case PROBE_TLS_TIME:
        return tell_time(in, out.ptr);
    default:
        return on_session(op, number[0], kc_bytes_of(in.ptr + 5, in.len - 5), out);
    }
}
