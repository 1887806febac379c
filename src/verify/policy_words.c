/* What a policy expects, in words. */
#include "verify/policy_words.h"

#include <string.h>

#include "base/time.h"
#include "verify/verdict.h"

/* A list of texts: put "A", then " or B" and so on. */
static void put_or(struct kc_verdict *v, bool *first)
{
    kc_verdict_put(v, *first ? "" : " or ");
    *first = false;
}

static void put_list(struct kc_verdict *v, const struct kc_policy *policy,
                     const struct kc_policy_list *list, size_t size, bool *first)
{
    for (size_t i = 0; i < list->count; i++) {
        put_or(v, first);
        kc_verdict_put_hex(v, kc_policy_value(policy, list, size, i));
    }
}

void kc_clause_put_number(struct kc_verdict *v, const struct kc_clause *clause, uint64_t number)
{
    char text[KC_TIME_TEXT_SIZE];
    if (!clause->is_time || number > (uint64_t)KC_TIME_MAX) {
        kc_verdict_put_number(v, number);
        return;
    }
    kc_time_format((int64_t)number, text);
    kc_verdict_put(v, text);
}

void kc_clause_put_snp_tcb(struct kc_verdict *v, const struct kc_snp_tcb *tcb)
{
    const struct {
        const char *name;
        uint8_t svn;
    } parts[] = {
        {"fmc ", tcb->fmc},   {", boot_loader ", tcb->boot_loader}, {", tee ", tcb->tee},
        {", snp ", tcb->snp}, {", microcode ", tcb->microcode},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        kc_verdict_put(v, parts[i].name);
        kc_verdict_put_number(v, parts[i].svn);
    }
}

static void put_statuses(struct kc_verdict *v, const struct kc_policy *policy)
{
    bool first = true;
    if (policy->tcb_ignored)
        kc_verdict_put(v, "any status but Revoked");
    for (unsigned i = 0; i < KC_TCB_STATUS_COUNT; i++) {
        if ((policy->tcb_accepted & 1u << i) == 0)
            continue;
        put_or(v, &first);
        kc_verdict_put(v, kc_tcb_status_name((enum kc_tcb_status)i));
    }
}

static void put_tees(struct kc_verdict *v, const struct kc_policy *policy)
{
    bool first = true;
    for (unsigned i = 0; i < KC_TEE_COUNT; i++) {
        if ((policy->tees & 1u << i) == 0)
            continue;
        put_or(v, &first);
        kc_verdict_put(v, kc_tee_name((enum kc_tee)i));
    }
}

static void put_claims(struct kc_verdict *v, const struct kc_policy *policy)
{
    struct kc_bytes name = {NULL, 0};
    struct kc_bytes value = {NULL, 0};
    const char *before = "";
    for (size_t at = 0; kc_policy_next_claim(policy, &at, &name, &value); before = ", ") {
        kc_verdict_put(v, before);
        kc_verdict_put_name(v, name);
        kc_verdict_put(v, " = ");
        kc_verdict_put_hex(v, value);
    }
}

static void put_accepted_advisories(struct kc_verdict *v, const struct kc_policy *policy)
{
    const char *id = NULL;
    const char *before = "none but ";
    if (policy->advisories.count == 0)
        kc_verdict_put(v, "none");
    for (size_t at = 0; kc_policy_next_advisory(policy, &at, &id); before = ", ") {
        kc_verdict_put(v, before);
        kc_verdict_put(v, id);
    }
}

static void put_numbers(const struct kc_clause *clause, const struct kc_policy *policy,
                        struct kc_verdict *v)
{
    kc_clause_put_number(v, clause, kc_clause_number(clause, policy)->value);
    if (clause->kind == KC_CLAUSE_MINIMUM)
        kc_verdict_put(v, clause->is_time ? " or later" : " or more");
    if (clause->kind == KC_CLAUSE_MAXIMUM)
        kc_verdict_put(v, " or less");
}

bool kc_clause_forbids_service(const struct kc_clause *clause, const struct kc_policy *policy)
{
    return clause->kind == KC_CLAUSE_LIST &&
           clause->at == offsetof(struct kc_policy, mrservicetd) &&
           policy->mrservicetd.count == 0 && policy->mrtd.count > 0;
}

/* A level that nobody named is the most privileged one. */
bool kc_clause_is_always_asked(const struct kc_clause *clause, const struct kc_policy *policy)
{
    return clause->kind == KC_CLAUSE_ALLOW || clause->kind == KC_CLAUSE_TCB ||
           (clause->kind == KC_CLAUSE_MAXIMUM &&
            clause->at == offsetof(struct kc_policy, max_vmpl)) ||
           kc_clause_forbids_service(clause, policy);
}

const char *kc_clause_expected(const struct kc_clause *clause, const struct kc_policy *policy,
                               struct kc_verdict *v)
{
    bool first = true;
    if (!kc_clause_is_named(clause, policy) && !kc_clause_is_always_asked(clause, policy))
        return "anything";
    if (kc_clause_forbids_service(clause, policy))
        return "zeros: no service domain, for the policy names mrtd and no mrservicetd";
    if (clause->kind == KC_CLAUSE_ALLOW)
        return kc_clause_flag(clause, policy) ? "anything" : clause->clear;
    if (clause->kind == KC_CLAUSE_REQUIRE)
        return clause->set;
    const char *text = kc_verdict_text(v);
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        put_list(v, policy, kc_clause_list(clause, policy), clause->size, &first);
        break;
    case KC_CLAUSE_PLATFORMS:
        put_list(v, policy, &policy->platforms, 16, &first);
        put_list(v, policy, &policy->chips, 64, &first);
        break;
    case KC_CLAUSE_TEES:
        put_tees(v, policy);
        break;
    case KC_CLAUSE_SNP_TCB:
        kc_clause_put_snp_tcb(v, &policy->min_snp_tcb);
        kc_verdict_put(v, " or more, each");
        break;
    case KC_CLAUSE_CLAIMS:
        put_claims(v, policy);
        break;
    case KC_CLAUSE_TCB:
        put_statuses(v, policy);
        break;
    case KC_CLAUSE_ADVISORIES:
        put_accepted_advisories(v, policy);
        break;
    default:
        put_numbers(clause, policy, v);
    }
    return text;
}
