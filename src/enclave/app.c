/*
 * The KMS as the runtime's program.
 */
#include "enclave/app.h"

#include "core/core.h"
#include "enclave/platform.h"

static struct kc_core *core;

enum kc_err kc_app_start(void)
{
    return kc_core_new(&kc_enclave_platform, &core);
}

enum kc_err kc_app_call(struct kc_bytes in, struct kc_room out, size_t *out_len)
{
    return kc_core_ecall(core, in, out, out_len);
}
