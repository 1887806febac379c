/* The issuer chain that a PCS sends in a header: PEM, percent-encoded (RFC 3986, section 2.1). */
#ifndef KC_COLLATERAL_ISSUER_CHAIN_H
#define KC_COLLATERAL_ISSUER_CHAIN_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Decodes a header's value; never longer than it. Some caches write a space as '+', which base64
 * has too: '+' is taken for a space inside of the lines "-----BEGIN CERTIFICATE-----" and
 * "-----END CERTIFICATE-----", and nowhere else. KC_ERR_MALFORMED: a '%' without two hexadecimal
 * digits, or one that stands for neither printable ASCII nor the end of a line; KC_ERR_ROOM.
 */
KC_MUST_USE enum kc_err kc_issuer_chain_decode(struct kc_bytes value, struct kc_room out,
                                               size_t *out_len, struct kc_error *error);

#endif
