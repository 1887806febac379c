#include "core/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "ratls/binder.h"

#define POINT_SIZE (1 + KC_P256_PUBLIC_SIZE)
#define DER_MAX    72 /* of a signature */

/* Group names are strings that OSSL_PARAM does not declare const. */
#define GROUP "prime256v1"

enum kc_err kc_p256_generate(EVP_PKEY **out)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", GROUP);
    if (key == NULL)
        return KC_ERR_CRYPTO;
    *out = key;
    return KC_OK;
}

enum kc_err kc_p256_of(const uint8_t private_number[KC_P256_PRIVATE_SIZE],
                       const uint8_t public_key[KC_P256_PUBLIC_SIZE], EVP_PKEY **out)
{
    enum kc_err err = KC_ERR_CRYPTO;
    char group[] = GROUP;
    uint8_t point[POINT_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
    uint8_t number[KC_P256_PRIVATE_SIZE];
    memcpy(point + 1, public_key, KC_P256_PUBLIC_SIZE);
    /* OSSL_PARAM wants the machine's order: little endian. */
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = private_number[sizeof number - 1 - i];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number, sizeof number),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) == 1) {
        *out = key;
        err = KC_OK;
    }
    EVP_PKEY_CTX_free(context);
    kc_bytes_wipe(number, sizeof number);
    return err;
}

enum kc_err kc_p256_public(const EVP_PKEY *key, uint8_t out[KC_P256_PUBLIC_SIZE])
{
    uint8_t point[POINT_SIZE];
    size_t len = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) !=
            1 ||
        len != sizeof point || point[0] != POINT_CONVERSION_UNCOMPRESSED)
        return KC_ERR_CRYPTO;
    memcpy(out, point + 1, KC_P256_PUBLIC_SIZE);
    return KC_OK;
}

enum kc_err kc_p256_private(const EVP_PKEY *key, uint8_t out[KC_P256_PRIVATE_SIZE])
{
    enum kc_err err = KC_ERR_CRYPTO;
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, out, KC_P256_PRIVATE_SIZE) == KC_P256_PRIVATE_SIZE)
        err = KC_OK;
    BN_clear_free(number);
    return err;
}

/* ECDSA-Sig-Value to r || s. */
static enum kc_err read_signature(const uint8_t *der, size_t len,
                                  uint8_t out[KC_P256_SIGNATURE_SIZE])
{
    enum kc_err err = KC_ERR_CRYPTO;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32) == 32 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32) == 32)
        err = KC_OK;
    ECDSA_SIG_free(signature);
    return err;
}

enum kc_err kc_p256_sign(EVP_PKEY *key, struct kc_bytes message,
                         uint8_t signature[KC_P256_SIGNATURE_SIZE])
{
    enum kc_err err = KC_ERR_CRYPTO;
    uint8_t der[DER_MAX];
    size_t len = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL &&
        EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
        EVP_DigestSign(context, der, &len, message.ptr, message.len) == 1)
        err = read_signature(der, len, signature);
    EVP_MD_CTX_free(context);
    return err;
}

enum kc_err kc_p256_spki_hash(const uint8_t public_key[KC_P256_PUBLIC_SIZE], uint8_t out[32])
{
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    kc_ratls_spki_of_p256(public_key, spki);
    return kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), out);
}
