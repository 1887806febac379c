#include "image/sigstruct_rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define KEY_BITS 3072
#define KEY_SIZE 384

enum kc_err kc_sigstruct_digest(const uint8_t *sigstruct, uint8_t digest[32])
{
    uint8_t covered[256];
    memcpy(covered, sigstruct, 128);
    memcpy(covered + 128, sigstruct + 900, 128);
    return EVP_Digest(covered, sizeof covered, digest, NULL, EVP_sha256(), NULL) == 1
               ? KC_OK
               : KC_ERR_CRYPTO;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, 9.2): 00 01 ff.. 00, DigestInfo of SHA-256, digest. Big endian. */
static void encode_message(const uint8_t digest[32], uint8_t out[KEY_SIZE])
{
    static const uint8_t info[19] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    memset(out, 0xff, KEY_SIZE);
    out[0] = 0;
    out[1] = 1;
    out[KEY_SIZE - 32 - sizeof info - 1] = 0;
    memcpy(out + KEY_SIZE - 32 - sizeof info, info, sizeof info);
    memcpy(out + KEY_SIZE - 32, digest, 32);
}

/* a * b - q * n into `out`; true when that lies in [0, n), as it does for the right q alone. */
static bool reduce(BIGNUM *out, const BIGNUM *a, const BIGNUM *b, const BIGNUM *q, const BIGNUM *n,
                   BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    bool ok = product != NULL && BN_mul(out, a, b, ctx) == 1 && BN_mul(product, q, n, ctx) == 1 &&
              BN_sub(out, out, product) == 1 && !BN_is_negative(out) && BN_cmp(out, n) < 0;
    BN_CTX_end(ctx);
    return ok;
}

static bool cube_is_message(const uint8_t *modulus, const uint8_t *signature, const uint8_t *q1,
                            const uint8_t *q2, const uint8_t *message, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *n = BN_CTX_get(ctx);
    BIGNUM *s = BN_CTX_get(ctx);
    BIGNUM *first = BN_CTX_get(ctx);
    BIGNUM *second = BN_CTX_get(ctx);
    BIGNUM *want = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    BIGNUM *cube = BN_CTX_get(ctx);
    bool ok =
        cube != NULL && BN_lebin2bn(modulus, KEY_SIZE, n) != NULL &&
        BN_lebin2bn(signature, KEY_SIZE, s) != NULL && BN_lebin2bn(q1, KEY_SIZE, first) != NULL &&
        BN_lebin2bn(q2, KEY_SIZE, second) != NULL && BN_bin2bn(message, KEY_SIZE, want) != NULL;
    ok = ok && BN_num_bits(n) == KEY_BITS && BN_is_odd(n) && BN_cmp(s, n) < 0;
    ok = ok && reduce(rest, s, s, first, n, ctx) && reduce(cube, s, rest, second, n, ctx);
    ok = ok && BN_cmp(cube, want) == 0;
    BN_CTX_end(ctx);
    return ok;
}

enum kc_err kc_sigstruct_rsa_verify(const uint8_t *modulus, const uint8_t *signature,
                                    const uint8_t *q1, const uint8_t *q2, const uint8_t digest[32],
                                    struct kc_error *error)
{
    uint8_t message[KEY_SIZE];
    BN_CTX *ctx = BN_CTX_new();
    if (ctx == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory to check a signature", 0);
    encode_message(digest, message);
    bool ok = cube_is_message(modulus, signature, q1, q2, message, ctx);
    BN_CTX_free(ctx);
    return ok ? KC_OK
              : kc_error_set(error, KC_ERR_REFUSED, "SIGSTRUCT signature, q1 or q2 does not hold",
                             0);
}

/* Never asks: notes that a passphrase would be needed. */
static int no_passphrase(char *room, int size, int writing, void *asked)
{
    (void)room;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool has_public_key(struct kc_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    bool found = key != NULL;
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return found;
}

static enum kc_err read_key(struct kc_bytes pem, EVP_PKEY **out, struct kc_error *error)
{
    bool encrypted = false;
    if (pem.len == 0 || pem.len > 64 * 1024)
        return kc_error_set(error, KC_ERR_MALFORMED, "file is empty or too large for a key",
                            pem.len);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for a key", 0);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
    BIO_free(bio);
    ERR_clear_error();
    const char *what = NULL;
    if (key == NULL && encrypted)
        what = "key is encrypted (decrypt it first: openssl pkey -in KEY -out private.pem)";
    else if (key == NULL && has_public_key(pem))
        what = "public key only, where the private key is needed";
    else if (key == NULL)
        what = "no PEM private key (make one: openssl genrsa -3 -out private.pem 3072)";
    else if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != KEY_BITS)
        what = "not an RSA key of 3072 bits (make one: openssl genrsa -3 -out private.pem 3072)";
    if (what != NULL) {
        EVP_PKEY_free(key);
        return kc_error_set(error, KC_ERR_MALFORMED, what, 0);
    }
    *out = key;
    return KC_OK;
}

static enum kc_err check_exponent(const EVP_PKEY *key, struct kc_error *error)
{
    BIGNUM *e = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_word(e, 3);
    BN_free(e);
    if (ok)
        return KC_OK;
    return kc_error_set(error, KC_ERR_MALFORMED,
                        "RSA key's public exponent is not 3 (make one: openssl genrsa -3 -out "
                        "private.pem 3072)",
                        0);
}

/* Signature, big endian as RSA gives it. */
static bool sign_digest(EVP_PKEY *key, const uint8_t digest[32], uint8_t signature[KEY_SIZE])
{
    size_t n = KEY_SIZE;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_sign(ctx, signature, &n, digest, 32) == 1 && n == KEY_SIZE;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* All four numbers, little endian. */
static bool write_numbers(const BIGNUM *n, const uint8_t *signature_be, uint8_t *modulus,
                          uint8_t *signature, uint8_t *q1, uint8_t *q2)
{
    BN_CTX *ctx = BN_CTX_new();
    if (ctx == NULL)
        return false;
    BN_CTX_start(ctx);
    BIGNUM *s = BN_CTX_get(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    BIGNUM *first = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    BIGNUM *second = BN_CTX_get(ctx);
    bool ok = second != NULL && BN_bin2bn(signature_be, KEY_SIZE, s) != NULL &&
              BN_sqr(product, s, ctx) == 1 && BN_div(first, rest, product, n, ctx) == 1 &&
              BN_mul(product, s, rest, ctx) == 1 && BN_div(second, NULL, product, n, ctx) == 1;
    ok = ok && BN_bn2lebinpad(n, modulus, KEY_SIZE) == KEY_SIZE &&
         BN_bn2lebinpad(s, signature, KEY_SIZE) == KEY_SIZE &&
         BN_bn2lebinpad(first, q1, KEY_SIZE) == KEY_SIZE &&
         BN_bn2lebinpad(second, q2, KEY_SIZE) == KEY_SIZE;
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return ok;
}

enum kc_err kc_sigstruct_rsa_sign(struct kc_bytes key_pem, const uint8_t digest[32],
                                  uint8_t *modulus, uint8_t *signature, uint8_t *q1, uint8_t *q2,
                                  struct kc_error *error)
{
    uint8_t big_endian[KEY_SIZE];
    EVP_PKEY *key = NULL;
    BIGNUM *n = NULL;
    enum kc_err err = read_key(key_pem, &key, error);
    if (err == KC_OK)
        err = check_exponent(key, error);
    if (err == KC_OK && (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
                         !sign_digest(key, digest, big_endian) ||
                         !write_numbers(n, big_endian, modulus, signature, q1, q2)))
        err = kc_error_set(error, KC_ERR_CRYPTO, "could not sign with this key", 0);
    if (err == KC_OK)
        err = kc_sigstruct_rsa_verify(modulus, signature, q1, q2, digest, error);
    BN_free(n);
    EVP_PKEY_free(key);
    return err;
}
