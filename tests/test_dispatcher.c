/* Which message may come when, and what a host gets for one that may not. */
#include "boundary.h"

#include <pthread.h>

#include "base/time.h"
#include "core/root.h"
#include "core/state.h"

static const struct kc_message start = {
    .type = KC_MESSAGE_START, .version = KC_BOUNDARY_VERSION, .requests_max = 2, .now = 1700000000};

static void expect_refused(const struct kc_effect *effect, uint16_t message, enum kc_refusal code,
                           uint64_t number)
{
    assert_int_equal(effect->type, KC_EFFECT_REFUSED);
    assert_int_equal(effect->message, message);
    assert_int_equal(effect->code, code);
    assert_int_equal(effect->number, number);
}

static void expect_failed(const struct kc_effect *effect, uint64_t id, enum kc_failure code,
                          uint32_t detail)
{
    assert_int_equal(effect->type, KC_EFFECT_FAILED);
    assert_int_equal(effect->id, id);
    assert_int_equal(effect->code, code);
    assert_int_equal(effect->detail, detail);
}

static void test_start(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t version, requests_max;
        uint64_t now;
        enum kc_refusal want;
        uint64_t number;
    } rows[] = {
        {0, 2, 1, KC_REFUSAL_VERSION, 1},
        {2, 2, 1, KC_REFUSAL_VERSION, 1},
        {1, 0, 1, KC_REFUSAL_LIMIT, 64},
        {1, 65, 1, KC_REFUSAL_LIMIT, 64},
        {1, 2, KC_TIME_MAX + UINT64_C(1), KC_REFUSAL_LIMIT, KC_TIME_MAX},
        {1, 2, (uint64_t)INT64_MAX + 1, KC_REFUSAL_LIMIT, KC_TIME_MAX},
        {1, 2, UINT64_MAX, KC_REFUSAL_LIMIT, KC_TIME_MAX},
    };
    struct boundary *b = boundary_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_message message = start;
        message.version = rows[i].version;
        message.requests_max = rows[i].requests_max;
        message.now = rows[i].now;
        expect_refused(boundary_say(b, message), KC_MESSAGE_START, rows[i].want, rows[i].number);
        assert_int_equal(b->machine.told, 0);
    }
    const struct kc_effect *ready = boundary_say(b, start); /* what was refused may come again */
    assert_int_equal(ready->type, KC_EFFECT_READY);
    assert_int_equal(ready->version, 1);
    assert_int_equal(ready->requests_max, 2);
    expect_refused(boundary_say(b, start), KC_MESSAGE_START, KC_REFUSAL_REPEATED, 0);
    boundary_free(b);
}

/* START that asks for a service: bounds, names, the sealed root. */
static void test_start_of_the_service(void **unused)
{
    (void)unused;
    static const uint8_t good[] = "\0\1a";
    static const uint8_t wildcard[] = "\0\1*";
    static const uint8_t junk[64] = {1, 2, 3};
    const struct kc_bytes names = {good, 3};
    const struct kc_bytes none = {NULL, 0};
    const struct {
        uint32_t sessions_max, life;
        struct kc_bytes names, root;
        enum kc_refusal want;
        uint64_t number;
    } rows[] = {
        {513, 3600, names, none, KC_REFUSAL_LIMIT, 512},
        {UINT32_MAX, 3600, names, none, KC_REFUSAL_LIMIT, 512},
        {1, 0, names, none, KC_REFUSAL_LIMIT, 86400},
        {1, 59, names, none, KC_REFUSAL_LIMIT, 86400},
        {1, 86401, names, none, KC_REFUSAL_LIMIT, 86400},
        {0, 3600, none, none, KC_REFUSAL_PAYLOAD, 0},
        {0, 0, names, none, KC_REFUSAL_PAYLOAD, 0},
        {0, 0, none, {junk, sizeof junk}, KC_REFUSAL_PAYLOAD, 0},
        {1, 3600, none, none, KC_REFUSAL_NAMES, 0},
        {1, 3600, {wildcard, 3}, none, KC_REFUSAL_NAMES, 0},
        {1, 3600, names, {junk, sizeof junk}, KC_REFUSAL_ROOT, 0},
        {1, 3600, names, {junk, 1}, KC_REFUSAL_ROOT, 0},
    };
    struct boundary *b = boundary_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_message message = start;
        message.sessions_max = rows[i].sessions_max;
        message.certificate_life = rows[i].life;
        message.names = rows[i].names;
        message.body = rows[i].root;
        expect_refused(boundary_say(b, message), KC_MESSAGE_START, rows[i].want, rows[i].number);
        assert_int_equal(b->machine.told, 0);
        assert_null(b->core->certificates);
        assert_null(b->core->tls);
    }
    struct kc_message message = start;
    message.sessions_max = KC_CORE_SESSIONS_MAX;
    message.certificate_life = 86400;
    message.names = names;
    assert_int_equal(boundary_say(b, message)->type, KC_EFFECT_TARGET_WANTED);
    assert_int_equal(b->effect[0].type, KC_EFFECT_READY);
    assert_int_equal(b->count, 2);
    boundary_free(b);
}

/* The root comes back with START; one of another policy's key, machine or image does not. */
static void test_start_with_the_root(void **unused)
{
    (void)unused;
    static const uint8_t names[] = "\0\1a";
    uint8_t sealed[KC_MESSAGE_ROOT_MAX];
    struct kc_root *root = NULL;
    struct boundary *b = boundary_new();
    struct kc_message message = start;
    message.sessions_max = 1;
    message.certificate_life = 60;
    message.names = kc_bytes_of(names, 3);
    message.body.ptr = sealed;
    assert_int_equal(kc_root_make(b->core->platform, KC_SEAL_MRENCLAVE, 1, &root), KC_OK);
    assert_int_equal(kc_root_seal(b->core->platform, root, (struct kc_room){sealed, sizeof sealed},
                                  &message.body.len),
                     KC_OK);
    b->machine.secs.mrenclave[0] ^= 1;
    expect_refused(boundary_say(b, message), KC_MESSAGE_START, KC_REFUSAL_ROOT, 0);
    assert_null(b->core->root);
    b->machine.secs.mrenclave[0] ^= 1;
    boundary_say(b, message);
    assert_int_equal(b->count, 2);
    assert_int_equal(b->effect[0].type, KC_EFFECT_READY);
    assert_memory_equal(b->core->root->kms_id, root->kms_id, sizeof root->kms_id);
    boundary_free(b);
    /* After an update of the processor it is sealed anew, beside all else. */
    b = boundary_new();
    b->machine.processor.cpu_svn[0]++;
    boundary_say(b, message);
    assert_int_equal(b->count, 3);
    assert_int_equal(b->effect[1].type, KC_EFFECT_STORE);
    assert_int_equal(b->effect[1].conn, 0);
    boundary_free(b);
    kc_root_free(root);
}

/* Every message but START, before START. */
static void test_nothing_before_start(void **unused)
{
    (void)unused;
    struct boundary *b = boundary_new();
    const struct kc_message messages[] = {
        {.type = KC_MESSAGE_TICK, .now = 1},
        {.type = KC_MESSAGE_GET_REPORT, .id = 1},
        message_evidence(1, kc_oe_format_uuid(KC_OE_SGX_ECDSA)),
        message_target(1),
        {.type = KC_MESSAGE_QUOTE, .id = 1, .code = 42},
    };
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        expect_refused(boundary_say(b, messages[i]), messages[i].type, KC_REFUSAL_NOT_NOW, 0);
    boundary_free(b);
}

static void test_clock_never_runs_back(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t now;
        bool backwards;
        uint64_t kept;
    } rows[] = {
        {1700000000, false, 0},          {1700000005, false, 0}, {1700000004, true, 1700000005},
        {0, true, 1700000005},           {1700000006, false, 0}, {KC_TIME_MAX, false, 0},
        {1700000007, true, KC_TIME_MAX},
    };
    struct boundary *b = boundary_new();
    boundary_start(b);
    assert_int_equal(b->machine.told, 1700000000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_message tick = {.type = KC_MESSAGE_TICK, .now = rows[i].now};
        boundary_send(b, &tick, 1);
        assert_int_equal(b->machine.told, rows[i].backwards ? rows[i].kept : rows[i].now);
        assert_int_equal(b->count, rows[i].backwards ? 1 : 0);
        if (!rows[i].backwards)
            continue;
        assert_int_equal(b->effect[0].type, KC_EFFECT_LOG);
        assert_int_equal(b->effect[0].code, KC_LOG_CLOCK_BACKWARDS);
        assert_int_equal(b->effect[0].number, rows[i].kept);
        assert_int_equal(b->effect[0].number2, rows[i].now);
    }
    boundary_free(b);
}

/* A time that no calendar has is not the host's clock; the clock stays where it was. */
static void test_clock_has_an_end(void **unused)
{
    (void)unused;
    static const uint64_t beyond[] = {KC_TIME_MAX + UINT64_C(1), (uint64_t)INT64_MAX + 1,
                                      UINT64_MAX};
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        const struct kc_message tick = {.type = KC_MESSAGE_TICK, .now = beyond[i]};
        expect_refused(boundary_say(b, tick), KC_MESSAGE_TICK, KC_REFUSAL_LIMIT, KC_TIME_MAX);
        assert_int_equal(b->machine.told, 1700000000);
    }
    const struct kc_message tick = {.type = KC_MESSAGE_TICK, .now = 1700000001};
    boundary_send(b, &tick, 1);
    assert_int_equal(b->count, 0);
    boundary_free(b);
}

/* Payload lengths that the table does not allow: the whole batch is refused, the START in front
 * of it included. */
static void test_wrong_lengths_refuse_the_batch(void **unused)
{
    (void)unused;
    static const struct {
        uint16_t type;
        size_t len;
    } rows[] = {
        {KC_MESSAGE_START, 15},
        {KC_MESSAGE_START, 17},
        {KC_MESSAGE_TICK, 7},
        {KC_MESSAGE_TICK, 9},
        {KC_MESSAGE_GET_REPORT, 7},
        {KC_MESSAGE_GET_REPORT, 9},
        {KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, 23},
        {KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, 24 + 1025},
        {KC_MESSAGE_TARGETINFO, 11},
        {KC_MESSAGE_TARGETINFO, 12 + 513},
        {KC_MESSAGE_QUOTE, 11},
        {KC_MESSAGE_QUOTE, 12 + KC_SGX_QUOTE_MAX_SIZE + 1},
    };
    static uint8_t in[80 * 1024];
    struct boundary *b = boundary_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
        kc_message_encode(&w, &start);
        kc_frame_write_header(&w, rows[i].type, rows[i].len);
        kc_writer_zeros(&w, rows[i].len);
        assert_int_equal(boundary_send_bytes(b, kc_writer_written(&w)), KC_ERR_MALFORMED);
    }
    assert_int_equal(boundary_say(b, start)->type, KC_EFFECT_READY);
    boundary_free(b);
}

/* Parts that do not fit each other within allowed lengths: that message alone is refused. */
static void test_wrong_parts_refuse_the_message(void **unused)
{
    (void)unused;
    const struct kc_message messages[] = {
        {.type = KC_MESSAGE_TARGETINFO, .id = 1, .body = {test_target, 511}},
        {.type = KC_MESSAGE_TARGETINFO, .id = 1, .code = 9, .body = {test_target, 512}},
        {.type = KC_MESSAGE_QUOTE, .id = 1},
        {.type = KC_MESSAGE_QUOTE, .id = 1, .code = 42, .body = {test_target, 1}},
    };
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        expect_refused(boundary_say(b, messages[i]), messages[i].type, KC_REFUSAL_PAYLOAD, 0);
    boundary_free(b);
}

/* An unknown type is answered, and the rest of the batch goes on. */
static void test_unknown_type_goes_on(void **unused)
{
    (void)unused;
    uint8_t in[256];
    struct boundary *b = boundary_new();
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    kc_message_encode(&w, &start);
    kc_frame_write_header(&w, 0x7777, 3);
    kc_writer_zeros(&w, 3);
    kc_frame_write_header(&w, KC_EFFECT_READY, 0);
    kc_message_encode(&w, &start);
    kc_message_encode(&w, &(struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 4});
    assert_int_equal(boundary_send_bytes(b, kc_writer_written(&w)), KC_OK);
    assert_int_equal(b->count, 5);
    assert_int_equal(b->effect[0].type, KC_EFFECT_READY);
    expect_refused(&b->effect[1], 0x7777, KC_REFUSAL_UNKNOWN_TYPE, 0);
    expect_refused(&b->effect[2], KC_EFFECT_READY, KC_REFUSAL_UNKNOWN_TYPE, 0);
    expect_refused(&b->effect[3], KC_MESSAGE_START, KC_REFUSAL_REPEATED, 0);
    assert_int_equal(b->effect[4].type, KC_EFFECT_TARGET_WANTED);
    assert_int_equal(b->effect[4].id, 4);
    boundary_free(b);
}

/* Too little room, too many messages, too large: nothing was done. */
static void test_bounds_of_a_batch(void **unused)
{
    (void)unused;
    uint8_t in[24 * (KC_FRAME_MESSAGES_MAX + 1)];
    uint8_t out[128];
    size_t len = 55;
    struct boundary *b = boundary_new();
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    kc_message_encode(&w, &start);
    assert_int_equal(kc_core_ecall(b->core, kc_writer_written(&w), (struct kc_room){out, 40}, &len),
                     KC_ERR_ROOM);
    assert_int_equal(len, 55);
    for (size_t i = 0; i < KC_FRAME_MESSAGES_MAX; i++)
        kc_message_encode(&w, &start);
    assert_int_equal(boundary_send_bytes(b, kc_writer_written(&w)), KC_ERR_MALFORMED);
    assert_int_equal(boundary_send_bytes(b, (struct kc_bytes){NULL, 0}), KC_ERR_MALFORMED);
    uint8_t *huge = calloc(1, KC_CORE_FRAME_MAX + 8);
    w = kc_writer_of((struct kc_room){huge, 8});
    kc_frame_write_header(&w, 0x7777, KC_CORE_FRAME_MAX);
    assert_int_equal(boundary_send_bytes(b, kc_bytes_of(huge, KC_CORE_FRAME_MAX + 8)),
                     KC_ERR_MALFORMED);
    free(huge);
    assert_int_equal(boundary_say(b, start)->type, KC_EFFECT_READY);
    boundary_free(b);
}

static void test_ids(void **unused)
{
    (void)unused;
    uint8_t report[KC_SGX_REPORT_SIZE];
    const uint64_t last = KC_REQUEST_ID_OWN - 1;
    const struct kc_message get = {.type = KC_MESSAGE_GET_REPORT, .id = last};
    const struct kc_message quote = {.type = KC_MESSAGE_QUOTE, .id = last, .code = 1};
    const struct kc_message evidence = message_evidence(last, kc_oe_format_uuid(KC_OE_SGX_LOCAL));
    struct boundary *b = boundary_new();
    boundary_start(b);
    expect_refused(boundary_say(b, message_target(0)), KC_MESSAGE_TARGETINFO, KC_REFUSAL_UNKNOWN_ID,
                   0);
    expect_refused(boundary_say(b, quote), KC_MESSAGE_QUOTE, KC_REFUSAL_UNKNOWN_ID, last);
    assert_int_equal(boundary_say(b, get)->type, KC_EFFECT_TARGET_WANTED);
    expect_refused(boundary_say(b, get), get.type, KC_REFUSAL_ID_IN_USE, last);
    /* A request that fails at once must not seem to end the parked one of the same number. */
    expect_refused(boundary_say(b, evidence), evidence.type, KC_REFUSAL_ID_IN_USE, last);
    expect_refused(boundary_say(b, quote), KC_MESSAGE_QUOTE, KC_REFUSAL_NOT_AWAITED, last);
    boundary_get_report_for_quote(b, last, report);
    expect_refused(boundary_say(b, message_target(last)), KC_MESSAGE_TARGETINFO,
                   KC_REFUSAL_NOT_AWAITED, last);
    expect_failed(boundary_say(b, quote), last, KC_FAILURE_QUOTE, 1);
    expect_refused(boundary_say(b, quote), KC_MESSAGE_QUOTE, KC_REFUSAL_UNKNOWN_ID, last);
    assert_int_equal(boundary_say(b, get)->type, KC_EFFECT_TARGET_WANTED); /* free again */
    boundary_free(b);
}

/* Ids with the highest bit are the enclave's to give. */
static void test_ids_of_the_enclave(void **unused)
{
    (void)unused;
    static const uint64_t ids[] = {KC_REQUEST_ID_OWN, KC_REQUEST_ID_OWN + 1, UINT64_MAX};
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        const struct kc_message messages[] = {
            {.type = KC_MESSAGE_GET_REPORT, .id = ids[i]},
            message_evidence(ids[i], kc_oe_format_uuid(KC_OE_SGX_ECDSA)),
        };
        for (size_t k = 0; k < COUNT_OF(messages); k++)
            expect_refused(boundary_say(b, messages[k]), messages[k].type, KC_REFUSAL_LIMIT,
                           KC_REQUEST_ID_OWN - 1);
        expect_refused(boundary_say(b, message_target(ids[i])), KC_MESSAGE_TARGETINFO,
                       KC_REFUSAL_UNKNOWN_ID, ids[i]);
    }
    boundary_free(b);
}

/* As many as START allowed, and a place again when one ends. */
static void test_full_table(void **unused)
{
    (void)unused;
    static const uint32_t limits[] = {1, 2, KC_CORE_REQUESTS_MAX};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct boundary *b = boundary_new();
        struct kc_message message = start;
        message.requests_max = limits[i];
        assert_int_equal(boundary_say(b, message)->type, KC_EFFECT_READY);
        message = (struct kc_message){.type = KC_MESSAGE_GET_REPORT};
        for (message.id = 0; message.id < limits[i]; message.id++)
            assert_int_equal(boundary_say(b, message)->type, KC_EFFECT_TARGET_WANTED);
        expect_failed(boundary_say(b, message), limits[i], KC_FAILURE_BUSY, limits[i]);
        struct kc_message end = {.type = KC_MESSAGE_TARGETINFO, .id = 0, .code = 24};
        expect_failed(boundary_say(b, end), 0, KC_FAILURE_TARGET, 24);
        assert_int_equal(boundary_say(b, message)->type, KC_EFFECT_TARGET_WANTED);
        boundary_free(b);
    }
}

/* As many messages as a batch takes, as long as it may be, fit into the largest room. */
static void test_largest_batch(void **unused)
{
    (void)unused;
    enum { SIZE = KC_CORE_FRAME_MAX - 64 * 1024, EACH = SIZE / KC_FRAME_MESSAGES_MAX };
    struct boundary *b = boundary_new();
    uint8_t *in = calloc(1, SIZE);
    struct kc_writer w = kc_writer_of((struct kc_room){in, SIZE});
    boundary_start(b);
    for (size_t i = 0; i < KC_FRAME_MESSAGES_MAX; i++) {
        kc_frame_write_header(&w, KC_MESSAGE_QUOTE, EACH - KC_FRAME_HEADER_SIZE);
        kc_writer_zeros(&w, EACH - KC_FRAME_HEADER_SIZE);
    }
    assert_int_equal(w.len, SIZE);
    assert_int_equal(boundary_send_bytes(b, kc_writer_written(&w)), KC_OK);
    assert_int_equal(b->count, KC_FRAME_MESSAGES_MAX);
    for (size_t i = 0; i < b->count; i++)
        expect_refused(&b->effect[i], KC_MESSAGE_QUOTE, KC_REFUSAL_UNKNOWN_ID, 0);
    free(in);
    boundary_free(b);
}

enum { THREADS = 8 };

struct racer {
    struct kc_core *core;
    struct kc_bytes in;
    pthread_barrier_t *barrier;
    uint16_t type; /* of the last effect */
    uint32_t code;
};

static void *run_race(void *argument)
{
    struct racer *racer = argument;
    struct kc_frame_message frame;
    struct kc_effect effect = {0};
    uint8_t out[16384];
    size_t len = 0;
    pthread_barrier_wait(racer->barrier);
    if (kc_core_ecall(racer->core, racer->in, (struct kc_room){out, sizeof out}, &len) != KC_OK)
        return NULL;
    struct kc_reader r = kc_reader_of(kc_bytes_of(out, len));
    while (kc_frame_next(&r, &frame)) {
        if (kc_effect_decode(&frame, &effect) != KC_OK)
            return NULL;
    }
    racer->type = effect.type;
    racer->code = effect.code;
    return NULL;
}

/* All threads say `message` at the same time: one is heard, the others are refused. */
static void expect_one_winner(struct boundary *b, const struct kc_message *message, uint16_t want,
                              enum kc_refusal code)
{
    uint8_t in[1024];
    struct racer racers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    size_t winners = 0;
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    kc_message_encode(&w, message);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){b->core, kc_writer_written(&w), &barrier, 0, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, run_race, &racers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        winners += racers[i].type == want;
        if (racers[i].type != want) {
            assert_int_equal(racers[i].type, KC_EFFECT_REFUSED);
            assert_int_equal(racers[i].code, code);
        }
    }
    assert_int_equal(winners, 1);
    pthread_barrier_destroy(&barrier);
}

static void test_threads_cannot_repeat(void **unused)
{
    (void)unused;
    const struct kc_message get = {.type = KC_MESSAGE_GET_REPORT, .id = 5};
    const struct kc_message target = message_target(5);
    struct boundary *b = boundary_new();
    expect_one_winner(b, &start, KC_EFFECT_READY, KC_REFUSAL_REPEATED);
    expect_one_winner(b, &get, KC_EFFECT_TARGET_WANTED, KC_REFUSAL_ID_IN_USE);
    expect_one_winner(b, &target, KC_EFFECT_QUOTE_WANTED, KC_REFUSAL_NOT_AWAITED);
    boundary_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_start_of_the_service),
        cmocka_unit_test(test_start_with_the_root),
        cmocka_unit_test(test_nothing_before_start),
        cmocka_unit_test(test_clock_never_runs_back),
        cmocka_unit_test(test_clock_has_an_end),
        cmocka_unit_test(test_wrong_lengths_refuse_the_batch),
        cmocka_unit_test(test_wrong_parts_refuse_the_message),
        cmocka_unit_test(test_unknown_type_goes_on),
        cmocka_unit_test(test_bounds_of_a_batch),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_ids_of_the_enclave),
        cmocka_unit_test(test_full_table),
        cmocka_unit_test(test_largest_batch),
        cmocka_unit_test(test_threads_cannot_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
