/*
 * What makes a program out of measured pages: relocation, canaries, the poison flag, the shape of
 * the enclave. Everything here runs inside; the host is not trusted.
 *
 * Where an invariant breaks the enclave ends itself: kc_runtime_abort() sets a flag that each
 * later entry reads first, then faults. Nothing is said to the host about why.
 */
#ifndef KC_ENCLAVE_RUNTIME_H
#define KC_ENCLAVE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "enclave/thread.h"
#include "image/image_record.h"

/* Not 0: no entry is served any more. */
extern volatile uint32_t kc_runtime_poisoned;

/* Filled in by the signing tool before it measures. */
extern volatile struct kc_image_record kc_runtime_record;

_Noreturn void kc_runtime_abort(void);

/* The first byte of ELRANGE. */
uint64_t kc_runtime_base(void);

/* From entry.S, with the thread's clean stack and registers; `call` is the host's word. */
void kc_runtime_enter(uint64_t call, struct kc_thread *thread);

/* call.c: checks and serves one call. */
void kc_call_serve(uint64_t call);

#endif
