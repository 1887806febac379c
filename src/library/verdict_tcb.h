/* What a verdict says of the platform's TCB, as JSON. */
#ifndef KC_LIBRARY_VERDICT_TCB_H
#define KC_LIBRARY_VERDICT_TCB_H

#include <jansson.h>

#include "verify/verify.h"

/* The object "tcb", or null without one. NULL without memory. */
json_t *kc_verdict_tcb_json(const struct kc_verdict *v);

#endif
