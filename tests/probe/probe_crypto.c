#include "probe_crypto.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "enclave/platform.h"

static EVP_PKEY *key;

enum kc_err probe_crypto_start(void)
{
    key = EVP_EC_gen("P-256");
    return key != NULL ? KC_OK : KC_ERR_CRYPTO;
}

static bool sign(EVP_PKEY *with, struct kc_bytes message, uint8_t *signature, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, with) == 1 &&
                EVP_DigestSign(ctx, signature, len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool verify(EVP_PKEY *with, struct kc_bytes message, const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, with) == 1 &&
                EVP_DigestVerify(ctx, signature, len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static bool sign_often(struct kc_bytes in)
{
    uint32_t rounds = 0;
    if (in.len >= 5)
        memcpy(&rounds, in.ptr + 1, 4);
    uint8_t signature[80];
    for (uint32_t i = 0; i < rounds; i++) {
        size_t len = sizeof(signature);
        if (!sign(key, in, signature, &len))
            return false;
    }
    return true;
}

static bool signature_holds(EVP_PKEY *with, struct kc_bytes message)
{
    uint8_t signature[512];
    size_t len = sizeof(signature);
    if (!sign(with, message, signature, &len) || !verify(with, message, signature, len))
        return false;
    signature[len - 1] ^= 1;
    return !verify(with, message, signature, len);
}

static bool rsa_works(struct kc_bytes message)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    bool good = rsa != NULL && signature_holds(rsa, message);
    EVP_PKEY_free(rsa);
    return good;
}

static bool gcm(int encrypt, const uint8_t secret[32], const uint8_t *in, int n, uint8_t *out,
                uint8_t tag[16])
{
    static const uint8_t iv[12] = {2};
    int len = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool good = ctx != NULL &&
                EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, secret, iv, encrypt) == 1 &&
                EVP_CipherUpdate(ctx, out, &len, in, n) == 1 &&
                (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1) &&
                EVP_CipherFinal_ex(ctx, out + len, &len) == 1 &&
                (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

static bool gcm_works(void)
{
    uint8_t plain[64];
    uint8_t sealed[64];
    uint8_t back[64];
    uint8_t secret[32] = {1};
    uint8_t tag[16];
    memset(plain, 7, sizeof(plain));
    if (!gcm(1, secret, plain, 64, sealed, tag) || !gcm(0, secret, sealed, 64, back, tag) ||
        memcmp(plain, back, 64) != 0)
        return false;
    tag[0] ^= 1;
    return !gcm(0, secret, sealed, 64, back, tag);
}

/* AES-128-CMAC, as the MAC of a report. */
static bool cmac(const uint8_t secret[16], const uint8_t *bytes, size_t n, uint8_t out[16])
{
    char name[] = "AES-128-CBC";
    OSSL_PARAM parameter[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t len = 0;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    bool good = ctx != NULL && EVP_MAC_init(ctx, secret, 16, parameter) == 1 &&
                EVP_MAC_update(ctx, bytes, n) == 1 && EVP_MAC_final(ctx, out, &len, 16) == 1;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return good;
}

/* A report whose target is the enclave itself, found out by a first report. */
static size_t report_to_self(uint8_t *out)
{
    uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0};
    uint8_t data[KC_SGX_REPORT_DATA_SIZE];
    uint8_t request[KC_SGX_KEYREQUEST_SIZE] = {KC_SGX_KEY_REPORT};
    uint8_t secret[16];
    uint8_t mac[16];
    memset(data, 0xab, sizeof(data));
    if (kc_enclave_platform.report(NULL, target, data, out) != KC_OK)
        return 0;
    memcpy(target, out + 64, 32);      /* MRENCLAVE */
    memcpy(target + 32, out + 48, 16); /* ATTRIBUTES */
    if (kc_enclave_platform.report(NULL, target, data, out) != KC_OK)
        return 0;
    memcpy(request + 40, out + 384, 32); /* KEYID */
    if (kc_enclave_platform.key(NULL, request, secret) != KC_OK ||
        !cmac(secret, out, KC_SGX_REPORT_BODY_SIZE, mac) || memcmp(mac, out + 416, 16) != 0)
        return 0;
    return KC_SGX_REPORT_SIZE;
}

static size_t seal_key(uint8_t policy, uint8_t *out)
{
    uint8_t request[KC_SGX_KEYREQUEST_SIZE] = {KC_SGX_KEY_SEAL, 0, policy};
    uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0};
    uint8_t data[KC_SGX_REPORT_DATA_SIZE] = {0};
    uint8_t report[KC_SGX_REPORT_SIZE];
    if (kc_enclave_platform.report(NULL, target, data, report) != KC_OK)
        return 0;
    memcpy(request + 8, report, 16); /* CPUSVN */
    memset(request + 24, 0xff, 16);  /* ATTRIBUTEMASK */
    return kc_enclave_platform.key(NULL, request, out) == KC_OK ? KC_SGX_KEY_SIZE : 0;
}

size_t probe_crypto(enum probe_op op, struct kc_bytes in, uint8_t *out)
{
    switch (op) {
    case PROBE_SIGN:
        out[0] = sign_often(in);
        return 1;
    case PROBE_VERIFY:
        out[0] = signature_holds(key, in);
        return 1;
    case PROBE_GCM:
        out[0] = gcm_works();
        return 1;
    case PROBE_RSA:
        out[0] = rsa_works(in);
        return 1;
    case PROBE_SHA256:
        return EVP_Digest(in.ptr + 1, in.len - 1, out, NULL, EVP_sha256(), NULL) == 1 ? 32 : 0;
    case PROBE_RANDOM:
        return RAND_bytes(out, 32) == 1 ? 32 : 0;
    case PROBE_REPORT:
        if (in.len != 1 + KC_SGX_TARGETINFO_SIZE + KC_SGX_REPORT_DATA_SIZE)
            return 0;
        return kc_enclave_platform.report(NULL, in.ptr + 1, in.ptr + 1 + KC_SGX_TARGETINFO_SIZE,
                                          out) == KC_OK
                   ? KC_SGX_REPORT_SIZE
                   : 0;
    case PROBE_SELF:
        return report_to_self(out);
    case PROBE_SEALKEY:
        return in.len == 2 ? seal_key(in.ptr[1], out) : 0;
    default:
        return 0;
    }
}
