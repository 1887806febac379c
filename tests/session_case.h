/* A core with sessions and TLS, and nothing else of the service: fake_exchange.c answers. */
#ifndef KC_TESTS_SESSION_CASE_H
#define KC_TESTS_SESSION_CASE_H

#include "core/session.h"
#include "core/state.h"
#include "fake_exchange.h"
#include "service.h"

#define PLACES  8
#define CONN(n) ((UINT64_C(7) << 16) + (n))

struct session_case {
    struct test_machine machine;
    struct kc_core *core;
    struct service_host *host;
    SSL_CTX *context;
};

static inline void session_case_clock(struct session_case *c, uint64_t now)
{
    service_say(c->host, (struct kc_message){.type = KC_MESSAGE_TICK, .now = now});
    service_run(c->host);
}

static inline struct session_case *session_case_new(uint32_t places)
{
    struct session_case *c = calloc(1, sizeof *c);
    test_machine_init(&c->machine);
    assert_int_equal(kc_core_new(&c->machine.platform, &c->core), KC_OK);
    c->host = service_host_new(c->core);
    service_say(c->host, (struct kc_message){.type = KC_MESSAGE_START,
                                             .version = KC_BOUNDARY_VERSION,
                                             .requests_max = 1,
                                             .now = SERVICE_NOW});
    service_run(c->host);
    assert_int_equal(kc_tls_new(&c->core->tls), KC_OK);
    assert_int_equal(kc_sessions_new(places, &c->core->sessions), KC_OK);
    service_use_own(c->core->tls, KC_LISTENER_SERVICE);
    c->context = SSL_CTX_new(TLS_client_method());
    return c;
}

static inline void session_case_free(struct session_case *c)
{
    service_host_free(c->host);
    kc_core_free(c->core);
    SSL_CTX_free(c->context);
    free(c);
}

static inline struct service_peer *session_open(struct session_case *c, unsigned place)
{
    return service_open_as(c->host, c->context, CONN(place), KC_LISTENER_SERVICE);
}

/* An open connection after its handshake. */
static inline struct service_peer *session_connect(struct session_case *c, unsigned place)
{
    struct service_peer *peer = session_open(c, place);
    service_settle(c->host);
    assert_true(SSL_is_init_finished(peer->tls));
    assert_int_equal(peer->close, 0);
    return peer;
}

/* The peer goes, unless the enclave ended it already. */
static inline void session_hang_up(struct session_case *c, struct service_peer *peer)
{
    if (peer->close == 0)
        service_say_conn(c->host, KC_MESSAGE_CLOSE, peer->conn);
    peer->hung_up = true;
    service_run(c->host);
}

#endif
