#include "formats/cbor.h"

/* Major types (RFC 8949, section 3.1). */
enum major {
    MAJOR_UINT = 0,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
};

/* The argument of one item head. The shortest form alone; indefinite lengths have none. */
static uint64_t read_head(struct kc_reader *r, enum major major)
{
    uint8_t first = kc_reader_u8(r);
    uint8_t info = first & 0x1f;
    uint64_t value = info;
    uint64_t least = 0;
    if (info == 24) {
        value = kc_reader_u8(r);
        least = 24;
    } else if (info == 25) {
        value = kc_reader_u16be(r);
        least = 0x100;
    } else if (info == 26) {
        value = kc_reader_u32be(r);
        least = 0x10000;
    } else if (info == 27) {
        value = (uint64_t)kc_reader_u32be(r) << 32;
        value |= kc_reader_u32be(r);
        least = 0x100000000;
    }
    if (first >> 5 != major || info > 27 || value < least)
        kc_reader_fail(r);
    return kc_reader_failed(r) ? 0 : value;
}

static void write_head(struct kc_writer *w, enum major major, uint64_t value)
{
    uint8_t first = (uint8_t)(major << 5);
    if (value < 24) {
        kc_writer_u8(w, (uint8_t)(first | value));
    } else if (value < 0x100) {
        kc_writer_u8(w, first | 24);
        kc_writer_u8(w, (uint8_t)value);
    } else if (value < 0x10000) {
        kc_writer_u8(w, first | 25);
        kc_writer_u16be(w, (uint16_t)value);
    } else if (value < 0x100000000) {
        kc_writer_u8(w, first | 26);
        kc_writer_u32be(w, (uint32_t)value);
    } else {
        kc_writer_u8(w, first | 27);
        kc_writer_u32be(w, (uint32_t)(value >> 32));
        kc_writer_u32be(w, (uint32_t)value);
    }
}

/* The bytes of one character (RFC 3629, section 4); 0 when there is no valid one. */
static size_t utf8_character(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    uint8_t low = 0x80; /* range of the second byte */
    uint8_t high = 0xbf;
    size_t n;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        n = 2;
    else if (c >= 0xe0 && c <= 0xef)
        n = 3;
    else if (c >= 0xf0 && c <= 0xf4)
        n = 4;
    else
        return 0;
    if (n > left)
        return 0;
    if (c == 0xe0)
        low = 0xa0;
    else if (c == 0xed)
        high = 0x9f;
    else if (c == 0xf0)
        low = 0x90;
    else if (c == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return n;
}

static bool is_utf8(struct kc_bytes text)
{
    size_t i = 0;
    while (i < text.len) {
        size_t n = utf8_character(text.ptr + i, text.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

uint64_t kc_cbor_read_uint(struct kc_reader *r)
{
    return read_head(r, MAJOR_UINT);
}

struct kc_bytes kc_cbor_read_bytes(struct kc_reader *r)
{
    uint64_t len = read_head(r, MAJOR_BYTES);
    return kc_reader_bytes(r, len);
}

struct kc_bytes kc_cbor_read_text(struct kc_reader *r)
{
    uint64_t len = read_head(r, MAJOR_TEXT);
    struct kc_bytes text = kc_reader_bytes(r, len);
    if (is_utf8(text))
        return text;
    kc_reader_fail(r);
    return kc_bytes_of(NULL, 0);
}

uint64_t kc_cbor_read_array(struct kc_reader *r)
{
    return read_head(r, MAJOR_ARRAY);
}

uint64_t kc_cbor_read_map(struct kc_reader *r)
{
    return read_head(r, MAJOR_MAP);
}

uint64_t kc_cbor_read_tag(struct kc_reader *r)
{
    return read_head(r, MAJOR_TAG);
}

void kc_cbor_write_uint(struct kc_writer *w, uint64_t value)
{
    write_head(w, MAJOR_UINT, value);
}

void kc_cbor_write_bytes(struct kc_writer *w, struct kc_bytes bytes)
{
    write_head(w, MAJOR_BYTES, bytes.len);
    kc_writer_bytes(w, bytes);
}

void kc_cbor_write_text(struct kc_writer *w, struct kc_bytes text)
{
    write_head(w, MAJOR_TEXT, text.len);
    kc_writer_bytes(w, text);
}

void kc_cbor_write_array(struct kc_writer *w, uint64_t count)
{
    write_head(w, MAJOR_ARRAY, count);
}

void kc_cbor_write_map(struct kc_writer *w, uint64_t pairs)
{
    write_head(w, MAJOR_MAP, pairs);
}

void kc_cbor_write_tag(struct kc_writer *w, uint64_t tag)
{
    write_head(w, MAJOR_TAG, tag);
}
