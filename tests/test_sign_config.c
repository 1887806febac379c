#include "test.h"

#include "image/sign_config.h"

#define REST "NumHeapPages=8192\nNumStackPages=64\nNumTCS=16\nProductID=1\nSecurityVersion=1\n"

static void test_accepted(void **state)
{
    (void)state;
    static const char text[] = "# settings\r\n\r\n"
                               "  Debug = 1   # may be debugged\r\n"
                               "NumHeapPages=262144\n"
                               "\tNumStackPages\t=\t2048\n"
                               "NumTCS=64\n"
                               "#NumTCS=3\n"
                               "ProductID=65535\n"
                               "SecurityVersion=0\n"
                               "Date=20240229"; /* no newline, a leap day */
    struct kc_sign_config found = {0};
    assert_int_equal(kc_sign_config_parse(kc_bytes_of_text(text), &found, NULL), KC_OK);
    assert_true(found.debug);
    assert_int_equal(found.heap_pages, 262144);
    assert_int_equal(found.stack_pages, 2048);
    assert_int_equal(found.tcs_count, 64);
    assert_int_equal(found.isv_prod_id, 65535);
    assert_int_equal(found.isv_svn, 0);
    assert_int_equal(found.date, 0x20240229);
    assert_int_equal(kc_sign_config_parse(kc_bytes_of_text("Debug=0\n" REST), &found, NULL), KC_OK);
    assert_false(found.debug);
    assert_int_equal(found.date, 0);
}

static const struct {
    const char *text;
    uint64_t line;
    const char *what;
} refused[] = {
    {"", 0, "Debug= is missing"},
    {"Debug=0\n", 0, "NumHeapPages= is missing"},
    {REST, 0, "Debug= is missing"},
    {"Debug=2\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=yes\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=-1\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=0x1\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=1 1\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug=0000000001\n" REST, 1, "Debug is not 0 or 1"},
    {"Debug\n" REST, 1, "not Name=Value"},
    {"Debug 1\n" REST, 1, "not Name=Value"},
    {"=1\n" REST, 1, "unknown setting"},
    {"debug=1\n" REST, 1, "unknown setting"},
    {"Debug=1\n" REST "Colour=1\n", 7, "unknown setting"},
    {"Debug=1\n" REST "\n# x\nDebug=1\n", 9, "given twice"},
    {"NumHeapPages=0\n", 1, "NumHeapPages is not 1 to 262144"},
    {"NumHeapPages=262145\n", 1, "NumHeapPages is not 1 to 262144"},
    {"NumHeapPages=99999999999999999999\n", 1, "NumHeapPages is not 1 to 262144"},
    {"NumStackPages=0\n", 1, "NumStackPages is not 1 to 2048"},
    {"NumStackPages=2049\n", 1, "NumStackPages is not 1 to 2048"},
    {"NumTCS=0\n", 1, "NumTCS is not 1 to 64"},
    {"NumTCS=65\n", 1, "NumTCS is not 1 to 64"},
    {"ProductID=65536\n", 1, "ProductID is not 0 to 65535"},
    {"SecurityVersion=65536\n", 1, "SecurityVersion is not 0 to 65535"},
    {"Date=20230229\n", 1, "Date is not a day"},
    {"Date=20231301\n", 1, "Date is not a day"},
    {"Date=19691231\n", 1, "Date is not a day"},
    {"Date=2023-01-01\n", 1, "Date is not a day"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct kc_sign_config found = {0};
        struct kc_error error = KC_ERROR_NONE;
        enum kc_err got = kc_sign_config_parse(kc_bytes_of_text(refused[i].text), &found, &error);
        if (got != KC_ERR_MALFORMED || error.at != refused[i].line ||
            strstr(error.what, refused[i].what) == NULL)
            fail_msg("%s: %s, %s, line %u", refused[i].text, kc_error_name(got), error.what,
                     (unsigned)error.at);
        assert_int_equal(found.heap_pages, 0);
    }
}

static void test_nul_in_text(void **state)
{
    (void)state;
    static const char text[] = "Debug=0\0\n" REST;
    struct kc_sign_config found = {0};
    assert_int_equal(kc_sign_config_parse(kc_bytes_of(text, sizeof text - 1), &found, NULL),
                     KC_ERR_MALFORMED);
}

static void test_date(void **state)
{
    (void)state;
    assert_int_equal(kc_sign_config_date(0), 0x19700101);
    assert_int_equal(kc_sign_config_date(INT64_C(1709164800)), 0x20240229);
    assert_int_equal(kc_sign_config_date(INT64_C(253402300799)), 0x99991231);
    assert_int_equal(kc_sign_config_date(INT64_C(253402300800)), 0);
    assert_int_equal(kc_sign_config_date(-1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul_in_text),
        cmocka_unit_test(test_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
