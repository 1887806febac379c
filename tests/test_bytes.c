#include "base/bytes.h"
#include "base/error.h"
#include "test.h"

static void test_comparison(void **state)
{
    (void)state;
    assert_true(kc_bytes_equal(kc_bytes_of("ab", 2), kc_bytes_of_text("ab")));
    assert_false(kc_bytes_equal(kc_bytes_of("ab", 2), kc_bytes_of("ab", 1)));
    assert_false(kc_bytes_equal(kc_bytes_of("ab", 2), kc_bytes_of("ac", 2)));
    assert_true(kc_bytes_equal(kc_bytes_of(NULL, 0), kc_bytes_of("x", 0)));
    for (size_t i = 0; i < 8; i++) {
        char a[8] = "1234567";
        char b[8] = "1234567";
        assert_true(kc_bytes_equal_secret(a, b, 8));
        b[i] ^= 0x40;
        assert_false(kc_bytes_equal_secret(a, b, 8));
    }
}

static void test_zero_and_wipe(void **state)
{
    (void)state;
    char secret[8] = "1234567";
    assert_false(kc_bytes_are_zero(kc_bytes_of(secret, 8)));
    kc_bytes_wipe(secret, 8);
    assert_true(kc_bytes_are_zero(kc_bytes_of(secret, 8)));
    assert_true(kc_bytes_are_zero(kc_bytes_of(NULL, 0)));
}

static void test_first_error_stays(void **state)
{
    (void)state;
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_error_set(&error, KC_ERR_IO, "first", 3), KC_ERR_IO);
    assert_int_equal(kc_error_set(&error, KC_ERR_MEMORY, "second", 4), KC_ERR_MEMORY);
    assert_string_equal(error.what, "first");
    assert_int_equal(error.code, KC_ERR_IO);
    assert_int_equal(error.at, 3);
    assert_int_equal(kc_error_set(NULL, KC_ERR_ROOM, "", 0), KC_ERR_ROOM);
    for (int code = KC_OK; code <= KC_ERR_ABSENT; code++)
        assert_string_not_equal(kc_error_name((enum kc_err)code), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_zero_and_wipe),
        cmocka_unit_test(test_first_error_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
