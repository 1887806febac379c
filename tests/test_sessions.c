/* The table of sessions: who may have a place, for how long, and what a wrong message does. */
#include "session_case.h"

#include "core/sessions.h"

#include <pthread.h>
#include <stdatomic.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define GET_AS_KNOWN(path)                                                                         \
    "GET " path " HTTP/1.1\r\nHost: h\r\nX-Vault-Token: " FAKE_TOKEN "\r\n\r\n"

static const struct kc_record_id key_k = {KC_RECORD_KEY, 1, "k"};

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

static void expect_refused(struct session_case *c, uint16_t type, enum kc_refusal code,
                           uint64_t conn)
{
    service_run(c->host);
    assert_int_equal(c->host->refused, 1);
    assert_int_equal(c->host->refusal.message, type);
    assert_int_equal(c->host->refusal.code, code);
    assert_int_equal(c->host->refusal.number, conn);
    c->host->refused = 0;
}

/* Each message of a connection, well formed. */
static struct kc_message message_for(uint16_t type, uint64_t conn)
{
    static const uint8_t byte = 'x';
    struct kc_message message = {.type = type, .conn = conn};
    if (type == KC_MESSAGE_BYTES)
        message.body = kc_bytes_of(&byte, 1);
    if (type == KC_MESSAGE_RECORD || type == KC_MESSAGE_IDS) {
        message.code = type == KC_MESSAGE_RECORD ? KC_FOUND_NOTHING : KC_FOUND_FAILED;
        message.record = key_k;
    }
    return message;
}

static const uint16_t types[] = {KC_MESSAGE_BYTES,  KC_MESSAGE_CLOSE, KC_MESSAGE_RESUME,
                                 KC_MESSAGE_RECORD, KC_MESSAGE_IDS,   KC_MESSAGE_STORED};

/* Numbers that no connection has: never opened, of an earlier use, without use, without place. */
static void test_unknown(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    const uint64_t numbers[] = {CONN(1), (UINT64_C(8) << 16), 5, CONN(PLACES), UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        for (size_t k = 0; k < COUNT_OF(types); k++) {
            service_say(c->host, message_for(types[k], numbers[i]));
            expect_refused(c, types[k], KC_REFUSAL_UNKNOWN_ID, numbers[i]);
        }
    }
    service_ask(c->host, peer, GET("/x"));
    assert_int_equal(service_answers(peer, 200), 1);
}

static void test_open_refused(void **state)
{
    struct session_case *c = *state;
    (void)session_connect(c, 0);
    const struct {
        uint64_t conn;
        uint32_t listener;
        enum kc_refusal code;
    } rows[] = {
        {CONN(0), 0, KC_REFUSAL_ID_IN_USE},  {(UINT64_C(8) << 16), 0, KC_REFUSAL_ID_IN_USE},
        {CONN(PLACES), 0, KC_REFUSAL_LIMIT}, {3, 0, KC_REFUSAL_LIMIT},
        {CONN(1), 2, KC_REFUSAL_PAYLOAD},    {CONN(1), UINT32_MAX, KC_REFUSAL_PAYLOAD},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_OPEN,
                                                 .conn = rows[i].conn,
                                                 .listener = rows[i].listener});
        expect_refused(c, KC_MESSAGE_OPEN, rows[i].code, rows[i].conn);
    }
    assert_int_equal(kc_sessions_count(c->core), 1);
}

static void test_no_certificate(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = service_open_as(c->host, c->context, CONN(0), KC_LISTENER_RATLS);
    service_run(c->host);
    assert_int_equal(peer->close, KC_CLOSE_NOT_READY);
    assert_int_equal(kc_sessions_count(c->core), 0);
    service_use_own(c->core->tls, KC_LISTENER_RATLS);
    peer = service_open_as(c->host, c->context, CONN(0), KC_LISTENER_RATLS);
    service_settle(c->host);
    assert_true(SSL_is_init_finished(peer->tls));
}

static void test_no_service(void **state)
{
    (void)state;
    struct test_machine machine;
    struct kc_core *core = NULL;
    test_machine_init(&machine);
    assert_int_equal(kc_core_new(&machine.platform, &core), KC_OK);
    struct service_host *host = service_host_new(core);
    service_say(host, (struct kc_message){.type = KC_MESSAGE_START,
                                          .version = KC_BOUNDARY_VERSION,
                                          .requests_max = 1,
                                          .now = SERVICE_NOW});
    service_say_conn(host, KC_MESSAGE_OPEN, CONN(0));
    service_say(host, (struct kc_message){.type = KC_MESSAGE_WORK});
    for (size_t i = 0; i < COUNT_OF(types); i++)
        service_say(host, message_for(types[i], CONN(0)));
    service_say(host, (struct kc_message){.type = KC_MESSAGE_TICK, .now = SERVICE_NOW});
    service_run(host);
    assert_int_equal(host->refused, 2 + COUNT_OF(types));
    assert_int_equal(host->refusal.code, KC_REFUSAL_NOT_NOW);
    service_host_free(host);
    kc_core_free(core);
}

/* Connections in every state that one can be left in. */
enum left_in {
    OPENED,
    IN_HANDSHAKE,
    IDLE,
    IN_HEAD,
    IN_BODY,
    DRAINING,
    FETCHING,
    STORING,
    POLLING,
    QUEUED,
    COMPUTED,
    ANSWERING,
    CLOSING,
    STATES,
};

static struct service_peer *leave_in(struct session_case *c, unsigned place, enum left_in state)
{
    static const char *const text[STATES] = {
        [IN_HEAD] = "GET /x HT",
        [IN_BODY] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe",
        [DRAINING] = "POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe",
        [FETCHING] = GET("/fetch"),
        [STORING] = GET("/store"),
        [POLLING] = GET("/poll"),
        [QUEUED] = GET("/slow"),
        [COMPUTED] = GET("/slow"),
        [ANSWERING] = GET("/big"),
        [CLOSING] = GET("/big") "GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    struct service_peer *peer = session_open(c, place);
    service_run(c->host);
    c->host->no_work = true;
    if (state == IN_HANDSHAKE) {
        service_peer_reads(peer);
        (void)service_peer_speaks(c->host, peer);
        service_run(c->host);
    }
    if (state <= IN_HANDSHAKE)
        return peer;
    service_settle(c->host);
    c->host->no_resume = true;
    if (text[state] != NULL)
        service_ask(c->host, peer, text[state]);
    if (state == COMPUTED)
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    for (int i = 0; state == CLOSING && i < 16; i++)
        service_say_conn(c->host, KC_MESSAGE_RESUME, peer->conn);
    service_run(c->host);
    assert_int_equal(peer->close, 0);
    c->host->no_resume = false;
    return peer;
}

static void test_close_in_every_state(void **state)
{
    struct session_case *c = *state;
    for (enum left_in i = OPENED; i < STATES; i++) {
        struct service_peer *peer = leave_in(c, 0, i);
        assert_int_equal(kc_sessions_count(c->core), 1);
        service_say_conn(c->host, KC_MESSAGE_CLOSE, peer->conn);
        service_run(c->host);
        assert_int_equal(kc_sessions_count(c->core), 0);
        assert_int_equal(peer->close, 0); /* who said it need not be told */
        assert_int_equal(c->host->refused, 0);
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
        service_run(c->host);
    }
    /* None of them is left in the slow queue. */
    assert_int_equal(c->host->work_wanted, 2);
}

/* The host says what it was not asked for, in every state: refused or nothing, and it goes on. */
static void test_every_message_in_every_state(void **state)
{
    static const uint16_t said[] = {KC_MESSAGE_RECORD, KC_MESSAGE_IDS, KC_MESSAGE_STORED,
                                    KC_MESSAGE_RESUME, KC_MESSAGE_WORK};
    struct session_case *c = *state;
    for (enum left_in i = OPENED; i < STATES; i++) {
        struct service_peer *peer = leave_in(c, 0, i);
        for (size_t k = 0; k < COUNT_OF(said); k++) {
            bool awaited = (i == FETCHING && said[k] == KC_MESSAGE_RECORD) ||
                           (i == STORING && said[k] == KC_MESSAGE_STORED);
            service_say(c->host, message_for(said[k], peer->conn));
            service_run(c->host);
            bool refusable = said[k] != KC_MESSAGE_RESUME && said[k] != KC_MESSAGE_WORK;
            assert_int_equal(c->host->refused, refusable && !awaited);
            c->host->refused = 0;
        }
        service_settle(c->host);
        if (i >= FETCHING)
            assert_true(service_answers(peer, 200) >= 1);
        if (i == IN_HEAD)
            service_ask(c->host, peer, "TP/1.1\r\nHost: h\r\n\r\n");
        if (i == IN_BODY || i == DRAINING)
            service_ask(c->host, peer, "llo");
        if (peer->close == 0) {
            service_forget_read(peer);
            service_ask(c->host, peer, GET("/x"));
            assert_int_equal(service_answers(peer, 200), 1);
        } else {
            assert_int_equal(i, CLOSING);
        }
        session_hang_up(c, peer);
    }
}

/* Each has its time and no more; where the peer can read it, it is told. */
static void test_deadlines(void **state)
{
    static const struct {
        enum left_in state;
        unsigned seconds;
        bool told;
    } rows[] = {
        {OPENED, KC_SESSION_HANDSHAKE_TIME, false},
        {IN_HANDSHAKE, KC_SESSION_HANDSHAKE_TIME, false},
        {IDLE, KC_SESSION_IDLE_TIME, true},
        {IN_HEAD, KC_SESSION_HEAD_TIME, true},
        {IN_BODY, KC_SESSION_BODY_TIME, true},
        {DRAINING, KC_SESSION_BODY_TIME, true},
        {FETCHING, KC_SESSION_PARKED_TIME, true},
        {STORING, KC_SESSION_PARKED_TIME, true},
        {POLLING, KC_SESSION_PARKED_TIME, true},
        {QUEUED, KC_SESSION_PARKED_TIME, true},
        {COMPUTED, KC_SESSION_PARKED_TIME, true},
        {ANSWERING, KC_SESSION_ANSWER_TIME, false},
        {CLOSING, KC_SESSION_ANSWER_TIME, false},
    };
    struct session_case *c = *state;
    uint64_t now = SERVICE_NOW;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct service_peer *peer = leave_in(c, 0, rows[i].state);
        c->host->no_resume = true;
        session_case_clock(c, now + rows[i].seconds - 1);
        assert_int_equal(peer->close, 0);
        session_case_clock(c, now += rows[i].seconds);
        assert_int_equal(peer->close, KC_CLOSE_DEADLINE);
        assert_int_equal(kc_sessions_count(c->core), 0);
        service_settle(c->host);
        assert_int_equal(peer->said_goodbye, rows[i].told);
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK}); /* of whom has gone */
        service_run(c->host);
        c->host->no_resume = false;
    }
}

/* A slow sender of a head does not move its deadline; a whole request does. */
static void test_deadline_is_of_the_request(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer = session_connect(c, 0);
    session_case_clock(c, SERVICE_NOW + 5);
    service_ask(c->host, peer, "GET /x HT");
    session_case_clock(c, SERVICE_NOW + 14);
    service_ask(c->host, peer, "TP/1.1\r\nHos");
    assert_int_equal(peer->close, 0);
    service_ask(c->host, peer, "t: h\r\n\r\n");
    assert_int_equal(service_answers(peer, 200), 1);
    session_case_clock(c, SERVICE_NOW + 20);
    service_ask(c->host, peer, "GET /x HT");
    session_case_clock(c, SERVICE_NOW + 29);
    service_ask(c->host, peer, "TP/1.1\r\nHos");
    session_case_clock(c, SERVICE_NOW + 30);
    assert_int_equal(peer->close, KC_CLOSE_DEADLINE);
}

/* Six of eight places are for anyone; the one that was silent longest makes way. */
static void test_unknown_clients_make_way(void **state)
{
    struct session_case *c = *state;
    struct service_peer *peer[PLACES];
    peer[0] = session_connect(c, 0);
    service_ask(c->host, peer[0], GET_AS_KNOWN("/x"));
    for (unsigned i = 1; i < 7; i++)
        peer[i] = session_connect(c, i);
    service_ask(c->host, peer[1], GET("/x")); /* 2 is now the silent one */
    peer[7] = session_connect(c, 7);
    assert_int_equal(peer[2]->close, KC_CLOSE_BUSY);
    assert_int_equal(kc_sessions_count(c->core), 7);
    /* Those who have shown a token do not count and do not make way. */
    service_ask(c->host, peer[3], GET_AS_KNOWN("/x"));
    peer[2] = session_connect(c, 2);
    assert_int_equal(kc_sessions_count(c->core), 8);
    for (unsigned i = 0; i < PLACES; i++)
        assert_int_equal(peer[i]->close, 0);
}

/* Who waits for the host does not make way: then the new one is turned away. */
static void test_all_wait(void **state)
{
    struct session_case *c = *state;
    for (unsigned i = 0; i < 6; i++) {
        struct service_peer *peer = session_connect(c, i);
        service_ask(c->host, peer, GET("/fetch"));
    }
    struct service_peer *more = session_open(c, 6);
    service_run(c->host);
    assert_int_equal(more->close, KC_CLOSE_BUSY);
    assert_int_equal(kc_sessions_count(c->core), 6);
    service_say(c->host, message_for(KC_MESSAGE_RECORD, CONN(3)));
    service_settle(c->host);
    more = session_connect(c, 6);
    assert_int_equal(c->host->peer[3]->close, KC_CLOSE_BUSY);
}

/* What is kept unread for all together has a bound; what is sure to each does not count. */
static void test_held_by_all(void **state)
{
    static uint8_t noise[1024 * 1024];
    struct session_case *c = session_case_new(32);
    (void)state;
    unsigned ended = 0;
    for (unsigned i = 0; i < 20; i++) {
        struct service_peer *peer = session_connect(c, i);
        service_ask(c->host, peer, GET_AS_KNOWN("/fetch"));
        service_bytes(c->host, peer->conn, kc_bytes_of(noise, i < 18 ? sizeof noise : 65536));
        service_run(c->host);
        assert_int_equal(peer->close, i == 17 ? KC_CLOSE_HTTP : 0); /* 16 MiB are 17 excesses */
        ended += peer->close != 0;
    }
    assert_int_equal(ended, 1);
    for (unsigned i = 0; i < 17; i++)
        session_hang_up(c, c->host->peer[i]);
    struct service_peer *peer = session_connect(c, 0);
    service_ask(c->host, peer, GET_AS_KNOWN("/fetch"));
    service_bytes(c->host, peer->conn, kc_bytes_of(noise, sizeof noise));
    service_run(c->host);
    assert_int_equal(peer->close, 0);
    session_case_free(c);
}

/* Strangers who send and do not read: what is kept for all of them has a bound, and who has a token
 * is not in their way. */
static void test_strangers_hold_little(void **state)
{
    enum { STRANGERS = 150 };
    struct session_case *c = session_case_new(256);
    (void)state;
    for (int round = 0; round < 2; round++) {
        unsigned ended = 0;
        c->host->no_resume = true;
        for (unsigned i = 0; i < STRANGERS; i++) {
            struct service_peer *peer = session_connect(c, i);
            for (int j = 0; j < 500; j++)
                service_write_text(peer, GET("/big"));
            service_settle(c->host);
            ended += peer->close == KC_CLOSE_HTTP;
        }
        /* Each that is left holds an answer of FAKE_BIG. */
        unsigned left = STRANGERS - ended;
        assert_true(left > 0);
        assert_true(left * (size_t)FAKE_BIG <=
                    KC_SESSIONS_STRANGER_EXCESS_MAX + left * (size_t)KC_SESSION_STRANGER_SURE);
        c->host->no_resume = false;
        struct service_peer *known = session_connect(c, STRANGERS);
        service_ask(c->host, known, GET_AS_KNOWN("/big"));
        assert_int_equal(service_answers(known, 200), 1);
        for (unsigned i = 0; i <= STRANGERS; i++)
            session_hang_up(c, c->host->peer[i]);
        assert_int_equal(c->core->sessions->excess[false], 0);
        assert_int_equal(c->core->sessions->excess[true], 0);
    }
    session_case_free(c);
}

static void test_slow_queue(void **state)
{
    struct session_case *c = session_case_new(32);
    (void)state;
    c->host->no_work = true;
    for (unsigned i = 0; i < 18; i++) {
        struct service_peer *peer = session_connect(c, i);
        service_ask(c->host, peer, GET_AS_KNOWN("/slow"));
        assert_int_equal(service_answers(peer, 503), i >= 16);
        if (i >= 16)
            assert_non_null(strstr(service_text(peer), "Retry-After: 1\r\n"));
    }
    assert_int_equal(c->host->work_wanted, 16);
    service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    service_settle(c->host);
    assert_int_equal(service_answers(c->host->peer[0], 200), 1); /* the first is the first */
    for (int i = 0; i < 20; i++)
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    service_settle(c->host);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(service_answers(c->host->peer[i], 200), 1);
    assert_int_equal(c->host->refused, 0);
    session_case_free(c);
}

static void test_churn(void **state)
{
    struct session_case *c = *state;
    for (unsigned i = 0; i < 400; i++) {
        struct service_peer *peer = leave_in(c, i % PLACES, i % STATES);
        if (i % 3 == 0)
            session_case_clock(c, c->machine.told + KC_SESSION_IDLE_TIME);
        session_hang_up(c, peer);
        service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    }
    service_run(c->host);
    assert_int_equal(kc_sessions_count(c->core), 0);
    assert_int_equal(c->host->refused, 0);
}

/* What a batch needs of room is known before: the largest effects of each, and no more fit. */
static void test_room(void **state)
{
    struct session_case *c = *state;
    static uint8_t in[4096];
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    size_t len = 0;
    const size_t one = KC_SESSION_EFFECTS_MAX + 24;
    (void)session_connect(c, 0);
    for (int i = 0; i < 61; i++)
        kc_message_encode(&w, &(struct kc_message){.type = KC_MESSAGE_RESUME, .conn = CONN(0)});
    assert_true(61 * one <= KC_CORE_FRAME_MAX);
    assert_int_equal(kc_core_ecall(c->core, kc_writer_written(&w),
                                   (struct kc_room){c->host->out, 61 * one - 1}, &len),
                     KC_ERR_ROOM);
    assert_int_equal(kc_core_ecall(c->core, kc_writer_written(&w),
                                   (struct kc_room){c->host->out, 61 * one}, &len),
                     KC_OK);
    assert_int_equal(len, 0);
}

/* --- threads --- */

#define THREADS 3
#define ROUNDS  60

static _Atomic bool over;

struct worker {
    struct session_case *c;
    unsigned place;
    unsigned answers;
};

/* A host thread with a connection of its own. */
static void *serve(void *context)
{
    static const char *const texts[] = {GET("/x"), GET("/slow"), GET_AS_KNOWN("/big"), GET("/poll"),
                                        GET("/store")};
    struct worker *w = context;
    struct service_host *host = service_host_new(w->c->core);
    host->no_work = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t conn = ((uint64_t)(i + 1) << 16) + w->place;
        struct service_peer *peer = service_open_as(host, w->c->context, conn, KC_LISTENER_SERVICE);
        service_settle(host);
        for (unsigned k = 0; k < COUNT_OF(texts) && peer->close == 0; k++) {
            service_forget_read(peer);
            service_ask(host, peer, texts[(i + k) % COUNT_OF(texts)]);
            if (i % 4 == 3 && k == 2)
                break; /* goes while it waits */
            for (int tries = 0; service_answers(peer, 200) == 0 && tries < 10000; tries++) {
                service_say(host, message_for(KC_MESSAGE_STORED, conn));
                service_say_conn(host, KC_MESSAGE_RESUME, conn);
                service_settle(host);
                sched_yield();
            }
            w->answers += service_answers(peer, 200);
        }
        if (peer->close == 0)
            service_say_conn(host, KC_MESSAGE_CLOSE, conn);
        service_run(host);
    }
    service_host_free(host);
    return NULL;
}

/* The slow thread, and the clock that ends nobody in time. */
static void *work(void *context)
{
    struct session_case *c = context;
    struct service_host *host = service_host_new(c->core);
    uint64_t now = SERVICE_NOW;
    while (!atomic_load(&over)) {
        service_say(host, (struct kc_message){.type = KC_MESSAGE_WORK});
        service_say(host, (struct kc_message){.type = KC_MESSAGE_TICK, .now = now});
        service_run(host);
        sched_yield();
    }
    service_host_free(host);
    return NULL;
}

static void test_threads(void **state)
{
    struct session_case *c = *state;
    pthread_t slow;
    pthread_t thread[THREADS];
    struct worker worker[THREADS];
    atomic_store(&over, false);
    assert_int_equal(pthread_create(&slow, NULL, work, c), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){.c = c, .place = i};
        assert_int_equal(pthread_create(&thread[i], NULL, serve, &worker[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    atomic_store(&over, true);
    pthread_join(slow, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(worker[i].answers, ROUNDS * 5 - ROUNDS / 4 * 3);
    assert_int_equal(kc_sessions_count(c->core), 0);
}

/* The connection ends while its request is computed, and its place is opened again at once. */
static struct session_case *computing;
static struct service_host *computing_host;

static void end_meanwhile(void)
{
    service_say_conn(computing_host, KC_MESSAGE_CLOSE, CONN(0));
    service_say_conn(computing_host, KC_MESSAGE_OPEN, (UINT64_C(9) << 16));
    service_run(computing_host);
    assert_int_equal(computing_host->refused, 0);
}

static void test_end_while_computing(void **state)
{
    struct session_case *c = *state;
    computing = c;
    computing_host = service_host_new(c->core);
    (void)leave_in(c, 0, QUEUED);
    fake_slow_hook = end_meanwhile;
    service_say(c->host, (struct kc_message){.type = KC_MESSAGE_WORK});
    service_run(c->host);
    fake_slow_hook = NULL;
    assert_int_equal(kc_sessions_count(c->core), 1);
    assert_int_equal(c->host->peer[0]->resumes, 0);
    service_host_free(computing_host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_certificate, setup, teardown),
        cmocka_unit_test(test_no_service),
        cmocka_unit_test_setup_teardown(test_close_in_every_state, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_message_in_every_state, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadlines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadline_is_of_the_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_clients_make_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_wait, setup, teardown),
        cmocka_unit_test(test_held_by_all),
        cmocka_unit_test(test_strangers_hold_little),
        cmocka_unit_test(test_slow_queue),
        cmocka_unit_test_setup_teardown(test_churn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_while_computing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
