#include "core/route.h"

#include <string.h>

#include "core/api.h"

#define GET  (UINT32_C(1) << KC_HTTP_GET)
#define HEAD (UINT32_C(1) << KC_HTTP_HEAD)
#define LIST (UINT32_C(1) << KC_HTTP_LIST)
#define POST (UINT32_C(1) << KC_HTTP_POST)
#define PUT  (UINT32_C(1) << KC_HTTP_PUT)

#define OPEN     true
#define TOKEN    false
#define ANY_TIME true
#define SLOW     true

/* The whole HTTP API. A path may stand here more than once, with different methods. */
static const struct kc_route routes[] = {
    /* path, methods, access, any time, slow, plan, compute, forget */
    {"/v1/sys/health", GET | HEAD, OPEN, ANY_TIME, !SLOW, kc_api_health_plan, NULL, NULL},
    {"/v1/sys/seal-status", GET, OPEN, ANY_TIME, !SLOW, kc_api_seal_status_plan, NULL, NULL},
    {"/v1/sys/init", GET, OPEN, ANY_TIME, !SLOW, kc_api_init_status_plan, NULL, NULL},
    {"/v1/sys/init", POST | PUT, OPEN, ANY_TIME, !SLOW, kc_api_init_plan, kc_api_init_compute,
     NULL},
    {"/v1/attest/evidence", GET, OPEN, ANY_TIME, !SLOW, kc_api_evidence_read_plan, NULL, NULL},
    {"/v1/attest/evidence", POST, OPEN, ANY_TIME, !SLOW, kc_api_evidence_make_plan,
     kc_api_evidence_make_compute, NULL},
    {"/v1/transit/keys", GET | LIST, TOKEN, !ANY_TIME, !SLOW, kc_api_key_list_plan,
     kc_api_key_list_compute, NULL},
    {"/v1/transit/keys/:name", GET, TOKEN, !ANY_TIME, !SLOW, kc_api_key_read_plan,
     kc_api_key_read_compute, NULL},
    {"/v1/transit/keys/:name", POST | PUT, TOKEN, !ANY_TIME, !SLOW, kc_api_key_create_plan,
     kc_api_key_create_compute, NULL},
    {"/v1/transit/encrypt/:name", POST | PUT, TOKEN, !ANY_TIME, !SLOW, kc_api_encrypt_plan,
     kc_api_encrypt_compute, kc_api_crypt_forget},
    {"/v1/transit/decrypt/:name", POST | PUT, TOKEN, !ANY_TIME, !SLOW, kc_api_decrypt_plan,
     kc_api_decrypt_compute, kc_api_crypt_forget},
    {"/generate-aes-key", GET | POST, TOKEN, !ANY_TIME, !SLOW, kc_api_generate_aes_plan, NULL,
     NULL},
    {"/generate-rsa-key-pair", GET | POST, TOKEN, !ANY_TIME, SLOW, kc_api_generate_rsa_plan,
     kc_api_generate_rsa_compute, NULL},
};

/* Everything up to `:name` as it is; what stands there is the plan's to judge. */
static bool matches(const char *pattern, struct kc_bytes path, struct kc_bytes *parameter)
{
    const char *name = strchr(pattern, ':');
    size_t fixed = name == NULL ? strlen(pattern) : (size_t)(name - pattern);
    *parameter = kc_bytes_of(NULL, 0);
    if (path.len < fixed || memcmp(path.ptr, pattern, fixed) != 0)
        return false;
    if (name == NULL)
        return path.len == fixed;
    *parameter = kc_bytes_of(path.ptr + fixed, path.len - fixed);
    return parameter->len > 0 && memchr(parameter->ptr, '/', parameter->len) == NULL;
}

const struct kc_route *kc_route_find(struct kc_exchange *x, unsigned *status)
{
    struct kc_bytes path = x->path;
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    *status = 404;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        struct kc_bytes parameter;
        if (!matches(routes[i].path, path, &parameter))
            continue;
        *status = 405;
        if ((routes[i].methods & UINT32_C(1) << x->method) == 0)
            continue;
        x->parameter = parameter;
        return &routes[i];
    }
    return NULL;
}
