/* A core on a simulated machine, and the host's side of a conversation with it. */
#ifndef KC_TESTS_BOUNDARY_H
#define KC_TESTS_BOUNDARY_H

#include "platform_sim.h"
#include "test.h"

#define TEST_EFFECTS_MAX 128
#define TEST_UNTOUCHED   0xe7
#define TEST_WATCHED     (128 * 1024) /* bytes of room that the core is watched in */

struct boundary {
    struct test_machine machine;
    struct kc_core *core;
    uint8_t *out; /* KC_CORE_FRAME_MAX */
    size_t count; /* effects of the last batch */
    struct kc_effect effect[TEST_EFFECTS_MAX];
};

static inline struct boundary *boundary_new(void)
{
    struct boundary *b = calloc(1, sizeof *b);
    test_machine_init(&b->machine);
    b->out = malloc(KC_CORE_FRAME_MAX);
    assert_int_equal(kc_core_new(&b->machine.platform, &b->core), KC_OK);
    return b;
}

static inline void boundary_free(struct boundary *b)
{
    kc_core_free(b->core);
    free(b->out);
    free(b);
}

/* Decodes the `len` bytes of effects in b->out. */
static inline void boundary_decode(struct boundary *b, size_t len)
{
    struct kc_frame_message frame;
    struct kc_reader r = kc_reader_of(kc_bytes_of(b->out, len));
    b->count = 0;
    while (kc_frame_next(&r, &frame)) {
        assert_true(b->count < TEST_EFFECTS_MAX);
        assert_int_equal(kc_effect_decode(&frame, &b->effect[b->count++]), KC_OK);
    }
    assert_int_equal(r.left, 0);
}

/* Calls a function of the core as a handler would, and decodes its effects. */
static inline void boundary_call(struct boundary *b,
                                 void (*call)(struct kc_core *, struct kc_writer *))
{
    struct kc_writer w = kc_writer_of((struct kc_room){b->out, KC_CORE_FRAME_MAX});
    call(b->core, &w);
    assert_false(kc_writer_failed(&w));
    boundary_decode(b, w.len);
}

/* Sends a batch as it is and decodes what comes back. */
static inline enum kc_err boundary_send_bytes(struct boundary *b, struct kc_bytes in)
{
    size_t len = 0;
    memset(b->out, TEST_UNTOUCHED, TEST_WATCHED);
    enum kc_err err = kc_core_ecall(b->core, in, (struct kc_room){b->out, KC_CORE_FRAME_MAX}, &len);
    b->count = 0;
    if (err != KC_OK)
        return err;
    bool untouched = true;
    for (size_t i = len; i < TEST_WATCHED; i++)
        untouched = untouched && b->out[i] == TEST_UNTOUCHED;
    assert_true(untouched);
    boundary_decode(b, len);
    return KC_OK;
}

static inline void boundary_send(struct boundary *b, const struct kc_message *messages,
                                 size_t count)
{
    static uint8_t in[256 * 1024];
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    for (size_t i = 0; i < count; i++)
        kc_message_encode(&w, &messages[i]);
    assert_false(kc_writer_failed(&w));
    assert_int_equal(boundary_send_bytes(b, kc_writer_written(&w)), KC_OK);
}

/* One message, whose last effect is given back: logs come before it. */
static inline const struct kc_effect *boundary_say(struct boundary *b, struct kc_message message)
{
    boundary_send(b, &message, 1);
    assert_true(b->count > 0);
    return &b->effect[b->count - 1];
}

static inline void boundary_start(struct boundary *b)
{
    const struct kc_effect *ready =
        boundary_say(b, (struct kc_message){.type = KC_MESSAGE_START,
                                            .version = KC_BOUNDARY_VERSION,
                                            .requests_max = KC_CORE_REQUESTS_MAX,
                                            .now = 1700000000});
    assert_int_equal(ready->type, KC_EFFECT_READY);
}

static const uint8_t test_target[KC_SGX_TARGETINFO_SIZE] = {0x9e, [32] = 5, [40] = 7};

static inline struct kc_message message_target(uint64_t id)
{
    return (struct kc_message){
        .type = KC_MESSAGE_TARGETINFO, .id = id, .body = {test_target, sizeof test_target}};
}

/* Hands in the target info; the report of QUOTE_WANTED to `report`. */
static inline void boundary_get_report_for_quote(struct boundary *b, uint64_t id,
                                                 uint8_t report[KC_SGX_REPORT_SIZE])
{
    const struct kc_effect *wanted = boundary_say(b, message_target(id));
    assert_int_equal(wanted->type, KC_EFFECT_QUOTE_WANTED);
    assert_int_equal(wanted->id, id);
    assert_int_equal(wanted->body.len, KC_SGX_REPORT_SIZE);
    memcpy(report, wanted->body.ptr, KC_SGX_REPORT_SIZE);
}

static inline struct kc_message message_evidence(uint64_t id, const uint8_t *uuid)
{
    struct kc_message message = {.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = id};
    memcpy(message.format, uuid, sizeof message.format);
    return message;
}

#endif
