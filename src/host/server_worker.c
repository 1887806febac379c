#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/server_state.h"

#define IN_SIZE  (256u * 1024)
#define ROUNDS   8    /* of RESUME in one turn, so that sockets are looked at again */
#define SWEEP_MS 1000 /* the clock of what lingers */
#define DRAIN_MS 20
#define LEFT_MIN 8192 /* what a message, or a read, finds at least */

void kc_worker_flush(struct kc_server_worker *w)
{
    struct kc_bytes batch = kc_bytes_of(w->in.ptr, w->in_len);
    if (w->in_count == 0)
        return;
    /* Effects put nothing into the batch: its parts may still be on their way. */
    kc_server_call(w->server, w, batch, w->out);
    w->in_len = 0;
    w->in_count = 0;
}

static void count_message(struct kc_server_worker *w)
{
    w->in_count++;
    if (w->in_count == KC_WORKER_MESSAGES || w->in.len - w->in_len < LEFT_MIN)
        kc_worker_flush(w);
}

static void put_bytes(struct kc_server_worker *w, struct kc_bytes message)
{
    if (w->in.len - w->in_len < message.len)
        kc_worker_flush(w);
    memcpy(w->in.ptr + w->in_len, message.ptr, message.len);
    w->in_len += message.len;
    count_message(w);
}

void kc_worker_put(struct kc_server_worker *w, const struct kc_message *message)
{
    struct kc_writer writer =
        kc_writer_of((struct kc_room){w->in.ptr + w->in_len, w->in.len - w->in_len});
    kc_message_encode(&writer, message); /* OPEN, CLOSE, RESUME: they fit */
    w->in_len += writer.len;
    count_message(w);
}

static void take_mail(struct kc_server_worker *w)
{
    struct kc_frame_message frame;
    struct kc_effect effect;
    if (!w->has_mail)
        return;
    w->has_mail = false;
    kc_mailbox_take(w);
    for (size_t i = 0; i < w->taken.arrival_count; i++)
        kc_connection_open(w, w->taken.arrivals[i].fd, w->taken.arrivals[i].listener);
    struct kc_reader r = kc_reader_of(kc_bytes_of(w->taken.effects.ptr, w->taken.effects.len));
    while (kc_frame_next(&r, &frame)) {
        struct kc_connection *c = NULL;
        if (kc_effect_decode(&frame, &effect) == KC_OK)
            c = kc_connection_find(w, effect.conn);
        if (c != NULL)
            kc_connection_act(c, &effect);
    }
    r = kc_reader_of(kc_bytes_of(w->taken.messages.ptr, w->taken.messages.len));
    while (r.left > 0) {
        struct kc_reader start = r;
        if (!kc_frame_next(&r, &frame))
            break;
        put_bytes(w, kc_bytes_of(start.ptr, start.left - r.left));
    }
}

static void put_resumes(struct kc_server_worker *w)
{
    struct kc_connection *c = w->resumes;
    w->resumes = NULL;
    w->resumes_end = &w->resumes;
    /* A full batch leaves at once, and its effects fill the list that is now empty. */
    while (c != NULL) {
        struct kc_connection *next = c->next_resume;
        const struct kc_message resume = {.type = KC_MESSAGE_RESUME, .conn = c->conn};
        c->resume_listed = false;
        if (c->state == KC_CONNECTION_OPEN && !c->stalled) {
            c->resume = false;
            kc_worker_put(w, &resume);
        }
        c = next;
    }
}

/* Tells the enclave who has gone, and frees their places. */
static void bury(struct kc_server_worker *w)
{
    while (w->gone != NULL) {
        struct kc_connection *gone = w->gone;
        w->gone = NULL;
        for (struct kc_connection *c = gone; c != NULL; c = c->next_gone) {
            const struct kc_message close = {.type = KC_MESSAGE_CLOSE, .conn = c->conn};
            kc_worker_put(w, &close);
        }
        kc_worker_flush(w);
        while (gone != NULL) {
            struct kc_connection *next = gone->next_gone;
            kc_connection_close(gone);
            gone = next;
        }
    }
}

/* Ends what may end now. */
static void leave(struct kc_server_worker *w, enum kc_server_phase phase)
{
    for (unsigned i = 0; i < w->place_count; i++) {
        struct kc_connection *c = w->places[i];
        if (c == NULL)
            continue;
        if (phase != KC_SERVER_DRAINS && c->state == KC_CONNECTION_ENDED)
            kc_connection_close(c);
        else if (phase != KC_SERVER_DRAINS || kc_connection_is_idle(c))
            kc_connection_lose(c);
    }
    bury(w);
    if (!w->told_drained && atomic_load(&w->reserved) == 0) {
        w->told_drained = true;
        atomic_fetch_add(&w->server->drained, 1);
        kc_server_wake(w->server);
    }
}

static void end_loop(struct kc_server_worker *w)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&w->wake, (uv_handle_t *)&w->turn,
                                    (uv_handle_t *)&w->again, (uv_handle_t *)&w->sweep};
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    }
    for (unsigned i = 0; i < w->place_count; i++) {
        if (w->places[i] != NULL)
            kc_connection_close(w->places[i]);
    }
}

/* Keeps the loop from waiting; the work is done in turn(). */
static void go_on(uv_idle_t *again)
{
    (void)again;
}

/* After the sockets were looked at: everything that came crosses now. */
static void turn(uv_check_t *check)
{
    struct kc_server_worker *w = check->data;
    take_mail(w);
    for (int round = 0; round < ROUNDS; round++) {
        put_resumes(w);
        kc_worker_flush(w);
        bury(w);
        if (w->resumes == NULL)
            break;
    }
    enum kc_server_phase phase = atomic_load(&w->server->phase);
    if (phase == KC_SERVER_ENDS) {
        end_loop(w);
        return;
    }
    if (phase != KC_SERVER_SERVES)
        leave(w, phase);
    bool more = w->resumes != NULL;
    if (more != (bool)uv_is_active((uv_handle_t *)&w->again)) {
        if (!more)
            (void)uv_idle_stop(&w->again);
        else
            (void)uv_idle_start(&w->again, go_on);
    }
}

static void sweep(uv_timer_t *timer)
{
    struct kc_server_worker *w = timer->data;
    for (unsigned i = 0; i < w->place_count; i++) {
        struct kc_connection *c = w->places[i];
        if (c != NULL && c->state == KC_CONNECTION_ENDED && uv_now(&w->loop) >= c->linger_till)
            kc_connection_close(c);
    }
}

static void woken(uv_async_t *wake)
{
    struct kc_server_worker *w = wake->data;
    w->has_mail = true;
    if (atomic_load(&w->server->phase) != KC_SERVER_SERVES)
        (void)uv_timer_start(&w->sweep, sweep, 0, DRAIN_MS);
}

static void *run(void *argument)
{
    struct kc_server_worker *w = argument;
    (void)uv_run(&w->loop, UV_RUN_DEFAULT);
    return NULL;
}

enum kc_err kc_worker_new(struct kc_server_worker *w, struct kc_server *server, unsigned index)
{
    unsigned connections = server->options.connections;
    w->server = server;
    w->index = index;
    w->place_count = (connections - index + server->worker_count - 1) / server->worker_count;
    w->resumes_end = &w->resumes;
    w->places = calloc(w->place_count, sizeof(struct kc_connection *));
    w->in = (struct kc_room){malloc(IN_SIZE), IN_SIZE};
    w->out = (struct kc_room){malloc(KC_CORE_FRAME_MAX), KC_CORE_FRAME_MAX};
    if (w->places == NULL || w->in.ptr == NULL || w->out.ptr == NULL ||
        pthread_mutex_init(&w->mailbox.lock, NULL) != 0 || uv_loop_init(&w->loop) != 0)
        return KC_ERR_MEMORY;
    w->wake.data = w->turn.data = w->sweep.data = w;
    return uv_async_init(&w->loop, &w->wake, woken) == 0 &&
                   uv_check_init(&w->loop, &w->turn) == 0 && uv_check_start(&w->turn, turn) == 0 &&
                   uv_idle_init(&w->loop, &w->again) == 0 &&
                   uv_timer_init(&w->loop, &w->sweep) == 0 &&
                   uv_timer_start(&w->sweep, sweep, SWEEP_MS, SWEEP_MS) == 0
               ? KC_OK
               : KC_ERR_MEMORY;
}

enum kc_err kc_worker_run(struct kc_server_worker *w)
{
    w->running = kc_helper_thread(&w->thread, run, w);
    return w->running ? KC_OK : KC_ERR_MEMORY;
}

void kc_worker_join(struct kc_server_worker *w)
{
    if (w->running)
        pthread_join(w->thread, NULL);
    w->running = false;
}

static void close_handle(uv_handle_t *handle, void *argument)
{
    (void)argument;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void kc_worker_clear(struct kc_server_worker *w)
{
    if (w->server == NULL)
        return;
    if (w->sweep.data != NULL) {
        uv_walk(&w->loop, close_handle, NULL);
        (void)uv_run(&w->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&w->loop);
    }
    for (size_t i = 0; i < w->mailbox.arrival_count; i++)
        close(w->mailbox.arrivals[i].fd);
    kc_mailbox_clear(&w->mailbox);
    kc_mailbox_clear(&w->taken);
    pthread_mutex_destroy(&w->mailbox.lock);
    free(w->places);
    free(w->in.ptr);
    free(w->out.ptr);
}
