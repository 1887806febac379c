/*
 * The C library of the image: what libcrypto, jansson and our own rooms call, without an operating
 * system. Real where it is used; a name that only stands in the link fails in a defined way and
 * is listed in stubs.c. Nothing here pretends to have done what it cannot do.
 */
#ifndef KC_ENCLAVE_SHIM_SHIM_H
#define KC_ENCLAVE_SHIM_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* Once, after relocation and before any other function of the library. */
void kc_shim_start(void);

/* From kc_shim_start(). */
void kc_heap_start(void);
void kc_ctype_start(void);

/*
 * The time that time() gives, in seconds since 1970; 0 until it is set. The host's clock does not
 * reach the image otherwise. Never runs backwards: a smaller value is ignored.
 */
void kc_shim_set_time(int64_t now);

/* 64 bits of RDSEED. Ends the enclave when the generator gives nothing or repeats itself. */
uint64_t kc_shim_random_word(void);

/* A lock for short sections: threads inside cannot sleep. Start with {0}. */
struct kc_spin {
    uint32_t taken;
};

void kc_spin_lock(struct kc_spin *lock);
void kc_spin_unlock(struct kc_spin *lock);

#endif
