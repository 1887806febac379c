/*
 * The emulated enclave, for the emulator's own files and the tests of the boundary.
 */
#ifndef KC_LOADER_EMULATOR_H
#define KC_LOADER_EMULATOR_H

#include <pthread.h>
#include <stdbool.h>

#include "image/elf_file.h"
#include "image/image.h"
#include "image/image_call.h"
#include "loader/emulator_host.h"
#include "loader/enclave.h"
#include "sim/processor.h"

/* One TCS, seen from outside. Its buffers serve whoever holds it. */
struct kc_emulator_slot {
    bool busy;
    struct kc_room in;
    struct kc_room out;
};

struct kc_emulator {
    struct kc_enclave enclave;
    struct kc_sim_processor processor;
    struct kc_sim_secs secs;
    struct kc_image image; /* `bytes` is freed once they are mapped */
    uint8_t *reserved;     /* address space, twice the size, that ELRANGE is aligned in */
    uint8_t *base;         /* ELRANGE */
    bool trap;
    struct kc_elf elf; /* trap mode only: names functions */
    uint8_t *elf_bytes;

    pthread_mutex_t lock; /* guards slot[].busy */
    pthread_cond_t freed;
    struct kc_emulator_slot slot[KC_IMAGE_MAX_TCS];

    bool dead; /* atomic: a fault inside, or no answer */
};

/* emulator_load.c: measures the image and judges it by the SIGSTRUCT, as EINIT does. Fills image,
 * secs and the enclave's identity in. */
KC_MUST_USE enum kc_err kc_emulator_init(struct kc_emulator *e, struct kc_bytes elf,
                                         struct kc_bytes sigstruct, bool debug,
                                         struct kc_error *error);

/* emulator_map.c: the pages at their places, as SECINFO allows. */
KC_MUST_USE enum kc_err kc_emulator_map(struct kc_emulator *e, int elf_file,
                                        const struct kc_elf *elf, struct kc_error *error);
void kc_emulator_unmap(struct kc_emulator *e);

/* True when all `n` bytes from `address` lie in pages that are regular and have `access`. */
bool kc_emulator_may(const struct kc_emulator *e, uint64_t address, uint64_t n, uint64_t access);

static inline bool kc_emulator_contains(const struct kc_emulator *e, uint64_t address)
{
    return address - (uint64_t)e->base < e->image.size;
}

/* emulator_signal.c: takes the signals that ENCLU and faults raise. KC_ERR_STATE: another
 * emulated enclave lives in this process. */
KC_MUST_USE enum kc_err kc_emulator_attach(struct kc_emulator *e, struct kc_error *error);
void kc_emulator_detach(struct kc_emulator *e);

/* emulator_thread.c: this thread's struct kc_host, made with its signal stack at the first call;
 * NULL without memory. */
struct kc_host *kc_emulator_host(void);

/*
 * One EENTER on one TCS with the signals blocked that would not find their thread; whatever `call`
 * says. False when the call ended by a fault; the enclave is dead then.
 */
KC_MUST_USE bool kc_emulator_enter(struct kc_emulator *e, size_t tcs, uint64_t call);

/* emulator_trap.c: instructions that SGX forbids raise a signal in this thread from on to off. */
void kc_emulator_trap_announce(void);
void kc_emulator_trap_on(struct kc_host *host);
void kc_emulator_trap_off(void);
/* Ends the process when the signal was one of them. Async-signal-safe. */
void kc_emulator_trap_judge(const struct kc_emulator *e, int signal, int code, uint64_t rip);

/* baseline.c: NULL, or the name of the first feature that this processor or kernel lacks. */
const char *kc_baseline_missing(void);

#endif
