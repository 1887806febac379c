#include "http/head.h"

#include <string.h>

#include "http/text.h"

void kc_http_head_refuse(struct kc_http_message *m, unsigned status, enum kc_err code,
                         const char *what, uint64_t at)
{
    if (m->error.code == KC_OK) {
        kc_error_set(&m->error, code, what, at);
        m->refusal = status;
    }
}

static bool bad(struct kc_http_message *m, const char *what, uint64_t at)
{
    kc_http_head_refuse(m, 400, KC_ERR_MALFORMED, what, at);
    return false;
}

static bool unsupported(struct kc_http_message *m, unsigned status, const char *what, uint64_t at)
{
    kc_http_head_refuse(m, status, KC_ERR_UNSUPPORTED, what, at);
    return false;
}

bool kc_http_head_byte(struct kc_http_message *m, uint8_t c)
{
    if (m->after_cr && c != '\n')
        return bad(m, "CR without LF", m->at);
    if (c == '\n' && !m->after_cr)
        return bad(m, "LF without CR", m->at);
    if (c != '\t' && c != '\r' && c != '\n' && (c < 0x20 || c > 0x7e))
        return bad(m, "control character or byte outside ASCII", m->at);
    m->after_cr = c == '\r';
    return true;
}

static struct kc_bytes before(struct kc_bytes text, uint8_t c)
{
    const uint8_t *end = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    return end == NULL ? text : kc_bytes_of(text.ptr, (size_t)(end - text.ptr));
}

static struct kc_bytes from(struct kc_bytes text, size_t n)
{
    return n >= text.len ? kc_bytes_of(NULL, 0) : kc_bytes_of(text.ptr + n, text.len - n);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct kc_bytes trim(struct kc_bytes text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = from(text, 1);
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static bool is_text(struct kc_bytes bytes, const char *text)
{
    return kc_bytes_equal(bytes, kc_bytes_of_text(text));
}

static bool check_version(struct kc_http_message *m, struct kc_bytes version, uint64_t at)
{
    if (is_text(version, "HTTP/1.1"))
        return true;
    if (version.len == 8 && memcmp(version.ptr, "HTTP/", 5) == 0 && version.ptr[6] == '.' &&
        kc_http_text_is_digit(version.ptr[5]) && kc_http_text_is_digit(version.ptr[7]))
        return unsupported(m, 505, "HTTP version is not 1.1", at);
    return bad(m, "first line has no HTTP version where one must be", at);
}

bool kc_http_head_request_line(struct kc_http_message *m, struct kc_bytes line)
{
    struct kc_bytes method = before(line, ' ');
    struct kc_bytes rest = from(line, method.len + 1);
    struct kc_bytes target = before(rest, ' ');
    struct kc_bytes version = from(rest, target.len + 1);
    uint64_t target_at = method.len + 1;

    if (!kc_http_text_is_token(method))
        return bad(m, "request line does not begin with a method", 0);
    if (!check_version(m, version, target_at + target.len + 1))
        return false;
    if (!kc_http_method_find(method, &m->method))
        return unsupported(m, 501, "unknown method", 0);
    if (!kc_http_text_is_target(target))
        return bad(m, "request target is not a path with an optional query", target_at);
    m->path = before(target, '?');
    m->query = from(target, m->path.len + 1);
    return true;
}

bool kc_http_head_status_line(struct kc_http_message *m, struct kc_bytes line)
{
    struct kc_bytes version = before(line, ' ');
    struct kc_bytes rest = from(line, version.len + 1);
    struct kc_bytes status = before(rest, ' ');

    if (!check_version(m, version, 0))
        return false;
    if (status.len != 3 || status.ptr[0] < '1' || status.ptr[0] > '5' ||
        !kc_http_text_is_digit(status.ptr[1]) || !kc_http_text_is_digit(status.ptr[2]))
        return bad(m, "status is not a number from 100 to 599", version.len + 1);
    if (rest.len == status.len)
        return bad(m, "no space behind the status", version.len + 1 + status.len);
    m->status = (unsigned)(status.ptr[0] - '0') * 100 + (unsigned)(status.ptr[1] - '0') * 10 +
                (unsigned)(status.ptr[2] - '0');
    if (m->status == 101)
        return unsupported(m, 400, "response switches protocols, which nobody asked for", 9);
    return true;
}

bool kc_http_head_header_line(struct kc_http_message *m, struct kc_bytes line, uint64_t at)
{
    struct kc_bytes name = before(line, ':');
    if (name.len == line.len || !kc_http_text_is_token(name))
        return bad(m, "header line does not begin with a name and a colon", at);
    m->headers[m->header_count++] = (struct kc_http_header){name, trim(from(line, name.len + 1))};
    return true;
}

bool kc_http_head_is_bodiless(const struct kc_http_message *m)
{
    return m->is_response && (m->method == KC_HTTP_HEAD || m->status / 100 == 1 ||
                              m->status == 204 || m->status == 304);
}

static bool check_framing(struct kc_http_message *m)
{
    struct kc_bytes coding = {NULL, 0};
    struct kc_bytes length = {NULL, 0};
    size_t codings = kc_http_header(m, "transfer-encoding", &coding);
    size_t lengths = kc_http_header(m, "content-length", &length);

    if (codings > 0 && lengths > 0)
        return bad(m, "Content-Length and Transfer-Encoding in one message", m->at);
    if (codings > 1)
        return bad(m, "several Transfer-Encoding headers", m->at);
    if (lengths > 1)
        return bad(m, "several Content-Length headers", m->at);
    if (codings == 1 && !kc_http_text_equal_no_case(coding, kc_bytes_of_text("chunked")))
        return unsupported(m, 501, "Transfer-Encoding is not `chunked`", m->at);
    m->chunked = codings == 1;
    m->content_length = lengths == 1 ? m->engine.content_length : 0;

    if (!m->is_response)
        return true;
    if ((m->status / 100 == 1 || m->status == 204) && (codings > 0 || lengths > 0))
        return bad(m, "response announces a body that it cannot have", m->at);
    if (!kc_http_head_is_bodiless(m) && codings == 0 && lengths == 0)
        return unsupported(m, 400, "response does not say how long its body is", m->at);
    return true;
}

static bool check_host(struct kc_http_message *m)
{
    struct kc_bytes host = {NULL, 0};
    size_t count = kc_http_header(m, "host", &host);
    if (count != 1)
        return bad(m, count == 0 ? "no Host header" : "several Host headers", m->at);
    if (!kc_http_text_is_host(host))
        return bad(m, "Host header is not a host with an optional port", m->at);
    return true;
}

static bool check_expect(struct kc_http_message *m)
{
    struct kc_bytes expect = {NULL, 0};
    size_t count = kc_http_header(m, "expect", &expect);
    if (count == 0)
        return true;
    if (count > 1 || !kc_http_text_equal_no_case(expect, kc_bytes_of_text("100-continue")))
        return unsupported(m, 417, "Expect is not `100-continue`", m->at);
    m->expects_continue = m->chunked || m->content_length > 0;
    return true;
}

bool kc_http_head_check(struct kc_http_message *m)
{
    if (!m->is_response && !check_host(m))
        return false;
    if (!check_framing(m))
        return false;
    if (!kc_http_head_is_bodiless(m) && m->content_length > m->limits.body) {
        kc_http_head_refuse(m, 413, KC_ERR_ROOM, "body is longer than allowed", m->at);
        return false;
    }
    return m->is_response || check_expect(m);
}
