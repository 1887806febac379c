#include "http/message.h"

#include <string.h>

#include "http/engine.h"
#include "http/head.h"
#include "http/text.h"

/* Longer ones are no attempt to say a length: 16 digits are all that 64 bits have. */
#define CHUNK_DIGITS_MAX 16
#define INTERIM_MAX      8

enum state {
    IN_HEAD,
    IN_BODY,
    IN_CHUNK_SIZE,
    IN_CHUNK,
    IN_CHUNK_END, /* the CRLF behind a chunk */
    IN_LAST_LINE, /* the CRLF behind the chunk of size 0 */
    COMPLETE,
    REFUSED,
};

static bool too_long(struct kc_http_message *m, unsigned status, const char *what)
{
    kc_http_head_refuse(m, status, KC_ERR_ROOM, what, m->at);
    return false;
}

/* Rules on one byte of the head that must hold before it is stored. */
static bool head_byte_fits(struct kc_http_message *m, uint8_t c)
{
    size_t in_line = m->head_len - m->line_start;
    if (!kc_http_head_byte(m, c))
        return false;
    if (m->first_len == 0) {
        if (c != '\r' && c != '\n' && in_line >= m->limits.line)
            return too_long(m, 414, "first line is longer than allowed");
        return true;
    }
    if (m->head_len - m->first_len >= m->limits.header_bytes)
        return too_long(m, 431, "headers have more bytes than allowed");
    if (in_line == 0 && (c == ' ' || c == '\t')) {
        kc_http_head_refuse(m, 400, KC_ERR_MALFORMED, "folded header line", m->at);
        return false;
    }
    if (in_line == 0 && c != '\r' && m->header_count == m->limits.headers)
        return too_long(m, 431, "more headers than allowed");
    return true;
}

static bool first_line(struct kc_http_message *m)
{
    struct kc_bytes line = kc_bytes_of(m->room.ptr, m->head_len - 2);
    m->first_len = m->head_len;
    if (m->is_response)
        return kc_http_head_status_line(m, line) &&
               kc_http_engine_feed(m, m->room.ptr, m->head_len, 0);
    if (!kc_http_head_request_line(m, line))
        return false;
    size_t skip = 0;
    if (m->method == KC_HTTP_LIST) { /* llhttp does not know it; it frames like GET */
        static const uint8_t get[] = {'G', 'E', 'T'};
        skip = strlen("LIST");
        if (!kc_http_engine_feed(m, get, sizeof get, 0))
            return false;
    }
    return kc_http_engine_feed(m, m->room.ptr + skip, m->head_len - skip, skip);
}

static void start(struct kc_http_message *m)
{
    kc_bytes_wipe(m->room.ptr, m->head_len);
    struct kc_http_message fresh = {
        .limits = m->limits,
        .room = m->room,
        .is_response = m->is_response,
        .method = m->is_response ? m->method : KC_HTTP_GET,
        .interim = m->interim,
        .error = KC_ERROR_NONE,
        .state = IN_HEAD,
    };
    *m = fresh;
    kc_http_engine_start(m);
}

static bool skip_interim(struct kc_http_message *m)
{
    if (++m->interim > INTERIM_MAX) {
        kc_http_head_refuse(m, 400, KC_ERR_ROOM, "too many interim responses", m->at);
        return false;
    }
    start(m);
    return true;
}

static bool last_line_of_head(struct kc_http_message *m, enum kc_http_event *event)
{
    if (!kc_http_head_check(m) || !kc_http_engine_feed(m, m->room.ptr + m->line_start,
                                                       m->head_len - m->line_start, m->line_start))
        return false;
    bool bodiless = kc_http_head_is_bodiless(m);
    bool has_body = !bodiless && (m->chunked || m->content_length > 0);
    if (m->is_response && m->status / 100 == 1)
        return skip_interim(m);
    m->keep_alive = llhttp_should_keep_alive(&m->engine) != 0;
    m->left = has_body ? m->content_length : 0;
    m->state = !has_body ? COMPLETE : m->chunked ? IN_CHUNK_SIZE : IN_BODY;
    *event = KC_HTTP_GOT_HEAD;
    return true;
}

static bool head_line(struct kc_http_message *m, enum kc_http_event *event)
{
    size_t start = m->line_start;
    const uint8_t *line = m->room.ptr + start;
    size_t len = m->head_len - start;
    if (m->first_len > 0 && len == 2)
        return last_line_of_head(m, event);
    m->line_start = m->head_len;
    if (m->first_len == 0)
        return first_line(m);
    if (!kc_http_head_header_line(m, kc_bytes_of(line, len - 2), start))
        return false;
    struct kc_bytes name = m->headers[m->header_count - 1].name;
    return kc_http_engine_header(m, name, kc_bytes_of(line, len), start);
}

static bool head_byte(struct kc_http_message *m, uint8_t c, enum kc_http_event *event)
{
    if (!head_byte_fits(m, c))
        return false;
    m->room.ptr[m->head_len++] = c;
    m->at++;
    return c != '\n' || head_line(m, event);
}

static bool chunk_size_byte(struct kc_http_message *m, uint8_t c)
{
    if (!kc_http_head_byte(m, c))
        return false;
    if (c == ';') {
        kc_http_head_refuse(m, 400, KC_ERR_UNSUPPORTED, "chunk has an extension", m->at);
        return false;
    }
    if (c != '\r' && c != '\n' && ++m->chunk_len > CHUNK_DIGITS_MAX) {
        kc_http_head_refuse(m, 400, KC_ERR_MALFORMED, "chunk size is too long", m->at);
        return false;
    }
    if (!kc_http_engine_feed(m, &c, 1, m->at))
        return false;
    m->at++;
    if (c != '\n')
        return true;
    m->chunk_len = 0;
    m->left = m->engine.content_length;
    if (m->left > m->limits.body - m->body_total)
        return too_long(m, 413, "body is longer than allowed");
    m->body_total += m->left;
    m->state = m->left == 0 ? IN_LAST_LINE : IN_CHUNK;
    return true;
}

/* The CRLF behind a chunk, or behind the last one, where trailers could stand. */
static bool line_end_byte(struct kc_http_message *m, uint8_t c)
{
    if (!m->after_cr && c != '\r') {
        bool last = m->state == IN_LAST_LINE;
        kc_http_head_refuse(m, 400, last ? KC_ERR_UNSUPPORTED : KC_ERR_MALFORMED,
                            last ? "trailer behind the last chunk" : "no CRLF behind a chunk",
                            m->at);
        return false;
    }
    if (!kc_http_head_byte(m, c) || !kc_http_engine_feed(m, &c, 1, m->at))
        return false;
    m->at++;
    if (c == '\n')
        m->state = m->state == IN_LAST_LINE ? COMPLETE : IN_CHUNK_SIZE;
    return true;
}

static bool body_bytes(struct kc_http_message *m, struct kc_bytes *in, enum kc_http_event *event)
{
    size_t n = in->len < m->left ? in->len : (size_t)m->left;
    if (!kc_http_engine_feed(m, in->ptr, n, m->at))
        return false;
    m->piece = kc_bytes_of(in->ptr, n);
    *in = kc_bytes_of(in->ptr + n, in->len - n);
    m->at += n;
    m->left -= n;
    if (m->left == 0)
        m->state = m->state == IN_BODY ? COMPLETE : IN_CHUNK_END;
    *event = KC_HTTP_GOT_BODY;
    return true;
}

/* One byte, or all that belong to the body. `in` is not empty. */
static bool step(struct kc_http_message *m, struct kc_bytes *in, enum kc_http_event *event)
{
    if (m->state == IN_BODY || m->state == IN_CHUNK)
        return body_bytes(m, in, event);
    uint8_t c = in->ptr[0];
    *in = kc_bytes_of(in->ptr + 1, in->len - 1);
    if (m->state == IN_HEAD)
        return head_byte(m, c, event);
    return m->state == IN_CHUNK_SIZE ? chunk_size_byte(m, c) : line_end_byte(m, c);
}

/* Where a message ends is what smuggling is about: two readers must say the same. */
static bool agree(struct kc_http_message *m)
{
    bool chunked = (m->engine.flags & F_CHUNKED) != 0;
    bool head = m->state == IN_HEAD;
    if (m->engine_done == (m->state == COMPLETE) && (head || chunked == m->chunked))
        return true;
    kc_http_head_refuse(m, 400, KC_ERR_MALFORMED, "end of the message is ambiguous", m->at);
    return false;
}

enum kc_http_event kc_http_feed(struct kc_http_message *m, struct kc_bytes in, size_t *used)
{
    struct kc_bytes rest = in;
    enum kc_http_event event = KC_HTTP_NEED_MORE;
    m->piece = kc_bytes_of(NULL, 0);
    while (event == KC_HTTP_NEED_MORE && m->state != COMPLETE && m->state != REFUSED &&
           rest.len > 0) {
        if (!step(m, &rest, &event) || !agree(m))
            m->state = REFUSED;
    }
    *used = in.len - rest.len;
    if (m->state == REFUSED)
        return KC_HTTP_REFUSED;
    return event == KC_HTTP_NEED_MORE && m->state == COMPLETE ? KC_HTTP_GOT_ALL : event;
}

size_t kc_http_head_room(const struct kc_http_limits *limits)
{
    size_t first = limits->line > SIZE_MAX - 2 ? SIZE_MAX : limits->line + 2;
    return limits->header_bytes > SIZE_MAX - first ? SIZE_MAX : first + limits->header_bytes;
}

static enum kc_err init(struct kc_http_message *m, const struct kc_http_limits *limits,
                        struct kc_room room, bool is_response, enum kc_http_method method)
{
    if (limits->headers > KC_HTTP_HEADERS_MAX || room.len < kc_http_head_room(limits))
        return KC_ERR_ARGUMENT;
    memset(m, 0, sizeof *m);
    m->limits = *limits;
    m->room = room;
    m->is_response = is_response;
    m->method = method;
    start(m);
    return KC_OK;
}

enum kc_err kc_http_request_init(struct kc_http_message *m, const struct kc_http_limits *limits,
                                 struct kc_room room)
{
    return init(m, limits, room, false, KC_HTTP_GET);
}

enum kc_err kc_http_response_init(struct kc_http_message *m, const struct kc_http_limits *limits,
                                  struct kc_room room, enum kc_http_method method)
{
    return init(m, limits, room, true, method);
}

void kc_http_next(struct kc_http_message *m)
{
    m->interim = 0;
    start(m);
}

bool kc_http_is_idle(const struct kc_http_message *m)
{
    return m->state == IN_HEAD && m->at == 0 && m->interim == 0;
}

size_t kc_http_header(const struct kc_http_message *m, const char *name, struct kc_bytes *value)
{
    struct kc_bytes wanted = kc_bytes_of_text(name);
    size_t count = 0;
    *value = kc_bytes_of(NULL, 0);
    for (size_t i = 0; i < m->header_count; i++) {
        if (!kc_http_text_equal_no_case(m->headers[i].name, wanted))
            continue;
        if (count++ == 0)
            *value = m->headers[i].value;
    }
    return count;
}

void kc_http_wipe(struct kc_http_message *m)
{
    kc_bytes_wipe(m->room.ptr, m->room.len);
    kc_bytes_wipe(m, sizeof *m);
}
