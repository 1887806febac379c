/*
 * The rules for first lines and headers that stand before, and beside, llhttp's: it lets pass
 * bare LF, several spaces, HTTP/0.9, absolute targets, white space before a message, folded
 * lines and more. Used by message.c alone.
 */
#ifndef KC_HTTP_HEAD_H
#define KC_HTTP_HEAD_H

#include "http/message.h"

/* Notes why `m` is refused: once, the first reason stays. */
void kc_http_head_refuse(struct kc_http_message *m, unsigned status, enum kc_err code,
                         const char *what, uint64_t at);

/* Bytes that may not stand in any line of a head: bare CR or LF, controls, non-ASCII. */
KC_MUST_USE bool kc_http_head_byte(struct kc_http_message *m, uint8_t c);

/* `line` is the first line without its CRLF. Sets method, path and query, or status. */
KC_MUST_USE bool kc_http_head_request_line(struct kc_http_message *m, struct kc_bytes line);
KC_MUST_USE bool kc_http_head_status_line(struct kc_http_message *m, struct kc_bytes line);

/* `line` is a header line without its CRLF, `at` its offset. Notes the header, for which there is
 * room. */
KC_MUST_USE bool kc_http_head_header_line(struct kc_http_message *m, struct kc_bytes line,
                                          uint64_t at);

/* All headers are there, the empty line is not yet given to llhttp. Sets what they decide. */
KC_MUST_USE bool kc_http_head_check(struct kc_http_message *m);

/* True when a response with this status to this method never has a body (RFC 9112, 6.3). */
bool kc_http_head_is_bodiless(const struct kc_http_message *m);

#endif
