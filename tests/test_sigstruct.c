#include "test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "image/sign_image.h"
#include "image/sigstruct.h"

static char *key_pem; /* RSA-3072, exponent 3, made once */

static const struct kc_sign_config production = {.heap_pages = 1,
                                                 .stack_pages = 1,
                                                 .tcs_count = 1,
                                                 .isv_prod_id = 0x1234,
                                                 .isv_svn = 7,
                                                 .date = 0x20260102};

static EVP_PKEY *generate(const char *type, int bits, unsigned exponent)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    if (strcmp(type, "RSA") == 0) {
        BIGNUM *e = BN_new();
        assert_int_equal(BN_set_word(e, exponent), 1);
        assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) > 0);
        assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
        BN_free(e);
    }
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The text that `bio` holds; frees it and the key. */
static char *text_of(BIO *bio, EVP_PKEY *key)
{
    char *data = NULL;
    long n = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)n);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return text;
}

static char *private_pem(EVP_PKEY *key, const char *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_256_cbc();
    const int n = passphrase == NULL ? 0 : (int)strlen(passphrase);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, n, NULL, NULL), 1);
    return text_of(bio, key);
}

static char *public_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    return text_of(bio, key);
}

static EVP_PKEY *own_key(void)
{
    BIO *bio = BIO_new_mem_buf(key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(key);
    return key;
}

static int make_key(void **state)
{
    (void)state;
    key_pem = private_pem(generate("RSA", 3072, 3), NULL);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    free(key_pem);
    return 0;
}

static void make(bool debug, uint8_t out[KC_SIGSTRUCT_SIZE])
{
    struct kc_sign_config config = production;
    struct kc_sigstruct in = {0};
    uint8_t mrenclave[32];
    config.debug = debug;
    memset(mrenclave, 0x5a, sizeof mrenclave);
    kc_sign_image_describe(&config, 0x20200101, mrenclave, &in);
    assert_int_equal(kc_sigstruct_sign(&in, kc_bytes_of_text(key_pem), out, NULL), KC_OK);
}

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[KC_SIGSTRUCT_SIZE];
    uint8_t hash[32];
    struct kc_sigstruct found = {0};
    make(false, bytes);
    assert_int_equal(kc_sigstruct_decode(kc_bytes_of(bytes, sizeof bytes), &found, NULL), KC_OK);
    assert_int_equal(found.date, 0x20260102);
    assert_int_equal(found.misc_select, 0);
    assert_int_equal(found.misc_mask, UINT32_MAX);
    assert_int_equal(found.attributes.flags, KC_SGX_FLAG_MODE64BIT);
    assert_int_equal(found.attributes.xfrm, 7);
    assert_true(found.attribute_mask.flags == UINT64_MAX); /* DEBUG fixed to 0 */
    assert_true(found.attribute_mask.xfrm == UINT64_MAX);
    assert_int_equal(found.mrenclave[31], 0x5a);
    assert_int_equal(found.isv_prod_id, 0x1234);
    assert_int_equal(found.isv_svn, 7);
    assert_int_equal(EVP_Digest(bytes + 128, 384, hash, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(found.mrsigner, hash, sizeof hash);
    make(true, bytes);
    assert_int_equal(kc_sigstruct_decode(kc_bytes_of(bytes, sizeof bytes), &found, NULL), KC_OK);
    assert_true(found.attribute_mask.flags == ~(uint64_t)KC_SGX_FLAG_DEBUG);
}

static void test_deterministic(void **state)
{
    (void)state;
    uint8_t a[KC_SIGSTRUCT_SIZE];
    uint8_t b[KC_SIGSTRUCT_SIZE];
    make(false, a);
    make(false, b);
    assert_memory_equal(a, b, sizeof a);
}

/* OpenSSL's verification, which knows nothing of q1 and q2. */
static bool openssl_accepts(const uint8_t *sigstruct)
{
    uint8_t covered[256];
    uint8_t signature[384];
    memcpy(covered, sigstruct, 128);
    memcpy(covered + 128, sigstruct + 900, 128);
    for (size_t i = 0; i < sizeof signature; i++)
        signature[i] = sigstruct[516 + sizeof signature - 1 - i];
    EVP_PKEY *key = own_key();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestVerify(ctx, signature, sizeof signature, covered, sizeof covered) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok;
}

static bool is_signed_or_signature(size_t at)
{
    return at < 128 || (at >= 516 && at < 1028);
}

/* One bit in every byte. Only SWDEFINED may be anything, and it is signed. */
static void test_bit_flips(void **state)
{
    (void)state;
    uint8_t bytes[KC_SIGSTRUCT_SIZE];
    make(false, bytes);
    assert_true(openssl_accepts(bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        struct kc_sigstruct found = {0};
        bytes[i] ^= (uint8_t)(1u << i % 8);
        if (kc_sigstruct_decode(kc_bytes_of(bytes, sizeof bytes), &found, NULL) == KC_OK)
            fail_msg("accepted with byte %zu changed", i);
        if (is_signed_or_signature(i))
            assert_false(openssl_accepts(bytes));
        assert_true(kc_bytes_are_zero(kc_bytes_of(&found, sizeof found)));
        bytes[i] ^= (uint8_t)(1u << i % 8);
    }
}

static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum kc_err want;
    const char *what;
} bad_bytes[] = {
    {"header", 0, 7, KC_ERR_MALFORMED, "header is not"},
    {"vendor", 17, 1, KC_ERR_MALFORMED, "vendor"},
    {"date: no digit", 20, 0x0a, KC_ERR_MALFORMED, "date"},
    {"date: month 13", 21, 0x13, KC_ERR_MALFORMED, "date"},
    {"date: day 32", 20, 0x32, KC_ERR_MALFORMED, "date"},
    {"date: day 0", 20, 0, KC_ERR_MALFORMED, "date"},
    {"second header", 24, 2, KC_ERR_MALFORMED, "second header"},
    {"swdefined", 40, 1, KC_ERR_REFUSED, "does not hold"},
    {"reserved", 44, 1, KC_ERR_MALFORMED, "reserved"},
    {"reserved's end", 127, 1, KC_ERR_MALFORMED, "reserved"},
    {"modulus of fewer bits", 511, 0x7f, KC_ERR_REFUSED, "does not hold"},
    {"modulus even", 128, 0, KC_ERR_REFUSED, "does not hold"},
    {"exponent", 512, 5, KC_ERR_MALFORMED, "exponent"},
    {"signature beyond the modulus", 899, 0xff, KC_ERR_REFUSED, "does not hold"},
    {"CET", 908, 1, KC_ERR_MALFORMED, "CET"},
    {"family", 912, 1, KC_ERR_MALFORMED, "ISVFAMILYID"},
    {"reserved behind MRENCLAVE", 992, 1, KC_ERR_MALFORMED, "reserved"},
    {"extended product", 1008, 1, KC_ERR_MALFORMED, "ISVEXTPRODID"},
    {"reserved behind SVN", 1028, 1, KC_ERR_MALFORMED, "reserved"},
    {"svn", 1026, 8, KC_ERR_REFUSED, "does not hold"},
    {"mrenclave", 960, 0, KC_ERR_REFUSED, "does not hold"},
};

static void test_refused(void **state)
{
    (void)state;
    uint8_t good[KC_SIGSTRUCT_SIZE];
    make(false, good);
    for (size_t i = 0; i < COUNT_OF(bad_bytes); i++) {
        uint8_t bytes[KC_SIGSTRUCT_SIZE];
        struct kc_sigstruct found = {0};
        struct kc_error error = KC_ERROR_NONE;
        memcpy(bytes, good, sizeof bytes);
        bytes[bad_bytes[i].at] = bad_bytes[i].value;
        enum kc_err got = kc_sigstruct_decode(kc_bytes_of(bytes, sizeof bytes), &found, &error);
        if (got != bad_bytes[i].want || strstr(error.what, bad_bytes[i].what) == NULL)
            fail_msg("%s: %s, %s", bad_bytes[i].name, kc_error_name(got), error.what);
    }
}

static void test_lengths(void **state)
{
    (void)state;
    uint8_t bytes[KC_SIGSTRUCT_SIZE + 1] = {0};
    struct kc_sigstruct found = {0};
    make(false, bytes);
    for (size_t n = 0; n <= sizeof bytes; n += n < 1800 ? 100 : 1) {
        enum kc_err want = n == KC_SIGSTRUCT_SIZE ? KC_OK : KC_ERR_MALFORMED;
        assert_int_equal(kc_sigstruct_decode(kc_bytes_of(bytes, n), &found, NULL), want);
    }
}

static void refuse_key(const char *name, char *pem, const char *what)
{
    uint8_t out[KC_SIGSTRUCT_SIZE] = {0};
    struct kc_sigstruct in = {.date = 0x20260101};
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err got = kc_sigstruct_sign(&in, kc_bytes_of_text(pem), out, &error);
    if (got != KC_ERR_MALFORMED || strstr(error.what, what) == NULL)
        fail_msg("%s: %s, %s", name, kc_error_name(got), error.what);
    assert_true(kc_bytes_are_zero(kc_bytes_of(out, sizeof out)));
    free(pem);
}

static void test_keys_refused(void **state)
{
    (void)state;
    refuse_key("empty", strdup(""), "empty");
    refuse_key("no PEM", strdup("hello\n"), "openssl genrsa -3");
    refuse_key("2048 bits", private_pem(generate("RSA", 2048, 3), NULL), "3072 bits");
    refuse_key("exponent", private_pem(generate("RSA", 3072, 65537), NULL), "exponent is not 3");
    refuse_key("another kind", private_pem(generate("ED25519", 0, 0), NULL), "3072 bits");
    refuse_key("public", public_pem(own_key()), "public key only");
    refuse_key("encrypted", private_pem(own_key(), "secret"), "encrypted");
    char *cut = strdup(key_pem);
    cut[strlen(cut) / 2] = '\0';
    refuse_key("cut off", cut, "no PEM private key");
    char *large = calloc(1, 70000);
    memset(large, 'x', 69999);
    refuse_key("too large", large, "too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_bit_flips),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lengths),    cmocka_unit_test(test_keys_refused),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
