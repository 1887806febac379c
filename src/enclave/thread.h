/*
 * The page that FSBASE and GSBASE point at: what one TCS keeps to itself. The first part is known
 * to entry.S by offset, and offset 0x28 to every compiler (the stack protector's canary).
 */
#ifndef KC_ENCLAVE_THREAD_H
#define KC_ENCLAVE_THREAD_H

#define KC_THREAD_SELF     0x00
#define KC_THREAD_BUSY     0x08
#define KC_THREAD_HOST_RSP 0x10
#define KC_THREAD_HOST_RBP 0x18
#define KC_THREAD_RETURN   0x20
#define KC_THREAD_CANARY   0x28

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define KC_THREAD_KEYS 128 /* pthread keys */

struct kc_thread {
    struct kc_thread *self;
    uint64_t busy; /* 1 between entry and exit: the TCS cannot be entered again */
    uint64_t host_rsp;
    uint64_t host_rbp;
    uint64_t return_address;
    uint64_t canary;
    uint64_t index;       /* which TCS, from 0 */
    uint64_t last_random; /* for the health test of RDSEED */
    int error;            /* errno */
    struct kc_room in;    /* call.c: of a call's frame and answer. All zeros between calls */
    struct kc_room out;
    const void *value[KC_THREAD_KEYS];
};

_Static_assert(offsetof(struct kc_thread, self) == KC_THREAD_SELF, "entry.S");
_Static_assert(offsetof(struct kc_thread, busy) == KC_THREAD_BUSY, "entry.S");
_Static_assert(offsetof(struct kc_thread, host_rsp) == KC_THREAD_HOST_RSP, "entry.S");
_Static_assert(offsetof(struct kc_thread, host_rbp) == KC_THREAD_HOST_RBP, "entry.S");
_Static_assert(offsetof(struct kc_thread, return_address) == KC_THREAD_RETURN, "entry.S");
_Static_assert(offsetof(struct kc_thread, canary) == KC_THREAD_CANARY, "every compiler");
_Static_assert(sizeof(struct kc_thread) <= 4096, "one page");

static inline struct kc_thread *kc_thread_self(void)
{
    struct kc_thread *self;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(self));
    return self;
}
#endif

#endif
