/* What one policy accepts and another does not, clause by clause. */
#include "verify/policy_words.h"

bool kc_clause_accepts_tee(const struct kc_policy *policy, enum kc_tee tee)
{
    if (policy->tees != 0 && (policy->tees & 1u << tee) == 0)
        return false;
    for (size_t i = 0; i < kc_clause_count; i++) {
        if ((kc_clauses[i].tees & 1u << tee) == 0 && kc_clause_is_named(&kc_clauses[i], policy))
            return false;
    }
    return true;
}

static bool has_all(const struct kc_policy *a, const struct kc_policy_list *in_a,
                    const struct kc_policy *b, const struct kc_policy_list *in_b, size_t size)
{
    for (size_t i = 0; i < in_b->count; i++) {
        if (!kc_policy_has_value(a, in_a, kc_policy_value(b, in_b, size, i)))
            return false;
    }
    return true;
}

static bool list_allows_more(const struct kc_clause *clause, const struct kc_policy *a,
                             const struct kc_policy *b)
{
    const struct kc_policy_list *in_a = kc_clause_list(clause, a);
    const struct kc_policy_list *in_b = kc_clause_list(clause, b);
    bool a_wants_zeros = kc_clause_forbids_service(clause, a);
    bool b_wants_zeros = kc_clause_forbids_service(clause, b);
    if (a_wants_zeros && in_b->count == 1)
        return !kc_bytes_are_zero(kc_policy_value(b, in_b, clause->size, 0));
    if (a_wants_zeros)
        return !b_wants_zeros;
    if (in_a->count == 0)
        return false;
    if (b_wants_zeros) {
        static const uint8_t zeros[64];
        return !kc_policy_has_value(a, in_a, kc_bytes_of(zeros, (size_t)clause->size));
    }
    return in_b->count == 0 || !has_all(a, in_a, b, in_b, (size_t)clause->size);
}

static bool number_allows_more(const struct kc_clause *clause, const struct kc_policy *a,
                               const struct kc_policy *b)
{
    const struct kc_policy_number *in_a = kc_clause_number(clause, a);
    const struct kc_policy_number *in_b = kc_clause_number(clause, b);
    bool is_asked = kc_clause_is_always_asked(clause, a);
    if (!in_a->is_set && !is_asked)
        return false;
    if (!in_b->is_set && !is_asked)
        return clause->kind != KC_CLAUSE_MINIMUM || in_a->value > 0;
    if (clause->kind == KC_CLAUSE_EQUAL)
        return in_a->value != in_b->value;
    return clause->kind == KC_CLAUSE_MINIMUM ? in_b->value < in_a->value
                                             : in_b->value > in_a->value;
}

static bool platforms_allow_more(const struct kc_policy *a, const struct kc_policy *b)
{
    if (a->platforms.count + a->chips.count == 0)
        return false;
    if (b->platforms.count + b->chips.count == 0)
        return true;
    return !has_all(a, &a->platforms, b, &b->platforms, 16) ||
           !has_all(a, &a->chips, b, &b->chips, 64);
}

/* True when every claim that `a` wants is wanted by `b` too, with that value. */
static bool claims_allow_more(const struct kc_policy *a, const struct kc_policy *b)
{
    struct kc_bytes name = {NULL, 0};
    struct kc_bytes value = {NULL, 0};
    for (size_t i = 0; kc_policy_next_claim(a, &i, &name, &value);) {
        struct kc_bytes other = {NULL, 0};
        struct kc_bytes wanted = {NULL, 0};
        bool is_wanted = false;
        for (size_t k = 0; kc_policy_next_claim(b, &k, &other, &wanted);)
            is_wanted = is_wanted || (kc_bytes_equal(name, other) && kc_bytes_equal(value, wanted));
        if (!is_wanted)
            return true;
    }
    return false;
}

static bool advisories_allow_more(const struct kc_policy *a, const struct kc_policy *b)
{
    const char *id = NULL;
    if (!a->has_advisories || !b->has_advisories)
        return a->has_advisories;
    for (size_t i = 0; kc_policy_next_advisory(b, &i, &id);) {
        const char *other = NULL;
        bool is_there = false;
        for (size_t k = 0; kc_policy_next_advisory(a, &k, &other);)
            is_there = is_there || kc_bytes_equal(kc_bytes_of_text(id), kc_bytes_of_text(other));
        if (!is_there)
            return true;
    }
    return false;
}

bool kc_clause_allows_more(const struct kc_clause *clause, const struct kc_policy *a,
                           const struct kc_policy *b)
{
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        return list_allows_more(clause, a, b);
    case KC_CLAUSE_EQUAL:
    case KC_CLAUSE_MINIMUM:
    case KC_CLAUSE_MAXIMUM:
        return number_allows_more(clause, a, b);
    case KC_CLAUSE_ALLOW:
        return kc_clause_flag(clause, b) && !kc_clause_flag(clause, a);
    case KC_CLAUSE_REQUIRE:
        return kc_clause_flag(clause, a) && !kc_clause_flag(clause, b);
    case KC_CLAUSE_TEES:
        return false; /* kc_clause_accepts_tee() */
    case KC_CLAUSE_PLATFORMS:
        return platforms_allow_more(a, b);
    case KC_CLAUSE_SNP_TCB:
        return a->has_min_snp_tcb &&
               (!b->has_min_snp_tcb || !kc_snp_report_tcb_covers(&b->min_snp_tcb, &a->min_snp_tcb));
    case KC_CLAUSE_CLAIMS:
        return claims_allow_more(a, b);
    case KC_CLAUSE_TCB:
        return !a->tcb_ignored && (b->tcb_ignored || (b->tcb_accepted & ~a->tcb_accepted) != 0);
    case KC_CLAUSE_ADVISORIES:
        return advisories_allow_more(a, b);
    }
    return true;
}
