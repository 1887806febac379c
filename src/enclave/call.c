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

#define BUFFER_MIN 16384u /* KC_CORE_FRAME_MAX is this times a power of two */
_Static_assert(KC_CORE_FRAME_MAX % BUFFER_MIN == 0 &&
                   (KC_CORE_FRAME_MAX / BUFFER_MIN & (KC_CORE_FRAME_MAX / BUFFER_MIN - 1)) == 0,
               "a buffer grows to the largest frame and not beyond");

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

/*
 * Room for at least `n` bytes that stays for the calls to come, so that a call costs what it uses
 * and not what it may use. Without memory the room is left as it was. Both old and new are zeros:
 * the heap gives nothing else, and run() leaves nothing else.
 */
static bool grow(struct kc_room *room, size_t n)
{
    size_t size = BUFFER_MIN;
    if (room->ptr != NULL && room->len >= n)
        return true;
    while (size < n)
        size *= 2;
    uint8_t *larger = malloc(size);
    if (larger == NULL)
        return false;
    free(room->ptr);
    *room = (struct kc_room){larger, size};
    return true;
}

/* Serves a call whose numbers are good. `out_len` is set on KC_IMAGE_CALL_DONE only. */
static enum kc_image_status run(const struct kc_image_call *call, uint64_t *out_len)
{
    kc_boundary_fence();
    struct kc_thread *self = kc_thread_self();
    size_t in_len = (size_t)call->in_len;
    size_t out_cap = (size_t)call->out_cap;
    size_t used = 0;
    if (!grow(&self->in, kc_boundary_round(in_len)) || !grow(&self->out, out_cap))
        return KC_IMAGE_CALL_MEMORY;
    kc_boundary_copy_in(self->in.ptr, call->in, in_len);
    enum kc_image_status status = status_of(kc_app_call(
        kc_bytes_of(self->in.ptr, in_len), (struct kc_room){self->out.ptr, out_cap}, &used));
    if (status == KC_IMAGE_CALL_DONE) {
        /* Another thread may have found an invariant broken meanwhile: nothing leaves then. */
        if (used > out_cap || kc_runtime_poisoned)
            kc_runtime_abort();
        kc_boundary_copy_out(call->out, self->out.ptr, used);
        *out_len = used;
    }
    /* A failure may have written anywhere; success wrote what it says (app.h). */
    kc_bytes_wipe(self->out.ptr, status == KC_IMAGE_CALL_DONE ? used : out_cap);
    kc_bytes_wipe(self->in.ptr, kc_boundary_round(in_len));
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
