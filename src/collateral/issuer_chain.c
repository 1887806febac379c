#include "collateral/issuer_chain.h"

#include <string.h>

#include "base/hex.h"

static const char *const labels[] = {"-----BEGIN+CERTIFICATE-----", "-----END+CERTIFICATE-----"};

/* One byte, which may stand for three characters. */
static bool take(struct kc_bytes value, size_t *i, uint8_t *out)
{
    size_t n = 0;
    *out = value.ptr[*i];
    if (*out == '%') {
        if (value.len - *i < 3 || kc_hex_decode(kc_bytes_of(value.ptr + *i + 1, 2),
                                                (struct kc_room){out, 1}, &n) != KC_OK)
            return false;
        *i += 2;
    }
    *i += 1;
    return (*out >= 0x20 && *out < 0x7f) || *out == '\n' || *out == '\r';
}

/* Writes the space of a label that begins at `line`. */
static void mend_label(uint8_t *line, size_t len)
{
    for (size_t k = 0; k < sizeof labels / sizeof labels[0]; k++) {
        size_t n = strlen(labels[k]);
        if (len == n && memcmp(line, labels[k], n) == 0)
            *(uint8_t *)memchr(line, '+', n) = ' ';
    }
}

enum kc_err kc_issuer_chain_decode(struct kc_bytes value, struct kc_room out, size_t *out_len,
                                   struct kc_error *error)
{
    size_t n = 0;
    size_t line = 0;
    for (size_t i = 0; i < value.len;) {
        size_t at = i;
        uint8_t c = 0;
        if (!take(value, &i, &c))
            return kc_error_set(error, KC_ERR_MALFORMED,
                                "issuer chain: a '%' that stands for no character of PEM", at);
        if (n == out.len)
            return kc_error_set(error, KC_ERR_ROOM, "issuer chain: too long", at);
        out.ptr[n++] = c;
        if (c == '\n') {
            mend_label(out.ptr + line, n - 1 - line);
            line = n;
        }
    }
    if (n > line)
        mend_label(out.ptr + line, n - line);
    *out_len = n;
    return KC_OK;
}
