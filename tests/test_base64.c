#include "base/base64.h"
#include "test.h"

static const struct {
    enum kc_base64 kind;
    const char *bytes;
    const char *text;
} good[] = {
    {KC_BASE64, "", ""},
    {KC_BASE64, "f", "Zg=="},
    {KC_BASE64, "fo", "Zm8="},
    {KC_BASE64, "foo", "Zm9v"},
    {KC_BASE64, "foobar", "Zm9vYmFy"},
    {KC_BASE64, "\xfb\xff\xfe", "+//+"},
    {KC_BASE64_URL, "f", "Zg"},
    {KC_BASE64_URL, "fo", "Zm8"},
    {KC_BASE64_URL, "foob", "Zm9vYg"},
    {KC_BASE64_URL, "\xfb\xff\xfe", "-__-"},
};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        char text[16];
        uint8_t bytes[16];
        size_t n = 99;
        kc_base64_encode(good[i].kind, kc_bytes_of_text(good[i].bytes), text);
        assert_string_equal(text, good[i].text);
        assert_int_equal(strlen(text), kc_base64_encoded_len(good[i].kind, strlen(good[i].bytes)));
        assert_int_equal(kc_base64_decode(good[i].kind, kc_bytes_of_text(good[i].text),
                                          (struct kc_room){bytes, sizeof bytes}, &n),
                         KC_OK);
        assert_int_equal(n, strlen(good[i].bytes));
        assert_memory_equal(bytes, good[i].bytes, n);
    }
}

static const struct {
    enum kc_base64 kind;
    const char *text;
} bad[] = {
    {KC_BASE64, "Z"},      {KC_BASE64, "Zg"},      {KC_BASE64, "Zg="},      {KC_BASE64, "Zh=="},
    {KC_BASE64, "Zm9="},   {KC_BASE64, "===="},    {KC_BASE64, "Zg==\n"},   {KC_BASE64, "Zm-v"},
    {KC_BASE64, "Zm 9v"},  {KC_BASE64, "Z==="},    {KC_BASE64_URL, "Zg=="}, {KC_BASE64_URL, "Zm+v"},
    {KC_BASE64_URL, "Zh"}, {KC_BASE64, "Zm9\x80"}, {KC_BASE64, "Zm9{"},     {KC_BASE64, "Zm9@"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint8_t bytes[16];
        size_t n = 0;
        assert_int_equal(kc_base64_decode(bad[i].kind, kc_bytes_of_text(bad[i].text),
                                          (struct kc_room){bytes, sizeof bytes}, &n),
                         KC_ERR_MALFORMED);
    }
}

static void test_room(void **state)
{
    (void)state;
    uint8_t bytes[5];
    size_t n = 0;
    assert_int_equal(kc_base64_decode(KC_BASE64, kc_bytes_of_text("Zm9vYmFy"),
                                      (struct kc_room){bytes, sizeof bytes}, &n),
                     KC_ERR_ROOM);
}

static void test_every_byte(void **state)
{
    (void)state;
    uint8_t all[256];
    uint8_t back[256];
    char text[352];
    size_t n = 0;
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    kc_base64_encode(KC_BASE64, kc_bytes_of(all, 256), text);
    assert_int_equal(
        kc_base64_decode(KC_BASE64, kc_bytes_of_text(text), (struct kc_room){back, 256}, &n),
        KC_OK);
    assert_int_equal(n, 256);
    assert_memory_equal(all, back, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
