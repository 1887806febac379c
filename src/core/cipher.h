/*
 * AES-256-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, for the hot path: the
 * algorithm is fetched once, and contexts are kept and used again, so that one encryption allocates
 * nothing. Threads share a kc_cipher; a context belongs to one of them from begin to end.
 *
 * A context that is not in use still holds the schedule of its last key, until it gets another one
 * or kc_cipher_free() wipes it.
 */
#ifndef KC_CORE_CIPHER_H
#define KC_CORE_CIPHER_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_CIPHER_KEY_SIZE   32
#define KC_CIPHER_NONCE_SIZE 12
#define KC_CIPHER_TAG_SIZE   16
#define KC_CIPHER_OVERHEAD   (KC_CIPHER_NONCE_SIZE + KC_CIPHER_TAG_SIZE)

struct kc_cipher;
struct evp_cipher_ctx_st;

/* KC_ERR_MEMORY, KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_cipher_new(struct kc_cipher **out);
void kc_cipher_free(struct kc_cipher *cipher); /* NULL is fine; no context may be in use */

/* A context with `key`, for any number of messages; NULL when the library fails. */
struct evp_cipher_ctx_st *kc_cipher_begin(struct kc_cipher *cipher,
                                          const uint8_t key[KC_CIPHER_KEY_SIZE]);
void kc_cipher_end(struct kc_cipher *cipher, struct evp_cipher_ctx_st *context); /* NULL is fine */

/*
 * In place: `message` is room of nonce, text and tag, at least KC_CIPHER_OVERHEAD bytes. Sealing
 * reads nonce and text and leaves ciphertext and tag; opening the reverse. Lengths up to INT_MAX.
 * KC_ERR_CRYPTO. KC_ERR_REFUSED: the tag is another one, and the text is wiped.
 */
KC_MUST_USE enum kc_err kc_cipher_seal(struct evp_cipher_ctx_st *context, struct kc_bytes aad,
                                       struct kc_room message);
KC_MUST_USE enum kc_err kc_cipher_open(struct evp_cipher_ctx_st *context, struct kc_bytes aad,
                                       struct kc_room message);

#endif
