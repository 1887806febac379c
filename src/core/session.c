#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/sessions.h"

void kc_session_time(struct kc_session *s, uint64_t seconds)
{
    s->deadline = kc_sessions_now(s->core) + seconds;
}

void kc_session_finish(struct kc_session *s, enum kc_close reason, bool notify)
{
    if (s->state == KC_SESSION_LAST)
        return;
    if (notify) {
        ERR_clear_error();
        (void)SSL_shutdown(s->tls);
    }
    s->state = KC_SESSION_LAST;
    s->reason = reason;
    kc_pipe_drop_input(&s->pipe);
    kc_session_time(s, KC_SESSION_ANSWER_TIME);
}

bool kc_session_write(struct kc_session *s, struct kc_bytes plain)
{
    size_t written = 0;
    ERR_clear_error();
    if (SSL_write_ex(s->tls, plain.ptr, plain.len, &written) == 1)
        return true;
    kc_session_finish(s, KC_CLOSE_INTERNAL, false);
    return false;
}

/* What a call of TLS gave that did not succeed; an alert that goes with it is in the pipe. */
static void judge(struct kc_session *s, int result)
{
    switch (SSL_get_error(s->tls, result)) {
    case SSL_ERROR_WANT_READ:
        break;
    case SSL_ERROR_ZERO_RETURN: /* close_notify: the peer has said its last */
        kc_session_finish(s, KC_CLOSE_DONE, true);
        break;
    default:
        kc_session_finish(s, KC_CLOSE_TLS, false);
        break;
    }
}

bool kc_session_fill(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    if (kc_pipe_waiting(&s->pipe) > KC_PIPE_OUT_HIGH) {
        s->resume = true;
        return false;
    }
    desk->plain_at = 0;
    desk->plain_len = 0;
    ERR_clear_error();
    int n = SSL_read(s->tls, desk->plain, sizeof desk->plain);
    if (n <= 0) {
        judge(s, n);
        return false;
    }
    desk->plain_len = (size_t)n;
    if (desk->plain_len > desk->plain_most)
        desk->plain_most = desk->plain_len;
    return true;
}

/* Bytes before authentication: no more of them than a handshake needs. */
static bool shake_hands(struct kc_session *s)
{
    ERR_clear_error();
    int result = SSL_do_handshake(s->tls);
    if (result == 1) {
        s->state = KC_SESSION_HEAD;
        kc_session_time(s, KC_SESSION_IDLE_TIME);
        return true;
    }
    judge(s, result);
    if (s->pipe.taken > KC_SESSION_HANDSHAKE_MAX)
        kc_session_finish(s, KC_CLOSE_TLS, false);
    return false;
}

/* One piece of work; false when there is none until the host says something. */
static bool advance(struct kc_session *s)
{
    switch (s->state) {
    case KC_SESSION_HANDSHAKE:
        return shake_hands(s);
    case KC_SESSION_HEAD:
        return kc_session_head(s);
    case KC_SESSION_STEP:
        return kc_session_step(s);
    case KC_SESSION_SLOW:
        if (!kc_slow_done(s))
            return false;
        s->state = KC_SESSION_STEP;
        return true;
    case KC_SESSION_BODY:
    case KC_SESSION_DRAIN:
        return kc_session_body(s);
    case KC_SESSION_ANSWER:
        return kc_session_answer(s);
    case KC_SESSION_WAIT:
    case KC_SESSION_LAST:
        break;
    }
    return false;
}

/* A desk is for requests: none lies before a session that has read no byte of one. */
static void tidy(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    if (s->job != NULL || desk == NULL)
        return;
    bool idle = s->state == KC_SESSION_HEAD && kc_http_is_idle(&desk->http) &&
                desk->plain_at == desk->plain_len;
    if (idle || s->state == KC_SESSION_LAST) {
        kc_desk_give_back(s->core->sessions, desk);
        s->desk = NULL;
    }
}

/* What is to be sent goes out as far as the message's effects have room. */
static void flush(struct kc_session *s)
{
    const size_t fixed = 16 + KC_SESSION_TAIL; /* header and number of SEND, what comes behind it */
    size_t room = s->effects_end - s->effects->len;
    size_t n = room > fixed ? room - fixed : 0;
    kc_pipe_send(&s->pipe, s->conn, n < KC_SEND_MAX ? n : KC_SEND_MAX, s->effects);
    if (kc_pipe_waiting(&s->pipe) > 0)
        s->resume = true;
}

/* There is no room for what it holds: all of that goes at once. */
static void give_up(struct kc_session *s)
{
    kc_session_finish(s, KC_CLOSE_HTTP, false);
    kc_pipe_drop_output(&s->pipe);
}

void kc_session_run(struct kc_session *s)
{
    struct kc_effect last = {.type = KC_EFFECT_RESUME_WANTED, .conn = s->conn};
    while (advance(s)) {
    }
    bool kept = s->state == KC_SESSION_LAST || kc_pipe_hold(&s->pipe);
    s->pipe.fresh = kc_bytes_of(NULL, 0);
    tidy(s);
    flush(s);
    if (!kept || !kc_sessions_fits(s))
        give_up(s);
    bool over = s->state == KC_SESSION_LAST && kc_pipe_waiting(&s->pipe) == 0;
    if (over) {
        last.type = KC_EFFECT_CLOSE;
        last.code = s->reason;
    }
    if (over || s->resume)
        kc_effect_encode(s->effects, &last);
    if (over)
        kc_sessions_end(s);
    else
        kc_sessions_give_back(s);
}
