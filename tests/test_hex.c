#include "base/hex.h"
#include "test.h"

static void test_encode(void **state)
{
    (void)state;
    char text[9];
    kc_hex_encode_lower(kc_bytes_of("\x00\x9a\xaf\xff", 4), text);
    assert_string_equal(text, "009aafff");
    kc_hex_encode_upper(kc_bytes_of("\x00\x9a\xaf\xff", 4), text);
    assert_string_equal(text, "009AAFFF");
    kc_hex_encode_upper(kc_bytes_of(NULL, 0), text);
    assert_string_equal(text, "");
}

/* Every character in either place: only the 22 digits decode. */
static void test_every_character(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        for (int place = 0; place < 2; place++) {
            uint8_t text[2] = {'0', '0'};
            uint8_t byte = 0;
            size_t n = 0;
            text[place] = (uint8_t)c;
            bool digit = strchr("0123456789abcdefABCDEF", c) != NULL;
            enum kc_err got = kc_hex_decode(kc_bytes_of(text, 2), (struct kc_room){&byte, 1}, &n);
            assert_int_equal(got, digit ? KC_OK : KC_ERR_MALFORMED);
            if (digit) {
                char one[2] = {(char)c, '\0'};
                assert_int_equal(byte, strtol(one, NULL, 16) << (place == 0 ? 4 : 0));
            }
        }
    }
}

static void test_refusals(void **state)
{
    (void)state;
    uint8_t bytes[2];
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text("abc"), (struct kc_room){bytes, 2}, &n),
                     KC_ERR_MALFORMED);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text("abcdef"), (struct kc_room){bytes, 2}, &n),
                     KC_ERR_ROOM);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text("ab "), (struct kc_room){bytes, 2}, &n),
                     KC_ERR_MALFORMED);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(""), (struct kc_room){bytes, 2}, &n), KC_OK);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
