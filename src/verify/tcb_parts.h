/* Parts of the judgement of TCB levels: for the files of this room alone. */
#ifndef KC_VERIFY_TCB_PARTS_H
#define KC_VERIFY_TCB_PARTS_H

#include "verify/tcb.h"

void kc_tcb_note(struct kc_tcb *t, const char *check, const char *what);

/* The Quoting Enclave against its identity. */
void kc_tcb_judge_qe(const struct kc_tcb_input *input, struct kc_tcb *t);

/* The TDX module against the identity of its version. */
void kc_tcb_judge_module(const struct kc_tcb_input *input, struct kc_tcb *t);

/* `status`, or that a relaunch is advised: the machine has a module that is good enough, and the
 * domain was started under the one before. Notes a fault where it cannot tell. */
enum kc_tcb_status kc_tcb_relaunch(const struct kc_tcb_input *input, struct kc_tcb *t,
                                   enum kc_tcb_status status);

#endif
