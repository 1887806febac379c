/*
 * Bytes that grow up to a limit and are wiped: bodies hold tokens and plaintext. There is always a
 * NUL behind them once anything was added.
 */
#ifndef KC_CLIENT_BUFFER_H
#define KC_CLIENT_BUFFER_H

#include "base/bytes.h"
#include "base/error.h"

/* Zeros: empty. */
struct kc_client_buffer {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};

/* KC_ERR_ROOM: more than `max` in all. KC_ERR_MEMORY. Nothing is added then. */
KC_MUST_USE enum kc_err kc_client_buffer_add(struct kc_client_buffer *b, struct kc_bytes bytes,
                                             size_t max);

/* Wipes and frees. */
void kc_client_buffer_clear(struct kc_client_buffer *b);

#endif
