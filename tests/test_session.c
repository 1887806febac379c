/* One connection: from its first byte to its last, by a client that is sound and by others. */
#include "session_case.h"

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define TOKEN_LINE "X-Vault-Token: " FAKE_TOKEN "\r\n"

static int setup(void **state)
{
    *state = session_case_new(PLACES);
    return 0;
}

static int teardown(void **state)
{
    session_case_free(*state);
    return 0;
}

static void test_one_request(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    service_ask(c->host, peer, GET("/x"));
    assert_string_equal(service_text(peer), "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n"
                                            "Content-Type: application/json\r\n"
                                            "Content-Length: 11\r\n\r\n" FAKE_OK);
    service_forget_read(peer);
    service_ask(c->host, peer, GET("/x"));
    assert_int_equal(service_answers(peer, 200), 1);
    assert_int_equal(peer->close, 0);
    assert_int_equal(c->host->refused, 0);
    assert_int_equal(SSL_SESSION_has_ticket(SSL_get_session(peer->tls)), 0);
}

/* Whole requests on new connections, each with what is answered and what becomes of it. */
static void test_requests(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
        unsigned close; /* enum kc_close, 0: stays open */
        const char *text;
    } rows[] = {
        {"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, KC_CLOSE_DONE, FAKE_OK},
        {GET("/close"), 200, KC_CLOSE_DONE, "Connection: close\r\n"},
        {GET("/path?a=1&b"), 200, 0, "\r\n\r\na=1&b"},
        {GET("/%70ath?q"), 200, 0, "\r\n\r\nq"},
        {GET("/busy"), 503, 0, "Retry-After: 17\r\n"},
        {GET("/a/../b"), 400, 0, "malformed path"},
        {GET("/a%2fb"), 400, 0, "malformed path"},
        {"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", 405, 0, "Content-Length: 36\r\n\r\n"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 200, 0,
         "\r\n\r\nhello"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         200, 0, "\r\n\r\nhello"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200, 0,
         "Content-Length: 0\r\n\r\n"},
        /* Tokens. */
        {"GET /x HTTP/1.1\r\nHost: h\r\nX-Vault-Token: bad\r\n\r\n", 403, 0, "permission denied"},
        {"GET /x HTTP/1.1\r\nHost: h\r\n" TOKEN_LINE "\r\n", 200, 0, FAKE_OK},
        {"GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: bearer " FAKE_TOKEN "\r\n\r\n", 200, 0,
         FAKE_OK},
        {"GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer bad\r\n\r\n", 403, 0, "denied"},
        {"GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: Basic bad\r\n\r\n", 200, 0, FAKE_OK},
        {"GET /x HTTP/1.1\r\nHost: h\r\n" TOKEN_LINE "Authorization: Bearer " FAKE_TOKEN "\r\n\r\n",
         200, 0, FAKE_OK},
        {"GET /x HTTP/1.1\r\nHost: h\r\n" TOKEN_LINE "Authorization: Bearer other.on\r\n\r\n", 400,
         0, "more than one token"},
        {"GET /x HTTP/1.1\r\nHost: h\r\n" TOKEN_LINE TOKEN_LINE "\r\n", 400, 0,
         "more than one token"},
        {"GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " FAKE_TOKEN
         "\r\nAuthorization: Bearer " FAKE_TOKEN "\r\n\r\n",
         400, 0, "more than one token"},
        /* Bodies that nobody read. */
        {"POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 503, 0, "busy"},
        {"POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 16385\r\n\r\nhello", 503, KC_CLOSE_DONE,
         "Connection: close\r\n"},
        {"POST /busy HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", 503,
         KC_CLOSE_DONE, "Connection: close\r\n"},
        {"POST /busy HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 503,
         KC_CLOSE_DONE, "Connection: close\r\n"},
        /* What is no request (tests/test_http_request.c has them all). */
        {"GET / HTTP/1.0\r\n\r\n", 505, KC_CLOSE_HTTP, "{\"errors\":["},
        {"GET /x HTTP/1.1\r\n\r\n", 400, KC_CLOSE_HTTP, "no Host header"},
        {"BREW /x HTTP/1.1\r\nHost: h\r\n\r\n", 501, KC_CLOSE_HTTP, "unknown method"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: "
         "chunked\r\n\r\n",
         400, KC_CLOSE_HTTP, "errors"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400,
         KC_CLOSE_HTTP, "errors"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\n", 400, KC_CLOSE_HTTP,
         "errors"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\n", 400,
         KC_CLOSE_HTTP, "errors"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501,
         KC_CLOSE_HTTP, "errors"},
        {"GET /x HTTP/1.1\nHost: h\n\n", 400, KC_CLOSE_HTTP, "errors"},
        {"GET /x HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n", 417, KC_CLOSE_HTTP, "errors"},
    };
    struct session_case *c = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct service_peer *peer = session_connect(c, 0);
        service_ask(c->host, peer, rows[i].request);
        if (service_answers(peer, rows[i].status) != 1 || service_answers(peer, 0) != 0 ||
            peer->close != rows[i].close || strstr(service_text(peer), rows[i].text) == NULL)
            fail_msg("row %zu: closed %u, read %s", i, peer->close, service_text(peer));
        assert_int_equal(peer->said_goodbye, rows[i].close != 0);
        session_hang_up(c, peer);
        assert_int_equal(kc_sessions_count(c->core), 0);
    }
    assert_int_equal(c->host->refused, 0);
}

/* The head's limits are passed by one byte, and not. */
static void test_head_limits(void **state)
{
    static const struct {
        size_t line, header; /* bytes of a filler in the target and in a header's value */
        unsigned headers, status;
    } rows[] = {
        {8192 - 14, 0, 0, 414},                             /* the line fits; no path is so long */
        {8192 - 13, 0, 0, 414},   {10, 16384 - 16, 0, 200}, /* with Host and the empty line */
        {10, 16384 - 15, 0, 431}, {10, 0, 63, 200},         {10, 0, 64, 431},
    };
    struct session_case *c = *state;
    static char text[40000];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct service_peer *peer = session_connect(c, 0);
        size_t n = (size_t)sprintf(text, "GET /");
        memset(text + n, 'a', rows[i].line);
        n += rows[i].line;
        n += (size_t)sprintf(text + n, " HTTP/1.1\r\nHost: h\r\n");
        if (rows[i].header > 0) {
            n += (size_t)sprintf(text + n, "a: ");
            memset(text + n, 'a', rows[i].header);
            n += rows[i].header;
            n += (size_t)sprintf(text + n, "\r\n");
        }
        for (unsigned k = 0; k < rows[i].headers; k++)
            n += (size_t)sprintf(text + n, "a: b\r\n");
        (void)sprintf(text + n, "\r\n");
        service_ask(c->host, peer, text);
        if (service_answers(peer, rows[i].status) != 1)
            fail_msg("row %zu: %.300s", i, service_text(peer));
        session_hang_up(c, peer);
    }
}

static char *body_request(const char *headers, size_t len, size_t *n)
{
    char *text = malloc(len + 512);
    *n = (size_t)sprintf(text, "POST /echo HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n",
                         headers, len);
    for (size_t i = 0; i < len; i++)
        text[*n + i] = (char)FAKE_BIG_BYTE(i);
    *n += len;
    text[*n] = 0;
    return text;
}

static void test_body_limits(void **state)
{
    static const struct {
        const char *headers;
        size_t len;
        unsigned status;
    } rows[] = {
        {"", 16384, 200},
        {"", 16385, 413},
        {TOKEN_LINE, 16385, 200},
        {TOKEN_LINE, 1024 * 1024, 200},
        {TOKEN_LINE, 1024 * 1024 + 1, 413},
    };
    struct session_case *c = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t n = 0;
        struct service_peer *peer = session_connect(c, 0);
        char *text = body_request(rows[i].headers, rows[i].len, &n);
        service_write(peer, text, n);
        service_settle(c->host);
        assert_int_equal(service_answers(peer, rows[i].status), 1);
        if (rows[i].status == 200)
            assert_memory_equal(peer->read + peer->read_len - rows[i].len, text + n - rows[i].len,
                                rows[i].len);
        assert_int_equal(peer->close != 0, rows[i].status != 200);
        free(text);
        session_hang_up(c, peer);
    }
}

/* Chunks tell their sum only as they come. */
static void test_chunked_too_long(void **state)
{
    struct session_case *c = *state;
    static char chunk[4096 + 16];
    struct service_peer *peer = session_connect(c, 0);
    service_write_text(peer,
                       "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    size_t n = (size_t)sprintf(chunk, "1000\r\n");
    memset(chunk + n, 'b', 4096);
    memcpy(chunk + n + 4096, "\r\n", 2);
    for (int i = 0; i < 4; i++)
        service_write(peer, chunk, n + 4098);
    service_settle(c->host);
    assert_int_equal(peer->read_len, 0);
    service_ask(c->host, peer, "1\r\nx\r\n");
    assert_int_equal(service_answers(peer, 413), 1);
    assert_int_equal(peer->close, KC_CLOSE_DONE);
}

static void test_pipelined(void **state)
{
    static const char *const texts[] = {
        GET("/x") "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" GET("/path?q"),
        GET("/fetch") GET("/store") GET("/path?q"),
        GET("/poll") GET("/slow") GET("/path?q"),
        GET("/store") GET("/store") GET("/path?q"),
    };
    struct session_case *c = *state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct service_peer *peer = session_connect(c, 0);
        service_ask(c->host, peer, texts[i]);
        for (int k = 0; k < 4 && service_answers(peer, 200) < 3; k++) {
            service_say(c->host, (struct kc_message){.type = KC_MESSAGE_RECORD,
                                                     .conn = peer->conn,
                                                     .code = KC_FOUND_NOTHING,
                                                     .record = {KC_RECORD_KEY, 1, "k"}});
            service_say(c->host,
                        (struct kc_message){.type = KC_MESSAGE_STORED, .conn = peer->conn});
            service_say_conn(c->host, KC_MESSAGE_RESUME, peer->conn);
            service_settle(c->host);
        }
        assert_int_equal(service_answers(peer, 200), 3);
        const char *text = service_text(peer);
        assert_string_equal(text + strlen(text) - 5, "\r\n\r\nq");
        session_hang_up(c, peer);
    }
}

/* Bytes one by one, and TLS records of one byte each. */
static void test_one_byte_at_a_time(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" GET("/x");
    struct session_case *c = *state;
    c->host->piece = 1;
    struct service_peer *peer = session_connect(c, 0);
    service_ask(c->host, peer, text);
    assert_int_equal(service_answers(peer, 200), 2);
    service_forget_read(peer);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        service_write(peer, text + i, 1);
        service_settle(c->host);
    }
    assert_int_equal(service_answers(peer, 200), 2);
    assert_int_equal(c->host->refused, 0);
}

static void check_big(struct service_peer *peer)
{
    assert_true(peer->read_len > FAKE_BIG);
    for (size_t i = 0; i < FAKE_BIG; i++)
        assert_int_equal(peer->read[peer->read_len - FAKE_BIG + i], FAKE_BIG_BYTE(i));
}

static void test_big_answer(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    service_ask(c->host, peer, GET("/big"));
    check_big(peer);
    assert_true(peer->sends >= FAKE_BIG / KC_SEND_MAX);
    assert_int_equal(peer->send_most, KC_SEND_MAX);
    service_forget_read(peer);
    service_ask(c->host, peer, GET("/x"));
    assert_int_equal(service_answers(peer, 200), 1);
}

/* A peer that does not read: what is written for it is bounded, and no request of it is read. */
static void test_back_pressure(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    size_t read = 0;
    unsigned answers = 0;
    c->host->no_resume = true;
    for (int i = 0; i < 20; i++)
        service_write_text(peer, GET("/big"));
    service_settle(c->host);
    unsigned sends = peer->sends;
    assert_true(sends <= 4);
    for (int i = 0; i < 1000; i++) { /* one SEND for one RESUME, to the last byte of 6 MiB */
        unsigned before = peer->sends;
        service_say_conn(c->host, KC_MESSAGE_RESUME, peer->conn);
        service_settle(c->host);
        assert_true(peer->sends - before <= 1);
        answers += service_answers(peer, 200);
        read += peer->read_len;
        service_forget_read(peer);
    }
    assert_true(read > 20 * FAKE_BIG);
    assert_int_equal(answers, 20);
}

static void test_continue(void **state)
{
    static const char head[] =
        "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    service_ask(c->host, peer, head);
    assert_string_equal(service_text(peer), "HTTP/1.1 100 Continue\r\n\r\n");
    service_ask(c->host, peer, "hello");
    assert_int_equal(service_answers(peer, 200), 1);
    service_forget_read(peer);
    char both[256];
    (void)snprintf(both, sizeof both, "%shello", head);
    service_ask(c->host, peer, both); /* who does not wait is not told */
    assert_int_equal(service_answers(peer, 100), 0);
    assert_int_equal(service_answers(peer, 200), 1);
}

static void test_goodbye(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    service_write_text(peer, GET("/x"));
    (void)SSL_shutdown(peer->tls);
    service_settle(c->host);
    assert_int_equal(peer->close, KC_CLOSE_DONE);
    assert_int_equal(service_answers(peer, 200), 1);
    assert_int_equal(kc_sessions_count(c->core), 0);
}

/* What is no TLS, what is older, what is too much, what was changed on its way. */
static void test_bad_tls(void **state)
{
    struct session_case *c = *state;
    static uint8_t noise[20000];
    struct service_peer *peer = session_open(c, 0);
    service_bytes(c->host, peer->conn, kc_bytes_of_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    service_run(c->host);
    assert_int_equal(peer->close, KC_CLOSE_TLS);

    /* A ClientHello that never ends. */
    peer = session_open(c, 0);
    for (size_t at = 0; at + 1029 <= sizeof noise; at += 1029)
        memcpy(noise + at, "\x16\x03\x01\x04\x00", 5);
    memcpy(noise + 5, "\x01\x01\x00\x00", 4); /* of 64 KiB */
    service_bytes(c->host, peer->conn, kc_bytes_of(noise, sizeof noise));
    service_run(c->host);
    assert_int_equal(peer->close, KC_CLOSE_TLS);

    assert_int_equal(SSL_CTX_set_max_proto_version(c->context, TLS1_2_VERSION), 1);
    peer = session_open(c, 0);
    service_settle(c->host);
    assert_int_equal(peer->close, KC_CLOSE_TLS);
    assert_int_equal(peer->sends, 1); /* the alert came first */
    assert_int_equal(SSL_CTX_set_max_proto_version(c->context, 0), 1);

    peer = session_connect(c, 0);
    service_write_text(peer, GET("/x"));
    size_t len = 0;
    uint8_t *bytes = service_client_output(peer->tls, &len);
    bytes[len - 1] ^= 1;
    service_bytes(c->host, peer->conn, kc_bytes_of(bytes, len));
    service_run(c->host);
    free(bytes);
    assert_int_equal(peer->close, KC_CLOSE_TLS);
    service_settle(c->host);
    assert_int_equal(peer->read_len, 0);
    assert_int_equal(kc_sessions_count(c->core), 0);
}

/* While an exchange waits, what comes is kept up to a bound. */
static void test_input_while_waiting(void **state)
{
    static const struct {
        size_t n;
        unsigned close;
    } rows[] = {
        {65536, 0},
        {1024 * 1024 + 2 * 65536, 0},
        {1024 * 1024 + 2 * 65536 + 1, KC_CLOSE_HTTP},
    };
    struct session_case *c = *state;
    static uint8_t noise[1024 * 1024 + 2 * 65536 + 1];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct service_peer *peer = session_connect(c, 0);
        service_ask(c->host, peer, GET("/fetch"));
        assert_int_equal(peer->ask.type, KC_EFFECT_FETCH);
        service_bytes(c->host, peer->conn, kc_bytes_of(noise, rows[i].n));
        service_run(c->host);
        assert_int_equal(peer->close, rows[i].close);
        if (rows[i].close != 0)
            continue;
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_RECORD,
                                                 .conn = peer->conn,
                                                 .code = KC_FOUND_NOTHING,
                                                 .record = {KC_RECORD_KEY, 1, "k"}});
        service_settle(c->host);
        assert_int_equal(service_answers(peer, 200), 1);
        assert_int_equal(peer->close, KC_CLOSE_TLS); /* it was no TLS, which shows only now */
    }
    assert_int_equal(kc_sessions_count(c->core), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_body_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunked_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pipelined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_byte_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_big_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_pressure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_continue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_goodbye, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_tls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_while_waiting, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
