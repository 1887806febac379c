/*
 * Open Enclave custom claims, version 1 (openenclave common/custom_claims.c):
 *
 *   u64 version = 1, u64 count, then for each: u64 name size (NUL included), u64 value size,
 *   name, value. Little endian, packed.
 *
 * One encoding: no trailing bytes, no NUL inside a name, no name twice (upstream allows all
 * three).
 */
#ifndef KC_FORMATS_OE_CLAIMS_H
#define KC_FORMATS_OE_CLAIMS_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/writer.h"

#define KC_OE_CLAIMS_MAX 32

struct kc_oe_claim {
    struct kc_bytes name;  /* view, without the NUL */
    struct kc_bytes value; /* view */
};

struct kc_oe_claims {
    size_t count;
    struct kc_oe_claim claim[KC_OE_CLAIMS_MAX];
};

KC_MUST_USE enum kc_err kc_oe_claims_decode(struct kc_bytes bytes, struct kc_oe_claims *out,
                                            struct kc_error *error);
void kc_oe_claims_encode(struct kc_writer *w, const struct kc_oe_claims *in);

/* NULL when absent. */
const struct kc_oe_claim *kc_oe_claims_find(const struct kc_oe_claims *claims, const char *name);

#endif
