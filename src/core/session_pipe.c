#include "core/session_pipe.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect.h"

#define OUT_FIRST 1024 /* kept by an idle connection; what is larger is let go */

static size_t take(struct kc_pipe *pipe, uint8_t *out, size_t n)
{
    size_t held = pipe->held_len - pipe->held_at;
    if (held > 0) {
        n = n < held ? n : held;
        memcpy(out, pipe->held + pipe->held_at, n);
        pipe->held_at += n;
    } else {
        n = n < pipe->fresh.len ? n : pipe->fresh.len;
        if (n == 0)
            return 0;
        memcpy(out, pipe->fresh.ptr, n);
        pipe->fresh = kc_bytes_of(pipe->fresh.ptr + n, pipe->fresh.len - n);
    }
    pipe->taken += n;
    return n;
}

/* Room for `n` bytes more behind out_len. */
static bool make_room(struct kc_pipe *pipe, size_t n)
{
    size_t waiting = pipe->out_len - pipe->out_at;
    size_t cap = pipe->out_cap > 0 ? pipe->out_cap : OUT_FIRST;
    if (n <= pipe->out_cap - pipe->out_len)
        return true;
    if (n > KC_PIPE_OUT_MAX - waiting)
        return false;
    while (cap < waiting + n)
        cap *= 2;
    uint8_t *out = malloc(cap);
    if (out == NULL)
        return false;
    if (waiting > 0)
        memcpy(out, pipe->out + pipe->out_at, waiting);
    free(pipe->out);
    pipe->out = out;
    pipe->out_at = 0;
    pipe->out_len = waiting;
    pipe->out_cap = cap;
    return true;
}

static int bio_read(BIO *bio, char *out, int size)
{
    BIO_clear_retry_flags(bio);
    size_t n = size > 0 ? take(BIO_get_data(bio), (uint8_t *)out, (size_t)size) : 0;
    if (n > 0)
        return (int)n;
    BIO_set_retry_read(bio);
    return -1;
}

static int bio_write(BIO *bio, const char *in, int size)
{
    struct kc_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    if (!make_room(pipe, (size_t)size))
        return -1;
    memcpy(pipe->out + pipe->out_len, in, (size_t)size);
    pipe->out_len += (size_t)size;
    return size;
}

static long bio_control(BIO *bio, int what, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

struct bio_method_st *kc_pipe_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pipe");
    if (method == NULL)
        return NULL;
    if (BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_write(method, bio_write) == 1 &&
        BIO_meth_set_ctrl(method, bio_control) == 1 && BIO_meth_set_create(method, bio_create) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

bool kc_pipe_attach(struct kc_pipe *pipe, const struct bio_method_st *method, struct ssl_st *tls)
{
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, pipe);
    SSL_set_bio(tls, bio, bio);
    return true;
}

bool kc_pipe_hold(struct kc_pipe *pipe)
{
    size_t held = pipe->held_len - pipe->held_at;
    size_t fresh = pipe->fresh.len;
    if (held + fresh == 0) {
        kc_pipe_drop_input(pipe);
        return true;
    }
    if (fresh == 0)
        return true;
    if (held + fresh > KC_PIPE_HELD_MAX)
        return false;
    uint8_t *both = malloc(held + fresh);
    if (both == NULL)
        return false;
    if (held > 0)
        memcpy(both, pipe->held + pipe->held_at, held);
    memcpy(both + held, pipe->fresh.ptr, fresh);
    kc_pipe_drop_input(pipe);
    pipe->held = both;
    pipe->held_len = held + fresh;
    return true;
}

void kc_pipe_drop_input(struct kc_pipe *pipe)
{
    free(pipe->held);
    pipe->held = NULL;
    pipe->held_at = 0;
    pipe->held_len = 0;
    pipe->fresh = kc_bytes_of(NULL, 0);
}

void kc_pipe_drop_output(struct kc_pipe *pipe)
{
    free(pipe->out);
    pipe->out = NULL;
    pipe->out_at = 0;
    pipe->out_len = 0;
    pipe->out_cap = 0;
}

size_t kc_pipe_waiting(const struct kc_pipe *pipe)
{
    return pipe->out_len - pipe->out_at;
}

void kc_pipe_send(struct kc_pipe *pipe, uint64_t conn, size_t n, struct kc_writer *effects)
{
    size_t waiting = kc_pipe_waiting(pipe);
    n = n < waiting ? n : waiting;
    if (n == 0)
        return;
    const struct kc_effect send = {
        .type = KC_EFFECT_SEND, .conn = conn, .body = kc_bytes_of(pipe->out + pipe->out_at, n)};
    kc_effect_encode(effects, &send);
    pipe->out_at += n;
    if (n < waiting)
        return;
    pipe->out_at = 0;
    pipe->out_len = 0;
    if (pipe->out_cap > OUT_FIRST) {
        free(pipe->out);
        pipe->out = NULL;
        pipe->out_cap = 0;
    }
}

void kc_pipe_clear(struct kc_pipe *pipe)
{
    kc_pipe_drop_input(pipe);
    free(pipe->out);
    memset(pipe, 0, sizeof *pipe);
}
