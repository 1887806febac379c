#include <jansson.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "ear/token.h"
#include "test.h"

/* KC_TEE_COUNT: it is not known what it is. */
static void fill(struct kc_verdict *v, enum kc_tee tee, enum kc_verdict_kind kind)
{
    memset(v, 0, sizeof *v);
    v->kind = kind;
    v->genuine = true;
    v->has_format = tee != KC_TEE_COUNT;
    v->tee = v->has_format ? kc_tee_name(tee) : NULL;
    v->facts.tee = tee;
    v->facts.has_tcb = true;
    v->facts.tcb.is_whole = true;
}

static EVP_PKEY *key_on(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    assert_non_null(key);
    return key;
}

/* The JSON of one part, all of it ASCII: readers need not agree on what else is text. */
static json_t *part_of(const char *text, size_t len)
{
    struct kc_room room = {malloc(len), len};
    size_t n = 0;
    assert_int_equal(kc_base64_decode(KC_BASE64_URL, kc_bytes_of(text, len), room, &n), KC_OK);
    for (size_t i = 0; i < n; i++)
        assert_true(room.ptr[i] < 0x80);
    json_t *json = json_loadb((const char *)room.ptr, n, JSON_REJECT_DUPLICATES, NULL);
    free(room.ptr);
    assert_non_null(json);
    return json;
}

/* By OpenSSL's own reader of r and s. */
static bool is_signed(const char *token, EVP_PKEY *key)
{
    const char *dot = strrchr(token, '.');
    uint8_t raw[64];
    uint8_t *der = NULL;
    size_t n = 0;
    assert_int_equal(kc_base64_decode(KC_BASE64_URL, kc_bytes_of_text(dot + 1),
                                      (struct kc_room){raw, sizeof raw}, &n),
                     KC_OK);
    assert_int_equal(n, 64);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    int der_len = i2d_ECDSA_SIG(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    bool good = EVP_DigestVerify(context, der, (size_t)der_len, (const uint8_t *)token,
                                 (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(context);
    ECDSA_SIG_free(signature);
    OPENSSL_free(der);
    return good;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "(none)" : text;
}

static const struct {
    enum kc_ear_profile profile;
    const char *type;
    const char *name;
    const char *status;
    const char *vector;
    const char *policy;
    const char *verdict;
    bool is_list;
    const char *nonce;
    const char *dice_nonce;
} profiles[] = {
    {KC_EAR_DRAFT, "eat+jwt", "tag:ietf.org,2026:rats/ear#03", "ear_status",
     "ear_trustworthiness_vector", "ear_appraisal_policy_ids", "ear_veraison_policy_claims", true,
     "AAECAwQFBgc", "CAgICAgICAg"},
    {KC_EAR_DRAFT_04, "eat+jwt", "tag:ietf.org,2026:rats/ear#04", "ear_status",
     "ear_trustworthiness_vector", "ear_appraisal_policy_ids", "ear_verifier_claims", true,
     "AAECAwQFBgc", "CAgICAgICAg"},
    {KC_EAR_VERAISON, "JWT", "tag:github.com,2023:veraison/ear", "ear.status",
     "ear.trustworthiness-vector", "ear.appraisal-policy-id", "ear.veraison.policy-claims", false,
     "AAECAwQFBgc=", "CAgICAgICAg="},
};

static void expect_token(const char *token, size_t profile, const char *key_id)
{
    const char *dot = strchr(token, '.');
    json_t *header = part_of(token, (size_t)(dot - token));
    json_t *claims = part_of(dot + 1, (size_t)(strrchr(token, '.') - dot - 1));
    json_t *sgx = json_object_get(json_object_get(claims, "submods"), "SGX");
    json_t *policy = json_object_get(sgx, profiles[profile].policy);
    json_t *verdict = json_object_get(sgx, profiles[profile].verdict);
    assert_string_equal(text_at(header, "alg"), "ES256");
    assert_string_equal(text_at(header, "typ"), profiles[profile].type);
    assert_string_equal(text_at(header, "kid"), key_id);
    assert_int_equal(json_object_size(header), 3);
    assert_string_equal(text_at(claims, "eat_profile"), profiles[profile].name);
    assert_int_equal(json_integer_value(json_object_get(claims, "iat")), 1700000000);
    assert_int_equal(json_integer_value(json_object_get(claims, "exp")), 1700000300);
    assert_string_equal(text_at(claims, "eat_nonce"), profiles[profile].nonce);
    assert_string_equal(text_at(sgx, profiles[profile].status), "affirming");
    assert_int_equal(json_integer_value(json_object_get(verdict, "judged_at")), 1600000000);
    /* The evidence's own, of its DICE claims. */
    assert_string_equal(text_at(sgx, "eat_nonce"), profiles[profile].dice_nonce);
    assert_int_equal(json_object_size(json_object_get(sgx, profiles[profile].vector)), 8);
    if (profiles[profile].is_list)
        policy = json_array_get(policy, 0);
    assert_string_equal(json_string_value(policy), "urn:x");
    json_decref(header);
    json_decref(claims);
}

static void test_token(void **state)
{
    (void)state;
    struct kc_policy policy = kc_policy_default;
    static const uint8_t nonce[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t dice[] = "\xa1\x65nonce\x48\x08\x08\x08\x08\x08\x08\x08\x08";
    EVP_PKEY *key = key_on("P-256");
    EVP_PKEY *other = key_on("P-256");
    char key_id[KC_EAR_KEY_ID_ROOM];
    struct kc_verdict *v = malloc(sizeof *v);
    assert_int_equal(kc_ear_key_id(key, key_id), KC_OK);
    json_t *evidence = json_pack("{s:s}", "custom_claims", "\xc3\xa9");
    fill(v, KC_TEE_SGX, KC_VERDICT_ACCEPTED);
    policy.mrenclave.count = 1;
    v->facts.has_dice_claims = true;
    v->facts.dice_claims = kc_bytes_of(dice, sizeof dice - 1);
    for (size_t i = 0; i < COUNT_OF(profiles); i++) {
        char *token = NULL;
        struct kc_ear_input input = {
            .profile = profiles[i].profile,
            .verdict = v,
            .policy = &policy,
            .policy_id = "urn:x",
            .build = "test 1",
            .judged_at = 1600000000,
            .issued = 1700000000,
            .valid = 300,
            .nonce = kc_bytes_of(nonce, sizeof nonce),
            .evidence = evidence,
        };
        assert_int_equal(kc_ear_sign(&input, key, &token), KC_OK);
        expect_token(token, i, key_id);
        assert_true(is_signed(token, key));
        assert_false(is_signed(token, other));
        token[2] ^= 1;
        assert_false(is_signed(token, key));
        free(token);
    }
    json_decref(evidence);
    free(v);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}

/* All lengths, and one beyond each end. */
static void test_nonces(void **state)
{
    (void)state;
    static const uint8_t nonce[KC_EAR_NONCE_MAX + 1] = {0};
    struct kc_verdict *v = malloc(sizeof *v);
    fill(v, KC_TEE_SGX, KC_VERDICT_ACCEPTED);
    for (size_t n = KC_EAR_NONCE_MIN - 1; n <= KC_EAR_NONCE_MAX + 1; n++) {
        for (size_t i = 0; i < COUNT_OF(profiles); i++) {
            struct kc_ear_input input = {.profile = profiles[i].profile,
                                         .verdict = v,
                                         .policy = &kc_policy_default,
                                         .policy_id = "p",
                                         .build = "b",
                                         .nonce = kc_bytes_of(nonce, n)};
            bool padded = profiles[i].profile == KC_EAR_VERAISON;
            json_t *claims = kc_ear_claims(&input);
            if (n < KC_EAR_NONCE_MIN || n > KC_EAR_NONCE_MAX)
                assert_null(claims);
            else
                assert_int_equal(strlen(text_at(claims, "eat_nonce")),
                                 padded ? (n + 2) / 3 * 4 : (n * 4 + 2) / 3);
            json_decref(claims);
        }
    }
    free(v);
}

/* Whatever a caller gives: evidence that is not genuine has no claims. */
static void test_no_claims_unless_genuine(void **state)
{
    (void)state;
    static const struct {
        enum kc_tee tee;
        const char *label;
        enum kc_verdict_kind kind;
        bool genuine;
    } cases[] = {
        {KC_TEE_SGX, "SGX", KC_VERDICT_ACCEPTED, true},
        {KC_TEE_TDX, "TDX", KC_VERDICT_REFUSED, true},
        {KC_TEE_SNP, "SNP", KC_VERDICT_UNJUDGED, true},
        {KC_TEE_SGX, "SGX", KC_VERDICT_UNJUDGED, false},
        {KC_TEE_TDX, "TDX", KC_VERDICT_INVALID, false},
        {KC_TEE_COUNT, "evidence", KC_VERDICT_INVALID, false},
    };
    struct kc_verdict *v = malloc(sizeof *v);
    json_t *evidence = json_pack("{s:s}", "mrenclave", "11");
    static const uint8_t dice[] = "\xa1\x65nonce\x48\x08\x08\x08\x08\x08\x08\x08\x08";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fill(v, cases[i].tee, cases[i].kind);
        v->genuine = cases[i].genuine;
        v->facts.has_dice_claims = true;
        v->facts.dice_claims = kc_bytes_of(dice, sizeof dice - 1);
        struct kc_ear_input input = {.verdict = v,
                                     .policy = &kc_policy_default,
                                     .policy_id = "p",
                                     .build = "b",
                                     .evidence = evidence};
        json_t *claims = kc_ear_claims(&input);
        json_t *submods = json_object_get(claims, "submods");
        json_t *appraisal = json_object_get(submods, cases[i].label);
        if (appraisal == NULL || json_object_size(submods) != 1)
            fail_msg("case %zu: no %s alone", i, cases[i].label);
        assert_int_equal(json_object_get(appraisal, "ear_veraison_annotated_evidence") != NULL,
                         cases[i].genuine);
        assert_int_equal(json_object_get(appraisal, "eat_nonce") != NULL, cases[i].genuine);
        json_decref(claims);
    }
    json_decref(evidence);
    free(v);
}

/* The key of RFC 9449, section 6.1, and its thumbprint there. */
#define RFC9449_X  "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
#define RFC9449_Y  "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
#define RFC9449_ID "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static EVP_PKEY *key_of(const char *x, const char *y)
{
    uint8_t point[65] = {4};
    const char *const numbers[] = {x, y};
    EVP_PKEY *key = NULL;
    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        struct kc_room room = {point + 1 + 32 * i, 32};
        assert_int_equal(kc_base64_decode(KC_BASE64_URL, kc_bytes_of_text(numbers[i]), room, &n),
                         KC_OK);
        assert_int_equal(n, 32);
    }
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void test_public_key(void **state)
{
    (void)state;
    char id[KC_EAR_KEY_ID_ROOM];
    char *text = NULL;
    EVP_PKEY *key = key_of(RFC9449_X, RFC9449_Y);
    assert_int_equal(kc_ear_key_id(key, id), KC_OK);
    assert_string_equal(id, RFC9449_ID);
    assert_int_equal(kc_ear_key_set(key, &text), KC_OK);
    assert_string_equal(text, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC9449_X
                              "\",\"y\":\"" RFC9449_Y "\",\"alg\":\"ES256\",\"use\":\"sig\","
                              "\"kid\":\"" RFC9449_ID "\"}]}");
    free(text);
    EVP_PKEY_free(key);
}

static char *pem_of(EVP_PKEY *key, bool secret, const char *passphrase)
{
    BIO *out = BIO_new(BIO_s_mem());
    if (secret)
        PEM_write_bio_PrivateKey(out, key, passphrase == NULL ? NULL : EVP_aes_128_cbc(),
                                 (const unsigned char *)passphrase,
                                 passphrase == NULL ? 0 : (int)strlen(passphrase), NULL, NULL);
    else
        PEM_write_bio_PUBKEY(out, key);
    char *bytes = NULL;
    long len = BIO_get_mem_data(out, &bytes);
    char *pem = strndup(bytes, (size_t)len);
    BIO_free(out);
    return pem;
}

/* With half of its public point, as some programs write it. */
static char *compressed_pem(void)
{
    EVP_PKEY *key = key_on("P-256");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                                    "compressed"),
                     1);
    char *pem = pem_of(key, true, NULL);
    EVP_PKEY_free(key);
    return pem;
}

static void test_keys(void **state)
{
    (void)state;
    EVP_PKEY *p256 = key_on("P-256");
    EVP_PKEY *p384 = key_on("P-384");
    EVP_PKEY *k256 = key_on("secp256k1");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    const struct {
        const char *name;
        char *pem;
        const char *want; /* part of what is said; NULL: it is taken */
    } keys[] = {
        {"P-256", pem_of(p256, true, NULL), NULL},
        {"P-256, compressed", compressed_pem(), NULL},
        {"P-256, encrypted", pem_of(p256, true, "x"), "encrypted"},
        {"P-256, public", pem_of(p256, false, NULL), "public key only"},
        {"P-384", pem_of(p384, true, NULL), "not an EC key on P-256"},
        {"secp256k1", pem_of(k256, true, NULL), "not an EC key on P-256"},
        {"RSA", pem_of(rsa, true, NULL), "not an EC key on P-256"},
        {"text", strdup("hello"), "no private key in PEM"},
        {"nothing", strdup(""), "empty"},
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        EVP_PKEY *key = NULL;
        struct kc_error error = KC_ERROR_NONE;
        enum kc_err err = kc_ear_key_read(kc_bytes_of_text(keys[i].pem), &key, &error);
        if ((err == KC_OK) != (keys[i].want == NULL) || (key != NULL) != (err == KC_OK))
            fail_msg("%s: %d", keys[i].name, (int)err);
        if (err != KC_OK && strstr(error.what, keys[i].want) == NULL)
            fail_msg("%s: %s", keys[i].name, error.what);
        char id[KC_EAR_KEY_ID_ROOM];
        assert_true(key == NULL || kc_ear_key_id(key, id) == KC_OK);
        EVP_PKEY_free(key);
        free(keys[i].pem);
    }
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(k256);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(p256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_no_claims_unless_genuine),
        cmocka_unit_test(test_public_key),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
