/*
 * From measured bytes to a running program. Compiled without stack protector: it makes the
 * canary. Until relocate() is done nothing here may read a pointer that the linker put in data.
 */
#include "enclave/runtime.h"

#include <openssl/crypto.h>

#include "enclave/app.h"
#include "enclave/shim/shim.h"

#define R_X86_64_RELATIVE 8

struct relocation {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};

/* From the linker script. */
extern const char kc_image_base[] __attribute__((visibility("hidden")));
extern const struct relocation kc_image_relocations[] __attribute__((visibility("hidden")));
extern const struct relocation kc_image_relocations_end[] __attribute__((visibility("hidden")));

enum start_state {
    START_NEW,
    START_RUNNING,
    START_DONE,
};

volatile uint32_t kc_runtime_poisoned;
volatile struct kc_image_record kc_runtime_record
    __attribute__((section(KC_IMAGE_RECORD_SECTION))) = {.magic = KC_IMAGE_RECORD_MAGIC};
static uint32_t start_state;

_Noreturn void kc_runtime_abort(void)
{
    kc_runtime_poisoned = 1;
    __asm__ volatile("mfence" ::: "memory");
    for (;;)
        __asm__ volatile("ud2");
}

uint64_t kc_runtime_base(void)
{
    return (uint64_t)kc_image_base;
}

/* Static PIE linked at 0: every relocation adds the base. SGX1 has no means to write-protect the
 * result: constant pointers stay writable for the life of the enclave. */
static void relocate(void)
{
    uint64_t base = kc_runtime_base();
    for (const struct relocation *r = kc_image_relocations; r < kc_image_relocations_end; r++) {
        if ((uint32_t)r->info != R_X86_64_RELATIVE)
            kc_runtime_abort();
        *(uint64_t *)(base + r->offset) = base + r->addend;
    }
}

/* The first entry starts the program; others that come meanwhile wait for it. */
static void start_once(void)
{
    uint32_t expected = START_NEW;
    if (__atomic_compare_exchange_n(&start_state, &expected, START_RUNNING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        relocate();
        kc_shim_start();
        /* Before any use of the library: it is here that its CPU feature word is set. */
        if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
            kc_runtime_abort();
        if (kc_app_start() != KC_OK)
            kc_runtime_abort();
        __atomic_store_n(&start_state, START_DONE, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&start_state, __ATOMIC_ACQUIRE) != START_DONE) {
        if (kc_runtime_poisoned)
            kc_runtime_abort();
        __builtin_ia32_pause();
    }
}

void kc_runtime_enter(uint64_t call, struct kc_thread *thread)
{
    if (thread->canary == 0) {
        uint64_t tcs = (uint64_t)thread - KC_THREAD_TLS - kc_runtime_base();
        thread->index = (tcs - kc_runtime_record.threads_offset) / kc_runtime_record.thread_stride;
        /* The lowest byte 0 stops string functions from reading or writing past it. */
        thread->canary = kc_shim_random_word() & ~(uint64_t)0xff;
    }
    start_once();
    kc_call_serve(call);
}
