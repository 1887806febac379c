#include "http/method.h"

static const char *const names[KC_HTTP_METHOD_COUNT] = {
    [KC_HTTP_GET] = "GET",         [KC_HTTP_HEAD] = "HEAD",   [KC_HTTP_POST] = "POST",
    [KC_HTTP_PUT] = "PUT",         [KC_HTTP_PATCH] = "PATCH", [KC_HTTP_DELETE] = "DELETE",
    [KC_HTTP_OPTIONS] = "OPTIONS", [KC_HTTP_LIST] = "LIST",
};

const char *kc_http_method_name(enum kc_http_method method)
{
    return method < KC_HTTP_METHOD_COUNT ? names[method] : NULL;
}

bool kc_http_method_find(struct kc_bytes name, enum kc_http_method *method)
{
    for (size_t i = 0; i < KC_HTTP_METHOD_COUNT; i++) {
        if (kc_bytes_equal(name, kc_bytes_of_text(names[i]))) {
            *method = (enum kc_http_method)i;
            return true;
        }
    }
    return false;
}
