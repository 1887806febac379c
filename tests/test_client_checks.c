/*
 * A lying server for each check of kms-ratls/1: the client names the check, says how grave it is,
 * and no byte of the request or its token reaches the peer.
 */
#include "client_case.h"

enum rule { PINNED, FIRST_CONTACT, UNINITIALISED, NO_RULE };

static const struct {
    const char *name;
    enum model_lie lie;
    enum model_leaf leaf;
    enum rule rule;
    bool uninitialised; /* the service */
    enum kc_client_status want;
    const char *check; /* "": none */
    const char *error; /* part of the error's text */
} rows[] = {
    {"honest", MODEL_HONEST, MODEL_ISSUED, PINNED, false, KC_CLIENT_OK, "", ""},
    {"issued, alone", MODEL_HONEST, MODEL_ISSUED_ALONE, PINNED, false, KC_CLIENT_OK, "", ""},
    {"self-signed", MODEL_HONEST, MODEL_SELF_SIGNED, PINNED, false, KC_CLIENT_OK, "", ""},
    {"first contact", MODEL_HONEST, MODEL_ISSUED, FIRST_CONTACT, false, KC_CLIENT_OK, "", ""},
    {"to initialise", MODEL_HONEST, MODEL_ISSUED, UNINITIALISED, true, KC_CLIENT_OK, "", ""},

    /* (a) */
    {"TLS 1.2", MODEL_TLS_1_2, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "tls.version",
     "TLSv1.3"},
    {"no TLS", MODEL_PLAIN, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "tls.version", ""},
    {"no handshake", MODEL_NO_HANDSHAKE, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED,
     "tls.version", "in time"},
    {"other ALPN", MODEL_OTHER_ALPN, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "tls.version",
     "no TLS connection"},

    /* what the endpoint answers */
    {"404", MODEL_NOT_FOUND, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "attest.answer",
     "status 404"},
    {"503", MODEL_BUSY, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "attest.answer",
     "status 503"},
    {"no JSON", MODEL_NO_JSON, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "attest.answer",
     ""},
    {"bytes behind the JSON", MODEL_TRAILING_JSON, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "attest.answer", ""},
    {"bytes behind the answer", MODEL_TRAILING_HTTP, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "attest.answer", "bytes follow"},
    {"another profile", MODEL_OTHER_PROFILE, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "attest.answer", "another profile"},
    {"no base64url", MODEL_NO_BASE64, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "attest.answer", "base64url"},
    {"huge", MODEL_HUGE, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "attest.answer",
     "longer than"},
    {"endless", MODEL_ENDLESS, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "attest.answer",
     "longer than"},
    {"silent", MODEL_SILENT, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "attest.answer",
     "in time"},
    {"slow", MODEL_SLOW, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "attest.answer",
     "in time"},
    {"closes midway", MODEL_CLOSE, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "attest.answer",
     "ended the connection in its answer"},
    {"closes at once", MODEL_CLOSE_AT_ONCE, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED,
     "attest.answer", "without an answer"},
    {"goes away", MODEL_GOES_AWAY, MODEL_ISSUED, PINNED, false, KC_CLIENT_UNJUDGED, "",
     "ends its connections"},

    /* (c) */
    {"a byte behind the evidence", MODEL_TRAILING, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "ratls.evidence", ""},
    {"a certificate's claims", MODEL_CERTIFICATE_CLAIMS, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "ratls.claims", "three keys"},

    /* (d), (e) */
    {"broken quote", MODEL_BROKEN_QUOTE, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "quote.signature", ""},
    {"a byte behind the quote", MODEL_TRAILING_QUOTE, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "verify.trailing", "1"},
    {"the claims behind the quote", MODEL_TRAILING_CLAIMS, MODEL_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "verify.trailing", ""},
    {"debug", MODEL_DEBUG, MODEL_ISSUED, PINNED, false, KC_CLIENT_REFUSED, "policy.debug", ""},
    {"other code", MODEL_OTHER_CODE, MODEL_ISSUED, PINNED, false, KC_CLIENT_REFUSED,
     "policy.mrenclave", ""},

    /* (f) to (k) */
    {"quote of other claims", MODEL_REPORT_DATA, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.report_data", ""},
    {"tail of report data", MODEL_REPORT_TAIL, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.report_data", ""},
    {"other nonce", MODEL_WRONG_NONCE, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.nonce", ""},
    {"other leaf", MODEL_OTHER_KEY, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.pubkey_hash", ""},
    {"other binder", MODEL_OTHER_BINDER, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.tls_binder", ""},
    {"other role", MODEL_ROLE, MODEL_ISSUED, PINNED, false, KC_CLIENT_NOT_GENUINE, "ratls.kms_ctx",
     "kms-ratls/1 client"},
    {"other service", MODEL_OTHER_SERVICE, MODEL_SELF_SIGNED, PINNED, false, KC_CLIENT_REFUSED,
     "ratls.kms_id", ""},
    {"pinned, and nobody has initialised it", MODEL_HONEST, MODEL_ISSUED, PINNED, true,
     KC_CLIENT_REFUSED, "ratls.kms_id", ""},
    {"first contact, and nobody has initialised it", MODEL_HONEST, MODEL_ISSUED, FIRST_CONTACT,
     true, KC_CLIENT_REFUSED, "ratls.kms_id", ""},
    {"to initialise, and somebody was there", MODEL_HONEST, MODEL_ISSUED, UNINITIALISED, false,
     KC_CLIENT_REFUSED, "ratls.kms_id", ""},

    /* (l) */
    {"beside another service's certificate", MODEL_HONEST, MODEL_OTHER_ISSUER, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "ratls.leaf", ""},
    {"issued by another service", MODEL_HONEST, MODEL_FOREIGN_ISSUED, PINNED, false,
     KC_CLIENT_NOT_GENUINE, "ratls.leaf", ""},
    {"issued by another service, beside this one's certificate", MODEL_HONEST, MODEL_FOREIGN_BESIDE,
     PINNED, false, KC_CLIENT_NOT_GENUINE, "ratls.leaf", "not signed by"},
    {"long chain", MODEL_HONEST, MODEL_LONG_CHAIN, PINNED, false, KC_CLIENT_NOT_GENUINE,
     "ratls.leaf", "more than"},

    {"no rule", MODEL_HONEST, MODEL_ISSUED, NO_RULE, false, KC_CLIENT_USAGE, "tls.version",
     "pinned"},
};

static void set_rule(struct kc_client *client, const struct model_server *server, enum rule rule)
{
    if (rule == PINNED)
        client_pin_to(client, server);
    else if (rule == FIRST_CONTACT)
        kc_client_allow_first_contact(client);
    else if (rule == UNINITIALISED)
        kc_client_expect_uninitialised(client);
}

/* Ends the test with all that is known when something is not as it should be. */
static void expect(const char *name, const struct kc_client *client, enum kc_client_status got,
                   enum kc_client_status want, const char *check, const char *error)
{
    if (got == want && strcmp(client_first_failure(client), check) == 0 &&
        strstr(kc_client_error(client), error) != NULL &&
        (got == KC_CLIENT_OK) == (kc_client_error(client)[0] == '\0'))
        return;
    char *text = kc_client_report_text(client);
    print_message("%s", text);
    free(text);
    fail_msg("%s: status %d, check '%s', error '%s'", name, got, client_first_failure(client),
             kc_client_error(client));
}

static void names_each_check(void **state)
{
    struct client_machine *m = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct model_options options = {.state = m->state,
                                              .lie = rows[i].lie,
                                              .leaf = rows[i].leaf,
                                              .uninitialised = rows[i].uninitialised};
        struct model_server *server = model_server_start(&options);
        struct kc_client *client = client_of(m, server);
        bool is_late = rows[i].lie == MODEL_SILENT || rows[i].lie == MODEL_SLOW ||
                       rows[i].lie == MODEL_NO_HANDSHAKE;
        assert_int_equal(kc_client_set_timeout(client, is_late ? 1000 : 20000), KC_CLIENT_OK);
        set_rule(client, server, rows[i].rule);
        enum kc_client_status got = client_post(client, NULL, 0);
        expect(rows[i].name, client, got, rows[i].want, rows[i].check, rows[i].error);
        kc_client_free(client);
        model_server_seen(server, &m->seen);
        model_server_stop(server);
        if (client_has_secret(&m->seen) != (got == KC_CLIENT_OK) ||
            m->seen.requests != (got == KC_CLIENT_OK))
            fail_msg("%s: %u requests reached the peer", rows[i].name, m->seen.requests);
    }
}

/* One that is pinned has no kms-id of its own to tell before it has met the service. */
static void refuses_another_root(void **state)
{
    struct client_machine *m = *state;
    const struct model_options options = {.state = m->other};
    struct model_server *server = model_server_start(&options);
    struct kc_client *client = client_of(m, server);
    uint8_t kms_id[32];
    client_pin_to(client, server);
    expect("root", client, client_post(client, NULL, 0), KC_CLIENT_NOT_GENUINE, "chain.root", "");
    assert_false(kc_client_kms_id(client, kms_id));
    assert_null(kc_client_service_certificate(client));
    kc_client_free(client);
    model_server_seen(server, &m->seen);
    model_server_stop(server);
    assert_false(client_has_secret(&m->seen));
}

/* Evidence of an earlier connection: genuine, of this very service and leaf, and old. */
static void refuses_a_replay(void **state)
{
    struct client_machine *m = *state;
    const struct model_options options = {.state = m->state};
    struct model_server *server = model_server_start(&options);
    struct kc_client *first = client_of(m, server);
    struct kc_client *second = client_of(m, server);
    client_pin_to(first, server);
    client_pin_to(second, server);
    expect("first", first, kc_client_connect(first), KC_CLIENT_OK, "", "");
    kc_client_free(first);
    model_server_set_lie(server, MODEL_REPLAY);
    expect("replay", second, client_post(second, NULL, 0), KC_CLIENT_NOT_GENUINE, "ratls.nonce",
           "");
    kc_client_free(second);
    model_server_seen(server, &m->seen);
    model_server_stop(server);
    assert_int_equal(m->seen.evidences, 2);
    assert_false(client_has_secret(&m->seen));
}

/* The middle has the genuine service answer its client's nonce, over a connection of its own. */
static void refuses_a_relay(void **state)
{
    struct client_machine *m = *state;
    const struct model_options genuine_options = {.state = m->state};
    struct model_server *genuine = model_server_start(&genuine_options);
    const struct model_options options = {
        .state = m->state, .lie = MODEL_RELAY, .relay_port = model_server_port(genuine)};
    struct model_server *middle = model_server_start(&options);
    struct kc_client *client = client_of(m, middle);
    client_pin_to(client, genuine);
    expect("relay", client, client_post(client, NULL, 0), KC_CLIENT_NOT_GENUINE,
           "ratls.pubkey_hash", "");
    /* Every check of the enclave itself holds; only those of the connection do not. */
    for (size_t i = 0; i < kc_client_check_count(client); i++) {
        struct kc_client_check check = kc_client_check_at(client, i);
        bool of_connection = strcmp(check.name, "ratls.pubkey_hash") == 0 ||
                             strcmp(check.name, "ratls.tls_binder") == 0 ||
                             strcmp(check.name, "ratls.leaf") == 0;
        assert_int_equal(check.state, of_connection ? KC_CLIENT_FAILED : KC_CLIENT_HOLDS);
    }
    kc_client_free(client);
    model_server_seen(middle, &m->seen);
    assert_false(client_has_secret(&m->seen));
    model_server_seen(genuine, &m->seen);
    assert_int_equal(m->seen.evidences, 1);
    assert_false(client_has_secret(&m->seen));
    model_server_stop(middle);
    model_server_stop(genuine);
}

/* Nobody listens there. */
static void tells_who_is_not_there(void **state)
{
    struct client_machine *m = *state;
    const struct model_options options = {.state = m->state};
    struct model_server *server = model_server_start(&options);
    struct kc_client *client = client_of(m, server);
    client_pin_to(client, server);
    model_server_stop(server);
    expect("gone", client, client_post(client, NULL, 0), KC_CLIENT_UNJUDGED, "tls.version",
           "refused");
    kc_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_each_check, client_machine_setup,
                                        client_machine_teardown),
        cmocka_unit_test_setup_teardown(refuses_another_root, client_machine_setup,
                                        client_machine_teardown),
        cmocka_unit_test_setup_teardown(refuses_a_replay, client_machine_setup,
                                        client_machine_teardown),
        cmocka_unit_test_setup_teardown(refuses_a_relay, client_machine_setup,
                                        client_machine_teardown),
        cmocka_unit_test_setup_teardown(tells_who_is_not_there, client_machine_setup,
                                        client_machine_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
