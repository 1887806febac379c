/*
 * TLS 1.3 inside: libssl over memory in the image, in trap mode, against itself and against a
 * client outside.
 */
#include "probe/tls_line.h"

#include <pthread.h>

static struct kc_enclave *load_trapped(void)
{
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (probe_try(PROBE_IMAGE, PROBE_SIG, false, true, &enclave, &error) != KC_OK)
        fail_msg("cannot load the probe: %s", error.what);
    return enclave;
}

static void test_both_ends_inside(void **state)
{
    (void)state;
    struct kc_enclave *enclave = load_trapped();
    for (uint32_t suite = 0; suite < TLS_SUITES; suite++) {
        for (uint32_t group = 0; group < TLS_GROUPS; group++)
            assert_int_equal(probe_ask(enclave, PROBE_TLS_PAIR, suite, group), 1);
    }
    kc_enclave_free(enclave);
}

static void test_client_outside(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, TLS_RECORD_MAX, TLS_RECORD_MAX + 1, 4 * TLS_RECORD_MAX};
    static uint8_t bytes[4 * TLS_RECORD_MAX];
    struct kc_enclave *enclave = load_trapped();
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    for (uint32_t i = 0; i < TLS_SUITES * TLS_GROUPS; i++) {
        const char *suite = tls_suites[i % TLS_SUITES];
        uint8_t exported[TLS_EXPORTER_SIZE];
        struct line *l = line_new(enclave, i, suite, tls_groups[i / TLS_SUITES]);
        assert_non_null(l);
        assert_true(line_connect(l));
        assert_string_equal(SSL_get_version(l->client), "TLSv1.3");
        assert_string_equal(SSL_get_cipher_name(l->client), suite);
        assert_int_equal(SSL_get_negotiated_group(l->client), tls_groups[i / TLS_SUITES]);
        assert_true(tls_export(l->client, exported));
        assert_int_equal(line_ask(l, PROBE_TLS_EXPORT, 0), TLS_EXPORTER_SIZE);
        assert_memory_equal(l->out, exported, TLS_EXPORTER_SIZE);
        for (size_t k = 0; k < COUNT_OF(sizes); k++)
            assert_true(line_echo(l, bytes, sizes[k]));
        assert_int_equal(SSL_SESSION_has_ticket(SSL_get_session(l->client)), 0);
        assert_true(line_close(l));
    }
    kc_enclave_free(enclave);
}

/* A changed bit ends that session, and no other; so does a client that cannot speak TLS 1.3. */
static void test_refusals(void **state)
{
    (void)state;
    struct kc_enclave *enclave = load_trapped();
    struct line *good = line_new(enclave, 1, tls_suites[0], tls_groups[0]);
    struct line *bad = line_new(enclave, 2, tls_suites[0], tls_groups[0]);
    struct line *old = line_new(enclave, 3, tls_suites[0], tls_groups[0]);
    size_t len = 0;
    assert_true(good != NULL && bad != NULL && old != NULL);
    assert_true(line_connect(good) && line_connect(bad));
    assert_int_equal(SSL_write(bad->client, "request", 7), 7);
    assert_true(tls_drain(bad->client, (struct kc_room){bad->in + 5, LINE_ROOM - 5}, &len));
    bad->in[5 + len - 1] ^= 1;
    assert_int_equal(line_ask(bad, PROBE_TLS_BYTES, len), 0);
    assert_false(line_echo(bad, (const uint8_t *)"again", 5));
    assert_int_equal(SSL_set_min_proto_version(old->client, TLS1_2_VERSION), 1);
    assert_int_equal(SSL_set_max_proto_version(old->client, TLS1_2_VERSION), 1);
    assert_false(line_connect(old));
    assert_true(line_echo(good, (const uint8_t *)"request", 7));
    assert_true(line_close(bad) && line_close(old) && line_close(good));
    kc_enclave_free(enclave);
}

/* libssl asks time(), and time() is what the core said. */
static void test_time(void **state)
{
    (void)state;
    static const int64_t told[] = {1700000000, 1893456000, 1800000000};
    static const int64_t want[] = {1700000000, 1893456000, 1893456000};
    struct kc_enclave *enclave = load_trapped();
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        uint8_t in[9] = {PROBE_TLS_TIME};
        uint8_t out[4096];
        int64_t seen[2] = {0};
        size_t len = 0;
        memcpy(in + 1, &told[i], 8);
        assert_int_equal(probe_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len), KC_OK);
        assert_int_equal(len, sizeof(seen));
        memcpy(seen, out, sizeof(seen));
        assert_int_equal(seen[0], want[i]);
        assert_int_equal(seen[1], want[i]);
    }
    kc_enclave_free(enclave);
}

struct caller {
    struct kc_enclave *enclave;
    uint32_t id;
    bool good;
};

static void *connect_often(void *argument)
{
    static const uint8_t said[5000] = {7, 8, 9};
    struct caller *c = argument;
    c->good = true;
    for (unsigned i = 0; i < 12 && c->good; i++) {
        struct line *l = line_new(c->enclave, c->id, tls_suites[i % TLS_SUITES],
                                  tls_groups[(i + c->id) % TLS_GROUPS]);
        c->good = l != NULL && line_connect(l) && line_echo(l, said, sizeof(said));
        c->good = l != NULL && line_close(l) && c->good;
    }
    return NULL;
}

/* Sessions of many clients at once; each call goes to whatever TCS is free. */
static void test_many_clients(void **state)
{
    (void)state;
    struct kc_enclave *enclave = load_trapped();
    struct caller caller[8];
    pthread_t thread[COUNT_OF(caller)];
    for (uint32_t i = 0; i < COUNT_OF(caller); i++) {
        caller[i] = (struct caller){enclave, i, false};
        assert_int_equal(pthread_create(&thread[i], NULL, connect_often, &caller[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(caller); i++) {
        pthread_join(thread[i], NULL);
        assert_true(caller[i].good);
    }
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_inside), cmocka_unit_test(test_client_outside),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_time),
        cmocka_unit_test(test_many_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
