#include "core/root.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "core/cipher.h"
#include "core/p256.h"
#include "core/root_seal.h"
#include "ratls/certificate.h"

#define PURPOSE_MAX 16

static const char prefix[] = "keyclave 1 ";
#define PREFIX_LEN (sizeof prefix - 1)

/*
 * MRSIGNER of src/enclave/development.pem. Its private key lies in the repository, so that anyone
 * can sign an enclave that would get the same MRSIGNER seal keys; a test computes this from the
 * file.
 */
static const uint8_t development_signer[KC_SGX_HASH_SIZE] = {
    0xf4, 0x3a, 0xac, 0x53, 0xbd, 0x62, 0x1a, 0x94, 0xf8, 0xd9, 0x9d, 0xb4, 0x12, 0xb7, 0x74, 0xfd,
    0xe4, 0x34, 0xf6, 0x74, 0x8d, 0xbd, 0xb1, 0xe5, 0x25, 0x64, 0x20, 0xab, 0x26, 0x2c, 0xec, 0x61,
};

bool kc_root_signer_may(const struct kc_platform *platform,
                        const uint8_t mrsigner[KC_SGX_HASH_SIZE])
{
    return platform->seal_signer != NULL &&
           memcmp(platform->seal_signer, mrsigner, KC_SGX_HASH_SIZE) == 0 &&
           memcmp(mrsigner, development_signer, sizeof development_signer) != 0;
}

struct kc_root *kc_root_blank(void)
{
    struct kc_root *root = calloc(1, sizeof *root);
    if (root == NULL)
        return NULL;
    root->hkdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    if (root->hkdf == NULL || kc_cipher_new(&root->cipher) != KC_OK) {
        kc_root_free(root);
        return NULL;
    }
    return root;
}

void kc_root_free(struct kc_root *root)
{
    if (root == NULL)
        return;
    EVP_PKEY_free(root->identity); /* wipes the private number */
    kc_cipher_free(root->cipher);
    EVP_KDF_free(root->hkdf);
    kc_bytes_wipe(root, sizeof *root);
    free(root);
}

static enum kc_err write_certificate(struct kc_root *root)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_ratls_signer signer = {root->identity_public, kc_root_sign, root};
    return kc_ratls_service_write(&signer, (int64_t)root->made,
                                  (struct kc_room){root->certificate, sizeof root->certificate},
                                  &root->certificate_len, &error);
}

enum kc_err kc_root_make(const struct kc_platform *platform, enum kc_seal_policy policy,
                         uint64_t now, struct kc_root **out)
{
    struct kc_sgx_report_body self = {0};
    enum kc_err err = kc_root_self(platform, &self);
    if (err != KC_OK)
        return err;
    if (policy == KC_SEAL_MRSIGNER && !kc_root_signer_may(platform, self.mrsigner))
        return KC_ERR_REFUSED;
    struct kc_root *root = kc_root_blank();
    if (root == NULL)
        return KC_ERR_MEMORY;
    root->policy = policy;
    root->made = now;
    root->version = 1;
    err = KC_ERR_CRYPTO;
    if (RAND_bytes(root->id, sizeof root->id) == 1 &&
        RAND_priv_bytes(root->key, sizeof root->key) == 1)
        err = kc_p256_generate(&root->identity);
    if (err == KC_OK)
        err = kc_p256_public(root->identity, root->identity_public);
    if (err == KC_OK)
        err = kc_p256_spki_hash(root->identity_public, root->kms_id);
    if (err == KC_OK)
        err = write_certificate(root);
    if (err == KC_OK) {
        *out = root;
        root = NULL;
    }
    kc_root_free(root);
    return err;
}

enum kc_err kc_root_sign(void *root, struct kc_bytes message, uint8_t signature[64])
{
    const struct kc_root *self = root;
    return kc_p256_sign(self->identity, message, signature);
}

enum kc_err kc_root_derive(const struct kc_root *root, const char *purpose,
                           const struct kc_record_id *id, uint8_t out[32])
{
    enum kc_err err = KC_ERR_CRYPTO;
    uint8_t info[PREFIX_LEN + PURPOSE_MAX + 1 + 2 + KC_RECORD_NAME_MAX];
    uint8_t key[KC_ROOT_KEY_SIZE];
    char digest[] = "SHA256";
    struct kc_writer w = kc_writer_of((struct kc_room){info, sizeof info});
    kc_writer_copy(&w, prefix, PREFIX_LEN);
    kc_writer_bytes(&w, kc_bytes_of_text(purpose));
    kc_writer_u8(&w, 0);
    kc_record_id_encode(&w, id);
    if (kc_writer_failed(&w))
        return KC_ERR_CRYPTO;
    memcpy(key, root->key, sizeof key); /* OSSL_PARAM is not const */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, sizeof key),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, w.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(root->hkdf);
    if (context != NULL && EVP_KDF_derive(context, out, 32, params) == 1)
        err = KC_OK;
    EVP_KDF_CTX_free(context);
    kc_bytes_wipe(key, sizeof key);
    return err;
}
