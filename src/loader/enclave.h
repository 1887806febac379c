/*
 * What the loaders have in common, behind loader.h: an enclave is an identity and two functions.
 */
#ifndef KC_LOADER_ENCLAVE_H
#define KC_LOADER_ENCLAVE_H

#include "loader/loader.h"

struct kc_enclave_ops {
    enum kc_err (*call)(struct kc_enclave *enclave, struct kc_bytes in, struct kc_room out,
                        size_t *out_len, struct kc_error *error);
    void (*free)(struct kc_enclave *enclave);
};

/* The first member of each loader's own struct. */
struct kc_enclave {
    const struct kc_enclave_ops *ops;
    struct kc_enclave_identity identity;
    unsigned threads;
};

#endif
