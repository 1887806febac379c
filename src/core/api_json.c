#include "core/api_json.h"

#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "core/state.h"
#include "http/target.h"

#define DIGITS_MAX 20 /* of 64 bits */

bool kc_api_read(struct kc_exchange *x, const struct kc_json_member *members, size_t count,
                 void *out)
{
    struct kc_json j;
    struct kc_error error = KC_ERROR_NONE;
    kc_json_init_utf8(&j, x->body);
    if (kc_json_value_start(&j) == j.end)
        return true;
    if (!kc_api_null(&j))
        (void)kc_json_members(&j, members, count, out);
    if (kc_json_done(&j, &error) == KC_OK)
        return true;
    kc_exchange_refuse(x, 400, error.what);
    return false;
}

bool kc_api_null(struct kc_json *j)
{
    if (kc_json_value_start(j) == j->end || *j->next != 'n')
        return false;
    (void)kc_json_skip(j);
    return !kc_json_failed(j);
}

/* A value's text: of a string what is in it, of anything else what stands there. */
static struct kc_bytes scalar(struct kc_json *j)
{
    if (kc_json_value_start(j) != j->end && *j->next == '"')
        return kc_json_string(j);
    return kc_json_skip(j);
}

static bool is_one_of(struct kc_bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kc_bytes_equal(text, kc_bytes_of_text(words[i])))
            return true;
    return false;
}

bool kc_api_bool(struct kc_json *j, const char *what)
{
    static const char *const yes[] = {"true", "1"};
    static const char *const no[] = {"false", "0", "null", ""};
    struct kc_bytes text = scalar(j);
    if (kc_json_failed(j))
        return false;
    if (is_one_of(text, yes, sizeof yes / sizeof yes[0]))
        return true;
    if (!is_one_of(text, no, sizeof no / sizeof no[0]))
        kc_json_fail(j, what);
    return false;
}

/* Decimal digits, none at all being 0. */
static bool parse_number(struct kc_bytes text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len > DIGITS_MAX - 2)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

uint64_t kc_api_number(struct kc_json *j, uint64_t max, const char *what)
{
    uint64_t value = 0;
    if (kc_api_null(j))
        return 0;
    struct kc_bytes text = scalar(j);
    if (!kc_json_failed(j) && !parse_number(text, max, &value))
        kc_json_fail(j, what);
    return value;
}

void kc_api_refuse_set(struct kc_json *j, const char *what)
{
    static const char *const unset[] = {"null",  "false",     "0",  "\"\"",
                                        "\"0\"", "\"false\"", "[]", "{}"};
    struct kc_bytes text = kc_json_skip(j);
    if (!kc_json_failed(j) && !is_one_of(text, unset, sizeof unset / sizeof unset[0]))
        kc_json_fail(j, what);
}

bool kc_api_key_id(struct kc_exchange *x, struct kc_record_id *out)
{
    if (kc_record_id_make(KC_RECORD_KEY, x->parameter, out))
        return true;
    kc_exchange_refuse(x, 400,
                       "key name: 1 to 128 letters, digits, hyphens, underscores and dots, not "
                       "beginning with a dot");
    return false;
}

bool kc_api_query_number(struct kc_exchange *x, const char *name, uint64_t max, const char *what,
                         uint64_t *out)
{
    uint8_t text[DIGITS_MAX];
    size_t len = 0;
    enum kc_err err =
        kc_http_target_parameter(x->query, name, (struct kc_room){text, sizeof text}, &len);
    *out = 0;
    if (err == KC_ERR_ABSENT)
        return true;
    if (err == KC_OK && parse_number(kc_bytes_of(text, len), max, out))
        return true;
    kc_exchange_refuse(x, 400, what);
    return false;
}

uint64_t kc_api_now(struct kc_core *core)
{
    pthread_mutex_lock(&core->lock);
    uint64_t now = core->now;
    pthread_mutex_unlock(&core->lock);
    return now;
}

struct kc_writer kc_api_answer(struct kc_exchange *x, size_t size)
{
    uint8_t *room = kc_exchange_answer_room(x, size);
    return kc_writer_of((struct kc_room){room, room == NULL ? 0 : size});
}

void kc_api_answered(struct kc_exchange *x, const struct kc_writer *w, unsigned status)
{
    if (x->status != 0)
        return;
    if (kc_writer_failed(w)) {
        kc_exchange_refuse(x, 500, "the answer does not fit its room");
        return;
    }
    x->status = status;
    x->answer_len = w->len;
}

/* A UUID of random bits (RFC 9562, 5.4), quoted. */
static void write_uuid(struct kc_writer *w, const uint8_t random[KC_API_UUID_SIZE])
{
    static const size_t ends[] = {4, 6, 8, 10, KC_API_UUID_SIZE};
    uint8_t uuid[KC_API_UUID_SIZE];
    char hex[2 * KC_API_UUID_SIZE + 1];
    memcpy(uuid, random, sizeof uuid);
    uuid[6] = (uint8_t)(0x40 | (uuid[6] & 0x0f));
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f));
    kc_hex_encode_lower(kc_bytes_of(uuid, sizeof uuid), hex);
    kc_writer_u8(w, '"');
    for (size_t i = 0, from = 0; i < sizeof ends / sizeof ends[0]; from = ends[i++]) {
        if (from > 0)
            kc_writer_u8(w, '-');
        kc_writer_copy(w, hex + 2 * from, 2 * (ends[i] - from));
    }
    kc_writer_u8(w, '"');
}

void kc_api_open(struct kc_writer *w, const uint8_t random[KC_API_UUID_SIZE])
{
    kc_api_text(w, "{\"request_id\":");
    write_uuid(w, random);
    kc_api_text(w, ",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":");
}

void kc_api_close(struct kc_writer *w, const char *warning)
{
    kc_api_text(w, ",\"wrap_info\":null,\"warnings\":");
    if (warning == NULL) {
        kc_api_text(w, "null");
    } else {
        kc_api_text(w, "[");
        kc_api_string(w, kc_bytes_of_text(warning));
        kc_api_text(w, "]");
    }
    kc_api_text(w, ",\"auth\":null}\n");
}

void kc_api_text(struct kc_writer *w, const char *json)
{
    kc_writer_bytes(w, kc_bytes_of_text(json));
}

void kc_api_string(struct kc_writer *w, struct kc_bytes text)
{
    kc_writer_u8(w, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '\n') {
            kc_api_text(w, "\\n");
            continue;
        }
        if (c == '"' || c == '\\')
            kc_writer_u8(w, '\\');
        kc_writer_u8(w, c);
    }
    kc_writer_u8(w, '"');
}

void kc_api_base64(struct kc_writer *w, struct kc_bytes bytes)
{
    size_t len = kc_base64_encoded_len(KC_BASE64, bytes.len);
    uint8_t *room = kc_writer_room(w, len + 1);
    if (room == NULL)
        return;
    kc_base64_encode(KC_BASE64, bytes, (char *)room);
    w->len--; /* its NUL */
}

void kc_api_hex(struct kc_writer *w, struct kc_bytes bytes)
{
    kc_writer_u8(w, '"');
    uint8_t *room = kc_writer_room(w, 2 * bytes.len + 1);
    if (room == NULL)
        return;
    kc_hex_encode_lower(bytes, (char *)room);
    w->len--; /* its NUL */
    kc_writer_u8(w, '"');
}

void kc_api_decimal(struct kc_writer *w, uint64_t number)
{
    uint8_t digits[DIGITS_MAX];
    size_t first = sizeof digits;
    do {
        digits[--first] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    kc_writer_copy(w, digits + first, sizeof digits - first);
}
