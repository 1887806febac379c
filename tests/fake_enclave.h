/*
 * Stands in for the enclave at the host's boundary: lines of plaintext in place of TLS and HTTP, so
 * that a test sees what the host makes of messages and effects.
 *
 *   echo TEXT            the same
 *   big N                N bytes, KC_SEND_MAX at a time, each after a RESUME
 *   put NAME VERSION V   STORE; "stored CODE"
 *   get NAME             FETCH; "found CODE VALUE"
 *   list                 SCAN; the names
 *   slow                 WORK_WANTED; the slow thread takes `slow_ms`; "done"
 *   bye                  "bye", and CLOSE
 *   die                  the enclave is dead
 */
#ifndef KC_TESTS_FAKE_ENCLAVE_H
#define KC_TESTS_FAKE_ENCLAVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/core.h"
#include "core/effect.h"
#include "core/message.h"
#include "loader/enclave.h"
#include "test.h"

#define FAKE_PLACES 512

struct fake_session {
    uint64_t conn;
    bool open;
    bool slow_done;
    char line[256];
    size_t len;
    size_t big; /* bytes that are still to be sent */
};

struct fake_enclave {
    struct kc_enclave enclave;
    pthread_mutex_t lock;
    bool dead;
    bool full; /* takes nothing */
    struct fake_session session[FAKE_PLACES];
    uint64_t slow[16]; /* connections that wait for WORK */
    size_t slow_count;
    unsigned slow_ms;
    unsigned nap_ms;     /* of every call with BYTES, so that others gather */
    unsigned parts;      /* more messages than these at once have no room; 0: no limit */
    bool target_code;    /* TARGETINFO came with a code */
    unsigned names;      /* of START */
    bool has_root;       /* START brought one */
    atomic_uint calls;   /* with BYTES */
    atomic_uint largest; /* batch, in messages */
    atomic_uint refused; /* messages about no connection */
    atomic_size_t made;  /* bytes of big answers */
    atomic_uint ticks;
    atomic_uint closes; /* CLOSE messages */
};

static inline void fake_send(struct kc_writer *out, uint64_t conn, struct kc_bytes bytes)
{
    const struct kc_effect send = {.type = KC_EFFECT_SEND, .conn = conn, .body = bytes};
    kc_effect_encode(out, &send);
}

static inline void fake_send_text(struct kc_writer *out, uint64_t conn, const char *text)
{
    fake_send(out, conn, kc_bytes_of_text(text));
}

static inline void fake_want(struct kc_writer *out, uint16_t type, uint64_t conn)
{
    const struct kc_effect effect = {.type = type, .conn = conn, .code = KC_CLOSE_DONE};
    kc_effect_encode(out, &effect);
}

static inline void fake_big(struct fake_enclave *f, struct fake_session *s, struct kc_writer *out)
{
    static const uint8_t zeros[KC_SEND_MAX];
    size_t n = s->big < sizeof zeros ? s->big : sizeof zeros;
    if (n == 0)
        return;
    fake_send(out, s->conn, kc_bytes_of(zeros, n));
    s->big -= n;
    atomic_fetch_add(&f->made, n);
    if (s->big > 0)
        fake_want(out, KC_EFFECT_RESUME_WANTED, s->conn);
}

static inline void fake_store(struct fake_session *s, const char *name, unsigned version,
                              const char *value, struct kc_writer *out)
{
    uint8_t list[512];
    struct kc_writer w = kc_writer_of((struct kc_room){list, sizeof list});
    struct kc_store_write write = {.replaces = version, .blob = kc_bytes_of_text(value)};
    struct kc_effect store = {.type = KC_EFFECT_STORE, .conn = s->conn, .batch = {1, 2, 3}};
    assert_true(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text(name), &write.id));
    kc_store_write_encode(&w, &write);
    store.body = kc_writer_written(&w);
    kc_effect_encode(out, &store);
}

static inline void fake_line(struct fake_enclave *f, struct fake_session *s, struct kc_writer *out)
{
    char name[64] = "";
    char value[64] = "";
    unsigned version = 0;
    if (strncmp(s->line, "echo ", 5) == 0) {
        fake_send_text(out, s->conn, s->line + 5);
    } else if (sscanf(s->line, "big %zu", &s->big) == 1) {
        fake_big(f, s, out);
    } else if (sscanf(s->line, "put %63s %u %63s", name, &version, value) == 3) {
        fake_store(s, name, version, value, out);
    } else if (sscanf(s->line, "get %63s", name) == 1) {
        struct kc_effect fetch = {.type = KC_EFFECT_FETCH, .conn = s->conn};
        assert_true(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text(name), &fetch.record));
        kc_effect_encode(out, &fetch);
    } else if (strcmp(s->line, "list\n") == 0) {
        const struct kc_effect scan = {.type = KC_EFFECT_SCAN,
                                       .conn = s->conn,
                                       .limit = 10,
                                       .record = {.class = KC_RECORD_KEY}};
        kc_effect_encode(out, &scan);
    } else if (strcmp(s->line, "slow\n") == 0) {
        f->slow[f->slow_count++] = s->conn;
        fake_want(out, KC_EFFECT_WORK_WANTED, 0);
    } else if (strcmp(s->line, "bye\n") == 0) {
        fake_send_text(out, s->conn, "bye\n");
        fake_want(out, KC_EFFECT_CLOSE, s->conn);
        s->open = false;
    } else if (strcmp(s->line, "die\n") == 0) {
        f->dead = true;
    }
}

static inline void fake_bytes(struct fake_enclave *f, struct fake_session *s, struct kc_bytes body,
                              struct kc_writer *out)
{
    for (size_t i = 0; i < body.len && s->open; i++) {
        assert_true(s->len < sizeof s->line - 1);
        s->line[s->len++] = (char)body.ptr[i];
        s->line[s->len] = '\0';
        if (body.ptr[i] == '\n') {
            fake_line(f, s, out);
            s->len = 0;
        }
    }
}

static inline void fake_answer(struct fake_session *s, const struct kc_message *m,
                               struct kc_writer *out)
{
    char text[512] = "";
    if (m->type == KC_MESSAGE_STORED) {
        static const uint8_t batch[KC_BATCH_ID_SIZE] = {1, 2, 3};
        assert_memory_equal(m->batch, batch, sizeof batch);
        snprintf(text, sizeof text, "stored %u\n", m->code);
    } else if (m->type == KC_MESSAGE_RECORD) {
        snprintf(text, sizeof text, "found %u %.*s\n", m->code, (int)m->body.len,
                 (const char *)m->body.ptr);
    } else {
        struct kc_reader r = kc_reader_of(m->body);
        struct kc_bytes name;
        while (kc_message_next_name(&r, &name))
            sprintf(text + strlen(text), "%.*s ", (int)name.len, (const char *)name.ptr);
        strcat(text, m->end ? "end\n" : "more\n");
    }
    fake_send_text(out, s->conn, text);
}

static inline void fake_work(struct fake_enclave *f, struct kc_writer *out)
{
    uint64_t conn = f->slow[--f->slow_count];
    pthread_mutex_unlock(&f->lock);
    usleep(f->slow_ms * 1000);
    pthread_mutex_lock(&f->lock);
    f->session[KC_CONN_PLACE(conn)].slow_done = true;
    fake_want(out, KC_EFFECT_RESUME_WANTED, conn);
}

static inline void fake_start(struct fake_enclave *f, const struct kc_message *m,
                              struct kc_writer *out)
{
    struct kc_reader r = kc_reader_of(m->names);
    struct kc_bytes name;
    const struct kc_effect ready = {.type = KC_EFFECT_READY, .version = 1, .requests_max = 64};
    const struct kc_effect target = {.type = KC_EFFECT_TARGET_WANTED, .id = KC_REQUEST_ID_OWN | 1};
    while (r.left > 0) {
        (void)kc_reader_u8(&r);
        if (!kc_message_next_name(&r, &name))
            break;
        f->names++;
    }
    f->has_root = m->body.len > 0;
    kc_effect_encode(out, &ready);
    kc_effect_encode(out, &target);
}

static inline void fake_take(struct fake_enclave *f, const struct kc_message *m,
                             struct kc_writer *out)
{
    struct fake_session *s = &f->session[KC_CONN_PLACE(m->conn)];
    bool of_conn = m->type >= KC_MESSAGE_OPEN && m->type != KC_MESSAGE_WORK;
    if (m->type == KC_MESSAGE_OPEN) {
        assert_false(s->open);
        assert_true(m->conn >> 16 != 0 && m->conn != s->conn);
        *s = (struct fake_session){.conn = m->conn, .open = true};
        return;
    }
    if (of_conn && (!s->open || s->conn != m->conn)) {
        atomic_fetch_add(&f->refused, 1);
        return;
    }
    switch (m->type) {
    case KC_MESSAGE_START:
        fake_start(f, m, out);
        break;
    case KC_MESSAGE_TICK:
        atomic_fetch_add(&f->ticks, 1);
        break;
    case KC_MESSAGE_TARGETINFO: {
        const struct kc_effect serving = {
            .type = KC_EFFECT_SERVING, .kms_id = {0xab}, .not_before = 1, .not_after = 2};
        f->target_code = m->code != 0;
        kc_effect_encode(out, &serving);
        break;
    }
    case KC_MESSAGE_BYTES:
        fake_bytes(f, s, m->body, out);
        break;
    case KC_MESSAGE_CLOSE:
        atomic_fetch_add(&f->closes, 1);
        s->open = false;
        break;
    case KC_MESSAGE_RESUME:
        if (s->slow_done)
            fake_send_text(out, s->conn, "done\n");
        s->slow_done = false;
        fake_big(f, s, out);
        break;
    case KC_MESSAGE_WORK:
        fake_work(f, out);
        break;
    default:
        fake_answer(s, m, out);
        break;
    }
}

static inline enum kc_err fake_call(struct kc_enclave *enclave, struct kc_bytes in,
                                    struct kc_room out, size_t *out_len, struct kc_error *error)
{
    struct fake_enclave *f = (struct fake_enclave *)enclave;
    struct kc_writer effects = kc_writer_of(out);
    struct kc_frame_message frame;
    struct kc_message message;
    struct kc_reader r = kc_reader_of(in);
    unsigned count = 0;
    bool bytes = false;
    assert_int_equal(kc_frame_check(in, KC_FRAME_MESSAGES_MAX), KC_OK);
    while (kc_frame_next(&r, &frame)) {
        count++;
        bytes = bytes || frame.type == KC_MESSAGE_BYTES;
    }
    if (f->full)
        return kc_error_set(error, KC_ERR_MEMORY, "the heap is used up", 0);
    if (f->parts != 0 && count > f->parts)
        return kc_error_set(error, KC_ERR_ROOM, "room", 0);
    if (bytes && f->nap_ms != 0)
        usleep(f->nap_ms * 1000);
    pthread_mutex_lock(&f->lock);
    atomic_fetch_add(&f->calls, bytes);
    if (count > atomic_load(&f->largest))
        atomic_store(&f->largest, count);
    r = kc_reader_of(in);
    while (kc_frame_next(&r, &frame)) {
        assert_int_equal(kc_message_decode(&frame, &message), KC_OK);
        fake_take(f, &message, &effects);
    }
    bool dead = f->dead;
    pthread_mutex_unlock(&f->lock);
    assert_false(kc_writer_failed(&effects));
    *out_len = effects.len;
    return dead ? kc_error_set(error, KC_ERR_STATE, "the enclave is dead", 0) : KC_OK;
}

static inline void fake_init(struct fake_enclave *f)
{
    static const struct kc_enclave_ops ops = {fake_call, NULL};
    memset(f, 0, sizeof *f);
    f->enclave.ops = &ops;
    f->enclave.threads = 16;
    pthread_mutex_init(&f->lock, NULL);
}

#endif
