/* Request methods, those that the service has a use for. */
#ifndef KC_HTTP_METHOD_H
#define KC_HTTP_METHOD_H

#include "base/bytes.h"

/* LIST is what clients of the transit API send where others send GET with list=true. */
enum kc_http_method {
    KC_HTTP_GET,
    KC_HTTP_HEAD,
    KC_HTTP_POST,
    KC_HTTP_PUT,
    KC_HTTP_PATCH,
    KC_HTTP_DELETE,
    KC_HTTP_OPTIONS,
    KC_HTTP_LIST,
    KC_HTTP_METHOD_COUNT,
};

/* "GET" and so on; NULL for a number that is no method. */
const char *kc_http_method_name(enum kc_http_method method);

/* False when it is none of ours. Methods are told apart by case. */
bool kc_http_method_find(struct kc_bytes name, enum kc_http_method *method);

#endif
