/* What a verdict says of the platform's TCB, in words. */
#ifndef KC_CLI_JUDGING_TCB_H
#define KC_CLI_JUDGING_TCB_H

#include <stdio.h>

#include "verify/verify.h"

/* Lines, each beginning with a name in the verdict's column. */
void kc_judging_tcb_print(const struct kc_verdict *v, FILE *out);

#endif
