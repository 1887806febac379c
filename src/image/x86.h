/*
 * How long an x86-64 instruction is, whether an enclave may execute it, and where it may go.
 *
 * Intel SDM volume 2, appendix A (opcode maps) and 2.1 to 2.7 (prefixes, VEX, EVEX). A length
 * decoder, not a disassembler; what it does not know it refuses.
 */
#ifndef KC_IMAGE_X86_H
#define KC_IMAGE_X86_H

#include "base/bytes.h"

struct kc_x86 {
    size_t length;         /* 1 to 15 */
    const char *forbidden; /* its name when it must not stand in an enclave, else NULL */
    bool branches;         /* has a direct target: */
    int64_t displacement;  /* from the end of the instruction */
    bool stops;            /* never goes on to the next instruction */
};

/* Decodes the instruction at the start of `code`; false when it is unknown or cut off. */
bool kc_x86_decode(struct kc_bytes code, struct kc_x86 *out);

#endif
