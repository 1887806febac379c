#include "base/base64.h"

/* All ones when a < b, else 0, for values below 2^31. */
static uint32_t below(uint32_t a, uint32_t b)
{
    return (uint32_t)((int32_t)(a - b) >> 31);
}

static uint32_t between(uint32_t c, uint32_t first, uint32_t last)
{
    return below(c, last + 1) & ~below(c, first);
}

static uint32_t same(uint32_t a, uint32_t b)
{
    return between(a, b, b);
}

static char symbol(enum kc_base64 kind, uint32_t v)
{
    uint32_t c62 = kind == KC_BASE64 ? '+' : '-';
    uint32_t c63 = kind == KC_BASE64 ? '/' : '_';
    uint32_t c = (between(v, 0, 25) & (v + 'A')) | (between(v, 26, 51) & (v - 26 + 'a')) |
                 (between(v, 52, 61) & (v - 52 + '0')) | (same(v, 62) & c62) | (same(v, 63) & c63);
    return (char)c;
}

/* The value of a symbol, or bits above 63 when it is none. */
static uint32_t value(enum kc_base64 kind, uint32_t c)
{
    uint32_t c62 = kind == KC_BASE64 ? '+' : '-';
    uint32_t c63 = kind == KC_BASE64 ? '/' : '_';
    uint32_t upper = between(c, 'A', 'Z');
    uint32_t lower = between(c, 'a', 'z');
    uint32_t number = between(c, '0', '9');
    uint32_t is62 = same(c, c62);
    uint32_t is63 = same(c, c63);
    return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (number & (c - '0' + 52)) |
           (is62 & 62) | (is63 & 63) | (~(upper | lower | number | is62 | is63) & 0x100u);
}

size_t kc_base64_encoded_len(enum kc_base64 kind, size_t n)
{
    if (kind == KC_BASE64)
        return (n + 2) / 3 * 4;
    return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

void kc_base64_encode(enum kc_base64 kind, struct kc_bytes in, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i += 3) {
        size_t have = in.len - i < 3 ? in.len - i : 3;
        uint32_t group = (uint32_t)in.ptr[i] << 16;
        if (have > 1)
            group |= (uint32_t)in.ptr[i + 1] << 8;
        if (have > 2)
            group |= in.ptr[i + 2];
        for (size_t k = 0; k <= have; k++)
            out[n++] = symbol(kind, group >> (18 - 6 * k) & 63u);
        for (size_t k = have; k < 3 && kind == KC_BASE64; k++)
            out[n++] = '=';
    }
    out[n] = '\0';
}

size_t kc_base64_decoded_max(size_t text_len)
{
    return text_len / 4 * 3 + 3;
}

/* The length without padding; false when the padding is not the one that it must be. */
static bool strip_padding(enum kc_base64 kind, struct kc_bytes *text)
{
    if (kind == KC_BASE64) {
        if (text->len % 4 != 0)
            return false;
        for (int i = 0; i < 2 && text->len > 0 && text->ptr[text->len - 1] == '='; i++)
            text->len--;
    }
    return text->len % 4 != 1;
}

/* Lanes of 16 bits, for compilers to do many at once: PEM chains are what a verifier spends most of
 * its own time on. All ones when a < b, else 0, for values below 2^15. */
static uint16_t below_lane(uint16_t a, uint16_t b)
{
    return (uint16_t)((int16_t)(uint16_t)(a - b) >> 15);
}

static uint16_t value_lane(uint16_t c, uint16_t c62, uint16_t c63)
{
    uint16_t upper = (uint16_t)(below_lane(c, 'Z' + 1) & ~below_lane(c, 'A'));
    uint16_t lower = (uint16_t)(below_lane(c, 'z' + 1) & ~below_lane(c, 'a'));
    uint16_t number = (uint16_t)(below_lane(c, '9' + 1) & ~below_lane(c, '0'));
    uint16_t is62 = below_lane((uint16_t)(c ^ c62), 1);
    uint16_t is63 = below_lane((uint16_t)(c ^ c63), 1);
    uint16_t none = (uint16_t) ~(upper | lower | number | is62 | is63);
    return (uint16_t)((upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (number & (c - '0' + 52)) |
                      (is62 & 62) | (is63 & 63) | (none & 0x100));
}

#define BLOCK 64 /* symbols: a line of PEM */

/* One block to 48 bytes; bits above 63 when a symbol was none. */
static uint32_t decode_block(enum kc_base64 kind, const uint8_t *text, uint8_t *out)
{
    uint16_t value[BLOCK];
    uint16_t bad = 0;
    uint16_t c62 = kind == KC_BASE64 ? '+' : '-';
    uint16_t c63 = kind == KC_BASE64 ? '/' : '_';
    for (size_t i = 0; i < BLOCK; i++)
        value[i] = value_lane(text[i], c62, c63);
    for (size_t i = 0; i < BLOCK; i++)
        bad |= value[i];
    for (size_t i = 0; i < BLOCK; i += 4) {
        uint32_t group = (uint32_t)(value[i] & 63) << 18 | (uint32_t)(value[i + 1] & 63) << 12 |
                         (uint32_t)(value[i + 2] & 63) << 6 | (uint32_t)(value[i + 3] & 63);
        *out++ = (uint8_t)(group >> 16);
        *out++ = (uint8_t)(group >> 8);
        *out++ = (uint8_t)group;
    }
    return bad;
}

enum kc_err kc_base64_decode(enum kc_base64 kind, struct kc_bytes text, struct kc_room out,
                             size_t *out_len)
{
    uint32_t bad = 0;
    uint32_t group = 0;
    size_t n = 0;
    if (!strip_padding(kind, &text))
        return KC_ERR_MALFORMED;
    size_t tail = text.len % 4;
    size_t need = text.len / 4 * 3 + (tail == 0 ? 0 : tail - 1);
    if (need > out.len)
        return KC_ERR_ROOM;
    size_t start = text.len / BLOCK * BLOCK;
    for (size_t i = 0; i < start; i += BLOCK, n += BLOCK / 4 * 3)
        bad |= decode_block(kind, text.ptr + i, out.ptr + n);
    for (size_t i = start; i < text.len; i++) {
        uint32_t v = value(kind, text.ptr[i]);
        bad |= v;
        group = group << 6 | (v & 63u);
        if (i % 4 == 3) {
            out.ptr[n++] = (uint8_t)(group >> 16);
            out.ptr[n++] = (uint8_t)(group >> 8);
            out.ptr[n++] = (uint8_t)group;
            group = 0;
        }
    }
    if (tail == 2) {
        bad |= (group & 15u) << 8;
        out.ptr[n++] = (uint8_t)(group >> 4);
    } else if (tail == 3) {
        bad |= (group & 3u) << 8;
        out.ptr[n++] = (uint8_t)(group >> 10);
        out.ptr[n++] = (uint8_t)(group >> 2);
    }
    if (bad > 63)
        return KC_ERR_MALFORMED;
    *out_len = n;
    return KC_OK;
}
