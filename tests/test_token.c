#include "core/token.h"
#include "test.h"

static void test_make(void **state)
{
    (void)state;
    char a[KC_TOKEN_LEN + 1];
    char b[KC_TOKEN_LEN + 1];
    struct kc_record_id id_a;
    struct kc_record_id id_b;
    assert_int_equal(kc_token_make(a), KC_OK);
    assert_int_equal(kc_token_make(b), KC_OK);
    assert_int_equal(strlen(a), KC_TOKEN_LEN);
    assert_memory_equal(a, "kct.", 4);
    assert_int_equal(
        strspn(a + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
    assert_string_not_equal(a, b);
    assert_int_equal(kc_token_id(kc_bytes_of_text(a), &id_a), KC_OK);
    assert_int_equal(kc_token_id(kc_bytes_of_text(b), &id_b), KC_OK);
    assert_false(kc_record_id_equal(&id_a, &id_b));
}

/* SHA-256 by sha256sum. */
static void test_id(void **state)
{
    (void)state;
    struct kc_record_id id;
    assert_int_equal(
        kc_token_id(kc_bytes_of_text("kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &id),
        KC_OK);
    assert_int_equal(id.class, KC_RECORD_TOKEN);
    assert_int_equal(id.name_len, 64);
    assert_string_equal(id.name,
                        "aab88ea54e6b0023072ffd624406731b2349105b33a87a927fc83555a0cb54c2");
}

static void test_not_ours(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "kct.",
        "root",
        "kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "kct.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "KCT.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "hvs.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct kc_record_id id;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (kc_token_id(kc_bytes_of_text(rows[i]), &id) != KC_ERR_MALFORMED)
            fail_msg("'%s' is taken for a token", rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_id),
        cmocka_unit_test(test_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
