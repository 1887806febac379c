#include <stdlib.h>
#include <string.h>

#include "core/exchange_parts.h"

static void ask_scan(struct kc_exchange *x, struct kc_writer *effects)
{
    struct kc_effect scan = {
        .type = KC_EFFECT_SCAN, .conn = x->conn, .record = x->scan_last, .limit = x->scan_left};
    scan.record.class = x->scan_class;
    x->scan_asked = true;
    kc_effect_encode(effects, &scan);
}

void kc_exchange_scan(struct kc_exchange *x, struct kc_writer *effects)
{
    x->scan_last = x->scan_after;
    x->scan_left = x->scan_limit;
    if (x->scan_left > 0)
        ask_scan(x, effects);
    else
        x->scan_done = true;
}

/* Appends, with room for twice as much where there is none. */
static bool keep_names(struct kc_exchange *x, struct kc_bytes names)
{
    if (names.len > x->scanned.len - x->scanned_len) {
        size_t len = 2 * (x->scanned_len + names.len);
        uint8_t *room = malloc(len);
        if (room == NULL)
            return false;
        if (x->scanned_len > 0)
            memcpy(room, x->scanned.ptr, x->scanned_len);
        free(x->scanned.ptr);
        x->scanned = (struct kc_room){room, len};
    }
    if (names.len > 0)
        memcpy(x->scanned.ptr + x->scanned_len, names.ptr, names.len);
    x->scanned_len += names.len;
    return true;
}

static bool is_behind(const struct kc_record_id *a, const struct kc_record_id *b)
{
    uint8_t shorter = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, shorter);
    return order > 0 || (order == 0 && a->name_len > b->name_len);
}

/* Good names, each behind the one before, no more than asked for. */
static bool check_names(struct kc_exchange *x, struct kc_bytes names)
{
    struct kc_reader r = kc_reader_of(names);
    struct kc_bytes name = {NULL, 0};
    struct kc_record_id id;
    for (; kc_message_next_name(&r, &name); x->scan_left--) {
        if (x->scan_left == 0 || !kc_record_id_make(x->scan_class, name, &id) ||
            !is_behind(&id, &x->scan_last))
            return false;
        x->scan_last = id;
    }
    return kc_reader_done(&r);
}

enum kc_refusal kc_exchange_take_ids(struct kc_exchange *x, const struct kc_message *in,
                                     struct kc_writer *effects)
{
    if (!x->scan_asked || in->record.class != x->scan_class)
        return KC_REFUSAL_NOT_AWAITED;
    if (in->code != KC_FOUND && in->code != KC_FOUND_FAILED)
        return KC_REFUSAL_PAYLOAD;
    x->scan_asked = false;
    if (in->code == KC_FOUND_FAILED) {
        kc_exchange_fault(x, 503, "the store does not answer", 1);
    } else if (!check_names(x, in->body) || (in->body.len == 0 && !in->end)) {
        kc_exchange_log(effects, KC_LOG_STORE_LIED, x->scan_class, x->conn);
        kc_exchange_fault(x, 500, "a list of stored names is damaged", 0);
    } else if (!keep_names(x, in->body)) {
        kc_exchange_fault(x, 500, "internal error", 0);
    } else {
        x->scan_done = in->end || x->scan_left == 0;
        if (!x->scan_done && x->fault.status == 0)
            ask_scan(x, effects);
    }
    return KC_REFUSAL_NONE;
}
