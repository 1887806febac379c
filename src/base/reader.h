/*
 * Reads untrusted bytes front to back.
 *
 * Failure is sticky: after the first read that does not fit, every read gives zeros or no bytes
 * and kc_reader_failed() says so. Decode everything, ask once, then act. Integers are little
 * endian unless the name ends in be. One function holds the bounds check.
 */
#ifndef KC_BASE_READER_H
#define KC_BASE_READER_H

#include "base/bytes.h"
#include "base/error.h"

struct kc_reader {
    const uint8_t *ptr; /* next byte */
    size_t left;
    size_t at; /* offset of `ptr` from the outermost start, for error messages */
    bool failed;
};

struct kc_reader kc_reader_of(struct kc_bytes bytes);

uint8_t kc_reader_u8(struct kc_reader *r);
uint16_t kc_reader_u16(struct kc_reader *r);
uint32_t kc_reader_u32(struct kc_reader *r);
uint64_t kc_reader_u64(struct kc_reader *r);
uint16_t kc_reader_u16be(struct kc_reader *r);
uint32_t kc_reader_u32be(struct kc_reader *r);

/* The next `n` bytes as a view into the input; {NULL, 0} on failure. */
struct kc_bytes kc_reader_bytes(struct kc_reader *r, size_t n);

/* All that is left. */
struct kc_bytes kc_reader_rest(struct kc_reader *r);

/* Copies the next `n` bytes to `out`; zeros on failure. */
void kc_reader_copy(struct kc_reader *r, void *out, size_t n);

void kc_reader_skip(struct kc_reader *r, size_t n);

/* A reader confined to the next `n` bytes, which `r` steps over. It has failed if they are not
 * there. Offsets go on counting from the outermost start. */
struct kc_reader kc_reader_child(struct kc_reader *r, size_t n);

/* Marks the input as bad, for checks that are not about length. */
void kc_reader_fail(struct kc_reader *r);

bool kc_reader_failed(const struct kc_reader *r);

/* True when nothing failed and every byte was used. */
KC_MUST_USE bool kc_reader_done(const struct kc_reader *r);

#endif
