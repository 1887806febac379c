#include "verify/policy.h"

#include <jansson.h>
#include <string.h>

#include "formats/json_depth.h"
#include "verify/policy_read.h"

/* The deepest policy is a list in an object. */
#define DEPTH_MAX 2

const struct kc_policy kc_policy_default = {.tcb_accepted = 1u << KC_TCB_UP_TO_DATE};

static void set_key(struct kc_policy_error *error, const char *key, size_t len)
{
    size_t n = len < sizeof error->key - 1 ? len : sizeof error->key - 1;
    for (size_t i = 0; i < n; i++)
        error->key[i] = (char)(key[i] >= 0x20 && key[i] < 0x7f ? key[i] : '?');
    error->key[n] = '\0';
}

enum kc_err kc_policy_refuse(const struct kc_policy_reading *c, const char *what, const char *mend)
{
    set_key(c->error, c->key, strlen(c->key));
    c->error->what = what;
    c->error->mend = mend;
    return KC_ERR_MALFORMED;
}

static enum kc_err read_key(struct kc_policy_reading *c, const json_t *value)
{
    for (size_t i = 0; i < kc_clause_count; i++) {
        if (strcmp(c->key, kc_clauses[i].key) == 0)
            return kc_policy_read_clause(c, &kc_clauses[i], value);
    }
    return kc_policy_refuse(c, "is a key that does not exist",
                            "`keyclave policy --help` names the keys; among them are mrenclave, "
                            "mrsigner, mrtd, rtmr0 to rtmr3, measurement, allow_debug and tcb");
}

static enum kc_err read_object(json_t *root, struct kc_policy *policy,
                               struct kc_policy_error *error)
{
    struct kc_policy_reading c = {policy, error, ""};
    if (!json_is_object(root))
        return kc_policy_refuse(&c, "the policy is not a JSON object",
                                "write { \"key\": value, ... }");
    if (json_object_size(root) == 0)
        return kc_policy_refuse(
            &c, "the policy is empty, so that it would say nothing",
            "name what you accept, such as \"mrenclave\"; for the default leave the "
            "policy out");
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        c.key = json_object_iter_key(at);
        enum kc_err err = read_key(&c, json_object_iter_value(at));
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

/* jansson names a doubled key at the end of its text: ... near '"key"'. */
static void set_duplicate(const json_error_t *json, struct kc_policy_error *error)
{
    const char *start = strchr(json->text, '"');
    const char *end = strrchr(json->text, '"');
    if (start != NULL && end > start)
        set_key(error, start + 1, (size_t)(end - start - 1));
    error->what = "stands twice";
    error->mend = "keep one of the two";
}

static enum kc_err set_syntax(const json_error_t *json, struct kc_policy_error *error)
{
    error->line = json->line > 0 ? (size_t)json->line : 1;
    error->mend = "correct the JSON at that line";
    switch (json_error_code(json)) {
    case json_error_duplicate_key:
        set_duplicate(json, error);
        break;
    case json_error_numeric_overflow:
        error->what = "holds a number that is out of range";
        error->mend = "give a number from 0 to 65535";
        break;
    case json_error_invalid_utf8:
        error->what = "is not UTF-8 text";
        error->mend = "save the file as UTF-8";
        break;
    case json_error_out_of_memory:
        error->what = "no memory left";
        error->mend = "";
        return KC_ERR_MEMORY;
    default:
        error->what = "is not valid JSON";
    }
    return KC_ERR_MALFORMED;
}

enum kc_err kc_policy_parse(struct kc_bytes json, struct kc_policy *out,
                            struct kc_policy_error *error)
{
    struct kc_policy policy = kc_policy_default;
    json_error_t detail;
    *error = (struct kc_policy_error){"", "", "", 0};
    struct kc_policy_reading c = {&policy, error, ""};
    if (json.len > KC_POLICY_MAX_SIZE)
        return kc_policy_refuse(&c, "the policy is larger than 64 KiB",
                                "keep to the few keys it needs");
    if (kc_json_depth_exceeds(json, DEPTH_MAX))
        return kc_policy_refuse(&c, "the policy is nested too deeply, or no JSON",
                                "no value is more than a list or an object of plain values");
    json_t *root = json_loadb((const char *)json.ptr, json.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &detail);
    if (root == NULL)
        return set_syntax(&detail, error);
    enum kc_err err = read_object(root, &policy, error);
    json_decref(root);
    if (err == KC_OK)
        *out = policy;
    return err;
}
