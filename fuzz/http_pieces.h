/* Feeds one stream whole, byte by byte and in pieces of the input's choice: all must agree. */
#ifndef KC_FUZZ_HTTP_PIECES_H
#define KC_FUZZ_HTTP_PIECES_H

#include "../tests/http_trace.h"
#include "fuzz.h"

static const struct kc_http_limits http_limits = {
    .line = 64, .headers = 8, .header_bytes = 512, .body = 256};

/* What holds for every event, beyond that the pieces agree. */
static inline void http_check_refusal(const struct kc_http_message *m)
{
    if (m->error.code == KC_OK)
        return;
    FUZZ_CHECK(m->error.what[0] != '\0' && m->error.at <= m->at);
    FUZZ_CHECK(m->refusal == 400 || m->refusal == 413 || m->refusal == 414 || m->refusal == 417 ||
               m->refusal == 431 || m->refusal == 501 || m->refusal == 505);
}

/* `init` makes t->message ready over `room`. */
static inline void http_all_ways(struct kc_bytes in, uint32_t seed,
                                 void (*init)(struct kc_http_message *m, struct kc_room room))
{
    static struct trace traces[3];
    for (int cut = TRACE_WHOLE; cut <= TRACE_RANDOM; cut++) {
        struct kc_room room = {NULL, kc_http_head_room(&http_limits)};
        room.ptr = malloc(room.len);
        FUZZ_CHECK(room.ptr != NULL);
        traces[cut].in_body = false;
        traces[cut].over = false;
        init(&traces[cut].message, room);
        trace_run(&traces[cut], in, (enum trace_cut)cut, seed);
        http_check_refusal(&traces[cut].message);
        free(room.ptr);
        FUZZ_CHECK(traces[cut].used == traces[0].used && traces[cut].len == traces[0].len);
        FUZZ_CHECK(memcmp(traces[cut].text, traces[0].text, traces[0].len) == 0);
    }
}

#endif
