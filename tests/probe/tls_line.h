/* A TLS client here whose server is a session of the probe: what the tests of TLS inside share. */
#ifndef KC_TESTS_TLS_LINE_H
#define KC_TESTS_TLS_LINE_H

#include "enclave_test.h"
#include "tls_memory.h"

#include <openssl/err.h>

#define LINE_ROOM (256 * 1024)
#define LINE_ANY  (-1)

/* One session: a client here, its server inside. */
struct line {
    struct kc_enclave *enclave;
    uint32_t id;
    SSL_CTX *context;
    SSL *client;
    int tcs; /* whose turn it is; LINE_ANY for the loader to choose */
    _Alignas(8) uint8_t in[LINE_ROOM];
    _Alignas(8) uint8_t out[LINE_ROOM];
};

/* An operation on the session; how many bytes the probe answers. */
static inline size_t line_ask(struct line *l, enum probe_op op, size_t in_len)
{
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    l->in[0] = (uint8_t)op;
    memcpy(l->in + 1, &l->id, 4);
    if (l->tcs != LINE_ANY) {
        struct kc_image_call call = {(uint64_t)l->in, 5 + in_len, (uint64_t)l->out,
                                     LINE_ROOM,       0,          KC_IMAGE_CALL_UNANSWERED};
        bool back = kc_emulator_enter(probe_emulator(l->enclave), (size_t)l->tcs, (uint64_t)&call);
        return back && call.status == KC_IMAGE_CALL_DONE ? call.out_len : 0;
    }
    if (kc_enclave_call(l->enclave, kc_bytes_of(l->in, 5 + in_len),
                        (struct kc_room){l->out, LINE_ROOM}, &len, &error) != KC_OK)
        return 0;
    return len;
}

/* What the client has to say goes in, what comes out goes to the client. */
static inline bool line_exchange(struct line *l)
{
    size_t len = 0;
    if (!tls_drain(l->client, (struct kc_room){l->in + 5, LINE_ROOM - 5}, &len))
        return false;
    len = line_ask(l, PROBE_TLS_BYTES, len);
    return len > 0 && tls_feed(l->client, kc_bytes_of(l->out, len));
}

static inline struct line *line_new(struct kc_enclave *enclave, uint32_t id, const char *suite,
                                    int group)
{
    struct line *l = calloc(1, sizeof(*l));
    l->enclave = enclave;
    l->id = id;
    l->tcs = LINE_ANY;
    l->context = tls_client_context(suite, group);
    l->client = tls_new(l->context, false);
    if (line_ask(l, PROBE_TLS_OPEN, 0) != 1 || l->out[0] != 1)
        return NULL;
    return l;
}

static inline bool line_connect(struct line *l)
{
    ERR_clear_error();
    if (!tls_advance(l->client) || !line_exchange(l) || !tls_advance(l->client) ||
        !SSL_is_init_finished(l->client))
        return false;
    size_t len = 0; /* the client's Finished, which has no answer: no tickets */
    return tls_drain(l->client, (struct kc_room){l->in + 5, LINE_ROOM - 5}, &len) && len > 0 &&
           line_ask(l, PROBE_TLS_BYTES, len) == 0;
}

static inline bool line_echo(struct line *l, const uint8_t *bytes, size_t n)
{
    static __thread uint8_t back[4 * TLS_RECORD_MAX];
    size_t got = 0;
    if (SSL_write(l->client, bytes, (int)n) != (int)n || !line_exchange(l))
        return false;
    while (got < n) {
        int more = SSL_read(l->client, back + got, (int)(sizeof(back) - got));
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return got == n && memcmp(bytes, back, n) == 0;
}

static inline bool line_close(struct line *l)
{
    bool good = line_ask(l, PROBE_TLS_CLOSE, 0) == 1 && l->out[0] == 1;
    SSL_free(l->client);
    SSL_CTX_free(l->context);
    free(l);
    return good;
}

#endif
