#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/server_state.h"

#define UNSENT_MAX   (256u * 1024) /* beyond it the peer is not read, its session not resumed */
#define UNSENT_AGAIN (64u * 1024)
#define LINGER_MS    3000 /* for the last answer to arrive, and the peer to close */
#define BYTES_FIXED  (KC_FRAME_HEADER_SIZE + 8)
#define READ_MIN     4096u /* a read is worth its system call */

/* What did not go out at once. */
struct unsent {
    uv_write_t request;
    uint8_t bytes[];
};

static uv_stream_t *stream_of(struct kc_connection *c)
{
    return (uv_stream_t *)&c->tcp;
}

struct kc_connection *kc_connection_find(struct kc_server_worker *worker, uint64_t conn)
{
    unsigned place = KC_CONN_PLACE(conn) / worker->server->worker_count;
    struct kc_connection *c = place < worker->place_count ? worker->places[place] : NULL;
    return c != NULL && c->conn == conn ? c : NULL;
}

static void list_resume(struct kc_connection *c)
{
    if (!c->resume || c->resume_listed || c->stalled || c->state != KC_CONNECTION_OPEN)
        return;
    c->resume_listed = true;
    c->next_resume = NULL;
    *c->worker->resumes_end = c;
    c->worker->resumes_end = &c->next_resume;
}

/* Straight to where the next message of the batch will be, behind room for its header. */
static void make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const struct kc_connection *c = handle->data;
    const struct kc_server_worker *w = c->worker;
    size_t left = w->in.len - w->in_len - BYTES_FIXED;
    (void)suggested;
    buffer->base = (char *)w->in.ptr + w->in_len + BYTES_FIXED;
    buffer->len = left < KC_MESSAGE_BYTES_MAX ? left : KC_MESSAGE_BYTES_MAX;
}

static void take_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct kc_connection *c = stream->data;
    struct kc_server_worker *w = c->worker;
    (void)buffer;
    if (n < 0) {
        if (c->state == KC_CONNECTION_ENDED)
            kc_connection_close(c);
        else
            kc_connection_lose(c);
        return;
    }
    if (n == 0 || c->state != KC_CONNECTION_OPEN)
        return;
    struct kc_writer head = kc_writer_of((struct kc_room){w->in.ptr + w->in_len, BYTES_FIXED});
    kc_frame_write_header(&head, KC_MESSAGE_BYTES, 8 + (size_t)n);
    kc_writer_u64(&head, c->conn);
    w->in_len += BYTES_FIXED + (size_t)n;
    w->in_count++;
    c->answered = false;
    if (w->in_count == KC_WORKER_MESSAGES || w->in.len - w->in_len < BYTES_FIXED + READ_MIN)
        kc_worker_flush(w);
}

static void close_done(uv_handle_t *handle)
{
    struct kc_connection *c = handle->data;
    struct kc_server_worker *w = c->worker;
    struct kc_server *server = w->server;
    w->places[KC_CONN_PLACE(c->conn) / server->worker_count] = NULL;
    w->open--;
    if (c->sends >= 2 && server->options.once) {
        atomic_store(&server->stop, true);
        kc_server_wake(server);
    }
    free(c);
    atomic_fetch_sub(&w->reserved, 1);
    if (atomic_load(&server->waiting))
        kc_server_wake(server);
}

static void unlist_resume(struct kc_connection *c)
{
    struct kc_server_worker *w = c->worker;
    struct kc_connection **at = &w->resumes;
    while (*at != NULL && *at != c)
        at = &(*at)->next_resume;
    if (*at == NULL)
        return;
    *at = c->next_resume;
    if (*at == NULL)
        w->resumes_end = at;
}

void kc_connection_close(struct kc_connection *c)
{
    if (c->state == KC_CONNECTION_CLOSED)
        return;
    if (c->resume_listed)
        unlist_resume(c);
    c->state = KC_CONNECTION_CLOSED;
    uv_close((uv_handle_t *)&c->tcp, close_done);
}

void kc_connection_lose(struct kc_connection *c)
{
    if (c->state != KC_CONNECTION_OPEN)
        return;
    c->state = KC_CONNECTION_GONE;
    (void)uv_read_stop(stream_of(c));
    c->next_gone = c->worker->gone;
    c->worker->gone = c;
}

/* Without memory, or where the system refuses: the socket is closed and its place free again. */
void kc_connection_open(struct kc_server_worker *w, int fd, enum kc_listener listener)
{
    struct kc_connection *c = calloc(1, sizeof *c);
    if (c == NULL || uv_tcp_init(&w->loop, &c->tcp) != 0) {
        free(c);
        close(fd);
        atomic_fetch_sub(&w->reserved, 1);
        return;
    }
    /* A place is free, for the acceptor reserved one; the longest unused first. */
    while (w->places[w->next_place] != NULL)
        w->next_place = (w->next_place + 1) % w->place_count;
    c->worker = w;
    c->tcp.data = c;
    c->answered = true;
    c->conn = ++w->generation << 16 | (w->next_place * w->server->worker_count + w->index);
    w->places[w->next_place] = c;
    w->next_place = (w->next_place + 1) % w->place_count;
    w->open++;
    if (uv_tcp_open(&c->tcp, fd) != 0) {
        close(fd);
        kc_connection_close(c);
        return;
    }
    const struct kc_message open = {
        .type = KC_MESSAGE_OPEN, .conn = c->conn, .listener = (uint32_t)listener};
    kc_worker_put(w, &open);
    (void)uv_tcp_nodelay(&c->tcp, 1);
    if (uv_read_start(stream_of(c), make_room, take_bytes) != 0)
        kc_connection_lose(c);
}

static void sent(uv_write_t *request, int status)
{
    struct kc_connection *c = request->data;
    free(request);
    if (status == UV_ECANCELED || c->state == KC_CONNECTION_CLOSED)
        return;
    if (status < 0) {
        kc_connection_lose(c);
        return;
    }
    if (!c->stalled || uv_stream_get_write_queue_size(stream_of(c)) > UNSENT_AGAIN)
        return;
    c->stalled = false;
    if (c->state == KC_CONNECTION_OPEN && uv_read_start(stream_of(c), make_room, take_bytes) != 0)
        kc_connection_lose(c);
    list_resume(c);
}

static void send_later(struct kc_connection *c, struct kc_bytes bytes)
{
    struct unsent *unsent = malloc(sizeof *unsent + bytes.len);
    if (unsent == NULL) {
        kc_connection_lose(c);
        return;
    }
    memcpy(unsent->bytes, bytes.ptr, bytes.len);
    unsent->request.data = c;
    const uv_buf_t buffer = uv_buf_init((char *)unsent->bytes, (unsigned)bytes.len);
    if (uv_write(&unsent->request, stream_of(c), &buffer, 1, sent) != 0) {
        free(unsent);
        kc_connection_lose(c);
        return;
    }
    if (uv_stream_get_write_queue_size(stream_of(c)) > UNSENT_MAX && !c->stalled) {
        c->stalled = true;
        (void)uv_read_stop(stream_of(c));
    }
}

static void send_bytes(struct kc_connection *c, struct kc_bytes bytes)
{
    c->answered = true;
    if (c->sends < 2)
        c->sends++;
    if (uv_stream_get_write_queue_size(stream_of(c)) == 0) {
        char *base = NULL;
        memcpy(&base, &bytes.ptr, sizeof base); /* libuv wants it writable and only reads */
        const uv_buf_t buffer = uv_buf_init(base, (unsigned)bytes.len);
        int n = uv_try_write(stream_of(c), &buffer, 1);
        if (n < 0 && n != UV_EAGAIN) {
            kc_connection_lose(c);
            return;
        }
        size_t done = n > 0 ? (size_t)n : 0;
        bytes = kc_bytes_of(bytes.ptr + done, bytes.len - done);
    }
    if (bytes.len > 0)
        send_later(c, bytes);
}

static void shut(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

/* The enclave has ended it. A socket that is closed with bytes unread would be reset, and the last
 * answer lost with it: so that direction alone is closed until the peer has closed too. */
static void end(struct kc_connection *c)
{
    if (c->state != KC_CONNECTION_OPEN)
        return;
    c->state = KC_CONNECTION_ENDED;
    c->linger_till = uv_now(&c->worker->loop) + LINGER_MS;
    if (uv_shutdown(&c->shutdown, stream_of(c), shut) != 0 ||
        (c->stalled && uv_read_start(stream_of(c), make_room, take_bytes) != 0))
        kc_connection_close(c);
}

void kc_connection_act(struct kc_connection *c, const struct kc_effect *effect)
{
    if (effect->type == KC_EFFECT_CLOSE) {
        end(c);
    } else if (effect->type == KC_EFFECT_RESUME_WANTED) {
        c->resume = true;
        list_resume(c);
    } else if (c->state == KC_CONNECTION_OPEN) {
        send_bytes(c, effect->body);
    }
}

bool kc_connection_is_idle(const struct kc_connection *c)
{
    return c->state == KC_CONNECTION_OPEN && c->answered &&
           uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp) == 0;
}
