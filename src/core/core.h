/*
 * The trusted KMS behind its one entry. Sans-I/O: bytes in, bytes out; no clock, no files.
 *
 * The host is not trusted: every frame is parsed from the core's own copy, every length, order
 * and repetition is checked. docs/boundary.md describes each message.
 */
#ifndef KC_CORE_CORE_H
#define KC_CORE_CORE_H

#include "base/bytes.h"
#include "base/error.h"
#include "core/platform.h"

struct kc_core;

/* The largest frame in either direction, in bytes: 1 MiB. */
#define KC_CORE_FRAME_MAX 1048576

/* `platform` must outlive the core. KC_ERR_MEMORY, KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_core_new(const struct kc_platform *platform, struct kc_core **out);

/* Wipes all secrets. NULL is fine. */
void kc_core_free(struct kc_core *core);

/*
 * Takes a batch of messages and writes a batch of effects to `out`. Threads may call it at once.
 * `in` and `out` lie in the core's own memory. KC_ERR_MALFORMED: the frame is refused as a whole
 * and nothing was done; KC_ERR_ROOM: the effects could need more than `out` has and nothing was
 * done: send less at once. A message of a connection may need KC_SESSION_EFFECTS_MAX + 24
 * (session.h), so that KC_CORE_FRAME_MAX suffices for 60 of them. On success `out` is untouched
 * behind `*out_len`: the image wipes that much of it and no more.
 */
KC_MUST_USE enum kc_err kc_core_ecall(struct kc_core *core, struct kc_bytes in, struct kc_room out,
                                      size_t *out_len);

#endif
