/*
 * What the emulator keeps for one host thread while it is inside. It stands at the low end of the
 * thread's signal stack, where the signal handler finds it without thread-local variables: those
 * are out of reach as long as FSBASE is the enclave's.
 */
#ifndef KC_LOADER_EMULATOR_HOST_H
#define KC_LOADER_EMULATOR_HOST_H

/* For emulator_enter.S. */
#define KC_HOST_FS              0
#define KC_HOST_GS              8
#define KC_HOST_RSP             16
#define KC_HOST_SELECTOR        24
#define KC_HOST_SELECTOR_INSIDE 25

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* Size and alignment of a signal stack. A frame with AMX state takes 11 KiB. */
#define KC_HOST_STACK 65536u

struct kc_host {
    uint64_t fs;
    uint64_t gs;
    uint64_t rsp;
    uint8_t selector;        /* of syscall user dispatch: 0 lets system calls pass */
    uint8_t selector_inside; /* what it becomes inside: 1 in trap mode */
    bool faulted;            /* the call ended by a fault inside */
    greg_t left[NGREG];      /* registers as EEXIT left them; a test looks for what they tell */
};

_Static_assert(offsetof(struct kc_host, fs) == KC_HOST_FS, "emulator_enter.S");
_Static_assert(offsetof(struct kc_host, gs) == KC_HOST_GS, "emulator_enter.S");
_Static_assert(offsetof(struct kc_host, rsp) == KC_HOST_RSP, "emulator_enter.S");
_Static_assert(offsetof(struct kc_host, selector) == KC_HOST_SELECTOR, "emulator_enter.S");
_Static_assert(offsetof(struct kc_host, selector_inside) == KC_HOST_SELECTOR_INSIDE,
               "emulator_enter.S");

/* EENTER and what follows: returns after EEXIT, or after a fault inside. */
void kc_emulator_eenter(uint64_t tcs, uint64_t entry, uint64_t call, struct kc_host *host);

/* Where a call that faulted goes on, with `rsp` of its struct kc_host. */
extern const char kc_emulator_fault_landing[];

/* sa_restorer of the emulator's handlers: the only system call that may be executed while system
 * calls are trapped. */
extern const char kc_emulator_restorer[];
extern const char kc_emulator_restorer_end[];
#endif

#endif
