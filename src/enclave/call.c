/*
 * The boundary: the host's four numbers are checked, its frame copied in once, the answer copied
 * out. Untrusted memory is touched by aligned 8-byte accesses only (INTEL-SA-00615, -00657: other
 * widths may bring or leave stale data).
 */
#include "enclave/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "enclave/app.h"
#include "enclave/boundary.h"
#include "image/image_call.h"

static enum kc_image_status status_of(enum kc_err err)
{
    switch (err) {
    case KC_OK:
        return KC_IMAGE_CALL_DONE;
    case KC_ERR_MALFORMED:
        return KC_IMAGE_CALL_REFUSED;
    case KC_ERR_ROOM:
        return KC_IMAGE_CALL_ROOM;
    case KC_ERR_MEMORY:
        return KC_IMAGE_CALL_MEMORY;
    default:
        return KC_IMAGE_CALL_FAILED;
    }
}

/* Serves a call whose numbers are good. `out_len` is set on KC_IMAGE_CALL_DONE only. */
static enum kc_image_status run(const struct kc_image_call *call, uint64_t *out_len)
{
    kc_boundary_fence();
    enum kc_image_status status = KC_IMAGE_CALL_MEMORY;
    size_t in_len = (size_t)call->in_len;
    size_t out_cap = (size_t)call->out_cap;
    size_t used = 0;
    uint64_t *in = malloc(kc_boundary_round(in_len));
    uint64_t *out = malloc(out_cap);
    if (in == NULL || out == NULL)
        goto out;
    kc_boundary_copy_in(in, call->in, in_len);
    status = status_of(
        kc_app_call(kc_bytes_of(in, in_len), (struct kc_room){(uint8_t *)out, out_cap}, &used));
    if (status != KC_IMAGE_CALL_DONE)
        goto out;
    /* Another thread may have found an invariant broken meanwhile: nothing leaves any more. */
    if (used > out_cap || kc_runtime_poisoned)
        kc_runtime_abort();
    kc_boundary_copy_out(call->out, out, used);
    *out_len = used;
out:
    free(out); /* the heap wipes */
    free(in);
    return status;
}

void kc_call_serve(uint64_t address)
{
    struct kc_boundary_range elrange = {kc_runtime_base(), kc_runtime_record.size};
    if (!kc_boundary_is_outside(&elrange, address, sizeof(struct kc_image_call)))
        return;
    kc_boundary_fence();
    struct kc_image_call call = {0};
    kc_boundary_copy_in(&call, address, sizeof(call));

    enum kc_image_status status = KC_IMAGE_CALL_REFUSED;
    uint64_t out_len = 0;
    if (call.in_len <= KC_CORE_FRAME_MAX && call.out_cap <= KC_CORE_FRAME_MAX &&
        call.out_cap % 8 == 0 &&
        kc_boundary_is_outside(&elrange, call.in, kc_boundary_round(call.in_len)) &&
        kc_boundary_is_outside(&elrange, call.out, call.out_cap))
        status = run(&call, &out_len);

    kc_boundary_store(address + offsetof(struct kc_image_call, out_len), out_len);
    kc_boundary_store(address + offsetof(struct kc_image_call, status), (uint64_t)status);
}
