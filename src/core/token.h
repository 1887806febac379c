/*
 * Tokens: what a client shows to be let in. "kct." and 43 characters of base64url, which are 32
 * random bytes. Whoever has one may do what it allows; so the store knows it by its hash alone, and
 * the enclave keeps no token that it has given out.
 */
#ifndef KC_CORE_TOKEN_H
#define KC_CORE_TOKEN_H

#include "core/record_id.h"

#define KC_TOKEN_LEN 47 /* characters */

/* Room for a new one, with its NUL; a secret. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_token_make(char out[KC_TOKEN_LEN + 1]);

/* The record that a token is known by: its SHA-256 in hexadecimal. KC_ERR_MALFORMED: no token of
 * ours looks like this one. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_token_id(struct kc_bytes token, struct kc_record_id *out);

enum kc_token_kind {
    KC_TOKEN_ROOT = 1, /* may do everything, does not end */
};

/*
 * What the record says of its token: u8 format (1), u8 kind, u64 made.
 */
#define KC_TOKEN_RECORD_SIZE 10

struct kc_token_record {
    enum kc_token_kind kind;
    uint64_t made; /* seconds since 1970, by the core's clock */
};

void kc_token_record_encode(struct kc_writer *w, const struct kc_token_record *in);

/* KC_ERR_UNSUPPORTED: another format or kind. KC_ERR_MALFORMED: another length. */
KC_MUST_USE enum kc_err kc_token_record_decode(struct kc_bytes body, struct kc_token_record *out);

#endif
