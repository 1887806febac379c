/*
 * A stream of requests. However it is cut, the same messages come out; and one that is accepted
 * has one Host, a path, and one way to tell its length.
 */
#include "http/target.h"
#include "http_pieces.h"

static void init(struct kc_http_message *m, struct kc_room room)
{
    FUZZ_CHECK(kc_http_request_init(m, &http_limits, room) == KC_OK);
}

static void check_head(const struct kc_http_message *m)
{
    struct kc_bytes value = {NULL, 0};
    uint8_t out[64];
    size_t n = 0;
    size_t lengths = kc_http_header(m, "content-length", &value);
    size_t codings = kc_http_header(m, "transfer-encoding", &value);
    FUZZ_CHECK(kc_http_header(m, "host", &value) == 1 && value.len > 0);
    FUZZ_CHECK(lengths + codings <= 1 && m->chunked == (codings == 1));
    FUZZ_CHECK(m->path.len > 0 && m->path.ptr[0] == '/');
    FUZZ_CHECK(m->content_length <= http_limits.body && m->header_count <= http_limits.headers);
    if (kc_http_target_path(m->path, (struct kc_room){out, sizeof out}, &n) == KC_OK)
        FUZZ_CHECK(n > 0 && n <= m->path.len && out[0] == '/');
    if (kc_http_target_parameter(m->query, "list", (struct kc_room){out, sizeof out}, &n) == KC_OK)
        FUZZ_CHECK(n <= m->query.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_http_message m;
    uint8_t room[64 + 2 + 512];
    size_t used = 0;
    uint64_t body = 0;
    if (size < 2)
        return 0;
    struct kc_bytes in = kc_bytes_of(data + 2, size - 2);
    http_all_ways(in, (uint32_t)(data[0] + 256 * data[1]), init);

    init(&m, (struct kc_room){room, sizeof room});
    enum kc_http_event event = KC_HTTP_GOT_HEAD;
    for (; event != KC_HTTP_NEED_MORE && event != KC_HTTP_REFUSED && event != KC_HTTP_GOT_ALL;
         in = kc_bytes_of(in.ptr + used, in.len - used)) {
        event = kc_http_feed(&m, in, &used);
        body += m.piece.len;
        FUZZ_CHECK(body <= http_limits.body);
        if (event == KC_HTTP_GOT_HEAD)
            check_head(&m);
        if (event == KC_HTTP_GOT_ALL && !m.chunked)
            FUZZ_CHECK(body == m.content_length);
    }
    return 0;
}
