/* Which certificates pass for the service identity's own: one deviation a row, made by OpenSSL. */
#include "pki.h"
#include "ratls/certificate.h"

#define CA    "critical,CA:TRUE,pathlen:0"
#define USAGE "critical,keyCertSign"

static const struct {
    const char *name;
    struct pki_spec spec;
    enum kc_err want;
    const char *what; /* in the reason */
} rows[] = {
    {"good", {.basic_constraints = CA, .key_usage = USAGE}, KC_OK, ""},
    {"P-384",
     {.key = PKI_P384, .basic_constraints = CA, .key_usage = USAGE},
     KC_ERR_REFUSED,
     "P-256"},
    {"RSA", {.key = PKI_RSA, .basic_constraints = CA, .key_usage = USAGE}, KC_ERR_REFUSED, "P-256"},
    {"no basic constraints", {.key_usage = USAGE}, KC_ERR_REFUSED, "path length"},
    {"no CA",
     {.basic_constraints = "critical,CA:FALSE", .key_usage = USAGE},
     KC_ERR_REFUSED,
     "path length"},
    {"path length 1",
     {.basic_constraints = "critical,CA:TRUE,pathlen:1", .key_usage = USAGE},
     KC_ERR_REFUSED,
     "path length"},
    {"any path length",
     {.basic_constraints = "critical,CA:TRUE", .key_usage = USAGE},
     KC_ERR_REFUSED,
     "path length"},
    {"constraints that a reader may skip",
     {.basic_constraints = "CA:TRUE,pathlen:0", .key_usage = USAGE},
     KC_ERR_REFUSED,
     "path length"},
    {"no key usage", {.basic_constraints = CA}, KC_ERR_REFUSED, "key usage"},
    {"another key usage",
     {.basic_constraints = CA, .key_usage = "critical,digitalSignature"},
     KC_ERR_REFUSED,
     "key usage"},
    {"one key usage more",
     {.basic_constraints = CA, .key_usage = "critical,keyCertSign,cRLSign"},
     KC_ERR_REFUSED,
     "key usage"},
    {"something critical and unknown",
     {.basic_constraints = CA, .key_usage = USAGE, .more_oid = "1.2.3.4", .more_critical = true},
     KC_ERR_REFUSED,
     "critical"},
    {"something unknown",
     {.basic_constraints = CA, .key_usage = USAGE, .more_oid = "1.2.3.4"},
     KC_OK,
     ""},
};

static void test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pki_spec spec = rows[i].spec;
        uint8_t *spki = NULL;
        uint8_t *der = NULL;
        uint8_t kms_id[KC_RATLS_HASH_SIZE];
        struct kc_error error = KC_ERROR_NONE;
        spec.subject = spec.issuer = "Service";
        spec.digest = "SHA256";
        spec.not_before = "20260101000000Z";
        spec.not_after = "99991231235959Z";
        EVP_PKEY *key = pki_make_key(spec.key);
        X509 *x = pki_issue(&spec, key, key);
        int spki_len = i2d_PUBKEY(key, &spki);
        int len = i2d_X509(x, &der);
        assert_true(spki_len > 0 && len > 0);
        assert_int_equal(kc_ratls_key_hash(kc_bytes_of(spki, (size_t)spki_len), kms_id), KC_OK);
        enum kc_err err = kc_ratls_service_check(kc_bytes_of(der, (size_t)len), kms_id, &error);
        if (err != rows[i].want || strstr(error.what, rows[i].what) == NULL)
            fail_msg("%s: %s (%s)", rows[i].name, kc_error_name(err), error.what);
        kms_id[31] ^= 1;
        assert_int_equal(kc_ratls_service_check(kc_bytes_of(der, (size_t)len), kms_id, NULL),
                         KC_ERR_REFUSED);
        OPENSSL_free(spki);
        OPENSSL_free(der);
        X509_free(x);
        EVP_PKEY_free(key);
    }
}

static enum kc_err sign(void *context, struct kc_bytes message, uint8_t signature[64])
{
    (void)context, (void)message;
    memset(signature, 1, 64); /* nobody verifies it here */
    return KC_OK;
}

static const struct {
    int64_t not_before;
    enum kc_err want;
} times[] = {
    {INT64_MIN, KC_ERR_ARGUMENT}, {-1, KC_ERR_ARGUMENT},           {0, KC_OK},
    {253402300799, KC_OK},        {253402300800, KC_ERR_ARGUMENT}, {INT64_MAX, KC_ERR_ARGUMENT},
};

static void test_write(void **state)
{
    (void)state;
    uint8_t der[1024];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    uint8_t kms_id[KC_RATLS_HASH_SIZE];
    static const uint8_t point[64] = {1};
    const struct kc_ratls_signer signer = {point, sign, NULL};
    kc_ratls_spki_of_p256(point, spki);
    assert_int_equal(kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), kms_id), KC_OK);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        size_t n = 0;
        assert_int_equal(kc_ratls_service_write(&signer, times[i].not_before,
                                                (struct kc_room){der, sizeof der}, &n, NULL),
                         times[i].want);
        if (times[i].want != KC_OK)
            continue;
        assert_int_equal(kc_ratls_service_check(kc_bytes_of(der, n), kms_id, NULL), KC_OK);
        assert_int_equal(kc_ratls_service_check(kc_bytes_of(der, n - 1), kms_id, NULL),
                         KC_ERR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
