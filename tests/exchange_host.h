/* The host's side of an exchange: steps, answers, lies. */
#ifndef KC_TESTS_EXCHANGE_HOST_H
#define KC_TESTS_EXCHANGE_HOST_H

#include "exchange_world.h"

static inline void effects_begin(void)
{
    world->effects = kc_writer_of((struct kc_room){world->out, sizeof world->out});
}

/* Decodes what came. */
static inline void effects_end(void)
{
    struct kc_frame_message frame;
    assert_false(kc_writer_failed(&world->effects));
    struct kc_reader r = kc_reader_of(kc_writer_written(&world->effects));
    for (world->count = 0; kc_frame_next(&r, &frame);) {
        struct kc_effect *effect = &world->effect[world->count++];
        assert_true(world->count < HOST_EFFECTS);
        assert_int_equal(kc_effect_decode(&frame, effect), KC_OK);
        if (effect->type == KC_EFFECT_LOG) {
            world->logged = effect->code;
        } else {
            assert_true(effect->conn == HOST_CONN);
        }
        world->fetched += effect->type == KC_EFFECT_FETCH;
        world->scanned += effect->type == KC_EFFECT_SCAN;
        if (effect->type == KC_EFFECT_STORE) {
            world->stored++;
            world->store_effect = *effect;
            memcpy(world->list, effect->body.ptr, effect->body.len);
            world->store_effect.body.ptr = world->list;
        }
    }
}

static inline enum kc_step host_step(struct kc_exchange *x)
{
    effects_begin();
    enum kc_step step = kc_exchange_step(x, &world->effects);
    effects_end();
    return step;
}

static inline enum kc_refusal host_say(struct kc_exchange *x, const struct kc_message *message)
{
    effects_begin();
    enum kc_refusal refusal =
        message->type == KC_MESSAGE_RECORD ? kc_exchange_take_record(x, message, &world->effects)
        : message->type == KC_MESSAGE_IDS  ? kc_exchange_take_ids(x, message, &world->effects)
                                           : kc_exchange_take_stored(x, message, &world->effects);
    effects_end();
    return refusal;
}

static inline bool host_lies(enum lie from, enum lie to)
{
    if (world->lies == 0 || world->lie < from || world->lie > to)
        return false;
    world->lies--;
    return true;
}

/* RECORD for an id, with the lie of the moment. */
static inline enum kc_refusal host_answer(struct kc_exchange *x, const struct kc_record_id *id)
{
    struct host_record *record = host_find(id);
    struct kc_message message = {.type = KC_MESSAGE_RECORD, .conn = HOST_CONN, .record = *id};
    uint8_t blob[512] = {0};
    bool lies = host_lies(FLIPPED, UNREAD);
    if (world->lie == FAILED_UNREAD || (lies && world->lie == UNREAD))
        message.code = KC_FOUND_FAILED;
    else if (record->count == 0 || (lies && world->lie == ABSENT))
        message.code = KC_FOUND_NOTHING;
    if (message.code != KC_FOUND)
        return host_say(x, &message);
    unsigned version = record->count - 1;
    if (lies && world->lie == OLDER)
        version--;
    memcpy(blob, record->blob[version], record->len[version]);
    message.body = kc_bytes_of(blob, record->len[version]);
    if (lies && world->lie == FLIPPED)
        blob[30] ^= 1;
    if (lies && world->lie == SWAPPED)
        message.body = kc_bytes_of(world->store[0].blob[0], world->store[0].len[0]);
    return host_say(x, &message);
}

/* Whether the batch that is out fits what the store has. */
static inline bool host_fits(void)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(world->store_effect.body);
    bool fits = true;
    while (kc_store_write_next(&r, &write))
        fits = fits && host_find(&write.id)->count == write.replaces;
    assert_true(kc_reader_done(&r));
    return fits;
}

static inline void host_apply(void)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(world->store_effect.body);
    while (kc_store_write_next(&r, &write))
        host_keep(&write.id, write.blob);
}

static inline enum kc_refusal host_stored(struct kc_exchange *x, uint32_t code)
{
    struct kc_message message = {.type = KC_MESSAGE_STORED, .conn = HOST_CONN, .code = code};
    memcpy(message.batch, world->store_effect.batch, sizeof message.batch);
    return host_say(x, &message);
}

/* STORED for the batch that is out, with the lie of the moment. */
static inline enum kc_refusal host_store(struct kc_exchange *x)
{
    bool fits = host_fits();
    enum lie lie = host_lies(CONFLICT_NOT_STORED, OK_NOT_STORED) ? world->lie : HONEST;
    if (fits && (lie == HONEST || lie == CONFLICT_STORED || lie == FAILED_STORED))
        host_apply();
    if (lie == CONFLICT_NOT_STORED || lie == CONFLICT_STORED || (lie == HONEST && !fits))
        return host_stored(x, KC_STORED_CONFLICT);
    if (lie == FAILED_NOT_STORED || lie == FAILED_STORED || lie == FAILED_UNREAD)
        return host_stored(x, KC_STORED_FAILED);
    return host_stored(x, lie == FULL ? KC_STORED_FULL : KC_STORED_OK);
}

/* Answers what the last call wanted of the store; false when that was nothing. */
static inline bool host_serve(struct kc_exchange *x)
{
    struct kc_effect effect[HOST_EFFECTS];
    size_t count = world->count;
    bool any = false;
    memcpy(effect, world->effect, sizeof effect);
    for (size_t i = 0; i < count; i++) {
        if (effect[i].type == KC_EFFECT_FETCH) {
            assert_int_equal(host_answer(x, &effect[i].record), KC_REFUSAL_NONE);
        } else if (effect[i].type == KC_EFFECT_STORE) {
            assert_int_equal(host_store(x), KC_REFUSAL_NONE);
        } else {
            continue;
        }
        any = true;
        while (host_serve(x)) {
        }
    }
    world->count = 0;
    return any;
}

/* Until it is answered, or waits for something that is not the store's. */
static inline unsigned host_run(struct kc_exchange *x)
{
    for (;;) {
        switch (host_step(x)) {
        case KC_STEP_ANSWERED:
            return x->status;
        case KC_STEP_SLOW:
            kc_exchange_compute_slow(x);
            break;
        case KC_STEP_WAIT:
            if (!host_serve(x))
                return 0;
            break;
        case KC_STEP_BODY:
            break;
        }
    }
}

/* One whole exchange. */
static inline unsigned host_ask(const char *path)
{
    struct kc_exchange x = exchange(path, world->token);
    unsigned status = host_run(&x);
    kc_exchange_end(&x);
    return status;
}

#endif
