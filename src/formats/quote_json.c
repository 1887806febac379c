#include "formats/quote_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/writer.h"
#include "formats/json_depth.h"
#include "formats/oe_report.h"
#include "formats/sgx_quote.h"

#define DEPTH_MAX 32

/* Open Enclave's attributes (openenclave bits/report.h). */
#define OE_ATTRIBUTE_DEBUG  1u
#define OE_ATTRIBUTE_REMOTE 2u

enum key {
    KEY_TYPE,
    KEY_MRENCLAVE,
    KEY_MRSIGNER,
    KEY_PRODUCT_ID,
    KEY_SECURITY_VERSION,
    KEY_ATTRIBUTES,
    KEY_QUOTE,
    KEY_HELD_DATA, /* the one that may be absent */
    KEY_COUNT,
};

/* In the order of writing. Errors are literals, so each key has its own. */
static const struct {
    const char *name;
    const char *missing;
    const char *wrong;
    const char *twice;
} keys[KEY_COUNT] = {
#define KEY(name, form)                                                                            \
    {                                                                                              \
        name, "quote JSON: \"" name "\" is missing", "quote JSON: \"" name "\" is not " form,      \
            "quote JSON: \"" name "\" stands twice"                                                \
    }
    [KEY_TYPE] = KEY("Type", "a whole number from 0 to 4294967295"),
    [KEY_MRENCLAVE] = KEY("MrEnclaveHex", "64 hexadecimal digits"),
    [KEY_MRSIGNER] = KEY("MrSignerHex", "64 hexadecimal digits"),
    [KEY_PRODUCT_ID] = KEY("ProductIdHex", "32 hexadecimal digits"),
    [KEY_SECURITY_VERSION] = KEY("SecurityVersion", "a whole number from 0 to 4294967295"),
    [KEY_ATTRIBUTES] = KEY("Attributes", "a whole number from 0 to 9223372036854775807"),
    [KEY_QUOTE] = KEY("QuoteHex", "an even number of hexadecimal digits"),
    [KEY_HELD_DATA] = KEY("EnclaveHeldDataHex", "an even number of hexadecimal digits"),
#undef KEY
};

static enum kc_err refuse(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

static enum kc_err read_number(const json_t *root, enum key key, uint64_t max, uint64_t *out,
                               struct kc_error *error)
{
    const json_t *value = json_object_get(root, keys[key].name);
    if (value == NULL)
        return refuse(error, keys[key].missing, 0);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
        return refuse(error, keys[key].wrong, 0);
    *out = (uint64_t)number;
    return KC_OK;
}

static enum kc_err read_u32(const json_t *root, enum key key, uint32_t *out, struct kc_error *error)
{
    uint64_t number = 0;
    enum kc_err err = read_number(root, key, UINT32_MAX, &number, error);
    *out = (uint32_t)number;
    return err;
}

static enum kc_err read_fixed(const json_t *root, enum key key, uint8_t *out, size_t len,
                              struct kc_error *error)
{
    size_t n = 0;
    const json_t *value = json_object_get(root, keys[key].name);
    if (value == NULL)
        return refuse(error, keys[key].missing, 0);
    struct kc_bytes text = kc_bytes_of(json_string_value(value), json_string_length(value));
    if (text.len != 2 * len || kc_hex_decode(text, (struct kc_room){out, len}, &n) != KC_OK)
        return refuse(error, keys[key].wrong, 0);
    return KC_OK;
}

/* `out` is allocated, even for no bytes. */
static enum kc_err read_bytes(const json_t *root, enum key key, uint8_t **out, size_t *out_len,
                              struct kc_error *error)
{
    const json_t *value = json_object_get(root, keys[key].name);
    if (value == NULL)
        return refuse(error, keys[key].missing, 0);
    if (!json_is_string(value))
        return refuse(error, keys[key].wrong, 0);
    struct kc_bytes text = kc_bytes_of(json_string_value(value), json_string_length(value));
    uint8_t *bytes = malloc(text.len / 2 + 1);
    if (bytes == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the quote JSON", text.len);
    if (kc_hex_decode(text, (struct kc_room){bytes, text.len / 2}, out_len) != KC_OK) {
        free(bytes);
        return refuse(error, keys[key].wrong, 0);
    }
    *out = bytes;
    return KC_OK;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(name, keys[i].name) == 0)
            return true;
    }
    return false;
}

static bool has_known(json_t *root)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (json_object_get(root, keys[i].name) != NULL)
            return true;
    }
    return json_object_size(root) == 0;
}

static enum kc_err refuse_unknown(json_t *root, struct kc_error *error)
{
    const char *name;
    json_t *value;
    uint64_t place = 1;
    if (!has_known(root))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "a JSON object of another kind than quote JSON: give the quote or "
                            "report that is in it",
                            0);
    json_object_foreach(root, name, value)
    {
        if (!is_known(name))
            return refuse(error,
                          "quote JSON: a key other than Type, MrEnclaveHex, MrSignerHex, "
                          "ProductIdHex, SecurityVersion, Attributes, QuoteHex and "
                          "EnclaveHeldDataHex; place of it in the object",
                          place);
        place++;
    }
    return KC_OK;
}

/* `json` owns what it holds already when this fails. */
static enum kc_err read_object(json_t *root, struct kc_quote_json *json, struct kc_error *error)
{
    enum kc_err err = refuse_unknown(root, error);
    if (err == KC_OK)
        err = read_u32(root, KEY_TYPE, &json->type, error);
    if (err == KC_OK)
        err = read_fixed(root, KEY_MRENCLAVE, json->mrenclave, sizeof json->mrenclave, error);
    if (err == KC_OK)
        err = read_fixed(root, KEY_MRSIGNER, json->mrsigner, sizeof json->mrsigner, error);
    if (err == KC_OK)
        err = read_fixed(root, KEY_PRODUCT_ID, json->product_id, sizeof json->product_id, error);
    if (err == KC_OK)
        err = read_u32(root, KEY_SECURITY_VERSION, &json->security_version, error);
    if (err == KC_OK)
        err = read_number(root, KEY_ATTRIBUTES, INT64_MAX, &json->attributes, error);
    if (err == KC_OK)
        err = read_bytes(root, KEY_QUOTE, &json->quote, &json->quote_len, error);
    if (err == KC_OK && json_object_get(root, keys[KEY_HELD_DATA].name) != NULL)
        err = read_bytes(root, KEY_HELD_DATA, &json->held_data, &json->held_data_len, error);
    if (err == KC_OK && json->type != KC_OE_REPORT_REMOTE)
        err = kc_error_set(error, KC_ERR_UNSUPPORTED,
                           "quote JSON: \"Type\" is not 2 (a remote report)", json->type);
    return err;
}

static enum kc_err explain_syntax(const json_error_t *detail, struct kc_error *error)
{
    uint64_t at = detail->position < 0 ? 0 : (uint64_t)detail->position;
    switch (json_error_code(detail)) {
    case json_error_out_of_memory:
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the quote JSON", at);
    case json_error_duplicate_key:
        /* jansson's text ends in the key. */
        for (size_t i = 0; i < KEY_COUNT; i++) {
            const char *found = strstr(detail->text, keys[i].name);
            if (found != NULL && found > detail->text && found[-1] == '"' &&
                found[strlen(keys[i].name)] == '"')
                return refuse(error, keys[i].twice, at);
        }
        return refuse(error, "quote JSON: a key stands twice", at);
    case json_error_numeric_overflow:
        return refuse(error, "quote JSON: a number is out of range", at);
    default:
        return refuse(error, "quote JSON: not valid JSON in UTF-8", at);
    }
}

enum kc_err kc_quote_json_decode(struct kc_bytes text, struct kc_quote_json *out,
                                 struct kc_error *error)
{
    struct kc_quote_json json = {0};
    json_error_t detail;
    if (text.len > KC_QUOTE_JSON_MAX_SIZE)
        return refuse(error, "quote JSON: larger than 524288 bytes", text.len);
    if (kc_json_depth_exceeds(text, DEPTH_MAX))
        return refuse(error, "quote JSON: nested more than 32 deep", 0);
    json_t *root = json_loadb(text.len == 0 ? "" : (const char *)text.ptr, text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &detail);
    if (root == NULL)
        return explain_syntax(&detail, error);
    enum kc_err err = json_is_object(root) ? read_object(root, &json, error)
                                           : refuse(error, "quote JSON: not an object", 0);
    json_decref(root);
    if (err == KC_OK)
        *out = json;
    else
        kc_quote_json_clear(&json);
    return err;
}

void kc_quote_json_clear(struct kc_quote_json *json)
{
    free(json->quote);
    free(json->held_data);
    *json = (struct kc_quote_json){0};
}

static void put(struct kc_writer *w, const char *text)
{
    kc_writer_bytes(w, kc_bytes_of_text(text));
}

static void write_key(struct kc_writer *w, enum key key)
{
    put(w, key == 0 ? "{\n  \"" : ",\n  \"");
    put(w, keys[key].name);
    put(w, "\": ");
}

static void write_number(struct kc_writer *w, enum key key, uint64_t value)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    write_key(w, key);
    kc_writer_copy(w, digits + n, sizeof digits - n);
}

static void write_hex(struct kc_writer *w, enum key key, struct kc_bytes value)
{
    write_key(w, key);
    put(w, "\"");
    for (size_t i = 0; i < value.len; i++) {
        char digits[3];
        kc_hex_encode_upper(kc_bytes_of(value.ptr + i, 1), digits);
        kc_writer_copy(w, digits, 2);
    }
    put(w, "\"");
}

static void write_object(struct kc_writer *w, const struct kc_quote_json *in)
{
    write_number(w, KEY_TYPE, in->type);
    write_hex(w, KEY_MRENCLAVE, kc_bytes_of(in->mrenclave, sizeof in->mrenclave));
    write_hex(w, KEY_MRSIGNER, kc_bytes_of(in->mrsigner, sizeof in->mrsigner));
    write_hex(w, KEY_PRODUCT_ID, kc_bytes_of(in->product_id, sizeof in->product_id));
    write_number(w, KEY_SECURITY_VERSION, in->security_version);
    write_number(w, KEY_ATTRIBUTES, in->attributes);
    write_hex(w, KEY_QUOTE, kc_bytes_of(in->quote, in->quote_len));
    if (in->held_data != NULL)
        write_hex(w, KEY_HELD_DATA, kc_bytes_of(in->held_data, in->held_data_len));
    put(w, "\n}\n");
}

enum kc_err kc_quote_json_encode(const struct kc_quote_json *in, char **out, size_t *out_len,
                                 struct kc_error *error)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_object(&count, in);
    if (in->attributes > INT64_MAX || count.len > KC_QUOTE_JSON_MAX_SIZE)
        return kc_error_set(error, KC_ERR_ARGUMENT,
                            "quote JSON: too large a number or quote to write", count.len);
    uint8_t *text = malloc(count.len + 1);
    if (text == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the quote JSON", count.len);
    struct kc_writer w = kc_writer_of((struct kc_room){text, count.len});
    write_object(&w, in);
    text[w.len] = '\0';
    *out = (char *)text;
    *out_len = w.len;
    return KC_OK;
}

enum kc_err kc_quote_json_from_report(struct kc_bytes oe_report, struct kc_quote_json *out,
                                      struct kc_error *error)
{
    struct kc_oe_report report;
    struct kc_sgx_quote quote;
    struct kc_quote_json json = {.type = KC_OE_REPORT_REMOTE};
    enum kc_err err = kc_oe_report_decode(oe_report, &report, error);
    if (err != KC_OK)
        return err;
    if (report.type != KC_OE_REPORT_REMOTE)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "quote JSON: the Open Enclave report is not a remote one (2)",
                            (uint64_t)report.type);
    err = kc_sgx_quote_decode(report.content, &quote, error);
    if (err != KC_OK)
        return err;
    if (quote.trailing.len != 0)
        return refuse(error, "quote JSON: bytes follow the quote in the Open Enclave report",
                      quote.trailing.len);
    memcpy(json.mrenclave, quote.report.mrenclave, sizeof json.mrenclave);
    memcpy(json.mrsigner, quote.report.mrsigner, sizeof json.mrsigner);
    json.product_id[0] = (uint8_t)(quote.report.isv_prod_id & 0xff);
    json.product_id[1] = (uint8_t)(quote.report.isv_prod_id >> 8);
    json.security_version = quote.report.isv_svn;
    json.attributes = OE_ATTRIBUTE_REMOTE;
    if ((quote.report.attributes.flags & KC_SGX_FLAG_DEBUG) != 0)
        json.attributes |= OE_ATTRIBUTE_DEBUG;
    json.quote = malloc(oe_report.len);
    if (json.quote == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the quote JSON", oe_report.len);
    memcpy(json.quote, oe_report.ptr, oe_report.len);
    json.quote_len = oe_report.len;
    *out = json;
    return KC_OK;
}
