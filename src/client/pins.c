#include "client/pins.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "verify/chain.h"

/* Up to the next `end`, which is stepped over; false where there is none. */
static bool take(struct kc_bytes *rest, char end, struct kc_bytes *field)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->ptr, end, rest->len);
    if (at == NULL)
        return false;
    *field = kc_bytes_of(rest->ptr, (size_t)(at - rest->ptr));
    rest->ptr = at + 1;
    rest->len -= field->len + 1;
    return true;
}

static bool is_text(struct kc_bytes field, const char *text)
{
    return kc_bytes_equal(field, kc_bytes_of_text(text));
}

/* Lower case alone: upper-case digits would be a second text for the same bytes. */
static bool read_hex(struct kc_bytes field, uint8_t *out, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] >= 'A' && field.ptr[i] <= 'F')
            return false;
    }
    return field.len == 2 * len && kc_hex_decode(field, (struct kc_room){out, len}, &n) == KC_OK &&
           n == len;
}

/* Statuses in their order, each once; Revoked is never accepted. */
static bool read_tcb(struct kc_bytes field, struct kc_client_pin *out)
{
    enum kc_tcb_status status = KC_TCB_UP_TO_DATE;
    out->tcb_ignored = is_text(field, "ignore");
    while (!out->tcb_ignored && field.len > 0) {
        struct kc_bytes name = field;
        bool more = take(&field, ',', &name);
        if (!kc_tcb_status_from_text(name, &status) || status == KC_TCB_REVOKED ||
            out->tcb_accepted >> status != 0 || (more && field.len == 0))
            return false;
        out->tcb_accepted |= UINT32_C(1) << status;
        if (!more)
            return true;
    }
    return out->tcb_ignored;
}

/* Only what a URL gives: "https://" before it must be one, with the same authority. */
static bool read_authority(struct kc_bytes field, struct kc_client_pin *out)
{
    char text[sizeof out->authority + 8];
    struct kc_client_url url;
    if (field.len >= sizeof out->authority || memchr(field.ptr, 0, field.len) != NULL)
        return false;
    snprintf(text, sizeof text, "https://%.*s", (int)field.len, (const char *)field.ptr);
    if (kc_client_url_parse(text, &url, NULL) != KC_OK || strcmp(url.authority, text + 8) != 0)
        return false;
    memcpy(out->authority, url.authority, sizeof out->authority);
    return true;
}

static bool read_line(struct kc_bytes line, struct kc_client_pin *out)
{
    struct kc_bytes field[5];
    *out = (struct kc_client_pin){0};
    for (size_t i = 0; i < 5; i++) {
        if (!take(&line, ' ', &field[i]))
            return false;
    }
    bool is_intel = is_text(field[3], "intel");
    if (is_intel)
        memcpy(out->root_key, kc_chain_intel_root_key, sizeof out->root_key);
    out->allow_debug = is_text(line, "debug");
    return read_authority(field[0], out) && read_hex(field[1], out->kms_id, sizeof out->kms_id) &&
           !kc_bytes_are_zero(kc_bytes_of(out->kms_id, sizeof out->kms_id)) &&
           read_hex(field[2], out->mrenclave, sizeof out->mrenclave) &&
           (is_intel || read_hex(field[3], out->root_key, sizeof out->root_key)) &&
           read_tcb(field[4], out) && (out->allow_debug || is_text(line, "no-debug"));
}

/* Whether an earlier line, all of which can be read, has the same authority. */
static bool stands_before(struct kc_bytes earlier, const char *authority)
{
    struct kc_bytes line;
    struct kc_bytes name;
    while (take(&earlier, '\n', &line)) {
        if (take(&line, ' ', &name) && is_text(name, authority))
            return true;
    }
    return false;
}

enum kc_err kc_client_pins_find(struct kc_bytes file, const char *authority,
                                struct kc_client_pin *out, bool *found, struct kc_error *error)
{
    struct kc_bytes rest = file;
    struct kc_bytes line;
    struct kc_client_pin pin;
    struct kc_client_pin mine = {0};
    uint64_t number = 1;
    bool has_mine = false;
    for (; rest.len > 0; number++) {
        struct kc_bytes before = kc_bytes_of(file.ptr, file.len - rest.len);
        if (!take(&rest, '\n', &line) || !read_line(line, &pin))
            return kc_error_set(error, KC_ERR_MALFORMED, "no line of a pinned service", number);
        if (stands_before(before, pin.authority))
            return kc_error_set(error, KC_ERR_MALFORMED, "a service stands twice", number);
        if (strcmp(pin.authority, authority) == 0) {
            mine = pin;
            has_mine = true;
        }
    }
    if (has_mine)
        *out = mine;
    *found = has_mine;
    return KC_OK;
}

static void put_text(struct kc_writer *w, const char *text)
{
    kc_writer_bytes(w, kc_bytes_of_text(text));
}

static void put_hex(struct kc_writer *w, const uint8_t *bytes, size_t len)
{
    char text[129];
    kc_hex_encode_lower(kc_bytes_of(bytes, len), text);
    put_text(w, text);
}

static void put_tcb(struct kc_writer *w, const struct kc_client_pin *pin)
{
    bool first = true;
    if (pin->tcb_ignored)
        put_text(w, "ignore");
    for (unsigned i = 0; !pin->tcb_ignored && i < KC_TCB_REVOKED; i++) {
        if ((pin->tcb_accepted & UINT32_C(1) << i) == 0)
            continue;
        put_text(w, first ? "" : ",");
        put_text(w, kc_tcb_status_name(i));
        first = false;
    }
}

static void put_line(struct kc_writer *w, const struct kc_client_pin *pin)
{
    put_text(w, pin->authority);
    put_text(w, " ");
    put_hex(w, pin->kms_id, sizeof pin->kms_id);
    put_text(w, " ");
    put_hex(w, pin->mrenclave, sizeof pin->mrenclave);
    put_text(w, " ");
    if (memcmp(pin->root_key, kc_chain_intel_root_key, sizeof pin->root_key) == 0)
        put_text(w, "intel");
    else
        put_hex(w, pin->root_key, sizeof pin->root_key);
    put_text(w, " ");
    put_tcb(w, pin);
    put_text(w, pin->allow_debug ? " debug\n" : " no-debug\n");
}

enum kc_err kc_client_pins_put(struct kc_bytes file, const struct kc_client_pin *pin,
                               struct kc_writer *w, struct kc_error *error)
{
    uint8_t bytes[1024];
    struct kc_writer mine = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    struct kc_client_pin read;
    struct kc_bytes line;
    bool found = false;
    enum kc_err err = kc_client_pins_find(file, pin->authority, &read, &found, error);
    if (err != KC_OK)
        return err;
    put_line(&mine, pin);
    struct kc_bytes new_line = kc_writer_written(&mine);
    if (new_line.len == 0 || !read_line(kc_bytes_of(new_line.ptr, new_line.len - 1), &read))
        return kc_error_set(error, KC_ERR_ARGUMENT, "this pin cannot be written", 0);
    while (take(&file, '\n', &line)) {
        struct kc_bytes rest = line;
        struct kc_bytes name;
        bool is_mine = take(&rest, ' ', &name) && is_text(name, pin->authority);
        kc_writer_bytes(w, is_mine ? new_line : kc_bytes_of(line.ptr, line.len + 1));
    }
    if (!found)
        kc_writer_bytes(w, new_line);
    return kc_writer_failed(w) ? kc_error_set(error, KC_ERR_ROOM, "too many services", 0) : KC_OK;
}

struct kc_policy kc_client_pin_policy(const struct kc_client_pin *pin)
{
    struct kc_policy policy = kc_policy_default;
    /* Of an empty room it is the first value. */
    policy.mrenclave = (struct kc_policy_list){.count = 1, .at = 0};
    policy.room_len = sizeof pin->mrenclave;
    memcpy(policy.room, pin->mrenclave, sizeof pin->mrenclave);
    policy.allow_debug = pin->allow_debug;
    policy.tcb_ignored = pin->tcb_ignored;
    policy.tcb_accepted = pin->tcb_ignored ? 0 : pin->tcb_accepted;
    return policy;
}
