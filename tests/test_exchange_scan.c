/* Lists and quotes of an exchange, and messages out of turn. */
#include "exchange_routes.h"

/* IDS: names separated by spaces. */
static enum kc_refusal say_ids(struct kc_exchange *x, uint8_t class, const char *names, bool end,
                               uint32_t code)
{
    uint8_t body[512];
    struct kc_writer w = kc_writer_of((struct kc_room){body, sizeof body});
    struct kc_message message = {.type = KC_MESSAGE_IDS, .code = code, .end = end};
    message.record.class = class;
    while (*names != '\0') {
        size_t len = strcspn(names, " ");
        kc_message_write_name(&w, kc_bytes_of(names, len));
        names += len + (names[len] == ' ');
    }
    message.body = kc_writer_written(&w);
    return host_say(x, &message);
}

static struct kc_exchange listing(void)
{
    struct kc_exchange x = exchange("/list", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    return x;
}

static void test_lists(void **unused)
{
    (void)unused;
    static const struct {
        const char *first;
        bool end;
        const char *second; /* NULL: it is not asked for more */
        unsigned want;
        const char *names; /* in the answer, each with its length before it */
    } rows[] = {
        {"", true, NULL, 200, ""},
        {"a b", true, NULL, 200, "\1a\1b"},
        {"a b c", true, NULL, 200, "\1a\1b\1c"},
        {"a b c", false, NULL, 200, "\1a\1b\1c"}, /* as many as were asked for */
        {"a", false, "b c", 200, "\1a\1b\1c"},
        {"a", false, "", 200, "\1a"},
        {"a ab", true, NULL, 200, "\1a\2ab"},
        {"a b c d", true, NULL, 500, NULL},
        {"a", false, "b c d", 500, NULL},
        {"", false, NULL, 500, NULL},
        {"b a", true, NULL, 500, NULL},
        {"a a", true, NULL, 500, NULL},
        {"ab a", true, NULL, 500, NULL},
        {"b", false, "a", 500, NULL},
        {"b", false, "b", 500, NULL},
        {".a", true, NULL, 500, NULL},
        {"a/b", true, NULL, 500, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_new(true);
        assert_int_equal(host_ask("/planned"), 200);
        struct kc_exchange x = listing();
        assert_int_equal(say_ids(&x, KC_RECORD_KEY, rows[i].first, rows[i].end, KC_FOUND),
                         KC_REFUSAL_NONE);
        assert_int_equal(world->scanned, rows[i].second == NULL ? 1 : 2);
        if (rows[i].second != NULL) {
            assert_int_equal(host_step(&x), KC_STEP_WAIT);
            assert_int_equal(say_ids(&x, KC_RECORD_KEY, rows[i].second, true, KC_FOUND),
                             KC_REFUSAL_NONE);
        }
        assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
        assert_int_equal(x.status, rows[i].want);
        if (rows[i].want == 200) {
            assert_int_equal(x.answer_len, strlen(rows[i].names));
            assert_memory_equal(x.answer.ptr, rows[i].names, x.answer_len);
        } else {
            assert_int_equal(world->logged, KC_LOG_STORE_LIED);
        }
        kc_exchange_end(&x);
        world_free();
    }
}

/* Each SCAN begins behind the last name, for as many as are still wanted. */
static void test_scans_on(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_exchange x = listing();
    assert_int_equal(world->effect[0].type, KC_EFFECT_SCAN);
    assert_int_equal(world->effect[0].limit, 3);
    assert_int_equal(world->effect[0].record.class, KC_RECORD_KEY);
    assert_int_equal(world->effect[0].record.name_len, 0);
    assert_int_equal(say_ids(&x, KC_RECORD_KEY, "a bc", false, KC_FOUND), KC_REFUSAL_NONE);
    assert_int_equal(world->effect[0].limit, 1);
    assert_string_equal(world->effect[0].record.name, "bc");
    assert_int_equal(say_ids(&x, KC_RECORD_KEY, "", false, KC_FOUND_FAILED), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 503);
    kc_exchange_end(&x);
    assert_int_equal(host_ask("/list-none"), 200); /* none wanted, none asked for */
    assert_int_equal(world->scanned, 2);
    world_free();
}

static void test_quotes(void **unused)
{
    (void)unused;
    static const struct {
        enum kc_err begin;
        enum kc_quote_state state;
        uint64_t quoted_at;
        unsigned want, retry_after;
        uint64_t then; /* quoted_at */
    } rows[] = {
        {KC_OK, KC_QUOTE_MADE, 0, 200, 0, TEST_NOW},
        {KC_OK, KC_QUOTE_WAITS, 0, 0, 0, TEST_NOW},
        {KC_OK, KC_QUOTE_FAILED, 0, 503, 5, 0},
        {KC_ERR_ROOM, KC_QUOTE_WAITS, 0, 503, 1, 0},
        {KC_ERR_CRYPTO, KC_QUOTE_WAITS, 0, 500, 0, 0},
        {KC_OK, KC_QUOTE_MADE, TEST_NOW, 429, 60, TEST_NOW},
        {KC_OK, KC_QUOTE_MADE, TEST_NOW - 59, 429, 1, TEST_NOW - 59},
        {KC_OK, KC_QUOTE_MADE, TEST_NOW - 60, 200, 0, TEST_NOW},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_new(true);
        world->quoted_at = rows[i].quoted_at;
        world->quotes.begin = rows[i].begin;
        world->quotes.state = rows[i].state;
        struct kc_exchange x = exchange("/quote", "");
        assert_int_equal(host_run(&x), rows[i].want);
        assert_int_equal(x.retry_after, rows[i].retry_after);
        assert_true(world->quoted_at == rows[i].then);
        if (rows[i].want == 200)
            assert_memory_equal(x.answer.ptr, "quote", 5);
        assert_int_equal(world->quotes.abandoned, 0);
        kc_exchange_end(&x);
        assert_int_equal(world->quotes.abandoned, rows[i].want == 0);
        world_free();
    }
}

/* A good token has its own places; another one is as none. */
static void test_quotes_are_shared_out(void **unused)
{
    (void)unused;
    static const struct {
        const char *token; /* NULL: the good one */
        bool initialised;
        enum kc_quote_for want;
    } rows[] = {
        {"", true, KC_QUOTE_CONNECTION},
        {"no token", true, KC_QUOTE_CONNECTION},
        {"kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true, KC_QUOTE_CONNECTION},
        {NULL, true, KC_QUOTE_AUTHENTICATED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_new(true);
        world->quotes.state = KC_QUOTE_MADE;
        struct kc_exchange x =
            exchange("/quote", rows[i].token == NULL ? world->token : rows[i].token);
        assert_int_equal(host_run(&x), 200);
        assert_int_equal(world->quotes.begun, 1);
        assert_int_equal(world->quotes.purpose, rows[i].want);
        kc_exchange_end(&x);
        world_free();
    }
}

/* Nothing that was not asked for changes anything, in any state. */
static void expect_nothing_awaited(struct kc_exchange *x)
{
    struct kc_message record = {
        .type = KC_MESSAGE_RECORD, .code = KC_FOUND_NOTHING, .record = test_id(KC_RECORD_KEY, "z")};
    struct kc_message stored = {.type = KC_MESSAGE_STORED, .batch = {0xee}};
    enum kc_exchange_state state = x->state;
    assert_int_equal(host_say(x, &record), KC_REFUSAL_NOT_AWAITED);
    assert_int_equal(host_say(x, &stored), KC_REFUSAL_NOT_AWAITED);
    assert_int_equal(say_ids(x, KC_RECORD_TOKEN, "a", true, KC_FOUND), KC_REFUSAL_NOT_AWAITED);
    assert_int_equal(world->count, 0);
    assert_int_equal(x->state, state);
}

static void test_out_of_turn(void **unused)
{
    (void)unused;
    static const char *const paths[] = {"/write/orders", "/slow/new", "/list", "/quote", "/two"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        world_new(true);
        struct kc_exchange x = exchange(paths[i], world->token);
        expect_nothing_awaited(&x);
        for (unsigned n = 0; n < 12; n++) {
            struct kc_effect asked = {0};
            enum kc_step step = host_step(&x);
            if (world->count > 0)
                asked = world->effect[0];
            size_t count = world->count;
            expect_nothing_awaited(&x);
            world->effect[0] = asked;
            world->count = count;
            if (step == KC_STEP_SLOW)
                kc_exchange_compute_slow(&x);
            else if (step == KC_STEP_WAIT)
                (void)host_serve(&x);
        }
        kc_exchange_end(&x);
        world_free();
    }
}

/* Codes that there are not. */
static void test_unknown_codes(void **unused)
{
    (void)unused;
    world_new(true);
    struct kc_exchange x = exchange("/write/orders", world->token);
    struct kc_record_id key = test_id(KC_RECORD_KEY, "orders");
    struct kc_message record = {.type = KC_MESSAGE_RECORD, .code = 3, .record = key};
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_true(host_serve(&x));
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(host_say(&x, &record), KC_REFUSAL_PAYLOAD);
    assert_int_equal(host_answer(&x, &key), KC_REFUSAL_NONE); /* still awaited */
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(host_stored(&x, KC_STORED_FULL + 1), KC_REFUSAL_PAYLOAD);
    assert_int_equal(host_store(&x), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 200);
    assert_int_equal(host_store(&x), KC_REFUSAL_NOT_AWAITED); /* answered twice */
    kc_exchange_end(&x);
    struct kc_exchange list = listing();
    assert_int_equal(say_ids(&list, KC_RECORD_KEY, "", false, KC_FOUND_NOTHING),
                     KC_REFUSAL_PAYLOAD);
    kc_exchange_end(&list);
    world_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),       cmocka_unit_test(test_scans_on),
        cmocka_unit_test(test_quotes),      cmocka_unit_test(test_quotes_are_shared_out),
        cmocka_unit_test(test_out_of_turn), cmocka_unit_test(test_unknown_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
