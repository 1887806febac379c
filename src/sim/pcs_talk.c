#include "sim/pcs_talk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "http/write.h"

#define REQUEST_MS  5000
#define ANSWER_MS   10000
#define SLOW_MS     200
#define SILENCE_MS  (60 * 1000)
#define BODY_LIMIT  1024
#define IN_SIZE     4096
#define HEADERS_MAX 4

static const struct kc_http_limits limits = {
    .line = 4096, .headers = 32, .header_bytes = 8192, .body = BODY_LIMIT};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True once the connection is ready for `events`; false when we stop, or by the deadline. */
static bool await(struct kc_sim_pcs_talk *t, short events)
{
    for (;;) {
        struct pollfd fds[2] = {{t->fd, events, 0}, {t->shared->stop_fd, POLLIN, 0}};
        int64_t left = t->deadline_ms - now_ms();
        int n = left <= 0 ? 0 : poll(fds, 2, (int)left);
        if (n < 0 && errno == EINTR)
            continue;
        return n > 0 && fds[1].revents == 0 && fds[0].revents != 0;
    }
}

static bool send_all(struct kc_sim_pcs_talk *t, struct kc_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(t->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n > 0) {
            bytes.ptr += n;
            bytes.len -= (size_t)n;
        } else if ((errno != EAGAIN && errno != EINTR) || !await(t, POLLOUT)) {
            return false;
        }
    }
    return true;
}

/* True for a whole request; what is not HTTP gets no answer. */
static bool read_request(struct kc_sim_pcs_talk *t)
{
    uint8_t in[IN_SIZE];
    for (;;) {
        if (!await(t, POLLIN))
            return false;
        ssize_t n = recv(t->fd, in, sizeof in, 0);
        if (n <= 0)
            return false;
        struct kc_bytes rest = kc_bytes_of(in, (size_t)n);
        enum kc_http_event event;
        do {
            size_t used = 0;
            event = kc_http_feed(&t->message, rest, &used);
            rest.ptr += used;
            rest.len -= used;
        } while (event == KC_HTTP_GOT_HEAD || event == KC_HTTP_GOT_BODY);
        if (event != KC_HTTP_NEED_MORE)
            return event == KC_HTTP_GOT_ALL;
    }
}

/* A peer that sends nothing more is still there: only its leaving ends this before its time. */
static void keep_silent(struct kc_sim_pcs_talk *t)
{
    t->deadline_ms = now_ms() + SILENCE_MS;
    if (await(t, POLLIN | POLLRDHUP))
        shutdown(t->fd, SHUT_RDWR);
}

static void drip(struct kc_sim_pcs_talk *t, struct kc_bytes bytes)
{
    struct pollfd stop = {t->shared->stop_fd, POLLIN, 0};
    t->deadline_ms = now_ms() + SILENCE_MS;
    for (size_t i = 0; i < bytes.len; i++) {
        if (!send_all(t, kc_bytes_of(bytes.ptr + i, 1)) || poll(&stop, 1, SLOW_MS) != 0 ||
            now_ms() > t->deadline_ms)
            return;
    }
}

static void log_request(struct kc_sim_pcs_talk *t, unsigned status)
{
    const struct kc_http_message *m = &t->message;
    FILE *log = t->shared->options.log;
    if (log == NULL)
        return;
    pthread_mutex_lock(&t->shared->lock);
    fprintf(log, "%s %.*s%s%.*s %u\n", kc_http_method_name(m->method), (int)m->path.len,
            (const char *)m->path.ptr, m->query.len > 0 ? "?" : "", (int)m->query.len,
            (const char *)m->query.ptr, status);
    fflush(log);
    pthread_mutex_unlock(&t->shared->lock);
}

/* The status that a fault has instead of the answer's; 0: none. */
static unsigned fault_status(enum kc_sim_pcs_kind fault)
{
    switch (fault) {
    case KC_SIM_PCS_NOT_FOUND:
        return 404;
    case KC_SIM_PCS_TOO_MANY:
        return 429;
    case KC_SIM_PCS_FAILING:
        return 500;
    case KC_SIM_PCS_REDIRECT:
        return 307;
    default:
        return 0;
    }
}

static struct kc_http_header header(const char *name, const char *value)
{
    return (struct kc_http_header){kc_bytes_of_text(name), kc_bytes_of_text(value)};
}

static void transmit(struct kc_sim_pcs_talk *t, enum kc_sim_pcs_kind fault, struct kc_bytes bytes,
                     size_t body_len)
{
    t->deadline_ms = now_ms() + ANSWER_MS;
    if (fault == KC_SIM_PCS_SLOW) {
        size_t head = bytes.len - body_len;
        if (send_all(t, kc_bytes_of(bytes.ptr, head)))
            drip(t, kc_bytes_of(bytes.ptr + head, body_len));
        return;
    }
    if (fault == KC_SIM_PCS_TRUNCATED)
        bytes.len -= body_len / 2;
    if (!send_all(t, bytes))
        return;
    /* All of it has arrived once the peer closes: to close first could cut what is on its way. */
    shutdown(t->fd, SHUT_WR);
    bool is_gone = await(t, POLLIN);
    (void)is_gone;
}

static void respond(struct kc_sim_pcs_talk *t, enum kc_sim_pcs_kind fault,
                    const struct kc_sim_pcs_answer *answer)
{
    struct kc_http_header headers[HEADERS_MAX] = {header("Request-ID", "simulated")};
    struct kc_http_response response = {
        .status = answer->status, .headers = headers, .header_count = 1};
    unsigned status = fault_status(fault);
    char target[4200];
    if (status != 0) {
        response.status = status;
    } else {
        response.content_type = answer->content_type;
        response.body = kc_bytes_of(answer->body, answer->body_len);
    }
    if (status == 0 && answer->chain != NULL)
        headers[response.header_count++] = header(answer->chain_name, answer->chain);
    if (status == 429)
        headers[response.header_count++] = header("Retry-After", "1");
    if (status == 307) {
        snprintf(target, sizeof target, "http://elsewhere.invalid%.*s", (int)t->message.path.len,
                 (const char *)t->message.path.ptr);
        headers[response.header_count++] = header("Location", target);
    }
    struct kc_writer w = KC_WRITER_COUNT;
    if (kc_http_write_response(&w, &response) != KC_OK)
        return;
    struct kc_room out = {malloc(w.len), w.len};
    if (out.ptr == NULL)
        return;
    w = kc_writer_of(out);
    if (kc_http_write_response(&w, &response) == KC_OK) {
        log_request(t, response.status);
        transmit(t, fault, kc_writer_written(&w), response.body.len);
    }
    free(out.ptr);
}

void kc_sim_pcs_talk_serve(struct kc_sim_pcs_talk *t)
{
    struct kc_sim_pcs_shared *shared = t->shared;
    struct kc_sim_pcs_answer answer = {.status = 405};
    t->deadline_ms = now_ms() + REQUEST_MS;
    if (kc_http_request_init(&t->message, &limits, (struct kc_room){t->room, sizeof t->room}) !=
            KC_OK ||
        !read_request(t))
        return;
    pthread_mutex_lock(&shared->lock);
    enum kc_sim_pcs_kind fault =
        kc_sim_pcs_fault_take(shared->options.fault, shared->options.fault_count, t->message.path);
    pthread_mutex_unlock(&shared->lock);
    if (fault == KC_SIM_PCS_SILENT) {
        log_request(t, 0);
        keep_silent(t);
        return;
    }
    if (t->message.method == KC_HTTP_GET &&
        !kc_sim_pcs_answer(shared->state, &shared->options.platform, fault, t->message.path,
                           t->message.query, (int64_t)time(NULL), &answer))
        answer.status = 500;
    respond(t, fault, &answer);
    kc_sim_pcs_answer_clear(&answer);
}
