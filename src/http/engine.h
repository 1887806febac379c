/* llhttp as message.c uses it: one message, strict, every line and every body in its own call. */
#ifndef KC_HTTP_ENGINE_H
#define KC_HTTP_ENGINE_H

#include "http/message.h"

/* Makes llhttp ready for one message. */
void kc_http_engine_start(struct kc_http_message *m);

/*
 * Gives llhttp the bytes at offset `at` of the message; it may note the end of the message. False
 * when llhttp refuses them: `m` says why.
 */
KC_MUST_USE bool kc_http_engine_feed(struct kc_http_message *m, const uint8_t *ptr, size_t len,
                                     uint64_t at);

/*
 * Gives llhttp a header line, with its CRLF: the value only where it decides on framing. llhttp
 * looks every byte up in tables, and what it looks up a host may watch: no token goes there.
 */
KC_MUST_USE bool kc_http_engine_header(struct kc_http_message *m, struct kc_bytes name,
                                       struct kc_bytes line, uint64_t at);

#endif
