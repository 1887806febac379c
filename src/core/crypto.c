#include "core/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/pem.h"
#include "base/writer.h"
#include "core/rsa_public_key.h"

enum kc_err kc_crypto_sha256(struct kc_bytes in, uint8_t out[KC_SHA256_SIZE])
{
    static const uint8_t none;
    const uint8_t *ptr = in.len == 0 ? &none : in.ptr;
    return EVP_Digest(ptr, in.len, out, NULL, EVP_sha256(), NULL) == 1 ? KC_OK : KC_ERR_CRYPTO;
}

/* One number of `pair` in its shortest form; bytes written, or 0. */
static size_t read_number(EVP_PKEY *pair, const char *name, struct kc_room out)
{
    BIGNUM *number = NULL;
    size_t len = 0;
    if (EVP_PKEY_get_bn_param(pair, name, &number) == 1 && (size_t)BN_num_bytes(number) <= out.len)
        len = (size_t)BN_bn2bin(number, out.ptr);
    BN_free(number);
    return len;
}

static enum kc_err write_public_key(struct kc_rsa_key *key)
{
    uint8_t modulus[KC_RSA_BITS / 8];
    uint8_t exponent[KC_RSA_EXPONENT_MAX];
    uint8_t der[KC_RSA_SPKI_MAX];
    struct kc_rsa_public_key public_key = {
        .modulus = {modulus, read_number(key->pair, OSSL_PKEY_PARAM_RSA_N,
                                         (struct kc_room){modulus, sizeof modulus})},
        .exponent = {exponent, read_number(key->pair, OSSL_PKEY_PARAM_RSA_E,
                                           (struct kc_room){exponent, sizeof exponent})},
    };
    if (public_key.modulus.len != sizeof modulus || public_key.exponent.len == 0)
        return KC_ERR_CRYPTO;
    struct kc_writer info = kc_writer_of((struct kc_room){der, sizeof der});
    kc_rsa_public_key_encode(&info, &public_key);
    struct kc_writer pem = kc_writer_of((struct kc_room){key->pem, sizeof key->pem});
    kc_pem_write(&pem, "PUBLIC KEY", kc_writer_written(&info));
    if (kc_writer_failed(&info) || kc_writer_failed(&pem))
        return KC_ERR_CRYPTO;
    kc_writer_zeros(&pem, sizeof key->pem - pem.len);
    return kc_crypto_sha256(kc_writer_written(&pem), key->pem_hash);
}

enum kc_err kc_crypto_rsa_generate(struct kc_rsa_key **out)
{
    enum kc_err err = KC_ERR_CRYPTO;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    struct kc_rsa_key *key = calloc(1, sizeof *key);
    if (context == NULL || key == NULL) {
        err = KC_ERR_MEMORY;
        goto out;
    }
    /* The exponent is OpenSSL's default, 65537; write_public_key's reader would show another. */
    if (EVP_PKEY_keygen_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, KC_RSA_BITS) != 1 ||
        EVP_PKEY_generate(context, &key->pair) != 1)
        goto out;
    err = write_public_key(key);
    if (err != KC_OK)
        goto out;
    *out = key;
    key = NULL;
out:
    kc_crypto_rsa_free(key);
    EVP_PKEY_CTX_free(context);
    return err;
}

void kc_crypto_rsa_free(struct kc_rsa_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pair); /* wipes the private numbers (BN_clear_free) */
    kc_bytes_wipe(key, sizeof *key);
    free(key);
}

static bool use_oaep(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(context, "SHA256", NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, "SHA256", NULL) == 1;
}

enum kc_err kc_crypto_rsa_oaep_decrypt(EVP_PKEY *pair, struct kc_bytes ciphertext,
                                       struct kc_room out, size_t *out_len)
{
    enum kc_err err = KC_ERR_REFUSED;
    size_t len = out.len;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    if (context != NULL && ciphertext.len == (size_t)EVP_PKEY_get_size(pair) &&
        EVP_PKEY_decrypt_init(context) == 1 && use_oaep(context) &&
        EVP_PKEY_decrypt(context, out.ptr, &len, ciphertext.ptr, ciphertext.len) == 1) {
        *out_len = len;
        err = KC_OK;
    } else {
        kc_bytes_wipe(out.ptr, out.len);
    }
    EVP_PKEY_CTX_free(context);
    return err;
}

/* The numbers of a decoded key as OpenSSL's object; NULL when memory runs out. */
static EVP_PKEY *key_of(const struct kc_rsa_public_key *in)
{
    EVP_PKEY *key = NULL;
    uint8_t modulus[KC_RSA_BITS_MAX / 8];
    uint8_t exponent[KC_RSA_EXPONENT_MAX];
    /* OSSL_PARAM wants the machine's order: little endian. */
    for (size_t i = 0; i < in->modulus.len; i++)
        modulus[i] = in->modulus.ptr[in->modulus.len - 1 - i];
    for (size_t i = 0; i < in->exponent.len; i++)
        exponent[i] = in->exponent.ptr[in->exponent.len - 1 - i];
    OSSL_PARAM numbers[] = {
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, in->modulus.len),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, in->exponent.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, numbers);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* One PEM block and nothing behind it but zeros. */
static enum kc_err read_pem(struct kc_bytes pem, struct kc_room der, size_t *der_len,
                            struct kc_error *error)
{
    while (pem.len > 0 && pem.ptr[pem.len - 1] == 0)
        pem.len--;
    struct kc_reader r = kc_reader_of(pem);
    enum kc_err err = kc_pem_read(&r, "PUBLIC KEY", der, der_len, error);
    if (err != KC_OK)
        return err;
    if (r.left != 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "text after the public key", r.at);
    return KC_OK;
}

static enum kc_err encrypt(EVP_PKEY *key, struct kc_bytes plaintext, struct kc_room out,
                           size_t *out_len)
{
    enum kc_err err = KC_ERR_CRYPTO;
    size_t len = out.len;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context != NULL && EVP_PKEY_encrypt_init(context) == 1 && use_oaep(context) &&
        EVP_PKEY_encrypt(context, out.ptr, &len, plaintext.ptr, plaintext.len) == 1) {
        *out_len = len;
        err = KC_OK;
    }
    EVP_PKEY_CTX_free(context);
    return err;
}

enum kc_err kc_crypto_rsa_oaep_encrypt(struct kc_bytes pem, struct kc_bytes plaintext,
                                       struct kc_room out, size_t *out_len, struct kc_error *error)
{
    uint8_t der[KC_RSA_SPKI_MAX];
    size_t der_len = 0;
    struct kc_rsa_public_key numbers = {0};
    enum kc_err err = read_pem(pem, (struct kc_room){der, sizeof der}, &der_len, error);
    if (err == KC_OK)
        err = kc_rsa_public_key_decode(kc_bytes_of(der, der_len), &numbers, error);
    if (err != KC_OK)
        return err;
    /* RFC 8017, 7.1.1: two hashes and two bytes are the padding's. */
    size_t most = numbers.modulus.len - (size_t)2 * KC_SHA256_SIZE - 2;
    if (plaintext.len > most)
        return kc_error_set(error, KC_ERR_ARGUMENT, "plaintext too long; this key takes", most);
    if (out.len < numbers.modulus.len)
        return kc_error_set(error, KC_ERR_ROOM, "the ciphertext needs", numbers.modulus.len);
    EVP_PKEY *key = key_of(&numbers);
    err = key == NULL ? KC_ERR_CRYPTO : encrypt(key, plaintext, out, out_len);
    EVP_PKEY_free(key);
    if (err != KC_OK)
        return kc_error_set(error, err, "RSA-OAEP encryption failed", 0);
    return KC_OK;
}
