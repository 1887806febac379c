/* The plain clauses: numbers, flags, names. */
#include "verify/policy_read.h"

#include <string.h>

#include "base/time.h"

static struct kc_bytes text_of(const json_t *value)
{
    return kc_bytes_of(json_string_value(value), json_string_length(value));
}

/* The numbers in the words of their largest. */
static enum kc_err refuse_range(const struct kc_policy_reading *c, uint64_t max)
{
    static const char what[] = "is out of range";
    switch (max) {
    case 3:
        return kc_policy_refuse(c, what, "give a number from 0 to 3");
    case UINT16_MAX:
        return kc_policy_refuse(c, what, "give a number from 0 to 65535");
    case UINT32_MAX:
        return kc_policy_refuse(c, what, "give a number from 0 to 4294967295");
    default:
        return kc_policy_refuse(c, what, "give a number from 0 to 36500");
    }
}

static enum kc_err read_number(const struct kc_policy_reading *c, uint64_t max, const json_t *value,
                               struct kc_policy_number *out)
{
    if (!json_is_integer(value))
        return kc_policy_refuse(c, "is not a whole number",
                                "give a whole number such as 1, without quotes");
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > max)
        return refuse_range(c, max);
    *out = (struct kc_policy_number){true, (uint64_t)number};
    return KC_OK;
}

/* A day alone is its first second. */
static enum kc_err read_time(const struct kc_policy_reading *c, const json_t *value,
                             struct kc_policy_number *out)
{
    static const char midnight[] = "T00:00:00Z";
    char text[40] = "";
    int64_t seconds = 0;
    size_t len = json_is_string(value) ? json_string_length(value) : 0;
    if (len > 0 && len < sizeof text - sizeof midnight) {
        memcpy(text, json_string_value(value), len);
        if (len == 10)
            memcpy(text + len, midnight, sizeof midnight);
    }
    if (kc_time_parse(kc_bytes_of_text(text), &seconds) != KC_OK || seconds < 0)
        return kc_policy_refuse(c, "is not a day or a time",
                                "give a text such as \"2024-11-13\" or \"2024-11-13T00:00:00Z\"");
    *out = (struct kc_policy_number){true, (uint64_t)seconds};
    return KC_OK;
}

static enum kc_err read_flag(const struct kc_policy_reading *c, const json_t *value, bool *out)
{
    if (!json_is_boolean(value))
        return kc_policy_refuse(c, "is neither true nor false",
                                "give true or false, without quotes");
    *out = json_is_true(value);
    return KC_OK;
}

static enum kc_err read_tee(const struct kc_policy_reading *c, const json_t *value)
{
    enum kc_tee tee;
    if (!json_is_string(value) || !kc_tee_from_text(text_of(value), &tee))
        return kc_policy_refuse(c, "names a TEE that does not exist",
                                "choose from \"sgx\", \"tdx\", \"snp\", or a list of them");
    if ((c->policy->tees & 1u << tee) != 0)
        return kc_policy_refuse(c, "lists one TEE twice", "remove the second one");
    c->policy->tees |= 1u << tee;
    return KC_OK;
}

static enum kc_err read_tees(const struct kc_policy_reading *c, const json_t *value)
{
    if (!json_is_array(value))
        return read_tee(c, value);
    if (json_array_size(value) == 0)
        return kc_policy_refuse(c, "is an empty list, which would accept nothing",
                                "name at least one, or leave the key out");
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum kc_err err = read_tee(c, json_array_get(value, i));
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

static enum kc_err read_status(const struct kc_policy_reading *c, const json_t *value)
{
    enum kc_tcb_status status;
    if (!json_is_string(value))
        return kc_policy_refuse(c, "lists something that is no string",
                                "list names of statuses, such as \"UpToDate\"");
    bool known = kc_tcb_status_from_text(text_of(value), &status);
    if (known && status == KC_TCB_REVOKED)
        return kc_policy_refuse(c,
                                "lists Revoked, which no policy may accept: such a platform's "
                                "keys are known or withdrawn",
                                "remove Revoked: no policy can accept it");
    if (!known)
        return kc_policy_refuse(
            c, "lists a status that does not exist",
            "choose from UpToDate, SWHardeningNeeded, ConfigurationNeeded, "
            "ConfigurationAndSWHardeningNeeded, OutOfDate, OutOfDateConfigurationNeeded, "
            "TDRelaunchAdvised, TDRelaunchAdvisedConfigurationNeeded");
    if ((c->policy->tcb_accepted & 1u << status) != 0)
        return kc_policy_refuse(c, "lists one status twice", "remove the second one");
    c->policy->tcb_accepted |= 1u << status;
    return KC_OK;
}

static enum kc_err read_tcb(const struct kc_policy_reading *c, const json_t *value)
{
    c->policy->tcb_named = true;
    c->policy->tcb_accepted = 0;
    if (json_is_string(value) && strcmp(json_string_value(value), "ignore") == 0) {
        c->policy->tcb_ignored = true;
        return KC_OK;
    }
    if (!json_is_array(value))
        return kc_policy_refuse(
            c, "is neither \"ignore\" nor a list",
            "give \"ignore\", or a list of accepted statuses such as [\"UpToDate\"]");
    if (json_array_size(value) == 0)
        return kc_policy_refuse(
            c, "is an empty list, which would accept nothing",
            "list at least one status, or leave the key out for UpToDate alone");
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum kc_err err = read_status(c, json_array_get(value, i));
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

static enum kc_err read_snp_part(const struct kc_policy_reading *c, const char *name,
                                 const json_t *value)
{
    struct kc_snp_tcb *tcb = &c->policy->min_snp_tcb;
    const struct {
        const char *name;
        uint8_t *svn;
    } parts[] = {
        {"fmc", &tcb->fmc}, {"boot_loader", &tcb->boot_loader}, {"tee", &tcb->tee},
        {"snp", &tcb->snp}, {"microcode", &tcb->microcode},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(name, parts[i].name) != 0)
            continue;
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > UINT8_MAX)
            return kc_policy_refuse(c, "has a part that is no number from 0 to 255",
                                    "give whole numbers, without quotes");
        *parts[i].svn = (uint8_t)json_integer_value(value);
        return KC_OK;
    }
    return kc_policy_refuse(c, "has a part that does not exist",
                            "the parts are fmc (Turin alone), boot_loader, tee, snp, microcode");
}

static enum kc_err read_snp_tcb(const struct kc_policy_reading *c, const json_t *value)
{
    const char *name = NULL;
    const json_t *part = NULL;
    if (!json_is_object(value) || json_object_size(value) == 0)
        return kc_policy_refuse(c, "is no object with parts of a TCB",
                                "write {\"snp\": 23, \"microcode\": 72}");
    c->policy->has_min_snp_tcb = true;
    for (void *at = json_object_iter((json_t *)(uintptr_t)value); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        name = json_object_iter_key(at);
        part = json_object_iter_value(at);
        enum kc_err err = read_snp_part(c, name, part);
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}

enum kc_err kc_policy_read_clause(const struct kc_policy_reading *c, const struct kc_clause *clause,
                                  const json_t *value)
{
    void *at = (uint8_t *)c->policy + clause->at;
    switch (clause->kind) {
    case KC_CLAUSE_LIST:
        return kc_policy_read_values(c, clause->size, at, value);
    case KC_CLAUSE_EQUAL:
    case KC_CLAUSE_MINIMUM:
    case KC_CLAUSE_MAXIMUM:
        return clause->is_time ? read_time(c, value, at) : read_number(c, clause->size, value, at);
    case KC_CLAUSE_ALLOW:
    case KC_CLAUSE_REQUIRE:
        return read_flag(c, value, at);
    case KC_CLAUSE_TEES:
        return read_tees(c, value);
    case KC_CLAUSE_PLATFORMS:
        return kc_policy_read_platforms(c, value);
    case KC_CLAUSE_SNP_TCB:
        return read_snp_tcb(c, value);
    case KC_CLAUSE_CLAIMS:
        return kc_policy_read_claims(c, value);
    case KC_CLAUSE_TCB:
        return read_tcb(c, value);
    case KC_CLAUSE_ADVISORIES:
        return kc_policy_read_advisories(c, value);
    }
    return KC_ERR_MALFORMED;
}
