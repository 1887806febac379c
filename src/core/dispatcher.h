/*
 * From messages to handlers: one table says what may come when. Nothing outside it is reachable.
 */
#ifndef KC_CORE_DISPATCHER_H
#define KC_CORE_DISPATCHER_H

#include "core/state.h"

/*
 * Looks at every message of the batch before any is acted on. KC_ERR_MALFORMED: the envelope or a
 * payload's length. KC_ERR_ROOM: the effects could need more than `out_cap`. Unknown types pass:
 * they are answered one by one.
 */
KC_MUST_USE enum kc_err kc_dispatcher_check(struct kc_bytes batch, size_t out_cap);

/* Acts on every message of a checked batch, in order. */
void kc_dispatcher_run(struct kc_core *core, struct kc_bytes batch, struct kc_writer *effects);

#endif
