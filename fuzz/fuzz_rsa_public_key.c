/* A foreign enclave's public key, DER and PEM: what is accepted has one encoding and is in bounds,
 * and OpenSSL takes it too. */
#include <string.h>

#include <openssl/x509.h>

#include "core/crypto.h"
#include "core/rsa_public_key.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_bytes bytes = kc_bytes_of(data, size);
    struct kc_rsa_public_key key;
    uint8_t cipher[KC_RSA_OAEP_MAX];
    size_t len = 0;
    if (kc_rsa_public_key_decode(bytes, &key, NULL) == KC_OK) {
        uint8_t again[KC_RSA_SPKI_MAX];
        const unsigned char *at = data;
        struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
        kc_rsa_public_key_encode(&w, &key);
        FUZZ_CHECK(kc_bytes_equal(kc_writer_written(&w), bytes));
        EVP_PKEY *theirs = d2i_PUBKEY(NULL, &at, (long)size);
        FUZZ_CHECK(theirs != NULL && EVP_PKEY_get_bits(theirs) >= KC_RSA_BITS_MIN);
        EVP_PKEY_free(theirs);
    }
    if (kc_crypto_rsa_oaep_encrypt(bytes, kc_bytes_of("x", 1),
                                   (struct kc_room){cipher, sizeof cipher}, &len, NULL) == KC_OK)
        FUZZ_CHECK(len >= KC_RSA_BITS_MIN / 8 && len <= sizeof cipher);
    return 0;
}
