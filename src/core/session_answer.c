/* An exchange's answer into TLS, and what follows it. */
#include <string.h>

#include "core/sessions.h"
#include "http/write.h"

#define FIRST_RECORD 4096 /* the head, and as much of the body as fits beside it */
#define RECORD       16384
#define DIGITS       10

/* Decimal digits of `number`, at the end of `out`. */
static struct kc_bytes decimal(unsigned number, uint8_t out[DIGITS])
{
    size_t start = DIGITS;
    do {
        out[--start] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return kc_bytes_of(out + start, DIGITS - start);
}

static enum kc_err write_head(const struct kc_desk *desk, struct kc_writer *w)
{
    const struct kc_exchange *x = &desk->x;
    uint8_t digits[DIGITS];
    const struct kc_http_header retry = {kc_bytes_of_text("Retry-After"),
                                         decimal(x->retry_after, digits)};
    const struct kc_http_response response = {
        .status = x->status,
        .content_type = x->content_type != NULL ? x->content_type : "application/json",
        .body = kc_bytes_of(x->answer.ptr, x->answer_len),
        .head_only = true, /* the body follows, piece by piece */
        .keep_alive = desk->keep_alive,
        .headers = &retry,
        .header_count = x->retry_after != 0 ? 1 : 0,
    };
    return kc_http_write_response(w, &response);
}

/* A small answer is one record: head and body go together. */
static bool begin_answer(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    struct kc_exchange *x = &desk->x;
    uint8_t first[FIRST_RECORD];
    struct kc_writer w = kc_writer_of((struct kc_room){first, sizeof first});
    s->state = KC_SESSION_ANSWER;
    kc_session_time(s, KC_SESSION_ANSWER_TIME);
    if (write_head(desk, &w) != KC_OK) {
        kc_session_finish(s, KC_CLOSE_INTERNAL, true);
        return false;
    }
    if (x->method == KC_HTTP_HEAD)
        desk->answer_at = x->answer_len;
    size_t left = x->answer_len - desk->answer_at;
    size_t n = left < w.cap - w.len ? left : w.cap - w.len;
    if (n > 0)
        kc_writer_copy(&w, x->answer.ptr, n);
    desk->answer_at += n;
    bool good = kc_session_write(s, kc_writer_written(&w));
    kc_bytes_wipe(first, w.len);
    return good;
}

/* What is left of a request that was answered early is read, when it is short and announced, so
 * that the connection can live on; otherwise the connection ends. */
bool kc_session_answered(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    const struct kc_http_message *http = &desk->http;
    if (desk->x.close)
        desk->keep_alive = false;
    bool short_body =
        !http->chunked && !http->expects_continue && http->content_length <= KC_EXCHANGE_BODY_OPEN;
    if (desk->keep_alive && !desk->body_ended) {
        if (short_body && s->state != KC_SESSION_DRAIN) {
            s->state = KC_SESSION_DRAIN;
            kc_session_time(s, KC_SESSION_BODY_TIME);
            return true;
        }
        desk->keep_alive = false;
    }
    return begin_answer(s);
}

bool kc_session_answer(struct kc_session *s)
{
    struct kc_desk *desk = s->desk;
    struct kc_exchange *x = &desk->x;
    while (desk->answer_at < x->answer_len) {
        size_t n = x->answer_len - desk->answer_at;
        if (kc_pipe_waiting(&s->pipe) > KC_PIPE_OUT_HIGH) {
            s->resume = true;
            return false;
        }
        n = n < RECORD ? n : RECORD;
        if (!kc_session_write(s, kc_bytes_of(x->answer.ptr + desk->answer_at, n)))
            return false;
        desk->answer_at += n;
    }
    if (!desk->keep_alive) {
        kc_session_finish(s, s->reason, true);
        return false;
    }
    kc_desk_next(desk);
    s->state = KC_SESSION_HEAD;
    kc_session_time(s, KC_SESSION_IDLE_TIME);
    return true;
}
