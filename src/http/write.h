/*
 * Writes requests and responses that message.h accepts: whole messages with their length, never
 * chunks. With KC_WRITER_COUNT the same call tells the size.
 *
 * A name or value that could end its line is refused, not cleaned: whatever a caller puts into a
 * header, one message goes out. On failure the writer's content is of no use.
 */
#ifndef KC_HTTP_WRITE_H
#define KC_HTTP_WRITE_H

#include "base/writer.h"
#include "http/message.h"

struct kc_http_response {
    unsigned status;          /* 200 to 599 */
    const char *content_type; /* NULL: none; left out where there is no body */
    struct kc_bytes body;     /* must be empty for 204 and 304 */
    bool head_only;           /* the request was HEAD: the body's length, not the body */
    bool keep_alive;          /* false: `Connection: close` */
    const struct kc_http_header *headers; /* more of them; none of those that are fixed here */
    size_t header_count;
};

struct kc_http_request {
    enum kc_http_method method;
    struct kc_bytes target;   /* path and query, encoded */
    struct kc_bytes host;     /* with its port where that is not 443 */
    const char *content_type; /* NULL: none; left out where there is no body */
    struct kc_bytes body;
    bool keep_alive;
    const struct kc_http_header *headers;
    size_t header_count;
};

/*
 * Every response has `Cache-Control: no-store`, for all of them are about keys, and all but 204
 * and 304 have a Content-Length. No Date: the enclave has no clock of its own (RFC 9110, 6.6.1).
 * A request has a Content-Length when it has a body or its method usually has one.
 *
 * KC_ERR_ARGUMENT: a status, method, target, host, name or value that may not stand there, or a
 * header that is written anyway. KC_ERR_ROOM: the writer has too little room.
 */
KC_MUST_USE enum kc_err kc_http_write_response(struct kc_writer *w,
                                               const struct kc_http_response *response);
KC_MUST_USE enum kc_err kc_http_write_request(struct kc_writer *w,
                                              const struct kc_http_request *request);

/* The interim response to `expects_continue`. */
KC_MUST_USE enum kc_err kc_http_write_continue(struct kc_writer *w);

/* The reason phrase of a status, "" for one that has no name here. */
const char *kc_http_write_reason(unsigned status);

#endif
