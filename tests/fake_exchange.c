/*
 * In place of the exchange engine, for tests of sessions: what an answer is depends on the path, so
 * that every way from head to answer is had without keys, records or routes.
 */
#include "fake_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "core/state.h"

void (*fake_slow_hook)(void);

/* Bytes of STORE's list, so that the step has no room beside it. */
static const uint8_t list[KC_STORE_MAX];

enum stage { BEGINS, WANTS_BODY, WAITS, RUNS, ENDS }; /* in x->tries */

uint8_t *kc_exchange_answer_room(struct kc_exchange *x, size_t n)
{
    free(x->answer.ptr);
    x->answer = (struct kc_room){malloc(n + 1), n};
    return x->answer.ptr;
}

void kc_exchange_refuse(struct kc_exchange *x, unsigned status, const char *message)
{
    char text[256];
    int n = snprintf(text, sizeof text, "{\"errors\":[\"%s\"]}", message);
    memcpy(kc_exchange_answer_room(x, (size_t)n), text, (size_t)n);
    x->answer_len = (size_t)n;
    x->status = status;
}

static bool is(const struct kc_exchange *x, const char *path)
{
    return kc_bytes_equal(x->path, kc_bytes_of_text(path));
}

static void answer(struct kc_exchange *x, struct kc_bytes body)
{
    uint8_t *room = kc_exchange_answer_room(x, body.len);
    if (body.len > 0)
        memcpy(room, body.ptr, body.len);
    x->answer_len = body.len;
    x->status = 200;
}

static void answer_big(struct kc_exchange *x)
{
    uint8_t *room = kc_exchange_answer_room(x, FAKE_BIG);
    for (size_t i = 0; i < FAKE_BIG; i++)
        room[i] = FAKE_BIG_BYTE(i);
    x->answer_len = FAKE_BIG;
    x->status = 200;
}

static void finish(struct kc_exchange *x)
{
    if (is(x, "/big"))
        answer_big(x);
    else if (is(x, "/echo"))
        answer(x, x->body);
    else if (is(x, "/path"))
        answer(x, x->query);
    else
        answer(x, kc_bytes_of_text(FAKE_OK));
    x->close = is(x, "/close");
    x->tries = ENDS;
}

static void say(const struct kc_exchange *x, uint16_t type, struct kc_writer *effects)
{
    struct kc_effect effect = {.type = type, .conn = x->conn};
    if (type == KC_EFFECT_STORE)
        effect.body = kc_bytes_of(list, sizeof list);
    else
        effect.record = (struct kc_record_id){KC_RECORD_KEY, 1, "k"};
    kc_effect_encode(effects, &effect);
}

static enum kc_step begin(struct kc_exchange *x)
{
    if (x->method == KC_HTTP_HEAD) {
        kc_exchange_refuse(x, 405, "unsupported operation");
    } else if (x->token.len > 0 && !kc_bytes_equal(x->token, kc_bytes_of_text(FAKE_TOKEN))) {
        kc_exchange_refuse(x, 403, "permission denied");
    } else if (is(x, "/busy")) {
        kc_exchange_refuse(x, 503, "busy");
        x->retry_after = 17;
    } else {
        x->authenticated = x->token.len > 0;
        x->body_max = x->authenticated ? KC_EXCHANGE_BODY_MAX : KC_EXCHANGE_BODY_OPEN;
        x->tries = WANTS_BODY;
        return KC_STEP_BODY;
    }
    return KC_STEP_ANSWERED;
}

enum kc_step kc_exchange_step(struct kc_exchange *x, struct kc_writer *effects)
{
    switch ((enum stage)x->tries) {
    case BEGINS:
        return begin(x);
    case WANTS_BODY:
        if (is(x, "/fetch") || is(x, "/store")) {
            say(x, is(x, "/fetch") ? KC_EFFECT_FETCH : KC_EFFECT_STORE, effects);
            x->tries = WAITS;
            return KC_STEP_WAIT;
        }
        if (is(x, "/poll")) { /* as for a quote: nobody tells, RESUME looks */
            x->tries = RUNS;
            return KC_STEP_WAIT;
        }
        if (is(x, "/slow")) {
            x->tries = RUNS;
            return KC_STEP_SLOW;
        }
        finish(x);
        return KC_STEP_ANSWERED;
    case WAITS:
        return KC_STEP_WAIT;
    case RUNS:
        finish(x);
        return KC_STEP_ANSWERED;
    case ENDS:
        break;
    }
    return KC_STEP_ANSWERED;
}

void kc_exchange_compute_slow(struct kc_exchange *x)
{
    void (*hook)(void) = __atomic_load_n(&fake_slow_hook, __ATOMIC_ACQUIRE);
    if (hook != NULL)
        hook();
    finish(x);
}

static enum kc_refusal take(struct kc_exchange *x, const char *path)
{
    if (x->tries != WAITS || !is(x, path))
        return KC_REFUSAL_NOT_AWAITED;
    finish(x);
    return KC_REFUSAL_NONE;
}

enum kc_refusal kc_exchange_take_record(struct kc_exchange *x, const struct kc_message *in,
                                        struct kc_writer *effects)
{
    (void)in;
    (void)effects;
    return take(x, "/fetch");
}

enum kc_refusal kc_exchange_take_ids(struct kc_exchange *x, const struct kc_message *in,
                                     struct kc_writer *effects)
{
    (void)in;
    (void)effects;
    return take(x, "/ids");
}

enum kc_refusal kc_exchange_take_stored(struct kc_exchange *x, const struct kc_message *in,
                                        struct kc_writer *effects)
{
    (void)in;
    (void)effects;
    return take(x, "/store");
}

void kc_exchange_end(struct kc_exchange *x)
{
    free(x->answer.ptr);
    memset(x, 0, sizeof *x);
}
