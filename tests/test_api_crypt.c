#include "api.h"

#define ENCRYPT "/v1/transit/encrypt/k"
#define DECRYPT "/v1/transit/decrypt/k"

/* Sealed by Python's cryptography with the key 32 * 07, nonce 12 * 01: "hello", and the same with
 * the additional data "aad". */
#define KNOWN     "vault:v1:AQEBAQEBAQEBAQEBHoTl2/82QKeGu1+KTgTP8O1Ls0T5"
#define KNOWN_AAD "vault:v1:AQEBAQEBAQEBAQEBHoTl2/87cia0S2HgFdVnULhGNJlu"

static const struct {
    const char *path;
    const char *body;
    unsigned status;
    const char *what; /* the error, or the plaintext, or NULL: any ciphertext */
} rows[] = {
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\"}", 200, NULL},
    {ENCRYPT, " {\"plaintext\" : \"aGVsbG8=\" }\n", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"\"}", 200, NULL},
    {ENCRYPT, "{\"name\":\"k\",\"plaintext\":\"aGVsbG8=\"}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG\\u0038\\u003d\"}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"\\/\\/\\/\\/\",\"x\":\"\xc3\xa9\"}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":1}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":\"0\"}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":null,\"context\":null,\"nonce\":\"\"}",
     200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"convergent_encryption\":false,\"type\":\"x\"}", 200,
     NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"associated_data\":\"YWFk\"}", 200, NULL},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"batch_input\":null}", 200, NULL},
    {ENCRYPT, "", 400, "missing plaintext to encrypt"},
    {ENCRYPT, "null", 400, "missing plaintext to encrypt"},
    {ENCRYPT, "{}", 400, "missing plaintext to encrypt"},
    {ENCRYPT, "{\"plaintext\":null}", 400, "missing plaintext to encrypt"},
    {ENCRYPT, "{\"ciphertext\":\"aGVsbG8=\"}", 400, "missing plaintext to encrypt"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8\"}", 400,
     "plaintext: not base64 (RFC 4648, section 4: with padding, without line breaks)"},
    {ENCRYPT, "{\"plaintext\":\"aGVs\\nbG8=\"}", 400,
     "plaintext: not base64 (RFC 4648, section 4: with padding, without line breaks)"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"associated_data\":\"?\"}", 400,
     "associated_data: not base64 (RFC 4648, section 4: with padding, without line breaks)"},
    {ENCRYPT, "{\"plaintext\":5}", 400, "JSON: a string is expected here"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"plaintext\":\"aGVsbG8=\"}", 400,
     "JSON: the same name twice in one object"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\"", 400, "JSON: no comma or end where one must be"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\"}}", 400, "JSON: text after the end"},
    {ENCRYPT, "[]", 400, "JSON: an object is expected here"},
    {ENCRYPT, "nul", 400, "JSON: no value where one must be"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", 400,
     "JSON: nested too deep"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"context\":\"YWFk\"}", 400,
     "context: this version has no derived keys; bind data with associated_data, or leave it out"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"nonce\":\"YWFk\"}", 400,
     "nonce, convergent_encryption: nonces are random and made here; leave them out"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"convergent_encryption\":\"true\"}", 400,
     "nonce, convergent_encryption: nonces are random and made here; leave them out"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":2}", 400,
     "requested version for encryption is higher than the latest key version"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":-1}", 400,
     "key_version: a whole number, 0 for the newest"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"key_version\":\"1x\"}", 400,
     "key_version: a whole number, 0 for the newest"},
    {ENCRYPT, "{\"plaintext\":\"aGVsbG8=\",\"partial_failure_response_code\":199}", 400,
     "partial_failure_response_code: 200 to 599"},
    {ENCRYPT, "{\"batch_input\":[]}", 400, "batch_input: at least one item"},
    {ENCRYPT, "{\"batch_input\":{}}", 400, "JSON: a list is expected here"},
    {ENCRYPT, "{\"batch_input\":[1]}", 400, "JSON: an object is expected here"},
    {ENCRYPT, "{\"batch_input\":[{\"reference\":1}]}", 400, "reference: a string"},
    {ENCRYPT, "{\"batch_input\":[{\"batch_input\":1}]}", 400, "missing plaintext to encrypt"},
    {"/v1/transit/encrypt/.k", "{\"plaintext\":\"\"}", 400,
     "key name: 1 to 128 letters, digits, hyphens, underscores and dots, not beginning with a dot"},
    {DECRYPT, "{\"ciphertext\":\"" KNOWN "\"}", 200, "aGVsbG8="},
    {DECRYPT, "{\"ciphertext\":\"" KNOWN_AAD "\",\"associated_data\":\"YWFk\"}", 200, "aGVsbG8="},
    {DECRYPT, "{\"associated_data\":\"YWFk\",\"key_version\":9,\"ciphertext\":\"" KNOWN_AAD "\"}",
     200, "aGVsbG8="},
    {DECRYPT, "{\"ciphertext\":\"" KNOWN "\",\"associated_data\":\"YWFk\"}", 400,
     "invalid ciphertext: unable to decrypt"},
    {DECRYPT, "{\"ciphertext\":\"" KNOWN_AAD "\"}", 400, "invalid ciphertext: unable to decrypt"},
    {DECRYPT, "{}", 400, "missing ciphertext to decrypt"},
    {DECRYPT, "{\"plaintext\":\"aGVsbG8=\"}", 400, "missing ciphertext to decrypt"},
    {DECRYPT, "{\"ciphertext\":\"\"}", 400, "invalid ciphertext: no prefix"},
    {DECRYPT, "{\"ciphertext\":\"aGVsbG8=\"}", 400, "invalid ciphertext: no prefix"},
    {DECRYPT, "{\"ciphertext\":\"Vault:v1:AAAA\"}", 400, "invalid ciphertext: no prefix"},
    {DECRYPT, "{\"ciphertext\":\"vault:v1:AAAA\"}", 400, "invalid ciphertext: too short"},
    {DECRYPT, "{\"ciphertext\":\"vault:v1:AAA\"}", 400,
     "invalid ciphertext: could not decode base64"},
    {DECRYPT, "{\"ciphertext\":\"vault:v1\"}", 400,
     "invalid ciphertext: version number could not be decoded"},
    {DECRYPT, "{\"ciphertext\":\"vault:v:AAAA\"}", 400,
     "invalid ciphertext: version number could not be decoded"},
    {DECRYPT, "{\"ciphertext\":\"vault:v0:AAAA\"}", 400,
     "invalid ciphertext: version number could not be decoded"},
    {DECRYPT, "{\"ciphertext\":\"vault:v01:AAAA\"}", 400,
     "invalid ciphertext: version number could not be decoded"},
    {DECRYPT, "{\"ciphertext\":\"vault:v4294967297:AAAA\"}", 400,
     "invalid ciphertext: version number could not be decoded"},
    {DECRYPT,
     "{\"ciphertext\":\"vault:v2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\"}", 400,
     "invalid ciphertext: version is too new"},
    {DECRYPT, "{\"ciphertext\":\"" KNOWN "\",\"context\":\"YWFk\"}", 400,
     "context: this version has no derived keys; bind data with associated_data, or leave it out"},
};

static void judge(struct test_api *t, size_t i, unsigned status)
{
    if (status != rows[i].status)
        fail_msg("%s: %u", rows[i].body, status);
    if (strstr(rows[i].body, "batch_input\":[{\"batch") != NULL) {
        json_t *results = json_object_get(test_api_data(t), "batch_results");
        assert_string_equal(test_api_text(json_array_get(results, 0), "error"), rows[i].what);
    } else if (status != 200) {
        assert_string_equal(test_api_error(t), rows[i].what);
    } else if (rows[i].what == NULL) {
        const char *text = test_api_text(test_api_data(t), "ciphertext");
        assert_memory_equal(text, "vault:v1:", 9);
        assert_int_equal(json_integer_value(json_object_get(test_api_data(t), "key_version")), 1);
    } else {
        assert_string_equal(test_api_text(test_api_data(t), "plaintext"), rows[i].what);
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        judge(&t, i, test_api_post(&t, rows[i].path, rows[i].body, key));
    test_api_teardown(&t);
    kc_record_release(key);
}

/* Encrypts n bytes and decrypts them again; a second encryption is another one. */
static void round_trip(struct test_api *t, const struct kc_record *key, size_t n)
{
    char *plaintext = malloc(4 * n + 8);
    char *body = malloc(8 * n + 256);
    size_t len = n / 3 * 4;
    memset(plaintext, 'Q', len);
    strcpy(plaintext + len, n % 3 == 0 ? "" : n % 3 == 1 ? "QQ==" : "QUI=");
    sprintf(body, "{\"plaintext\":\"%s\",\"associated_data\":\"YWFk\"}", plaintext);
    assert_int_equal(test_api_post(t, ENCRYPT, body, key), 200);
    char *first = strdup(test_api_text(test_api_data(t), "ciphertext"));
    assert_int_equal(test_api_post(t, ENCRYPT, body, key), 200);
    assert_string_not_equal(test_api_text(test_api_data(t), "ciphertext"), first);
    sprintf(body, "{\"ciphertext\":\"%s\",\"associated_data\":\"YWFk\"}", first);
    assert_int_equal(test_api_post(t, DECRYPT, body, key), 200);
    assert_string_equal(test_api_text(test_api_data(t), "plaintext"), plaintext);
    free(first);
    free(body);
    free(plaintext);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 16, 31, 32, 33, 1000, 700000};
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        round_trip(&t, key, sizes[i]);
    test_api_teardown(&t);
    kc_record_release(key);
}

static void test_no_key(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    assert_int_equal(test_api_post(&t, ENCRYPT, "{\"plaintext\":\"\"}", NULL), 400);
    assert_string_equal(test_api_error(&t), "encryption key not found");
    assert_int_equal(test_api_post(&t, DECRYPT, "{\"ciphertext\":\"" KNOWN "\"}", NULL), 400);
    assert_string_equal(test_api_error(&t), "encryption key not found");
    test_api_teardown(&t);
}

/* Another key does not open it. */
static void test_other_key(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(8);
    test_api_setup(&t);
    assert_int_equal(test_api_post(&t, DECRYPT, "{\"ciphertext\":\"" KNOWN "\"}", key), 400);
    assert_string_equal(test_api_error(&t), "invalid ciphertext: unable to decrypt");
    test_api_teardown(&t);
    kc_record_release(key);
}

static const struct {
    const char *path;
    const char *body;
    unsigned status;
    size_t count;
    const char *want[3]; /* NULL: a ciphertext; '!': an error begins so; else the plaintext */
    const char *reference[3];
} batches[] = {
    {ENCRYPT,
     "{\"batch_input\":[{\"plaintext\":\"aGVsbG8=\"},{\"plaintext\":\"\"}]}",
     200,
     2,
     {NULL, NULL},
     {"", ""}},
    {ENCRYPT,
     "{\"plaintext\":5.5e1,\"batch_input\":[{\"plaintext\":\"\"}]}",
     400,
     0,
     {NULL},
     {NULL}},
    {ENCRYPT,
     "{\"plaintext\":\"?\",\"batch_input\":[{\"plaintext\":\"aGVsbG8=\",\"reference\":"
     "\"a\\n\xc3\xa9\"}],"
     "\"reference\":\"out\"}",
     200,
     1,
     {NULL},
     {"a\n\xc3\xa9"}},
    {ENCRYPT,
     "{\"batch_input\":[{\"plaintext\":\"aGVsbG8=\"},{\"plaintext\":\"?\",\"reference\":\"b\"},{}]"
     "}",
     400,
     3,
     {NULL, "!plaintext: not base64", "!missing plaintext"},
     {"", "b", ""}},
    {ENCRYPT,
     "{\"partial_failure_response_code\":207,\"batch_input\":[{\"plaintext\":\"\"},{\"plaintext\":"
     "\"?\"}]}",
     207,
     2,
     {NULL, "!plaintext: not base64"},
     {"", ""}},
    {ENCRYPT,
     "{\"partial_failure_response_code\":\"200\",\"batch_input\":[{},{\"plaintext\":\"?\"}]}",
     400,
     2,
     {"!missing", "!plaintext: not base64"},
     {"", ""}},
    {DECRYPT,
     "{\"batch_input\":[{\"ciphertext\":\"" KNOWN "\"},{\"ciphertext\":\"vault:v1:AAAA\"}]}",
     400,
     2,
     {"aGVsbG8=", "!invalid ciphertext: too short"},
     {"", ""}},
    {DECRYPT,
     "{\"batch_input\":[{\"ciphertext\":\"" KNOWN_AAD
     "\",\"associated_data\":\"YWFk\"},{\"ciphertext\":\"" KNOWN "\",\"reference\":\"2\"}]}",
     200,
     2,
     {"aGVsbG8=", "aGVsbG8="},
     {"", "2"}},
};

static void judge_item(const json_t *item, const char *want, const char *reference)
{
    assert_string_equal(test_api_text(item, "reference"), reference);
    if (want == NULL) {
        assert_memory_equal(test_api_text(item, "ciphertext"), "vault:v1:", 9);
        assert_null(json_object_get(item, "error"));
    } else if (want[0] == '!') {
        assert_memory_equal(test_api_text(item, "error"), want + 1, strlen(want) - 1);
        assert_null(json_object_get(item, "ciphertext"));
        assert_null(json_object_get(item, "plaintext"));
    } else {
        assert_string_equal(test_api_text(item, "plaintext"), want);
    }
}

static void test_batches(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        unsigned status = test_api_post(&t, batches[i].path, batches[i].body, key);
        if (status != batches[i].status)
            fail_msg("%s: %u", batches[i].body, status);
        if (batches[i].count == 0)
            continue;
        json_t *results = json_object_get(test_api_data(&t), "batch_results");
        assert_int_equal(json_array_size(results), batches[i].count);
        for (size_t k = 0; k < batches[i].count; k++)
            judge_item(json_array_get(results, k), batches[i].want[k], batches[i].reference[k]);
    }
    test_api_teardown(&t);
    kc_record_release(key);
}

static void test_batch_limit(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    char *body = malloc(32 * 1002);
    test_api_setup(&t);
    for (size_t count = 1000; count <= 1001; count++) {
        size_t len = (size_t)sprintf(body, "{\"batch_input\":[");
        for (size_t i = 0; i < count; i++)
            len += (size_t)sprintf(body + len, "%s{\"plaintext\":\"YQ==\"}", i == 0 ? "" : ",");
        sprintf(body + len, "]}");
        assert_int_equal(test_api_post(&t, ENCRYPT, body, key), count == 1000 ? 200 : 400);
        if (count == 1000)
            assert_int_equal(json_array_size(json_object_get(test_api_data(&t), "batch_results")),
                             1000);
        else
            assert_string_equal(test_api_error(&t),
                                "batch_input: 1,000 items at most; send several requests");
    }
    free(body);
    test_api_teardown(&t);
    kc_record_release(key);
}

/* A record that this version cannot read. */
static void test_strange_record(void **state)
{
    (void)state;
    struct test_api t;
    struct kc_record *key = test_api_key(7);
    uint8_t body[42];
    test_api_setup(&t);
    memcpy(body, key->body.ptr, sizeof body);
    body[0] = 2;
    struct kc_record *strange = kc_record_new(&key->id, 1, key->batch, kc_bytes_of(body, 42));
    assert_int_equal(test_api_post(&t, ENCRYPT, "{\"plaintext\":\"\"}", strange), 500);
    assert_int_equal(test_api_post(&t, "/v1/transit/keys/k", "", strange), 500);
    kc_record_release(strange);
    test_api_teardown(&t);
    kc_record_release(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_no_key),         cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_batches),        cmocka_unit_test(test_batch_limit),
        cmocka_unit_test(test_strange_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
