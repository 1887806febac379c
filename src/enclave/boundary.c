#include "enclave/boundary.h"

/* __builtin_memcpy: the library's would be called for each word here, freestanding as this is, and
 * leave the last one on the stack. */

bool kc_boundary_is_outside(const struct kc_boundary_range *range, uint64_t address, uint64_t n)
{
    uint64_t end = address + n;
    bool outside = address % 8 == 0 && end >= address &&
                   (end <= range->base || address >= range->base + range->size);
    if (address - range->base < range->size)
        outside = false;
    return outside;
}

void kc_boundary_copy_in(void *in, uint64_t address, size_t n)
{
    const volatile uint64_t *from = (const volatile uint64_t *)address;
    uint8_t *to = in;
    for (size_t i = 0; i < kc_boundary_round(n) / 8; i++) {
        uint64_t word = from[i];
        __builtin_memcpy(to + 8 * i, &word, 8);
    }
}

void kc_boundary_copy_out(uint64_t address, const void *out, size_t n)
{
    volatile uint64_t *to = (volatile uint64_t *)address;
    const uint8_t *from = out;
    for (size_t i = 0; i < n / 8; i++) {
        uint64_t word;
        __builtin_memcpy(&word, from + 8 * i, 8);
        to[i] = word;
    }
    if (n % 8 != 0) {
        uint64_t word = 0;
        __builtin_memcpy(&word, from + n - n % 8, n % 8);
        to[n / 8] = word;
    }
}

void kc_boundary_store(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}
