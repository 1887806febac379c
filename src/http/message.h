/*
 * HTTP/1.1 framing, strict (RFC 9110, RFC 9112): requests for a server, responses for a client.
 *
 * Every byte is the peer's choice. Bytes go in as they come, in any pieces, and the same bytes
 * give the same events however they were cut. llhttp parses; it sees whole lines only, after
 * head.c has held them to rules that llhttp does not have, and where both have an opinion they
 * must agree. It sees no token: engine.h. What could be read in two ways is refused: docs/http.md
 * lists it.
 *
 * Nothing here allocates, blocks or keeps anything outside the struct. The head is copied to room
 * of the caller's and wiped with it, because it holds tokens. The body is never stored: it comes
 * as views into what was fed, at most `limits.body` bytes in all.
 */
#ifndef KC_HTTP_MESSAGE_H
#define KC_HTTP_MESSAGE_H

#include <llhttp.h>

#include "base/bytes.h"
#include "base/error.h"
#include "http/method.h"

#define KC_HTTP_HEADERS_MAX 64

enum kc_http_event {
    KC_HTTP_NEED_MORE, /* all bytes are used, the message is not complete */
    KC_HTTP_GOT_HEAD,  /* method or status and headers are there; once a message */
    KC_HTTP_GOT_BODY,  /* `piece` is the next part of the body, never empty */
    KC_HTTP_GOT_ALL,   /* the message is complete; what follows is the next one */
    KC_HTTP_REFUSED,   /* see `error` and `refusal`; the connection cannot be used further */
};

/* Each is the largest value that is accepted. */
struct kc_http_limits {
    size_t line;         /* bytes of the first line, without its CRLF */
    size_t headers;      /* header lines, KC_HTTP_HEADERS_MAX at most */
    size_t header_bytes; /* bytes of all lines after the first, with every CRLF */
    uint64_t body;       /* bytes of the body after chunks are undone */
};

struct kc_http_header {
    struct kc_bytes name;  /* a token, as it was written: compare without case */
    struct kc_bytes value; /* printable ASCII and tabs, no white space around it; may be empty */
};

struct kc_http_message {
    /* From KC_HTTP_GOT_HEAD until kc_http_next(). Views point into the head room. */
    enum kc_http_method method; /* responses: of the request, set by the caller */
    struct kc_bytes path;       /* requests: begins with '/', still encoded (http/target.h) */
    struct kc_bytes query;      /* requests: behind the first '?', still encoded */
    unsigned status;            /* responses: 200 to 599 */
    struct kc_http_header headers[KC_HTTP_HEADERS_MAX];
    size_t header_count;
    uint64_t content_length; /* announced; 0 when the body is chunked or there is none */
    bool chunked;
    bool keep_alive; /* the peer leaves the connection open after this message */
    /* Requests: the client waits for `100 Continue` before it sends a body. Send it unless bytes
     * of the body are there already or the answer is final without them. */
    bool expects_continue;

    struct kc_bytes piece; /* KC_HTTP_GOT_BODY: a view into what was fed */

    /* KC_HTTP_REFUSED: malformed, unsupported, or room where a limit was passed. `error.at` is the
     * offset in this message. `refusal` is the status that a server answers with. */
    struct kc_error error;
    unsigned refusal;

    /* Private. */
    llhttp_t engine;
    struct kc_http_limits limits;
    struct kc_room room;
    bool is_response;
    unsigned char state;
    bool after_cr;
    bool engine_done;    /* llhttp has seen the end of the message */
    unsigned interim;    /* 1xx responses that were skipped */
    size_t head_len;     /* bytes in `room` */
    size_t line_start;   /* of the line that is being read */
    size_t first_len;    /* of the first line, with its CRLF; 0 until it is read */
    size_t chunk_len;    /* of the chunk's size line so far */
    uint64_t at;         /* bytes of this message used so far */
    uint64_t left;       /* bytes of the body or chunk that are to come */
    uint64_t body_total; /* bytes of the body so far, the whole chunk counted */
};

/* Bytes of head room that `limits` ask for. */
size_t kc_http_head_room(const struct kc_http_limits *limits);

/*
 * Prepare `m` for the first message of a connection. `room` must have kc_http_head_room() bytes
 * and live as long as `m`, which may be moved. `method` is that of the request that will be
 * answered: it decides whether the response has a body.
 * KC_ERR_ARGUMENT: too little room, or more than KC_HTTP_HEADERS_MAX headers.
 */
KC_MUST_USE enum kc_err kc_http_request_init(struct kc_http_message *m,
                                             const struct kc_http_limits *limits,
                                             struct kc_room room);
KC_MUST_USE enum kc_err kc_http_response_init(struct kc_http_message *m,
                                              const struct kc_http_limits *limits,
                                              struct kc_room room, enum kc_http_method method);

/*
 * Reads on until something is known. `used` is how many bytes of `in` it took: feed the rest
 * again. An empty `in` is fine: after KC_HTTP_GOT_HEAD a message without a body is complete by
 * the next call. After KC_HTTP_GOT_ALL and KC_HTTP_REFUSED nothing more is used. Interim
 * responses (1xx) are skipped, eight at most; 101 is refused.
 */
KC_MUST_USE enum kc_http_event kc_http_feed(struct kc_http_message *m, struct kc_bytes in,
                                            size_t *used);

/* Wipes what was read and waits for the next message of the same connection. */
void kc_http_next(struct kc_http_message *m);

/* True when no byte of a message has been read: a connection may end here and nowhere else. */
bool kc_http_is_idle(const struct kc_http_message *m);

/* How many headers have this name, in any case; `value` is that of the first, or empty. */
size_t kc_http_header(const struct kc_http_message *m, const char *name, struct kc_bytes *value);

/* Wipes everything that was read, and the room. */
void kc_http_wipe(struct kc_http_message *m);

#endif
