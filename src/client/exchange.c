#include "client/exchange.h"

#include <stdlib.h>

#include "http/write.h"

static const struct kc_http_limits head_limits = {
    .line = 512,
    .headers = KC_HTTP_HEADERS_MAX,
    .header_bytes = (size_t)16 * 1024,
};

/* The whole request as it goes out; it may hold a token and a secret. */
static enum kc_err write_request(const struct kc_client_exchange *exchange, struct kc_room *out,
                                 struct kc_error *error)
{
    const struct kc_http_header headers[] = {
        {kc_bytes_of_text("X-Vault-Request"), kc_bytes_of_text("true")},
        {kc_bytes_of_text("X-Vault-Token"), exchange->token},
    };
    const struct kc_http_request request = {
        .method = exchange->method,
        .target = exchange->target,
        .host = exchange->host,
        .content_type = "application/json",
        .body = exchange->body,
        .keep_alive = true,
        .headers = headers,
        .header_count = exchange->token.len > 0 ? 2 : 1,
    };
    struct kc_writer count = KC_WRITER_COUNT;
    if (kc_http_write_request(&count, &request) != KC_OK)
        return kc_error_set(error, KC_ERR_ARGUMENT,
                            "the request's target or token has characters that cannot be sent", 0);
    out->ptr = malloc(count.len);
    out->len = count.len;
    if (out->ptr == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    struct kc_writer w = kc_writer_of(*out);
    return kc_http_write_request(&w, &request);
}

static enum kc_err send_request(struct kc_client_tls *tls,
                                const struct kc_client_exchange *exchange, int64_t deadline,
                                bool *left, struct kc_error *error)
{
    struct kc_room bytes = {NULL, 0};
    enum kc_err err = write_request(exchange, &bytes, error);
    if (err == KC_OK)
        err = kc_client_tls_write(tls, kc_bytes_of(bytes.ptr, bytes.len), deadline, left, error);
    if (bytes.ptr != NULL)
        kc_bytes_wipe(bytes.ptr, bytes.len);
    free(bytes.ptr);
    return err;
}

/* Feeds one piece from the peer. `*done` with KC_OK: the message is complete. */
static enum kc_err take(struct kc_http_message *m, struct kc_bytes in, size_t max,
                        struct kc_client_reply *reply, bool *done, struct kc_error *error)
{
    for (;;) {
        size_t used = 0;
        enum kc_http_event event = kc_http_feed(m, in, &used);
        in.ptr += used;
        in.len -= used;
        switch (event) {
        case KC_HTTP_NEED_MORE:
            return KC_OK;
        case KC_HTTP_GOT_HEAD:
            reply->status = m->status;
            reply->keep_alive = m->keep_alive;
            break;
        case KC_HTTP_GOT_BODY: {
            enum kc_err err = kc_client_buffer_add(&reply->body, m->piece, max);
            if (err != KC_OK)
                return kc_error_set(error, err, "no memory for the answer", 0);
            break;
        }
        case KC_HTTP_GOT_ALL:
            *done = true;
            /* What follows was not asked for. */
            if (in.len > 0)
                return kc_error_set(error, KC_ERR_MALFORMED, "bytes follow the answer", 0);
            return KC_OK;
        case KC_HTTP_REFUSED:
            return kc_error_set(error, m->error.code, m->error.what, m->error.at);
        }
    }
}

static enum kc_err read_answer(struct kc_client_tls *tls, struct kc_http_message *m, size_t max,
                               int64_t deadline, struct kc_client_reply *reply,
                               struct kc_error *error)
{
    uint8_t bytes[8192];
    enum kc_err err = KC_OK;
    bool done = false;
    while (err == KC_OK && !done) {
        size_t n = 0;
        err = kc_client_tls_read(tls, (struct kc_room){bytes, sizeof bytes}, deadline, &n, error);
        if (err != KC_OK)
            break;
        if (n == 0)
            err = kc_error_set(error, KC_ERR_IO,
                               reply->answered ? "the peer ended the connection in its answer"
                                               : "the peer ended the connection without an answer",
                               0);
        else
            err = take(m, kc_bytes_of(bytes, n), max, reply, &done, error);
        reply->answered = reply->answered || n > 0;
    }
    kc_bytes_wipe(bytes, sizeof bytes);
    return err;
}

enum kc_err kc_client_exchange_run(struct kc_client_tls *tls,
                                   const struct kc_client_exchange *exchange, int64_t deadline,
                                   struct kc_client_reply *reply, struct kc_error *error)
{
    struct kc_http_limits limits = head_limits;
    struct kc_http_message *m = malloc(sizeof *m);
    limits.body = exchange->answer_max;
    struct kc_room room = {malloc(kc_http_head_room(&limits)), kc_http_head_room(&limits)};
    enum kc_err err = KC_ERR_MEMORY;
    *reply = (struct kc_client_reply){0};
    if (m == NULL || room.ptr == NULL)
        err = kc_error_set(error, KC_ERR_MEMORY, "out of memory", 0);
    else
        err = kc_http_response_init(m, &limits, room, exchange->method);
    if (err == KC_OK) {
        err = send_request(tls, exchange, deadline, &reply->left, error);
        if (err == KC_OK)
            err = read_answer(tls, m, exchange->answer_max, deadline, reply, error);
        kc_http_wipe(m);
    }
    if (err != KC_OK)
        kc_client_buffer_clear(&reply->body);
    free(room.ptr);
    free(m);
    return err;
}
