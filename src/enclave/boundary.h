/*
 * Untrusted memory, seen from inside: where it begins, and the only functions that touch it.
 */
#ifndef KC_ENCLAVE_BOUNDARY_H
#define KC_ENCLAVE_BOUNDARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ELRANGE. */
struct kc_boundary_range {
    uint64_t base;
    uint64_t size;
};

/* The next multiple of 8; `n` is far below 2^64. */
static inline uint64_t kc_boundary_round(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

/*
 * True when `address` is a multiple of 8 and all `n` bytes from it lie outside the range, without
 * wrapping. An address inside is refused for n = 0 too.
 */
bool kc_boundary_is_outside(const struct kc_boundary_range *range, uint64_t address, uint64_t n);

/* Stands behind the branch on kc_boundary_is_outside(): nothing runs ahead of the answer. */
static inline void kc_boundary_fence(void)
{
    __asm__ volatile("lfence" ::: "memory");
}

/* Copies `n` bytes in, reading whole words: `in` has room for kc_boundary_round(n) bytes. Each
 * word is read once. */
void kc_boundary_copy_in(void *in, uint64_t address, size_t n);

/* Copies `n` bytes out in whole words, the last filled up with zeros. */
void kc_boundary_copy_out(uint64_t address, const void *out, size_t n);

void kc_boundary_store(uint64_t address, uint64_t value);

#endif
