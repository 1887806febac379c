#include "client/wire.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t kc_client_wire_deadline(unsigned milliseconds)
{
    return now() + milliseconds;
}

static enum kc_err fail(struct kc_error *error, const char *what)
{
    return kc_error_set(error, KC_ERR_IO, what, (uint64_t)errno);
}

static enum kc_err wait_for(int fd, short events, int64_t deadline, struct kc_error *error)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left = deadline - now();
        if (left <= 0)
            return kc_error_set(error, KC_ERR_TIMEOUT, "the peer did not answer in time", 0);
        int n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0)
            return KC_OK;
        if (n < 0 && errno != EINTR)
            return fail(error, "waiting for the peer failed");
    }
}

static enum kc_err open_one(const struct addrinfo *address, int64_t deadline, int *fd,
                            struct kc_error *error)
{
    const int one = 1;
    int code = 0;
    socklen_t code_len = sizeof code;
    int s = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   address->ai_protocol);
    if (s < 0)
        return fail(error, "no socket");
    enum kc_err err = KC_OK;
    if (connect(s, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS && errno != EINTR)
            err = fail(error, "cannot connect");
        else
            err = wait_for(s, POLLOUT, deadline, error);
        if (err == KC_OK && (getsockopt(s, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0 || code)) {
            errno = code;
            err = fail(error, "cannot connect");
        }
    }
    if (err != KC_OK) {
        close(s);
        return err;
    }
    /* Requests are small and each waits for its answer: nothing is gained by holding one back. */
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *fd = s;
    return KC_OK;
}

enum kc_err kc_client_wire_open(const struct kc_client_url *url, int64_t deadline, int *fd,
                                struct kc_error *error)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV | (url->is_address ? AI_NUMERICHOST : 0),
    };
    struct addrinfo *list = NULL;
    int64_t count = 0;
    enum kc_err err = KC_ERR_ABSENT;
    struct kc_error last = KC_ERROR_NONE;
    if (getaddrinfo(url->host, url->port, &hints, &list) != 0 || list == NULL)
        return kc_error_set(error, KC_ERR_ABSENT, "the host's name has no address", 0);
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        count++;
    for (const struct addrinfo *a = list; a != NULL && err != KC_OK; a = a->ai_next) {
        int64_t left = deadline - now();
        last = KC_ERROR_NONE;
        err = open_one(a, left <= 0 ? deadline : now() + left / count, fd, &last);
        count--;
    }
    freeaddrinfo(list);
    return err == KC_OK ? KC_OK : kc_error_set(error, err, last.what, last.at);
}

enum kc_err kc_client_wire_send(int fd, struct kc_bytes bytes, int64_t deadline,
                                struct kc_error *error)
{
    while (bytes.len > 0) {
        enum kc_err err = wait_for(fd, POLLOUT, deadline, error);
        if (err != KC_OK)
            return err;
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return fail(error, "the connection was lost while sending");
        if (n > 0) {
            bytes.ptr += n;
            bytes.len -= (size_t)n;
        }
    }
    return KC_OK;
}

enum kc_err kc_client_wire_receive(int fd, struct kc_room out, int64_t deadline, size_t *n,
                                   struct kc_error *error)
{
    for (;;) {
        enum kc_err err = wait_for(fd, POLLIN, deadline, error);
        if (err != KC_OK)
            return err;
        ssize_t got = recv(fd, out.ptr, out.len, 0);
        if (got >= 0) {
            *n = (size_t)got;
            return KC_OK;
        }
        if (errno != EINTR && errno != EAGAIN)
            return fail(error, "the connection was lost while receiving");
    }
}
