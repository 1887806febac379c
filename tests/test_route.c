#include "api.h"
#include "core/api.h"

static const struct {
    enum kc_http_method method;
    const char *path;
    unsigned status; /* 0: there is a route */
    const char *parameter;
    bool open;
    bool any_time;
    bool slow;
    void (*plan)(struct kc_exchange *x);
} rows[] = {
    {KC_HTTP_GET, "/v1/sys/health", 0, "", true, true, false, kc_api_health_plan},
    {KC_HTTP_HEAD, "/v1/sys/health", 0, "", true, true, false, kc_api_health_plan},
    {KC_HTTP_GET, "/v1/sys/health/", 0, "", true, true, false, kc_api_health_plan},
    {KC_HTTP_POST, "/v1/sys/health", 405, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/sys/seal-status", 0, "", true, true, false, kc_api_seal_status_plan},
    {KC_HTTP_HEAD, "/v1/sys/seal-status", 405, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/sys/init", 0, "", true, true, false, kc_api_init_status_plan},
    {KC_HTTP_PUT, "/v1/sys/init", 0, "", true, true, false, kc_api_init_plan},
    {KC_HTTP_POST, "/v1/sys/init", 0, "", true, true, false, kc_api_init_plan},
    {KC_HTTP_DELETE, "/v1/sys/init", 405, "", false, false, false, NULL},
    {KC_HTTP_LIST, "/v1/transit/keys", 0, "", false, false, false, kc_api_key_list_plan},
    {KC_HTTP_LIST, "/v1/transit/keys/", 0, "", false, false, false, kc_api_key_list_plan},
    {KC_HTTP_GET, "/v1/transit/keys", 0, "", false, false, false, kc_api_key_list_plan},
    {KC_HTTP_POST, "/v1/transit/keys", 405, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/transit/keys/k1", 0, "k1", false, false, false, kc_api_key_read_plan},
    {KC_HTTP_POST, "/v1/transit/keys/a.b-c_D", 0, "a.b-c_D", false, false, false,
     kc_api_key_create_plan},
    {KC_HTTP_PUT, "/v1/transit/keys/k1", 0, "k1", false, false, false, kc_api_key_create_plan},
    {KC_HTTP_PUT, "/v1/transit/keys/k 1", 0, "k 1", false, false, false, kc_api_key_create_plan},
    {KC_HTTP_LIST, "/v1/transit/keys/k1", 405, "", false, false, false, NULL},
    {KC_HTTP_DELETE, "/v1/transit/keys/k1", 405, "", false, false, false, NULL},
    {KC_HTTP_POST, "/v1/transit/keys/k1/rotate", 404, "", false, false, false, NULL},
    {KC_HTTP_PUT, "/v1/transit/encrypt/k1", 0, "k1", false, false, false, kc_api_encrypt_plan},
    {KC_HTTP_POST, "/v1/transit/encrypt/k1", 0, "k1", false, false, false, kc_api_encrypt_plan},
    {KC_HTTP_GET, "/v1/transit/encrypt/k1", 405, "", false, false, false, NULL},
    {KC_HTTP_POST, "/v1/transit/encrypt", 404, "", false, false, false, NULL},
    {KC_HTTP_POST, "/v1/transit/encrypt/", 404, "", false, false, false, NULL},
    {KC_HTTP_POST, "/v1/transit/decrypt/k1", 0, "k1", false, false, false, kc_api_decrypt_plan},
    {KC_HTTP_PUT, "/v1/transit/decrypt/k1", 0, "k1", false, false, false, kc_api_decrypt_plan},
    {KC_HTTP_GET, "/generate-aes-key", 0, "", false, false, false, kc_api_generate_aes_plan},
    {KC_HTTP_POST, "/generate-aes-key", 0, "", false, false, false, kc_api_generate_aes_plan},
    {KC_HTTP_POST, "/generate-rsa-key-pair", 0, "", false, false, true, kc_api_generate_rsa_plan},
    {KC_HTTP_GET, "/generate-rsa-key-pair", 0, "", false, false, true, kc_api_generate_rsa_plan},
    {KC_HTTP_PUT, "/generate-aes-key", 405, "", false, false, false, NULL},
    {KC_HTTP_GET, "/", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "//", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/sys/healthy", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/sys/healt", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "/V1/sys/health", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "/v1/sys/health//", 404, "", false, false, false, NULL},
    {KC_HTTP_GET, "v1/sys/health", 404, "", false, false, false, NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned status = 0;
        struct kc_exchange x = {.method = rows[i].method, .path = kc_bytes_of_text(rows[i].path)};
        const struct kc_route *route = kc_route_find(&x, &status);
        if ((route == NULL) != (rows[i].status != 0))
            fail_msg("%s: %u", rows[i].path, status);
        if (route == NULL) {
            assert_int_equal(status, rows[i].status);
            continue;
        }
        if (!kc_bytes_equal(x.parameter, kc_bytes_of_text(rows[i].parameter)))
            fail_msg("%s: parameter %.*s", rows[i].path, (int)x.parameter.len,
                     (const char *)x.parameter.ptr);
        assert_true(route->plan == rows[i].plan);
        assert_int_equal(route->open, rows[i].open);
        assert_int_equal(route->any_time, rows[i].any_time);
        assert_int_equal(route->slow, rows[i].slow);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
