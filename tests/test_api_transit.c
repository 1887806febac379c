#include "api.h"
#include "core/key_record.h"

#define KEY "/v1/transit/keys/k"

static const char existed[] = "the key existed already and was not changed";

static void check_key(const struct test_api *t, json_int_t made)
{
    const json_t *data = test_api_data(t);
    assert_string_equal(test_api_text(data, "name"), "k");
    assert_string_equal(test_api_text(data, "type"), "aes256-gcm96");
    assert_int_equal(json_integer_value(json_object_get(data, "latest_version")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(data, "keys"), "1")), made);
    assert_true(json_is_false(json_object_get(data, "exportable")));
    assert_true(json_is_true(json_object_get(data, "supports_encryption")));
}

static const struct {
    const char *body;
    const char *error; /* NULL: a key is made */
} creations[] = {
    {"", NULL},
    {" \n", NULL},
    {"null", NULL},
    {"{}", NULL},
    {"{\"type\":\"aes256-gcm96\"}", NULL},
    {"{\"type\":null,\"name\":\"other\",\"unknown\":[{\"a\":1.5}]}", NULL},
    {"{\"exportable\":\"false\",\"derived\":0,\"auto_rotate_period\":\"0\",\"context\":\"\"}",
     NULL},
    {"{\"type\":\"aes256-gcm96\",\"allow_plaintext_backup\":false,\"key_size\":0}", NULL},
    {"{\"type\":\"ed25519\"}", "type: this version makes aes256-gcm96 keys only"},
    {"{\"type\":\"\"}", "type: this version makes aes256-gcm96 keys only"},
    {"{\"type\":7}", "JSON: a string is expected here"},
    {"{\"exportable\":true}",
     "exportable, allow_plaintext_backup: keys do not leave this version; leave them out"},
    {"{\"allow_plaintext_backup\":\"1\"}",
     "exportable, allow_plaintext_backup: keys do not leave this version; leave them out"},
    {"{\"derived\":true}", "derived, convergent_encryption, context: this version has no derived "
                           "keys; leave them out"},
    {"{\"convergent_encryption\":1}", "derived, convergent_encryption, context: this version has "
                                      "no derived keys; leave them out"},
    {"{\"auto_rotate_period\":\"24h\"}",
     "auto_rotate_period: this version does not rotate keys; leave it out"},
    {"{\"key_size\":32}", "key_size: aes256-gcm96 keys have 256 bits; leave it out"},
    {"{\"type\":\"aes256-gcm96\"", "JSON: no comma or end where one must be"},
    {"{\"type\":\"aes256-gcm96\",\"type\":\"aes256-gcm96\"}",
     "JSON: the same name twice in one object"},
    {"\"\"", "JSON: an object is expected here"},
    {"null null", "JSON: text after the end"},
};

static void check_made(const struct test_api *t)
{
    struct kc_key_record key;
    check_key(t, 1795405867);
    assert_true(json_is_null(json_object_get(t->answer, "warnings")));
    assert_int_equal(t->x.write_count, 1);
    assert_int_equal(t->x.write[0].replaces, 0);
    assert_int_equal(t->x.write[0].record->version, 1);
    assert_true(kc_record_id_equal(&t->x.write[0].id, &t->x.read[0].id));
    assert_memory_equal(t->x.write[0].record->batch, t->x.batch, KC_BATCH_ID_SIZE);
    assert_int_equal(kc_key_record_decode(t->x.write[0].record->body, &key), KC_OK);
    assert_false(kc_bytes_are_zero(kc_bytes_of(key.key, sizeof key.key)));
    assert_int_equal(key.made, 1795405867);
}

static void test_create(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(creations); i++) {
        unsigned status = test_api_post(&t, KEY, creations[i].body, NULL);
        if (status != (creations[i].error == NULL ? 200 : 400))
            fail_msg("'%s': %u", creations[i].body, status);
        if (creations[i].error == NULL) {
            check_made(&t);
        } else {
            assert_string_equal(test_api_error(&t), creations[i].error);
            assert_int_equal(t.x.read_count, 0);
            assert_int_equal(t.x.write_count, 0);
        }
    }
    test_api_teardown(&t);
}

/* Two keys differ; computing again, after a conflict, makes another one. */
static void test_create_again(void **state)
{
    (void)state;
    struct test_api t;
    uint8_t first[KC_KEY_RECORD_SIZE];
    test_api_setup(&t);
    assert_int_equal(test_api_post(&t, KEY, "", NULL), 200);
    memcpy(first, t.x.write[0].record->body.ptr, sizeof first);
    assert_int_equal(test_api_post(&t, KEY, "", NULL), 200);
    assert_memory_equal(t.x.write[0].record->body.ptr, first, 10);
    assert_memory_not_equal(t.x.write[0].record->body.ptr + 10, first + 10, 32);
    test_api_teardown(&t);
}

static void test_existing(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    test_api_setup(&t);
    assert_int_equal(test_api_post(&t, KEY, "null", key), 200);
    check_key(&t, 0x6b00002b);
    assert_string_equal(json_string_value(json_array_get(json_object_get(t.answer, "warnings"), 0)),
                        existed);
    assert_int_equal(t.x.write_count, 0);
    struct test_ask read = {.method = KC_HTTP_GET, .path = KEY, .record = key};
    assert_int_equal(test_api_ask(&t, &read), 200);
    check_key(&t, 0x6b00002b);
    assert_true(json_is_null(json_object_get(t.answer, "warnings")));
    read.record = NULL;
    assert_int_equal(test_api_ask(&t, &read), 404);
    assert_string_equal(test_api_error(&t), "");
    test_api_teardown(&t);
    kc_record_release(key);
}

/* No byte of a key in any answer of these routes. */
static void test_no_key_in_answers(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key('Z');
    test_api_setup(&t);
    struct test_ask read = {.method = KC_HTTP_GET, .path = KEY, .record = key};
    assert_int_equal(test_api_ask(&t, &read), 200);
    for (size_t i = 0; i + 4 <= t.x.answer_len; i++)
        assert_memory_not_equal(t.x.answer.ptr + i, "ZZZZ", 4);
    test_api_teardown(&t);
    kc_record_release(key);
}

static const struct {
    const char *path;
    unsigned status;
} names[] = {
    {"/v1/transit/keys/a", 404},
    {"/v1/transit/keys/A-Z_0.9", 404},
    {"/v1/transit/keys/..", 400}, /* HTTP refuses it before */
    {"/v1/transit/keys/.hidden", 400},
    {"/v1/transit/keys/a b", 400},
    {"/v1/transit/keys/a%b", 400},
    {"/v1/transit/keys/a:b", 400},
    {"/v1/transit/keys/"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     404}, /* 128 */
    {"/v1/transit/keys/"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     400},
};

static void test_names(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct test_ask ask = {.method = KC_HTTP_GET, .path = names[i].path};
        unsigned status = test_api_ask(&t, &ask);
        if (status != names[i].status)
            fail_msg("%s: %u", names[i].path, status);
    }
    test_api_teardown(&t);
}

static const struct {
    enum kc_http_method method;
    const char *query;
    unsigned status;
    const char *after; /* 200: what is scanned */
    uint32_t limit;
} lists[] = {
    {KC_HTTP_LIST, "", 200, "", 1000},
    {KC_HTTP_GET, "list=true", 200, "", 1000},
    {KC_HTTP_GET, "list=1", 200, "", 1000},
    {KC_HTTP_GET, "", 405, NULL, 0},
    {KC_HTTP_GET, "list=false", 405, NULL, 0},
    {KC_HTTP_GET, "list=true&list=true", 405, NULL, 0},
    {KC_HTTP_LIST, "after=b&limit=2", 200, "b", 2},
    {KC_HTTP_LIST, "after=&limit=0", 200, "", 1000},
    {KC_HTTP_LIST, "limit=5000", 200, "", 1000},
    {KC_HTTP_LIST, "limit=-1", 400, NULL, 0},
    {KC_HTTP_LIST, "limit=many", 400, NULL, 0},
    {KC_HTTP_LIST, "after=.b", 400, NULL, 0},
    {KC_HTTP_LIST, "after=b&after=c", 400, NULL, 0},
};

static void test_list(void **state)
{
    (void)state;
    static const uint8_t stored[] = {2, 'k', '1', 2, 's', '1'};
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct test_ask ask = {.method = lists[i].method,
                               .path = "/v1/transit/keys",
                               .query = lists[i].query,
                               .names = kc_bytes_of(stored, sizeof stored)};
        unsigned status = test_api_ask(&t, &ask);
        if (status != lists[i].status)
            fail_msg("%s: %u", lists[i].query, status);
        assert_int_equal(t.x.scan_wanted, status == 200);
        if (status != 200)
            continue;
        const json_t *keys = json_object_get(test_api_data(&t), "keys");
        assert_int_equal(json_array_size(keys), 2);
        assert_string_equal(json_string_value(json_array_get(keys, 0)), "k1");
        assert_string_equal(json_string_value(json_array_get(keys, 1)), "s1");
        assert_int_equal(t.x.scan_limit, lists[i].limit);
        assert_string_equal(t.x.scan_after.name, lists[i].after);
        assert_int_equal(t.x.scan_class, KC_RECORD_KEY);
    }
    struct test_ask none = {.method = KC_HTTP_LIST, .path = "/v1/transit/keys"};
    assert_int_equal(test_api_ask(&t, &none), 404);
    assert_string_equal(test_api_error(&t), "");
    test_api_teardown(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),   cmocka_unit_test(test_create_again),
        cmocka_unit_test(test_existing), cmocka_unit_test(test_no_key_in_answers),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
