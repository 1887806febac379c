#include <stdlib.h>
#include <string.h>

#include "host/server_state.h"

/* Room for `n` bytes more; NULL without memory. */
static uint8_t *extend(struct kc_server_bytes *bytes, size_t n)
{
    if (bytes->cap - bytes->len < n) {
        size_t cap = bytes->cap == 0 ? 4096 : bytes->cap;
        while (cap - bytes->len < n)
            cap *= 2;
        uint8_t *larger = realloc(bytes->ptr, cap);
        if (larger == NULL)
            return NULL;
        bytes->ptr = larger;
        bytes->cap = cap;
    }
    uint8_t *room = bytes->ptr + bytes->len;
    bytes->len += n;
    return room;
}

/* The enclave's own (0) are with the first worker. */
struct kc_server_worker *kc_mailbox_owner(struct kc_server *server, uint64_t conn)
{
    return &server->workers[KC_CONN_PLACE(conn) % server->worker_count];
}

static void wake(struct kc_server_worker *worker)
{
    (void)uv_async_send(&worker->wake);
}

void kc_mailbox_message(struct kc_server *server, const struct kc_message *message)
{
    struct kc_server_worker *worker = kc_mailbox_owner(server, message->conn);
    struct kc_writer size = KC_WRITER_COUNT;
    kc_message_encode(&size, message);
    pthread_mutex_lock(&worker->mailbox.lock);
    uint8_t *room = extend(&worker->mailbox.messages, size.len);
    if (room != NULL) {
        struct kc_writer w = kc_writer_of((struct kc_room){room, size.len});
        kc_message_encode(&w, message);
    }
    pthread_mutex_unlock(&worker->mailbox.lock);
    if (room == NULL)
        kc_server_fail(server, KC_ERR_MEMORY, "out of memory");
    wake(worker);
}

void kc_mailbox_effect(struct kc_server *server, const struct kc_effect *effect)
{
    struct kc_server_worker *worker = kc_mailbox_owner(server, effect->conn);
    struct kc_writer size = KC_WRITER_COUNT;
    kc_effect_encode(&size, effect);
    pthread_mutex_lock(&worker->mailbox.lock);
    uint8_t *room = extend(&worker->mailbox.effects, size.len);
    if (room != NULL) {
        struct kc_writer w = kc_writer_of((struct kc_room){room, size.len});
        kc_effect_encode(&w, effect);
    }
    pthread_mutex_unlock(&worker->mailbox.lock);
    if (room == NULL)
        kc_server_fail(server, KC_ERR_MEMORY, "out of memory");
    wake(worker);
}

void kc_mailbox_arrival(struct kc_server_worker *worker, int fd, enum kc_listener listener)
{
    struct kc_server_mailbox *m = &worker->mailbox;
    pthread_mutex_lock(&m->lock);
    /* A place was reserved for it, so that there is room. */
    m->arrivals[m->arrival_count++] = (struct kc_server_arrival){fd, listener};
    pthread_mutex_unlock(&m->lock);
    wake(worker);
}

static void swap(struct kc_server_bytes *a, struct kc_server_bytes *b)
{
    struct kc_server_bytes kept = *a;
    *a = *b;
    *b = kept;
}

void kc_mailbox_take(struct kc_server_worker *worker)
{
    struct kc_server_mailbox *from = &worker->mailbox;
    struct kc_server_mailbox *to = &worker->taken;
    to->messages.len = 0;
    to->effects.len = 0;
    pthread_mutex_lock(&from->lock);
    swap(&from->messages, &to->messages);
    swap(&from->effects, &to->effects);
    to->arrival_count = from->arrival_count;
    memcpy(to->arrivals, from->arrivals, from->arrival_count * sizeof from->arrivals[0]);
    from->arrival_count = 0;
    pthread_mutex_unlock(&from->lock);
}

void kc_mailbox_clear(struct kc_server_mailbox *mailbox)
{
    free(mailbox->messages.ptr);
    free(mailbox->effects.ptr);
    mailbox->messages = mailbox->effects = (struct kc_server_bytes){NULL, 0, 0};
}
