/* What a verdict says of the platform's TCB, as JSON and in words. */
#ifndef KC_CLI_JUDGING_TCB_H
#define KC_CLI_JUDGING_TCB_H

#include <jansson.h>
#include <stdio.h>

#include "verify/verify.h"

/* The object "tcb", or null without one. NULL without memory. */
json_t *kc_judging_tcb_json(const struct kc_verdict *v);

/* Its lines, each beginning with a name in the verdict's column. */
void kc_judging_tcb_print(const struct kc_verdict *v, FILE *out);

#endif
