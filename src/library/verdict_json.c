/* A verdict as the JSON object that docs/verification.md describes. */
#include "library/verdict_json.h"

#include "library/verdict_claims.h"
#include "library/verdict_tcb.h"

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *failures_of(const struct kc_verdict *v, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->failure_count; i++) {
        const struct kc_verdict_failure *failure = &v->failure[i];
        json_t *object = json_object();
        set(object, "check", json_string(failure->check), ok);
        set(object, "expected", json_string(failure->expected), ok);
        set(object, "actual", json_string(failure->actual), ok);
        set(object, "hint", json_string(failure->hint), ok);
        if (json_array_append_new(list, object) != 0)
            *ok = false;
    }
    return list;
}

static json_t *evidence_of(const struct kc_verdict *v, const struct kc_evidence *evidence, bool *ok)
{
    json_t *object = json_object();
    set(object, "format", v->has_format ? json_string(v->format) : json_null(), ok);
    set(object, "wrapping",
        evidence != NULL ? json_string(kc_evidence_wrapping_name(evidence->wrapping)) : json_null(),
        ok);
    set(object, "tee", v->has_format ? json_string(v->tee) : json_null(), ok);
    return object;
}

char *kc_verdict_json(const struct kc_verdict *v, const struct kc_evidence *evidence)
{
    bool ok = true;
    json_t *object = json_object();
    set(object, "verdict", json_string(kc_verdict_kind_name(v->kind)), &ok);
    set(object, "failures", failures_of(v, &ok), &ok);
    set(object, "evidence", evidence_of(v, evidence, &ok), &ok);
    set(object, "claims", kc_verdict_claims_json(v), &ok);
    set(object, "tcb", kc_verdict_tcb_json(v), &ok);
    char *text = ok ? json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    return text;
}
