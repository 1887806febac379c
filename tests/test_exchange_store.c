/* Changes: all or none, exactly once, whatever the store says; and init. */
#include "exchange_routes.h"

static unsigned versions_of(const char *name)
{
    struct kc_record_id id = test_id(KC_RECORD_KEY, name);
    return host_find(&id)->count;
}

static void test_writes(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/write/orders"), 200);
    assert_int_equal(host_ask("/write/new"), 200);
    assert_int_equal(host_ask("/slow/new"), 200);
    assert_int_equal(host_ask("/two"), 200);
    assert_int_equal(versions_of("orders"), 2);
    assert_int_equal(versions_of("new"), 2);
    assert_int_equal(versions_of("a"), 1);
    assert_int_equal(versions_of("b"), 1);
    assert_int_equal(world->stored, 4);
    world->fetched = 0;
    assert_int_equal(host_ask("/read/new"), 200); /* what was stored is in memory */
    assert_int_equal(world->fetched, 0);
    world_free();
}

/* One lie about a change of "orders", of version 1. */
static void test_lies(void **unused)
{
    (void)unused;
    static const struct {
        enum lie lie;
        unsigned lies;
        unsigned want;
        unsigned versions; /* that the store has afterwards */
        uint32_t log;
    } rows[] = {
        {HONEST, 0, 200, 2, 0},
        {CONFLICT_STORED, 1, 200, 2, 0},
        {CONFLICT_STORED, 99, 200, 2, 0},    /* exactly once */
        {CONFLICT_NOT_STORED, 1, 200, 2, 0}, /* computed anew */
        {CONFLICT_NOT_STORED, 7, 200, 2, 0},
        {CONFLICT_NOT_STORED, 8, 503, 1, 0},
        {FAILED_STORED, 1, 200, 2, 0},
        {FAILED_NOT_STORED, 1, 503, 1, 0},
        {FULL, 1, 507, 1, KC_LOG_STORE_FULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_new(true);
        world->lie = rows[i].lie;
        world->lies = rows[i].lies;
        struct kc_exchange x = exchange("/write/orders", world->token);
        assert_int_equal(host_run(&x), rows[i].want);
        assert_int_equal(x.retry_after, rows[i].want == 503 ? 1 : 0);
        kc_exchange_end(&x);
        assert_int_equal(versions_of("orders"), rows[i].versions);
        assert_int_equal(world->logged, rows[i].log);
        world->lies = 0;
        assert_int_equal(host_ask("/read/orders"), 200);
        assert_int_equal(host_ask("/write/orders"), 200);
        assert_int_equal(versions_of("orders"), rows[i].versions + 1);
        world_free();
    }
}

/* What cannot be read back is not known; memory does not answer for it. */
static void test_unknown_end(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/read/orders"), 200);
    struct kc_exchange x = exchange("/write/orders", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    world->lie = FAILED_UNREAD;
    world->lies = 1;
    assert_int_equal(host_store(&x), KC_REFUSAL_NONE);
    assert_true(host_serve(&x));
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 503);
    kc_exchange_end(&x);
    world->lie = HONEST;
    world->fetched = 0;
    assert_int_equal(host_ask("/read/orders"), 200);
    assert_int_equal(world->fetched, 1);
    world_free();
}

/* "ok" for what is not there: noticed as soon as it is read again. */
static void test_ok_not_stored(void **unused)
{
    (void)unused;
    world_new(true);
    world->lie = OK_NOT_STORED;
    world->lies = 1;
    assert_int_equal(host_ask("/write/orders"), 200);
    world_drop("orders");
    assert_int_equal(host_ask("/read/orders"), 500);
    assert_int_equal(world->logged, KC_LOG_RECORD_OLD);
    world_free();
}

/* "ok" where memory already has another change of that version. */
static void test_ok_that_cannot_be(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_exchange x = exchange("/write/orders", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_true(host_serve(&x)); /* RECORD */
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    struct kc_effect mine = world->store_effect;
    assert_int_equal(host_ask("/write/orders"), 200); /* version 2 of another one */
    world->store_effect = mine;
    assert_int_equal(host_stored(&x, KC_STORED_OK), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 500);
    assert_int_equal(world->logged, KC_LOG_STORE_LIED);
    kc_exchange_end(&x);
    assert_int_equal(host_ask("/read/orders"), 200);
    world_free();
}

/* Two at a time, the second in between: it is computed anew and loses nothing. */
static void test_conflict(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_exchange x = exchange("/write/orders", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_true(host_serve(&x));
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    host_write(KC_RECORD_KEY, "orders", 2, "by another server");
    assert_int_equal(host_store(&x), KC_REFUSAL_NONE);
    assert_true(host_serve(&x));
    assert_int_equal(host_run(&x), 200);
    assert_int_equal(versions_of("orders"), 3);
    assert_int_equal(world->logged, 0);
    kc_exchange_end(&x);
    world_free();
}

/* STORED comes after a later change of what was stored is known already. */
static void test_faster_thread(void **unused)
{
    (void)unused;
    world_new(true);
    assert_int_equal(host_ask("/planned"), 200);
    struct kc_exchange x = exchange("/write/orders", world->token);
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    assert_true(host_serve(&x));
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    struct kc_effect mine = world->store_effect;
    host_apply();
    world_drop("orders");
    assert_int_equal(host_ask("/write/orders"), 200); /* version 3 */
    world->store_effect = mine;
    assert_int_equal(host_stored(&x, KC_STORED_OK), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 200);
    assert_int_equal(world->logged, 0);
    kc_exchange_end(&x);
    world_free();
}

static void test_wrong_changes(void **unused)
{
    (void)unused;
    static const struct {
        const char *path;
        unsigned want;
    } rows[] = {
        {"/refuses/orders", 400},   {"/other-batch/new", 500}, {"/other-version/new", 500},
        {"/no-memory/orders", 500}, {"/five/orders", 500},
    };
    world_new(true);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(host_ask(rows[i].path), rows[i].want);
    assert_int_equal(world->stored, 0);
    world_free();
}

/* The end of an exchange whose STORE is out: the store is asked, not memory. */
static void test_end_at_any_point(void **unused)
{
    (void)unused;
    static const char *const paths[] = {"/write/orders", "/slow/new", "/list",
                                        "/quote",        "/two",      "/init"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        for (unsigned point = 0; point < 10; point++) {
            world_new(strcmp(paths[i], "/init") != 0);
            struct kc_exchange x = exchange(paths[i], world->token);
            for (unsigned n = 0; n < point; n++) {
                enum kc_step step = host_step(&x);
                if (step == KC_STEP_SLOW)
                    kc_exchange_compute_slow(&x);
                else if (step == KC_STEP_WAIT && n + 1 < point)
                    (void)host_serve(&x);
            }
            bool quoting = x.quote_asked;
            bool storing = x.state == KC_EXCHANGE_STORE_WAITS;
            kc_exchange_end(&x);
            assert_int_equal(world->quotes.abandoned, quoting);
            assert_false(world->core.initialising);
            if (storing && i == 0) {
                world->fetched = 0;
                assert_int_equal(host_ask("/read/orders"), 200);
                assert_int_equal(world->fetched, 1);
            }
            world_free();
        }
    }
}

static void test_init(void **unused)
{
    (void)unused;
    static const struct {
        enum lie lie;
        unsigned want;
        uint32_t log;
    } rows[] = {
        {HONEST, 200, KC_LOG_INITIALISED},
        {CONFLICT_STORED, 200, KC_LOG_INITIALISED},
        {FAILED_STORED, 200, KC_LOG_INITIALISED},
        {CONFLICT_NOT_STORED, 409, 0},
        {FAILED_NOT_STORED, 503, 0},
        {FULL, 507, KC_LOG_STORE_FULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool done = rows[i].want == 200;
        world_new(false);
        world->lie = rows[i].lie;
        world->lies = 1;
        struct kc_exchange x = exchange("/init", "");
        assert_int_equal(host_run(&x), rows[i].want);
        assert_int_equal(world->core.root != NULL, done);
        assert_int_equal(world->renewed, done);
        assert_int_equal(world->logged, rows[i].log);
        if (done)
            assert_int_equal(world->store[0].id.class, KC_RECORD_ROOT);
        kc_exchange_end(&x);
        assert_false(world->core.initialising);
        assert_int_equal(host_ask("/planned"), done ? 200 : 503);
        assert_int_equal(host_ask("/init"), done ? 400 : 200);
        world_free();
    }
}

static void test_one_init_at_a_time(void **unused)
{
    (void)unused;
    world_new(false);
    struct kc_exchange x = exchange("/init", "");
    assert_int_equal(host_step(&x), KC_STEP_BODY);
    assert_int_equal(host_step(&x), KC_STEP_WAIT);
    struct kc_effect mine = world->store_effect;
    assert_int_equal(host_ask("/init"), 409);
    assert_true(world->core.initialising);
    assert_null(world->core.root); /* nothing before it is stored */
    world->store_effect = mine;
    assert_int_equal(host_store(&x), KC_REFUSAL_NONE);
    assert_int_equal(host_step(&x), KC_STEP_ANSWERED);
    assert_int_equal(x.status, 200);
    kc_exchange_end(&x);
    world_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_unknown_end),
        cmocka_unit_test(test_ok_not_stored),
        cmocka_unit_test(test_ok_that_cannot_be),
        cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_faster_thread),
        cmocka_unit_test(test_wrong_changes),
        cmocka_unit_test(test_end_at_any_point),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_one_init_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
