#include "base/hex.h"

/* 0xff when a < b, else 0, for values below 2^31. */
static uint32_t below(uint32_t a, uint32_t b)
{
    return (uint32_t)((int32_t)(a - b) >> 31);
}

static char digit(uint32_t nibble, uint32_t letter_offset)
{
    /* '0' + nibble, and from 10 on the distance to the letters. */
    return (char)('0' + nibble + (~below(nibble, 10) & letter_offset));
}

static void encode(struct kc_bytes in, char *out, uint32_t letter_offset)
{
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digit(in.ptr[i] >> 4, letter_offset);
        out[2 * i + 1] = digit(in.ptr[i] & 15u, letter_offset);
    }
    out[2 * in.len] = '\0';
}

void kc_hex_encode_lower(struct kc_bytes in, char *out)
{
    encode(in, out, 'a' - '0' - 10);
}

void kc_hex_encode_upper(struct kc_bytes in, char *out)
{
    encode(in, out, 'A' - '0' - 10);
}

/* The value of a digit, or bits above 15 when it is none. */
static uint32_t value(uint32_t c)
{
    uint32_t number = c - '0';
    uint32_t letter = (c | 0x20u) - 'a';
    uint32_t is_number = below(c, '9' + 1) & ~below(c, '0');
    uint32_t is_letter = below(c | 0x20u, 'f' + 1) & ~below(c | 0x20u, 'a');
    return (is_number & number) | (is_letter & (letter + 10)) | (~(is_number | is_letter) & 0x100u);
}

enum kc_err kc_hex_decode(struct kc_bytes text, struct kc_room out, size_t *out_len)
{
    uint32_t bad = 0;
    if (text.len % 2 != 0)
        return KC_ERR_MALFORMED;
    if (text.len / 2 > out.len)
        return KC_ERR_ROOM;
    for (size_t i = 0; i < text.len / 2; i++) {
        uint32_t high = value(text.ptr[2 * i]);
        uint32_t low = value(text.ptr[2 * i + 1]);
        bad |= high | low;
        out.ptr[i] = (uint8_t)(high << 4 | low);
    }
    if (bad > 15)
        return KC_ERR_MALFORMED;
    *out_len = text.len / 2;
    return KC_OK;
}
