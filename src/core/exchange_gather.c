#include <stdlib.h>
#include <string.h>

#include "core/exchange_parts.h"
#include "core/quotes.h"
#include "core/records.h"
#include "core/state.h"
#include "core/token.h"

#define QUOTE_EVERY 60 /* seconds: one for a connection */

void kc_exchange_read_release(struct kc_exchange_read *read)
{
    kc_record_release(read->record);
    *read = (struct kc_exchange_read){.id = read->id};
}

void kc_exchange_forget_reads(struct kc_exchange *x)
{
    for (size_t i = 0; i < x->read_count; i++)
        kc_exchange_read_release(&x->read[i]);
    for (size_t i = 0; i < KC_EXCHANGE_WRITES_MAX; i++)
        kc_exchange_read_release(&x->check[i]);
    free(x->scanned.ptr);
    x->scanned = (struct kc_room){NULL, 0};
    x->scanned_len = 0;
    x->scan_asked = x->scan_done = false;
}

void kc_exchange_ask(struct kc_exchange *x, struct kc_exchange_read *read, bool fresh,
                     struct kc_writer *effects)
{
    struct kc_effect fetch = {.type = KC_EFFECT_FETCH, .conn = x->conn, .record = read->id};
    if (!fresh)
        read->record = kc_records_find(x->core->records, &read->id);
    read->known = read->record != NULL;
    if (read->known)
        return;
    read->floor = kc_records_version(x->core->records, &read->id, NULL);
    read->asked = true;
    read->asked_times++;
    kc_effect_encode(effects, &fetch);
}

void kc_exchange_fault(struct kc_exchange *x, unsigned status, const char *why,
                       unsigned retry_after)
{
    if (x->fault.status != 0)
        return;
    x->fault.status = status;
    x->fault.why = why;
    x->fault.retry_after = retry_after;
}

bool kc_exchange_tell_fault(struct kc_exchange *x)
{
    if (x->fault.status == 0)
        return false;
    kc_exchange_refuse(x, x->fault.status, x->fault.why);
    x->retry_after = x->fault.retry_after;
    return true;
}

/* What came is older than what another thread has brought in the meantime. */
static void ask_faster_thread(struct kc_exchange *x, struct kc_exchange_read *read,
                              struct kc_writer *effects)
{
    if (read->asked_times < KC_EXCHANGE_TRIES)
        kc_exchange_ask(x, read, false, effects);
    else
        kc_exchange_fault(x, 503, "the record changes too often", 1);
}

static void take_opened(struct kc_exchange *x, struct kc_exchange_read *read,
                        const struct kc_record *record, struct kc_writer *effects)
{
    if (kc_records_put(x->core->records, record) == KC_OK) {
        read->record = kc_record_hold(record);
        read->known = true;
    } else if (record->version < read->floor ||
               kc_records_version(x->core->records, &read->id, NULL) == record->version) {
        kc_exchange_log(effects, KC_LOG_RECORD_OLD, read->id.class, record->version);
        kc_exchange_fault(x, 500, "a stored record is older than one seen before", 0);
    } else {
        ask_faster_thread(x, read, effects);
    }
}

static void take_found(struct kc_exchange *x, struct kc_exchange_read *read, struct kc_bytes blob,
                       struct kc_writer *effects)
{
    struct kc_record *record = NULL;
    enum kc_err err = kc_record_open(kc_exchange_root(x), &read->id, blob, &record);
    if (err == KC_ERR_REFUSED) {
        kc_exchange_log(effects, KC_LOG_RECORD_DAMAGED, read->id.class, x->conn);
        kc_exchange_fault(x, 500, "a stored record is damaged or not the one asked for", 0);
    } else if (err != KC_OK) {
        kc_exchange_fault(x, 500, "internal error", 0);
    } else {
        take_opened(x, read, record, effects);
    }
    kc_record_release(record);
}

/* Records are never deleted: what was seen once is there. */
static void take_nothing(struct kc_exchange *x, struct kc_exchange_read *read,
                         struct kc_writer *effects)
{
    if (read->floor > 0) {
        kc_exchange_log(effects, KC_LOG_STORE_LIED, read->id.class, x->conn);
        kc_exchange_fault(x, 500, "a stored record is missing", 0);
    } else if (kc_records_version(x->core->records, &read->id, NULL) > 0) {
        ask_faster_thread(x, read, effects);
    } else {
        read->known = true;
    }
}

static bool is_awaited(const struct kc_exchange_read *read, const struct kc_record_id *id)
{
    return read->asked && kc_record_id_equal(&read->id, id);
}

static struct kc_exchange_read *find_awaited(struct kc_exchange *x, const struct kc_record_id *id)
{
    if (is_awaited(&x->who, id))
        return &x->who;
    for (size_t i = 0; i < x->read_count; i++) {
        if (is_awaited(&x->read[i], id))
            return &x->read[i];
    }
    for (size_t i = 0; i < KC_EXCHANGE_WRITES_MAX; i++) {
        if (is_awaited(&x->check[i], id))
            return &x->check[i];
    }
    return NULL;
}

enum kc_refusal kc_exchange_take_record(struct kc_exchange *x, const struct kc_message *in,
                                        struct kc_writer *effects)
{
    struct kc_exchange_read *read = find_awaited(x, &in->record);
    if (read == NULL)
        return KC_REFUSAL_NOT_AWAITED;
    if (in->code > KC_FOUND_FAILED)
        return KC_REFUSAL_PAYLOAD;
    read->asked = false;
    if (in->code == KC_FOUND)
        take_found(x, read, in->body, effects);
    else if (in->code == KC_FOUND_NOTHING)
        take_nothing(x, read, effects);
    else
        kc_exchange_fault(x, 503, "the store does not answer", 1);
    return KC_REFUSAL_NONE;
}

static uint64_t now_of(struct kc_core *core)
{
    pthread_mutex_lock(&core->lock);
    uint64_t now = core->now;
    pthread_mutex_unlock(&core->lock);
    return now;
}

static void begin_quote(struct kc_exchange *x, struct kc_writer *effects)
{
    uint64_t now = now_of(x->core);
    uint64_t due = *x->quoted_at == 0 ? 0 : *x->quoted_at + QUOTE_EVERY;
    if (now < due) {
        kc_exchange_fault(x, 429, "one quote a minute for a connection", (unsigned)(due - now));
        return;
    }
    enum kc_err err =
        kc_quotes_begin(x->core, x->authenticated ? KC_QUOTE_AUTHENTICATED : KC_QUOTE_CONNECTION,
                        x->conn, kc_bytes_of(x->claims, x->claims_len), effects, &x->quote_id);
    if (err == KC_OK) {
        x->quote_asked = true;
        *x->quoted_at = now > 0 ? now : 1;
    } else if (err == KC_ERR_ROOM) {
        kc_exchange_fault(x, 503, "too many quotes are being made", 1);
    } else {
        kc_exchange_fault(x, 500, "internal error", 0);
    }
}

static void poll_quote(struct kc_exchange *x)
{
    enum kc_failure failure = KC_FAILURE_NONE;
    switch (kc_quotes_poll(x->core, x->quote_id, &x->quote, &failure)) {
    case KC_QUOTE_WAITS:
        return;
    case KC_QUOTE_MADE:
        break;
    case KC_QUOTE_FAILED:
        *x->quoted_at = 0; /* none was had */
        kc_exchange_fault(x, 503, "no quote can be made now", 5);
        break;
    }
    x->quote_done = true;
}

/* Who shows a good token has places of his own; an open route asks only for that. */
static bool wants_who(struct kc_exchange *x)
{
    return x->quote_wanted && !x->authenticated && !x->who.known && !x->who.asked &&
           kc_exchange_root(x) != NULL && kc_token_id(x->token, &x->who.id) == KC_OK;
}

static void ask_for_missing(struct kc_exchange *x, struct kc_writer *effects)
{
    for (size_t i = 0; i < x->read_count; i++) {
        if (!x->read[i].known && !x->read[i].asked)
            kc_exchange_ask(x, &x->read[i], x->ask_again, effects);
    }
    if (x->scan_wanted && !x->scan_done && !x->scan_asked)
        kc_exchange_scan(x, effects);
    if (wants_who(x))
        kc_exchange_ask(x, &x->who, false, effects);
}

static bool is_waiting(const struct kc_exchange *x)
{
    bool waits = x->who.asked || x->scan_asked;
    for (size_t i = 0; i < x->read_count; i++)
        waits = waits || x->read[i].asked;
    return waits;
}

enum kc_step kc_exchange_gather(struct kc_exchange *x, struct kc_writer *effects)
{
    if (x->status != 0)
        return KC_STEP_ANSWERED; /* by plan */
    if (x->fault.status == 0)
        ask_for_missing(x, effects);
    /* At fault or not: an answer that is on its way must not meet the next exchange. */
    if (is_waiting(x))
        return KC_STEP_WAIT;
    if (x->who.record != NULL)
        x->authenticated = true;
    if (x->quote_wanted && !x->quote_asked && x->fault.status == 0)
        begin_quote(x, effects);
    if (x->quote_asked && !x->quote_done)
        poll_quote(x);
    if (x->quote_asked && !x->quote_done)
        return KC_STEP_WAIT;
    (void)kc_exchange_tell_fault(x);
    return KC_STEP_ANSWERED;
}
