#include "aesm/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/reader.h"

int64_t kc_aesm_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum kc_err kc_aesm_channel_wait(struct kc_aesm_channel *channel, short events)
{
    struct pollfd fds[2] = {{channel->fd, events, 0}, {channel->cancel_fd, POLLIN, 0}};
    for (;;) {
        int64_t left = channel->deadline_ms - kc_aesm_now_ms();
        if (left <= 0)
            return KC_ERR_TIMEOUT;
        int n = poll(fds, 2, left > 60000 ? 60000 : (int)left);
        if (n < 0 && errno != EINTR) {
            channel->os_error = errno;
            return KC_ERR_IO;
        }
        if (n > 0 && fds[1].revents != 0)
            return KC_ERR_TIMEOUT;
        if (n > 0)
            return KC_OK;
    }
}

static enum kc_err read_all(struct kc_aesm_channel *channel, uint8_t *out, size_t len)
{
    while (len > 0) {
        enum kc_err err = kc_aesm_channel_wait(channel, POLLIN);
        if (err != KC_OK)
            return err;
        ssize_t n = recv(channel->fd, out, len, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0) {
            channel->os_error = errno;
            return KC_ERR_IO;
        }
        if (n == 0)
            return KC_ERR_MALFORMED;
        out += n;
        len -= (size_t)n;
    }
    return KC_OK;
}

enum kc_err kc_aesm_frame_read(struct kc_aesm_channel *channel, struct kc_room *out)
{
    uint8_t header[4];
    enum kc_err err = read_all(channel, header, sizeof header);
    if (err != KC_OK)
        return err;
    struct kc_reader r = kc_reader_of(kc_bytes_of(header, sizeof header));
    uint32_t len = kc_reader_u32(&r);
    if (len == 0 || len > KC_AESM_FRAME_MAX)
        return KC_ERR_MALFORMED;
    uint8_t *bytes = malloc(len);
    if (bytes == NULL)
        return KC_ERR_MEMORY;
    err = read_all(channel, bytes, len);
    if (err != KC_OK) {
        free(bytes);
        return err;
    }
    *out = (struct kc_room){bytes, len};
    return KC_OK;
}

static enum kc_err write_all(struct kc_aesm_channel *channel, struct kc_bytes bytes)
{
    while (bytes.len > 0) {
        enum kc_err err = kc_aesm_channel_wait(channel, POLLOUT);
        if (err != KC_OK)
            return err;
        ssize_t n = send(channel->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0) {
            channel->os_error = errno;
            return KC_ERR_IO;
        }
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return KC_OK;
}

enum kc_err kc_aesm_frame_write(struct kc_aesm_channel *channel, struct kc_bytes message)
{
    uint32_t len = (uint32_t)message.len;
    uint8_t header[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                         (uint8_t)(len >> 24)};
    if (message.len > KC_AESM_FRAME_MAX)
        return KC_ERR_ARGUMENT;
    enum kc_err err = write_all(channel, kc_bytes_of(header, sizeof header));
    return err != KC_OK ? err : write_all(channel, message);
}
