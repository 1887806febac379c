/* Requests over attested connections: kept alive, lost, attested anew, and what is never sent. */
#include <netdb.h>
#include <unistd.h>

#include "client_case.h"

static struct model_server *start(struct client_machine *m, struct model_options options)
{
    options.state = m->state;
    struct model_server *server = model_server_start(&options);
    assert_non_null(server);
    return server;
}

static unsigned echo(void *context, const char *method, const char *target, const char *token,
                     const char *body, char *out)
{
    (void)context;
    snprintf(out, 4096, "%s %s [%s] %s", method, target, token, body);
    return 207;
}

static void expect_seen(struct client_machine *m, struct model_server *server, unsigned connections,
                        unsigned evidences, unsigned requests)
{
    model_server_seen(server, &m->seen);
    assert_int_equal(m->seen.connections, connections);
    assert_int_equal(m->seen.evidences, evidences);
    assert_int_equal(m->seen.requests, requests);
    assert_int_equal(m->seen.resumed, 0);
}

static void hands_requests_and_answers_on(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.handler = echo});
    struct kc_client *client = client_of(m, server);
    char body[512] = "";
    struct kc_client_answer answer = {0};
    client_pin_to(client, server);
    assert_int_equal(client_post(client, body, sizeof body), KC_CLIENT_OK);
    assert_string_equal(body, "POST /v1/transit/encrypt/k [" SECRET_TOKEN "] " SECRET_BODY);
    const struct kc_client_request list = {.method = "LIST",
                                           .target = "/v1/transit/keys?list=true"};
    assert_int_equal(kc_client_request(client, &list, &answer), KC_CLIENT_OK);
    assert_int_equal(answer.status, 207);
    assert_string_equal(answer.body, "LIST /v1/transit/keys?list=true [] ");
    assert_int_equal(answer.body_len, strlen((const char *)answer.body));
    kc_client_answer_clear(&answer);
    assert_null(answer.body);
    /* One connection, attested once. */
    expect_seen(m, server, 1, 1, 2);
    kc_client_free(client);
    model_server_stop(server);
}

/* A lost connection is attested again before anything is sent. */
static void attests_again(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){0});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
    model_server_hang_up(server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
    expect_seen(m, server, 2, 2, 2);
    /* What comes back after a restart is not what went away. */
    model_server_set_lie(server, MODEL_OTHER_CODE);
    model_server_hang_up(server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_REFUSED);
    assert_string_equal(client_first_failure(client), "policy.mrenclave");
    expect_seen(m, server, 3, 3, 2);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_REFUSED);
    expect_seen(m, server, 4, 4, 2);
    kc_client_free(client);
    model_server_stop(server);
}

/* A server that offers tickets gets a full handshake all the same. */
static void never_resumes(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.tickets = true});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
        assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
        expect_seen(m, server, i, i, 2 * i);
        model_server_hang_up(server);
    }
    kc_client_free(client);
    model_server_stop(server);
}

static void pins_the_first_contact(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.leaf = MODEL_SELF_SIGNED});
    struct kc_client *client = client_of(m, server);
    uint8_t kms_id[32];
    uint8_t got[32] = {0};
    assert_false(kc_client_kms_id(client, got));
    kc_client_allow_first_contact(client);
    assert_int_equal(kc_client_connect(client), KC_CLIENT_OK);
    model_server_kms_id(server, kms_id);
    assert_true(kc_client_kms_id(client, got));
    assert_memory_equal(got, kms_id, 32);
    model_server_set_lie(server, MODEL_OTHER_SERVICE);
    model_server_hang_up(server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_REFUSED);
    assert_string_equal(client_first_failure(client), "ratls.kms_id");
    assert_false(kc_client_kms_id(client, got));
    kc_client_free(client);
    model_server_stop(server);
}

/* Whether a write that was lost had effect is not known: it is not sent twice. */
static void repeats_what_changes_nothing(void **state)
{
    struct client_machine *m = *state;
    struct kc_client_answer answer = {0};
    struct model_server *server = start(m, (struct model_options){.lie = MODEL_DROPS});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_UNJUDGED);
    assert_non_null(strstr(kc_client_error(client), "without an answer"));
    expect_seen(m, server, 1, 1, 1);
    const struct kc_client_request get = {.method = "GET", .target = "/v1/transit/keys/k"};
    assert_int_equal(kc_client_request(client, &get, &answer), KC_CLIENT_UNJUDGED);
    expect_seen(m, server, 3, 3, 3);
    kc_client_free(client);
    model_server_stop(server);
}

/* Bytes that nobody asked for are nobody's answer: the connection is left. */
static void leaves_what_speaks_unasked(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.lie = MODEL_UNASKED});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    assert_int_equal(kc_client_connect(client), KC_CLIENT_OK);
    usleep(500000);
    model_server_set_lie(server, MODEL_HONEST);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
    expect_seen(m, server, 2, 2, 1);
    kc_client_free(client);
    model_server_stop(server);
}

static void limits_answers(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.handler = echo});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    kc_client_set_answer_max(client, 20);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_UNJUDGED);
    assert_non_null(strstr(kc_client_error(client), "longer than"));
    kc_client_set_answer_max(client, 1000);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
    expect_seen(m, server, 2, 2, 2);
    kc_client_free(client);
    model_server_stop(server);
}

/* What could end its line in the request's head is refused, and nothing leaves. */
static void refuses_requests_that_are_none(void **state)
{
    static const struct kc_client_request bad[] = {
        {.method = "get", .target = "/"},
        {.method = "GET", .target = "v1"},
        {.method = "GET", .target = "/a b"},
        {.method = "GET", .target = "/a\r\nX: y"},
        {.method = "GET", .target = "/", .token = "a\r\nX: y"},
        {.method = "GET", .target = "/", .token = "\xc3\xa9"},
    };
    struct client_machine *m = *state;
    struct kc_client_answer answer = {0};
    struct model_server *server = start(m, (struct model_options){0});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(kc_client_request(client, &bad[i], &answer), KC_CLIENT_USAGE);
    model_server_seen(server, &m->seen);
    assert_int_equal(m->seen.requests, 0);
    kc_client_free(client);
    model_server_stop(server);
}

static void refuses_settings(void **state)
{
    struct client_machine *m = *state;
    static const uint8_t zeros[32];
    struct kc_client *client = kc_client_new("https://127.0.0.1:1");
    assert_non_null(client);
    assert_null(kc_client_new("http://127.0.0.1:1"));
    assert_int_equal(kc_client_set_policy(client, "{}", 2), KC_CLIENT_USAGE);
    assert_true(strlen(kc_client_error(client)) > 8);
    assert_int_equal(kc_client_set_root(client, "x", 1), KC_CLIENT_USAGE);
    assert_int_equal(kc_client_set_root(client, m->root_pem, strlen(m->root_pem) - 30),
                     KC_CLIENT_USAGE);
    assert_int_equal(kc_client_pin(client, zeros), KC_CLIENT_USAGE);
    assert_int_equal(kc_client_set_timeout(client, 0), KC_CLIENT_USAGE);
    assert_int_equal(kc_client_set_timeout(client, 3600001), KC_CLIENT_USAGE);
    assert_int_equal(kc_client_set_timeout(client, 3600000), KC_CLIENT_OK);
    assert_string_equal(kc_client_error(client), "");
    kc_client_free(client);
    kc_client_free(NULL);
}

/* A host's name, whose first address (::1, on many machines) nobody may listen at. */
static void reaches_names(void **state)
{
    struct client_machine *m = *state;
    char url[64];
    struct addrinfo *addresses = NULL;
    if (getaddrinfo("localhost", NULL, NULL, &addresses) != 0) {
        print_message("skipped: this machine knows no localhost (/etc/hosts)\n");
        skip();
    }
    freeaddrinfo(addresses);
    struct model_server *server = start(m, (struct model_options){0});
    snprintf(url, sizeof url, "https://localhost:%u/", model_server_port(server));
    struct kc_client *client = kc_client_new(url);
    assert_non_null(client);
    client_set_policy(client);
    assert_int_equal(kc_client_set_root(client, m->root_pem, strlen(m->root_pem)), KC_CLIENT_OK);
    client_pin_to(client, server);
    assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_OK);
    kc_client_free(client);
    model_server_stop(server);
}

/* Anybody's own genuine enclave may claim a kms-id that is public: a pin holds no one but the code
 * that the policy names. Such a service may be looked at, and gets nothing. */
static void sends_nothing_to_just_any_enclave(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){.lie = MODEL_OTHER_CODE});
    struct kc_client *client = client_of(m, server);
    static const char *const policies[] = {"{\"tcb\": \"ignore\"}",
                                           "{\"tee\": \"sgx\", \"isv_prod_id\": 1,"
                                           " \"tcb\": \"ignore\"}"};
    client_pin_to(client, server);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kc_client_set_policy(client, policies[i], strlen(policies[i])),
                         KC_CLIENT_OK);
        assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_USAGE);
        assert_non_null(strstr(kc_client_error(client), "mrenclave"));
        assert_int_equal(kc_client_connect(client), i == 0 ? KC_CLIENT_OK : KC_CLIENT_REFUSED);
        assert_int_equal(client_post(client, NULL, 0), KC_CLIENT_USAGE);
    }
    expect_seen(m, server, 2, 2, 0);
    kc_client_free(client);
    model_server_stop(server);
}

/* What the report tells, and that a stranger's claims are not in it. */
static void reports(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server = start(m, (struct model_options){0});
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    assert_int_equal(kc_client_connect(client), KC_CLIENT_OK);
    char *json = kc_client_report_json(client);
    char *text = kc_client_report_text(client);
    char *pem = kc_client_service_certificate(client);
    assert_non_null(strstr(json, "\"outcome\": \"ok\""));
    assert_non_null(strstr(json, "\"mrenclave\": \"4b00"));
    assert_non_null(strstr(json, "\"issuer\": \"service\""));
    assert_non_null(strstr(text, "ratls.tls_binder"));
    assert_non_null(strstr(pem, "-----BEGIN CERTIFICATE-----\n"));
    free(json);
    free(text);
    free(pem);
    model_server_set_lie(server, MODEL_OTHER_BINDER);
    model_server_hang_up(server);
    assert_int_equal(kc_client_connect(client), KC_CLIENT_NOT_GENUINE);
    json = kc_client_report_json(client);
    assert_non_null(strstr(json, "\"outcome\": \"not genuine\""));
    assert_non_null(strstr(json, "\"service\": null"));
    free(json);
    assert_null(kc_client_service_certificate(client));
    kc_client_free(client);
    model_server_stop(server);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, client_machine_setup, client_machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hands_requests_and_answers_on),
        TEST(attests_again),
        TEST(never_resumes),
        TEST(pins_the_first_contact),
        TEST(repeats_what_changes_nothing),
        TEST(leaves_what_speaks_unasked),
        TEST(limits_answers),
        TEST(refuses_requests_that_are_none),
        TEST(refuses_settings),
        TEST(reaches_names),
        TEST(sends_nothing_to_just_any_enclave),
        TEST(sends_nothing_to_just_any_enclave),
        TEST(reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
