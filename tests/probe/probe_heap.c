#include "probe_heap.h"

#include <stdlib.h>
#include <string.h>

#include "enclave/shim/pool.h"
#include "enclave/shim/shim.h"

#define HELD_MAX   4096
#define HELD_SIZE  (64 * 1024)
#define MIX_BLOCKS 64
#define PASSED     64
#define PLACES     4

static struct kc_spin lock;
static void *held[HELD_MAX];
static uint64_t held_count;
static void *passed[PASSED];

struct made {
    struct made *before;
    size_t n;
};

static struct made *made[PLACES];

static size_t fill(uint8_t *out)
{
    uint64_t mine = 0;
    for (;;) {
        void *block = malloc(HELD_SIZE);
        if (block == NULL)
            break;
        kc_spin_lock(&lock);
        held[held_count++] = block;
        kc_spin_unlock(&lock);
        mine += HELD_SIZE;
    }
    memcpy(out, &mine, 8);
    return 8;
}

static size_t drop(uint8_t *out)
{
    kc_spin_lock(&lock);
    while (held_count > 0)
        free(held[--held_count]);
    kc_spin_unlock(&lock);
    out[0] = 1;
    return 1;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t random_size(uint32_t *state)
{
    uint32_t kind = next_random(state) % 16;
    if (kind == 0)
        return next_random(state) % 70000;
    if (kind < 4)
        return next_random(state) % 9000;
    return next_random(state) % 300;
}

static uint8_t is_all(const uint8_t *block, size_t n, uint8_t value)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < n; i++)
        difference |= block[i] ^ value;
    return difference == 0;
}

/* Live blocks filled with their own mark: two that overlap, or a book-keeping slip, show. */
static uint8_t mix(uint32_t rounds, uint32_t seed)
{
    uint8_t *block[MIX_BLOCKS] = {0};
    size_t size[MIX_BLOCKS] = {0};
    uint8_t good = 1;
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t k = next_random(&seed) % MIX_BLOCKS;
        uint8_t mark = (uint8_t)(seed >> 24);
        if (block[k] != NULL && next_random(&seed) % 4 == 0) {
            uint8_t old = size[k] > 0 ? block[k][0] : 0;
            size_t n = random_size(&seed) + 1;
            uint8_t *moved = realloc(block[k], n);
            if (moved == NULL)
                continue;
            good &= is_all(moved, n < size[k] ? n : size[k], old);
            block[k] = moved;
            size[k] = n;
            memset(moved, old, n);
        } else if (block[k] != NULL) {
            good &= is_all(block[k], size[k], size[k] > 0 ? block[k][0] : 0);
            free(block[k]);
            block[k] = NULL;
        } else {
            size[k] = random_size(&seed);
            block[k] = next_random(&seed) % 2 == 0 ? malloc(size[k]) : calloc(1, size[k]);
            if (block[k] == NULL)
                continue;
            good &= (uintptr_t)block[k] % 16 == 0 && is_all(block[k], size[k], 0);
            memset(block[k], mark, size[k]);
        }
    }
    for (uint32_t k = 0; k < MIX_BLOCKS; k++)
        free(block[k]);
    return good;
}

/* Looks at memory that was freed, which only a test may. */
static uint8_t wiped(size_t n)
{
    uint8_t *block = malloc(n);
    if (block == NULL)
        return 0;
    memset(block, 0xaa, n);
    uint8_t *volatile after = block;
    free(block);
    return is_all(after, n, 0);
}

static uint8_t pass_on(uint32_t seed)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t k = next_random(&seed) % PASSED;
        void *mine = malloc(random_size(&seed));
        void *theirs = __atomic_exchange_n(&passed[k], mine, __ATOMIC_ACQ_REL);
        free(theirs);
    }
    return 1;
}

/* Blocks until `bytes` of them are held at a place, each holding the one before. */
static uint8_t make(uint32_t bytes, uint32_t place)
{
    static uint32_t seeds[PLACES];
    if (place >= PLACES || made[place] != NULL)
        return 0;
    for (size_t total = 0; total < bytes;) {
        size_t n = sizeof(struct made) + 1 + random_size(&seeds[place]);
        struct made *block = malloc(n);
        if (block == NULL)
            return 0;
        *block = (struct made){made[place], n};
        ((uint8_t *)block)[n - 1] = 0xaa;
        made[place] = block;
        total += n;
    }
    return 1;
}

static uint8_t unmake(uint32_t place)
{
    uint8_t good = 1;
    while (place < PLACES && made[place] != NULL) {
        struct made *block = made[place];
        made[place] = block->before;
        good &= ((uint8_t *)block)[block->n - 1] == 0xaa;
        free(block);
    }
    return good;
}

static size_t used(uint8_t *out)
{
    uint64_t bytes = kc_pool_used();
    memcpy(out, &bytes, 8);
    return 8;
}

size_t probe_heap(enum probe_op op, struct kc_bytes in, uint8_t *out)
{
    uint32_t parameter[2] = {0};
    if (in.len >= 9)
        memcpy(parameter, in.ptr + 1, 8);
    uint8_t *volatile block = NULL;
    switch (op) {
    case PROBE_HEAP_FILL:
        return fill(out);
    case PROBE_HEAP_DROP:
        return drop(out);
    case PROBE_HEAP_MIX:
        out[0] = mix(parameter[0], parameter[1]);
        return 1;
    case PROBE_HEAP_WIPED:
        out[0] = wiped(parameter[0]);
        return 1;
    case PROBE_HEAP_USED:
        return used(out);
    case PROBE_HEAP_MAKE:
        out[0] = make(parameter[0], parameter[1]);
        return 1;
    case PROBE_HEAP_UNMAKE:
        out[0] = unmake(parameter[1]);
        return 1;
    case PROBE_HEAP_PASS:
        out[0] = pass_on(parameter[1]);
        return 1;
    case PROBE_DOUBLE_FREE:
        block = malloc(parameter[0]);
        free(block);
        free(block);
        return 0;
    case PROBE_WILD_FREE:
        block = malloc(parameter[0]);
        free(block + 16);
        return 0;
    default:
        return 0;
    }
}
