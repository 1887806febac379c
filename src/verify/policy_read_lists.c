/* The clauses that are lists: hexadecimal values, advisories, claims. */
#include <string.h>

#include "base/hex.h"
#include "formats/tcb_level.h"
#include "verify/policy_read.h"

#define VALUE_MAX      64
#define CLAIM_NAME_MAX 256
#define CLAIM_MAX      4096

static enum kc_err refuse_length(const struct kc_policy_reading *c, size_t size)
{
    switch (size) {
    case 32:
        return kc_policy_refuse(
            c, "is not 64 characters long",
            "give the 64 hexadecimal digits of a SHA-256, as `keyclave measure` prints");
    case 48:
        return kc_policy_refuse(c, "is not 96 characters long",
                                "give the 96 hexadecimal digits, as `keyclave verify` prints them");
    case 64:
        return kc_policy_refuse(c, "is not 128 characters long",
                                "give all 64 bytes as 128 hexadecimal digits, zeros included");
    default:
        return kc_policy_refuse(c, "is neither 32 nor 128 characters long",
                                "give the 32 hexadecimal digits of a PPID or platform instance id, "
                                "or the 128 of an AMD chip's id");
    }
}

static enum kc_err refuse_digit(const struct kc_policy_reading *c)
{
    return kc_policy_refuse(c, "holds a character that is no hexadecimal digit",
                            "use 0-9 and a-f (or A-F) only, without spaces or a leading 0x");
}

static enum kc_err refuse_full(const struct kc_policy_reading *c)
{
    return kc_policy_refuse(c, "is more than one policy can hold (16 KiB of values in all)",
                            "split the policy in two");
}

static bool is_hex_string(const json_t *value, struct kc_bytes *out)
{
    if (!json_is_string(value))
        return false;
    *out = kc_bytes_of(json_string_value(value), json_string_length(value));
    return true;
}

/* `size` of 0: that of `platforms`, which says by itself whose id it is. */
static enum kc_err read_value(const struct kc_policy_reading *c, size_t size,
                              struct kc_policy_list *out, const json_t *value)
{
    uint8_t bytes[VALUE_MAX];
    size_t n = 0;
    struct kc_bytes text = {NULL, 0};
    if (!is_hex_string(value, &text))
        return kc_policy_refuse(c, "is neither a string nor a list of strings",
                                "give hexadecimal digits in quotes, or a list of such strings");
    if (text.len != 2 * size)
        return refuse_length(c, size);
    if (kc_hex_decode(text, (struct kc_room){bytes, sizeof bytes}, &n) != KC_OK)
        return refuse_digit(c);
    if (kc_policy_has_value(c->policy, out, kc_bytes_of(bytes, n)))
        return kc_policy_refuse(c, "lists one value twice", "remove the second one");
    return kc_policy_add(c->policy, out, kc_bytes_of(bytes, n)) ? KC_OK : refuse_full(c);
}

static enum kc_err check_size(const struct kc_policy_reading *c, const json_t *value)
{
    if (json_array_size(value) == 0)
        return kc_policy_refuse(c, "is an empty list, which would accept nothing",
                                "name at least one value, or leave the key out");
    if (json_array_size(value) > KC_POLICY_LIST_MAX)
        return kc_policy_refuse(c, "lists more than 32 values", "split the policy in two");
    return KC_OK;
}

enum kc_err kc_policy_read_values(const struct kc_policy_reading *c, size_t size,
                                  struct kc_policy_list *out, const json_t *value)
{
    if (!json_is_array(value))
        return read_value(c, size, out, value);
    enum kc_err err = check_size(c, value);
    for (size_t i = 0; err == KC_OK && i < json_array_size(value); i++)
        err = read_value(c, size, out, json_array_get(value, i));
    return err;
}

/* Those of one size first, for a list lies in one piece. */
static enum kc_err read_platforms_of(const struct kc_policy_reading *c, size_t size,
                                     struct kc_policy_list *out, const json_t *value)
{
    enum kc_err err = KC_OK;
    for (size_t i = 0; err == KC_OK && i < json_array_size(value); i++) {
        const json_t *entry = json_array_get(value, i);
        size_t len = json_string_length(entry);
        if (!json_is_string(entry) || (len != 32 && len != 128))
            err = read_value(c, 16, out, entry); /* says what is wrong */
        else if (len == 2 * size)
            err = read_value(c, size, out, entry);
    }
    return err;
}

enum kc_err kc_policy_read_platforms(const struct kc_policy_reading *c, const json_t *value)
{
    struct kc_policy *policy = c->policy;
    if (!json_is_array(value)) {
        bool is_chip = json_is_string(value) && json_string_length(value) == 128;
        return read_value(c, is_chip ? 64 : 16, is_chip ? &policy->chips : &policy->platforms,
                          value);
    }
    enum kc_err err = check_size(c, value);
    if (err == KC_OK)
        err = read_platforms_of(c, 16, &policy->platforms, value);
    if (err == KC_OK)
        err = read_platforms_of(c, 64, &policy->chips, value);
    return err;
}

static bool is_advisory(struct kc_bytes id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (id.ptr[i] <= 0x20 || id.ptr[i] >= 0x7f)
            return false;
    }
    return id.len > 0 && id.len <= KC_ADVISORY_SIZE;
}

enum kc_err kc_policy_read_advisories(const struct kc_policy_reading *c, const json_t *value)
{
    struct kc_policy_list *list = &c->policy->advisories;
    if (!json_is_array(value))
        return kc_policy_refuse(c, "is no list",
                                "give a list such as [\"INTEL-SA-00615\"]; [] accepts none");
    if (json_array_size(value) > KC_POLICY_ADVISORIES_MAX)
        return kc_policy_refuse(c, "lists more than 128 advisories", "name fewer");
    c->policy->has_advisories = true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct kc_bytes id = {NULL, 0};
        if (!is_hex_string(json_array_get(value, i), &id) || !is_advisory(id))
            return kc_policy_refuse(c, "lists something that is no advisory's id",
                                    "list ids such as \"INTEL-SA-00615\"");
        if (!kc_policy_add(c->policy, list, kc_bytes_of(id.ptr, id.len + 1)))
            return refuse_full(c);
    }
    return KC_OK;
}

static enum kc_err read_claim(const struct kc_policy_reading *c, const char *name,
                              const json_t *value)
{
    uint8_t room[2 + CLAIM_NAME_MAX + 2 + CLAIM_MAX];
    size_t n = 0;
    const struct kc_bytes key = kc_bytes_of_text(name);
    struct kc_bytes text = {NULL, 0};
    if (!is_hex_string(value, &text) || text.len > (size_t)2 * CLAIM_MAX || key.len == 0 ||
        key.len > CLAIM_NAME_MAX)
        return kc_policy_refuse(c, "has a claim without a name, or whose value is no string",
                                "write {\"name\": \"hexadecimal digits of its value\"}");
    uint8_t *at = room + 2 + key.len + 2;
    if (kc_hex_decode(text, (struct kc_room){at, CLAIM_MAX}, &n) != KC_OK)
        return refuse_digit(c);
    room[0] = (uint8_t)(key.len >> 8);
    room[1] = (uint8_t)(key.len & 0xff);
    memcpy(room + 2, key.ptr, key.len);
    at[-2] = (uint8_t)(n >> 8);
    at[-1] = (uint8_t)(n & 0xff);
    struct kc_bytes claim = {room, 2 + key.len + 2 + n};
    return kc_policy_add(c->policy, &c->policy->claims, claim) ? KC_OK : refuse_full(c);
}

enum kc_err kc_policy_read_claims(const struct kc_policy_reading *c, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators only read */
    if (!json_is_object(value) || json_object_size(value) == 0)
        return kc_policy_refuse(c, "is no object with a claim",
                                "write {\"name\": \"hexadecimal digits of its value\"}");
    if (json_object_size(value) > KC_POLICY_CLAIMS_MAX)
        return kc_policy_refuse(c, "names more than 16 claims", "name fewer");
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        enum kc_err err = read_claim(c, json_object_iter_key(at), json_object_iter_value(at));
        if (err != KC_OK)
            return err;
    }
    return KC_OK;
}
