/* Facts of a verdict, by the table of the policy's clauses. */
#include <string.h>

#include "library/parts.h"
#include "verify/policy_clauses.h"

/* Whether `key` is `name`, or that with what a policy puts before it. */
static bool is_called(const char *key, const char *name)
{
    static const char *const before[] = {"", "min_", "max_", "allow_", "require_"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        size_t n = strlen(before[i]);
        if (strncmp(key, before[i], n) == 0 && strcmp(key + n, name) == 0)
            return true;
    }
    return false;
}

/* NULL: there is no such fact of this evidence. */
static const struct kc_clause *find(const struct kc_verdict *v, const char *name)
{
    if (!v->genuine)
        return NULL;
    for (size_t i = 0; i < kc_clause_count; i++) {
        const struct kc_clause *clause = &kc_clauses[i];
        if (is_called(clause->key, name) && (clause->tees & 1u << v->facts.tee) != 0 &&
            (!clause->needs_tcb || v->facts.has_tcb || kc_clause_has_collateral(&v->facts)))
            return clause;
    }
    return NULL;
}

struct keyclave_bytes keyclave_verdict_bytes(const struct keyclave_verdict *verdict,
                                             const char *name)
{
    const struct kc_clause *clause = find(&verdict->verdict, name);
    if (clause == NULL || clause->bytes == NULL)
        return (struct keyclave_bytes){NULL, 0};
    struct kc_bytes bytes = clause->bytes(&verdict->verdict.facts);
    return (struct keyclave_bytes){bytes.ptr, bytes.len};
}

int keyclave_verdict_number(const struct keyclave_verdict *verdict, const char *name, uint64_t *out)
{
    const struct kc_clause *clause = find(&verdict->verdict, name);
    if (clause == NULL || (clause->number == NULL && clause->flag == NULL))
        return 0;
    *out = clause->number != NULL ? clause->number(&verdict->verdict.facts)
                                  : clause->flag(&verdict->verdict.facts);
    return 1;
}

int keyclave_verdict_tcb(const struct keyclave_verdict *verdict, struct keyclave_tcb *out)
{
    const struct kc_verdict_facts *facts = &verdict->verdict.facts;
    const struct kc_verdict_tcb *tcb = &facts->tcb;
    uint32_t info = tcb->tcb_info_evaluation_number;
    uint32_t qe = tcb->qe_identity_evaluation_number;
    if (!verdict->verdict.genuine || !facts->has_tcb)
        return 0;
    *out = (struct keyclave_tcb){
        .status = kc_tcb_status_name(tcb->status),
        .date = tcb->platform.date,
        .evaluation_number = info < qe ? info : qe,
        .issued = tcb->issued,
        .expires = tcb->expires,
        .expires_first = tcb->expires_first,
        .is_whole = tcb->is_whole,
    };
    return 1;
}
