#include "verify/ecdsa_p384.h"

#include <jansson.h>
#include <openssl/err.h>

#include "base/hex.h"
#include "test.h"

/* RFC 6979, A.2.6: P-384, SHA-384, message "sample". */
#define RFC_X                                                                                      \
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"                             \
    "def8f0ea9055866064a254515480bc13"
#define RFC_Y                                                                                      \
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"                             \
    "288b231c3ae0d4fe7344fd2533264720"
#define RFC_R                                                                                      \
    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"                             \
    "81a648152e44acf96e36dd1e80fabe46"
#define RFC_S                                                                                      \
    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"                             \
    "a329c145786e679e7b82c71a38628ac8"
#define ZERO                                                                                       \
    "0000000000000000000000000000000000000000000000000000000000000000"                             \
    "00000000000000000000000000000000"
#define ONE                                                                                        \
    "0000000000000000000000000000000000000000000000000000000000000000"                             \
    "00000000000000000000000000000001"
#define ORDER                                                                                      \
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"                             \
    "581a0db248b0a77aecec196accc52973"
#define PRIME                                                                                      \
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"                             \
    "ffffffff0000000000000000ffffffff"
#define MAX                                                                                        \
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"                             \
    "ffffffffffffffffffffffffffffffff"

static const struct {
    const char *name;
    const char *key;
    const char *message;
    const char *signature;
    bool want;
} cases[] = {
    {"good", RFC_X RFC_Y, "sample", RFC_R RFC_S, true},
    {"other message", RFC_X RFC_Y, "samplf", RFC_R RFC_S, false},
    {"r zero", RFC_X RFC_Y, "sample", ZERO RFC_S, false},
    {"s zero", RFC_X RFC_Y, "sample", RFC_R ZERO, false},
    {"both zero", RFC_X RFC_Y, "sample", ZERO ZERO, false},
    {"r is the order", RFC_X RFC_Y, "sample", ORDER RFC_S, false},
    {"s is the order", RFC_X RFC_Y, "sample", RFC_R ORDER, false},
    {"both all ones", RFC_X RFC_Y, "sample", MAX MAX, false},
    {"swapped", RFC_X RFC_Y, "sample", RFC_S RFC_R, false},
    {"key is no point", RFC_X ONE, "sample", RFC_R RFC_S, false},
    {"key is zero", ZERO ZERO, "sample", RFC_R RFC_S, false},
    {"key's x is the prime", PRIME RFC_Y, "sample", RFC_R RFC_S, false},
};

static void from_hex(const char *hex, uint8_t *out, size_t n)
{
    size_t len = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(hex), (struct kc_room){out, n}, &len), KC_OK);
    assert_int_equal(len, n);
}

/* Errors that were there before stay; those of a refused key do not join them. */
static void test_cases(void **state)
{
    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1);
    unsigned long before = ERR_peek_last_error();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t key[96];
        uint8_t signature[96];
        from_hex(cases[i].key, key, sizeof key);
        from_hex(cases[i].signature, signature, sizeof signature);
        if (kc_ecdsa_p384_verify(key, kc_bytes_of_text(cases[i].message), signature) !=
            cases[i].want)
            fail_msg("%s", cases[i].name);
        assert_int_equal(ERR_peek_last_error(), before);
    }
    ERR_clear_error();
}

/* FIPS 180-4 example. */
static void test_sha384(void **state)
{
    (void)state;
    uint8_t want[48];
    uint8_t got[48];
    from_hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
             "8086072ba1e7cc2358baeca134c825a7",
             want, sizeof want);
    assert_true(kc_sha384(kc_bytes_of_text("abc"), got));
    assert_memory_equal(got, want, sizeof want);
}

/* One case; those whose signature is not 96 octets do not even get here through our types. */
static bool wycheproof_accepts(const char *key_hex, const json_t *test)
{
    uint8_t key[97];
    uint8_t signature[96];
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
    return kc_ecdsa_p384_verify(key + 1, kc_bytes_of(message, len), signature);
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
        json_load_file(SHARED_VECTOR("wycheproof/ecdsa_secp384r1_sha384_p1363_test.json"), 0, NULL);
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
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_sha384),
        cmocka_unit_test(test_wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
