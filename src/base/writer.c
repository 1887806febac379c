#include "base/writer.h"

#include <string.h>

struct kc_writer kc_writer_of(struct kc_room room)
{
    static uint8_t none; /* tells "no room" from "only count"; never written, for cap is 0 */
    return (struct kc_writer){room.ptr == NULL ? &none : room.ptr, room.len, 0, false};
}

/* The one bounds check. NULL when only counting or when it does not fit. */
static uint8_t *claim(struct kc_writer *w, size_t n)
{
    size_t limit = w->ptr == NULL ? SIZE_MAX : w->cap;
    if (w->failed || n > limit - w->len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *start = w->ptr == NULL ? NULL : w->ptr + w->len;
    w->len += n;
    return start;
}

static void little_endian(struct kc_writer *w, uint64_t value, size_t n)
{
    uint8_t *p = claim(w, n);
    for (size_t i = 0; p != NULL && i < n; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static void big_endian(struct kc_writer *w, uint64_t value, size_t n)
{
    uint8_t *p = claim(w, n);
    for (size_t i = 0; p != NULL && i < n; i++)
        p[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

void kc_writer_u8(struct kc_writer *w, uint8_t value)
{
    little_endian(w, value, 1);
}

void kc_writer_u16(struct kc_writer *w, uint16_t value)
{
    little_endian(w, value, 2);
}

void kc_writer_u32(struct kc_writer *w, uint32_t value)
{
    little_endian(w, value, 4);
}

void kc_writer_u64(struct kc_writer *w, uint64_t value)
{
    little_endian(w, value, 8);
}

void kc_writer_u16be(struct kc_writer *w, uint16_t value)
{
    big_endian(w, value, 2);
}

void kc_writer_u32be(struct kc_writer *w, uint32_t value)
{
    big_endian(w, value, 4);
}

void kc_writer_bytes(struct kc_writer *w, struct kc_bytes bytes)
{
    kc_writer_copy(w, bytes.ptr, bytes.len);
}

void kc_writer_copy(struct kc_writer *w, const void *ptr, size_t n)
{
    uint8_t *p = claim(w, n);
    if (p != NULL && n > 0)
        memcpy(p, ptr, n);
}

void kc_writer_zeros(struct kc_writer *w, size_t n)
{
    uint8_t *p = claim(w, n);
    if (p != NULL && n > 0)
        memset(p, 0, n);
}

uint8_t *kc_writer_room(struct kc_writer *w, size_t n)
{
    return claim(w, n);
}

bool kc_writer_failed(const struct kc_writer *w)
{
    return w->failed;
}

struct kc_bytes kc_writer_written(const struct kc_writer *w)
{
    return w->failed || w->ptr == NULL ? kc_bytes_of(NULL, 0) : kc_bytes_of(w->ptr, w->len);
}
