#include "enclave/shim/pool.h"

#include <stdbool.h>

#include "enclave/runtime.h"
#include "enclave/shim/shim.h"

#define OWNERS_MAX 64
#define PAGE       4096u

struct pool {
    struct kc_spin lock;
    uint8_t *memory;
    struct kc_pool_chunk *chunks;
    uint64_t *free_map; /* one bit a chunk: 1 is free */
    uint32_t count;
    uint32_t search_from;       /* no chunk below this is free */
    uint32_t reserve;           /* chunks that each owner is sure of */
    uint32_t shared_left;       /* chunks beyond all reserves that nobody has */
    uint32_t taken[OWNERS_MAX]; /* by owner */
};

static struct pool pool;

/* The books come first in the heap's pages, then the chunks. */
void kc_pool_start(void)
{
    uint64_t start = kc_runtime_base() + kc_runtime_record.heap_offset;
    uint64_t bytes = (uint64_t)kc_runtime_record.heap_pages * PAGE;
    uint32_t owners = kc_runtime_record.tcs_count;
    uint64_t count = bytes / (KC_POOL_CHUNK + sizeof(struct kc_pool_chunk) + 1);
    if (owners == 0 || owners > OWNERS_MAX || count == 0 || count > UINT32_MAX / 2)
        kc_runtime_abort();
    uint64_t map_bytes = (count + 63) / 64 * 8;
    uint64_t books = count * sizeof(struct kc_pool_chunk) + map_bytes;
    books = (books + PAGE - 1) / PAGE * PAGE;
    while (books + count * KC_POOL_CHUNK > bytes)
        count--;

    pool.chunks = (struct kc_pool_chunk *)start;
    pool.free_map = (uint64_t *)(start + books - map_bytes);
    pool.memory = (uint8_t *)(start + books);
    pool.count = (uint32_t)count;
    pool.reserve = pool.count / owners / 2;
    pool.shared_left = pool.count - pool.reserve * owners;
    for (uint32_t i = 0; i < pool.count; i++)
        pool.free_map[i / 64] |= (uint64_t)1 << (i % 64);
}

size_t kc_pool_size(void)
{
    return (size_t)pool.count * KC_POOL_CHUNK;
}

size_t kc_pool_used(void)
{
    size_t taken = 0;
    kc_spin_lock(&pool.lock);
    for (unsigned i = 0; i < OWNERS_MAX; i++)
        taken += pool.taken[i];
    kc_spin_unlock(&pool.lock);
    return taken * KC_POOL_CHUNK;
}

static bool is_free(uint32_t index)
{
    return (pool.free_map[index / 64] >> (index % 64) & 1) != 0;
}

/* First fit. Goes from hole to hole; the bits behind the last chunk are 0. */
static uint32_t find_run(uint32_t count)
{
    uint32_t found = 0;
    uint32_t i = pool.search_from;
    while (i < pool.count) {
        uint64_t word = pool.free_map[i / 64] >> (i % 64);
        uint32_t left = 64 - i % 64; /* bits of the word that are looked at */
        uint32_t free = ~word == 0 ? 64 : (uint32_t)__builtin_ctzll(~word);
        if (free > left)
            free = left;
        found += free;
        if (found >= count)
            return i + free - found;
        i += free;
        if (free == left)
            continue; /* the run may go on in the next word */
        word >>= free;
        i += word == 0 ? left - free : (uint32_t)__builtin_ctzll(word);
        found = 0;
    }
    return KC_POOL_NONE;
}

/* How many of `count` chunks lie beyond the owner's reserve when it holds `held` with them. */
static uint32_t beyond_reserve(uint32_t held, uint32_t count)
{
    if (held <= pool.reserve)
        return 0;
    uint32_t beyond = held - pool.reserve;
    return beyond < count ? beyond : count;
}

uint32_t kc_pool_take(unsigned owner, uint32_t count)
{
    uint32_t index = KC_POOL_NONE;
    kc_spin_lock(&pool.lock);
    uint32_t shared = beyond_reserve(pool.taken[owner] + count, count);
    if (shared <= pool.shared_left)
        index = find_run(count);
    if (index != KC_POOL_NONE) {
        pool.shared_left -= shared;
        pool.taken[owner] += count;
        for (uint32_t i = index; i < index + count; i++) {
            pool.free_map[i / 64] &= ~((uint64_t)1 << (i % 64));
            pool.chunks[i].owner = (uint8_t)owner;
            pool.chunks[i].kind = KC_POOL_TAKEN;
        }
        if (index == pool.search_from)
            pool.search_from = index + count;
    }
    kc_spin_unlock(&pool.lock);
    return index;
}

void kc_pool_give(uint32_t index, uint32_t count)
{
    kc_spin_lock(&pool.lock);
    unsigned owner = pool.chunks[index].owner;
    pool.shared_left += beyond_reserve(pool.taken[owner], count);
    pool.taken[owner] -= count;
    for (uint32_t i = index; i < index + count; i++) {
        if (is_free(i))
            kc_runtime_abort();
        pool.chunks[i].kind = KC_POOL_FREE;
        pool.free_map[i / 64] |= (uint64_t)1 << (i % 64);
    }
    if (index < pool.search_from)
        pool.search_from = index;
    kc_spin_unlock(&pool.lock);
}

struct kc_pool_chunk *kc_pool_chunk(uint32_t index)
{
    return &pool.chunks[index];
}

uint8_t *kc_pool_memory(uint32_t index)
{
    return pool.memory + (size_t)index * KC_POOL_CHUNK;
}

uint32_t kc_pool_find(const void *block, size_t *offset)
{
    uintptr_t place = (uintptr_t)block - (uintptr_t)pool.memory;
    if (place >= kc_pool_size())
        kc_runtime_abort();
    *offset = place % KC_POOL_CHUNK;
    return (uint32_t)(place / KC_POOL_CHUNK);
}
