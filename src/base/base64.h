/*
 * Base64 (RFC 4648), standard and URL-safe, without tables or branches on the data.
 *
 * Decoding accepts one encoding only: the padding must be there (standard) or absent (URL-safe),
 * unused bits must be zero, no white space.
 */
#ifndef KC_BASE_BASE64_H
#define KC_BASE_BASE64_H

#include "base/bytes.h"
#include "base/error.h"

enum kc_base64 {
    KC_BASE64,     /* + and /, with padding (RFC 4648, section 4) */
    KC_BASE64_URL, /* - and _, without padding (section 5, as JOSE uses it) */
};

/* Characters for `n` bytes, without NUL. */
size_t kc_base64_encoded_len(enum kc_base64 kind, size_t n);

/* Writes kc_base64_encoded_len() characters and a NUL to `out`, which has room for them. */
void kc_base64_encode(enum kc_base64 kind, struct kc_bytes in, char *out);

/* An upper bound of the bytes that `text_len` characters decode to. */
size_t kc_base64_decoded_max(size_t text_len);

/*
 * KC_ERR_MALFORMED: not the one encoding of any bytes. KC_ERR_ROOM: `out` is smaller than the
 * result. `out` is undefined on failure.
 */
KC_MUST_USE enum kc_err kc_base64_decode(enum kc_base64 kind, struct kc_bytes text,
                                         struct kc_room out, size_t *out_len);

#endif
