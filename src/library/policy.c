#include <stdlib.h>

#include "library/parts.h"

static enum keyclave_status fail_policy(struct keyclave_error *error,
                                        const struct kc_policy_error *found)
{
    if (found->line > 0 && found->key[0] == '\0')
        return kc_library_fail(error, KEYCLAVE_WRONG, "policy, line %zu: %s; %s", found->line,
                               found->what, found->mend);
    if (found->key[0] == '\0')
        return kc_library_fail(error, KEYCLAVE_WRONG, "policy: %s; %s", found->what, found->mend);
    return kc_library_fail(error, KEYCLAVE_WRONG, "policy: \"%s\" %s; %s", found->key, found->what,
                           found->mend);
}

enum keyclave_status keyclave_policy_new(const char *json, size_t len, struct keyclave_policy **out,
                                         struct keyclave_error *error)
{
    struct kc_policy_error found;
    struct keyclave_policy *policy = malloc(sizeof *policy);
    if (error != NULL)
        error->text[0] = '\0';
    if (policy == NULL)
        return kc_library_fail(error, KEYCLAVE_NO_MEMORY, "no memory for the policy");
    enum kc_err err =
        kc_policy_parse(kc_bytes_of((const uint8_t *)json, len), &policy->policy, &found);
    if (err == KC_OK) {
        *out = policy;
        return KEYCLAVE_OK;
    }
    free(policy);
    if (err == KC_ERR_MEMORY)
        return kc_library_fail(error, KEYCLAVE_NO_MEMORY, "no memory for the policy");
    return fail_policy(error, &found);
}

void keyclave_policy_free(struct keyclave_policy *policy)
{
    free(policy);
}
