#include <stdlib.h>

#include "cli/policy_parts.h"

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
};

static void show(json_t *list, const struct difference *d, bool json, bool *ok)
{
    json_t *object = json_object();
    if (!json)
        printf("%s: A accepts %s; B accepts %s\n", d->key, d->of_a, d->of_b);
    set(object, "key", d->key, ok);
    set(object, "a", d->of_a, ok);
    set(object, "b", d->of_b, ok);
    if (json_array_append_new(list, object) != 0)
        *ok = false;
}

static void compare_clause(json_t *list, const struct kc_clause *clause, const struct kc_policy *a,
                           const struct kc_policy *b, bool json, bool *ok)
{
    struct kc_verdict *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL) {
        *ok = false;
        return;
    }
    const char *of_a = kc_clause_expected(clause, a, scratch);
    const char *of_b = kc_clause_expected(clause, b, scratch);
    show(list, &(struct difference){clause->key, of_a, of_b}, json, ok);
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
            show(list, &(struct difference){"tee", "none of these", tee_words[i]}, json, &ok);
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
