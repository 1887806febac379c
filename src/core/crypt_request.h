/*
 * The body of an encrypt or decrypt request: one item, or a list of them (batch_input), read,
 * unescaped and decoded into memory of its own. Holds secrets: wiped when freed.
 *
 * What is wrong with one item (no plaintext, no base64, no ciphertext of ours) is noted in it, for
 * in a batch the others are done all the same; what is wrong with the request refuses it whole.
 */
#ifndef KC_CORE_CRYPT_REQUEST_H
#define KC_CORE_CRYPT_REQUEST_H

#include "core/exchange.h"

#define KC_CRYPT_ITEMS_MAX 1000 /* of one batch */
#define KC_CRYPT_PREFIX    "vault:v"

struct kc_crypt_item {
    const char *error;         /* a literal; NULL: none so far */
    struct kc_room message;    /* nonce, text, tag, as cipher.h works on them */
    struct kc_bytes aad;       /* associated_data */
    uint64_t version;          /* of the key: to encrypt, 0 for the newest */
    struct kc_bytes reference; /* a JSON string with its quotes, as it came; empty: none */
};

struct kc_crypt_request {
    bool batch;
    unsigned partial_failure; /* status where some items failed and some did not; 0: 400 */
    size_t count;
    size_t size; /* bytes of all this, item and text included */
    struct kc_crypt_item *item;
};

/* Reads x->body. NULL: the exchange is refused. */
struct kc_crypt_request *kc_crypt_request_read(struct kc_exchange *x, bool decrypt);
void kc_crypt_request_free(struct kc_crypt_request *request); /* NULL is fine */

#endif
