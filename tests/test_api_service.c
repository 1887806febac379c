/*
 * The API as a client meets it: TLS, HTTP, the exchange and a store, all of it the service's own
 * code but for the host, which is a model (service.h, service_store.h).
 */
#include <jansson.h>

#include "service_store.h"

#define CONN(n) ((UINT64_C(9) << 16) + (n))

struct fixture {
    struct test_machine machine;
    struct kc_core *core;
    struct service_host *host;
    struct service_store store;
    SSL_CTX *context;
    struct service_peer *peer;
    char token[80]; /* as a header line */
    json_t *answer;
};

static void start(struct fixture *f)
{
    static const uint8_t names[] = "\0\11localhost";
    const struct kc_record_id root = {.class = KC_RECORD_ROOT, .name_len = 4, .name = "root"};
    const struct service_record *sealed = service_store_find(&f->store, &root);
    assert_int_equal(kc_core_new(&f->machine.platform, &f->core), KC_OK);
    f->host = service_host_new(f->core);
    f->host->other = service_store_answer;
    f->host->context = &f->store;
    service_say(f->host, (struct kc_message){.type = KC_MESSAGE_START,
                                             .version = KC_BOUNDARY_VERSION,
                                             .requests_max = 4,
                                             .sessions_max = 8,
                                             .certificate_life = 3600,
                                             .now = SERVICE_NOW,
                                             .names = kc_bytes_of(names, sizeof names - 1),
                                             .body = kc_bytes_of(sealed->blob, sealed->len)});
    service_settle(f->host);
    assert_int_equal(f->host->refused, 0);
    f->peer = service_open_as(f->host, f->context, CONN(0), KC_LISTENER_SERVICE);
    service_settle(f->host);
    assert_true(SSL_is_init_finished(f->peer->tls));
}

static void stop(struct fixture *f)
{
    service_host_free(f->host);
    kc_core_free(f->core);
    f->host = NULL;
    f->core = NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    test_machine_init(&f->machine);
    f->context = SSL_CTX_new(TLS_client_method());
    *state = f;
    start(f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stop(f);
    json_decref(f->answer);
    SSL_CTX_free(f->context);
    free(f);
    return 0;
}

/* One request on `peer`; the status, and the answer parsed. */
static unsigned ask(struct fixture *f, struct service_peer *peer, const char *method,
                    const char *target, const char *body)
{
    char request[4096];
    unsigned status = 0;
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n%s", method, target,
             f->token, strlen(body), body);
    service_forget_read(peer);
    service_ask(f->host, peer, request);
    const char *text = service_text(peer);
    assert_int_equal(sscanf(text, "HTTP/1.1 %u ", &status), 1);
    const char *end = strstr(text, "\r\n\r\n");
    assert_non_null(end);
    json_decref(f->answer);
    f->answer = json_loads(end + 4, JSON_REJECT_DUPLICATES, NULL);
    if (f->answer == NULL && end[4] != '\0')
        fail_msg("no JSON: %s", text);
    return status;
}

static void initialise(struct fixture *f)
{
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/sys/init", "{\"seal_policy\":\"mrenclave\"}"),
                     200);
    snprintf(f->token, sizeof f->token, "X-Vault-Token: %.47s\r\n",
             json_string_value(json_object_get(f->answer, "root_token")));
}

static const char *data_text(const struct fixture *f, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(f->answer, "data"), name));
    assert_non_null(text);
    return text;
}

/* What a service that nobody initialised says. */
static void test_before_init(void **state)
{
    static const struct {
        const char *method, *target;
        unsigned status;
    } rows[] = {
        {"GET", "/v1/sys/health", 501},         {"GET", "/v1/sys/health?uninitcode=200", 200},
        {"GET", "/v1/sys/seal-status", 200},    {"GET", "/v1/sys/init", 200},
        {"POST", "/v1/transit/encrypt/k", 503}, {"LIST", "/v1/transit/keys", 503},
        {"GET", "/generate-aes-key", 503},      {"GET", "/v1/nothing", 404},
        {"DELETE", "/v1/sys/init", 405},        {"PUT", "/v1/sys/init", 400},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (ask(f, f->peer, rows[i].method, rows[i].target, "") != rows[i].status)
            fail_msg("%s: %s", rows[i].target, service_text(f->peer));
    assert_int_equal(f->store.stores, 0);
}

static void test_init_once(void **state)
{
    struct fixture *f = *state;
    initialise(f);
    assert_int_equal(f->store.stores, 1);
    assert_int_equal(ask(f, f->peer, "GET", "/v1/sys/health", ""), 200);
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/sys/init", "{\"seal_policy\":\"mrenclave\"}"),
                     400);
    assert_int_equal(f->store.stores, 1);
    assert_int_equal(f->store.serving, 2); /* before and after */
}

static void test_tokens(void **state)
{
    struct fixture *f = *state;
    initialise(f);
    char good[sizeof f->token];
    memcpy(good, f->token, sizeof good);
    assert_int_equal(ask(f, f->peer, "GET", "/generate-aes-key", ""), 200);
    f->token[0] = '\0';
    assert_int_equal(ask(f, f->peer, "GET", "/generate-aes-key", ""), 403);
    memcpy(f->token, good, sizeof good);
    f->token[30] = f->token[30] == 'A' ? 'B' : 'A';
    assert_int_equal(ask(f, f->peer, "GET", "/generate-aes-key", ""), 403);
    snprintf(f->token, sizeof f->token, "X-Vault-Token: root\r\n");
    assert_int_equal(ask(f, f->peer, "GET", "/generate-aes-key", ""), 403);
    assert_int_equal(ask(f, f->peer, "GET", "/v1/sys/health", ""), 200);
}

static void test_keys(void **state)
{
    struct fixture *f = *state;
    initialise(f);
    assert_int_equal(ask(f, f->peer, "LIST", "/v1/transit/keys", ""), 404);
    assert_int_equal(ask(f, f->peer, "GET", "/v1/transit/keys/b", ""), 404);
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/transit/keys/b", "null"), 200);
    assert_int_equal(ask(f, f->peer, "POST", "/v1/transit/keys/a", "{\"type\":\"aes256-gcm96\"}"),
                     200);
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/transit/keys/b", "null"), 200);
    assert_int_equal(f->store.stores, 3); /* init, b, a */
    assert_int_equal(ask(f, f->peer, "GET", "/v1/transit//keys/b", ""), 200);
    assert_int_equal(ask(f, f->peer, "GET", "/v1/transit/keys?list=true", ""), 200);
    const json_t *keys = json_object_get(json_object_get(f->answer, "data"), "keys");
    assert_int_equal(json_array_size(keys), 2);
    assert_string_equal(json_string_value(json_array_get(keys, 0)), "a");
    assert_int_equal(ask(f, f->peer, "LIST", "/v1/transit/keys?after=a&limit=1", ""), 200);
    keys = json_object_get(json_object_get(f->answer, "data"), "keys");
    assert_int_equal(json_array_size(keys), 1);
    assert_string_equal(json_string_value(json_array_get(keys, 0)), "b");
}

static void encrypt(struct fixture *f, char *body, size_t size)
{
    assert_int_equal(
        ask(f, f->peer, "PUT", "/v1/transit/encrypt/k", "{\"plaintext\":\"aGVsbG8=\"}"), 200);
    snprintf(body, size, "{\"ciphertext\":\"%s\"}", data_text(f, "ciphertext"));
}

/* Also by another connection, and by the service after a new start. */
static void test_crypt(void **state)
{
    struct fixture *f = *state;
    char body[256];
    initialise(f);
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/transit/encrypt/k", "{\"plaintext\":\"\"}"), 400);
    assert_int_equal(ask(f, f->peer, "PUT", "/v1/transit/keys/k", "null"), 200);
    encrypt(f, body, sizeof body);
    struct service_peer *other = service_open_as(f->host, f->context, CONN(1), KC_LISTENER_RATLS);
    service_settle(f->host);
    assert_int_equal(ask(f, other, "POST", "/v1/transit/decrypt/k", body), 200);
    assert_string_equal(data_text(f, "plaintext"), "aGVsbG8=");
    stop(f);
    start(f);
    assert_int_equal(ask(f, f->peer, "GET", "/v1/sys/health", ""), 200);
    assert_int_equal(ask(f, f->peer, "POST", "/v1/transit/decrypt/k", body), 200);
    assert_string_equal(data_text(f, "plaintext"), "aGVsbG8=");
    assert_int_equal(f->store.conflicts, 0);
}

/* On the slow thread, while another connection is served. */
static void test_generate(void **state)
{
    struct fixture *f = *state;
    initialise(f);
    f->host->no_work = true;
    service_forget_read(f->peer);
    char request[256];
    snprintf(request, sizeof request, "POST /generate-rsa-key-pair HTTP/1.1\r\nHost: h\r\n%s\r\n",
             f->token);
    service_ask(f->host, f->peer, request);
    assert_int_equal(f->peer->read_len, 0);
    assert_int_equal(f->host->work_wanted, 1);
    struct service_peer *other = service_open_as(f->host, f->context, CONN(1), KC_LISTENER_SERVICE);
    service_settle(f->host);
    assert_int_equal(ask(f, other, "GET", "/generate-aes-key", ""), 200);
    service_say(f->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    service_settle(f->host);
    assert_int_equal(service_answers(f->peer, 200), 1);
    assert_non_null(strstr(service_text(f->peer), "-----BEGIN PRIVATE KEY-----"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_before_init, setup, teardown),
        cmocka_unit_test_setup_teardown(test_init_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_crypt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generate, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
