/*
 * Finds instructions that an enclave must not execute.
 *
 * Every function of the symbol table is decoded from its first to its last byte, and so is what a
 * direct branch or a relocation reaches outside of them. Bytes that neither reaches (padding,
 * constants) are only counted, for a pattern there proves nothing. A branch through a computed
 * address into such bytes would go unseen: docs/image.md says what else stands against that.
 */
#ifndef KC_IMAGE_SCAN_H
#define KC_IMAGE_SCAN_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_SCAN_MAX_HITS 16

struct kc_scan_hit {
    uint64_t address;
    const char *what;     /* the instruction, or what is wrong with the code there */
    const char *function; /* in the ELF's bytes; NULL outside of functions */
};

struct kc_scan {
    uint64_t functions;
    uint64_t instructions;
    uint64_t code;      /* bytes of decoded instructions */
    uint64_t unreached; /* other bytes of executable segments */
    uint64_t patterns;  /* bytes like CPUID, RDTSC, SYSCALL ... where no instruction starts */
    uint64_t hit_count; /* the first KC_SCAN_MAX_HITS of them are in `hit` */
    struct kc_scan_hit hit[KC_SCAN_MAX_HITS];
};

/* KC_OK whatever was found; KC_ERR_MALFORMED: no image, or no symbol table to go by. */
KC_MUST_USE enum kc_err kc_scan_image(struct kc_bytes elf, struct kc_scan *out,
                                      struct kc_error *error);

#endif
