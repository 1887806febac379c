#include "core/cipher.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define PLACES 32 /* more than threads; a context beyond them is made and freed */

struct place {
    EVP_CIPHER_CTX *context; /* NULL: in use, or never made; atomic */
    uint8_t apart[56];       /* places of other threads are in other cache lines */
};

struct kc_cipher {
    EVP_CIPHER *algorithm;
    struct place place[PLACES];
};

enum kc_err kc_cipher_new(struct kc_cipher **out)
{
    struct kc_cipher *cipher = calloc(1, sizeof *cipher);
    if (cipher == NULL)
        return KC_ERR_MEMORY;
    cipher->algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (cipher->algorithm == NULL) {
        free(cipher);
        return KC_ERR_CRYPTO;
    }
    *out = cipher;
    return KC_OK;
}

void kc_cipher_free(struct kc_cipher *cipher)
{
    if (cipher == NULL)
        return;
    for (size_t i = 0; i < PLACES; i++)
        EVP_CIPHER_CTX_free(cipher->place[i].context);
    EVP_CIPHER_free(cipher->algorithm);
    free(cipher);
}

/* Threads have stacks of their own, so that each mostly comes back to a place of its own. Any
 * place is right. */
static size_t first_place(void)
{
    const char here = 0;
    return ((uintptr_t)&here >> 18) % PLACES;
}

static EVP_CIPHER_CTX *take(struct kc_cipher *cipher)
{
    size_t first = first_place();
    for (size_t i = 0; i < PLACES; i++) {
        struct place *place = &cipher->place[(first + i) % PLACES];
        EVP_CIPHER_CTX *context = __atomic_exchange_n(&place->context, NULL, __ATOMIC_ACQUIRE);
        if (context != NULL)
            return context;
    }
    return NULL;
}

static EVP_CIPHER_CTX *make(struct kc_cipher *cipher)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context != NULL && EVP_EncryptInit_ex2(context, cipher->algorithm, NULL, NULL, NULL) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

EVP_CIPHER_CTX *kc_cipher_begin(struct kc_cipher *cipher, const uint8_t key[KC_CIPHER_KEY_SIZE])
{
    EVP_CIPHER_CTX *context = take(cipher);
    if (context == NULL)
        context = make(cipher);
    if (context == NULL || EVP_EncryptInit_ex2(context, NULL, key, NULL, NULL) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

void kc_cipher_end(struct kc_cipher *cipher, EVP_CIPHER_CTX *context)
{
    size_t first = first_place();
    for (size_t i = 0; i < PLACES && context != NULL; i++) {
        struct place *place = &cipher->place[(first + i) % PLACES];
        EVP_CIPHER_CTX *none = NULL;
        if (__atomic_compare_exchange_n(&place->context, &none, context, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            return;
    }
    EVP_CIPHER_CTX_free(context);
}

/* The three parts of a message: false when it is too short or too long. */
struct parts {
    uint8_t *nonce;
    uint8_t *text;
    int len;
    uint8_t *tag;
};

static bool part(struct kc_bytes aad, struct kc_room message, struct parts *out)
{
    if (message.len < KC_CIPHER_OVERHEAD || message.len > INT_MAX || aad.len > INT_MAX)
        return false;
    size_t len = message.len - KC_CIPHER_OVERHEAD;
    uint8_t *text = message.ptr + KC_CIPHER_NONCE_SIZE;
    *out = (struct parts){message.ptr, text, (int)len, text + len};
    return true;
}

enum kc_err kc_cipher_seal(EVP_CIPHER_CTX *context, struct kc_bytes aad, struct kc_room message)
{
    struct parts m = {0};
    int n = 0;
    if (!part(aad, message, &m) || EVP_EncryptInit_ex2(context, NULL, NULL, m.nonce, NULL) != 1 ||
        (aad.len > 0 && EVP_EncryptUpdate(context, NULL, &n, aad.ptr, (int)aad.len) != 1) ||
        (m.len > 0 && EVP_EncryptUpdate(context, m.text, &n, m.text, m.len) != 1) ||
        EVP_EncryptFinal_ex(context, m.tag, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, KC_CIPHER_TAG_SIZE, m.tag) != 1)
        return KC_ERR_CRYPTO;
    return KC_OK;
}

enum kc_err kc_cipher_open(EVP_CIPHER_CTX *context, struct kc_bytes aad, struct kc_room message)
{
    struct parts m = {0};
    int n = 0;
    if (!part(aad, message, &m) || EVP_DecryptInit_ex2(context, NULL, NULL, m.nonce, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, KC_CIPHER_TAG_SIZE, m.tag) != 1 ||
        (aad.len > 0 && EVP_DecryptUpdate(context, NULL, &n, aad.ptr, (int)aad.len) != 1) ||
        (m.len > 0 && EVP_DecryptUpdate(context, m.text, &n, m.text, m.len) != 1))
        return KC_ERR_CRYPTO;
    if (EVP_DecryptFinal_ex(context, m.tag, &n) == 1)
        return KC_OK;
    kc_bytes_wipe(m.text, (size_t)m.len);
    return KC_ERR_REFUSED;
}
