/*
 * The host of a service in one thread: answers what the enclave wants, with a store in memory, and
 * carries one client's bytes. Whatever it is not prepared for fails the test.
 */
#ifndef KC_TESTS_IMAGE_HOST_H
#define KC_TESTS_IMAGE_HOST_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "loader/loader.h"
#include "platform_sim.h"
#include "test.h"

#define HOST_RECORDS 64
#define HOST_BLOB    4096
#define HOST_QUEUE   64
#define HOST_ANSWER  16384

struct host_record {
    struct kc_record_id id;
    uint64_t version;
    size_t len;
    uint8_t blob[HOST_BLOB];
};

struct host_message {
    struct kc_message message;
    size_t len;
    uint8_t body[HOST_BLOB];
};

struct image_host {
    struct kc_enclave *enclave;
    struct host_record record[HOST_RECORDS];
    size_t record_count;
    struct host_message queue[HOST_QUEUE]; /* what is to be said, oldest first */
    size_t queued;
    uint8_t kms_id[KC_KMS_ID_SIZE];
    bool serving;
    uint32_t last_log;
    uint64_t conn; /* the client's; 0 where there is none */
    SSL *client;
    uint32_t closed; /* enum kc_close */
    uint8_t in[128 * 1024];
    uint8_t out[KC_CORE_FRAME_MAX];
};

static inline void host_queue(struct image_host *h, struct kc_message message)
{
    assert_true(h->queued < HOST_QUEUE && message.body.len <= HOST_BLOB);
    struct host_message *m = &h->queue[h->queued++];
    m->message = message;
    m->len = message.body.len;
    if (m->len > 0)
        memcpy(m->body, message.body.ptr, m->len);
}

static inline struct host_record *host_find(struct image_host *h, const struct kc_record_id *id)
{
    for (size_t i = 0; i < h->record_count; i++) {
        if (kc_record_id_equal(&h->record[i].id, id))
            return &h->record[i];
    }
    return NULL;
}

static inline void host_fetch(struct image_host *h, const struct kc_effect *effect)
{
    const struct host_record *record = host_find(h, &effect->record);
    struct kc_message message = {.type = KC_MESSAGE_RECORD,
                                 .conn = effect->conn,
                                 .record = effect->record,
                                 .code = KC_FOUND_NOTHING};
    if (record != NULL) {
        message.code = KC_FOUND;
        message.body = kc_bytes_of(record->blob, record->len);
    }
    host_queue(h, message);
}

/* Stores all or nothing, as the host's store does. */
static inline void host_store(struct image_host *h, const struct kc_effect *effect)
{
    struct kc_store_write write;
    struct kc_message answer = {
        .type = KC_MESSAGE_STORED, .conn = effect->conn, .code = KC_STORED_OK};
    memcpy(answer.batch, effect->batch, sizeof(answer.batch));
    struct kc_reader r = kc_reader_of(effect->body);
    while (kc_store_write_next(&r, &write)) {
        const struct host_record *old = host_find(h, &write.id);
        if ((old == NULL ? 0 : old->version) != write.replaces)
            answer.code = KC_STORED_CONFLICT;
    }
    assert_true(kc_reader_done(&r));
    r = kc_reader_of(effect->body);
    while (answer.code == KC_STORED_OK && kc_store_write_next(&r, &write)) {
        struct host_record *record = host_find(h, &write.id);
        if (record == NULL) {
            assert_true(h->record_count < HOST_RECORDS);
            record = &h->record[h->record_count++];
        }
        assert_true(write.blob.len <= HOST_BLOB);
        record->id = write.id;
        record->version = write.replaces + 1;
        record->len = write.blob.len;
        memcpy(record->blob, write.blob.ptr, write.blob.len);
    }
    host_queue(h, answer);
}

static inline void host_scan(struct image_host *h, const struct kc_effect *effect)
{
    uint8_t names[HOST_BLOB];
    struct kc_writer w = kc_writer_of((struct kc_room){names, sizeof(names)});
    struct kc_record_id after = effect->record;
    for (uint32_t n = 0; n < effect->limit; n++) {
        const struct host_record *next = NULL;
        for (size_t i = 0; i < h->record_count; i++) {
            const struct host_record *r = &h->record[i];
            if (r->id.class == after.class && strcmp(r->id.name, after.name) > 0 &&
                (next == NULL || strcmp(r->id.name, next->id.name) < 0))
                next = r;
        }
        if (next == NULL)
            break;
        after = next->id;
        kc_message_write_name(&w, kc_bytes_of(after.name, after.name_len));
    }
    struct kc_message message = {.type = KC_MESSAGE_IDS,
                                 .conn = effect->conn,
                                 .code = KC_FOUND,
                                 .record = {.class = effect->record.class},
                                 .end = true,
                                 .body = kc_writer_written(&w)};
    host_queue(h, message);
}

static inline void host_quote(struct image_host *h, const struct kc_effect *effect)
{
    uint8_t quote[TEST_QUOTE_SIZE];
    test_quote_of(effect->body.ptr, quote);
    host_queue(h, (struct kc_message){
                      .type = KC_MESSAGE_QUOTE, .id = effect->id, .body = {quote, sizeof(quote)}});
}

static inline void host_target(struct image_host *h, uint64_t id)
{
    static const uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0x9e};
    host_queue(h, (struct kc_message){
                      .type = KC_MESSAGE_TARGETINFO, .id = id, .body = {target, sizeof(target)}});
}

static inline void host_do(struct image_host *h, const struct kc_effect *effect)
{
    switch (effect->type) {
    case KC_EFFECT_READY:
        return;
    case KC_EFFECT_TARGET_WANTED:
        host_target(h, effect->id);
        return;
    case KC_EFFECT_QUOTE_WANTED:
        host_quote(h, effect);
        return;
    case KC_EFFECT_LOG:
        h->last_log = effect->code;
        return;
    case KC_EFFECT_SERVING:
        h->serving = true;
        memcpy(h->kms_id, effect->kms_id, sizeof(h->kms_id));
        return;
    case KC_EFFECT_SEND:
        assert_int_equal(effect->conn, h->conn);
        assert_int_equal(
            BIO_write(SSL_get_rbio(h->client), effect->body.ptr, (int)effect->body.len),
            (int)effect->body.len);
        return;
    case KC_EFFECT_CLOSE:
        assert_int_equal(effect->conn, h->conn);
        h->closed = effect->code;
        return;
    case KC_EFFECT_RESUME_WANTED:
        host_queue(h, (struct kc_message){.type = KC_MESSAGE_RESUME, .conn = effect->conn});
        return;
    case KC_EFFECT_WORK_WANTED:
        host_queue(h, (struct kc_message){.type = KC_MESSAGE_WORK});
        return;
    case KC_EFFECT_FETCH:
        host_fetch(h, effect);
        return;
    case KC_EFFECT_SCAN:
        host_scan(h, effect);
        return;
    case KC_EFFECT_STORE:
        host_store(h, effect);
        return;
    default:
        fail_msg("effect %x of message %u: code %u, number %llu", effect->type, effect->message,
                 effect->code, (unsigned long long)effect->number);
    }
}

/* Says it, does what is wanted, and goes on until nothing is. */
static inline void host_say(struct image_host *h, struct kc_message message)
{
    struct kc_error error = KC_ERROR_NONE;
    host_queue(h, message);
    for (unsigned turns = 0; h->queued > 0; turns++) {
        struct kc_frame_message frame;
        struct kc_effect effect;
        size_t len = 0;
        struct kc_writer w = kc_writer_of((struct kc_room){h->in, sizeof(h->in)});
        h->queue[0].message.body = kc_bytes_of(h->queue[0].body, h->queue[0].len);
        kc_message_encode(&w, &h->queue[0].message);
        memmove(h->queue, h->queue + 1, --h->queued * sizeof(h->queue[0]));
        if (turns > 1000 ||
            kc_enclave_call(h->enclave, kc_writer_written(&w),
                            (struct kc_room){h->out, sizeof(h->out)}, &len, &error) != KC_OK)
            fail_msg("turn %u: %s", turns, error.what);
        struct kc_reader r = kc_reader_of(kc_bytes_of(h->out, len));
        while (kc_frame_next(&r, &frame)) {
            assert_int_equal(kc_effect_decode(&frame, &effect), KC_OK);
            host_do(h, &effect);
        }
        assert_true(kc_reader_done(&r));
    }
}

/* Everything that the client has to say goes in. */
static inline void host_carry(struct image_host *h)
{
    uint8_t bytes[HOST_BLOB];
    int n = 0;
    while (h->closed == 0 && (n = BIO_read(SSL_get_wbio(h->client), bytes, sizeof(bytes))) > 0)
        host_say(h, (struct kc_message){
                        .type = KC_MESSAGE_BYTES, .conn = h->conn, .body = {bytes, (size_t)n}});
}

/* A client on place 1 of the service. False when the handshake fails. */
static inline bool host_connect(struct image_host *h, SSL_CTX *context, enum kc_listener listener)
{
    int result = 0;
    h->conn = (h->conn | 0xffff) + 2; /* place 1, another number each time */
    h->closed = 0;
    h->client = SSL_new(context);
    SSL_set_bio(h->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(h->client);
    host_say(h,
             (struct kc_message){.type = KC_MESSAGE_OPEN, .conn = h->conn, .listener = listener});
    for (int i = 0; i < 4 && result != 1 && h->closed == 0; i++) {
        ERR_clear_error();
        result = SSL_do_handshake(h->client);
        host_carry(h);
    }
    return result == 1;
}

static inline void host_hang_up(struct image_host *h)
{
    if (h->closed == 0)
        host_say(h, (struct kc_message){.type = KC_MESSAGE_CLOSE, .conn = h->conn});
    SSL_free(h->client);
    h->client = NULL;
}

/* One request with a body of JSON, or none; the status. The answer's text, with its head, goes to
 * `answer`. */
static inline unsigned host_ask(struct image_host *h, const char *method, const char *path,
                                const char *token, const char *body, char answer[HOST_ANSWER])
{
    char request[HOST_ANSWER];
    unsigned status = 0;
    size_t len = 0;
    int n = snprintf(request, sizeof(request),
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: %s\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     method, path, token, strlen(body), body);
    assert_true(n > 0 && (size_t)n < sizeof(request));
    assert_int_equal(SSL_write(h->client, request, n), n);
    host_carry(h);
    while (len < HOST_ANSWER - 1 &&
           (n = SSL_read(h->client, answer + len, (int)(HOST_ANSWER - 1 - len))) > 0)
        len += (size_t)n;
    answer[len] = 0;
    if (sscanf(answer, "HTTP/1.1 %u ", &status) != 1)
        fail_msg("%s %s: %s", method, path, answer);
    return status;
}

/* START with a service for localhost, and its certificate. */
static inline void host_start(struct image_host *h, struct kc_enclave *enclave, uint64_t now)
{
    static const uint8_t names[] = "\0\11localhost\1\4\177\0\0\1";
    static const struct kc_record_id root = {
        .class = KC_RECORD_ROOT, .name_len = 4, .name = "root"};
    struct kc_message start = {.type = KC_MESSAGE_START,
                               .version = KC_BOUNDARY_VERSION,
                               .requests_max = 4,
                               .sessions_max = 4,
                               .certificate_life = 3600,
                               .names = {names, sizeof(names) - 1},
                               .now = now};
    const struct host_record *record = host_find(h, &root);
    h->enclave = enclave;
    h->serving = false;
    if (record != NULL)
        start.body = kc_bytes_of(record->blob, record->len);
    host_say(h, start);
    assert_true(h->serving);
    assert_int_equal(h->last_log, KC_LOG_CERTIFICATE);
}

#endif
