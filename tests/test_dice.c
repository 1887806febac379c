#include "base/hex.h"
#include "formats/certificate.h"
#include "formats/dice.h"
#include "test.h"

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, cap}, &n), KC_OK);
    return n;
}

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
} evidence[] = {
    {"quote and claims", "d9ea608243aabbcc41a0", KC_OK},
    {"both empty", "d9ea60824040", KC_OK},
    {"nothing", "", KC_ERR_MALFORMED},
    {"no tag", "824040", KC_ERR_MALFORMED},
    {"tag in long form", "da0000ea60824040", KC_ERR_MALFORMED},
    {"tag 60001", "d9ea61824040", KC_ERR_UNSUPPORTED},
    {"librats' SEV-SNP", "da001a7504824040", KC_ERR_UNSUPPORTED},
    {"one item", "d9ea608140", KC_ERR_MALFORMED},
    {"three items", "d9ea6083404040", KC_ERR_MALFORMED},
    {"indefinite array", "d9ea609f4040ff", KC_ERR_MALFORMED},
    {"claims missing", "d9ea608240", KC_ERR_MALFORMED},
    {"quote as text", "d9ea60826040", KC_ERR_MALFORMED},
    {"quote cut", "d9ea608243aabb", KC_ERR_MALFORMED},
    {"length in long form", "d9ea60825801aa40", KC_ERR_MALFORMED},
    {"trailing byte", "d9ea6082404000", KC_ERR_MALFORMED},
};

static void test_evidence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(evidence); i++) {
        uint8_t in[64];
        uint8_t out[64];
        struct kc_error error = KC_ERROR_NONE;
        struct kc_dice_evidence decoded;
        size_t n = unhex(evidence[i].hex, in, sizeof in);
        enum kc_err err = kc_dice_evidence_decode(kc_bytes_of(in, n), &decoded, &error);
        if (err != evidence[i].want || error.code != err)
            fail_msg("%s: %s (%s)", evidence[i].name, kc_error_name(err), error.what);
        if (err != KC_OK)
            continue;
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_dice_evidence_encode(&w, &decoded);
        assert_int_equal(w.len, n);
        assert_memory_equal(out, in, n);
    }
}

#define SPKI_HASH  "5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3"
#define HASH_ENTRY "82015820" SPKI_HASH
#define KMS_ID     "8b424149d270a4605f243b8df32c3357e255642c791d44c2c5f5a0b1f77c2f69"
#define CERT_CLAIMS                                                                                \
    "a3666b6d732d69645820" KMS_ID "676b6d732d637478526b6d732d7261746c732f31207365727665726b707562" \
    "6b65792d686173685824" HASH_ENTRY
#define FRESH_CLAIMS                                                                               \
    "a5656e6f6e63655820000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f666b6d73"   \
    "2d69645820" KMS_ID                                                                            \
    "676b6d732d637478526b6d732d7261746c732f31207365727665726a746c732d62696e6465725820adffb50514fc" \
    "776b0024fac483e77a2a8108b8fe5ba1a9bc4cf039a20cdec7256b7075626b65792d686173685824" HASH_ENTRY
#define X16                                                                                        \
    "616140616240616340616440616540616640616740616840616940616a40616b40616c40616d40616e40616f4061" \
    "7040"

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
    size_t count;
} claims[] = {
    {"none", "a0", KC_OK, 0},
    {"Gramine's", "a16b7075626b65792d686173685824" HASH_ENTRY, KC_OK, 1},
    {"kms-ratls/1 certificate", CERT_CLAIMS, KC_OK, 3},
    {"kms-ratls/1 fresh", FRESH_CLAIMS, KC_OK, 5},
    {"keys not sorted", "a2616240616140", KC_OK, 2},
    {"sixteen", "b0" X16, KC_OK, 16},
    {"seventeen", "b1" X16 "617140", KC_ERR_UNSUPPORTED, 0},
    {"2^64 - 1", "bbffffffffffffffff", KC_ERR_UNSUPPORTED, 0},
    {"nothing", "", KC_ERR_MALFORMED, 0},
    {"an array", "80", KC_ERR_MALFORMED, 0},
    {"indefinite", "bf616140ff", KC_ERR_MALFORMED, 0},
    {"a pair missing", "a2616140", KC_ERR_MALFORMED, 0},
    {"a value missing", "a16161", KC_ERR_MALFORMED, 0},
    {"key twice", "a2616140616140", KC_ERR_MALFORMED, 0},
    {"key twice, other value", "a3616141016162406161410f", KC_ERR_MALFORMED, 0},
    {"key in long form", "a17801616140", KC_ERR_MALFORMED, 0},
    {"key a number", "a10140", KC_ERR_MALFORMED, 0},
    {"key bytes", "a1416140", KC_ERR_MALFORMED, 0},
    {"key not UTF-8", "a161ff40", KC_ERR_MALFORMED, 0},
    {"value a number", "a1616101", KC_ERR_MALFORMED, 0},
    {"value text", "a1616160", KC_ERR_MALFORMED, 0},
    {"trailing byte", "a161614000", KC_ERR_MALFORMED, 0},
};

static void test_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(claims); i++) {
        uint8_t in[256];
        struct kc_error error = KC_ERROR_NONE;
        struct kc_dice_claims decoded;
        size_t n = unhex(claims[i].hex, in, sizeof in);
        enum kc_err err = kc_dice_claims_decode(kc_bytes_of(in, n), &decoded, &error);
        if (err != claims[i].want || error.code != err)
            fail_msg("%s: %s (%s)", claims[i].name, kc_error_name(err), error.what);
        if (err == KC_OK)
            assert_int_equal(decoded.count, claims[i].count);
    }
}

static void test_kms_claims(void **state)
{
    (void)state;
    static const char *const names[] = {"nonce", "kms-id", "kms-ctx", "tls-binder", "pubkey-hash"};
    uint8_t in[256];
    uint8_t want[32];
    uint64_t algorithm = 0;
    struct kc_bytes hash = {0};
    struct kc_dice_claims decoded;
    size_t n = unhex(FRESH_CLAIMS, in, sizeof in);
    assert_int_equal(n, 204);
    assert_int_equal(kc_dice_claims_decode(kc_bytes_of(in, n), &decoded, NULL), KC_OK);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_true(kc_bytes_equal(decoded.claim[i].name, kc_bytes_of_text(names[i])));
    assert_true(kc_bytes_equal(decoded.claim[2].value, kc_bytes_of_text("kms-ratls/1 server")));
    assert_int_equal(kc_dice_hash_entry_decode(decoded.claim[4].value, &algorithm, &hash, NULL),
                     KC_OK);
    assert_int_equal(algorithm, 1);
    unhex(SPKI_HASH, want, sizeof want);
    assert_memory_equal(hash.ptr, want, 32);
}

static const struct {
    const char *name;
    const char *head;
    size_t hash_len;
    enum kc_err want;
} entries[] = {
    {"SHA-256", "82015820", 32, KC_OK},
    {"SHA-384", "82075830", 48, KC_OK},
    {"SHA-512", "82085840", 64, KC_OK},
    {"SHA-256 of 31", "8201581f", 31, KC_ERR_MALFORMED},
    {"SHA-256 of 48", "82015830", 48, KC_ERR_MALFORMED},
    {"SHA-384 of 32", "82075820", 32, KC_ERR_MALFORMED},
    {"SHA-512 of 63", "8208583f", 63, KC_ERR_MALFORMED},
    {"SHA-256 of none", "820140", 0, KC_ERR_MALFORMED},
    {"truncated SHA-256", "820250", 16, KC_ERR_UNSUPPORTED},
    {"SHA3-256", "820a5820", 32, KC_ERR_UNSUPPORTED},
    {"algorithm in long form", "8218015820", 32, KC_ERR_MALFORMED},
    {"three items", "83015820", 32, KC_ERR_MALFORMED},
    {"one item", "8101", 0, KC_ERR_MALFORMED},
    {"cut", "82015820", 31, KC_ERR_MALFORMED},
    {"trailing byte", "82015820", 33, KC_ERR_MALFORMED},
    {"nothing", "", 0, KC_ERR_MALFORMED},
};

static void test_hash_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        uint8_t in[80] = {0};
        uint64_t algorithm = 99;
        struct kc_bytes hash = {NULL, 99};
        size_t n = unhex(entries[i].head, in, sizeof in) + entries[i].hash_len;
        enum kc_err err = kc_dice_hash_entry_decode(kc_bytes_of(in, n), &algorithm, &hash, NULL);
        if (err != entries[i].want)
            fail_msg("%s: %s", entries[i].name, kc_error_name(err));
        assert_int_equal(hash.len, err == KC_OK ? entries[i].hash_len : 99);
        assert_int_equal(algorithm == 99, err != KC_OK);
    }
}

/* Certificates that others made; README.md beside them says what each is. */
static const struct {
    const char *path;
    size_t count;
    bool good;
} certificates[] = {
    {SHARED_VECTOR("ratls/attack_oracle.der"), 1, true},
    {SHARED_VECTOR("ratls/bad_dup_pubkey_hash.der"), 0, false},
    {SHARED_VECTOR("ratls/bad_dup_rev.der"), 0, false},
    {SHARED_VECTOR("ratls/bad_no_pubkey_hash.der"), 1, true},
    {SHARED_VECTOR("ratls/both.der"), 1, true},
    {SHARED_VECTOR("ratls/crit_ext.der"), 1, true},
    {SHARED_VECTOR("ratls/kms_cert.der"), 3, true},
    {SHARED_VECTOR("ratls/kms_fresh.der"), 5, true},
    {SHARED_VECTOR("ratls/ok_p256_sha256.der"), 1, true},
    {SHARED_VECTOR("ratls/ok_p384_sha384.der"), 1, true},
    {SHARED_VECTOR("ratls/ok_sha512_nonce.der"), 2, true},
    {SHARED_VECTOR("ratls/rsa_like_p521.der"), 1, true},
};

static void test_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(certificates); i++) {
        const char *path = certificates[i].path;
        size_t n = 0;
        bool critical = false;
        struct kc_certificate certificate;
        struct kc_bytes value = {0};
        struct kc_dice_evidence decoded;
        struct kc_dice_claims found;
        uint8_t *der = test_read_file(path, &n);
        if (der == NULL)
            skip();
        struct kc_error error = KC_ERROR_NONE;
        if (kc_certificate_decode(kc_bytes_of(der, n), &certificate, &error) != KC_OK)
            fail_msg("%s: %s at %zu", path, error.what, (size_t)error.at);
        assert_true(kc_certificate_find_extension(
            &certificate, kc_bytes_of(kc_dice_oid, sizeof kc_dice_oid), &value, &critical));
        assert_int_equal(critical, strstr(path, "crit_ext") != NULL);
        assert_int_equal(kc_dice_evidence_decode(value, &decoded, NULL), KC_OK);
        enum kc_err err = kc_dice_claims_decode(decoded.claims, &found, NULL);
        if ((err == KC_OK) != certificates[i].good)
            fail_msg("%s: %s", path, kc_error_name(err));
        if (err == KC_OK)
            assert_int_equal(found.count, certificates[i].count);
        free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence),     cmocka_unit_test(test_claims),
        cmocka_unit_test(test_kms_claims),   cmocka_unit_test(test_hash_entries),
        cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
