#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/hex.h"
#include "base/pem.h"
#include "core/crypto.h"
#include "core/rsa_public_key.h"
#include "test.h"

static struct kc_rsa_key *new_key(void)
{
    struct kc_rsa_key *key = NULL;
    assert_int_equal(kc_crypto_rsa_generate(&key), KC_OK);
    return key;
}

/* Our DER and PEM against OpenSSL's. */
static void test_public_key_is_openssls(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key->pair), 1);
    long len = BIO_get_mem_data(bio, &text);
    assert_int_equal(len, 451);
    assert_memory_equal(key->pem, text, (size_t)len);
    assert_true(kc_bytes_are_zero(kc_bytes_of(key->pem + len, sizeof key->pem - (size_t)len)));
    assert_int_equal(EVP_PKEY_get_bits(key->pair), 2048);
    BIO_free(bio);
    kc_crypto_rsa_free(key);
}

static void test_hash_is_of_the_whole_buffer(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    uint8_t hash[32];
    assert_int_equal(EVP_Digest(key->pem, 512, hash, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(key->pem_hash, hash, sizeof hash);
    kc_crypto_rsa_free(key);
}

static void test_sha256(void **unused)
{
    (void)unused;
    uint8_t hash[32];
    char text[65];
    assert_int_equal(kc_crypto_sha256((struct kc_bytes){NULL, 0}, hash), KC_OK);
    kc_hex_encode_lower(kc_bytes_of(hash, sizeof hash), text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_oaep_round_trip(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    struct kc_error error = KC_ERROR_NONE;
    uint8_t plain[191];
    uint8_t cipher[256];
    uint8_t back[256];
    size_t cipher_len = 0;
    size_t len = 0;
    struct kc_bytes pem = kc_bytes_of(key->pem, sizeof key->pem);
    memset(plain, 0x5a, sizeof plain);
    static const size_t lengths[] = {0, 1, 32, 190};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        assert_int_equal(kc_crypto_rsa_oaep_encrypt(pem, kc_bytes_of(plain, lengths[i]),
                                                    (struct kc_room){cipher, 256}, &cipher_len,
                                                    &error),
                         KC_OK);
        assert_int_equal(cipher_len, 256);
        assert_int_equal(kc_crypto_rsa_oaep_decrypt(key->pair, kc_bytes_of(cipher, 256),
                                                    (struct kc_room){back, 256}, &len),
                         KC_OK);
        assert_int_equal(len, lengths[i]);
        assert_memory_equal(back, plain, len);
    }
    assert_int_equal(kc_crypto_rsa_oaep_encrypt(pem, kc_bytes_of(plain, 191),
                                                (struct kc_room){cipher, 256}, &cipher_len, &error),
                     KC_ERR_ARGUMENT);
    assert_int_equal(error.at, 190);
    assert_int_equal(kc_crypto_rsa_oaep_encrypt(pem, kc_bytes_of(plain, 1),
                                                (struct kc_room){cipher, 255}, &cipher_len, NULL),
                     KC_ERR_ROOM);
    kc_crypto_rsa_free(key);
}

/* Whatever is wrong with the ciphertext: one code, and nothing left in the room. */
static void test_decrypt_says_nothing(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    uint8_t cipher[257];
    uint8_t out[256];
    size_t len = 77;
    static const size_t lengths[] = {0, 1, 255, 256, 257};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memset(cipher, 0x11, sizeof cipher);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(kc_crypto_rsa_oaep_decrypt(key->pair, kc_bytes_of(cipher, lengths[i]),
                                                    (struct kc_room){out, sizeof out}, &len),
                         KC_ERR_REFUSED);
        assert_int_equal(len, 77);
        assert_true(kc_bytes_are_zero(kc_bytes_of(out, sizeof out)));
    }
    kc_crypto_rsa_free(key);
}

/* The PEM of some other key that OpenSSL makes; the caller frees. */
static char *foreign_pem(const char *type, const char *parameter, unsigned long long exponent)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    char *text = NULL;
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    if (strcmp(type, "EC") == 0) {
        assert_int_equal(EVP_PKEY_CTX_set_group_name(context, parameter), 1);
    } else {
        BIGNUM *e = BN_new();
        BN_set_word(e, exponent);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, atoi(parameter)), 1);
        assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e), 1);
        BN_free(e);
    }
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    assert_int_equal(BIO_write(bio, "", 1), 1);
    char *data = NULL;
    BIO_get_mem_data(bio, &data);
    text = strdup(data);
    BIO_free(bio);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    return text;
}

static enum kc_err encrypt_to(struct kc_bytes pem)
{
    uint8_t cipher[512];
    size_t len = 0;
    return kc_crypto_rsa_oaep_encrypt(pem, kc_bytes_of("x", 1),
                                      (struct kc_room){cipher, sizeof cipher}, &len, NULL);
}

static void test_foreign_keys(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *type, *parameter;
        unsigned long long exponent;
        enum kc_err want;
    } rows[] = {
        {"2,048 bits", "RSA", "2048", 65537, KC_OK},
        {"2,056 bits", "RSA", "2056", 65537, KC_OK},
        {"3,072 bits, a long exponent", "RSA", "3072", 0x100000000000fULL, KC_OK},
        {"exponent 3", "RSA", "2048", 3, KC_ERR_REFUSED},
        {"exponent 65,535", "RSA", "2048", 65535, KC_ERR_REFUSED},
        {"1,024 bits", "RSA", "1024", 65537, KC_ERR_REFUSED},
        {"2,040 bits", "RSA", "2040", 65537, KC_ERR_REFUSED},
        {"EC", "EC", "P-256", 0, KC_ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *pem = foreign_pem(rows[i].type, rows[i].parameter, rows[i].exponent);
        if (encrypt_to(kc_bytes_of_text(pem)) != rows[i].want)
            fail_msg("%s", rows[i].name);
        free(pem);
    }
}

/* Bytes where none belong. */
static void test_pem_is_strict(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    uint8_t text[600] = {0};
    memcpy(text, key->pem, 451);
    assert_int_equal(encrypt_to(kc_bytes_of(text, 451)), KC_OK);
    assert_int_equal(encrypt_to(kc_bytes_of(text, sizeof text)), KC_OK); /* zeros behind */
    assert_int_equal(encrypt_to(kc_bytes_of(text, 300)), KC_ERR_MALFORMED);
    assert_int_equal(encrypt_to(kc_bytes_of(text, 0)), KC_ERR_MALFORMED);
    text[500] = 'x';
    assert_int_equal(encrypt_to(kc_bytes_of(text, sizeof text)), KC_ERR_MALFORMED);
    text[500] = 0;
    text[451] = '\n';
    assert_int_equal(encrypt_to(kc_bytes_of(text, 452)), KC_ERR_MALFORMED);
    kc_crypto_rsa_free(key);
}

/* Every one-bit change and every cut of a key's DER: refused, or a key that encodes to it. */
static void test_der_has_one_form(void **unused)
{
    (void)unused;
    struct kc_rsa_key *key = new_key();
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(key->pair, &der);
    assert_int_equal(len, 294);
    for (size_t bit = 0; bit < (size_t)len * 8; bit++) {
        struct kc_rsa_public_key out = {0};
        uint8_t again[KC_RSA_SPKI_MAX];
        struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (kc_rsa_public_key_decode(kc_bytes_of(der, (size_t)len), &out, NULL) == KC_OK) {
            kc_rsa_public_key_encode(&w, &out);
            assert_true(kc_bytes_equal(kc_writer_written(&w), kc_bytes_of(der, (size_t)len)));
        }
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < (size_t)len; cut++) {
        struct kc_rsa_public_key out = {0};
        assert_int_equal(kc_rsa_public_key_decode(kc_bytes_of(der, cut), &out, NULL),
                         KC_ERR_MALFORMED);
    }
    OPENSSL_free(der);
    kc_crypto_rsa_free(key);
}

static uint8_t *unhex(const json_t *value, size_t *len)
{
    const char *text = json_string_value(value);
    uint8_t *bytes = malloc(strlen(text) / 2 + 1);
    struct kc_room room = {bytes, strlen(text) / 2};
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), room, len), KC_OK);
    return bytes;
}

/* A label is not ours: what is valid with one must be refused. */
static void run_case(EVP_PKEY *pair, const json_t *vector)
{
    size_t cipher_len = 0;
    size_t plain_len = 0;
    size_t len = 0;
    uint8_t out[256];
    uint8_t *cipher = unhex(json_object_get(vector, "ct"), &cipher_len);
    uint8_t *plain = unhex(json_object_get(vector, "msg"), &plain_len);
    bool good = strcmp(json_string_value(json_object_get(vector, "result")), "valid") == 0 &&
                json_string_length(json_object_get(vector, "label")) == 0;
    enum kc_err err = kc_crypto_rsa_oaep_decrypt(pair, kc_bytes_of(cipher, cipher_len),
                                                 (struct kc_room){out, sizeof out}, &len);
    bool same =
        err == KC_OK && kc_bytes_equal(kc_bytes_of(out, len), kc_bytes_of(plain, plain_len));
    if (same != good || (err == KC_OK) != good)
        fail_msg("tcId %d", (int)json_integer_value(json_object_get(vector, "tcId")));
    free(cipher);
    free(plain);
}

static void test_wycheproof(void **unused)
{
    (void)unused;
    size_t cases = 0;
    json_t *file = json_load_file(
        SHARED_VECTOR("wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json"), 0, NULL);
    if (file == NULL)
        skip();
    size_t g = 0;
    json_t *group = NULL;
    json_array_foreach(json_object_get(file, "testGroups"), g, group)
    {
        size_t key_len = 0;
        size_t t = 0;
        json_t *vector = NULL;
        uint8_t *der = unhex(json_object_get(group, "privateKeyPkcs8"), &key_len);
        const uint8_t *at = der;
        EVP_PKEY *pair = d2i_AutoPrivateKey(NULL, &at, (long)key_len);
        assert_non_null(pair);
        json_array_foreach(json_object_get(group, "tests"), t, vector)
        {
            run_case(pair, vector);
            cases++;
        }
        EVP_PKEY_free(pair);
        free(der);
    }
    assert_int_equal(cases, json_integer_value(json_object_get(file, "numberOfTests")));
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_key_is_openssls),
        cmocka_unit_test(test_hash_is_of_the_whole_buffer),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_oaep_round_trip),
        cmocka_unit_test(test_decrypt_says_nothing),
        cmocka_unit_test(test_foreign_keys),
        cmocka_unit_test(test_pem_is_strict),
        cmocka_unit_test(test_der_has_one_form),
        cmocka_unit_test(test_wycheproof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
