#include "formats/der.h"

#include <string.h>

#include "base/time.h"

#define DEPTH_MAX 16

static void fail_at(struct kc_reader *r, size_t at)
{
    if (r->failed)
        return;
    r->at = at;
    kc_reader_fail(r);
}

/* A definite length in its shortest form, of 16 MiB at most (X.690, 10.1). */
static size_t read_length(struct kc_reader *r)
{
    size_t at = r->at;
    uint8_t first = kc_reader_u8(r);
    if (first < 0x80)
        return first;
    size_t octets = first & 0x7f;
    if (octets == 0 || octets > 3) {
        fail_at(r, at);
        return 0;
    }
    size_t len = 0;
    for (size_t i = 0; i < octets; i++)
        len = len << 8 | kc_reader_u8(r);
    if (len < 0x80 || len >> (8 * (octets - 1)) == 0)
        fail_at(r, at);
    return len;
}

uint8_t kc_der_peek(const struct kc_reader *r)
{
    return r->failed || r->left == 0 ? 0 : *r->ptr;
}

struct kc_reader kc_der_enter(struct kc_reader *r, uint8_t tag)
{
    if (kc_der_peek(r) != tag)
        kc_reader_fail(r);
    kc_reader_skip(r, 1);
    size_t at = r->at;
    size_t len = read_length(r);
    if (len > r->left)
        fail_at(r, at);
    return kc_reader_child(r, len);
}

void kc_der_leave(struct kc_reader *r, const struct kc_reader *inner)
{
    if (!kc_reader_done(inner))
        fail_at(r, inner->at);
}

struct kc_bytes kc_der_content(struct kc_reader *r, uint8_t tag)
{
    struct kc_reader inner = kc_der_enter(r, tag);
    return kc_reader_rest(&inner);
}

struct kc_bytes kc_der_element(struct kc_reader *r, uint8_t tag)
{
    const uint8_t *start = r->ptr;
    size_t left = r->left;
    (void)kc_der_enter(r, tag);
    return r->failed ? kc_bytes_of(NULL, 0) : kc_bytes_of(start, left - r->left);
}

bool kc_der_boolean(struct kc_reader *r)
{
    size_t at = r->at;
    struct kc_bytes content = kc_der_content(r, KC_DER_BOOLEAN);
    if (content.len != 1 || (*content.ptr != 0x00 && *content.ptr != 0xff)) {
        fail_at(r, at);
        return false;
    }
    return *content.ptr == 0xff;
}

static struct kc_bytes read_integer(struct kc_reader *r, uint8_t tag)
{
    size_t at = r->at;
    struct kc_bytes n = kc_der_content(r, tag);
    bool padded = n.len >= 2 &&
                  ((n.ptr[0] == 0x00 && n.ptr[1] < 0x80) || (n.ptr[0] == 0xff && n.ptr[1] >= 0x80));
    if (n.len == 0 || padded) {
        fail_at(r, at);
        return kc_bytes_of(NULL, 0);
    }
    return n;
}

struct kc_bytes kc_der_integer(struct kc_reader *r)
{
    return read_integer(r, KC_DER_INTEGER);
}

uint32_t kc_der_uint(struct kc_reader *r, uint8_t tag, uint32_t max)
{
    size_t at = r->at;
    struct kc_bytes n = read_integer(r, tag);
    uint64_t value = 0;
    if (n.len == 0 || n.len > 5 || n.ptr[0] >= 0x80) {
        fail_at(r, at);
        return 0;
    }
    for (size_t i = 0; i < n.len; i++)
        value = value << 8 | n.ptr[i];
    if (value > max) {
        fail_at(r, at);
        return 0;
    }
    return (uint32_t)value;
}

void kc_der_big_uint(struct kc_reader *r, uint8_t *out, size_t size)
{
    size_t at = r->at;
    struct kc_bytes n = read_integer(r, KC_DER_INTEGER);
    memset(out, 0, size);
    bool negative = n.len > 0 && n.ptr[0] >= 0x80;
    if (n.len > 1 && n.ptr[0] == 0)
        n = kc_bytes_of(n.ptr + 1, n.len - 1);
    if (n.len == 0 || negative || n.len > size) {
        fail_at(r, at);
        return;
    }
    memcpy(out + (size - n.len), n.ptr, n.len);
}

struct kc_bytes kc_der_oid(struct kc_reader *r)
{
    size_t at = r->at;
    struct kc_bytes oid = kc_der_content(r, KC_DER_OID);
    bool good = oid.len > 0 && oid.ptr[oid.len - 1] < 0x80;
    for (size_t i = 0; i < oid.len; i++) {
        bool first = i == 0 || oid.ptr[i - 1] < 0x80;
        if (first && oid.ptr[i] == 0x80)
            good = false;
    }
    if (!good) {
        fail_at(r, at);
        return kc_bytes_of(NULL, 0);
    }
    return oid;
}

/* A BIT STRING's octets and how many of the last one's bits are unused: these must be zero. */
static struct kc_bytes read_bits(struct kc_reader *r, unsigned *unused)
{
    size_t at = r->at;
    struct kc_bytes bits = kc_der_content(r, KC_DER_BIT_STRING);
    *unused = bits.len > 0 ? bits.ptr[0] : 8;
    bool good = *unused <= 7 && (bits.len > 1 || *unused == 0);
    if (!good || (bits.ptr[bits.len - 1] & ((1u << *unused) - 1)) != 0) {
        fail_at(r, at);
        return kc_bytes_of(NULL, 0);
    }
    return kc_bytes_of(bits.ptr + 1, bits.len - 1);
}

struct kc_bytes kc_der_octet_aligned_bits(struct kc_reader *r)
{
    size_t at = r->at;
    unsigned unused = 0;
    struct kc_bytes bits = read_bits(r, &unused);
    if (unused != 0) {
        fail_at(r, at);
        return kc_bytes_of(NULL, 0);
    }
    return bits;
}

uint32_t kc_der_named_bits(struct kc_reader *r)
{
    size_t at = r->at;
    unsigned unused = 0;
    struct kc_bytes bits = read_bits(r, &unused);
    uint32_t value = 0;
    if (bits.len == 0 || bits.len > 4 || (bits.ptr[bits.len - 1] >> unused & 1) == 0) {
        fail_at(r, at);
        return 0;
    }
    for (size_t i = 0; i < 8 * bits.len; i++)
        value |= (uint32_t)(bits.ptr[i / 8] >> (7 - i % 8) & 1) << i;
    return value;
}

void kc_der_octets(struct kc_reader *r, void *out, size_t n)
{
    size_t at = r->at;
    struct kc_bytes octets = kc_der_content(r, KC_DER_OCTET_STRING);
    memset(out, 0, n);
    if (octets.len != n)
        fail_at(r, at);
    else if (n > 0)
        memcpy(out, octets.ptr, n);
}

/* Two decimal digits, or -1. */
static int two_digits(const uint8_t *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* MMDDhhmmssZ of a known year. */
static bool read_rest_of_time(int year, const uint8_t *p, int64_t *out)
{
    int field[5];
    for (size_t i = 0; i < 5; i++) {
        field[i] = two_digits(p + 2 * i);
        if (field[i] < 0)
            return false;
    }
    return p[10] == 'Z' &&
           kc_time_from_fields(year, field[0], field[1], field[2], field[3], field[4], out);
}

int64_t kc_der_time(struct kc_reader *r)
{
    size_t at = r->at;
    int64_t seconds = 0;
    bool good = false;
    if (kc_der_peek(r) == KC_DER_UTC_TIME) {
        struct kc_bytes text = kc_der_content(r, KC_DER_UTC_TIME);
        int year = text.len == 13 ? two_digits(text.ptr) : -1;
        year = year < 0 ? -1 : year < 50 ? 2000 + year : 1900 + year;
        good = year >= 0 && read_rest_of_time(year, text.ptr + 2, &seconds);
    } else {
        struct kc_bytes text = kc_der_content(r, KC_DER_GENERALIZED_TIME);
        int century = text.len == 15 ? two_digits(text.ptr) : -1;
        int year = century < 0 ? -1 : two_digits(text.ptr + 2);
        year = year < 0 ? -1 : 100 * century + year;
        good = year >= 0 && read_rest_of_time(year, text.ptr + 4, &seconds);
    }
    if (!good) {
        fail_at(r, at);
        return 0;
    }
    return seconds;
}

/* Whether the constructed bit fits the kind: of the universal ones SEQUENCE and SET have it and no
 * other, as DER has no strings in pieces (X.690, 10.2). */
static bool is_good_tag(uint8_t tag)
{
    bool constructed = (tag & 0x20) != 0;
    bool list = (tag | 0x20) == KC_DER_SEQUENCE || (tag | 0x20) == KC_DER_SET;
    if (tag == 0 || (tag & 0x1f) == 0x1f)
        return false;
    return (tag & 0xc0) != 0 || constructed == list;
}

static void check_element(struct kc_reader *r, unsigned depth)
{
    uint8_t tag = kc_der_peek(r);
    unsigned unused = 0;
    if (depth == 0 || !is_good_tag(tag)) {
        kc_reader_fail(r);
    } else if ((tag & 0x20) != 0) {
        struct kc_reader inner = kc_der_enter(r, tag);
        while (!inner.failed && inner.left > 0)
            check_element(&inner, depth - 1);
        kc_der_leave(r, &inner);
    } else if (tag == KC_DER_BOOLEAN) {
        (void)kc_der_boolean(r);
    } else if (tag == KC_DER_INTEGER || tag == KC_DER_ENUMERATED) {
        (void)read_integer(r, tag);
    } else if (tag == KC_DER_OID) {
        (void)kc_der_oid(r);
    } else if (tag == KC_DER_BIT_STRING) {
        (void)read_bits(r, &unused);
    } else if (tag == KC_DER_NULL) {
        size_t at = r->at;
        if (kc_der_content(r, tag).len != 0)
            fail_at(r, at);
    } else {
        (void)kc_der_content(r, tag);
    }
}

struct kc_bytes kc_der_any(struct kc_reader *r)
{
    const uint8_t *start = r->ptr;
    size_t left = r->left;
    check_element(r, DEPTH_MAX);
    return r->failed ? kc_bytes_of(NULL, 0) : kc_bytes_of(start, left - r->left);
}
