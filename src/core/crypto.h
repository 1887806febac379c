/*
 * The core's cryptography: the enclave's RSA key pair, SHA-256, RSA-OAEP with SHA-256 for the
 * hash and MGF1 (RFC 8017, 7.1) with an empty label. All of it by OpenSSL.
 *
 * There is no RSAES-PKCS1-v1_5, and no message of the boundary decrypts anything: decryption is
 * for keys that an administrator wraps to this enclave.
 */
#ifndef KC_CORE_CRYPTO_H
#define KC_CORE_CRYPTO_H

#include "base/bytes.h"
#include "base/error.h"
#include "core/effect.h"

struct evp_pkey_st;

#define KC_SHA256_SIZE 32
#define KC_RSA_BITS    2048
/* Ciphertext of a key of KC_RSA_BITS_MAX. */
#define KC_RSA_OAEP_MAX 512

/* The enclave's key pair: exponent 65537. Immutable once made, so that threads may share it. */
struct kc_rsa_key {
    struct evp_pkey_st *pair;
    uint8_t pem[KC_PUBLIC_KEY_SIZE];  /* public key, "PUBLIC KEY", zero padded */
    uint8_t pem_hash[KC_SHA256_SIZE]; /* SHA-256 of all KC_PUBLIC_KEY_SIZE bytes */
};

KC_MUST_USE enum kc_err kc_crypto_sha256(struct kc_bytes in, uint8_t out[KC_SHA256_SIZE]);

/* KC_RSA_BITS; takes about 100 ms. KC_ERR_CRYPTO, KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_crypto_rsa_generate(struct kc_rsa_key **out);

/* Wipes the private key. NULL is fine. */
void kc_crypto_rsa_free(struct kc_rsa_key *key);

/*
 * Encrypts to another enclave's key: `pem` is one strict "PUBLIC KEY" block, zero padding after
 * it allowed, in the bounds of kc_rsa_public_key_decode(), whose errors it hands on.
 * KC_ERR_ARGUMENT: the plaintext is longer than the modulus less 66 bytes. KC_ERR_ROOM.
 */
KC_MUST_USE enum kc_err kc_crypto_rsa_oaep_encrypt(struct kc_bytes pem, struct kc_bytes plaintext,
                                                   struct kc_room out, size_t *out_len,
                                                   struct kc_error *error);

/*
 * KC_ERR_REFUSED, whatever is wrong: a caller must not learn whether length, padding or hash.
 * `out` has room for a modulus; on failure it is wiped.
 */
KC_MUST_USE enum kc_err kc_crypto_rsa_oaep_decrypt(struct evp_pkey_st *pair,
                                                   struct kc_bytes ciphertext, struct kc_room out,
                                                   size_t *out_len);

#endif
