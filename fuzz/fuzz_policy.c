/* A policy that is read is one that can be obeyed; one that is not is refused with its reasons. */
#include <string.h>

#include "fuzz.h"
#include "verify/policy.h"

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
    FUZZ_CHECK(policy.tcb_ignored == (policy.tcb_accepted == 0));
    FUZZ_CHECK(policy.tcb_accepted < 1u << KC_TCB_REVOKED);
    return 0;
}
