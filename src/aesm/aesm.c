#include "aesm/aesm.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "aesm/frame.h"
#include "aesm/messages.pb-c.h"
#include "aesm/response.h"

/* Words for a failure that is not AESM's own. */
static enum kc_err fail(struct kc_aesm_error *error, enum kc_err err, const char *what,
                        const char *mend, int os_error)
{
    *error = (struct kc_aesm_error){.what = what, .mend = mend, .os_error = os_error};
    return err;
}

static enum kc_err fail_connect(struct kc_aesm_error *error, int os_error)
{
    switch (os_error) {
    case ENOENT:
    case ENOTDIR:
        return fail(error, KC_ERR_ABSENT, "there is no AESM socket",
                    "start the service: systemctl start aesmd, or keyclave sim aesm", os_error);
    case ECONNREFUSED:
        return fail(error, KC_ERR_ABSENT, "nobody listens at the AESM socket",
                    "start the service: systemctl start aesmd, or keyclave sim aesm", os_error);
    case EACCES:
    case EPERM:
        return fail(error, KC_ERR_IO, "the AESM socket may not be used by this user",
                    "give the user access to it; aesmd's own is open to all", os_error);
    default:
        return fail(error, KC_ERR_IO, "could not connect to the AESM service",
                    "look at the system's error", os_error);
    }
}

static enum kc_err fail_transfer(struct kc_aesm_error *error, enum kc_err err, int os_error)
{
    switch (err) {
    case KC_ERR_TIMEOUT:
        return fail(error, err, "the AESM service did not answer in time",
                    "restart it (systemctl restart aesmd); its provisioning service may be slow",
                    0);
    case KC_ERR_MALFORMED:
        return fail(error, err, "the AESM service's answer is cut off or of impossible length",
                    "see that the socket is the AESM service's", 0);
    case KC_ERR_MEMORY:
        return fail(error, err, "out of memory", "give the program more memory", 0);
    default:
        return fail(error, err, "the connection to the AESM service failed",
                    "restart it: systemctl restart aesmd", os_error);
    }
}

/* A full backlog answers EAGAIN, and nothing tells when there is room again. */
static int connect_patiently(int fd, const struct sockaddr_un *address, int64_t deadline_ms)
{
    for (;;) {
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        if (kc_aesm_now_ms() >= deadline_ms)
            return EAGAIN;
        poll(NULL, 0, 5);
    }
}

static enum kc_err open_channel(const struct kc_aesm *aesm, struct kc_aesm_channel *channel,
                                struct kc_aesm_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(aesm->socket_path);
    if (len == 0 || len >= sizeof address.sun_path)
        return fail(error, KC_ERR_ARGUMENT, "the AESM socket's path is empty or over 107 bytes",
                    "give a shorter path", 0);
    memcpy(address.sun_path, aesm->socket_path, len);
    *channel = (struct kc_aesm_channel){-1, -1, kc_aesm_now_ms() + aesm->timeout_ms, 0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_connect(error, errno);
    int os_error = connect_patiently(fd, &address, channel->deadline_ms);
    if (os_error != 0) {
        close(fd);
        if (os_error == EAGAIN)
            return fail_transfer(error, KC_ERR_TIMEOUT, 0);
        return fail_connect(error, os_error);
    }
    channel->fd = fd;
    return KC_OK;
}

/* One request on a connection of its own, as the service wants it. The caller frees the answer. */
static enum kc_err exchange(const struct kc_aesm *aesm, const Kc__Aesm__Request *request,
                            struct kc_room *answer, struct kc_aesm_error *error)
{
    struct kc_aesm_channel channel;
    uint8_t message[2048];
    enum kc_err err = open_channel(aesm, &channel, error);
    if (err != KC_OK)
        return err;
    if (kc__aesm__request__get_packed_size(request) > sizeof message)
        abort(); /* our requests have at most 432 + 256 bytes of payload */
    size_t len = kc__aesm__request__pack(request, message);
    err = kc_aesm_frame_write(&channel, kc_bytes_of(message, len));
    if (err == KC_OK)
        err = kc_aesm_frame_read(&channel, answer);
    close(channel.fd);
    return err == KC_OK ? KC_OK : fail_transfer(error, err, channel.os_error);
}

enum kc_err kc_aesm_init_quote(const struct kc_aesm *aesm,
                               uint8_t target_info[KC_SGX_TARGETINFO_SIZE],
                               struct kc_aesm_error *error)
{
    uint8_t key_id[KC_AESM_ATT_KEY_ID_SIZE];
    struct kc_room answer = {NULL, 0};
    Kc__Aesm__InitQuoteRequest init = KC__AESM__INIT_QUOTE_REQUEST__INIT;
    Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
    kc_aesm_att_key_id(key_id);
    init.has_att_key_id = true;
    init.att_key_id = (ProtobufCBinaryData){sizeof key_id, key_id};
    init.wants_pub_key_id = true;
    init.has_buf_size = true;
    init.buf_size = KC_SGX_HASH_SIZE;
    init.has_timeout_ms = true;
    init.timeout_ms = aesm->timeout_ms;
    request.init_quote = &init;
    enum kc_err err = exchange(aesm, &request, &answer, error);
    if (err == KC_OK)
        err = kc_aesm_response_init_quote(kc_bytes_of(answer.ptr, answer.len), target_info, error);
    free(answer.ptr);
    return err;
}

enum kc_err kc_aesm_get_quote(const struct kc_aesm *aesm, const uint8_t report[KC_SGX_REPORT_SIZE],
                              struct kc_room quote, size_t *quote_len, struct kc_aesm_error *error)
{
    uint8_t key_id[KC_AESM_ATT_KEY_ID_SIZE];
    uint8_t report_copy[KC_SGX_REPORT_SIZE]; /* protobuf-c wants it writable */
    struct kc_room answer = {NULL, 0};
    Kc__Aesm__QuoteRequest get = KC__AESM__QUOTE_REQUEST__INIT;
    Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
    kc_aesm_att_key_id(key_id);
    memcpy(report_copy, report, sizeof report_copy);
    get.report = (ProtobufCBinaryData){sizeof report_copy, report_copy};
    get.has_att_key_id = true;
    get.att_key_id = (ProtobufCBinaryData){sizeof key_id, key_id};
    get.buf_size = KC_AESM_QUOTE_MAX;
    get.has_timeout_ms = true;
    get.timeout_ms = aesm->timeout_ms;
    request.quote = &get;
    enum kc_err err = exchange(aesm, &request, &answer, error);
    if (err == KC_OK)
        err = kc_aesm_response_quote(kc_bytes_of(answer.ptr, answer.len), quote, quote_len, error);
    free(answer.ptr);
    return err;
}
