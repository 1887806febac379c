#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "api.h"
#include "base/base64.h"

#define AES "/generate-aes-key"
#define RSA "/generate-rsa-key-pair"

static void aes_key(struct test_api *t, enum kc_http_method method, uint8_t out[32])
{
    size_t len = 0;
    struct test_ask ask = {.method = method, .path = AES};
    assert_int_equal(test_api_ask(t, &ask), 200);
    assert_int_equal(json_object_size(t->answer), 2);
    assert_string_equal(test_api_text(t->answer, "encoding"), "base64");
    assert_int_equal(kc_base64_decode(KC_BASE64,
                                      kc_bytes_of_text(test_api_text(t->answer, "aes_key")),
                                      (struct kc_room){out, 32}, &len),
                     KC_OK);
    assert_int_equal(len, 32);
    assert_int_equal(t->x.write_count + t->x.read_count, 0);
}

static void test_aes(void **state)
{
    (void)state;
    struct test_api t;
    uint8_t a[32];
    uint8_t b[32];
    test_api_setup(&t);
    aes_key(&t, KC_HTTP_GET, a);
    aes_key(&t, KC_HTTP_POST, b);
    assert_memory_not_equal(a, b, sizeof a);
    test_api_teardown(&t);
}

static const struct {
    const char *path;
    const char *body;
    const char *error;
} bad[] = {
    {AES, "{\"bits\":128}", "bits: 256"},
    {AES, "{\"bits\":\"x\"}", "bits: 256"},
    {AES, "[", "JSON: an object is expected here"},
    {RSA, "{\"bits\":1024}", "bits: 2048, 3072 or 4096"},
    {RSA, "{\"bits\":2049}", "bits: 2048, 3072 or 4096"},
    {RSA, "{\"bits\":8192}", "bits: 2048, 3072 or 4096"},
    {RSA, "{\"bits\":true}", "bits: 2048, 3072 or 4096"},
    {RSA, "{\"bits\":2048", "JSON: no comma or end where one must be"},
};

/* Refused by the plan: nothing slow is begun. */
static void test_bad(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (test_api_post(&t, bad[i].path, bad[i].body, NULL) != 400)
            fail_msg("%s", bad[i].body);
        assert_string_equal(test_api_error(&t), bad[i].error);
    }
    test_api_teardown(&t);
}

static EVP_PKEY *read_pem(const char *pem, bool is_private)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(key);
    return key;
}

static void rsa_pair(struct test_api *t, const char *body, int bits)
{
    assert_int_equal(test_api_post(t, RSA, body, NULL), 200);
    assert_int_equal(json_object_size(t->answer), 3);
    assert_string_equal(test_api_text(t->answer, "encoding"), "plaintext");
    const char *public_pem = test_api_text(t->answer, "public_key");
    const char *private_pem = test_api_text(t->answer, "private_key");
    assert_memory_equal(public_pem, "-----BEGIN PUBLIC KEY-----\n", 27);
    assert_memory_equal(private_pem, "-----BEGIN PRIVATE KEY-----\n", 28);
    EVP_PKEY *public_key = read_pem(public_pem, false);
    EVP_PKEY *private_key = read_pem(private_pem, true);
    assert_int_equal(EVP_PKEY_get_bits(private_key), bits);
    assert_int_equal(EVP_PKEY_eq(public_key, private_key), 1);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(private_key, NULL);
    assert_int_equal(EVP_PKEY_pairwise_check(context), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    EVP_PKEY_free(private_key);
}

static void test_rsa(void **state)
{
    (void)state;
    struct test_api t;
    test_api_setup(&t);
    rsa_pair(&t, "", 2048);
    rsa_pair(&t, "{\"bits\":\"3072\"}", 3072);
    rsa_pair(&t, "{\"bits\":4096}", 4096);
    test_api_teardown(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aes),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_rsa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
