/*
 * What a parser makes of a stream, as text: the same bytes must give the same text however they
 * are cut. For the tests and the fuzzers of http/message.h.
 */
#ifndef KC_TESTS_HTTP_TRACE_H
#define KC_TESTS_HTTP_TRACE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/message.h"

enum trace_cut { TRACE_WHOLE, TRACE_BYTES, TRACE_RANDOM };

struct trace {
    struct kc_http_message message;
    char text[65536];
    size_t len;
    uint64_t used; /* bytes that the parser took in all */
    bool in_body;
    bool over; /* refused, or the last message of the connection is there */
};

static inline void trace_add(struct trace *t, const void *bytes, size_t len)
{
    size_t room = sizeof t->text - 1 - t->len;
    size_t n = len < room ? len : room;
    if (n > 0)
        memcpy(t->text + t->len, bytes, n);
    t->len += n;
    t->text[t->len] = '\0';
}

static inline void trace_word(struct trace *t, const char *word)
{
    trace_add(t, word, strlen(word));
}

static inline void trace_head(struct trace *t)
{
    const struct kc_http_message *m = &t->message;
    char numbers[64];
    if (m->is_response) {
        snprintf(numbers, sizeof numbers, "%u", m->status);
        trace_word(t, numbers);
    } else {
        trace_word(t, kc_http_method_name(m->method));
        trace_word(t, " ");
        trace_add(t, m->path.ptr, m->path.len);
        trace_word(t, " ");
        trace_add(t, m->query.ptr, m->query.len);
    }
    snprintf(numbers, sizeof numbers, " %" PRIu64 "%s%s%s", m->content_length,
             m->chunked ? " chunked" : "", m->keep_alive ? "" : " close",
             m->expects_continue ? " continue" : "");
    trace_word(t, numbers);
    for (size_t i = 0; i < m->header_count; i++) {
        trace_word(t, "|");
        trace_add(t, m->headers[i].name.ptr, m->headers[i].name.len);
        trace_word(t, "=");
        trace_add(t, m->headers[i].value.ptr, m->headers[i].value.len);
    }
}

static inline void trace_event(struct trace *t, enum kc_http_event event)
{
    struct kc_http_message *m = &t->message;
    char line[256];
    if (event == KC_HTTP_GOT_HEAD)
        trace_head(t);
    if (event == KC_HTTP_GOT_BODY) {
        trace_word(t, t->in_body ? "" : "|body ");
        trace_add(t, m->piece.ptr, m->piece.len);
        t->in_body = true;
    }
    if (event == KC_HTTP_GOT_ALL) {
        trace_word(t, "|end\n");
        t->in_body = false;
        t->over = !m->keep_alive;
        if (!t->over)
            kc_http_next(m);
    }
    if (event == KC_HTTP_REFUSED) {
        snprintf(line, sizeof line, "refused %u: %s at %" PRIu64 "\n", m->refusal, m->error.what,
                 m->error.at);
        trace_word(t, line);
        t->over = true;
    }
}

/* Feeds one piece from memory of its own, so that a view that outlives it is a finding. */
static inline void trace_piece(struct trace *t, struct kc_bytes piece)
{
    uint8_t *copy = malloc(piece.len + 1);
    if (copy == NULL)
        abort();
    if (piece.len > 0)
        memcpy(copy, piece.ptr, piece.len);
    struct kc_bytes rest = kc_bytes_of(copy, piece.len);
    enum kc_http_event event = KC_HTTP_GOT_HEAD;
    while (!t->over && event != KC_HTTP_NEED_MORE) {
        size_t used = 0;
        event = kc_http_feed(&t->message, rest, &used);
        if (used > rest.len || (event == KC_HTTP_NEED_MORE && used < rest.len))
            abort();
        rest = kc_bytes_of(rest.ptr + used, rest.len - used);
        t->used += used;
        trace_event(t, event);
    }
    free(copy);
}

/* `t->message` is ready. `seed` is for TRACE_RANDOM. */
static inline void trace_run(struct trace *t, struct kc_bytes in, enum trace_cut cut, uint32_t seed)
{
    size_t at = 0;
    t->len = 0;
    t->used = 0;
    t->text[0] = '\0';
    while (at < in.len && !t->over) {
        size_t n = cut == TRACE_WHOLE ? in.len : 1;
        if (cut == TRACE_RANDOM) {
            seed = seed * 1664525 + 1013904223;
            n = (seed >> 24) % 23; /* nothing, too */
        }
        n = n > in.len - at ? in.len - at : n;
        trace_piece(t, kc_bytes_of(in.ptr + at, n));
        at += n;
    }
    trace_piece(t, kc_bytes_of(NULL, 0));
    if (!t->over)
        trace_word(t, kc_http_is_idle(&t->message) ? "idle\n" : "incomplete\n");
}

#endif
