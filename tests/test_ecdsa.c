#include "verify/ecdsa.h"

#include <jansson.h>
#include <openssl/err.h>

#include "base/hex.h"
#include "test.h"

/* RFC 6979, A.2.5: P-256, SHA-256, message "sample". */
static const char *const rfc_key =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char *const rfc_signature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
/* The same with n - s, as valid: what is signed must not lean on the signature's bytes. */
static const char *const other_s =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9";

#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define MAX   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define RFC_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC_R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define RFC_S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static const struct {
    const char *name;
    const char *key; /* NULL: the RFC's */
    const char *message;
    const char *signature;
    bool want;
} cases[] = {
    {"good", NULL, "sample", RFC_R RFC_S, true},
    {"other message", NULL, "samplf", RFC_R RFC_S, false},
    {"empty message", NULL, "", RFC_R RFC_S, false},
    {"r zero", NULL, "sample", ZERO RFC_S, false},
    {"s zero", NULL, "sample", RFC_R ZERO, false},
    {"both zero", NULL, "sample", ZERO ZERO, false},
    {"r and s one", NULL, "sample", ONE ONE, false},
    {"r is the order", NULL, "sample", ORDER RFC_S, false},
    {"s is the order", NULL, "sample", RFC_R ORDER, false},
    {"both all ones", NULL, "sample", MAX MAX, false},
    {"swapped", NULL, "sample", RFC_S RFC_R, false},
    {"key is no point", RFC_X ONE, "sample", RFC_R RFC_S, false},
    {"key is zero", ZERO ZERO, "sample", RFC_R RFC_S, false},
    {"key's x is the prime", PRIME RFC_X, "sample", RFC_R RFC_S, false},
    {"key is all ones", MAX MAX, "sample", RFC_R RFC_S, false},
};

static void from_hex(const char *hex, uint8_t *out, size_t n)
{
    size_t len = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(hex), (struct kc_room){out, n}, &len), KC_OK);
    assert_int_equal(len, n);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t key[64];
        uint8_t signature[64];
        from_hex(cases[i].key != NULL ? cases[i].key : rfc_key, key, sizeof key);
        from_hex(cases[i].signature, signature, sizeof signature);
        if (kc_ecdsa_p256_verify(key, kc_bytes_of_text(cases[i].message), signature) !=
            cases[i].want)
            fail_msg("%s", cases[i].name);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

/* Errors that were there before stay; those of a refused key do not join them. */
static void test_error_queue(void **state)
{
    (void)state;
    uint8_t zeros[64] = {0};
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1);
    unsigned long before = ERR_peek_last_error();
    assert_false(kc_ecdsa_p256_is_point(zeros));
    assert_false(kc_ecdsa_p256_verify(zeros, kc_bytes_of(NULL, 0), zeros));
    assert_int_equal(ERR_peek_last_error(), before);
    ERR_get_error();
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_points(void **state)
{
    (void)state;
    static const char *const none[] = {RFC_X ONE, ZERO ZERO, PRIME RFC_X, MAX MAX, ZERO ONE};
    uint8_t key[64];
    from_hex(rfc_key, key, sizeof key);
    assert_true(kc_ecdsa_p256_is_point(key));
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        from_hex(none[i], key, sizeof key);
        assert_false(kc_ecdsa_p256_is_point(key));
    }
}

/* Every bit of key and signature counts. */
static void test_bits(void **state)
{
    (void)state;
    uint8_t key[64];
    uint8_t signature[64];
    from_hex(rfc_key, key, sizeof key);
    from_hex(other_s, signature, sizeof signature);
    struct kc_bytes message = kc_bytes_of_text("sample");
    assert_true(kc_ecdsa_p256_verify(key, message, signature));
    from_hex(rfc_signature, signature, sizeof signature);
    for (size_t bit = 0; bit < 512; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        key[bit / 8] ^= mask;
        assert_false(kc_ecdsa_p256_verify(key, message, signature));
        key[bit / 8] ^= mask;
        signature[bit / 8] ^= mask;
        assert_false(kc_ecdsa_p256_verify(key, message, signature));
        signature[bit / 8] ^= mask;
    }
    assert_true(kc_ecdsa_p256_verify(key, message, signature));
}

/* FIPS 180-4 examples. */
static void test_sha256(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        const char *want;
    } hashes[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    for (size_t i = 0; i < COUNT_OF(hashes); i++) {
        uint8_t want[32];
        uint8_t got[32];
        from_hex(hashes[i].want, want, sizeof want);
        assert_true(kc_sha256(kc_bytes_of_text(hashes[i].message), got));
        assert_memory_equal(got, want, sizeof want);
    }
}

/* One case; those whose signature is not 64 octets do not even get here through our types. */
static bool wycheproof_accepts(const char *key_hex, const json_t *test)
{
    uint8_t key[65];
    uint8_t signature[64];
    uint8_t message[512];
    size_t len = 0;
    const char *sig = json_string_value(json_object_get(test, "sig"));
    const char *msg = json_string_value(json_object_get(test, "msg"));
    struct kc_room room = {message, sizeof message};
    if (strlen(sig) != 2 * sizeof signature)
        return false;
    from_hex(key_hex, key, sizeof key);
    from_hex(sig, signature, sizeof signature);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(msg), room, &len), KC_OK);
    return kc_ecdsa_p256_verify(key + 1, kc_bytes_of(message, len), signature);
}

static void test_wycheproof(void **state)
{
    (void)state;
    size_t i = 0;
    size_t k = 0;
    size_t count = 0;
    json_t *group = NULL;
    json_t *test = NULL;
    json_t *all =
        json_load_file(SHARED_VECTOR("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"), 0, NULL);
    if (all == NULL)
        skip();
    json_array_foreach(json_object_get(all, "testGroups"), i, group)
    {
        const json_t *public_key = json_object_get(group, "publicKey");
        const char *key = json_string_value(json_object_get(public_key, "uncompressed"));
        json_array_foreach(json_object_get(group, "tests"), k, test)
        {
            const char *result = json_string_value(json_object_get(test, "result"));
            if (wycheproof_accepts(key, test) != (strcmp(result, "valid") == 0))
                fail_msg("case %lld", (long long)json_integer_value(json_object_get(test, "tcId")));
            count++;
        }
    }
    assert_int_equal(count, json_integer_value(json_object_get(all, "numberOfTests")));
    printf("%zu cases\n", count);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_error_queue),
        cmocka_unit_test(test_points), cmocka_unit_test(test_bits),
        cmocka_unit_test(test_sha256), cmocka_unit_test(test_wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
