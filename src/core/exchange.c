#include "core/exchange.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "core/exchange_parts.h"
#include "core/quotes.h"
#include "core/records.h"
#include "core/route.h"
#include "core/state.h"
#include "core/token.h"

const struct kc_root *kc_exchange_root(const struct kc_exchange *x)
{
    return x->new_root != NULL ? x->new_root : __atomic_load_n(&x->core->root, __ATOMIC_ACQUIRE);
}

void kc_exchange_log(struct kc_writer *effects, enum kc_log code, uint64_t first, uint64_t second)
{
    struct kc_effect effect = {
        .type = KC_EFFECT_LOG, .code = code, .number = first, .number2 = second};
    kc_effect_encode(effects, &effect);
}

static void forget_answer(struct kc_exchange *x)
{
    kc_bytes_wipe(x->answer.ptr, x->answer.len);
    free(x->answer.ptr);
    x->answer = (struct kc_room){NULL, 0};
    x->answer_len = 0;
    x->status = 0;
    x->retry_after = 0;
    x->content_type = NULL;
}

uint8_t *kc_exchange_answer_room(struct kc_exchange *x, size_t n)
{
    forget_answer(x);
    x->answer.ptr = malloc(n > 0 ? n : 1);
    if (x->answer.ptr == NULL) {
        kc_exchange_forget_changes(x);
        x->status = 500;
        return NULL;
    }
    x->answer.len = n;
    return x->answer.ptr;
}

void kc_exchange_refuse(struct kc_exchange *x, unsigned status, const char *message)
{
    static const char before[] = "{\"errors\":[\"";
    static const char after[] = "\"]}";
    struct kc_bytes text = kc_bytes_of_text(message);
    kc_exchange_forget_changes(x);
    uint8_t *room = kc_exchange_answer_room(x, sizeof before + text.len + sizeof after - 2);
    if (room == NULL)
        return; /* 500 without words */
    memcpy(room, before, sizeof before - 1);
    memcpy(room + sizeof before - 1, text.ptr, text.len);
    memcpy(room + sizeof before - 1 + text.len, after, sizeof after - 1);
    x->answer_len = x->answer.len;
    x->status = status;
}

size_t kc_exchange_need(struct kc_exchange *x, const struct kc_record_id *id)
{
    size_t i = 0;
    while (i < x->read_count && !kc_record_id_equal(&x->read[i].id, id))
        i++;
    if (i == KC_EXCHANGE_READS_MAX)
        abort(); /* the routes are ours: none needs so many */
    if (i == x->read_count)
        x->read[x->read_count++] = (struct kc_exchange_read){.id = *id};
    return i;
}

static void begin_body(struct kc_exchange *x, size_t max)
{
    x->body_max = max;
    x->state = KC_EXCHANGE_BODY;
}

/* Whether the token's record is there decides. */
static void judge_who(struct kc_exchange *x)
{
    if (kc_exchange_tell_fault(x))
        return;
    if (x->who.record == NULL) {
        kc_exchange_refuse(x, 403, "permission denied");
        return;
    }
    x->authenticated = true;
    begin_body(x, KC_EXCHANGE_BODY_MAX);
}

static void begin(struct kc_exchange *x, struct kc_writer *effects)
{
    unsigned status = 0;
    x->route = kc_route_find(x, &status);
    if (x->route == NULL) {
        kc_exchange_refuse(x, status, status == 405 ? "unsupported operation" : "no such route");
    } else if (kc_exchange_root(x) == NULL && !(x->route->any_time && x->route->open)) {
        kc_exchange_refuse(x, 503, "not initialised");
    } else if (x->route->open) {
        begin_body(x, KC_EXCHANGE_BODY_OPEN);
    } else if (x->token.len == 0) {
        kc_exchange_refuse(x, 403, "missing client token");
    } else if (kc_token_id(x->token, &x->who.id) != KC_OK) {
        kc_exchange_refuse(x, 403, "permission denied");
    } else {
        x->state = KC_EXCHANGE_WHO_WAITS;
        kc_exchange_ask(x, &x->who, false, effects);
    }
}

static void plan(struct kc_exchange *x)
{
    x->route->plan(x);
    if (x->status == 0 && x->route->compute == NULL)
        kc_exchange_refuse(x, 500, "internal error");
    x->state = KC_EXCHANGE_GATHER;
}

static void compute(struct kc_exchange *x)
{
    x->tries++;
    if (RAND_bytes(x->batch, sizeof x->batch) == 1)
        x->route->compute(x);
    if (x->status == 0)
        kc_exchange_refuse(x, 500, "internal error");
    if (x->status >= 400)
        kc_exchange_forget_changes(x);
    x->state = KC_EXCHANGE_STORE;
}

void kc_exchange_compute_slow(struct kc_exchange *x)
{
    if (x->state == KC_EXCHANGE_COMPUTE)
        compute(x);
}

static bool is_checked(const struct kc_exchange *x)
{
    for (size_t i = 0; i < KC_EXCHANGE_WRITES_MAX; i++) {
        if (x->check[i].asked)
            return false;
    }
    return true;
}

/* One state's work. False: it cannot go on; `step` says what is wanted. */
static bool advance(struct kc_exchange *x, struct kc_writer *effects, enum kc_step *step)
{
    switch (x->state) {
    case KC_EXCHANGE_WHO:
        begin(x, effects);
        if (x->status != 0)
            x->state = KC_EXCHANGE_END;
        return true;
    case KC_EXCHANGE_WHO_WAITS:
        *step = KC_STEP_WAIT;
        if (x->who.asked)
            return false;
        judge_who(x);
        if (x->status != 0)
            x->state = KC_EXCHANGE_END;
        return true;
    case KC_EXCHANGE_BODY:
        x->state = KC_EXCHANGE_PLAN;
        *step = KC_STEP_BODY;
        return false;
    case KC_EXCHANGE_PLAN:
        plan(x);
        return true;
    case KC_EXCHANGE_GATHER:
        *step = kc_exchange_gather(x, effects);
        if (*step == KC_STEP_WAIT)
            return false;
        x->state = x->status != 0 ? KC_EXCHANGE_END : KC_EXCHANGE_COMPUTE;
        return true;
    case KC_EXCHANGE_COMPUTE:
        *step = KC_STEP_SLOW;
        if (x->route->slow)
            return false;
        compute(x);
        return true;
    case KC_EXCHANGE_STORE:
        kc_exchange_store(x, effects);
        return true;
    case KC_EXCHANGE_STORE_WAITS:
        *step = KC_STEP_WAIT;
        return false;
    case KC_EXCHANGE_CHECK_WAITS:
        *step = KC_STEP_WAIT;
        if (!is_checked(x))
            return false;
        kc_exchange_judge(x, effects);
        return true;
    case KC_EXCHANGE_END:
        break;
    }
    *step = KC_STEP_ANSWERED;
    return false;
}

enum kc_step kc_exchange_step(struct kc_exchange *x, struct kc_writer *effects)
{
    enum kc_step step = KC_STEP_ANSWERED;
    while (advance(x, effects, &step)) {
    }
    return step;
}

void kc_exchange_end(struct kc_exchange *x)
{
    if (x->state == KC_EXCHANGE_STORE_WAITS || x->state == KC_EXCHANGE_CHECK_WAITS)
        kc_exchange_drop_changed(x);
    if (x->quote_asked && !x->quote_done)
        kc_quotes_abandon(x->core, x->quote_id);
    if (x->route != NULL && x->route->forget != NULL)
        x->route->forget(x);
    kc_exchange_forget_changes(x);
    kc_exchange_let_init_go(x);
    kc_exchange_forget_reads(x);
    kc_exchange_read_release(&x->who);
    forget_answer(x);
    free(x->quote.ptr);
    kc_bytes_wipe(x, sizeof *x);
}
