/*
 * What the runtime runs: the KMS (app.c), or the tests' probe. `in` and `out` lie inside.
 */
#ifndef KC_ENCLAVE_APP_H
#define KC_ENCLAVE_APP_H

#include "base/bytes.h"
#include "base/error.h"

/* Once, before the first call, on the thread that brings it. A failure ends the enclave. */
KC_MUST_USE enum kc_err kc_app_start(void);

/* Any number of threads at once. `out` comes as zeros. On success nothing of it was written to
 * behind `*out_len`, for only that much is wiped; on failure it may hold anything. */
KC_MUST_USE enum kc_err kc_app_call(struct kc_bytes in, struct kc_room out, size_t *out_len);

#endif
