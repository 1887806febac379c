#include <stdlib.h>

#include "cli/policy_parts.h"

static const char *const state_names[] = {
    [KC_CLAUSE_NOT_ASKED] = "not asked",
    [KC_CLAUSE_HOLDS] = "holds",
    [KC_CLAUSE_FAILS] = "fails",
    [KC_CLAUSE_UNJUDGED] = "unjudged",
};

static void set(json_t *object, const char *key, const char *text, bool *ok)
{
    if (json_object_set_new(object, key, text != NULL ? json_string(text) : json_null()) != 0)
        *ok = false;
}

static bool is_bad(const struct kc_clause_result *result)
{
    return result->state == KC_CLAUSE_FAILS || result->state == KC_CLAUSE_UNJUDGED;
}

static json_t *clause_json(const struct kc_clause *clause, const struct kc_clause_result *result,
                           bool *ok)
{
    json_t *object = json_object();
    set(object, "key", clause->key, ok);
    set(object, "check", clause->check, ok);
    set(object, "state", state_names[result->state], ok);
    set(object, "expected", result->expected, ok);
    set(object, "actual", result->actual, ok);
    set(object, "hint", is_bad(result) ? result->hint : NULL, ok);
    return object;
}

static void print_clause(const struct kc_clause *clause, const struct kc_clause_result *result)
{
    printf("%-10s%s\n", state_names[result->state], clause->key);
    printf("  expected  %s\n", result->expected);
    printf("  actual    %s\n", result->actual != NULL ? result->actual : "no such thing");
    if (is_bad(result))
        printf("  hint      %s\n", result->hint);
}

/* `scratch` holds the words of one clause at a time. */
static json_t *each_clause(const struct kc_judging *j, struct kc_verdict *scratch, bool json,
                           bool *ok)
{
    json_t *list = json_array();
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    for (size_t i = 0; j->verdict->genuine && i < kc_clause_count; i++) {
        scratch->text_len = 0;
        struct kc_clause_result result =
            kc_clause_judge(&kc_clauses[i], &j->policy, facts, scratch);
        bool applies = (kc_clauses[i].tees & 1u << facts->tee) != 0;
        if (!applies && result.state == KC_CLAUSE_NOT_ASKED)
            continue;
        if (!json)
            print_clause(&kc_clauses[i], &result);
        else if (json_array_append_new(list, clause_json(&kc_clauses[i], &result, ok)) != 0)
            *ok = false;
    }
    return list;
}

/* Those that are about no clause. */
static json_t *other_failures(const struct kc_verdict *v, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->failure_count; i++) {
        json_t *object = json_object();
        set(object, "check", v->failure[i].check, ok);
        set(object, "expected", v->failure[i].expected, ok);
        set(object, "actual", v->failure[i].actual, ok);
        set(object, "hint", v->failure[i].hint, ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

bool kc_policy_print_json(json_t *object, bool ok)
{
    char *text = ok ? json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    if (text == NULL)
        return false;
    puts(text);
    free(text);
    return true;
}

bool kc_policy_explain(const struct kc_judging *j, bool json)
{
    bool ok = true;
    const struct kc_verdict *v = j->verdict;
    struct kc_verdict *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        return false;
    if (!json)
        printf("%s\n\n", kc_verdict_kind_name(v->kind));
    json_t *clauses = each_clause(j, scratch, json, &ok);
    free(scratch);
    if (!json) {
        json_decref(clauses);
        if (!v->genuine)
            puts("No clause is judged on evidence that is not genuine.");
        if (!v->genuine || v->kind == KC_VERDICT_UNJUDGED)
            kc_judging_print_failures(j, stdout);
        return true;
    }
    json_t *object = json_object();
    set(object, "verdict", kc_verdict_kind_name(v->kind), &ok);
    if (json_object_set_new(object, "clauses", clauses) != 0 ||
        json_object_set_new(object, "failures", other_failures(v, &ok)) != 0)
        ok = false;
    return kc_policy_print_json(object, ok);
}
