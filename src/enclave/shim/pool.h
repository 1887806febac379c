/*
 * The heap's pages, handed out in chunks of 8 KiB, and the books about them (heap.c).
 */
#ifndef KC_ENCLAVE_SHIM_POOL_H
#define KC_ENCLAVE_SHIM_POOL_H

#include <stddef.h>
#include <stdint.h>

#define KC_POOL_CHUNK    8192u
#define KC_POOL_SLOT_MIN 32u
#define KC_POOL_NONE     UINT32_MAX

enum kc_pool_kind {
    KC_POOL_FREE = 0,
    KC_POOL_TAKEN, /* owned, not (or no longer) a block, or inside a run */
    KC_POOL_SLOTS, /* slots of one size */
    KC_POOL_RUN,   /* the first chunk of one large block */
};

struct kc_pool_chunk {
    uint8_t kind; /* enum kc_pool_kind */
    uint8_t owner;
    uint8_t class;
    uint16_t slots;
    uint16_t used;
    uint32_t run; /* chunks of the large block */
    uint32_t next;
    uint32_t previous;
    uint64_t free_map[KC_POOL_CHUNK / KC_POOL_SLOT_MIN / 64];
};

void kc_pool_start(void);

/* Bytes that blocks can lie in. */
size_t kc_pool_size(void);

/* Bytes of them that chunks in use have. */
size_t kc_pool_used(void);

/* `count` adjoining chunks, KC_POOL_TAKEN, for `owner`; KC_POOL_NONE when the pool, or the owner's
 * share of it, does not have them. Their memory is zero. */
uint32_t kc_pool_take(unsigned owner, uint32_t count);

/* Takes back what kc_pool_take() gave; the caller has wiped it. */
void kc_pool_give(uint32_t index, uint32_t count);

struct kc_pool_chunk *kc_pool_chunk(uint32_t index);
uint8_t *kc_pool_memory(uint32_t index);

/* The chunk that a block lies in and the block's place there. A pointer that is not into the pool
 * ends the enclave. */
uint32_t kc_pool_find(const void *block, size_t *offset);

#endif
