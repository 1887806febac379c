/* A request out of plaintext: its head, its body, and the exchange that they begin. */
#include <string.h>

#include "core/sessions.h"
#include "http/target.h"
#include "http/text.h"

/* The next event of what lies on the desk, with more of it read where that is not enough. False:
 * nothing more comes now, or the session is at its end. */
static bool next_event(struct kc_session *s, enum kc_http_event *event)
{
    struct kc_desk *desk = s->desk;
    do {
        size_t used = 0;
        struct kc_bytes in =
            kc_bytes_of(desk->plain + desk->plain_at, desk->plain_len - desk->plain_at);
        bool begins = kc_http_is_idle(&desk->http) && in.len > 0;
        *event = kc_http_feed(&desk->http, in, &used);
        desk->plain_at += used;
        if (begins)
            kc_session_time(s, KC_SESSION_HEAD_TIME);
    } while (*event == KC_HTTP_NEED_MORE && kc_session_fill(s));
    return *event != KC_HTTP_NEED_MORE;
}

/* What cannot be read: nobody knows where the next request would begin. */
static bool refuse_http(struct kc_session *s)
{
    struct kc_http_message *http = &s->desk->http;
    kc_exchange_refuse(&s->desk->x, http->refusal, http->error.what);
    s->desk->x.close = true;
    s->reason = KC_CLOSE_HTTP;
    return kc_session_answered(s);
}

/* The token of `Authorization: Bearer`; another scheme shows none. */
static struct kc_bytes bearer(struct kc_bytes value)
{
    static const char scheme[] = "Bearer ";
    const size_t n = sizeof scheme - 1;
    if (value.len <= n ||
        !kc_http_text_equal_no_case(kc_bytes_of(value.ptr, n), kc_bytes_of_text(scheme)))
        return kc_bytes_of(NULL, 0);
    value = kc_bytes_of(value.ptr + n, value.len - n);
    while (value.len > 0 && value.ptr[0] == ' ')
        value = kc_bytes_of(value.ptr + 1, value.len - 1);
    return value;
}

/* False when the headers name more than one. */
static bool find_token(const struct kc_http_message *http, struct kc_bytes *token)
{
    struct kc_bytes vault = {NULL, 0};
    struct kc_bytes authorization = {NULL, 0};
    if (kc_http_header(http, "x-vault-token", &vault) > 1 ||
        kc_http_header(http, "authorization", &authorization) > 1)
        return false;
    authorization = bearer(authorization);
    *token = vault.len > 0 ? vault : authorization;
    return vault.len == 0 || authorization.len == 0 ||
           (vault.len == authorization.len &&
            kc_bytes_equal_secret(vault.ptr, authorization.ptr, vault.len));
}

static bool begin(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    const struct kc_http_message *http = &desk->http;
    struct kc_exchange *x = &desk->x;
    size_t path_len = 0;
    enum kc_err err =
        kc_http_target_path(http->path, (struct kc_room){desk->path, sizeof desk->path}, &path_len);
    x->core = s->core;
    x->conn = s->conn;
    x->tls = s->tls;
    x->method = http->method;
    x->path = kc_bytes_of(desk->path, path_len);
    x->query = http->query;
    x->quoted_at = &s->quoted_at;
    desk->keep_alive = http->keep_alive;
    desk->body_ended = !http->chunked && http->content_length == 0;
    s->state = KC_SESSION_STEP;
    if (err == KC_ERR_ROOM)
        kc_exchange_refuse(x, 414, "path is longer than any that there is");
    else if (err != KC_OK)
        kc_exchange_refuse(x, 400, "malformed path");
    else if (!find_token(http, &x->token))
        kc_exchange_refuse(x, 400, "more than one token");
    return x->status == 0 || kc_session_answered(s);
}

bool kc_session_head(struct kc_session *s)
{
    enum kc_http_event event = KC_HTTP_NEED_MORE;
    if (s->desk == NULL)
        s->desk = kc_desk_take(s->core->sessions);
    if (s->desk == NULL) {
        kc_session_finish(s, KC_CLOSE_INTERNAL, true);
        return false;
    }
    if (!next_event(s, &event))
        return false;
    return event == KC_HTTP_GOT_HEAD ? begin(s) : refuse_http(s);
}

static bool too_long(struct kc_session *s)
{
    kc_exchange_refuse(&s->desk->x, 413, "body is longer than allowed");
    return kc_session_answered(s);
}

bool kc_session_body(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    enum kc_http_event event = KC_HTTP_NEED_MORE;
    bool draining = s->state == KC_SESSION_DRAIN;
    if (!next_event(s, &event))
        return false;
    if (event == KC_HTTP_REFUSED)
        return refuse_http(s);
    if (event == KC_HTTP_GOT_BODY && !draining) {
        if (desk->http.piece.len > desk->x.body_max - desk->body_len)
            return too_long(s);
        if (!kc_desk_add_body(desk, desk->http.piece)) {
            kc_exchange_refuse(&desk->x, 503, "out of memory");
            return kc_session_answered(s);
        }
    }
    if (event != KC_HTTP_GOT_ALL)
        return true;
    desk->body_ended = true;
    if (draining)
        return kc_session_answered(s);
    desk->x.body = kc_bytes_of(desk->body.ptr, desk->body_len);
    s->state = KC_SESSION_STEP;
    return true;
}

/* A body is wanted: says `100 Continue` to who waits for it. */
static bool want_body(struct kc_session *s)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct kc_desk *desk = s->desk;
    if (desk->http.content_length > desk->x.body_max)
        return too_long(s);
    s->state = KC_SESSION_BODY;
    kc_session_time(s, KC_SESSION_BODY_TIME);
    bool waits = desk->http.expects_continue && desk->plain_at == desk->plain_len;
    return !waits || kc_session_write(s, kc_bytes_of(go_on, sizeof go_on - 1));
}

static bool queue_slow(struct kc_session *s)
{
    const struct kc_effect work = {.type = KC_EFFECT_WORK_WANTED};
    struct kc_exchange *x = &s->desk->x;
    if (!kc_slow_add(s)) {
        kc_exchange_refuse(x, 503, "too many slow requests");
        x->retry_after = 1;
        return kc_session_answered(s);
    }
    kc_effect_encode(s->effects, &work);
    s->state = KC_SESSION_SLOW;
    kc_session_time(s, KC_SESSION_PARKED_TIME);
    return false;
}

bool kc_session_step(struct kc_session *s)
{
    struct kc_exchange *x = &s->desk->x;
    if (s->effects->len + KC_EXCHANGE_EFFECTS_MAX + KC_SESSION_TAIL > s->effects_end) {
        s->resume = true;
        return false;
    }
    enum kc_step step = kc_exchange_step(x, s->effects);
    if (x->authenticated)
        kc_sessions_prove(s);
    switch (step) {
    case KC_STEP_ANSWERED:
        return kc_session_answered(s);
    case KC_STEP_BODY:
        return want_body(s);
    case KC_STEP_SLOW:
        return queue_slow(s);
    case KC_STEP_WAIT:
        break;
    }
    s->state = KC_SESSION_WAIT;
    kc_session_time(s, KC_SESSION_PARKED_TIME);
    return false;
}
