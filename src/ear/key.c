/* The key that signs tokens. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include "ear/token.h"

#define MAKE_ONE "(make one: openssl ecparam -name prime256v1 -genkey -noout -out key.pem)"

/* Instead of asking the terminal. */
static int no_passphrase(char *room, int size, int writing, void *asked)
{
    (void)room;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";
    size_t len = 0;
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
           OBJ_sn2nid(group) == NID_X9_62_prime256v1;
}

static bool is_whole(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool whole = context != NULL && EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return whole;
}

static bool has_public_key(struct kc_bytes pem)
{
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
    bool found = key != NULL;
    EVP_PKEY_free(key);
    BIO_free(in);
    return found;
}

enum kc_err kc_ear_key_read(struct kc_bytes pem, EVP_PKEY **out, struct kc_error *error)
{
    const char *what = NULL;
    bool encrypted = false;
    if (pem.len == 0 || pem.len > KC_EAR_KEY_FILE_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED, "file is empty or too large for a key",
                            pem.len);
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (in == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for a key", 0);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &encrypted);
    BIO_free(in);
    if (key == NULL && encrypted)
        what = "the key is encrypted (decrypt it first: openssl pkey -in KEY -out key.pem)";
    else if (key == NULL && has_public_key(pem))
        what = "a public key only, where the private key is needed";
    else if (key == NULL)
        what = "no private key in PEM " MAKE_ONE;
    else if (!is_p256(key))
        what = "not an EC key on P-256 " MAKE_ONE;
    else if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                            "uncompressed") != 1)
        what = "its public number cannot be written in full " MAKE_ONE;
    else if (!is_whole(key))
        what = "its private and its public number do not belong together " MAKE_ONE;
    ERR_clear_error();
    if (what != NULL) {
        EVP_PKEY_free(key);
        return kc_error_set(error, KC_ERR_MALFORMED, what, 0);
    }
    *out = key;
    return KC_OK;
}
