/* Lists in a policy's room. */
#include <string.h>

#include "verify/policy.h"

bool kc_policy_names_enclave(const struct kc_policy *policy)
{
    return policy->mrenclave.count > 0 || policy->mrsigner.count > 0;
}

struct kc_bytes kc_policy_value(const struct kc_policy *policy, const struct kc_policy_list *list,
                                size_t size, size_t i)
{
    return kc_bytes_of(policy->room + list->at + i * size, size);
}

bool kc_policy_has_value(const struct kc_policy *policy, const struct kc_policy_list *list,
                         struct kc_bytes value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (kc_bytes_equal(kc_policy_value(policy, list, value.len, i), value))
            return true;
    }
    return false;
}

bool kc_policy_add(struct kc_policy *policy, struct kc_policy_list *list, struct kc_bytes value)
{
    if (value.len > sizeof policy->room - policy->room_len)
        return false;
    if (list->count == 0)
        list->at = policy->room_len;
    if (value.len > 0)
        memcpy(policy->room + policy->room_len, value.ptr, value.len);
    policy->room_len = (uint16_t)(policy->room_len + value.len);
    list->count++;
    return true;
}

bool kc_policy_next_advisory(const struct kc_policy *policy, size_t *at, const char **out)
{
    const struct kc_policy_list *list = &policy->advisories;
    const char *text = (const char *)policy->room + list->at;
    if (*at == list->count)
        return false;
    for (size_t i = 0; i < *at; i++)
        text += strlen(text) + 1;
    *out = text;
    (*at)++;
    return true;
}

/* Two bytes of length, then that many. */
static struct kc_bytes take(const uint8_t **at)
{
    struct kc_bytes bytes = {*at + 2, (size_t)(*at)[0] << 8 | (*at)[1]};
    *at += 2 + bytes.len;
    return bytes;
}

bool kc_policy_next_claim(const struct kc_policy *policy, size_t *at, struct kc_bytes *name,
                          struct kc_bytes *value)
{
    const uint8_t *place = policy->room + policy->claims.at;
    if (*at == policy->claims.count)
        return false;
    for (size_t i = 0; i <= *at; i++) {
        *name = take(&place);
        *value = take(&place);
    }
    (*at)++;
    return true;
}
