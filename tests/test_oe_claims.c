#include "base/hex.h"
#include "formats/oe_claims.h"
#include "test.h"

/* {"a": 01 02 03}, {"nonce": "ABCD"}, as Open Enclave's own serialiser writes them. */
#define UPSTREAM                                                                                   \
    "01000000000000000200000000000000"                                                             \
    "020000000000000003000000000000006100010203"                                                   \
    "060000000000000004000000000000006e6f6e63650041424344"

#define HEAD(count) "0100000000000000" count "00000000000000"
#define A_SIZES     "02000000000000000100000000000000"

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
} cases[] = {
    {"two claims", UPSTREAM, KC_OK},
    {"none", HEAD("00"), KC_OK},
    {"empty name", HEAD("01") "0100000000000000010000000000000000ff", KC_OK},
    {"empty value", HEAD("01") "020000000000000000000000000000006100", KC_OK},
    {"empty", "", KC_ERR_MALFORMED},
    {"15 bytes", "010000000000000000000000000000", KC_ERR_MALFORMED},
    {"version 0", "00000000000000000000000000000000", KC_ERR_UNSUPPORTED},
    {"version 2", "02000000000000000000000000000000", KC_ERR_UNSUPPORTED},
    {"33 claims", HEAD("21"), KC_ERR_UNSUPPORTED},
    {"2^64 - 1 claims", "0100000000000000ffffffffffffffff", KC_ERR_UNSUPPORTED},
    {"one claim missing", HEAD("02") A_SIZES "610001", KC_ERR_MALFORMED},
    {"trailing byte", UPSTREAM "00", KC_ERR_MALFORMED},
    {"trailing byte after none", HEAD("00") "00", KC_ERR_MALFORMED},
    {"name without room", HEAD("01") "0000000000000000010000000000000001", KC_ERR_MALFORMED},
    {"name without NUL", HEAD("01") A_SIZES "616201", KC_ERR_MALFORMED},
    {"NUL inside a name", HEAD("01") "03000000000000000100000000000000610000ff", KC_ERR_MALFORMED},
    {"name twice", HEAD("02") A_SIZES "610001" A_SIZES "610002", KC_ERR_MALFORMED},
    {"name size huge", HEAD("01") "ffffffffffffffff01000000000000006100", KC_ERR_MALFORMED},
    {"value size huge", HEAD("01") "0200000000000000ffffffffffffffff6100", KC_ERR_MALFORMED},
    {"sizes that wrap", HEAD("01") "0200000000000000feffffffffffffff6100", KC_ERR_MALFORMED},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t in[128];
        uint8_t out[128];
        size_t n = 0;
        struct kc_error error = KC_ERROR_NONE;
        struct kc_oe_claims claims;
        struct kc_room room = {in, sizeof in};
        assert_int_equal(kc_hex_decode(kc_bytes_of_text(cases[i].hex), room, &n), KC_OK);
        enum kc_err err = kc_oe_claims_decode(kc_bytes_of(in, n), &claims, &error);
        if (err != cases[i].want || error.code != err)
            fail_msg("%s: %s (%s)", cases[i].name, kc_error_name(err), error.what);
        if (err != KC_OK)
            continue;
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_oe_claims_encode(&w, &claims);
        assert_int_equal(w.len, n);
        assert_memory_equal(out, in, n);
    }
}

static void test_find(void **state)
{
    (void)state;
    uint8_t in[128];
    size_t n = 0;
    struct kc_oe_claims claims;
    struct kc_room room = {in, sizeof in};
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(UPSTREAM), room, &n), KC_OK);
    assert_int_equal(kc_oe_claims_decode(kc_bytes_of(in, n), &claims, NULL), KC_OK);
    assert_int_equal(claims.count, 2);
    assert_memory_equal(kc_oe_claims_find(&claims, "nonce")->value.ptr, "ABCD", 4);
    assert_int_equal(kc_oe_claims_find(&claims, "a")->value.len, 3);
    assert_null(kc_oe_claims_find(&claims, "nonc"));
    assert_null(kc_oe_claims_find(&claims, ""));
}

/* As many as there is room for, both ways. */
static void test_most(void **state)
{
    (void)state;
    uint8_t out[2048];
    char names[KC_OE_CLAIMS_MAX + 1][3];
    struct kc_oe_claims claims = {0};
    struct kc_oe_claims back;
    for (int i = 0; i < KC_OE_CLAIMS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "%02d", i);
        claims.claim[claims.count++] =
            (struct kc_oe_claim){kc_bytes_of_text(names[i]), kc_bytes_of(names[i], 3)};
    }
    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_oe_claims_encode(&w, &claims);
    assert_int_equal(kc_oe_claims_decode(kc_writer_written(&w), &back, NULL), KC_OK);
    assert_int_equal(back.count, KC_OE_CLAIMS_MAX);
    assert_memory_equal(kc_oe_claims_find(&back, "31")->value.ptr, "31", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
