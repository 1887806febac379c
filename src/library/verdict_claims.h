/* What genuine evidence proves, as JSON. */
#ifndef KC_LIBRARY_VERDICT_CLAIMS_H
#define KC_LIBRARY_VERDICT_CLAIMS_H

#include <jansson.h>

#include "verify/verify.h"

/* The object "claims"; null for evidence that is not genuine, so that no reader takes a claim for
 * a fact. NULL without memory. */
json_t *kc_verdict_claims_json(const struct kc_verdict *v);

#endif
