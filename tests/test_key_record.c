#include "core/key_record.h"
#include "core/token.h"
#include "test.h"

static const uint8_t key_body[KC_KEY_RECORD_SIZE] = {1, 1, 2, 0, 0,    0,
                                                     1, 0, 0, 0, 0xaa, [41] = 0x55};
static const uint8_t token_body[KC_TOKEN_RECORD_SIZE] = {1, 1, 2, 0, 0, 0, 1};

enum codec {
    KEY,
    TOKEN,
};

static const struct {
    const char *name;
    enum codec codec;
    size_t len;
    size_t at; /* of the byte that is set to `value` */
    uint8_t value;
    enum kc_err want;
} rows[] = {
    {"key", KEY, KC_KEY_RECORD_SIZE, 0, 1, KC_OK},
    {"key, other bytes", KEY, KC_KEY_RECORD_SIZE, 41, 0xff, KC_OK},
    {"key of format 0", KEY, KC_KEY_RECORD_SIZE, 0, 0, KC_ERR_UNSUPPORTED},
    {"key of format 2", KEY, KC_KEY_RECORD_SIZE, 0, 2, KC_ERR_UNSUPPORTED},
    {"key of type 0", KEY, KC_KEY_RECORD_SIZE, 1, 0, KC_ERR_UNSUPPORTED},
    {"key of type 2", KEY, KC_KEY_RECORD_SIZE, 1, 2, KC_ERR_UNSUPPORTED},
    {"no key", KEY, 0, 0, 1, KC_ERR_MALFORMED},
    {"key cut short", KEY, KC_KEY_RECORD_SIZE - 1, 0, 1, KC_ERR_MALFORMED},
    {"key and a byte", KEY, KC_KEY_RECORD_SIZE + 1, 0, 1, KC_ERR_MALFORMED},
    {"token", TOKEN, KC_TOKEN_RECORD_SIZE, 0, 1, KC_OK},
    {"token of format 2", TOKEN, KC_TOKEN_RECORD_SIZE, 0, 2, KC_ERR_UNSUPPORTED},
    {"token of kind 0", TOKEN, KC_TOKEN_RECORD_SIZE, 1, 0, KC_ERR_UNSUPPORTED},
    {"no token", TOKEN, 0, 0, 1, KC_ERR_MALFORMED},
    {"token cut short", TOKEN, KC_TOKEN_RECORD_SIZE - 1, 0, 1, KC_ERR_MALFORMED},
    {"token and a byte", TOKEN, KC_TOKEN_RECORD_SIZE + 1, 0, 1, KC_ERR_MALFORMED},
};

/* Decodes, and where that is done encodes again: the same bytes. */
static enum kc_err round_trip(enum codec codec, struct kc_bytes body)
{
    uint8_t room[64];
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    struct kc_key_record key = {0};
    struct kc_token_record token = {0};
    enum kc_err err =
        codec == KEY ? kc_key_record_decode(body, &key) : kc_token_record_decode(body, &token);
    if (err != KC_OK)
        return err;
    if (codec == KEY)
        kc_key_record_encode(&w, &key);
    else
        kc_token_record_encode(&w, &token);
    assert_int_equal(codec == KEY ? key.made : token.made, UINT64_C(0x100000002));
    assert_true(kc_bytes_equal(kc_writer_written(&w), body));
    kc_key_record_wipe(&key);
    assert_true(kc_bytes_are_zero(kc_bytes_of(&key, sizeof key)));
    return KC_OK;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t body[KC_KEY_RECORD_SIZE + 1] = {0};
        if (rows[i].codec == KEY)
            memcpy(body, key_body, sizeof key_body);
        else
            memcpy(body, token_body, sizeof token_body);
        body[rows[i].at] = rows[i].value;
        if (round_trip(rows[i].codec, kc_bytes_of(body, rows[i].len)) != rows[i].want)
            fail_msg("%s", rows[i].name);
    }
}

static void test_type_names(void **state)
{
    (void)state;
    enum kc_key_type type = 0;
    assert_string_equal(kc_key_type_name(KC_KEY_AES256_GCM96), "aes256-gcm96");
    assert_null(kc_key_type_name((enum kc_key_type)2));
    assert_true(kc_key_type_find(kc_bytes_of_text("aes256-gcm96"), &type));
    assert_int_equal(type, KC_KEY_AES256_GCM96);
    assert_false(kc_key_type_find(kc_bytes_of_text("aes256-gcm9"), &type));
    assert_false(kc_key_type_find(kc_bytes_of_text("AES256-GCM96"), &type));
    assert_false(kc_key_type_find(kc_bytes_of_text(""), &type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
