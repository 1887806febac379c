/*
 * Requests: what is accepted and how it is read, what is refused and with which status. Every row
 * is fed whole, byte by byte and in random pieces, and must come out the same.
 */
#include "test.h"

#include "http_trace.h"

#define HOST "Host: kms\r\n"
#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\n" HOST
#define TE   "Transfer-Encoding: chunked\r\n"
#define END  "\r\n"
#define READ "GET /  0|Host=kms|end\n"

static const struct kc_http_limits limits = {
    .line = 40, .headers = 6, .header_bytes = 200, .body = 20};

struct row {
    const char *name;
    const char *input;
    const char *want;
};

static const struct row accepted[] = {
    {"nothing", "", "idle\n"},
    {"smallest", GET HOST END, READ "idle\n"},
    {"cut in the line", "GET / HT", "incomplete\n"},
    {"cut before the last LF", GET HOST "\r", "incomplete\n"},
    {"cut in the body", POST "Content-Length: 5" END END "abc",
     "POST /a  5|Host=kms|Content-Length=5|body abcincomplete\n"},
    {"path and query", "DELETE /v1/a%20b//c?x=1&y=?/ HTTP/1.1\r\n" HOST END,
     "DELETE /v1/a%20b//c x=1&y=?/ 0|Host=kms|end\nidle\n"},
    {"empty query", "GET /a? HTTP/1.1\r\n" HOST END, "GET /a  0|Host=kms|end\nidle\n"},
    {"LIST", "LIST /keys HTTP/1.1\r\n" HOST END, "LIST /keys  0|Host=kms|end\nidle\n"},
    {"LIST with a body", "LIST /k HTTP/1.1\r\n" HOST "Content-Length: 2" END END "{}",
     "LIST /k  2|Host=kms|Content-Length=2|body {}|end\nidle\n"},
    {"HEAD", "HEAD / HTTP/1.1\r\n" HOST END, "HEAD /  0|Host=kms|end\nidle\n"},
    {"PATCH", "PATCH / HTTP/1.1\r\n" HOST END, "PATCH /  0|Host=kms|end\nidle\n"},
    {"OPTIONS", "OPTIONS / HTTP/1.1\r\n" HOST END, "OPTIONS /  0|Host=kms|end\nidle\n"},
    {"PUT without a body", "PUT / HTTP/1.1\r\n" HOST END, "PUT /  0|Host=kms|end\nidle\n"},
    {"white space around a value", GET HOST "A: \t b c \t" END END,
     "GET /  0|Host=kms|A=b c|end\nidle\n"},
    {"empty values", GET HOST "A:" END "B:  " END "C: c" END END,
     "GET /  0|Host=kms|A=|B=|C=c|end\nidle\n"},
    {"empty value last", GET HOST "A:" END END, "GET /  0|Host=kms|A=|end\nidle\n"},
    {"no space behind the colon", GET "hOST:[::1]:8200" END END,
     "GET /  0|hOST=[::1]:8200|end\nidle\n"},
    {"body", POST "Content-Length: 5" END END "a\r\n\xff\x01",
     "POST /a  5|Host=kms|Content-Length=5|body a\r\n\xff\x01|end\nidle\n"},
    {"length 0", POST "Content-Length: 0" END END,
     "POST /a  0|Host=kms|Content-Length=0|end\nidle\n"},
    {"underscore is no hyphen", POST "Content_Length: 1" END END "x",
     "POST /a  0|Host=kms|Content_Length=1|end\nincomplete\n"},
    {"leading zeros", POST "Content-Length: 0003" END END "abc",
     "POST /a  3|Host=kms|Content-Length=0003|body abc|end\nidle\n"},
    {"chunks", POST TE END "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
     "POST /a  0 chunked|Host=kms|Transfer-Encoding=chunked|body abc0123456789|end\nidle\n"},
    {"CHUNKED", POST "transfer-encoding:CHUNKED" END END "1\r\na\r\n000\r\n\r\n",
     "POST /a  0 chunked|Host=kms|transfer-encoding=CHUNKED|body a|end\nidle\n"},
    {"no chunks", POST TE END "0\r\n\r\n",
     "POST /a  0 chunked|Host=kms|Transfer-Encoding=chunked|end\nidle\n"},
    {"close", GET HOST "Connection: Close" END END GET HOST END,
     "GET /  0 close|Host=kms|Connection=Close|end\n"},
    {"close in a list", GET HOST "Connection: x, keep-alive ,close" END END,
     "GET /  0 close|Host=kms|Connection=x, keep-alive ,close|end\n"},
    {"closed is not close", GET HOST "Connection: closed" END END,
     "GET /  0|Host=kms|Connection=closed|end\nidle\n"},
    {"upgrade is ignored", GET HOST "Connection: upgrade" END "Upgrade: h2c" END END GET HOST END,
     "GET /  0|Host=kms|Connection=upgrade|Upgrade=h2c|end\n" READ "idle\n"},
    {"upgrade with a body", POST "Connection: upgrade" END "Upgrade: x" END TE END "0\r\n\r\n",
     "POST /a  0 chunked|Host=kms|Connection=upgrade|Upgrade=x|Transfer-Encoding=chunked|end\n"
     "idle\n"},
    {"pipelined", GET HOST END POST "Content-Length: 1" END END "x" GET HOST END GET,
     READ "POST /a  1|Host=kms|Content-Length=1|body x|end\n" READ "incomplete\n"},
    {"pipelined after chunks", POST TE END "1\r\nx\r\n0\r\n\r\n" GET HOST END,
     "POST /a  0 chunked|Host=kms|Transfer-Encoding=chunked|body x|end\n" READ "idle\n"},
    {"continue", POST "Expect: 100-Continue" END "Content-Length: 1" END END "x",
     "POST /a  1 continue|Host=kms|Expect=100-Continue|Content-Length=1|body x|end\nidle\n"},
    {"continue for nothing", GET HOST "Expect: 100-continue" END END,
     "GET /  0|Host=kms|Expect=100-continue|end\nidle\n"},
    {"as many headers as allowed", GET HOST "B:\r\nC:\r\nD:\r\nE:\r\nF:\r\n" END,
     "GET /  0|Host=kms|B=|C=|D=|E=|F=|end\nidle\n"},
    {"as long a body as allowed", POST "Content-Length: 20" END END "01234567890123456789",
     "POST /a  20|Host=kms|Content-Length=20|body 01234567890123456789|end\nidle\n"},
    {"as long chunks as allowed", POST TE END "10\r\n0123456789abcdef\r\n4\r\nABCD\r\n0\r\n\r\n",
     "POST /a  0 chunked|Host=kms|Transfer-Encoding=chunked|body 0123456789abcdefABCD|end\nidle\n"},
    {"as long a line as allowed", "GET /01234567890123456789012345 HTTP/1.1\r\n" HOST END,
     "GET /01234567890123456789012345  0|Host=kms|end\nidle\n"},
};

/* One message and no other is read; then it is refused as `want` says. */
static const struct row refused[] = {
    /* Two lengths: who reads the other one sees another request. */
    {"CL and TE", POST "Content-Length: 5" END TE END "0\r\n\r\n",
     "refused 400: Content-Length and Transfer-Encoding in one message"},
    {"TE and CL", POST TE "Content-Length: 5" END END "0\r\n\r\n",
     "refused 400: Content-Length and Transfer-Encoding in one message"},
    {"two CL", POST "Content-Length: 1" END "Content-Length: 2" END END "x",
     "refused 400: Duplicate Content-Length"},
    {"two equal CL", POST "Content-Length: 1" END "Content-Length: 1" END END "x",
     "refused 400: Duplicate Content-Length"},
    {"CL list", POST "Content-Length: 1, 1" END END "x", "refused 400: Invalid character in"},
    {"CL plus", POST "Content-Length: +1" END END "x", "refused 400: Invalid character in"},
    {"CL minus", POST "Content-Length: -1" END END "x", "refused 400: Invalid character in"},
    {"CL space", POST "Content-Length: 1 1" END END "x", "refused 400: Invalid character in"},
    {"CL hex", POST "Content-Length: 0x1" END END "x", "refused 400: Invalid character in"},
    {"CL decimals", POST "Content-Length: 1.0" END END "x", "refused 400: Invalid character in"},
    {"CL empty", POST "Content-Length:" END END "x", "refused 400: Empty Content-Length"},
    {"CL overflow", POST "Content-Length: 18446744073709551616" END END "x",
     "refused 400: Content-Length overflow"},
    {"TE gzip", POST "Transfer-Encoding: gzip" END END, "refused 501: Transfer-Encoding"},
    {"TE identity", POST "Transfer-Encoding: identity" END END, "refused 501: Transfer-Encoding"},
    {"TE gzip, chunked", POST "Transfer-Encoding: gzip, chunked" END END,
     "refused 501: Transfer-Encoding"},
    {"TE chunked, gzip", POST "Transfer-Encoding: chunked, gzip" END END,
     "refused 501: Transfer-Encoding"},
    {"TE chunked twice", POST "Transfer-Encoding: chunked, chunked" END END,
     "refused 501: Transfer-Encoding"},
    {"TE chunked with a parameter", POST "Transfer-Encoding: chunked;q=1" END END,
     "refused 501: Transfer-Encoding"},
    {"TE xchunked", POST "Transfer-Encoding: xchunked" END END, "refused 501: Transfer-Encoding"},
    {"TE quoted", POST "Transfer-Encoding: \"chunked\"" END END, "refused 501: Transfer-Encoding"},
    {"TE empty", POST "Transfer-Encoding:" END END, "refused 501: Transfer-Encoding"},
    {"two TE", POST TE TE END "0\r\n\r\n", "refused 501: Transfer-Encoding"},
    {"two TE, the first empty", POST "Transfer-Encoding:" END TE END "0\r\n\r\n",
     "refused 400: several Transfer-Encoding headers"},
    {"TE with vertical tab", POST "Transfer-Encoding: \vchunked" END END,
     "refused 400: control character"},

    /* Ends of lines. */
    {"folded", GET HOST "A: b\r\n c" END END, "refused 400: folded header line"},
    {"folded with a tab", GET HOST "A: b\r\n\tc" END END, "refused 400: folded header line"},
    {"folded TE", POST "Transfer-Encoding:\r\n chunked" END END, "refused 400: folded header line"},
    {"space before the first header", GET " " HOST END, "refused 400: folded header line"},
    {"LF behind the request line", "GET / HTTP/1.1\n" HOST END, "refused 400: LF without CR"},
    {"LF behind a header", GET "Host: kms\n" END, "refused 400: LF without CR"},
    {"LF for the empty line", GET HOST "\n", "refused 400: LF without CR"},
    {"LF in a value", GET HOST "A: b\nX: c" END END, "refused 400: LF without CR"},
    {"CR in a value", GET HOST "A: b\rX: c" END END, "refused 400: CR without LF"},
    {"CR behind the request line", "GET / HTTP/1.1\r" HOST END, "refused 400: CR without LF"},
    {"CR CR LF", GET HOST "\r\r\n", "refused 400: CR without LF"},
    {"CR in a name", GET HOST "A\rB: c" END END, "refused 400: CR without LF"},
    {"empty line before it", END GET HOST END,
     "refused 400: request line does not begin with a method at 0"},
    {"LF before it", "\n" GET HOST END, "refused 400: LF without CR at 0"},

    /* Bytes. */
    {"DEL", GET HOST "A: \x7f" END END, "refused 400: control character"},
    {"escape", GET HOST "A: \x1b[0m" END END, "refused 400: control character"},
    {"UTF-8 in a value", GET HOST "A: \xc3\xa9" END END, "refused 400: control character"},
    {"UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST END, "refused 400: control char"},
    {"TLS", "\x16\x03\x01\x02", "refused 400: control character or byte outside ASCII at 0"},

    /* Names. */
    {"space before the colon", GET "Host : kms" END END, "refused 400: header line does not begin"},
    {"tab before the colon", GET "Host\t: kms" END END, "refused 400: header line does not begin"},
    {"space before CL's colon", POST "Content-Length : 1" END END "x",
     "refused 400: header line does not begin"},
    {"space before TE's colon", POST "Transfer-Encoding : chunked" END END,
     "refused 400: header line does not begin"},
    {"empty name", GET HOST ": x" END END, "refused 400: header line does not begin"},
    {"no colon", GET HOST "A" END END, "refused 400: header line does not begin"},
    {"space in a name", GET HOST "A B: c" END END, "refused 400: header line does not begin"},
    {"bracket in a name", GET HOST "A(: c" END END, "refused 400: header line does not begin"},

    /* The request line. */
    {"absolute form", "GET http://kms/ HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"authority form", "GET kms:443 HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"fragment", "GET /#a HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"empty target", "GET  HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"backslash", "GET /a\\b HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"half an escape", "GET /%2 HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"escape of no byte", "GET /%g0 HTTP/1.1\r\n" HOST END, "refused 400: request target"},
    {"two spaces before the target", "GET  / HTTP/1.1\r\n" HOST END, "refused 400: first line"},
    {"two spaces behind the target", "GET /  HTTP/1.1\r\n" HOST END, "refused 400: first line"},
    {"space behind the version", "GET / HTTP/1.1 \r\n" HOST END, "refused 400: first line"},
    {"space before the method", " GET / HTTP/1.1\r\n" HOST END, "refused 400: request line"},
    {"tabs", "GET\t/\tHTTP/1.1\r\n" HOST END, "refused 400: request line does not begin"},
    {"no version", "GET /\r\n" HOST END, "refused 400: first line has no HTTP version"},
    {"HTTP/0.9", "GET / HTTP/0.9\r\n" HOST END, "refused 505: HTTP version is not 1.1 at 6"},
    {"HTTP/1.0", "GET / HTTP/1.0\r\n" HOST END, "refused 505: HTTP version is not 1.1 at 6"},
    {"HTTP/1.2", "GET / HTTP/1.2\r\n" HOST END, "refused 505: HTTP version is not 1.1 at 6"},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refused 505: HTTP version is not 1.1"},
    {"http/1.1", "GET / http/1.1\r\n" HOST END, "refused 400: first line has no HTTP version"},
    {"HTTP/1.1x", "GET / HTTP/1.1x\r\n" HOST END, "refused 400: first line has no HTTP version"},
    {"HTTP/11", "GET / HTTP/1111\r\n" HOST END, "refused 400: first line has no HTTP version"},
    {"RTSP", "GET / RTSP/1.1\r\n" HOST END, "refused 400: first line has no HTTP version"},
    {"CONNECT", "CONNECT kms:443 HTTP/1.1\r\n" HOST END, "refused 501: unknown method at 0"},
    {"TRACE", "TRACE / HTTP/1.1\r\n" HOST END, "refused 501: unknown method at 0"},
    {"lower case method", "get / HTTP/1.1\r\n" HOST END, "refused 501: unknown method at 0"},
    {"half a method", "LIS / HTTP/1.1\r\n" HOST END, "refused 501: unknown method at 0"},
    {"no method", "(GET) / HTTP/1.1\r\n" HOST END, "refused 400: request line does not begin"},

    /* Host and Expect. */
    {"no Host", GET END, "refused 400: no Host header"},
    {"two Hosts", GET HOST HOST END, "refused 400: several Host headers"},
    {"two Hosts that differ", GET HOST "host: other" END END, "refused 400: several Host headers"},
    {"empty Host", GET "Host:" END END, "refused 400: Host header is not a host"},
    {"Host with a path", GET "Host: kms/x" END END, "refused 400: Host header is not a host"},
    {"Host with a user", GET "Host: a@kms" END END, "refused 400: Host header is not a host"},
    {"Host list", GET "Host: a, b" END END, "refused 400: Host header is not a host"},
    {"Expect", POST "Expect: 200-ok" END END, "refused 417: Expect is not `100-continue`"},
    {"two Expects", POST "Expect: 100-continue" END "Expect: 100-continue" END END,
     "refused 417: Expect is not `100-continue`"},

    /* Limits. */
    {"line too long", "GET /012345678901234567890123456 HTTP/1.1\r\n" HOST END,
     "refused 414: first line is longer than allowed at 40"},
    {"endless line", "GET /012345678901234567890123456789012345678901234567890123",
     "refused 414: first line is longer than allowed at 40"},
    {"too many headers", GET HOST "B:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\n" END,
     "refused 431: more headers than allowed"},
    {"too many bytes of headers",
     GET HOST "A: 0123456789012345678901234567890123456789012345678901234567890123456789"
              "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
              "0123456789012345678901234567890123456789" END END,
     "refused 431: headers have more bytes than allowed at 216"},
    {"CL too large", POST "Content-Length: 21" END END, "refused 413: body is longer than allowed"},
    {"CL too large to wait for", POST "Expect: 100-continue" END "Content-Length: 21" END END,
     "refused 413: body is longer than allowed"},
    {"CL of 2^64 - 1", POST "Content-Length: 18446744073709551615" END END,
     "refused 413: body is longer than allowed"},
};

/* The same, behind the head of a chunked request. */
static const struct row refused_chunks[] = {
    {"too large", "15\r\n", "refused 413: body is longer than allowed at 4"},
    {"too large in all", "14\r\n01234567890123456789\r\n1\r\n",
     "01234567890123456789refused 413: body is longer than allowed at 29"},
    {"2^64 - 1", "ffffffffffffffff\r\n", "refused 413: body is longer than allowed at 18"},
    {"2^64 - 1 behind others", "1\r\na\r\nffffffffffffffff\r\n",
     "arefused 413: body is longer than allowed at 24"},
    {"2^64", "10000000000000000\r\n", "refused 400: chunk size is too long at 16"},
    {"2^64 + 1", "10000000000000001\r\n", "refused 400: chunk size is too long at 16"},
    {"many zeros", "00000000000000001\r\n", "refused 400: chunk size is too long at 16"},
    {"extension", "1;a=b\r\nx\r\n0\r\n\r\n", "refused 400: chunk has an extension at 1"},
    {"extension without a name", "1;\r\nx\r\n0\r\n\r\n",
     "refused 400: chunk has an extension at 1"},
    {"extension of the last", "0;a\r\n\r\n", "refused 400: chunk has an extension at 1"},
    {"space", "1 \r\nx\r\n0\r\n\r\n", "refused 400: Invalid character in chunk size at 1"},
    {"space before", " 1\r\nx\r\n0\r\n\r\n", "refused 400: Invalid character in chunk size at 0"},
    {"sign", "+1\r\nx\r\n0\r\n\r\n", "refused 400: Invalid character in chunk size at 0"},
    {"0x", "0x1\r\nx\r\n0\r\n\r\n", "refused 400: Invalid character in chunk size at 1"},
    {"no size", "\r\nx\r\n0\r\n\r\n", "refused 400: Invalid character in chunk size at 0"},
    {"LF behind the size", "1\nx\r\n0\r\n\r\n", "refused 400: LF without CR at 1"},
    {"CR behind the size", "1\rx\r\n0\r\n\r\n", "refused 400: CR without LF at 2"},
    {"LF behind the chunk", "1\r\nx\n0\r\n\r\n", "xrefused 400: no CRLF behind a chunk at 4"},
    {"CR behind the chunk", "1\r\nx\r0\r\n\r\n", "xrefused 400: CR without LF at 5"},
    {"chunk longer than its size", "1\r\nxy\r\n0\r\n\r\n",
     "xrefused 400: no CRLF behind a chunk at 4"},
    {"LF behind the last", "0\r\n\n", "refused 400: trailer behind the last chunk at 3"},
    {"LF behind its size", "0\n\r\n", "refused 400: LF without CR at 1"},
    {"CR behind the last", "0\r\n\rx", "refused 400: CR without LF at 4"},
    {"trailer", "0\r\nA: b\r\n\r\n", "refused 400: trailer behind the last chunk at 3"},
    {"trailer that frames", "0\r\nContent-Length: 5\r\n\r\n",
     "refused 400: trailer behind the last chunk at 3"},
    {"no last chunk", "1\r\nx\r\nGET / HTTP/1.1\r\n",
     "xrefused 400: Invalid character in chunk size at 6"},
};

static void run(const struct row *row, struct kc_bytes input, enum trace_cut cut, uint32_t seed,
                struct trace *t)
{
    uint8_t *room = malloc(kc_http_head_room(&limits));
    memset(t, 0, sizeof *t);
    assert_int_equal(kc_http_request_init(&t->message, &limits,
                                          (struct kc_room){room, kc_http_head_room(&limits)}),
                     KC_OK);
    trace_run(t, input, cut, seed);
    if (row != NULL && strncmp(t->text, row->want, strlen(row->want)) != 0)
        fail_msg("%s: wanted\n%s\ngot\n%s", row->name, row->want, t->text);
    kc_http_wipe(&t->message);
    free(room);
}

/* In every way of cutting it. */
static void check(const struct row *row, struct kc_bytes input)
{
    static struct trace whole;
    static struct trace pieces;
    run(row, input, TRACE_WHOLE, 0, &whole);
    for (uint32_t seed = 0; seed < 20; seed++) {
        run(row, input, seed == 0 ? TRACE_BYTES : TRACE_RANDOM, seed, &pieces);
        assert_string_equal(whole.text, pieces.text);
        assert_true(whole.used == pieces.used);
    }
}

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct kc_bytes input = kc_bytes_of_text(accepted[i].input);
        check(&accepted[i], input);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        check(&refused[i], kc_bytes_of_text(refused[i].input));
}

static void test_refused_chunks(void **state)
{
    (void)state;
    static const char head[] = POST TE END;
    for (size_t i = 0; i < COUNT_OF(refused_chunks); i++) {
        char input[512];
        char want[512];
        unsigned at = 0;
        const char *number = strrchr(refused_chunks[i].want, ' ');
        const char *behind_body = strstr(refused_chunks[i].want, "refused");
        at = (unsigned)strtoul(number, NULL, 10) + (unsigned)strlen(head);
        snprintf(input, sizeof input, "%s%s", head, refused_chunks[i].input);
        snprintf(want, sizeof want,
                 "POST /a  0 chunked|Host=kms|Transfer-Encoding=chunked%s%.*s %u\n",
                 behind_body == refused_chunks[i].want ? "" : "|body ",
                 (int)(number - refused_chunks[i].want), refused_chunks[i].want, at);
        check(&(struct row){refused_chunks[i].name, input, want}, kc_bytes_of_text(input));
    }
}

/* Which bytes may stand where: all 256 of them, NUL included. */
static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *behind;
        const char *allowed; /* beside letters and digits */
    } places[] = {
        {"GET /a", "b HTTP/1.1\r\n" HOST END, "-._~!$&'()*+,;=:@/?"},
        {GET HOST "a", "b: c\r\n\r\n", "!#$%&'*+-.^_`|~:"},
        {GET HOST "A: b", "c\r\n\r\n", "\t !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
        {GET "Host: a", "b\r\n\r\n", ".-_:[]"},
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (unsigned c = 0; c < 256; c++) {
            static struct trace t;
            char input[256];
            size_t at = strlen(places[i].before);
            bool want = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') ||
                        (c != 0 && strchr(places[i].allowed, (int)c) != NULL);
            snprintf(input, sizeof input, "%s?%s", places[i].before, places[i].behind);
            size_t len = strlen(input);
            input[at] = (char)c;
            run(NULL, kc_bytes_of(input, len), c % 2 == 0 ? TRACE_WHOLE : TRACE_BYTES, 0, &t);
            if ((strstr(t.text, "|end\nidle\n") != NULL) != want)
                fail_msg("place %zu, byte %u: %s", i, c, t.text);
        }
    }
}

static void test_nul_in_body(void **state)
{
    (void)state;
    static struct trace t;
    static const char input[] = POST "Content-Length: 3\r\n\r\na\0b";
    static const char want[] = "|body a\0b|end\n";
    run(NULL, kc_bytes_of(input, sizeof input - 1), TRACE_BYTES, 0, &t);
    assert_true(memmem(t.text, t.len, want, sizeof want - 1) != NULL);
}

static void test_room(void **state)
{
    (void)state;
    struct kc_http_message m;
    uint8_t room[242];
    struct kc_http_limits many = limits;
    many.headers = KC_HTTP_HEADERS_MAX + 1;
    struct kc_http_limits endless = limits;
    endless.line = SIZE_MAX - 100;
    assert_int_equal(kc_http_head_room(&limits), sizeof room);
    assert_int_equal(kc_http_request_init(&m, &limits, (struct kc_room){room, 241}),
                     KC_ERR_ARGUMENT);
    assert_int_equal(kc_http_request_init(&m, &many, (struct kc_room){room, sizeof room}),
                     KC_ERR_ARGUMENT);
    assert_int_equal(kc_http_request_init(&m, &endless, (struct kc_room){room, sizeof room}),
                     KC_ERR_ARGUMENT);
}

/* As many bytes of headers as allowed, and one more. */
static void test_header_bytes(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        static struct trace t;
        char input[512];
        int fill = (int)(limits.header_bytes - strlen(HOST "A: \r\n" END) + extra);
        snprintf(input, sizeof input, GET HOST "A: %.*s\r\n\r\n", fill,
                 "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
                 "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
                 "0123456789012345678901234567890123456789012345678901234567890123456789012345678");
        run(NULL, kc_bytes_of_text(input), TRACE_WHOLE, 0, &t);
        assert_true((strstr(t.text, "|end\nidle\n") != NULL) == (extra == 0));
        assert_true((strstr(t.text, "refused 431") != NULL) == (extra == 1));
    }
}

static enum kc_http_event feed(struct kc_http_message *m, const char *text, size_t *used)
{
    return kc_http_feed(m, kc_bytes_of_text(text), used);
}

/* What a server does, event by event. */
static void test_events(void **state)
{
    (void)state;
    struct kc_http_message m;
    struct kc_bytes value = {NULL, 0};
    uint8_t room[242] = {0};
    size_t used = 0;
    static const char body[] = "abcGET";
    assert_int_equal(kc_http_request_init(&m, &limits, (struct kc_room){room, sizeof room}), KC_OK);
    assert_true(kc_http_is_idle(&m));
    assert_int_equal(feed(&m, "POST / HTTP/1.1\r\nHost: a", &used), KC_HTTP_NEED_MORE);
    assert_false(kc_http_is_idle(&m));

    struct kc_http_message moved = m;
    memset(&m, 0, sizeof m);
    assert_int_equal(feed(&moved, "\r\nX: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\nabcGET", &used),
                     KC_HTTP_GOT_HEAD);
    assert_int_equal(used, strlen("\r\nX: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\n"));
    assert_int_equal(kc_http_header(&moved, "x", &value), 2);
    assert_memory_equal(value.ptr, "1", value.len);
    assert_int_equal(kc_http_header(&moved, "host", &value), 1);
    assert_int_equal(kc_http_header(&moved, "y", &value), 0);
    assert_int_equal(value.len, 0);

    assert_int_equal(feed(&moved, "", &used), KC_HTTP_NEED_MORE);
    assert_int_equal(feed(&moved, body, &used), KC_HTTP_GOT_BODY);
    assert_int_equal(used, 3);
    assert_ptr_equal(moved.piece.ptr, body);
    assert_int_equal(moved.piece.len, 3);
    assert_int_equal(feed(&moved, "GET", &used), KC_HTTP_GOT_ALL);
    assert_int_equal(used, 0);
    assert_int_equal(feed(&moved, "GET", &used), KC_HTTP_GOT_ALL);
    assert_int_equal(used, 0);

    assert_false(kc_bytes_are_zero(kc_bytes_of(room, sizeof room)));
    kc_http_next(&moved);
    assert_true(kc_http_is_idle(&moved));
    assert_true(kc_bytes_are_zero(kc_bytes_of(room, sizeof room)));
    assert_int_equal(feed(&moved, "x\n", &used), KC_HTTP_REFUSED);
    assert_int_equal(feed(&moved, GET, &used), KC_HTTP_REFUSED);
    assert_int_equal(used, 0);
    assert_int_equal(moved.error.code, KC_ERR_MALFORMED);
    kc_http_wipe(&moved);
    assert_true(kc_bytes_are_zero(kc_bytes_of(room, sizeof room)));
    assert_true(kc_bytes_are_zero(kc_bytes_of(&moved, sizeof moved)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_chunks), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_nul_in_body),    cmocka_unit_test(test_room),
        cmocka_unit_test(test_header_bytes),   cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
