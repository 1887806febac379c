/* A verdict as the JSON object that docs/verification.md describes. */
#ifndef KC_LIBRARY_VERDICT_JSON_H
#define KC_LIBRARY_VERDICT_JSON_H

#include "verify/verify.h"

/* `evidence` is what was judged, or NULL when it could not be read. The caller frees; NULL without
 * memory. */
char *kc_verdict_json(const struct kc_verdict *v, const struct kc_evidence *evidence);

#endif
