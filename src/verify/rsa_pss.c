#define OPENSSL_SUPPRESS_DEPRECATED

#include "verify/rsa_pss.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "verify/ecdsa_p384.h"

#define SALT_SIZE 48

static RSA *key_of(const uint8_t modulus[KC_RSA_PSS_SIZE])
{
    RSA *key = RSA_new();
    BIGNUM *n = BN_bin2bn(modulus, KC_RSA_PSS_SIZE, NULL);
    BIGNUM *e = BN_new();
    if (key != NULL && n != NULL && e != NULL && BN_set_word(e, RSA_F4) == 1 &&
        RSA_set0_key(key, n, e, NULL) == 1)
        return key;
    BN_free(n);
    BN_free(e);
    RSA_free(key);
    return NULL;
}

bool kc_rsa_pss_verify(const uint8_t modulus[KC_RSA_PSS_SIZE], struct kc_bytes message,
                       const uint8_t signature[KC_RSA_PSS_SIZE])
{
    uint8_t digest[48];
    uint8_t encoded[KC_RSA_PSS_SIZE];
    (void)ERR_set_mark();
    RSA *key = key_of(modulus);
    bool good =
        key != NULL && kc_sha384(message, digest) &&
        RSA_public_decrypt(KC_RSA_PSS_SIZE, signature, encoded, key, RSA_NO_PADDING) ==
            KC_RSA_PSS_SIZE &&
        RSA_verify_PKCS1_PSS_mgf1(key, digest, EVP_sha384(), EVP_sha384(), encoded, SALT_SIZE) == 1;
    RSA_free(key);
    (void)ERR_pop_to_mark();
    return good;
}
