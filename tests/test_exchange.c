/* An exchange up to its answer: who asks, what is read, and a store that lies. */
#include "exchange_routes.h"

static void test_who(void **unused)
{
    (void)unused;
    static const char unknown[] = "kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    static const struct {
        const char *path;
        const char *token; /* NULL: the good one */
        unsigned want, fetched;
    } rows[] = {
        {"/planned", NULL, 200, 1},
        {"/planned", NULL, 200, 0}, /* from memory */
        {"/planned", "", 403, 0},
        {"/planned", "kct.short", 403, 0},
        {"/planned", "s.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 403, 0},
        {"/planned", unknown, 403, 1},
        {"/planned", unknown, 403, 1}, /* what is not there is asked for each time */
        {"/open", "", 200, 0},
        {"/open", unknown, 200, 0},
        {"/open", NULL, 200, 0},
        {"/nowhere", NULL, 404, 0},
        {"/other-method", NULL, 405, 0},
        {"/plans-nothing", NULL, 500, 0},
        {"/mute", NULL, 500, 0},
        {"/read/.bad", NULL, 400, 0},
    };
    world_new(true);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_exchange x =
            exchange(rows[i].path, rows[i].token == NULL ? world->token : rows[i].token);
        world->fetched = 0;
        assert_int_equal(host_run(&x), rows[i].want);
        assert_int_equal(world->fetched, rows[i].fetched);
        kc_exchange_end(&x);
    }
    world_free();
}

static void test_words(void **unused)
{
    (void)unused;
    world_new(true);
    struct kc_exchange x = exchange("/planned", "");
    assert_int_equal(host_run(&x), 403);
    static const char want[] = "{\"errors\":[\"missing client token\"]}";
    assert_int_equal(x.answer_len, sizeof want - 1);
    assert_memory_equal(x.answer.ptr, want, sizeof want - 1);
    kc_exchange_end(&x);
    assert_true(kc_bytes_are_zero(kc_bytes_of(&x, sizeof x)));
    kc_exchange_end(&x); /* of zeros: nothing */
    world_free();
}

static void test_before_init(void **unused)
{
    (void)unused;
    static const struct {
        const char *path;
        unsigned want;
    } rows[] = {
        {"/health", 200}, {"/open", 503}, {"/planned", 503}, {"/any-time", 503}, {"/nowhere", 404},
    };
    world_new(false);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(host_ask(rows[i].path), rows[i].want);
    assert_int_equal(world->fetched, 0);
    world_free();
}

static void test_body(void **unused)
{
    (void)unused;
    static const struct {
        const char *path;
        size_t max;
    } rows[] = {{"/open", KC_EXCHANGE_BODY_OPEN}, {"/planned", KC_EXCHANGE_BODY_MAX}};
    world_new(true);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_exchange x = exchange(rows[i].path, world->token);
        enum kc_step step = host_step(&x);
        if (step == KC_STEP_WAIT && host_serve(&x))
            step = host_step(&x);
        assert_int_equal(step, KC_STEP_BODY);
        assert_int_equal(x.body_max, rows[i].max);
        assert_int_equal(x.status, 0);
        assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
        assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
        kc_exchange_end(&x);
    }
    world_free();
}

static void test_read(void **unused)
{
    (void)unused;
    world_new(true);
    for (unsigned i = 0; i < 2; i++) {
        struct kc_exchange x = exchange("/read/orders", world->token);
        assert_int_equal(host_run(&x), 200);
        assert_int_equal(x.answer_len, 5);
        assert_memory_equal(x.answer.ptr, "first", 5);
        kc_exchange_end(&x);
        assert_int_equal(world->fetched, 2); /* token and key, once */
    }
    assert_int_equal(host_ask("/read/other"), 404);
    assert_int_equal(host_ask("/read/other"), 404);
    assert_int_equal(world->fetched, 4);
    world_free();
}

/* Lies about a key of which version 2 was seen and is not in memory any more. */
static void test_lies(void **unused)
{
    (void)unused;
    static const struct {
        enum lie lie;
        unsigned want;
        uint32_t log;
    } rows[] = {
        {HONEST, 200, 0},
        {FLIPPED, 500, KC_LOG_RECORD_DAMAGED},
        {SWAPPED, 500, KC_LOG_RECORD_DAMAGED},
        {OLDER, 500, KC_LOG_RECORD_OLD},
        {ABSENT, 500, KC_LOG_STORE_LIED},
        {UNREAD, 503, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_new(true);
        assert_int_equal(host_ask("/write/orders"), 200);
        world_drop("orders");
        world->lie = rows[i].lie;
        world->lies = 1;
        world->logged = 0;
        struct kc_exchange x = exchange("/read/orders", world->token);
        assert_int_equal(host_run(&x), rows[i].want);
        assert_int_equal(x.retry_after, rows[i].want == 503 ? 1 : 0);
        kc_exchange_end(&x);
        assert_int_equal(world->logged, rows[i].log);
        assert_int_equal(host_ask("/read/orders"), 200); /* the service goes on */
        world_free();
    }
}

/* Same version, sealed twice: by two servers that the store kept apart. */
static void test_two_of_one_version(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/write/orders"), 200); /* version 2, ours */
    host_write(KC_RECORD_KEY, "orders", 2, "of a fork");
    world_drop("orders");
    assert_int_equal(host_ask("/read/orders"), 500);
    assert_int_equal(world->logged, KC_LOG_RECORD_OLD);
    world_free();
}

/* The store answered before another thread's change: no lie, and no step back. */
static void test_slower_answer(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        bool dropped;
        unsigned fetched; /* by the slow one, in all */
    } rows[] = {{"orders", false, 1}, {"orders", true, 2}, {"new", false, 1}, {"new", true, 2}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[32], other[32];
        snprintf(path, sizeof path, "/read/%s", rows[i].name);
        snprintf(other, sizeof other, "/write/%s", rows[i].name);
        world_new(true);
        assert_int_equal(host_ask("/planned"), 200); /* the token is in memory from now on */
        struct kc_record_id id = test_id(KC_RECORD_KEY, rows[i].name);
        struct host_record before = *host_find(&id);
        struct kc_exchange slow = exchange(path, world->token);
        assert_int_equal(host_step(&slow), KC_STEP_BODY);
        assert_int_equal(host_step(&slow), KC_STEP_WAIT);
        assert_int_equal(host_ask(other), 200);
        if (rows[i].dropped)
            world_drop(rows[i].name);
        world->fetched = 0;
        struct kc_message late = {.type = KC_MESSAGE_RECORD, .conn = HOST_CONN, .record = id};
        late.code = before.count == 0 ? KC_FOUND_NOTHING : KC_FOUND;
        if (before.count > 0)
            late.body = kc_bytes_of(before.blob[0], before.len[0]);
        assert_int_equal(host_say(&slow, &late), KC_REFUSAL_NONE);
        assert_int_equal(world->fetched + 1, rows[i].fetched);
        while (host_serve(&slow)) {
        }
        assert_int_equal(host_run(&slow), 200);
        assert_memory_equal(slow.answer.ptr, "changed", 7);
        assert_int_equal(world->logged, 0);
        kc_exchange_end(&slow);
        world_free();
    }
}

/* "Nothing" for what was seen before it was asked for. */
static void test_missing(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_record_id id = test_id(KC_RECORD_KEY, "new");
    struct kc_message nothing = {
        .type = KC_MESSAGE_RECORD, .conn = HOST_CONN, .record = id, .code = KC_FOUND_NOTHING};
    struct kc_exchange x = exchange("/read/new", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(host_ask("/write/new"), 200);
    world_drop("new");
    assert_int_equal(host_say(&x, &nothing), KC_REFUSAL_NONE); /* it may not have been there yet */
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(host_say(&x, &nothing), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 500);
    assert_int_equal(world->logged, KC_LOG_STORE_LIED);
    kc_exchange_end(&x);
    world_free();
}

/* Others change it faster than the store answers: an end is made. */
static void test_never_fast_enough(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_record_id id = test_id(KC_RECORD_KEY, "orders");
    struct host_record *record = host_find(&id);
    struct kc_message late = {.type = KC_MESSAGE_RECORD, .conn = HOST_CONN, .record = id};
    struct kc_exchange x = exchange("/read/orders", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    for (unsigned i = 0; i < KC_EXCHANGE_TRIES; i++) {
        assert_int_equal(host_step(&x), KC_STEP_WAIT);
        assert_int_equal(host_ask("/write/orders"), 200);
        world_drop("orders");
        late.body = kc_bytes_of(record->blob[i], record->len[i]);
        assert_int_equal(host_say(&x, &late), KC_REFUSAL_NONE);
    }
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 503);
    assert_int_equal(x.retry_after, 1);
    assert_int_equal(world->logged, 0);
    kc_exchange_end(&x);
    world_free();
}

/* An exchange at fault still waits for what it asked for: a late answer must not meet the next. */
static void test_all_answers_are_awaited(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_exchange x = exchange("/two", world->token);
    struct kc_message message = {
        .type = KC_MESSAGE_RECORD, .record = test_id(KC_RECORD_KEY, "b"), .code = KC_FOUND_FAILED};
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(world->count, 2);
    assert_int_equal(host_say(&x, &message), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_int_equal(host_say(&x, &message), KC_REFUSAL_NOT_AWAITED);
    message.record = test_id(KC_RECORD_KEY, "a");
    message.code = KC_FOUND_NOTHING;
    assert_int_equal(host_say(&x, &message), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 503);
    kc_exchange_end(&x);
    world_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_before_init),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_two_of_one_version),
        cmocka_unit_test(test_slower_answer),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_never_fast_enough),
        cmocka_unit_test(test_all_answers_are_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
