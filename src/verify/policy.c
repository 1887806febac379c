#include "verify/policy.h"

#include <jansson.h>
#include <string.h>

#include "base/hex.h"
#include "formats/json_depth.h"

/* The deepest policy is a list in an object. */
#define DEPTH_MAX 2

const struct kc_policy kc_policy_default = {.tcb_accepted = 1u << KC_TCB_UP_TO_DATE};

/* What the readers of single keys share. `key` is the one being read. */
struct context {
    struct kc_policy *policy;
    struct kc_policy_error *error;
    const char *key;
};

static void set_key(struct kc_policy_error *error, const char *key, size_t len)
{
    size_t n = len < sizeof error->key - 1 ? len : sizeof error->key - 1;
    for (size_t i = 0; i < n; i++)
        error->key[i] = (char)(key[i] >= 0x20 && key[i] < 0x7f ? key[i] : '?');
    error->key[n] = '\0';
}

static enum kc_err refuse(const struct context *c, const char *what, const char *mend)
{
    set_key(c->error, c->key, strlen(c->key));
    c->error->what = what;
    c->error->mend = mend;
    return KC_ERR_MALFORMED;
}

static enum kc_err read_hash(const struct context *c, const json_t *value,
                             struct kc_policy_hashes *out)
{
    uint8_t hash[32] = {0};
    size_t n = 0;
    if (!json_is_string(value))
        return refuse(c, "is neither a string nor a list of strings",
                      "give 64 hexadecimal digits in quotes, or a list of such strings");
    struct kc_bytes text = kc_bytes_of(json_string_value(value), json_string_length(value));
    if (text.len != 64)
        return refuse(c, "is not 64 characters long",
                      "give the 64 hexadecimal digits of a SHA-256, as `keyclave measure` prints");
    if (kc_hex_decode(text, (struct kc_room){hash, sizeof hash}, &n) != KC_OK)
        return refuse(c, "holds a character that is no hexadecimal digit",
                      "use 0-9 and a-f (or A-F) only, without spaces or a leading 0x");
    for (size_t i = 0; i < out->count; i++) {
        if (memcmp(out->hash[i], hash, sizeof hash) == 0)
            return refuse(c, "lists one value twice", "remove the second one");
    }
    memcpy(out->hash[out->count++], hash, sizeof hash);
    return KC_OK;
}

static enum kc_err read_hashes(const struct context *c, const json_t *value,
                               struct kc_policy_hashes *out)
{
    if (!json_is_array(value))
        return read_hash(c, value, out);
    if (json_array_size(value) == 0)
        return refuse(c, "is an empty list, which would accept nothing",
                      "name at least one value, or leave the key out");
    if (json_array_size(value) > KC_POLICY_LIST_MAX)
        return refuse(c, "lists more than 32 values", "split the policy in two");
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum kc_err err = read_hash(c, json_array_get(value, i), out);
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

static enum kc_err read_u16(const struct context *c, const json_t *value, bool *has, uint16_t *out)
{
    if (!json_is_integer(value))
        return refuse(c, "is not a whole number", "give a number from 0 to 65535, without quotes");
    json_int_t number = json_integer_value(value);
    if (number < 0 || number > UINT16_MAX)
        return refuse(c, "is out of range", "give a number from 0 to 65535");
    *has = true;
    *out = (uint16_t)number;
    return KC_OK;
}

static enum kc_err read_mrenclave(const struct context *c, const json_t *value)
{
    return read_hashes(c, value, &c->policy->mrenclave);
}

static enum kc_err read_mrsigner(const struct context *c, const json_t *value)
{
    return read_hashes(c, value, &c->policy->mrsigner);
}

static enum kc_err read_isv_prod_id(const struct context *c, const json_t *value)
{
    return read_u16(c, value, &c->policy->has_isv_prod_id, &c->policy->isv_prod_id);
}

static enum kc_err read_min_isv_svn(const struct context *c, const json_t *value)
{
    return read_u16(c, value, &c->policy->has_min_isv_svn, &c->policy->min_isv_svn);
}

static enum kc_err read_allow_debug(const struct context *c, const json_t *value)
{
    if (!json_is_boolean(value))
        return refuse(c, "is neither true nor false", "give true or false, without quotes");
    c->policy->allow_debug = json_is_true(value);
    return KC_OK;
}

static enum kc_err read_status(const struct context *c, const json_t *value)
{
    enum kc_tcb_status status;
    if (!json_is_string(value))
        return refuse(c, "lists something that is no string",
                      "list names of statuses, such as \"UpToDate\"");
    bool known = kc_tcb_status_from_text(
        kc_bytes_of(json_string_value(value), json_string_length(value)), &status);
    if (known && status == KC_TCB_REVOKED)
        return refuse(c,
                      "lists Revoked, which no policy may accept: such a platform's keys are "
                      "known or withdrawn",
                      "remove Revoked; \"ignore\" skips the TCB altogether, knowingly");
    if (!known || status >= KC_TCB_REVOKED)
        return refuse(c, "lists a status that does not exist",
                      "choose from UpToDate, SWHardeningNeeded, ConfigurationNeeded, "
                      "ConfigurationAndSWHardeningNeeded, OutOfDate, "
                      "OutOfDateConfigurationNeeded, TDRelaunchAdvised, "
                      "TDRelaunchAdvisedConfigurationNeeded");
    if ((c->policy->tcb_accepted & 1u << status) != 0)
        return refuse(c, "lists one status twice", "remove the second one");
    c->policy->tcb_accepted |= 1u << status;
    return KC_OK;
}

static enum kc_err read_tcb(const struct context *c, const json_t *value)
{
    c->policy->tcb_accepted = 0;
    if (json_is_string(value) && strcmp(json_string_value(value), "ignore") == 0) {
        c->policy->tcb_ignored = true;
        return KC_OK;
    }
    if (!json_is_array(value))
        return refuse(c, "is neither \"ignore\" nor a list",
                      "give \"ignore\", or a list of accepted statuses such as [\"UpToDate\"]");
    if (json_array_size(value) == 0)
        return refuse(c, "is an empty list, which would accept nothing",
                      "list at least one status, or leave the key out for UpToDate alone");
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum kc_err err = read_status(c, json_array_get(value, i));
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

static const struct {
    const char *key;
    enum kc_err (*read)(const struct context *c, const json_t *value);
} readers[] = {
    {"mrenclave", read_mrenclave},     {"mrsigner", read_mrsigner},
    {"isv_prod_id", read_isv_prod_id}, {"min_isv_svn", read_min_isv_svn},
    {"allow_debug", read_allow_debug}, {"tcb", read_tcb},
};

static enum kc_err read_key(struct context *c, const json_t *value)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (strcmp(c->key, readers[i].key) == 0)
            return readers[i].read(c, value);
    }
    return refuse(c, "is a key that does not exist",
                  "the keys are mrenclave, mrsigner, isv_prod_id, min_isv_svn, allow_debug, tcb");
}

static enum kc_err read_object(json_t *root, struct kc_policy *policy,
                               struct kc_policy_error *error)
{
    struct context c = {policy, error, ""};
    if (!json_is_object(root))
        return refuse(&c, "the policy is not a JSON object", "write { \"key\": value, ... }");
    if (json_object_size(root) == 0)
        return refuse(&c, "the policy is empty, so that it would say nothing",
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
    struct context c = {&policy, error, ""};
    if (json.len > KC_POLICY_MAX_SIZE)
        return refuse(&c, "the policy is larger than 64 KiB", "keep to the few keys it needs");
    if (kc_json_depth_exceeds(json, DEPTH_MAX))
        return refuse(&c, "the policy is nested too deeply",
                      "no value is more than a list of strings");
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
