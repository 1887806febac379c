/* Quotes that the core itself asks for: what they bind, whose the places are, who is told. */
#include "boundary.h"

#include "core/quotes.h"
#include "core/state.h"
#include "ratls/claims.h"

#define CONN UINT64_C(0x10002)

struct asked {
    enum kc_err err;
    uint64_t id;
    size_t effects_len;
    uint16_t effect; /* the one that there is */
    uint8_t claims[KC_RATLS_CLAIMS_MAX];
    size_t claims_len;
};

/* Claims of a connection whose nonce is `fill`, 32 times. */
static struct asked claims_of(uint8_t fill)
{
    struct asked out = {0};
    struct kc_ratls_claims claims = {.fresh = true, .nonce_len = 32};
    struct kc_writer w = kc_writer_of((struct kc_room){out.claims, sizeof out.claims});
    memset(claims.nonce, fill, 32);
    kc_ratls_claims_encode(&w, &claims);
    assert_false(kc_writer_failed(&w));
    out.claims_len = w.len;
    return out;
}

static struct asked ask(struct boundary *b, enum kc_quote_for purpose, uint64_t conn, uint8_t fill)
{
    uint8_t room[64];
    struct kc_frame_message frame;
    struct kc_effect effect;
    struct asked out = claims_of(fill);
    struct kc_writer effects = kc_writer_of((struct kc_room){room, sizeof room});
    out.err = kc_quotes_begin(b->core, purpose, conn, kc_bytes_of(out.claims, out.claims_len),
                              &effects, &out.id);
    out.effects_len = effects.len;
    struct kc_reader r = kc_reader_of(kc_writer_written(&effects));
    if (out.err == KC_OK) {
        assert_true(kc_frame_next(&r, &frame));
        assert_int_equal(kc_effect_decode(&frame, &effect), KC_OK);
        assert_int_equal(effect.id, out.id);
        out.effect = effect.type;
    }
    return out;
}

static enum kc_quote_state poll(struct boundary *b, uint64_t id, struct kc_room *quote,
                                enum kc_failure *failure)
{
    *quote = (struct kc_room){NULL, 0};
    return kc_quotes_poll(b->core, id, quote, failure);
}

static struct kc_message quote_message(const uint8_t *report, uint64_t id,
                                       uint8_t quote[TEST_QUOTE_SIZE])
{
    test_quote_of(report, quote);
    return (struct kc_message){
        .type = KC_MESSAGE_QUOTE, .id = id, .body = {quote, TEST_QUOTE_SIZE}};
}

static void test_made(void **unused)
{
    (void)unused;
    uint8_t report[KC_SGX_REPORT_SIZE];
    uint8_t want[KC_SGX_REPORT_DATA_SIZE];
    uint8_t bytes[TEST_QUOTE_SIZE];
    struct kc_room quote;
    enum kc_failure failure;
    struct boundary *b = boundary_new();
    boundary_start(b);
    struct asked asked = ask(b, KC_QUOTE_CONNECTION, CONN, 1);
    assert_int_equal(asked.err, KC_OK);
    assert_int_equal(asked.effect, KC_EFFECT_TARGET_WANTED);
    assert_true((asked.id & KC_REQUEST_ID_OWN) != 0);
    assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_WAITS);
    boundary_get_report_for_quote(b, asked.id, report);
    assert_int_equal(b->count, 1); /* no key was made for it */
    assert_int_equal(kc_ratls_report_data(kc_bytes_of(asked.claims, asked.claims_len), want),
                     KC_OK);
    assert_memory_equal(report + 320, want, sizeof want);
    assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_WAITS);
    const struct kc_effect *told = boundary_say(b, quote_message(report, asked.id, bytes));
    assert_int_equal(b->count, 1);
    assert_int_equal(told->type, KC_EFFECT_RESUME_WANTED);
    assert_int_equal(told->conn, CONN);
    /* It lies there until it is fetched, and then no more. */
    const struct kc_effect *again = boundary_say(b, quote_message(report, asked.id, bytes));
    assert_int_equal(again->code, KC_REFUSAL_NOT_AWAITED);
    assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_MADE);
    assert_int_equal(quote.len, sizeof bytes);
    assert_memory_equal(quote.ptr, bytes, sizeof bytes);
    free(quote.ptr);
    assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_FAILED);
    assert_null(quote.ptr);
    boundary_free(b);
}

/* Nothing is quoted but the claims of kms-ratls/1. */
static void test_claims_alone(void **unused)
{
    (void)unused;
    uint8_t room[64];
    uint64_t id = 5;
    struct boundary *b = boundary_new();
    boundary_start(b);
    struct asked good = claims_of(1);
    const struct {
        const char *name;
        struct kc_bytes bytes;
    } rows[] = {
        {"nothing", {NULL, 0}},
        {"a caller's bytes", {test_target, 64}},
        {"claims cut short", {good.claims, good.claims_len - 1}},
        {"a byte behind them", {good.claims, good.claims_len + 1}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_writer effects = kc_writer_of((struct kc_room){room, sizeof room});
        if (kc_quotes_begin(b->core, KC_QUOTE_AUTHENTICATED, CONN, rows[i].bytes, &effects, &id) ==
                KC_OK ||
            effects.len != 0 || id != 5)
            fail_msg("%s: asked for a quote", rows[i].name);
    }
    boundary_free(b);
}

/* How the host can end it: the place is free once the failure was fetched. */
static void test_failures(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        uint32_t target_code, quote_code;
        bool broken, other_quote;
        enum kc_failure want;
        uint32_t detail;
    } rows[] = {
        {"no target info", 24, 0, false, false, KC_FAILURE_TARGET, 24},
        {"no report", 0, 0, true, false, KC_FAILURE_PLATFORM, 0},
        {"no quote", 0, 1, false, false, KC_FAILURE_QUOTE, 1},
        {"another quote", 0, 0, false, true, KC_FAILURE_QUOTE_REPORT_DATA, 0},
    };
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t report[KC_SGX_REPORT_SIZE] = {0};
        uint8_t bytes[TEST_QUOTE_SIZE];
        struct kc_room quote;
        enum kc_failure failure;
        struct asked asked = ask(b, KC_QUOTE_CONNECTION, CONN, (uint8_t)i);
        struct kc_message target = message_target(asked.id);
        if (rows[i].target_code != 0) {
            target.code = rows[i].target_code;
            target.body = kc_bytes_of(NULL, 0);
        }
        b->machine.broken = rows[i].broken;
        const struct kc_effect *effect = boundary_say(b, target);
        b->machine.broken = false;
        if (effect->type == KC_EFFECT_QUOTE_WANTED) {
            memcpy(report, effect->body.ptr, sizeof report);
            report[320] ^= rows[i].other_quote ? 1 : 0;
            struct kc_message message = quote_message(report, asked.id, bytes);
            if (rows[i].quote_code != 0)
                message = (struct kc_message){
                    .type = KC_MESSAGE_QUOTE, .id = asked.id, .code = rows[i].quote_code};
            boundary_say(b, message);
        }
        assert_int_equal(b->count, 2);
        assert_int_equal(b->effect[0].type, KC_EFFECT_FAILED);
        assert_int_equal(b->effect[0].id, asked.id);
        assert_int_equal(b->effect[0].code, rows[i].want);
        assert_int_equal(b->effect[0].detail, rows[i].detail);
        assert_int_equal(b->effect[1].type, KC_EFFECT_RESUME_WANTED);
        assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_FAILED);
        if (failure != rows[i].want)
            fail_msg("%s: failure %d", rows[i].name, (int)failure);
        assert_null(kc_requests_find(&b->core->requests, asked.id));
    }
    boundary_free(b);
}

/* 42 and 43 begin it again, as they do the host's own; after three quotes it has failed. */
static void test_begins_again(void **unused)
{
    (void)unused;
    uint8_t report[KC_SGX_REPORT_SIZE];
    struct kc_room quote;
    enum kc_failure failure;
    struct boundary *b = boundary_new();
    boundary_start(b);
    struct asked asked = ask(b, KC_QUOTE_CONNECTION, CONN, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_WAITS);
        boundary_get_report_for_quote(b, asked.id, report);
        boundary_say(
            b, (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = asked.id, .code = 42 + i % 2});
        assert_int_equal(b->effect[1].type,
                         i < 2 ? KC_EFFECT_TARGET_WANTED : KC_EFFECT_RESUME_WANTED);
    }
    assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_FAILED);
    assert_int_equal(failure, KC_FAILURE_TRIES);
    boundary_free(b);
}

/* Who gets how many of 8 places, 2 being kept for the authenticated; the host's count too. */
static void test_places(void **unused)
{
    (void)unused;
    struct boundary *b = boundary_new();
    boundary_say(b, (struct kc_message){.type = KC_MESSAGE_START,
                                        .version = KC_BOUNDARY_VERSION,
                                        .requests_max = 8,
                                        .now = 1});
    assert_int_equal(boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT})->type,
                     KC_EFFECT_TARGET_WANTED);
    struct asked last = {0};
    for (uint8_t i = 0; i < 5; i++) {
        last = ask(b, KC_QUOTE_CONNECTION, CONN, i);
        assert_int_equal(last.err, KC_OK);
    }
    struct asked refused = ask(b, KC_QUOTE_CONNECTION, CONN, 9);
    assert_int_equal(refused.err, KC_ERR_ROOM);
    assert_int_equal(refused.effects_len, 0);
    for (uint8_t i = 0; i < 2; i++)
        assert_int_equal(ask(b, KC_QUOTE_AUTHENTICATED, CONN, i).err, KC_OK);
    assert_int_equal(ask(b, KC_QUOTE_AUTHENTICATED, CONN, 9).err, KC_ERR_ROOM);
    /* The certificate's places are its own. */
    for (uint8_t i = 0; i < KC_REQUESTS_CERTIFICATE; i++)
        assert_int_equal(ask(b, KC_QUOTE_CERTIFICATE, 0, i).err, KC_OK);
    assert_int_equal(ask(b, KC_QUOTE_CERTIFICATE, 0, 9).err, KC_ERR_ROOM);
    /* A place that comes free is not the unauthenticated one's. */
    kc_quotes_abandon(b->core, last.id);
    assert_int_equal(ask(b, KC_QUOTE_CONNECTION, CONN, 9).err, KC_ERR_ROOM);
    assert_int_equal(ask(b, KC_QUOTE_AUTHENTICATED, CONN, 9).err, KC_OK);
    boundary_free(b);
}

/* Nobody waits: at each stage the place is free at once, and what comes for it is unknown. */
static void test_abandoned(void **unused)
{
    (void)unused;
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (int stage = 0; stage < 3; stage++) {
        uint8_t report[KC_SGX_REPORT_SIZE];
        uint8_t bytes[TEST_QUOTE_SIZE];
        struct kc_room quote;
        enum kc_failure failure;
        struct asked asked = ask(b, KC_QUOTE_CONNECTION, CONN, 1);
        if (stage > 0)
            boundary_get_report_for_quote(b, asked.id, report);
        if (stage > 1)
            boundary_say(b, quote_message(report, asked.id, bytes));
        kc_quotes_abandon(b->core, asked.id);
        assert_null(kc_requests_find(&b->core->requests, asked.id));
        assert_int_equal(poll(b, asked.id, &quote, &failure), KC_QUOTE_FAILED);
        assert_int_equal(boundary_say(b, message_target(asked.id))->code, KC_REFUSAL_UNKNOWN_ID);
    }
    kc_quotes_abandon(b->core, UINT64_MAX);
    boundary_free(b);
}

/* Given up while a thread has it in hand: that thread frees the place and tells nobody. */
static enum kc_err abandon_meanwhile(void *context, const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                                     const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                                     uint8_t out[KC_SGX_REPORT_SIZE])
{
    struct boundary *b = context;
    kc_quotes_abandon(b->core, KC_REQUEST_ID_OWN | 1);
    return test_machine_report(&b->machine, target, report_data, out);
}

static void test_abandoned_in_hand(void **unused)
{
    (void)unused;
    struct boundary *b = boundary_new();
    boundary_start(b);
    struct asked asked = ask(b, KC_QUOTE_CONNECTION, CONN, 1);
    assert_true(asked.id == (KC_REQUEST_ID_OWN | 1));
    b->machine.platform.report = abandon_meanwhile;
    b->machine.platform.context = b;
    const struct kc_message target = message_target(asked.id);
    boundary_send(b, &target, 1);
    assert_int_equal(b->count, 0);
    assert_null(kc_requests_find(&b->core->requests, asked.id));
    boundary_free(b);
}

/* The ids of the host's requests are no key to the core's, nor the other way round. */
static void test_ids_apart(void **unused)
{
    (void)unused;
    struct kc_room quote;
    enum kc_failure failure;
    struct boundary *b = boundary_new();
    boundary_start(b);
    boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 1});
    assert_int_equal(poll(b, 1, &quote, &failure), KC_QUOTE_FAILED);
    kc_quotes_abandon(b->core, 1);
    assert_non_null(kc_requests_find(&b->core->requests, 1));
    struct asked first = ask(b, KC_QUOTE_CONNECTION, CONN, 1);
    kc_quotes_abandon(b->core, first.id);
    assert_true(ask(b, KC_QUOTE_CONNECTION, CONN, 1).id != first.id);
    boundary_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_claims_alone),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_begins_again),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_abandoned_in_hand),
        cmocka_unit_test(test_ids_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
