/*
 * malloc: a heap for each TCS over one pool of 8 KiB chunks.
 *
 * A chunk is free, holds slots of one size for one owner, or is part of a run for one large block.
 * All bookkeeping lies beside the chunks, never between blocks, so that an overflow of a block
 * does not reach it. A block that another thread frees goes back to the chunk's owner under the
 * owner's lock. What is freed is wiped at once; what is not a live block ends the enclave.
 *
 * A few short runs stay with their owner: OpenSSL takes and frees buffers of 17 KiB for each
 * record, and the pool is one for all.
 *
 * Every owner is sure of half of its even share of the pool; the other halves are for whoever
 * comes first. So one thread that takes all it can leaves the others enough to work with.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/runtime.h"
#include "enclave/shim/pool.h"
#include "enclave/shim/shim.h"

#define CLASSES      25
#define CLASS_MAX    4096
#define NO_CHUNK     UINT32_MAX
#define OWNERS_MAX   64
#define WORDS_OF_MAP (KC_POOL_CHUNK / KC_POOL_SLOT_MIN / 64)
#define KEPT_RUN_MAX 4  /* chunks: OpenSSL's buffers for records and messages have 3 */
#define KEPT_MAX     16 /* chunks of one owner */

/* Multiples of 16, chosen so that little of a chunk is left over. */
static const uint16_t class_size[CLASSES] = {
    32,  48,  64,  80,  96,  112,  128,  160,  192,  224,  256,  320,  384,
    448, 512, 576, 672, 816, 1008, 1168, 1360, 1632, 2048, 2720, 4096,
};

struct owner {
    struct kc_spin lock;
    uint32_t partial[CLASSES]; /* head of the list of chunks with a free slot, or NO_CHUNK */
    uint32_t kept;             /* chunks in the lists that follow */
    uint32_t kept_run[KEPT_RUN_MAX + 1]; /* runs by length, wiped, KC_POOL_TAKEN; or NO_CHUNK */
} __attribute__((aligned(64)));

static struct owner owners[OWNERS_MAX];

static unsigned class_of(size_t n)
{
    unsigned low = 0;
    unsigned high = CLASSES - 1;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (class_size[middle] >= n)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void list_add(struct owner *owner, unsigned class, uint32_t index)
{
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    chunk->previous = NO_CHUNK;
    chunk->next = owner->partial[class];
    if (chunk->next != NO_CHUNK)
        kc_pool_chunk(chunk->next)->previous = index;
    owner->partial[class] = index;
}

static void list_remove(struct owner *owner, unsigned class, uint32_t index)
{
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    if (chunk->previous != NO_CHUNK)
        kc_pool_chunk(chunk->previous)->next = chunk->next;
    else
        owner->partial[class] = chunk->next;
    if (chunk->next != NO_CHUNK)
        kc_pool_chunk(chunk->next)->previous = chunk->previous;
}

/* A new chunk for the class, all slots free, at the head of its list. */
static uint32_t chunk_new(struct owner *owner, unsigned self, unsigned class)
{
    uint32_t index = kc_pool_take(self, 1);
    if (index == KC_POOL_NONE)
        return NO_CHUNK;
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    uint32_t slots = KC_POOL_CHUNK / class_size[class];
    chunk->class = (uint8_t) class;
    chunk->slots = (uint16_t)slots;
    chunk->used = 0;
    for (uint32_t i = 0; i < WORDS_OF_MAP; i++) {
        uint32_t first = 64 * i;
        chunk->free_map[i] = slots >= first + 64 ? UINT64_MAX
                             : slots > first     ? ((uint64_t)1 << (slots - first)) - 1
                                                 : 0;
    }
    /* Last: free() of a wild pointer looks here without the owner's lock. */
    __atomic_store_n(&chunk->kind, KC_POOL_SLOTS, __ATOMIC_RELEASE);
    list_add(owner, class, index);
    return index;
}

static void *slot_take(struct owner *owner, unsigned class, uint32_t index)
{
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    for (uint32_t i = 0; i < WORDS_OF_MAP; i++) {
        if (chunk->free_map[i] == 0)
            continue;
        uint32_t bit = (uint32_t)__builtin_ctzll(chunk->free_map[i]);
        chunk->free_map[i] &= chunk->free_map[i] - 1;
        chunk->used++;
        if (chunk->used == chunk->slots)
            list_remove(owner, class, index);
        return kc_pool_memory(index) + (size_t)(64 * i + bit) * class_size[class];
    }
    kc_runtime_abort(); /* it stood in the list of chunks with a free slot */
}

static void *small_new(size_t n)
{
    unsigned self = (unsigned)kc_thread_self()->index;
    struct owner *owner = &owners[self];
    unsigned class = class_of(n);
    void *block = NULL;
    kc_spin_lock(&owner->lock);
    uint32_t index = owner->partial[class];
    if (index == NO_CHUNK)
        index = chunk_new(owner, self, class);
    if (index != NO_CHUNK)
        block = slot_take(owner, class, index);
    kc_spin_unlock(&owner->lock);
    return block;
}

static void small_free(uint32_t index, size_t offset)
{
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    struct owner *owner = &owners[chunk->owner];
    kc_spin_lock(&owner->lock);
    unsigned class = chunk->class;
    uint32_t slot = (uint32_t)(offset / class_size[class]);
    uint64_t mask = (uint64_t)1 << (slot % 64);
    /* Looked at again under the lock: two threads may free the same block at once. */
    if (chunk->kind != KC_POOL_SLOTS || offset % class_size[class] != 0 || slot >= chunk->slots ||
        (chunk->free_map[slot / 64] & mask) != 0)
        kc_runtime_abort();
    memset(kc_pool_memory(index) + offset, 0, class_size[class]);
    chunk->free_map[slot / 64] |= mask;
    if (chunk->used == chunk->slots)
        list_add(owner, class, index);
    chunk->used--;
    /* One empty chunk a class stays, so that a single block does not send it to and fro. */
    if (chunk->used == 0 && (chunk->next != NO_CHUNK || chunk->previous != NO_CHUNK)) {
        list_remove(owner, class, index);
        kc_pool_give(index, 1);
    }
    kc_spin_unlock(&owner->lock);
}

/* NO_CHUNK where there is none of this length. */
static uint32_t kept_take(struct owner *owner, uint32_t count)
{
    kc_spin_lock(&owner->lock);
    uint32_t index = owner->kept_run[count];
    if (index != NO_CHUNK) {
        owner->kept_run[count] = kc_pool_chunk(index)->next;
        owner->kept -= count;
    }
    kc_spin_unlock(&owner->lock);
    return index;
}

static bool kept_add(struct owner *owner, uint32_t index, uint32_t count)
{
    kc_spin_lock(&owner->lock);
    bool fits = owner->kept + count <= KEPT_MAX;
    if (fits) {
        kc_pool_chunk(index)->next = owner->kept_run[count];
        owner->kept_run[count] = index;
        owner->kept += count;
    }
    kc_spin_unlock(&owner->lock);
    return fits;
}

static void *large_new(size_t n)
{
    uint32_t count = (uint32_t)((n + KC_POOL_CHUNK - 1) / KC_POOL_CHUNK);
    unsigned self = (unsigned)kc_thread_self()->index;
    uint32_t index = count <= KEPT_RUN_MAX ? kept_take(&owners[self], count) : NO_CHUNK;
    if (index == NO_CHUNK)
        index = kc_pool_take(self, count);
    if (index == KC_POOL_NONE)
        return NULL;
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    chunk->run = count;
    __atomic_store_n(&chunk->kind, KC_POOL_RUN, __ATOMIC_RELEASE);
    return kc_pool_memory(index);
}

static void large_free(uint32_t index, size_t offset)
{
    struct kc_pool_chunk *chunk = kc_pool_chunk(index);
    uint8_t expected = KC_POOL_RUN;
    if (offset != 0 || !__atomic_compare_exchange_n(&chunk->kind, &expected, KC_POOL_TAKEN, false,
                                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        kc_runtime_abort();
    uint32_t count = chunk->run;
    memset(kc_pool_memory(index), 0, (size_t)count * KC_POOL_CHUNK);
    if (count > KEPT_RUN_MAX || !kept_add(&owners[chunk->owner], index, count))
        kc_pool_give(index, count);
}

void kc_heap_start(void)
{
    kc_pool_start();
    for (unsigned i = 0; i < OWNERS_MAX; i++) {
        for (unsigned class = 0; class < CLASSES; class ++)
            owners[i].partial[class] = NO_CHUNK;
        for (unsigned count = 0; count <= KEPT_RUN_MAX; count++)
            owners[i].kept_run[count] = NO_CHUNK;
    }
}

void *malloc(size_t n)
{
    void *block = NULL;
    if (n <= CLASS_MAX)
        block = small_new(n);
    else if (n <= kc_pool_size())
        block = large_new(n);
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

void free(void *block)
{
    if (block == NULL)
        return;
    size_t offset = 0;
    uint32_t index = kc_pool_find(block, &offset);
    switch (__atomic_load_n(&kc_pool_chunk(index)->kind, __ATOMIC_ACQUIRE)) {
    case KC_POOL_SLOTS:
        small_free(index, offset);
        return;
    case KC_POOL_RUN:
        large_free(index, offset);
        return;
    default:
        kc_runtime_abort();
    }
}

void *calloc(size_t count, size_t size)
{
    size_t n = 0;
    if (__builtin_mul_overflow(count, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = malloc(n);
    return block != NULL ? memset(block, 0, n) : NULL;
}

/* Bytes that a live block has room for. */
static size_t room_of(void *block)
{
    size_t offset = 0;
    struct kc_pool_chunk *chunk = kc_pool_chunk(kc_pool_find(block, &offset));
    switch (__atomic_load_n(&chunk->kind, __ATOMIC_ACQUIRE)) {
    case KC_POOL_SLOTS:
        return class_size[chunk->class];
    case KC_POOL_RUN:
        return (size_t)chunk->run * KC_POOL_CHUNK;
    default:
        kc_runtime_abort();
    }
}

void *realloc(void *block, size_t n)
{
    if (block == NULL)
        return malloc(n);
    size_t room = room_of(block);
    if (n <= room && n >= room / 2)
        return block;
    void *moved = malloc(n);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, n < room ? n : room);
    free(block);
    return moved;
}
