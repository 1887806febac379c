/*
 * Randomness from the processor: RDSEED alone, through getentropy(), which is what seeds
 * libcrypto's DRBG. RDSEED runs dry when other cores draw too, hence the many tries.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "enclave/runtime.h"
#include "enclave/shim/shim.h"

#define TRIES       1000000
#define REPEATS_MAX 2

static bool draw(uint64_t *out)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t value;
        bool good;
        __asm__ volatile("rdseed %0" : "=r"(value), "=@ccc"(good));
        if (good) {
            *out = value;
            return true;
        }
        __builtin_ia32_pause();
    }
    return false;
}

/* Two equal values in a row happen once in 2^64; a stuck generator (as some processors had after
 * waking up, with all bits set) gives them always. */
uint64_t kc_shim_random_word(void)
{
    struct kc_thread *self = kc_thread_self();
    for (unsigned repeats = 0; repeats <= REPEATS_MAX; repeats++) {
        uint64_t value = 0;
        if (!draw(&value))
            kc_runtime_abort();
        if (value != self->last_random && value != 0 && value != UINT64_MAX) {
            self->last_random = value;
            return value;
        }
    }
    kc_runtime_abort();
}

int getentropy(void *out, size_t n)
{
    uint8_t *to = out;
    while (n > 0) {
        uint64_t word = kc_shim_random_word();
        size_t piece = n < sizeof(word) ? n : sizeof(word);
        memcpy(to, &word, piece);
        to += piece;
        n -= piece;
    }
    return 0;
}
