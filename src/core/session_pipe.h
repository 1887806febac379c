/*
 * What lies between the TLS library and the host's messages: ciphertext that came and was not read
 * yet, ciphertext that is to go. Both are the peer's or the host's to see; both are bounded.
 */
#ifndef KC_CORE_SESSION_PIPE_H
#define KC_CORE_SESSION_PIPE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

struct bio_method_st;
struct ssl_st;

/* Of what came while the session could not read it: a whole BYTES and a record in any case, a whole
 * request where the excess of all sessions together is not too much. */
#define KC_PIPE_HELD_SURE (65536 + 16384 + 256 + 5)
#define KC_PIPE_HELD_MAX  (1024 * 1024 + 2 * 65536)
/* While more waits to be sent, no plaintext is read and no more of an answer is written. */
#define KC_PIPE_OUT_HIGH 65536
/* No output of ours comes near it; TLS fails there. */
#define KC_PIPE_OUT_MAX (4 * 65536)

struct kc_pipe {
    struct kc_bytes fresh; /* of the message that is handled now; a view */
    uint8_t *held;         /* came before `fresh` */
    size_t held_at;        /* bytes of it that were read */
    size_t held_len;
    uint64_t taken; /* bytes that TLS has read */
    uint8_t *out;
    size_t out_at; /* bytes of it that were sent */
    size_t out_len;
    size_t out_cap;
};

/* How OpenSSL reads and writes a pipe; BIO_meth_free. NULL without memory. */
struct bio_method_st *kc_pipe_method(void);

/* Has `tls` read from and write to `pipe`, which must outlive it and stay where it is. */
KC_MUST_USE bool kc_pipe_attach(struct kc_pipe *pipe, const struct bio_method_st *method,
                                struct ssl_st *tls);

/* Keeps what was not read of `fresh`. False: it is too much, or there is no memory. */
KC_MUST_USE bool kc_pipe_hold(struct kc_pipe *pipe);

/* Forgets what came and was not read. */
void kc_pipe_drop_input(struct kc_pipe *pipe);

/* Forgets what waits to be sent. */
void kc_pipe_drop_output(struct kc_pipe *pipe);

/* How much waits to be sent. */
size_t kc_pipe_waiting(const struct kc_pipe *pipe);

/* SEND of `n` bytes at most; nothing when there are none. */
void kc_pipe_send(struct kc_pipe *pipe, uint64_t conn, size_t n, struct kc_writer *effects);

/* Lets go of all memory. */
void kc_pipe_clear(struct kc_pipe *pipe);

#endif
