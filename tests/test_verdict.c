/* A verdict is closed by what was done, never by what was not found. */
#include "test.h"

#include "verify/verdict.h"

static int set_up(void **state)
{
    struct kc_verdict *v = malloc(sizeof *v);
    memset(v, 0xff, sizeof *v);
    kc_verdict_start(v);
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void make_all(struct kc_verdict *v)
{
    for (int stage = 0; stage < KC_STAGE_COUNT; stage++)
        kc_verdict_made(v, (enum kc_stage)stage);
}

static void add(struct kc_verdict *v, enum kc_stage stage, enum kc_verdict_weight weight)
{
    kc_verdict_fail(v, stage, &(struct kc_verdict_failure){"a.b", weight, "", "", ""});
}

static void nothing_done_is_invalid(void **state)
{
    struct kc_verdict *v = *state;
    assert_int_equal(v->kind, KC_VERDICT_INVALID);
    kc_verdict_close(v);
    assert_int_equal(v->kind, KC_VERDICT_INVALID);
    assert_false(v->genuine);
}

static void every_stage_is_needed(void **state)
{
    struct kc_verdict *v = *state;
    for (int left_out = 0; left_out <= KC_STAGE_COUNT; left_out++) {
        kc_verdict_start(v);
        v->facts.pce_svn = 7;
        for (int stage = 0; stage < KC_STAGE_COUNT; stage++) {
            if (stage != left_out)
                kc_verdict_made(v, (enum kc_stage)stage);
        }
        kc_verdict_close(v);
        bool all = left_out == KC_STAGE_COUNT;
        assert_int_equal(v->kind, all ? KC_VERDICT_ACCEPTED : KC_VERDICT_INVALID);
        assert_int_equal(v->genuine, left_out >= KC_STAGE_POLICY);
        assert_int_equal(v->facts.pce_svn, v->genuine ? 7 : 0);
    }
}

static void the_gravest_failure_decides(void **state)
{
    struct kc_verdict *v = *state;
    static const struct {
        bool genuine, policy, unjudged;
        enum kc_verdict_kind kind;
    } rows[] = {
        {true, false, false, KC_VERDICT_INVALID},  {true, true, true, KC_VERDICT_INVALID},
        {false, true, true, KC_VERDICT_REFUSED},   {false, true, false, KC_VERDICT_REFUSED},
        {false, false, true, KC_VERDICT_UNJUDGED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        kc_verdict_start(v);
        if (rows[i].genuine)
            add(v, KC_STAGE_QUOTE, KC_WEIGHT_GENUINE);
        if (rows[i].policy)
            add(v, KC_STAGE_POLICY, KC_WEIGHT_POLICY);
        if (rows[i].unjudged)
            add(v, KC_STAGE_POLICY, KC_WEIGHT_UNJUDGED);
        make_all(v);
        kc_verdict_close(v);
        assert_int_equal(v->kind, rows[i].kind);
    }
}

/* A stage that failed stays failed, and a policy's failure without proof refuses nothing. */
static void no_way_back(void **state)
{
    struct kc_verdict *v = *state;
    add(v, KC_STAGE_CHAIN, KC_WEIGHT_GENUINE);
    make_all(v);
    assert_int_equal(v->stage[KC_STAGE_CHAIN], KC_STAGE_FAILED);
    kc_verdict_close(v);
    assert_int_equal(v->kind, KC_VERDICT_INVALID);
    kc_verdict_start(v);
    add(v, KC_STAGE_POLICY, KC_WEIGHT_POLICY);
    kc_verdict_close(v);
    assert_int_equal(v->kind, KC_VERDICT_INVALID);
}

static void more_failures_than_room_are_invalid(void **state)
{
    struct kc_verdict *v = *state;
    for (int i = 0; i <= KC_VERDICT_FAILURES_MAX; i++)
        add(v, KC_STAGE_POLICY, KC_WEIGHT_UNJUDGED);
    make_all(v);
    kc_verdict_close(v);
    assert_int_equal(v->failure_count, KC_VERDICT_FAILURES_MAX);
    assert_int_equal(v->kind, KC_VERDICT_INVALID);
    assert_false(v->genuine);
}

static void text_is_cut_at_its_room(void **state)
{
    struct kc_verdict *v = *state;
    uint8_t bytes[1000] = {0};
    const char *first = kc_verdict_text(v);
    kc_verdict_put(v, "first ");
    kc_verdict_put_number(v, UINT64_MAX);
    kc_verdict_put_name(v, kc_bytes_of("\x1b[1m\xff", 5));
    const char *last = NULL;
    for (int i = 0; i < 20; i++)
        last = kc_verdict_hex(v, kc_bytes_of(bytes, sizeof bytes));
    assert_string_equal(first, "first 18446744073709551615?[1m?");
    assert_int_equal(v->text[sizeof v->text - 1], 0);
    assert_true(last >= v->text && last < v->text + sizeof v->text);
    assert_string_equal(last, "");
    kc_verdict_put(v, "more");
    assert_true(strlen(last) <= 1);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(nothing_done_is_invalid),
        ROW(every_stage_is_needed),
        ROW(the_gravest_failure_decides),
        ROW(no_way_back),
        ROW(more_failures_than_room_are_invalid),
        ROW(text_is_cut_at_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
