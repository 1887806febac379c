#include "http/write.h"

#include "http/text.h"

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

/* What the functions here write themselves, or what would change the framing. */
static const char *const reserved[] = {
    "host",         "connection",    "content-length", "transfer-encoding",
    "content-type", "cache-control", "expect",         "upgrade",
    "te",           "trailer",
};

const char *kc_http_write_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "";
}

static void text(struct kc_writer *w, const char *words)
{
    kc_writer_bytes(w, kc_bytes_of_text(words));
}

static void decimal(struct kc_writer *w, uint64_t number)
{
    uint8_t digits[20];
    size_t start = sizeof digits;
    do {
        digits[--start] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    kc_writer_copy(w, digits + start, sizeof digits - start);
}

static void header(struct kc_writer *w, struct kc_bytes name, struct kc_bytes value)
{
    kc_writer_bytes(w, name);
    text(w, ": ");
    kc_writer_bytes(w, value);
    text(w, "\r\n");
}

static void header_text(struct kc_writer *w, const char *name, const char *value)
{
    header(w, kc_bytes_of_text(name), kc_bytes_of_text(value));
}

static bool is_reserved(struct kc_bytes name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (kc_http_text_equal_no_case(name, kc_bytes_of_text(reserved[i])))
            return true;
    }
    return false;
}

static bool are_sound(const struct kc_http_header *headers, size_t count, const char *content_type)
{
    for (size_t i = 0; i < count; i++) {
        if (!kc_http_text_is_token(headers[i].name) || is_reserved(headers[i].name) ||
            !kc_http_text_is_value(headers[i].value))
            return false;
    }
    return content_type == NULL || kc_http_text_is_value(kc_bytes_of_text(content_type));
}

static void content_length(struct kc_writer *w, size_t len)
{
    text(w, "Content-Length: ");
    decimal(w, len);
    text(w, "\r\n");
}

static void more_headers(struct kc_writer *w, const struct kc_http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        header(w, headers[i].name, headers[i].value);
}

enum kc_err kc_http_write_response(struct kc_writer *w, const struct kc_http_response *response)
{
    bool bodiless = response->status == 204 || response->status == 304;
    if (response->status < 200 || response->status > 599 || (bodiless && response->body.len > 0) ||
        !are_sound(response->headers, response->header_count, response->content_type))
        return KC_ERR_ARGUMENT;

    text(w, "HTTP/1.1 ");
    decimal(w, response->status);
    text(w, " ");
    text(w, kc_http_write_reason(response->status));
    text(w, "\r\n");
    header_text(w, "Cache-Control", "no-store");
    if (!response->keep_alive)
        header_text(w, "Connection", "close");
    if (response->content_type != NULL && response->body.len > 0)
        header_text(w, "Content-Type", response->content_type);
    more_headers(w, response->headers, response->header_count);
    if (!bodiless)
        content_length(w, response->body.len);
    text(w, "\r\n");
    if (!response->head_only)
        kc_writer_bytes(w, response->body);
    return kc_writer_failed(w) ? KC_ERR_ROOM : KC_OK;
}

static bool usually_has_body(enum kc_http_method method)
{
    return method == KC_HTTP_POST || method == KC_HTTP_PUT || method == KC_HTTP_PATCH;
}

enum kc_err kc_http_write_request(struct kc_writer *w, const struct kc_http_request *request)
{
    const char *method = kc_http_method_name(request->method);
    if (method == NULL || !kc_http_text_is_target(request->target) ||
        !kc_http_text_is_host(request->host) ||
        !are_sound(request->headers, request->header_count, request->content_type))
        return KC_ERR_ARGUMENT;

    text(w, method);
    text(w, " ");
    kc_writer_bytes(w, request->target);
    text(w, " HTTP/1.1\r\n");
    header(w, kc_bytes_of_text("Host"), request->host);
    if (!request->keep_alive)
        header_text(w, "Connection", "close");
    if (request->content_type != NULL && request->body.len > 0)
        header_text(w, "Content-Type", request->content_type);
    more_headers(w, request->headers, request->header_count);
    if (request->body.len > 0 || usually_has_body(request->method))
        content_length(w, request->body.len);
    text(w, "\r\n");
    kc_writer_bytes(w, request->body);
    return kc_writer_failed(w) ? KC_ERR_ROOM : KC_OK;
}

enum kc_err kc_http_write_continue(struct kc_writer *w)
{
    text(w, "HTTP/1.1 100 Continue\r\n\r\n");
    return kc_writer_failed(w) ? KC_ERR_ROOM : KC_OK;
}
