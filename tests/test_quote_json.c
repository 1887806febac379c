#include "formats/json_depth.h"
#include "formats/quote_json.h"
#include "seed.h"
#include "test.h"

static enum kc_err decode(const char *text, struct kc_error *error)
{
    struct kc_quote_json json;
    *error = KC_ERROR_NONE;
    enum kc_err err = kc_quote_json_decode(kc_bytes_of_text(text), &json, error);
    if (err == KC_OK)
        kc_quote_json_clear(&json);
    return err;
}

static void test_seed_both_ways(void **state)
{
    (void)state;
    size_t n = 0;
    size_t out_len = 0;
    char *out = NULL;
    struct kc_quote_json json;
    uint8_t *text = test_read_file(TEST_VECTOR("seed/quote.json"), &n);
    assert_non_null(text);
    assert_int_equal(kc_quote_json_decode(kc_bytes_of(text, n), &json, NULL), KC_OK);
    assert_int_equal(json.type, 2);
    assert_int_equal(json.mrenclave[0], 0xaf);
    assert_int_equal(json.mrsigner[31], 0x6d);
    assert_int_equal(json.product_id[0], 1);
    assert_int_equal(json.security_version, 1);
    assert_int_equal(json.attributes, 3);
    assert_int_equal(json.quote_len, SEED_REPORT_SIZE);
    assert_int_equal(json.held_data_len, 512);
    assert_int_equal(kc_quote_json_encode(&json, &out, &out_len, NULL), KC_OK);
    assert_int_equal(out_len, n);
    assert_memory_equal(out, text, n + 1);
    free(out);
    kc_quote_json_clear(&json);
    free(text);
}

/* The file again, from its report and held data alone. */
static void test_from_report(void **state)
{
    (void)state;
    size_t n = 0;
    size_t out_len = 0;
    char *out = NULL;
    struct kc_quote_json seed;
    struct kc_quote_json json;
    uint8_t *text = test_read_file(TEST_VECTOR("seed/quote.json"), &n);
    assert_int_equal(kc_quote_json_decode(kc_bytes_of(text, n), &seed, NULL), KC_OK);
    assert_int_equal(
        kc_quote_json_from_report(kc_bytes_of(seed.quote, seed.quote_len), &json, NULL), KC_OK);
    assert_null(json.held_data);
    json.held_data = seed.held_data;
    json.held_data_len = seed.held_data_len;
    assert_int_equal(kc_quote_json_encode(&json, &out, &out_len, NULL), KC_OK);
    assert_string_equal(out, (const char *)text);
    json.held_data = NULL;
    kc_quote_json_clear(&json);

    seed.quote[4] = 1; /* a local report */
    assert_int_equal(
        kc_quote_json_from_report(kc_bytes_of(seed.quote, seed.quote_len), &json, NULL),
        KC_ERR_UNSUPPORTED);
    seed.quote[4] = 2;
    assert_int_equal(
        kc_quote_json_from_report(kc_bytes_of(seed.quote, seed.quote_len - 1), &json, NULL),
        KC_ERR_MALFORMED);
    free(out);
    free(text);
    kc_quote_json_clear(&seed);
}

static void test_trailing_in_report(void **state)
{
    (void)state;
    size_t len = 0;
    struct kc_quote_json json;
    uint8_t *report = test_seed_quote(&len);
    uint8_t *longer = calloc(1, len + 1);
    memcpy(longer, report, len);
    longer[8]++;
    assert_int_equal(kc_quote_json_from_report(kc_bytes_of(longer, len + 1), &json, NULL),
                     KC_ERR_MALFORMED);
    free(longer);
    free(report);
}

#define H32     "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define H16     "00112233445566778899aabbccddeeff"
#define TYPE    "\"Type\":2,"
#define ENCLAVE "\"MrEnclaveHex\":\"" H32 "\","
#define SIGNER  "\"MrSignerHex\":\"" H32 "\","
#define PRODUCT "\"ProductIdHex\":\"" H16 "\","
#define SVN     "\"SecurityVersion\":1,"
#define FLAGS   "\"Attributes\":3,"
#define QUOTE   "\"QuoteHex\":\"0102\""
#define HELD    ",\"EnclaveHeldDataHex\":\"\""
#define FRONT   TYPE ENCLAVE SIGNER PRODUCT SVN FLAGS

static const struct {
    const char *name;
    const char *text;
    enum kc_err want;
    const char *says; /* part of the error's text */
} cases[] = {
    {"all keys", "{" FRONT QUOTE HELD "}", KC_OK, ""},
    {"no held data", "{" FRONT QUOTE "}", KC_OK, ""},
    {"another order", "{" QUOTE "," TYPE ENCLAVE SIGNER PRODUCT FLAGS "\"SecurityVersion\":0}",
     KC_OK, ""},
    {"white space", " \r\n\t{ " FRONT QUOTE " }\n", KC_OK, ""},
    {"empty quote", "{" FRONT "\"QuoteHex\":\"\"}", KC_OK, ""},

    {"nothing", "", KC_ERR_MALFORMED, "not valid JSON"},
    {"cut", "{" FRONT QUOTE, KC_ERR_MALFORMED, "not valid JSON"},
    {"trailing text", "{" FRONT QUOTE "} x", KC_ERR_MALFORMED, "not valid JSON"},
    {"two objects", "{" FRONT QUOTE "}{}", KC_ERR_MALFORMED, "not valid JSON"},
    {"not UTF-8", "{\"Type\":\"\xff\"}", KC_ERR_MALFORMED, "not valid JSON"},
    {"an array", "[]", KC_ERR_MALFORMED, "not an object"},
    {"a number", "7", KC_ERR_MALFORMED, "not an object"},
    {"null", "null", KC_ERR_MALFORMED, "not an object"},

    {"no Type", "{" ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"Type\" is missing"},
    {"no MrEnclaveHex", "{" TYPE SIGNER PRODUCT SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"MrEnclaveHex\" is missing"},
    {"no MrSignerHex", "{" TYPE ENCLAVE PRODUCT SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"MrSignerHex\" is missing"},
    {"no ProductIdHex", "{" TYPE ENCLAVE SIGNER SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"ProductIdHex\" is missing"},
    {"no SecurityVersion", "{" TYPE ENCLAVE SIGNER PRODUCT FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"SecurityVersion\" is missing"},
    {"no Attributes", "{" TYPE ENCLAVE SIGNER PRODUCT SVN QUOTE "}", KC_ERR_MALFORMED,
     "\"Attributes\" is missing"},
    {"no QuoteHex", "{" TYPE ENCLAVE SIGNER PRODUCT SVN "\"Attributes\":3}", KC_ERR_MALFORMED,
     "\"QuoteHex\" is missing"},

    {"unknown key", "{" FRONT QUOTE ",\"Extra\":1}", KC_ERR_MALFORMED, "a key other than"},
    {"key in other case", "{" FRONT "\"quoteHex\":\"\"}", KC_ERR_MALFORMED, "a key other than"},
    {"Type twice", "{" TYPE FRONT QUOTE "}", KC_ERR_MALFORMED, "\"Type\" stands twice"},
    {"QuoteHex twice", "{" FRONT QUOTE "," QUOTE "}", KC_ERR_MALFORMED,
     "\"QuoteHex\" stands twice"},
    {"held data twice", "{" FRONT QUOTE HELD HELD "}", KC_ERR_MALFORMED,
     "\"EnclaveHeldDataHex\" stands twice"},
    {"unknown twice", "{\"x\":1,\"x\":1}", KC_ERR_MALFORMED, "a key stands twice"},
    {"hidden twice", "{" FRONT QUOTE ",\"\\u0054ype\":2}", KC_ERR_MALFORMED, "stands twice"},

    {"Type 1", "{\"Type\":1," ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}", KC_ERR_UNSUPPORTED,
     "\"Type\" is not 2"},
    {"Type as text", "{\"Type\":\"2\"," ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"Type\" is not a whole"},
    {"Type real", "{\"Type\":2.0," ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"Type\" is not a whole"},
    {"Type negative", "{\"Type\":-2," ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}", KC_ERR_MALFORMED,
     "\"Type\" is not a whole"},
    {"Type + 2^32", "{\"Type\":4294967298," ENCLAVE SIGNER PRODUCT SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"Type\" is not a whole"},
    {"version null", "{" TYPE ENCLAVE SIGNER PRODUCT FLAGS "\"SecurityVersion\":null," QUOTE "}",
     KC_ERR_MALFORMED, "\"SecurityVersion\" is not a whole"},
    {"attributes of 2^63",
     "{" TYPE ENCLAVE SIGNER PRODUCT SVN "\"Attributes\":9223372036854775808," QUOTE "}",
     KC_ERR_MALFORMED, "out of range"},
    {"attributes of 2^63 - 1",
     "{" TYPE ENCLAVE SIGNER PRODUCT SVN "\"Attributes\":9223372036854775807," QUOTE "}", KC_OK,
     ""},
    {"MrEnclaveHex short", "{" TYPE "\"MrEnclaveHex\":\"00\"," SIGNER PRODUCT SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"MrEnclaveHex\" is not 64"},
    {"MrEnclaveHex long",
     "{" TYPE "\"MrEnclaveHex\":\"" H32 "00\"," SIGNER PRODUCT SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"MrEnclaveHex\" is not 64"},
    {"MrSignerHex a number", "{" TYPE ENCLAVE "\"MrSignerHex\":7," PRODUCT SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"MrSignerHex\" is not 64"},
    {"ProductIdHex no hex",
     "{" TYPE ENCLAVE SIGNER
     "\"ProductIdHex\":\"0g112233445566778899aabbccddeeff\"," SVN FLAGS QUOTE "}",
     KC_ERR_MALFORMED, "\"ProductIdHex\" is not 32"},
    {"QuoteHex odd", "{" FRONT "\"QuoteHex\":\"012\"}", KC_ERR_MALFORMED, "\"QuoteHex\" is not"},
    {"QuoteHex spaced", "{" FRONT "\"QuoteHex\":\"01 2\"}", KC_ERR_MALFORMED,
     "\"QuoteHex\" is not"},
    {"QuoteHex a list", "{" FRONT "\"QuoteHex\":[]}", KC_ERR_MALFORMED, "\"QuoteHex\" is not"},
    {"held data null", "{" FRONT QUOTE ",\"EnclaveHeldDataHex\":null}", KC_ERR_MALFORMED,
     "\"EnclaveHeldDataHex\" is not"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kc_error error;
        enum kc_err err = decode(cases[i].text, &error);
        if (err != cases[i].want || error.code != err || strstr(error.what, cases[i].says) == NULL)
            fail_msg("%s: %s (%s)", cases[i].name, kc_error_name(err), error.what);
    }
}

/* No held data is one thing, held data of no bytes another. */
static void test_empty_held_data(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct kc_quote_json json;
        size_t len = 0;
        char *out = NULL;
        const char *text = with != 0 ? "{" FRONT QUOTE HELD "}" : "{" FRONT QUOTE "}";
        assert_int_equal(kc_quote_json_decode(kc_bytes_of_text(text), &json, NULL), KC_OK);
        assert_int_equal(json.held_data != NULL, with);
        assert_int_equal(kc_quote_json_encode(&json, &out, &len, NULL), KC_OK);
        assert_int_equal(strstr(out, "EnclaveHeldDataHex") != NULL, with);
        free(out);
        kc_quote_json_clear(&json);
    }
}

static void test_embedded_nul(void **state)
{
    (void)state;
    static const char text[] = "{" FRONT QUOTE "}\0";
    struct kc_quote_json json;
    assert_int_equal(kc_quote_json_decode(kc_bytes_of(text, sizeof text - 1), &json, NULL),
                     KC_ERR_MALFORMED);
}

static void test_limits(void **state)
{
    (void)state;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_quote_json json = {.attributes = (uint64_t)INT64_MAX + 1};
    size_t len = 0;
    char *out = NULL;
    assert_int_equal(kc_quote_json_encode(&json, &out, &len, &error), KC_ERR_ARGUMENT);
    char *large = malloc(KC_QUOTE_JSON_MAX_SIZE + 1);
    memset(large, ' ', KC_QUOTE_JSON_MAX_SIZE + 1);
    memcpy(large, "{" FRONT QUOTE "}", strlen("{" FRONT QUOTE "}"));
    struct kc_bytes text = kc_bytes_of(large, KC_QUOTE_JSON_MAX_SIZE);
    assert_int_equal(kc_quote_json_decode(text, &json, NULL), KC_OK);
    kc_quote_json_clear(&json);
    text.len++;
    error = KC_ERROR_NONE;
    assert_int_equal(kc_quote_json_decode(text, &json, &error), KC_ERR_MALFORMED);
    assert_non_null(strstr(error.what, "larger"));
    memset(large, '[', 40);
    text.len = 100000;
    error = KC_ERROR_NONE;
    assert_int_equal(kc_quote_json_decode(text, &json, &error), KC_ERR_MALFORMED);
    assert_non_null(strstr(error.what, "nested"));
    free(large);
}

static const struct {
    const char *text;
    size_t depth;
} depths[] = {
    {"", 0},
    {"1", 0},
    {"[]", 1},
    {"[[]]", 2},
    {"[][]", 1},
    {"{\"a\":[{}]}", 3},
    {"\"[[[\"", 0},
    {"[\"\\\"[[[\"]", 1},
    {"[\"\\\\\",[]]", 2},
    {"\"\\", 0},
    {"]]][", 1},
    {"[[[", 3},
};

static void test_depths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        struct kc_bytes text = kc_bytes_of_text(depths[i].text);
        if (kc_json_depth_exceeds(text, depths[i].depth))
            fail_msg("'%s' is deeper", depths[i].text);
        if (depths[i].depth > 0 && !kc_json_depth_exceeds(text, depths[i].depth - 1))
            fail_msg("'%s' is not as deep", depths[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_both_ways),
        cmocka_unit_test(test_from_report),
        cmocka_unit_test(test_trailing_in_report),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_empty_held_data),
        cmocka_unit_test(test_embedded_nul),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_depths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
