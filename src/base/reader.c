#include "base/reader.h"

#include <string.h>

struct kc_reader kc_reader_of(struct kc_bytes bytes)
{
    return (struct kc_reader){bytes.ptr, bytes.len, 0, false};
}

/* The one bounds check. NULL when `n` bytes are not there. */
static const uint8_t *take(struct kc_reader *r, size_t n)
{
    if (r->failed || n > r->left) {
        kc_reader_fail(r);
        return NULL;
    }
    const uint8_t *start = r->ptr;
    if (n > 0)
        r->ptr += n;
    r->left -= n;
    r->at += n;
    return start;
}

static uint64_t little_endian(struct kc_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    uint64_t value = 0;
    for (size_t i = 0; p != NULL && i < n; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static uint64_t big_endian(struct kc_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    uint64_t value = 0;
    for (size_t i = 0; p != NULL && i < n; i++)
        value = value << 8 | p[i];
    return value;
}

uint8_t kc_reader_u8(struct kc_reader *r)
{
    return (uint8_t)little_endian(r, 1);
}

uint16_t kc_reader_u16(struct kc_reader *r)
{
    return (uint16_t)little_endian(r, 2);
}

uint32_t kc_reader_u32(struct kc_reader *r)
{
    return (uint32_t)little_endian(r, 4);
}

uint64_t kc_reader_u64(struct kc_reader *r)
{
    return little_endian(r, 8);
}

uint16_t kc_reader_u16be(struct kc_reader *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t kc_reader_u32be(struct kc_reader *r)
{
    return (uint32_t)big_endian(r, 4);
}

struct kc_bytes kc_reader_bytes(struct kc_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return r->failed ? kc_bytes_of(NULL, 0) : kc_bytes_of(p, n);
}

struct kc_bytes kc_reader_rest(struct kc_reader *r)
{
    return kc_reader_bytes(r, r->left);
}

void kc_reader_copy(struct kc_reader *r, void *out, size_t n)
{
    const uint8_t *p = take(r, n);
    if (n == 0)
        return;
    if (p == NULL)
        memset(out, 0, n);
    else
        memcpy(out, p, n);
}

void kc_reader_skip(struct kc_reader *r, size_t n)
{
    (void)take(r, n);
}

struct kc_reader kc_reader_child(struct kc_reader *r, size_t n)
{
    size_t at = r->at;
    const uint8_t *p = take(r, n);
    if (r->failed)
        return (struct kc_reader){NULL, 0, at, true};
    return (struct kc_reader){p, n, at, false};
}

void kc_reader_fail(struct kc_reader *r)
{
    r->failed = true;
    r->left = 0;
}

bool kc_reader_failed(const struct kc_reader *r)
{
    return r->failed;
}

bool kc_reader_done(const struct kc_reader *r)
{
    return !r->failed && r->left == 0;
}
