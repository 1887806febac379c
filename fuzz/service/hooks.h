/*
 * What the linker puts in place of the core's own calls of malloc, calloc, the random generator and
 * key generation: so that a run depends on its input alone, takes no time for keys, tells every
 * secret that is made, and fails or is overtaken by another thread where the input says so.
 */
#ifndef KC_FUZZ_SERVICE_HOOKS_H
#define KC_FUZZ_SERVICE_HOOKS_H

#include "base/bytes.h"

struct hooks {
    bool inside;            /* the core is called: failures count */
    unsigned memory_fails;  /* the so-manieth allocation from now; 0: none */
    unsigned random_fails;  /* likewise the random generator */
    unsigned interrupt;     /* likewise: another thread is faster at this moment */
    void (*overtake)(void); /* what that one does */
};

extern struct hooks hooks;

/* The same random bytes again for the same seed, in all of OpenSSL. */
void hooks_seed(uint64_t seed);

/* A moment at which another thread may come between. */
void hooks_pass(void);

void *__real_malloc(size_t n);

#endif
