/* The policy, clause by clause, on evidence that is genuine. */
#include "verify/judge.h"

static void refuse(struct kc_judge *j, const char *check, const char *expected, const char *actual,
                   const char *hint)
{
    kc_verdict_fail(j->verdict, KC_STAGE_POLICY,
                    &(struct kc_verdict_failure){check, KC_WEIGHT_POLICY, expected, actual, hint});
}

static void judge_hashes(struct kc_judge *j, const char *check,
                         const struct kc_policy_hashes *hashes, const uint8_t actual[32],
                         const char *hint)
{
    struct kc_verdict *v = j->verdict;
    if (hashes->count == 0)
        return;
    for (size_t i = 0; i < hashes->count; i++) {
        if (kc_bytes_equal(kc_bytes_of(hashes->hash[i], 32), kc_bytes_of(actual, 32)))
            return;
    }
    const char *expected = kc_verdict_text(v);
    for (size_t i = 0; i < hashes->count; i++) {
        kc_verdict_put(v, i == 0 ? "" : " or ");
        kc_verdict_put_hex(v, kc_bytes_of(hashes->hash[i], 32));
    }
    refuse(j, check, expected, kc_verdict_hex(v, kc_bytes_of(actual, 32)), hint);
}

static void judge_versions(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const struct kc_policy *policy = j->input->policy;
    const struct kc_sgx_report_body *report = &j->quote.sgx;
    if (policy->has_isv_prod_id && report->isv_prod_id != policy->isv_prod_id)
        refuse(j, "policy.isv_prod_id", kc_verdict_number(v, policy->isv_prod_id),
               kc_verdict_number(v, report->isv_prod_id),
               "this is another product of its signer; if you mean it, correct isv_prod_id");
    if (policy->has_min_isv_svn && report->isv_svn < policy->min_isv_svn) {
        const char *expected = kc_verdict_text(v);
        kc_verdict_put_number(v, policy->min_isv_svn);
        kc_verdict_put(v, " or more");
        refuse(j, "policy.min_isv_svn", expected, kc_verdict_number(v, report->isv_svn),
               "an enclave with fixes that the policy asks for is not what runs there: upgrade it");
    }
}

static bool is_debug(const struct kc_judge *j)
{
    if (kc_judge_tee(j) == KC_TEE_TDX)
        return (j->quote.td.td_attributes & KC_TD_ATTRIBUTES_TUD) != 0;
    return (j->quote.sgx.attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
}

static void judge_debug(struct kc_judge *j)
{
    bool debug = is_debug(j);
    if (debug && !j->input->policy->allow_debug)
        refuse(j, "policy.debug", "an enclave without the DEBUG attribute",
               "a debug enclave: the host can read all its memory",
               "run the enclave built and signed without debug; for tests, a policy with "
               "\"allow_debug\": true accepts it knowingly");
}

static const char *accepted_statuses(struct kc_verdict *v, const struct kc_policy *policy)
{
    bool first = true;
    const char *text = kc_verdict_text(v);
    if (policy->tcb_ignored)
        kc_verdict_put(v, "any status but Revoked");
    for (unsigned i = 0; i < KC_TCB_STATUS_COUNT; i++) {
        if ((policy->tcb_accepted & 1u << i) == 0)
            continue;
        kc_verdict_put(v, first ? "" : " or ");
        kc_verdict_put(v, kc_tcb_status_name(i));
        first = false;
    }
    return text;
}

/* Nobody who ignores the TCB means to believe keys that others are known to have. */
static bool accepts(const struct kc_policy *policy, enum kc_tcb_status status)
{
    return status != KC_TCB_REVOKED &&
           (policy->tcb_ignored || (policy->tcb_accepted & 1u << status) != 0);
}

/* True when the clause was judged, or is not asked for. */
static bool judge_tcb(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const struct kc_policy *policy = j->input->policy;
    const struct kc_verdict_facts *facts = &v->facts;
    bool is_revoked = facts->has_tcb && facts->tcb.status == KC_TCB_REVOKED;
    bool is_judged = facts->has_tcb && (facts->tcb.is_whole || is_revoked);
    if (!is_judged && policy->tcb_ignored)
        return true;
    if (!is_judged) {
        kc_verdict_fail(v, KC_STAGE_POLICY,
                        &(struct kc_verdict_failure){
                            "policy.tcb", KC_WEIGHT_UNJUDGED, accepted_statuses(v, policy),
                            "not judged",
                            "whether this platform has its security updates is unknown without "
                            "whole collateral of Intel's (--collateral DIR); a policy with "
                            "\"tcb\": \"ignore\" accepts that knowingly"});
        return false;
    }
    if (!accepts(policy, facts->tcb.status))
        refuse(j, "policy.tcb", accepted_statuses(v, policy), kc_tcb_status_name(facts->tcb.status),
               "the platform lacks updates or settings that its advisories name: update its "
               "firmware and software; if you accept that state, add it to \"tcb\"");
    return true;
}

void kc_judge_policy(struct kc_judge *j)
{
    const struct kc_policy *policy = j->input->policy;
    const struct kc_sgx_report_body *report = &j->quote.sgx;
    if (kc_judge_tee(j) != KC_TEE_SGX && (policy->has_isv_prod_id || policy->has_min_isv_svn))
        refuse(j, policy->has_isv_prod_id ? "policy.isv_prod_id" : "policy.min_isv_svn",
               "an SGX enclave, which the clause is about", "a TDX trust domain",
               "name what the trust domain has in place of an enclave's product and version");
    judge_hashes(j, "policy.mrenclave", &policy->mrenclave, report->mrenclave,
                 "other code runs there than the policy names; if it is a build that you have "
                 "checked, add its MRENCLAVE (`keyclave measure` prints it)");
    judge_hashes(j, "policy.mrsigner", &policy->mrsigner, report->mrsigner,
                 "someone else signed this enclave; if you trust them, add their MRSIGNER");
    judge_versions(j);
    judge_debug(j);
    if (judge_tcb(j))
        kc_verdict_made(j->verdict, KC_STAGE_POLICY);
}
