#include "ratls/claims.h"
#include "ratls_vectors.h"

#define NONCE_HEX_15 "0102030405060708090a0b0c0d0e0f"
#define NONCE_HEX_64 V_EXPORTED V_KMS_ID
#define FRESH_REST   P_KMS_ID P_SERVER P_BINDER P_KEY_HASH

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
    enum kc_ratls_context context;
    bool fresh;
    size_t nonce_len;
} maps[] = {
    {"server, certificate", V_CERT_CLAIMS, KC_OK, KC_RATLS_SERVER, false, 0},
    {"server, fresh", V_FRESH_CLAIMS, KC_OK, KC_RATLS_SERVER, true, 32},
    {"client, certificate", "a3" P_KMS_ID P_CLIENT P_KEY_HASH, KC_OK, KC_RATLS_CLIENT, false, 0},
    {"client, fresh", "a5" P_NONCE P_KMS_ID P_CLIENT P_BINDER P_KEY_HASH, KC_OK, KC_RATLS_CLIENT,
     true, 32},
    {"release", "a6" P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH P_WRAP, KC_OK, KC_RATLS_RELEASE,
     true, 32},
    {"import", "a6" P_NONCE P_KMS_ID P_IMPORT P_BINDER P_KEY_HASH P_WRAP, KC_OK, KC_RATLS_IMPORT,
     true, 32},
    {"nonce of 16", "a5656e6f6e636550ff" NONCE_HEX_15 FRESH_REST, KC_OK, KC_RATLS_SERVER, true, 16},
    {"nonce of 64", "a5656e6f6e63655840" NONCE_HEX_64 FRESH_REST, KC_OK, KC_RATLS_SERVER, true, 64},
    {"release of the longest nonce",
     "a6656e6f6e63655840" NONCE_HEX_64 P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH P_WRAP, KC_OK,
     KC_RATLS_RELEASE, true, 64},

    {"nonce of 15", "a5656e6f6e63654f" NONCE_HEX_15 FRESH_REST, KC_ERR_MALFORMED, 0, false, 0},
    {"nonce of 65", "a5656e6f6e63655841" NONCE_HEX_64 "00" FRESH_REST, KC_ERR_MALFORMED, 0, false,
     0},
    {"nonce of none", "a5656e6f6e636540" FRESH_REST, KC_ERR_MALFORMED, 0, false, 0},
    {"nonce as text",
     "a5656e6f6e636570"
     "41414141414141414141414141414141" FRESH_REST,
     KC_ERR_MALFORMED, 0, false, 0},
    {"nonce's length in long form", "a5656e6f6e6365590020" V_NONCE FRESH_REST, KC_ERR_MALFORMED, 0,
     false, 0},
    {"kms-id of 31", "a3666b6d732d6964581f" NONCE_HEX_15 NONCE_HEX_15 "00" P_SERVER P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"kms-id of 33", "a3666b6d732d69645821" V_KMS_ID "00" P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"tls-binder of 31",
     "a5" P_NONCE P_KMS_ID P_SERVER "6a746c732d62696e646572581f" NONCE_HEX_15 NONCE_HEX_15
     "00" P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"tls-binder of 33",
     "a5" P_NONCE P_KMS_ID P_SERVER "6a746c732d62696e6465725821" V_BINDER "00" P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"pubkey-hash without its algorithm",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d686173685820" V_KEY_HASH, KC_ERR_MALFORMED, 0, false,
     0},
    {"pubkey-hash of another algorithm",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d68617368582482025820" V_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"pubkey-hash by SHA-384",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d68617368583482075830" V_KEY_HASH
     "00000000000000000000000000000000",
     KC_ERR_MALFORMED, 0, false, 0},
    {"pubkey-hash with a byte more",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d68617368582582015820" V_KEY_HASH "00",
     KC_ERR_MALFORMED, 0, false, 0},
    {"pubkey-hash with a byte less",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d68617368582382015820" NONCE_HEX_15 NONCE_HEX_15 "00",
     KC_ERR_MALFORMED, 0, false, 0},
    {"wrap-key-hash with a byte less",
     "a6" P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH
     "6d777261702d6b65792d68617368582382015820" NONCE_HEX_15 NONCE_HEX_15 "00",
     KC_ERR_MALFORMED, 0, false, 0},
    {"wrap-key-hash with a byte more",
     "a6" P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH
     "6d777261702d6b65792d68617368582582015820" V_EXPORTED "00",
     KC_ERR_MALFORMED, 0, false, 0},
    {"pubkey-hash as an array",
     "a3" P_KMS_ID P_SERVER "6b7075626b65792d6861736882015820" V_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"wrap-key-hash of another algorithm",
     "a6" P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH
     "6d777261702d6b65792d68617368582482025820" V_EXPORTED,
     KC_ERR_MALFORMED, 0, false, 0},

    {"without nonce", "a4" FRESH_REST, KC_ERR_MALFORMED, 0, false, 0},
    {"without tls-binder", "a4" P_NONCE P_KMS_ID P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0, false,
     0},
    {"without kms-id", "a2" P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"without kms-ctx", "a2" P_KMS_ID P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"without pubkey-hash", "a2" P_KMS_ID P_SERVER, KC_ERR_MALFORMED, 0, false, 0},
    {"Gramine's: pubkey-hash alone", "a1" P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"nonce alone: a quote of the caller's bytes", "a1" P_NONCE, KC_ERR_MALFORMED, 0, false, 0},
    {"three of them, nonce for kms-id", "a3" P_NONCE P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"five of them, one not ours",
     "a5" P_NONCE P_KMS_ID P_SERVER "69757365722d6461746140" P_KEY_HASH, KC_ERR_MALFORMED, 0, false,
     0},
    {"an empty map", "a0", KC_ERR_MALFORMED, 0, false, 0},
    {"release without wrap-key-hash", "a5" P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"import without wrap-key-hash", "a5" P_NONCE P_KMS_ID P_IMPORT P_BINDER P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"release in a certificate", "a4" P_KMS_ID P_RELEASE P_KEY_HASH P_WRAP, KC_ERR_MALFORMED, 0,
     false, 0},
    {"release in a certificate, three keys", "a3" P_KMS_ID P_RELEASE P_KEY_HASH, KC_ERR_MALFORMED,
     0, false, 0},
    {"server with wrap-key-hash", "a6" P_NONCE P_KMS_ID P_SERVER P_BINDER P_KEY_HASH P_WRAP,
     KC_ERR_MALFORMED, 0, false, 0},
    {"a key more", "a4" P_KMS_ID P_SERVER P_KEY_HASH P_WRAP, KC_ERR_MALFORMED, 0, false, 0},
    {"a key twice", "a4" P_KMS_ID P_SERVER P_KEY_HASH P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"a key twice for another", "a3" P_KMS_ID P_KEY_HASH P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"not sorted", "a3" P_SERVER P_KMS_ID P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"not sorted, fresh", "a5" P_KMS_ID P_NONCE P_SERVER P_BINDER P_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"wrap-key-hash first", "a6" P_WRAP P_NONCE P_KMS_ID P_RELEASE P_BINDER P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"a name that only begins so",
     "a3" P_KMS_ID P_SERVER "6a7075626b65792d686173582482015820" V_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"a name in upper case", "a3664b4d532d49445820" V_KMS_ID P_SERVER P_KEY_HASH, KC_ERR_MALFORMED,
     0, false, 0},
    {"a name as bytes", "a3466b6d732d69645820" V_KMS_ID P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0,
     false, 0},
    {"a name's length in long form", "a378066b6d732d69645820" V_KMS_ID P_SERVER P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"count in long form", "b803" P_KMS_ID P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"indefinite", "bf" P_KMS_ID P_SERVER P_KEY_HASH "ff", KC_ERR_MALFORMED, 0, false, 0},
    {"an array", "83" P_KMS_ID P_SERVER P_KEY_HASH, KC_ERR_MALFORMED, 0, false, 0},
    {"2^64 - 1 pairs", "bbffffffffffffffff", KC_ERR_MALFORMED, 0, false, 0},
    {"a pair less than counted", "a3" P_KMS_ID P_SERVER, KC_ERR_MALFORMED, 0, false, 0},
    {"trailing byte", V_CERT_CLAIMS "00", KC_ERR_MALFORMED, 0, false, 0},
    {"trailing byte, fresh", V_FRESH_CLAIMS "00", KC_ERR_MALFORMED, 0, false, 0},
    {"nothing", "", KC_ERR_MALFORMED, 0, false, 0},

    {"another version",
     "a3" P_KMS_ID "676b6d732d637478526b6d732d7261746c732f3220736572766572" P_KEY_HASH,
     KC_ERR_UNSUPPORTED, 0, false, 0},
    {"another role",
     "a3" P_KMS_ID "676b6d732d637478516b6d732d7261746c732f312070726f7879" P_KEY_HASH,
     KC_ERR_UNSUPPORTED, 0, false, 0},
    {"a context with a NUL",
     "a3" P_KMS_ID "676b6d732d637478536b6d732d7261746c732f312073657276657200" P_KEY_HASH,
     KC_ERR_UNSUPPORTED, 0, false, 0},
    {"a context that only begins so",
     "a3" P_KMS_ID "676b6d732d637478516b6d732d7261746c732f31207365727665" P_KEY_HASH,
     KC_ERR_UNSUPPORTED, 0, false, 0},
    {"a context as text",
     "a3" P_KMS_ID "676b6d732d637478726b6d732d7261746c732f3120736572766572" P_KEY_HASH,
     KC_ERR_MALFORMED, 0, false, 0},
    {"an empty context", "a3" P_KMS_ID "676b6d732d63747840" P_KEY_HASH, KC_ERR_MALFORMED, 0, false,
     0},
};

static void test_decode(void **state)
{
    (void)state;
    size_t longest = 0;
    for (size_t i = 0; i < COUNT_OF(maps); i++) {
        uint8_t in[400];
        uint8_t again[400];
        struct kc_error error = KC_ERROR_NONE;
        struct kc_ratls_claims claims;
        memset(&claims, 0xee, sizeof claims);
        const struct kc_ratls_claims before = claims;
        size_t n = unhex(maps[i].hex, in, sizeof in);
        enum kc_err err = kc_ratls_claims_decode(kc_bytes_of(in, n), &claims, &error);
        if (err != maps[i].want || error.code != err)
            fail_msg("%s: %s (%s)", maps[i].name, kc_error_name(err), error.what);
        if (err != KC_OK) {
            assert_memory_equal(&claims, &before, sizeof claims);
            continue;
        }
        assert_int_equal(claims.context, maps[i].context);
        assert_int_equal(claims.fresh, maps[i].fresh);
        assert_int_equal(claims.nonce_len, maps[i].nonce_len);
        struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
        kc_ratls_claims_encode(&w, &claims);
        if (kc_writer_failed(&w) || w.len != n || memcmp(again, in, n) != 0)
            fail_msg("%s: another encoding", maps[i].name);
        longest = n > longest ? n : longest;
    }
    assert_int_equal(longest, KC_RATLS_CLAIMS_MAX);
}

static struct kc_ratls_claims vector_claims(bool fresh)
{
    struct kc_ratls_claims claims = {.context = KC_RATLS_SERVER, .fresh = fresh};
    unhex(V_KMS_ID, claims.kms_id, sizeof claims.kms_id);
    unhex(V_KEY_HASH, claims.key_hash, sizeof claims.key_hash);
    if (fresh) {
        claims.nonce_len = unhex(V_NONCE, claims.nonce, sizeof claims.nonce);
        unhex(V_BINDER, claims.tls_binder, sizeof claims.tls_binder);
    }
    return claims;
}

static void check_vector(bool fresh, const char *map, size_t size, const char *report_data)
{
    uint8_t want[KC_RATLS_CLAIMS_MAX];
    uint8_t made[KC_RATLS_CLAIMS_MAX];
    uint8_t want_data[KC_RATLS_REPORT_DATA_SIZE];
    uint8_t data[KC_RATLS_REPORT_DATA_SIZE];
    const struct kc_ratls_claims claims = vector_claims(fresh);
    struct kc_writer w = kc_writer_of((struct kc_room){made, sizeof made});
    struct kc_writer counter = KC_WRITER_COUNT;
    kc_ratls_claims_encode(&w, &claims);
    kc_ratls_claims_encode(&counter, &claims);
    assert_int_equal(unhex(map, want, sizeof want), size);
    assert_int_equal(w.len, size);
    assert_int_equal(counter.len, size);
    assert_memory_equal(made, want, size);
    assert_int_equal(kc_ratls_report_data(kc_bytes_of(made, w.len), data), KC_OK);
    unhex(report_data, want_data, sizeof want_data);
    assert_memory_equal(data, want_data, sizeof data);
}

static void test_vectors(void **state)
{
    (void)state;
    check_vector(false, V_CERT_CLAIMS, 119, V_CERT_REPORT_DATA);
    check_vector(true, V_FRESH_CLAIMS, 204, V_FRESH_REPORT_DATA);
}

static void test_binder(void **state)
{
    (void)state;
    uint8_t point[64];
    uint8_t exported[KC_RATLS_EXPORTED_SIZE + 1];
    uint8_t want[KC_RATLS_HASH_SIZE];
    uint8_t want_spki[KC_RATLS_SPKI_SIZE];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    uint8_t out[KC_RATLS_HASH_SIZE] = {0};
    unhex(V_POINT, point, sizeof point);
    unhex(V_EXPORTED "00", exported, sizeof exported);
    kc_ratls_spki_of_p256(point, spki);
    assert_int_equal(unhex(V_SPKI, want_spki, sizeof want_spki), sizeof spki);
    assert_memory_equal(spki, want_spki, sizeof spki);
    assert_int_equal(KC_RATLS_EXPORTER_LABEL_LEN, 25);

    struct kc_bytes key = kc_bytes_of(spki, sizeof spki);
    struct kc_bytes none = kc_bytes_of(NULL, 0);
    assert_int_equal(kc_ratls_binder(key, kc_bytes_of(exported, 31), out), KC_ERR_ARGUMENT);
    assert_int_equal(kc_ratls_binder(key, kc_bytes_of(exported, 33), out), KC_ERR_ARGUMENT);
    assert_int_equal(kc_ratls_binder(key, none, out), KC_ERR_ARGUMENT);
    assert_int_equal(kc_ratls_binder(none, kc_bytes_of(exported, 32), out), KC_ERR_ARGUMENT);
    assert_int_equal(kc_ratls_key_hash(none, out), KC_ERR_ARGUMENT);
    assert_true(kc_bytes_are_zero(kc_bytes_of(out, sizeof out)));
    assert_int_equal(kc_ratls_binder(key, kc_bytes_of(exported, 32), out), KC_OK);
    unhex(V_BINDER, want, sizeof want);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(kc_ratls_key_hash(key, out), KC_OK);
    unhex(V_KEY_HASH, want, sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

/* Claims that have no encoding. */
static const struct {
    const char *name;
    struct kc_ratls_claims claims;
} unwritable[] = {
    {"fresh without nonce", {.context = KC_RATLS_SERVER, .fresh = true}},
    {"nonce of 15", {.context = KC_RATLS_SERVER, .fresh = true, .nonce_len = 15}},
    {"nonce of 65", {.context = KC_RATLS_SERVER, .fresh = true, .nonce_len = 65}},
    {"release that is not fresh", {.context = KC_RATLS_RELEASE}},
    {"import that is not fresh", {.context = KC_RATLS_IMPORT, .nonce_len = 32}},
    {"no context", {.context = KC_RATLS_CONTEXTS}},
};

static void test_encode_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unwritable); i++) {
        struct kc_writer w = KC_WRITER_COUNT;
        kc_ratls_claims_encode(&w, &unwritable[i].claims);
        if (!kc_writer_failed(&w))
            fail_msg("%s: encoded", unwritable[i].name);
    }
    uint8_t room[203];
    const struct kc_ratls_claims claims = vector_claims(true);
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    kc_ratls_claims_encode(&w, &claims);
    assert_true(kc_writer_failed(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_binder),
        cmocka_unit_test(test_encode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
