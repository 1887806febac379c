/*
 * A model host and clients of the service, in one process: messages in, effects out, OpenSSL's TLS
 * client on the other side of SEND and BYTES. One struct service_host a thread; several may share a
 * core.
 */
#ifndef KC_TESTS_SERVICE_H
#define KC_TESTS_SERVICE_H

#include "platform_sim.h"
#include "service_tls.h"

#define SERVICE_PEERS 512
#define SERVICE_READ  (2 * 1024 * 1024) /* plaintext that a peer keeps */
#define SERVICE_BATCH (KC_CORE_FRAME_MAX / 2)

struct service_peer {
    uint64_t conn;
    SSL *tls;
    uint8_t *read; /* plaintext that came */
    size_t read_len;
    unsigned sends;
    size_t send_most;     /* bytes of the longest SEND */
    unsigned close;       /* enum kc_close; 0: open */
    bool said_goodbye;    /* close_notify came */
    bool hung_up;         /* has nothing to say any more */
    unsigned resumes;     /* RESUME_WANTED */
    struct kc_effect ask; /* the last FETCH, SCAN or STORE, without its body */
    unsigned asks;
};

struct service_host {
    struct kc_core *core;
    uint8_t *in[2];
    int which; /* of them is being filled */
    struct kc_writer queue;
    unsigned queued;
    uint8_t *out;
    struct service_peer *peer[SERVICE_PEERS];
    size_t piece;   /* bytes of one BYTES at most */
    bool no_resume; /* RESUME_WANTED stays unanswered */
    bool no_work;   /* WORK_WANTED too */
    unsigned work_wanted;
    unsigned refused;
    struct kc_effect refusal; /* the last */
    unsigned ecalls;
    /* For what is not of a peer's connection, and FETCH to STORE; NULL: nobody. */
    void (*other)(struct service_host *host, const struct kc_effect *effect);
    void *context;
};

static inline void service_host_reset(struct service_host *h)
{
    h->which = 1 - h->which;
    h->queue = kc_writer_of((struct kc_room){h->in[h->which], SERVICE_BATCH + 70000});
    h->queued = 0;
}

static inline struct service_host *service_host_new(struct kc_core *core)
{
    struct service_host *h = calloc(1, sizeof *h);
    h->core = core;
    h->in[0] = malloc(SERVICE_BATCH + 70000);
    h->in[1] = malloc(SERVICE_BATCH + 70000);
    h->out = malloc(KC_CORE_FRAME_MAX);
    h->piece = KC_MESSAGE_BYTES_MAX;
    service_host_reset(h);
    return h;
}

static inline void service_peer_free(struct service_peer *peer)
{
    if (peer == NULL)
        return;
    SSL_free(peer->tls);
    free(peer->read);
    free(peer);
}

/* The core is not the host's. */
static inline void service_host_free(struct service_host *h)
{
    for (size_t i = 0; i < SERVICE_PEERS; i++)
        service_peer_free(h->peer[i]);
    free(h->in[0]);
    free(h->in[1]);
    free(h->out);
    free(h);
}

static inline void service_run(struct service_host *h);

/* For the next batch; full batches go at once. */
static inline void service_say(struct service_host *h, struct kc_message message)
{
    if (h->queued == 60 || h->queue.len > SERVICE_BATCH)
        service_run(h);
    kc_message_encode(&h->queue, &message);
    assert_false(kc_writer_failed(&h->queue));
    h->queued++;
}

static inline void service_say_conn(struct service_host *h, uint16_t type, uint64_t conn)
{
    service_say(h, (struct kc_message){.type = type, .conn = conn});
}

static inline struct service_peer *service_peer_of(struct service_host *h, uint64_t conn)
{
    struct service_peer *peer =
        KC_CONN_PLACE(conn) < SERVICE_PEERS ? h->peer[KC_CONN_PLACE(conn)] : NULL;
    return peer != NULL && peer->conn == conn ? peer : NULL;
}

static inline void service_take_effect(struct service_host *h, const struct kc_effect *effect)
{
    struct service_peer *peer = service_peer_of(h, effect->conn);
    switch (effect->type) {
    case KC_EFFECT_REFUSED:
        h->refused++;
        h->refusal = *effect;
        return;
    case KC_EFFECT_WORK_WANTED:
        h->work_wanted++;
        if (!h->no_work)
            service_say(h, (struct kc_message){.type = KC_MESSAGE_WORK});
        return;
    case KC_EFFECT_SEND:
        assert_true(effect->body.len > 0 && effect->body.len <= KC_SEND_MAX);
        if (peer == NULL)
            break;
        assert_int_equal(peer->close, 0);
        peer->sends++;
        if (effect->body.len > peer->send_most)
            peer->send_most = effect->body.len;
        assert_int_equal(
            BIO_write(SSL_get_rbio(peer->tls), effect->body.ptr, (int)effect->body.len),
            effect->body.len);
        return;
    case KC_EFFECT_CLOSE:
        if (peer == NULL)
            break;
        assert_int_equal(peer->close, 0);
        peer->close = effect->code;
        return;
    case KC_EFFECT_RESUME_WANTED:
        if (peer == NULL)
            break;
        peer->resumes++;
        if (!h->no_resume)
            service_say_conn(h, KC_MESSAGE_RESUME, peer->conn);
        return;
    case KC_EFFECT_FETCH:
    case KC_EFFECT_SCAN:
    case KC_EFFECT_STORE:
        if (peer != NULL) {
            peer->asks++;
            peer->ask = *effect;
            peer->ask.body = kc_bytes_of(NULL, 0);
        }
        break;
    default:
        break;
    }
    if (h->other != NULL)
        h->other(h, effect);
}

/* Sends what is queued, and what its effects queue. */
static inline void service_run(struct service_host *h)
{
    while (h->queued > 0) {
        const struct kc_bytes batch = kc_writer_written(&h->queue);
        struct kc_frame_message frame;
        size_t len = 0;
        service_host_reset(h);
        h->ecalls++;
        assert_int_equal(
            kc_core_ecall(h->core, batch, (struct kc_room){h->out, KC_CORE_FRAME_MAX}, &len),
            KC_OK);
        struct kc_reader r = kc_reader_of(kc_bytes_of(h->out, len));
        while (kc_frame_next(&r, &frame)) {
            struct kc_effect effect;
            assert_int_equal(kc_effect_decode(&frame, &effect), KC_OK);
            service_take_effect(h, &effect);
        }
        assert_int_equal(r.left, 0);
    }
}

static inline void service_bytes(struct service_host *h, uint64_t conn, struct kc_bytes bytes)
{
    while (bytes.len > 0) {
        size_t n = bytes.len < h->piece ? bytes.len : h->piece;
        service_say(h, (struct kc_message){.type = KC_MESSAGE_BYTES,
                                           .conn = conn,
                                           .body = kc_bytes_of(bytes.ptr, n)});
        bytes = kc_bytes_of(bytes.ptr + n, bytes.len - n);
    }
}

/* Opens a connection; the TLS handshake comes with service_settle(). */
static inline struct service_peer *service_open_as(struct service_host *h, SSL_CTX *context,
                                                   uint64_t conn, enum kc_listener listener)
{
    struct service_peer *peer = calloc(1, sizeof *peer);
    peer->conn = conn;
    peer->tls = service_client(context);
    peer->read = malloc(SERVICE_READ);
    service_peer_free(h->peer[KC_CONN_PLACE(conn)]);
    h->peer[KC_CONN_PLACE(conn)] = peer;
    service_say(h,
                (struct kc_message){.type = KC_MESSAGE_OPEN, .conn = conn, .listener = listener});
    return peer;
}

/* What the peer's TLS has to say, as messages. True when there was something. */
static inline bool service_peer_speaks(struct service_host *h, struct service_peer *peer)
{
    size_t len = 0;
    uint8_t *bytes = service_client_output(peer->tls, &len);
    if (peer->close == 0 && !peer->hung_up)
        service_bytes(h, peer->conn, kc_bytes_of(bytes, len));
    free(bytes);
    return len > 0;
}

static inline void service_peer_reads(struct service_peer *peer)
{
    int n = 1;
    ERR_clear_error();
    if (!SSL_is_init_finished(peer->tls))
        (void)SSL_do_handshake(peer->tls);
    while (SSL_is_init_finished(peer->tls) && n > 0 && peer->read_len < SERVICE_READ) {
        n = SSL_read(peer->tls, peer->read + peer->read_len, (int)(SERVICE_READ - peer->read_len));
        if (n > 0)
            peer->read_len += (size_t)n;
    }
    if ((SSL_get_shutdown(peer->tls) & SSL_RECEIVED_SHUTDOWN) != 0)
        peer->said_goodbye = true;
    ERR_clear_error();
}

/* Until nobody has anything to say. */
static inline void service_settle(struct service_host *h)
{
    bool more = true;
    while (more) {
        service_run(h);
        more = false;
        for (size_t i = 0; i < SERVICE_PEERS; i++) {
            if (h->peer[i] == NULL)
                continue;
            service_peer_reads(h->peer[i]);
            more = service_peer_speaks(h, h->peer[i]) || more;
        }
    }
}

static inline void service_write(struct service_peer *peer, const void *bytes, size_t n)
{
    size_t written = 0;
    assert_int_equal(SSL_write_ex(peer->tls, bytes, n, &written), 1);
}

static inline void service_write_text(struct service_peer *peer, const char *text)
{
    service_write(peer, text, strlen(text));
}

/* One request and all that follows from it. */
static inline void service_ask(struct service_host *h, struct service_peer *peer, const char *text)
{
    service_write_text(peer, text);
    service_settle(h);
}

static inline void service_forget_read(struct service_peer *peer)
{
    peer->read_len = 0;
}

/* What was read as text. */
static inline const char *service_text(struct service_peer *peer)
{
    assert_true(peer->read_len < SERVICE_READ);
    peer->read[peer->read_len] = 0;
    return (const char *)peer->read;
}

/* How many answers with this status were read. */
static inline unsigned service_answers(struct service_peer *peer, unsigned status)
{
    char line[32];
    unsigned count = 0;
    snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
    for (const char *p = service_text(peer); (p = strstr(p, line)) != NULL; p++)
        count++;
    return count;
}

#endif
