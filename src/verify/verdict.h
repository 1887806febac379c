/*
 * Building a verdict: for the files of this room alone.
 *
 * A verdict starts as invalid with no stage made, and only kc_verdict_close() can make it
 * anything else.
 */
#ifndef KC_VERIFY_VERDICT_H
#define KC_VERIFY_VERDICT_H

#include "verify/verify.h"

void kc_verdict_start(struct kc_verdict *v);

/* Adds a failure; all four texts are literals or come from the functions below. A failure of
 * weight KC_WEIGHT_GENUINE or KC_WEIGHT_POLICY marks `stage` failed. */
void kc_verdict_fail(struct kc_verdict *v, enum kc_stage stage,
                     const struct kc_verdict_failure *failure);

/* Marks a stage that was made to its end: it holds unless a failure was noted for it. */
void kc_verdict_made(struct kc_verdict *v, enum kc_stage stage);

/* True when every stage before `stage` holds. */
bool kc_verdict_holds_before(const struct kc_verdict *v, enum kc_stage stage);
/* That before KC_STAGE_POLICY, and no failure was lost for want of room. */
bool kc_verdict_is_genuine(const struct kc_verdict *v);

/* Decides `kind` from stages and failures. */
void kc_verdict_close(struct kc_verdict *v);

/*
 * Text that lives in the verdict: start one, then put parts to its end until the next is started.
 * It ends early where the room does; always with a NUL.
 */
const char *kc_verdict_text(struct kc_verdict *v);
void kc_verdict_put(struct kc_verdict *v, const char *literal);
void kc_verdict_put_hex(struct kc_verdict *v, struct kc_bytes bytes);
void kc_verdict_put_number(struct kc_verdict *v, uint64_t number);
/* Untrusted text: what is not printable ASCII becomes '?'; cut at 64 characters. */
void kc_verdict_put_name(struct kc_verdict *v, struct kc_bytes name);

/* One text of hexadecimal, or of a number. */
const char *kc_verdict_hex(struct kc_verdict *v, struct kc_bytes bytes);
const char *kc_verdict_number(struct kc_verdict *v, uint64_t number);

#endif
