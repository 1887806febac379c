/*
 * Hexadecimal, both ways, without tables or branches on the data: secrets pass through here.
 */
#ifndef KC_BASE_HEX_H
#define KC_BASE_HEX_H

#include "base/bytes.h"
#include "base/error.h"

/* Writes 2 * in.len characters and a NUL to `out`, which has room for them. */
void kc_hex_encode_lower(struct kc_bytes in, char *out);
void kc_hex_encode_upper(struct kc_bytes in, char *out);

/*
 * Decodes `text` (upper and lower case, no spaces) to exactly text.len / 2 bytes.
 * KC_ERR_MALFORMED: odd length or a character that is no hexadecimal digit.
 * KC_ERR_ROOM: `out` is too small. `out` is undefined on failure.
 */
KC_MUST_USE enum kc_err kc_hex_decode(struct kc_bytes text, struct kc_room out, size_t *out_len);

#endif
