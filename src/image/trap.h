/*
 * Library functions that contain instructions which an enclave must not execute. The signing tool
 * overwrites each with UD2, so that a call of one ends the enclave instead of leaving it to the
 * processor what happens (SDM 38.6.1: #UD on hardware, a host's answer in the emulator).
 */
#ifndef KC_IMAGE_TRAP_H
#define KC_IMAGE_TRAP_H

#include "base/bytes.h"
#include "base/error.h"

struct kc_trap {
    const char *function;
    const char *reason;
};

/* Ends with a row whose `function` is NULL. */
extern const struct kc_trap kc_trap_table[];

/*
 * Overwrites every function of the table that stands in the ELF, over its symbol's whole size.
 * KC_ERR_MALFORMED without a symbol table, or when a function is not in executable segments.
 */
KC_MUST_USE enum kc_err kc_trap_overwrite(struct kc_room elf, size_t *count,
                                          struct kc_error *error);

#endif
