/* The character classes of RFC 9110 (5.6) and RFC 3986, for public text alone. ASCII only. */
#ifndef KC_HTTP_TEXT_H
#define KC_HTTP_TEXT_H

#include "base/bytes.h"

bool kc_http_text_is_digit(uint8_t c);

/* token: at least one character that may stand in a method or a header's name. */
bool kc_http_text_is_token(struct kc_bytes text);

/* Printable ASCII and tabs; no white space at either end. May be empty. */
bool kc_http_text_is_value(struct kc_bytes text);

/* A host with an optional port, as in a Host header; not empty. */
bool kc_http_text_is_host(struct kc_bytes text);

/* '/' and then the characters of a path and a query, every '%' with two hexadecimal digits. */
bool kc_http_text_is_target(struct kc_bytes text);

bool kc_http_text_equal_no_case(struct kc_bytes a, struct kc_bytes b);

#endif
