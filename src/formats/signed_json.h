/*
 * The outer form of Intel's collateral: {"<name>": {...}, "signature": "<128 hexadecimal digits>"}.
 *
 * The signature is over the bytes of the inner object exactly as they stand in the body, from its
 * brace to its brace: they are cut out, never written anew. Nothing else may stand in the outer
 * object, for nothing else is signed. The order of the two is free.
 */
#ifndef KC_FORMATS_SIGNED_JSON_H
#define KC_FORMATS_SIGNED_JSON_H

#include "formats/json.h"

#define KC_SIGNED_JSON_MAX_SIZE (256 * 1024)

struct kc_signed_json {
    struct kc_bytes signed_part; /* view into the body */
    uint8_t signature[64];       /* ECDSA P-256, r || s */
};

/* Reads the inner object at the reader's place. */
typedef void kc_signed_json_read(struct kc_json *j, void *out);

/* KC_ERR_MALFORMED, or what `read` noted. White space around the body is allowed. */
KC_MUST_USE enum kc_err kc_signed_json_decode(struct kc_bytes body, const char *name,
                                              kc_signed_json_read *read, void *inner,
                                              struct kc_signed_json *out, struct kc_error *error);

#endif
