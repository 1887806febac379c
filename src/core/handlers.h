/*
 * What each message does. A handler appends its effects; it returns false when the message was
 * refused, so that one which may come once can be sent again.
 */
#ifndef KC_CORE_HANDLERS_H
#define KC_CORE_HANDLERS_H

#include "core/effect.h"
#include "core/state.h"

bool kc_handle_start(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_tick(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_get_report(struct kc_core *core, const struct kc_message *in,
                          struct kc_writer *effects);
bool kc_handle_get_evidence(struct kc_core *core, const struct kc_message *in,
                            struct kc_writer *effects);
bool kc_handle_targetinfo(struct kc_core *core, const struct kc_message *in,
                          struct kc_writer *effects);
bool kc_handle_quote(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_open(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_bytes(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_close(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_resume(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_work(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_record(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_ids(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);
bool kc_handle_stored(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects);

/* With the core's lock held: its clock, and the platform's. */
void kc_handle_set_time(struct kc_core *core, uint64_t now);

/* REFUSED for the message, and false. */
bool kc_handle_refuse(struct kc_writer *effects, uint16_t type, enum kc_refusal code,
                      uint64_t number);

/* LOG with its numbers. */
void kc_handle_log(struct kc_writer *effects, enum kc_log code, uint64_t first, uint64_t second);

#endif
