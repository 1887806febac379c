#include "base/time.h"
#include "test.h"

static const struct {
    const char *text;
    int64_t seconds;
    const char *again; /* NULL: as `text` */
} good[] = {
    {"1970-01-01T00:00:00Z", 0, NULL},
    {"1969-12-31T23:59:59Z", -1, NULL},
    {"2025-08-15T05:45:00Z", 1755236700, NULL},
    {"2000-02-29T12:00:00Z", 951825600, NULL},
    {"2100-02-28T23:59:59Z", 4107542399, NULL},
    {"9999-12-31T23:59:59Z", 253402300799, NULL},
    {"0001-01-01T00:00:00Z", -62135596800, NULL},
    {"2025-08-15T07:45:00+02:00", 1755236700, "2025-08-15T05:45:00Z"},
    {"2025-08-14T23:15:00.123456-06:30", 1755236700, "2025-08-15T05:45:00Z"},
};

static const char *const bad[] = {
    "",
    "2025-08-15",
    "2025-08-15T05:45:00",
    "2025-08-15 05:45:00Z",
    "2025-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2025-13-01T00:00:00Z",
    "2025-00-01T00:00:00Z",
    "2025-01-00T00:00:00Z",
    "2025-04-31T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2025-08-15T24:00:00Z",
    "2025-08-15T05:60:00Z",
    "2025-08-15T05:45:60Z",
    "2025-08-15T05:45:00.Z",
    "2025-08-15T05:45:00+24:00",
    "2025-08-15T05:45:00+0200",
    "2025-08-15T05:45:00ZZ",
    "2025-08-15T05:45:00z",
    "+025-08-15T05:45:00Z",
};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t seconds = 42;
        char text[KC_TIME_TEXT_SIZE];
        assert_int_equal(kc_time_parse(kc_bytes_of_text(good[i].text), &seconds), KC_OK);
        assert_true(seconds == good[i].seconds);
        kc_time_format(seconds, text);
        assert_string_equal(text, good[i].again != NULL ? good[i].again : good[i].text);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t seconds = 42;
        if (kc_time_parse(kc_bytes_of_text(bad[i]), &seconds) != KC_ERR_MALFORMED)
            fail_msg("accepted %s", bad[i]);
        assert_true(seconds == 42);
    }
}

/* A day in every month of four centuries, there and back. */
static void test_calendar(void **state)
{
    (void)state;
    int64_t last = INT64_MIN;
    for (int year = 1800; year < 2200; year++) {
        for (int month = 1; month <= 12; month++) {
            int64_t seconds = 0;
            int64_t again = 0;
            char text[KC_TIME_TEXT_SIZE];
            assert_true(kc_time_from_fields(year, month, 28, 1, 2, 3, &seconds));
            assert_true(seconds > last);
            last = seconds;
            kc_time_format(seconds, text);
            assert_int_equal(kc_time_parse(kc_bytes_of_text(text), &again), KC_OK);
            assert_true(again == seconds);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
