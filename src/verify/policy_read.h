/* Reading the clauses of a policy: for the files of this room alone. */
#ifndef KC_VERIFY_POLICY_READ_H
#define KC_VERIFY_POLICY_READ_H

#include <jansson.h>

#include "verify/policy_clauses.h"

/* What the readers of single keys share. `key` is the one being read. */
struct kc_policy_reading {
    struct kc_policy *policy;
    struct kc_policy_error *error;
    const char *key;
};

/* KC_ERR_MALFORMED, and why. */
KC_MUST_USE enum kc_err kc_policy_refuse(const struct kc_policy_reading *c, const char *what,
                                         const char *mend);

/* Reads the value of `clause`'s key. */
KC_MUST_USE enum kc_err kc_policy_read_clause(const struct kc_policy_reading *c,
                                              const struct kc_clause *clause, const json_t *value);

/* Lists of hexadecimal values, one value alone being a list too; those whose values have sizes of
 * their own. */
KC_MUST_USE enum kc_err kc_policy_read_values(const struct kc_policy_reading *c, size_t size,
                                              struct kc_policy_list *out, const json_t *value);
KC_MUST_USE enum kc_err kc_policy_read_platforms(const struct kc_policy_reading *c,
                                                 const json_t *value);
KC_MUST_USE enum kc_err kc_policy_read_claims(const struct kc_policy_reading *c,
                                              const json_t *value);
KC_MUST_USE enum kc_err kc_policy_read_advisories(const struct kc_policy_reading *c,
                                                  const json_t *value);

#endif
