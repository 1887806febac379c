/* The policy, clause by clause, on evidence that is genuine. */
#include "verify/judge.h"
#include "verify/policy_clauses.h"

void kc_judge_policy(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    bool is_whole = true;
    for (size_t i = 0; i < kc_clause_count; i++) {
        size_t len = v->text_len;
        struct kc_clause_result result =
            kc_clause_judge(&kc_clauses[i], j->input->policy, &v->facts, v);
        bool fails = result.state == KC_CLAUSE_FAILS;
        if (!fails && result.state != KC_CLAUSE_UNJUDGED) {
            v->text_len = len; /* nobody will read these words */
            continue;
        }
        is_whole = is_whole && fails;
        kc_verdict_fail(v, KC_STAGE_POLICY,
                        &(struct kc_verdict_failure){kc_clauses[i].check,
                                                     fails ? KC_WEIGHT_POLICY : KC_WEIGHT_UNJUDGED,
                                                     result.expected, result.actual, result.hint});
    }
    if (is_whole)
        kc_verdict_made(v, KC_STAGE_POLICY);
}
