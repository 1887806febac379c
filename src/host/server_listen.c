#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/server_state.h"

#define ACCEPTS_MAX 64 /* at once, so that signals and time are looked at */

/* The worker with the fewest connections, with a place reserved there; NULL: all are full. */
static struct kc_server_worker *choose(struct kc_server *server)
{
    struct kc_server_worker *best = NULL;
    unsigned least = 0;
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct kc_server_worker *w = &server->workers[i];
        unsigned reserved = atomic_load(&w->reserved);
        if (reserved < w->place_count && (best == NULL || reserved < least)) {
            best = w;
            least = reserved;
        }
    }
    if (best != NULL)
        atomic_fetch_add(&best->reserved, 1);
    return best;
}

static void pause_all(struct kc_server *server)
{
    for (unsigned i = 0; i < server->listener_count; i++) {
        if (server->listeners[i].polling)
            (void)uv_poll_stop(&server->listeners[i].poll);
        server->listeners[i].polling = false;
    }
}

/* Whether it makes sense to go on. */
static bool accept_one(struct kc_server_listener *listener)
{
    struct kc_server *server = listener->server;
    struct kc_server_worker *worker = choose(server);
    if (worker == NULL) {
        /* They wait in the backlog. Looked at again, for a place may have become free meanwhile. */
        pause_all(server);
        atomic_store(&server->waiting, true);
        worker = choose(server);
        if (worker == NULL)
            return false;
        kc_server_wake(server);
    }
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int error = errno;
    if (fd >= 0) {
        kc_mailbox_arrival(worker, fd, listener->kind);
        return true;
    }
    atomic_fetch_sub(&worker->reserved, 1);
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
        /* Until the next TICK: the loop would turn without end. */
        pause_all(server);
        atomic_store(&server->waiting, true);
        /* Each connection that ends has it tried again: strangers must not fill the log. */
        if (!server->told_full)
            kc_journal_text(server->options.journal, KC_JOURNAL_ERROR, "cannot accept connections",
                            "why", strerror(error));
        server->told_full = true;
    }
    return error == ECONNABORTED || error == EINTR;
}

static void readable(uv_poll_t *poll, int status, int events)
{
    struct kc_server_listener *listener = poll->data;
    (void)events;
    for (int i = 0; status == 0 && i < ACCEPTS_MAX && accept_one(listener); i++)
        ;
}

void kc_server_accept_on(struct kc_server *server)
{
    atomic_store(&server->waiting, false);
    for (unsigned i = 0; i < server->listener_count; i++) {
        struct kc_server_listener *l = &server->listeners[i];
        if (!l->polling && l->fd >= 0)
            l->polling = uv_poll_start(&l->poll, UV_READABLE, readable) == 0;
    }
}

static enum kc_err listen_at(struct kc_server *server, const struct kc_address *address,
                             enum kc_listener kind, struct kc_server_error *error)
{
    struct kc_server_listener *l = &server->listeners[server->listener_count];
    char text[KC_ADDRESS_TEXT_SIZE];
    kc_address_format(address, text);
    *l = (struct kc_server_listener){.server = server, .kind = kind};
    l->fd = kc_address_listen(address, &l->address);
    if (l->fd < 0) {
        snprintf(
            error->text, sizeof error->text, "cannot listen at %s: %s%s", text, strerror(errno),
            errno == EADDRINUSE ? "\n  another program is there: choose another --listen" : "");
        return KC_ERR_IO;
    }
    if (uv_poll_init(&server->loop, &l->poll, l->fd) != 0) {
        close(l->fd);
        snprintf(error->text, sizeof error->text, "cannot listen at %s: out of memory", text);
        return KC_ERR_MEMORY;
    }
    l->poll.data = l;
    server->listener_count++;
    return KC_OK;
}

enum kc_err kc_server_listen(struct kc_server *server, struct kc_server_error *error)
{
    const struct kc_server_options *o = &server->options;
    enum kc_err err = listen_at(server, &o->listen, KC_LISTENER_SERVICE, error);
    if (err == KC_OK && o->listen_ratls != NULL)
        err = listen_at(server, o->listen_ratls, KC_LISTENER_RATLS, error);
    return err;
}

void kc_server_listen_stop(struct kc_server *server)
{
    for (unsigned i = 0; i < server->listener_count; i++) {
        struct kc_server_listener *l = &server->listeners[i];
        if (l->fd < 0)
            continue;
        uv_close((uv_handle_t *)&l->poll, NULL);
        close(l->fd);
        l->fd = -1;
        l->polling = false;
    }
}
