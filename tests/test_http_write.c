/* What is written is exact, and what could be read as something else is not written. */
#include "http/write.h"
#include "test.h"

#include "http_trace.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static const struct kc_http_header retry[] = {{TEXT("Retry-After"), TEXT("1")}};
static const struct kc_http_header token[] = {{TEXT("X-Vault-Token"), TEXT("t")},
                                              {TEXT("X-Empty"), TEXT("")}};

#define STORE "Cache-Control: no-store\r\n"

static const struct {
    struct kc_http_response in;
    const char *want;
} responses[] = {
    {{.status = 200, .content_type = "application/json", .body = TEXT("{}"), .keep_alive = true},
     "HTTP/1.1 200 OK\r\n" STORE "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
    {{.status = 200, .content_type = "text/plain", .body = TEXT("{}"), .head_only = true},
     "HTTP/1.1 200 OK\r\n" STORE "Connection: close\r\nContent-Type: text/plain\r\n"
     "Content-Length: 2\r\n\r\n"},
    {{.status = 204, .content_type = "application/json", .keep_alive = true},
     "HTTP/1.1 204 No Content\r\n" STORE "\r\n"},
    {{.status = 503, .keep_alive = true, .headers = retry, .header_count = 1},
     "HTTP/1.1 503 Service Unavailable\r\n" STORE "Retry-After: 1\r\nContent-Length: 0\r\n\r\n"},
    {{.status = 472, .keep_alive = true}, "HTTP/1.1 472 \r\n" STORE "Content-Length: 0\r\n\r\n"},
};

static const struct {
    struct kc_http_request in;
    const char *want;
} requests[] = {
    {{.method = KC_HTTP_GET, .target = TEXT("/a?b=c"), .host = TEXT("kms"), .keep_alive = true},
     "GET /a?b=c HTTP/1.1\r\nHost: kms\r\n\r\n"},
    {{.method = KC_HTTP_LIST,
      .target = TEXT("/"),
      .host = TEXT("[::1]:8200"),
      .headers = token,
      .header_count = 2},
     "LIST / HTTP/1.1\r\nHost: [::1]:8200\r\nConnection: close\r\nX-Vault-Token: t\r\n"
     "X-Empty: \r\n\r\n"},
    {{.method = KC_HTTP_PUT, .target = TEXT("/"), .host = TEXT("kms"), .keep_alive = true},
     "PUT / HTTP/1.1\r\nHost: kms\r\nContent-Length: 0\r\n\r\n"},
    {{.method = KC_HTTP_POST,
      .target = TEXT("/"),
      .host = TEXT("kms"),
      .keep_alive = true,
      .content_type = "application/json",
      .body = TEXT("0123456789")},
     "POST / HTTP/1.1\r\nHost: kms\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
     "0123456789"},
};

static const struct kc_http_limits limits = {
    .line = 100, .headers = 10, .header_bytes = 500, .body = 100};

/* Our own parser accepts it, as one message. */
static void read_back(struct kc_bytes text, bool is_response, enum kc_http_method method)
{
    static struct trace t;
    uint8_t room[1024];
    struct kc_room head = {room, sizeof room};
    memset(&t, 0, sizeof t);
    enum kc_err err = is_response ? kc_http_response_init(&t.message, &limits, head, method)
                                  : kc_http_request_init(&t.message, &limits, head);
    assert_int_equal(err, KC_OK);
    trace_run(&t, text, TRACE_WHOLE, 0);
    assert_true(t.used == text.len);
    assert_null(strstr(t.text, "refused"));
    assert_non_null(strstr(t.text, "|end\n"));
}

static void check(enum kc_err err, const struct kc_writer *w, const char *want)
{
    assert_int_equal(err, KC_OK);
    if (!kc_bytes_equal(kc_writer_written(w), kc_bytes_of_text(want)))
        fail_msg("wanted\n%s\ngot\n%.*s", want, (int)w->len, (const char *)w->ptr);
}

static void test_responses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(responses); i++) {
        const struct kc_http_response *in = &responses[i].in;
        uint8_t room[512];
        struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
        struct kc_writer count = KC_WRITER_COUNT;
        check(kc_http_write_response(&w, in), &w, responses[i].want);
        assert_int_equal(kc_http_write_response(&count, in), KC_OK);
        assert_int_equal(count.len, w.len);
        read_back(kc_writer_written(&w), true, in->head_only ? KC_HTTP_HEAD : KC_HTTP_GET);
        w = kc_writer_of((struct kc_room){room, count.len - 1});
        assert_int_equal(kc_http_write_response(&w, in), KC_ERR_ROOM);
    }
}

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        uint8_t room[512];
        struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
        check(kc_http_write_request(&w, &requests[i].in), &w, requests[i].want);
        read_back(kc_writer_written(&w), false, KC_HTTP_GET);
        w = kc_writer_of((struct kc_room){room, w.len - 1});
        assert_int_equal(kc_http_write_request(&w, &requests[i].in), KC_ERR_ROOM);
    }
}

static void test_continue(void **state)
{
    (void)state;
    uint8_t room[64];
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    check(kc_http_write_continue(&w), &w, "HTTP/1.1 100 Continue\r\n\r\n");
    w = kc_writer_of((struct kc_room){room, 5});
    assert_int_equal(kc_http_write_continue(&w), KC_ERR_ROOM);
}

static const struct kc_http_header bad_headers[] = {
    {TEXT("A"), TEXT("b\r\nX: c")},
    {TEXT("A"), TEXT("b\n")},
    {TEXT("A"), TEXT("b\0")},
    {TEXT("A"), TEXT("\xc3\xa9")},
    {TEXT("A"), TEXT(" b")},
    {TEXT("A"), TEXT("b\t")},
    {TEXT(""), TEXT("b")},
    {TEXT("A:"), TEXT("b")},
    {TEXT("A B"), TEXT("b")},
    {TEXT("A\r\n"), TEXT("b")},
    {TEXT("host"), TEXT("b")},
    {TEXT("Connection"), TEXT("b")},
    {TEXT("Content-Length"), TEXT("1")},
    {TEXT("transfer-encoding"), TEXT("chunked")},
};

static void test_bad_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_headers); i++) {
        struct kc_writer w = KC_WRITER_COUNT;
        struct kc_http_response response = responses[0].in;
        struct kc_http_request request = requests[0].in;
        response.headers = &bad_headers[i];
        response.header_count = 1;
        request.headers = &bad_headers[i];
        request.header_count = 1;
        assert_int_equal(kc_http_write_response(&w, &response), KC_ERR_ARGUMENT);
        assert_int_equal(kc_http_write_request(&w, &request), KC_ERR_ARGUMENT);
        assert_int_equal(w.len, 0);
    }
}

static const struct kc_http_response bad_responses[] = {
    {.status = 199},
    {.status = 600},
    {.status = 204, .body = TEXT("x")},
    {.status = 304, .body = TEXT("x")},
    {.status = 200, .content_type = "a\r\nb", .body = TEXT("x")},
};

static const struct kc_http_request bad_requests[] = {
    {.method = KC_HTTP_METHOD_COUNT, .target = TEXT("/"), .host = TEXT("kms")},
    {.target = TEXT(""), .host = TEXT("kms")},
    {.target = TEXT("a"), .host = TEXT("kms")},
    {.target = TEXT("/a b"), .host = TEXT("kms")},
    {.target = TEXT("/a\r\n"), .host = TEXT("kms")},
    {.target = TEXT("/%zz"), .host = TEXT("kms")},
    {.target = TEXT("/"), .host = TEXT("")},
    {.target = TEXT("/"), .host = TEXT("a\r\nb")},
    {.target = TEXT("/"), .host = TEXT("kms"), .content_type = "a\nb", .body = TEXT("x")},
};

static void test_bad_arguments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_responses); i++) {
        struct kc_writer w = KC_WRITER_COUNT;
        assert_int_equal(kc_http_write_response(&w, &bad_responses[i]), KC_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT_OF(bad_requests); i++) {
        struct kc_writer w = KC_WRITER_COUNT;
        assert_int_equal(kc_http_write_request(&w, &bad_requests[i]), KC_ERR_ARGUMENT);
    }
}

/* Every status that a refused request is answered with has its reason. */
static void test_reasons(void **state)
{
    (void)state;
    static const unsigned refusals[] = {400, 413, 414, 417, 431, 501, 505};
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        assert_true(kc_http_write_reason(refusals[i])[0] != '\0');
    assert_string_equal(kc_http_write_reason(299), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses),     cmocka_unit_test(test_requests),
        cmocka_unit_test(test_continue),      cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_arguments), cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
