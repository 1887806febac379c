/* One clause of a policy on genuine evidence, with its words. */
#include "formats/dice.h"
#include "formats/oe_claims.h"
#include "verify/policy_words.h"
#include "verify/verdict.h"

static bool number_holds(const struct kc_clause *clause, const struct kc_policy *policy,
                         uint64_t actual)
{
    uint64_t wanted = kc_clause_number(clause, policy)->value;
    if (clause->kind == KC_CLAUSE_EQUAL)
        return actual == wanted;
    return clause->kind == KC_CLAUSE_MINIMUM ? actual >= wanted : actual <= wanted;
}

/* The value of that very name; false when the evidence has none, or claims that cannot be read. */
static bool find_claim(const struct kc_verdict_facts *facts, struct kc_bytes name,
                       struct kc_bytes *out)
{
    struct kc_oe_claims oe;
    struct kc_dice_claims dice;
    if (facts->has_oe_claims && kc_oe_claims_decode(facts->oe_claims, &oe, NULL) == KC_OK) {
        for (size_t i = 0; i < oe.count; i++) {
            *out = oe.claim[i].value;
            if (kc_bytes_equal(oe.claim[i].name, name))
                return true;
        }
    }
    if (facts->has_dice_claims && kc_dice_claims_decode(facts->dice_claims, &dice, NULL) == KC_OK) {
        for (size_t i = 0; i < dice.count; i++) {
            *out = dice.claim[i].value;
            if (kc_bytes_equal(dice.claim[i].name, name))
                return true;
        }
    }
    return false;
}

static bool claims_hold(const struct kc_policy *policy, const struct kc_verdict_facts *facts,
                        struct kc_verdict *v, const char **actual)
{
    struct kc_bytes name = {NULL, 0};
    struct kc_bytes value = {NULL, 0};
    struct kc_bytes found = {NULL, 0};
    bool holds = true;
    const char *before = "";
    const char *text = kc_verdict_text(v);
    for (size_t at = 0; kc_policy_next_claim(policy, &at, &name, &value); before = ", ") {
        bool is_there = find_claim(facts, name, &found);
        holds = holds && is_there && kc_bytes_equal(found, value);
        kc_verdict_put(v, before);
        kc_verdict_put_name(v, name);
        kc_verdict_put(v, is_there ? " = " : " is absent");
        if (is_there)
            kc_verdict_put_hex(v, found);
    }
    *actual = policy->claims.count > 0 ? text : NULL;
    return holds;
}

static bool platform_holds(const struct kc_policy *policy, const struct kc_verdict_facts *facts,
                           struct kc_verdict *v, const char **actual)
{
    struct kc_bytes chip = {facts->snp.report.chip_id, 64};
    struct kc_bytes ppid = {facts->ppid, 16};
    struct kc_bytes instance = {facts->platform_instance_id, 16};
    *actual = kc_verdict_text(v);
    if (facts->tee == KC_TEE_SNP) {
        kc_verdict_put_hex(v, chip);
        return !kc_bytes_are_zero(chip) && kc_policy_has_value(policy, &policy->chips, chip);
    }
    kc_verdict_put(v, "PPID ");
    kc_verdict_put_hex(v, ppid);
    if (facts->has_platform_instance) {
        kc_verdict_put(v, ", platform instance ");
        kc_verdict_put_hex(v, instance);
    }
    return kc_policy_has_value(policy, &policy->platforms, ppid) ||
           (facts->has_platform_instance &&
            kc_policy_has_value(policy, &policy->platforms, instance));
}

/* Nobody who ignores the TCB means to believe keys that others are known to have. */
static bool accepts(const struct kc_policy *policy, enum kc_tcb_status status)
{
    return status != KC_TCB_REVOKED &&
           (policy->tcb_ignored || (policy->tcb_accepted & 1u << status) != 0);
}

static bool is_accepted_advisory(const struct kc_policy *policy, struct kc_bytes id)
{
    const char *accepted = NULL;
    for (size_t at = 0; kc_policy_next_advisory(policy, &at, &accepted);) {
        if (kc_bytes_equal(id, kc_bytes_of_text(accepted)))
            return true;
    }
    return false;
}

static bool advisories_hold(const struct kc_policy *policy, const struct kc_verdict_tcb *tcb,
                            struct kc_verdict *v, const char **actual)
{
    const struct kc_tcb_rating *parts[] = {&tcb->platform, &tcb->module, &tcb->qe};
    bool holds = true;
    const char *before = "";
    const char *text = kc_verdict_text(v);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct kc_bytes rest = parts[i]->advisories;
        struct kc_bytes id = {NULL, 0};
        while (kc_tcb_rating_next_advisory(&rest, &id)) {
            holds = holds && is_accepted_advisory(policy, id);
            kc_verdict_put(v, before);
            kc_verdict_put_name(v, id);
            before = ", ";
        }
    }
    *actual = before[0] == '\0' ? "none" : text;
    return holds;
}

/* Whether it holds, had the policy asked for it; `*actual` in any case. */
static bool holds(const struct kc_clause *clause, const struct kc_policy *policy,
                  const struct kc_verdict_facts *facts, struct kc_verdict *v, const char **actual)
{
    struct kc_bytes bytes = {NULL, 0};
    uint64_t number = 0;
    bool flag = false;
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        bytes = clause->bytes(facts);
        *actual = kc_verdict_hex(v, bytes);
        if (kc_clause_forbids_service(clause, policy))
            return kc_bytes_are_zero(bytes);
        return kc_policy_has_value(policy, kc_clause_list(clause, policy), bytes);
    case KC_CLAUSE_EQUAL:
    case KC_CLAUSE_MINIMUM:
    case KC_CLAUSE_MAXIMUM:
        number = clause->number(facts);
        *actual = kc_verdict_text(v);
        kc_clause_put_number(v, clause, number);
        return number_holds(clause, policy, number);
    case KC_CLAUSE_ALLOW:
    case KC_CLAUSE_REQUIRE:
        flag = clause->flag(facts);
        *actual = flag ? clause->set : clause->clear;
        return clause->kind == KC_CLAUSE_ALLOW ? !flag || kc_clause_flag(clause, policy) : flag;
    case KC_CLAUSE_TEES:
        *actual = kc_tee_name(facts->tee);
        return (policy->tees & 1u << facts->tee) != 0;
    case KC_CLAUSE_PLATFORMS:
        return platform_holds(policy, facts, v, actual);
    case KC_CLAUSE_SNP_TCB:
        *actual = kc_verdict_text(v);
        kc_clause_put_snp_tcb(v, &facts->snp.reported);
        return kc_snp_report_tcb_covers(&facts->snp.reported, &policy->min_snp_tcb);
    case KC_CLAUSE_CLAIMS:
        return claims_hold(policy, facts, v, actual);
    case KC_CLAUSE_TCB:
        *actual = kc_tcb_status_name(facts->tcb.status);
        return accepts(policy, facts->tcb.status);
    case KC_CLAUSE_ADVISORIES:
        return advisories_hold(policy, &facts->tcb, v, actual);
    }
    return false;
}

/* "an SGX enclave" and so on. */
static const char *const tee_words[KC_TEE_COUNT] = {
    "evidence of an SGX enclave, which has no such thing",
    "evidence of a TDX domain, which has no such thing",
    "evidence of an SEV-SNP guest, which has no such thing",
};

static const char without_collateral[] =
    "whether this platform has its security updates is unknown without whole collateral of Intel's "
    "(--collateral DIR); a policy with \"tcb\": \"ignore\" and no other clause on it accepts that "
    "knowingly";
static const char without_list[] =
    "whether AMD has revoked this chain is unknown without its revocation list of this time "
    "(ark_crl.der in --collateral DIR, or --kds URL)";

static const char without_advisories[] =
    "TCB info of version 2 names no advisories: fetch it anew, in version 3";

static const char *tcb_hint(const struct kc_clause *clause, enum kc_tcb_status status)
{
    if (status == KC_TCB_REVOKED)
        return "others may have this platform's keys, so that its evidence proves nothing: no "
               "policy "
               "can accept it";
    return status == KC_TCB_UP_TO_DATE
               ? "the policy accepts none but worse states: add \"UpToDate\" "
                 "to \"tcb\""
               : clause->hint;
}

static struct kc_clause_result not_judged(const struct kc_clause *clause,
                                          const struct kc_policy *policy,
                                          const struct kc_verdict_facts *facts,
                                          const char *expected)
{
    const char *hint = without_collateral;
    if (facts->tee == KC_TEE_SNP)
        hint = without_list;
    else if (kc_clause_has_collateral(facts))
        hint = without_advisories;
    bool is_asked = kc_clause_is_named(clause, policy) ||
                    (clause->kind == KC_CLAUSE_TCB && !policy->tcb_ignored);
    return (struct kc_clause_result){is_asked ? KC_CLAUSE_UNJUDGED : KC_CLAUSE_NOT_ASKED, expected,
                                     "not judged", hint};
}

struct kc_clause_result kc_clause_judge(const struct kc_clause *clause,
                                        const struct kc_policy *policy,
                                        const struct kc_verdict_facts *facts, struct kc_verdict *v)
{
    bool is_named = kc_clause_is_named(clause, policy);
    bool is_revoked = facts->has_tcb && facts->tcb.status == KC_TCB_REVOKED;
    struct kc_clause_result result = {KC_CLAUSE_NOT_ASKED, NULL, NULL, clause->hint};
    result.expected = kc_clause_expected(clause, policy, v);
    if ((clause->tees & 1u << facts->tee) == 0) {
        result.state = is_named ? KC_CLAUSE_FAILS : KC_CLAUSE_NOT_ASKED;
        result.actual = is_named ? tee_words[facts->tee] : NULL;
        result.hint = "this clause is about evidence of another kind: take it out of the policy, "
                      "or make one policy for each kind";
        return result;
    }
    if (!kc_clause_can_be_judged(clause, facts) && !(clause->kind == KC_CLAUSE_TCB && is_revoked))
        return not_judged(clause, policy, facts, result.expected);
    bool ok = holds(clause, policy, facts, v, &result.actual);
    if (clause->kind == KC_CLAUSE_TCB)
        result.hint = tcb_hint(clause, facts->tcb.status);
    if (is_named || kc_clause_is_always_asked(clause, policy))
        result.state = ok ? KC_CLAUSE_HOLDS : KC_CLAUSE_FAILS;
    return result;
}
