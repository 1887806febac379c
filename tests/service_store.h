/*
 * An honest store in memory for the model host of service.h, and an attestation service that signs
 * nothing: what a whole service needs of its host.
 */
#ifndef KC_TESTS_SERVICE_STORE_H
#define KC_TESTS_SERVICE_STORE_H

#include "service.h"

#define STORE_RECORDS 64
#define STORE_BLOB    4200

struct service_record {
    struct kc_record_id id;
    uint64_t version; /* 0: there is none */
    uint8_t blob[STORE_BLOB];
    size_t len;
};

struct service_store {
    struct service_record record[STORE_RECORDS];
    unsigned stores, conflicts, serving;
};

/* The place of a record, or a free one. */
static inline struct service_record *service_store_find(struct service_store *s,
                                                        const struct kc_record_id *id)
{
    size_t i = 0;
    while (i < STORE_RECORDS && s->record[i].version > 0 &&
           !kc_record_id_equal(&s->record[i].id, id))
        i++;
    assert_true(i < STORE_RECORDS);
    return &s->record[i];
}

static inline void service_store_fetch(struct service_store *s, struct service_host *h,
                                       const struct kc_effect *effect)
{
    const struct service_record *found = service_store_find(s, &effect->record);
    service_say(h, (struct kc_message){.type = KC_MESSAGE_RECORD,
                                       .conn = effect->conn,
                                       .record = effect->record,
                                       .code = found->version > 0 ? KC_FOUND : KC_FOUND_NOTHING,
                                       .body = kc_bytes_of(found->blob, found->len)});
}

static inline bool service_store_fits(struct service_store *s, struct kc_bytes list)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(list);
    bool fits = true;
    while (kc_store_write_next(&r, &write))
        fits = fits && service_store_find(s, &write.id)->version == write.replaces;
    assert_true(kc_reader_done(&r));
    return fits;
}

static inline void service_store_keep(struct service_store *s, struct service_host *h,
                                      const struct kc_effect *effect)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(effect->body);
    struct kc_message stored = {.type = KC_MESSAGE_STORED, .conn = effect->conn};
    memcpy(stored.batch, effect->batch, sizeof stored.batch);
    if (!service_store_fits(s, effect->body)) {
        stored.code = KC_STORED_CONFLICT;
        s->conflicts++;
    }
    while (stored.code == KC_STORED_OK && kc_store_write_next(&r, &write)) {
        struct service_record *record = service_store_find(s, &write.id);
        assert_true(write.blob.len <= STORE_BLOB);
        record->id = write.id;
        record->version = write.replaces + 1;
        record->len = write.blob.len;
        memcpy(record->blob, write.blob.ptr, write.blob.len);
    }
    s->stores++;
    service_say(h, stored);
}

static inline bool service_store_is_before(const struct kc_record_id *a,
                                           const struct kc_record_id *b)
{
    size_t n = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, n);
    return order < 0 || (order == 0 && a->name_len < b->name_len);
}

/* Names of the class behind the one named, ascending. */
static inline void service_store_scan(struct service_store *s, struct service_host *h,
                                      const struct kc_effect *effect)
{
    uint8_t room[KC_MESSAGE_IDS_MAX];
    struct kc_writer names = kc_writer_of((struct kc_room){room, sizeof room});
    struct kc_record_id last = effect->record;
    const struct kc_record_id *next = &last;
    uint32_t count = 0;
    while (count < effect->limit) {
        next = NULL;
        for (size_t i = 0; i < STORE_RECORDS; i++) {
            const struct kc_record_id *id = &s->record[i].id;
            if (s->record[i].version > 0 && id->class == effect->record.class &&
                service_store_is_before(&last, id) &&
                (next == NULL || service_store_is_before(id, next)))
                next = id;
        }
        if (next == NULL)
            break;
        last = *next;
        kc_message_write_name(&names, kc_bytes_of(last.name, last.name_len));
        count++;
    }
    service_say(h, (struct kc_message){.type = KC_MESSAGE_IDS,
                                       .conn = effect->conn,
                                       .record = {.class = effect->record.class},
                                       .end = next == NULL,
                                       .body = kc_writer_written(&names)});
}

/* For service_host.other, with a service_store as its context. */
static inline void service_store_answer(struct service_host *h, const struct kc_effect *effect)
{
    static const uint8_t target[KC_SGX_TARGETINFO_SIZE];
    struct service_store *s = h->context;
    uint8_t quote[TEST_QUOTE_SIZE];
    struct kc_message message = {.id = effect->id};
    switch (effect->type) {
    case KC_EFFECT_FETCH:
        service_store_fetch(s, h, effect);
        break;
    case KC_EFFECT_SCAN:
        service_store_scan(s, h, effect);
        break;
    case KC_EFFECT_STORE:
        service_store_keep(s, h, effect);
        break;
    case KC_EFFECT_TARGET_WANTED:
        message.type = KC_MESSAGE_TARGETINFO;
        message.body = kc_bytes_of(target, sizeof target);
        service_say(h, message);
        break;
    case KC_EFFECT_QUOTE_WANTED:
        test_quote_of(effect->body.ptr, quote);
        message.type = KC_MESSAGE_QUOTE;
        message.body = kc_bytes_of(quote, sizeof quote);
        service_say(h, message);
        break;
    case KC_EFFECT_SERVING:
        s->serving++;
        break;
    default:
        break;
    }
}

#endif
