#include "sim/pcs_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/pcs_talk.h"

#define WORKERS 8

struct kc_sim_pcs {
    struct kc_sim_pcs_shared shared;
    int listen_fd;
    size_t workers;
    pthread_t worker[WORKERS];
};

/* Each worker serves one connection at a time: no more than WORKERS peers can hold us up. */
static void *work(void *argument)
{
    struct kc_sim_pcs *server = argument;
    struct kc_sim_pcs_talk *talk = malloc(sizeof *talk);
    while (talk != NULL) {
        struct pollfd fds[2] = {{server->listen_fd, POLLIN, 0},
                                {server->shared.stop_fd, POLLIN, 0}};
        if ((poll(fds, 2, -1) < 0 && errno != EINTR) || fds[1].revents != 0)
            break;
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            /* Another worker was faster, or descriptors are short: do not spin on the latter. */
            if (errno != EAGAIN && errno != EINTR)
                poll(NULL, 0, 50);
            continue;
        }
        talk->shared = &server->shared;
        talk->fd = fd;
        kc_sim_pcs_talk_serve(talk);
        close(fd);
    }
    free(talk);
    return NULL;
}

/* The workers take no signals: those are for the program's main thread. */
static int start_workers(struct kc_sim_pcs *server)
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
    return server->workers > 0 ? 0 : failed;
}

enum kc_err kc_sim_pcs_start(const struct kc_sim_state *state, int listen_fd,
                             const struct kc_sim_pcs_options *options, struct kc_sim_pcs **out,
                             struct kc_error *error)
{
    struct kc_sim_pcs *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(listen_fd);
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    }
    server->shared.state = state;
    server->shared.options = *options;
    server->listen_fd = listen_fd;
    pthread_mutex_init(&server->shared.lock, NULL);
    server->shared.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = server->shared.stop_fd < 0 ? errno : start_workers(server);
    if (failed != 0) {
        kc_sim_pcs_stop(server);
        return kc_error_set(error, KC_ERR_IO, "no thread to be had, system error",
                            (uint64_t)failed);
    }
    *out = server;
    return KC_OK;
}

void kc_sim_pcs_stop(struct kc_sim_pcs *server)
{
    uint64_t one = 1;
    if (server == NULL)
        return;
    /* Writing 1 to an eventfd that holds 0 cannot fail. */
    if (server->shared.stop_fd >= 0 &&
        write(server->shared.stop_fd, &one, sizeof one) != (ssize_t)sizeof one)
        abort();
    for (size_t i = 0; i < server->workers; i++)
        pthread_join(server->worker[i], NULL);
    close(server->listen_fd);
    if (server->shared.stop_fd >= 0)
        close(server->shared.stop_fd);
    pthread_mutex_destroy(&server->shared.lock);
    free(server);
}
