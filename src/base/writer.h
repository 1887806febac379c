/*
 * Writes bytes front to back into room that the caller owns: the mirror of reader.h.
 *
 * Failure is sticky. A writer over no room (KC_WRITER_COUNT) only counts: run the same code
 * twice, first to learn the size, then to write. Integers are little endian unless the name ends
 * in be.
 */
#ifndef KC_BASE_WRITER_H
#define KC_BASE_WRITER_H

#include "base/bytes.h"
#include "base/error.h"

struct kc_writer {
    uint8_t *ptr; /* start of the room; NULL: only count */
    size_t cap;
    size_t len; /* bytes written, or counted */
    bool failed;
};

#define KC_WRITER_COUNT ((struct kc_writer){NULL, 0, 0, false})

struct kc_writer kc_writer_of(struct kc_room room);

void kc_writer_u8(struct kc_writer *w, uint8_t value);
void kc_writer_u16(struct kc_writer *w, uint16_t value);
void kc_writer_u32(struct kc_writer *w, uint32_t value);
void kc_writer_u64(struct kc_writer *w, uint64_t value);
void kc_writer_u16be(struct kc_writer *w, uint16_t value);
void kc_writer_u32be(struct kc_writer *w, uint32_t value);
void kc_writer_bytes(struct kc_writer *w, struct kc_bytes bytes);
void kc_writer_copy(struct kc_writer *w, const void *ptr, size_t n);
void kc_writer_zeros(struct kc_writer *w, size_t n);

/* The next `n` bytes as room for a callee to fill, NULL when only counting or on failure. */
uint8_t *kc_writer_room(struct kc_writer *w, size_t n);

bool kc_writer_failed(const struct kc_writer *w);

/* What was written so far; {NULL, 0} when only counting or on failure. */
struct kc_bytes kc_writer_written(const struct kc_writer *w);

#endif
