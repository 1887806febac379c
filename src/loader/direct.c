/*
 * The core as a function in this process: no image, no boundary but the frames. For sanitizers,
 * fuzzing and debuggers; it isolates nothing.
 */
#include <stdlib.h>

#include "core/core.h"
#include "loader/enclave.h"

#define THREADS 16 /* as the image has TCS; the core itself has no limit */

struct direct {
    struct kc_enclave enclave;
    struct kc_core *core;
};

static enum kc_err direct_call(struct kc_enclave *enclave, struct kc_bytes in, struct kc_room out,
                               size_t *out_len, struct kc_error *error)
{
    struct direct *d = (struct direct *)enclave;
    if (in.len > KC_CORE_FRAME_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED, "frame is over 1 MiB", in.len);
    enum kc_err err = kc_core_ecall(d->core, in, out, out_len);
    return err == KC_OK ? KC_OK : kc_error_set(error, err, "the core refused the frame", 0);
}

static void direct_free(struct kc_enclave *enclave)
{
    struct direct *d = (struct direct *)enclave;
    kc_core_free(d->core);
    free(d);
}

static const struct kc_enclave_ops ops = {direct_call, direct_free};

enum kc_err kc_direct_load(const struct kc_platform *platform, struct kc_enclave **out,
                           struct kc_error *error)
{
    struct direct *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the core", sizeof(*d));
    enum kc_err err = kc_core_new(platform, &d->core);
    if (err != KC_OK) {
        free(d);
        return kc_error_set(error, err, "the core does not start", 0);
    }
    d->enclave.ops = &ops;
    d->enclave.threads = THREADS;
    *out = &d->enclave;
    return KC_OK;
}
