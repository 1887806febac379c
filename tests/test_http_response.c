/* Responses: what a client accepts, skips and refuses, fed in every way. */
#include "test.h"

#include "http_trace.h"

#define OK200 "HTTP/1.1 200 OK\r\n"
#define CL(n) "Content-Length: " #n "\r\n"
#define TE    "Transfer-Encoding: chunked\r\n"
#define END   "\r\n"

static const struct kc_http_limits limits = {
    .line = 40, .headers = 6, .header_bytes = 200, .body = 20};

static const struct {
    const char *name;
    enum kc_http_method method;
    const char *input;
    const char *want;
} rows[] = {
    {"body", KC_HTTP_GET, OK200 CL(2) END "{}", "200 2|Content-Length=2|body {}|end\nidle\n"},
    {"no body", KC_HTTP_GET, OK200 CL(0) END, "200 0|Content-Length=0|end\nidle\n"},
    {"chunks", KC_HTTP_GET, OK200 TE END "2\r\n{}\r\n0\r\n\r\n",
     "200 0 chunked|Transfer-Encoding=chunked|body {}|end\nidle\n"},
    {"no reason", KC_HTTP_GET, "HTTP/1.1 472 \r\n" CL(0) END, "472 0|Content-Length=0|end\nidle\n"},
    {"long reason", KC_HTTP_GET, "HTTP/1.1 431 Request Header Fields 2 Large\r\n" CL(0) END,
     "refused 414: first line is longer than allowed at 40\n"},
    {"two", KC_HTTP_GET, OK200 CL(1) END "a" OK200 CL(0) END,
     "200 1|Content-Length=1|body a|end\n200 0|Content-Length=0|end\nidle\n"},
    {"close", KC_HTTP_GET, OK200 CL(0) "Connection: close" END END "x",
     "200 0 close|Content-Length=0|Connection=close|end\n"},
    {"204", KC_HTTP_DELETE, "HTTP/1.1 204 No Content\r\n\r\n", "204 0|end\nidle\n"},
    {"304", KC_HTTP_GET, "HTTP/1.1 304 Not Modified\r\n" CL(9) END,
     "304 9|Content-Length=9|end\nidle\n"},
    {"to HEAD", KC_HTTP_HEAD, OK200 CL(99) END, "200 99|Content-Length=99|end\nidle\n"},
    {"to HEAD, chunked", KC_HTTP_HEAD, OK200 TE END,
     "200 0 chunked|Transfer-Encoding=chunked|end\nidle\n"},
    {"to HEAD, no length", KC_HTTP_HEAD, OK200 END, "200 0|end\nidle\n"},
    {"to HEAD, with a body", KC_HTTP_HEAD, OK200 CL(1) END "x",
     "200 1|Content-Length=1|end\nincomplete\n"},
    {"continue", KC_HTTP_POST, "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" OK200 CL(0) END,
     "200 0|Content-Length=0|end\nidle\n"},
    {"continue alone", KC_HTTP_POST, "HTTP/1.1 100 Continue\r\n\r\n", "incomplete\n"},
    {"early hints", KC_HTTP_POST, "HTTP/1.1 103 Early Hints\r\n\r\n" OK200 CL(0) END,
     "200 0|Content-Length=0|end\nidle\n"},
    {"half", KC_HTTP_GET, OK200 CL(2) END "{", "200 2|Content-Length=2|body {incomplete\n"},

    {"many interim", KC_HTTP_GET,
     "HTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\n"
     "HTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 100 \r\n\r\n"
     "HTTP/1.1 100 \r\n\r\n",
     "refused 400: too many interim responses at 17\n"},
    {"until close", KC_HTTP_GET, OK200 END "x",
     "refused 400: response does not say how long its body is at 19\n"},
    {"switching", KC_HTTP_GET,
     "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
     "refused 400: response switches protocols, which nobody asked for at 9\n"},
    {"204 with a length", KC_HTTP_GET, "HTTP/1.1 204 \r\n" CL(2) END "{}",
     "refused 400: response announces a body that it cannot have at 36\n"},
    {"204 chunked", KC_HTTP_GET, "HTTP/1.1 204 \r\n" TE END "0\r\n\r\n",
     "refused 400: response announces a body that it cannot have at 45\n"},
    {"100 with a length", KC_HTTP_GET, "HTTP/1.1 100 \r\n" CL(2) END "{}",
     "refused 400: response announces a body that it cannot have at 36\n"},
    {"CL and TE", KC_HTTP_GET, OK200 CL(2) TE END,
     "refused 400: Content-Length and Transfer-Encoding in one message at 66\n"},
    {"two CL", KC_HTTP_GET, OK200 CL(2) CL(2) END "{}", "refused 400: Duplicate Content-Length"},
    {"TE gzip", KC_HTTP_GET, OK200 "Transfer-Encoding: gzip\r\n\r\n",
     "refused 501: Transfer-Encoding is not `chunked`"},
    {"TE chunked, gzip", KC_HTTP_GET, OK200 "Transfer-Encoding: chunked, gzip\r\n\r\n",
     "refused 501: Transfer-Encoding is not `chunked`"},
    {"TE twice", KC_HTTP_GET, OK200 TE TE END, "refused 400: several Transfer-Encoding headers"},
    {"HTTP/1.0", KC_HTTP_GET, "HTTP/1.0 200 OK\r\n" CL(0) END,
     "refused 505: HTTP version is not 1.1 at 0\n"},
    {"HTTP/2", KC_HTTP_GET, "HTTP/2 200 OK\r\n" CL(0) END,
     "refused 400: first line has no HTTP version where one must be at 0\n"},
    {"status of two digits", KC_HTTP_GET, "HTTP/1.1 20 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"status of four digits", KC_HTTP_GET, "HTTP/1.1 2000 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"status 99", KC_HTTP_GET, "HTTP/1.1 099 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"status 600", KC_HTTP_GET, "HTTP/1.1 600 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"status with a letter", KC_HTTP_GET, "HTTP/1.1 2x0 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"two spaces", KC_HTTP_GET, "HTTP/1.1  200 OK\r\n" CL(0) END,
     "refused 400: status is not a number from 100 to 599 at 9\n"},
    {"no space", KC_HTTP_GET, "HTTP/1.1 200\r\n" CL(0) END,
     "refused 400: no space behind the status at 12\n"},
    {"request", KC_HTTP_GET, "GET / HTTP/1.1\r\n\r\n",
     "refused 400: first line has no HTTP version where one must be at 0\n"},
    {"LF", KC_HTTP_GET, "HTTP/1.1 200 OK\n" CL(0) END, "refused 400: LF without CR at 15\n"},
    {"folded", KC_HTTP_GET, OK200 CL(0) " 1" END END, "refused 400: folded header line at 36\n"},
    {"byte outside ASCII", KC_HTTP_GET, "HTTP/1.1 200 \xc3\xa9\r\n" CL(0) END,
     "refused 400: control character or byte outside ASCII at 13\n"},
    {"too long", KC_HTTP_GET, OK200 CL(21) END, "refused 413: body is longer than allowed at 39\n"},
    {"too long, chunked", KC_HTTP_GET, OK200 TE END "15\r\n",
     "200 0 chunked|Transfer-Encoding=chunkedrefused 413: body is longer than allowed at 51\n"},
    {"trailer", KC_HTTP_GET, OK200 TE END "0\r\nA: b\r\n\r\n",
     "200 0 chunked|Transfer-Encoding=chunkedrefused 400: trailer behind the last chunk at 50\n"},
    {"too many headers", KC_HTTP_GET, OK200 CL(0) "B:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\n" END,
     "refused 431: more headers than allowed at 56\n"},
};

static void run(size_t i, enum trace_cut cut, uint32_t seed, struct trace *t)
{
    size_t size = kc_http_head_room(&limits);
    uint8_t *room = malloc(size);
    memset(t, 0, sizeof *t);
    assert_int_equal(
        kc_http_response_init(&t->message, &limits, (struct kc_room){room, size}, rows[i].method),
        KC_OK);
    trace_run(t, kc_bytes_of_text(rows[i].input), cut, seed);
    if (strncmp(t->text, rows[i].want, strlen(rows[i].want)) != 0)
        fail_msg("%s: wanted\n%s\ngot\n%s", rows[i].name, rows[i].want, t->text);
    kc_http_wipe(&t->message);
    free(room);
}

static void test_rows(void **state)
{
    (void)state;
    static struct trace whole;
    static struct trace pieces;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        run(i, TRACE_WHOLE, 0, &whole);
        for (uint32_t seed = 0; seed < 20; seed++) {
            run(i, seed == 0 ? TRACE_BYTES : TRACE_RANDOM, seed, &pieces);
            assert_string_equal(whole.text, pieces.text);
            assert_true(whole.used == pieces.used);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
