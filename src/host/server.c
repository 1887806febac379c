#include "host/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/server_state.h"
#include "loader/loader.h"

#define TICK_MS   1000
#define SLOW_NICE 5 /* for the one who waits for it, others work */

void kc_server_wake(struct kc_server *server)
{
    (void)uv_async_send(&server->wake);
}

void kc_server_fail(struct kc_server *server, enum kc_err err, const char *what)
{
    enum kc_err none = KC_OK;
    if (!atomic_compare_exchange_strong(&server->failed, &none, err))
        return;
    kc_journal_write(server->options.journal, KC_JOURNAL_ERROR, what, NULL);
    kc_server_wake(server);
}

void kc_server_stop(struct kc_server *server)
{
    atomic_store(&server->stop, true);
    kc_server_wake(server);
}

static void set_phase(struct kc_server *server, enum kc_server_phase phase)
{
    atomic_store(&server->phase, phase);
    for (unsigned i = 0; i < server->worker_count; i++)
        (void)uv_async_send(&server->workers[i].wake);
}

static void over_limit(uv_timer_t *limit)
{
    struct kc_server *server = limit->data;
    kc_journal_write(server->options.journal, KC_JOURNAL_WARNING,
                     "some answers did not end in time: their connections are closed", NULL);
    set_phase(server, KC_SERVER_CUTS);
}

static void drain(struct kc_server *server)
{
    if (server->draining)
        return;
    server->draining = true;
    kc_journal_write(server->options.journal, KC_JOURNAL_INFO,
                     "ends: no new connections, answers under way may finish", NULL);
    kc_server_listen_stop(server);
    (void)uv_timer_start(&server->limit, over_limit, KC_SERVER_DRAIN_TIME * UINT64_C(1000), 0);
    set_phase(server, KC_SERVER_DRAINS);
}

/* For the first time. */
static void tell_ready(struct kc_server *server)
{
    struct kc_server_facts facts = {.listen = server->listeners[0].address};
    pthread_mutex_lock(&server->lock);
    bool serving = server->serving;
    memcpy(facts.kms_id, server->kms_id, sizeof facts.kms_id);
    pthread_mutex_unlock(&server->lock);
    if (!serving || server->ready)
        return;
    server->ready = true;
    if (server->listener_count > 1)
        facts.listen_ratls = server->listeners[1].address;
    if (server->options.ready != NULL)
        server->options.ready(server->options.context, &facts);
}

static void woken(uv_async_t *wake)
{
    struct kc_server *server = wake->data;
    if (atomic_load(&server->failed) != KC_OK) {
        uv_stop(&server->loop);
        return;
    }
    tell_ready(server);
    if (atomic_load(&server->stop))
        drain(server);
    if (server->draining && atomic_load(&server->drained) == server->worker_count)
        uv_stop(&server->loop);
    else if (!server->draining && atomic_load(&server->waiting))
        kc_server_accept_on(server);
}

static void tick(uv_timer_t *timer)
{
    struct kc_server *server = timer->data;
    const struct kc_message message = {.type = KC_MESSAGE_TICK, .now = (uint64_t)time(NULL)};
    uint8_t in[64];
    kc_server_say(server, &message, (struct kc_room){in, sizeof in}, server->out);
    server->told_full = false;
    if (!server->draining && atomic_load(&server->waiting))
        kc_server_accept_on(server);
}

static void take_signal(uv_signal_t *handle, int number)
{
    struct kc_server *server = handle->data;
    if (number == SIGHUP) {
        if (server->options.reload != NULL)
            server->options.reload(server->options.context);
    } else if (server->draining) {
        set_phase(server, KC_SERVER_CUTS); /* the second one is in a hurry */
    } else {
        drain(server);
    }
}

static enum kc_err make_loop(struct kc_server *server)
{
    uv_signal_t *const signals[] = {&server->terminate, &server->interrupt, &server->hang_up};
    server->has_loop = uv_loop_init(&server->loop) == 0;
    bool good = server->has_loop && uv_async_init(&server->loop, &server->wake, woken) == 0 &&
                uv_timer_init(&server->loop, &server->tick) == 0 &&
                uv_timer_init(&server->loop, &server->limit) == 0;
    for (size_t i = 0; good && i < sizeof signals / sizeof signals[0]; i++) {
        good = uv_signal_init(&server->loop, signals[i]) == 0;
        signals[i]->data = server;
    }
    server->wake.data = server->tick.data = server->limit.data = server;
    return good ? KC_OK : KC_ERR_MEMORY;
}

static enum kc_err make_threads(struct kc_server *server)
{
    unsigned count = server->options.workers;
    unsigned most = kc_enclave_threads(server->options.enclave);
    /* One TCS is for slow work, one for quotes and time. */
    most = most > KC_SERVER_WORKERS_MAX + 2 ? KC_SERVER_WORKERS_MAX : most > 3 ? most - 2 : 1;
    if (count == 0)
        count = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (count > most)
        count = most;
    server->worker_count =
        count < server->options.connections ? count : server->options.connections;
    server->workers = calloc(server->worker_count, sizeof *server->workers);
    server->out = (struct kc_room){malloc(KC_CORE_FRAME_MAX), KC_CORE_FRAME_MAX};
    enum kc_err err = server->workers == NULL || server->out.ptr == NULL ? KC_ERR_MEMORY : KC_OK;
    for (unsigned i = 0; err == KC_OK && i < server->worker_count; i++)
        err = kc_worker_new(&server->workers[i], server, i);
    if (err == KC_OK)
        err = kc_helper_new(&server->store, server, kc_server_serve_store);
    if (err == KC_OK)
        err = kc_helper_new(&server->aesm, server, kc_server_serve_aesm);
    if (err == KC_OK)
        err = kc_helper_new(&server->slow, server, kc_server_serve_slow);
    server->slow.nice = SLOW_NICE;
    return err;
}

enum kc_err kc_server_new(const struct kc_server_options *options, struct kc_server **out,
                          struct kc_server_error *error)
{
    struct kc_server *server = calloc(1, sizeof *server);
    snprintf(error->text, sizeof error->text, "out of memory");
    if (server == NULL)
        return KC_ERR_MEMORY;
    server->options = *options;
    enum kc_err err = pthread_mutex_init(&server->lock, NULL) == 0 ? KC_OK : KC_ERR_MEMORY;
    if (err == KC_OK)
        err = make_loop(server);
    if (err == KC_OK)
        err = kc_server_listen(server, error);
    if (err == KC_OK)
        err = make_threads(server);
    if (err == KC_OK)
        err = kc_server_start(server, error);
    if (err == KC_OK)
        *out = server;
    else
        kc_server_free(server);
    return err;
}

static enum kc_err run_threads(struct kc_server *server)
{
    enum kc_err err = kc_helper_run(&server->store);
    for (unsigned i = 0; err == KC_OK && i < server->worker_count; i++)
        err = kc_worker_run(&server->workers[i]);
    if (err == KC_OK)
        err = kc_helper_run(&server->slow);
    if (err == KC_OK)
        err = kc_helper_run(&server->aesm);
    return err;
}

static void end_threads(struct kc_server *server)
{
    kc_helper_stop(&server->aesm);
    kc_helper_stop(&server->slow);
    kc_helper_stop(&server->store);
    set_phase(server, KC_SERVER_ENDS);
    for (unsigned i = 0; i < server->worker_count; i++)
        kc_worker_join(&server->workers[i]);
}

enum kc_err kc_server_run(struct kc_server *server, struct kc_server_error *error)
{
    enum kc_err err = run_threads(server);
    bool good = err == KC_OK && uv_timer_start(&server->tick, tick, TICK_MS, TICK_MS) == 0 &&
                uv_signal_start(&server->terminate, take_signal, SIGTERM) == 0 &&
                uv_signal_start(&server->interrupt, take_signal, SIGINT) == 0 &&
                uv_signal_start(&server->hang_up, take_signal, SIGHUP) == 0;
    if (good) {
        kc_server_accept_on(server);
        (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    }
    kc_server_listen_stop(server);
    end_threads(server);
    if (err == KC_OK)
        err = good ? atomic_load(&server->failed) : KC_ERR_MEMORY;
    snprintf(error->text, sizeof error->text, "%s",
             err == KC_ERR_STATE ? "the enclave has died: start the server again"
                                 : "the server ended: out of memory");
    return err;
}

static void close_handle(uv_handle_t *handle, void *argument)
{
    (void)argument;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void kc_server_free(struct kc_server *server)
{
    if (server == NULL)
        return;
    kc_helper_clear(&server->aesm);
    kc_helper_clear(&server->slow);
    kc_helper_clear(&server->store);
    for (unsigned i = 0; server->workers != NULL && i < server->worker_count; i++)
        kc_worker_clear(&server->workers[i]);
    free(server->workers);
    kc_server_listen_stop(server);
    if (server->has_loop) {
        uv_walk(&server->loop, close_handle, NULL);
        (void)uv_run(&server->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&server->loop);
    }
    free(server->out.ptr);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
