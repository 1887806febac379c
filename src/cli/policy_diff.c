#include <stdlib.h>

#include "cli/policy_parts.h"
#include "verify/verdict.h"

static void set(json_t *object, const char *key, const char *text, bool *ok)
{
    if (json_object_set_new(object, key, json_string(text)) != 0)
        *ok = false;
}

/* One thing that only B accepts. */
struct difference {
    const char *key;
    const char *of_a;
    const char *of_b;
    const char *more; /* of what B accepts, that which A does not */
};

static void put_values(struct kc_verdict *words, const struct kc_clause *clause,
                       const struct kc_policy *a, const struct kc_policy *b)
{
    const struct kc_policy_list *in_b = kc_clause_list(clause, b);
    const char *before = "";
    for (size_t i = 0; i < in_b->count; i++) {
        struct kc_bytes value = kc_policy_value(b, in_b, (size_t)clause->size, i);
        if (kc_policy_has_value(a, kc_clause_list(clause, a), value))
            continue;
        kc_verdict_put(words, before);
        kc_verdict_put_hex(words, value);
        before = " or ";
    }
}

static void put_statuses(struct kc_verdict *words, uint32_t statuses)
{
    const char *before = "";
    for (unsigned i = 0; statuses >> i != 0; i++) {
        if ((statuses >> i & 1) == 0)
            continue;
        kc_verdict_put(words, before);
        kc_verdict_put(words, kc_tcb_status_name((enum kc_tcb_status)i));
        before = ", ";
    }
}

/* Of a list what it adds; of other clauses all that B accepts. In `words`, which is empty. */
static const char *more_of(struct kc_verdict *words, const struct kc_clause *clause,
                           const struct kc_policy *a, const struct kc_policy *b, const char *of_b)
{
    if (clause->kind == KC_CLAUSE_LIST && kc_clause_list(clause, a)->count > 0 &&
        kc_clause_list(clause, b)->count > 0)
        put_values(words, clause, a, b);
    else if (clause->kind == KC_CLAUSE_TCB && b->tcb_ignored)
        kc_verdict_put(words, "any status but Revoked, and platforms without any collateral");
    else if (clause->kind == KC_CLAUSE_TCB)
        put_statuses(words, b->tcb_accepted & ~a->tcb_accepted);
    else
        kc_verdict_put(words, of_b);
    return words->text;
}

static void show(json_t *list, const struct difference *d, bool json, bool *ok)
{
    json_t *object = json_object();
    if (!json)
        printf("%s: B also accepts %s; A accepts %s\n", d->key, d->more, d->of_a);
    set(object, "key", d->key, ok);
    set(object, "a", d->of_a, ok);
    set(object, "b", d->of_b, ok);
    set(object, "more", d->more, ok);
    if (json_array_append_new(list, object) != 0)
        *ok = false;
}

static void compare_clause(json_t *list, const struct kc_clause *clause, const struct kc_policy *a,
                           const struct kc_policy *b, bool json, bool *ok)
{
    struct kc_verdict *scratch = calloc(2, sizeof *scratch);
    if (scratch == NULL) {
        *ok = false;
        return;
    }
    const char *of_a = kc_clause_expected(clause, a, scratch);
    const char *of_b = kc_clause_expected(clause, b, scratch);
    const char *more = more_of(scratch + 1, clause, a, b, of_b);
    show(list, &(struct difference){clause->key, of_a, of_b, more}, json, ok);
    free(scratch);
}

/* A clause counts where B accepts evidence that it is about, and A does too. */
static bool counts(const struct kc_clause *clause, const struct kc_policy *a,
                   const struct kc_policy *b)
{
    for (unsigned i = 0; i < KC_TEE_COUNT; i++) {
        if ((clause->tees & 1u << i) != 0 && kc_clause_accepts_tee(a, (enum kc_tee)i) &&
            kc_clause_accepts_tee(b, (enum kc_tee)i))
            return kc_clause_allows_more(clause, a, b);
    }
    return false;
}

bool kc_policy_diff(const struct kc_policy *a, const struct kc_policy *b, bool json, bool *more)
{
    static const char *const tee_words[KC_TEE_COUNT] = {"SGX enclaves", "TDX domains",
                                                        "SEV-SNP guests"};
    bool ok = true;
    json_t *list = json_array();
    for (unsigned i = 0; i < KC_TEE_COUNT; i++) {
        if (kc_clause_accepts_tee(b, (enum kc_tee)i) && !kc_clause_accepts_tee(a, (enum kc_tee)i))
            show(list, &(struct difference){"tee", "none of these", tee_words[i], tee_words[i]},
                 json, &ok);
    }
    for (size_t i = 0; i < kc_clause_count; i++) {
        if (counts(&kc_clauses[i], a, b))
            compare_clause(list, &kc_clauses[i], a, b, json, &ok);
    }
    *more = json_array_size(list) > 0;
    if (!json) {
        json_decref(list);
        if (!*more)
            puts("B accepts nothing that A does not.");
        return ok;
    }
    json_t *object = json_object();
    if (json_object_set_new(object, "allows_more", json_boolean(*more)) != 0 ||
        json_object_set_new(object, "differences", list) != 0)
        ok = false;
    return kc_policy_print_json(object, ok);
}
