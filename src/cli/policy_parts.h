/* The parts of `keyclave policy`: each prints what its subcommand shows. */
#ifndef KC_CLI_POLICY_PARTS_H
#define KC_CLI_POLICY_PARTS_H

#include <jansson.h>

#include "cli/judging.h"
#include "verify/policy_clauses.h"

/* Every clause on genuine evidence; the failures of evidence that is not. False without memory. */
KC_MUST_USE bool kc_policy_explain(const struct kc_judging *j, bool json);

/* The strictest policy that accepts the genuine evidence. False without memory. */
KC_MUST_USE bool kc_policy_from(const struct kc_judging *j, bool json);

/* What `b` accepts and `a` does not; `*more` whether there is any. False without memory. */
KC_MUST_USE bool kc_policy_diff(const struct kc_policy *a, const struct kc_policy *b, bool json,
                                bool *more);

/* Prints `object`, which is freed. False without memory. */
KC_MUST_USE bool kc_policy_print_json(json_t *object, bool ok);

#endif
