#include "sim/aesm_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "aesm/frame.h"
#include "sim/aesm_answer.h"

#define WORKERS         8
#define REQUEST_TIME_MS 5000
#define SILENCE_MS      ((int64_t)60 * 60 * 1000)

struct kc_sim_aesm {
    struct kc_sim_aesm_answers answers;
    struct sockaddr_un address;
    int listen_fd;
    int stop_fd; /* an eventfd, readable once we stop */
    bool bound;
    size_t workers;
    pthread_t worker[WORKERS];
};

/* Until the peer is gone, or we stop. */
static void keep_silent(struct kc_aesm_channel *channel)
{
    channel->deadline_ms = kc_aesm_now_ms() + SILENCE_MS;
    enum kc_err err = kc_aesm_channel_wait(channel, POLLRDHUP);
    (void)err; /* either way there is nothing to say */
}

/* The frame's length promises what does not come. */
static void send_broken(struct kc_aesm_channel *channel, uint32_t announced, struct kc_bytes bytes)
{
    uint8_t header[4] = {(uint8_t)announced, (uint8_t)(announced >> 8), (uint8_t)(announced >> 16),
                         (uint8_t)(announced >> 24)};
    if (send(channel->fd, header, sizeof header, MSG_NOSIGNAL) == (ssize_t)sizeof header &&
        send(channel->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) < 0)
        channel->os_error = errno;
}

static void serve(struct kc_sim_aesm *server, int fd)
{
    struct kc_aesm_channel channel = {fd, server->stop_fd, kc_aesm_now_ms() + REQUEST_TIME_MS, 0};
    enum kc_sim_aesm_fault fault = server->answers.options.fault;
    struct kc_room request = {NULL, 0};
    struct kc_room answer = {NULL, 0};
    if (fault == KC_SIM_AESM_SILENT) {
        keep_silent(&channel);
        return;
    }
    if (kc_aesm_frame_read(&channel, &request) != KC_OK)
        return;
    if (kc_sim_aesm_answer(&server->answers, kc_bytes_of(request.ptr, request.len), &answer)) {
        struct kc_bytes bytes = kc_bytes_of(answer.ptr, answer.len);
        if (fault == KC_SIM_AESM_HUGE)
            send_broken(&channel, UINT32_MAX, bytes);
        else if (fault == KC_SIM_AESM_TRUNCATED)
            send_broken(&channel, (uint32_t)bytes.len, kc_bytes_of(bytes.ptr, bytes.len / 2));
        else if (kc_aesm_frame_write(&channel, bytes) != KC_OK)
            channel.os_error = 0; /* the peer left: its affair */
    }
    free(request.ptr);
    free(answer.ptr);
}

/* Each worker serves one connection at a time; a stuck peer costs one of them REQUEST_TIME_MS. */
static void *work(void *argument)
{
    struct kc_sim_aesm *server = argument;
    for (;;) {
        struct pollfd fds[2] = {{server->listen_fd, POLLIN, 0}, {server->stop_fd, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents != 0)
            return NULL;
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            /* Another worker was faster, or descriptors are short: do not spin on the latter. */
            if (errno != EAGAIN && errno != EINTR)
                poll(NULL, 0, 50);
            continue;
        }
        serve(server, fd);
        close(fd);
    }
}

/* A socket that nobody serves any more may be replaced; all else stays. */
static enum kc_err make_place(const struct sockaddr_un *address, struct kc_error *error)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return KC_OK;
    if (!S_ISSOCK(status.st_mode))
        return kc_error_set(error, KC_ERR_STATE, "socket path: a file that is no socket is there",
                            0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return kc_error_set(error, KC_ERR_IO, "no socket to be had, system error", (uint64_t)errno);
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 ? errno : 0;
    close(fd);
    if (failed != ECONNREFUSED)
        return kc_error_set(error, KC_ERR_STATE, "socket path: another service listens there", 0);
    if (unlink(address->sun_path) != 0 && errno != ENOENT)
        return kc_error_set(error, KC_ERR_IO, "socket path: the dead socket stays, system error",
                            (uint64_t)errno);
    return KC_OK;
}

static enum kc_err listen_at(struct kc_sim_aesm *server, const char *path, struct kc_error *error)
{
    size_t len = strlen(path);
    server->address.sun_family = AF_UNIX;
    if (len == 0 || len >= sizeof server->address.sun_path)
        return kc_error_set(error, KC_ERR_ARGUMENT, "socket path: empty, or over 107 bytes", len);
    memcpy(server->address.sun_path, path, len);
    enum kc_err err = make_place(&server->address, error);
    if (err != KC_OK)
        return err;
    server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->listen_fd < 0 || server->stop_fd < 0)
        return kc_error_set(error, KC_ERR_IO, "no socket to be had, system error", (uint64_t)errno);
    server->bound = bind(server->listen_fd, (const struct sockaddr *)&server->address,
                         sizeof server->address) == 0;
    if (!server->bound || listen(server->listen_fd, 64) != 0)
        return kc_error_set(error, KC_ERR_IO, "socket path: cannot listen there, system error",
                            (uint64_t)errno);
    return KC_OK;
}

/* The workers take no signals: those are for the program's main thread. */
static enum kc_err start_workers(struct kc_sim_aesm *server, struct kc_error *error)
{
    sigset_t all;
    sigset_t before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (failed == 0 && server->workers < WORKERS) {
        failed = pthread_create(&server->worker[server->workers], NULL, work, server);
        if (failed == 0)
            server->workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (server->workers > 0)
        return KC_OK;
    return kc_error_set(error, KC_ERR_IO, "no thread to be had, system error", (uint64_t)failed);
}

enum kc_err kc_sim_aesm_start(const struct kc_sim_state *state, const char *socket_path,
                              const struct kc_sim_aesm_options *options, struct kc_sim_aesm **out,
                              struct kc_error *error)
{
    struct kc_sim_aesm *server = calloc(1, sizeof *server);
    if (server == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    server->listen_fd = -1;
    server->stop_fd = -1;
    server->answers.state = state;
    server->answers.options = *options;
    atomic_init(&server->answers.asked_for_quote, false);
    enum kc_err err = listen_at(server, socket_path, error);
    if (err == KC_OK)
        err = start_workers(server, error);
    if (err != KC_OK) {
        kc_sim_aesm_stop(server);
        return err;
    }
    *out = server;
    return KC_OK;
}

void kc_sim_aesm_stop(struct kc_sim_aesm *server)
{
    uint64_t one = 1;
    if (server == NULL)
        return;
    if (server->bound)
        unlink(server->address.sun_path);
    /* Writing 1 to an eventfd that holds 0 cannot fail. */
    if (server->stop_fd >= 0 && write(server->stop_fd, &one, sizeof one) != (ssize_t)sizeof one)
        abort();
    for (size_t i = 0; i < server->workers; i++)
        pthread_join(server->worker[i], NULL);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    if (server->stop_fd >= 0)
        close(server->stop_fd);
    free(server);
}
