/* A policy that is read is one that can be obeyed; one that is not is refused with its reasons. */
#include <string.h>

#include "fuzz.h"
#include "verify/policy_clauses.h"

/* Every clause can be said and judged, and no policy accepts more than itself. */
static void use(const struct kc_policy *policy)
{
    static struct kc_verdict v;
    static struct kc_verdict_facts facts;
    for (size_t i = 0; i < kc_clause_count; i++) {
        v.text_len = 0;
        FUZZ_CHECK(kc_clause_expected(&kc_clauses[i], policy, &v) != NULL);
        FUZZ_CHECK(!kc_clause_allows_more(&kc_clauses[i], policy, policy));
        for (unsigned tee = 0; tee < KC_TEE_COUNT; tee++) {
            facts.tee = (enum kc_tee)tee;
            struct kc_clause_result result = kc_clause_judge(&kc_clauses[i], policy, &facts, &v);
            FUZZ_CHECK(result.expected != NULL && result.hint != NULL);
            FUZZ_CHECK(result.state != KC_CLAUSE_FAILS || result.actual != NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_policy policy;
    struct kc_policy_error error;
    enum kc_err err = kc_policy_parse(kc_bytes_of(data, size), &policy, &error);
    if (err == KC_ERR_MALFORMED) {
        FUZZ_CHECK(error.what[0] != '\0' && error.mend[0] != '\0');
        FUZZ_CHECK(memchr(error.key, '\0', sizeof error.key) != NULL);
        return 0;
    }
    FUZZ_CHECK(err == KC_OK || err == KC_ERR_MEMORY);
    if (err != KC_OK)
        return 0;
    FUZZ_CHECK(policy.mrenclave.count <= KC_POLICY_LIST_MAX);
    FUZZ_CHECK(policy.mrsigner.count <= KC_POLICY_LIST_MAX);
    FUZZ_CHECK(policy.room_len <= sizeof policy.room);
    use(&policy);
    FUZZ_CHECK(policy.tcb_ignored == (policy.tcb_accepted == 0));
    FUZZ_CHECK(policy.tcb_accepted < 1u << KC_TCB_REVOKED);
    return 0;
}
