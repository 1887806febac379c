#include "http/target.h"
#include "test.h"

static const struct {
    const char *in;
    const char *want; /* NULL: refused */
} paths[] = {
    {"/", "/"},
    {"//", "/"},
    {"/v1/transit/keys/a", "/v1/transit/keys/a"},
    {"/v1//transit///verify/K//sha2-256", "/v1/transit/verify/K/sha2-256"},
    {"/v1/transit/keys/", "/v1/transit/keys/"},
    {"/v1/transit/keys//", "/v1/transit/keys/"},
    {"/a%20b%7e%41", "/a b~A"},
    {"/a%25%32%66", "/a%2f"}, /* decoded once */
    {"/a+b", "/a+b"},
    {"/...", "/..."},
    {"/.a/b.", "/.a/b."},
    {"/a%2fb", NULL},
    {"/a/%2F", NULL},
    {"/a%zz", NULL},
    {"/a%4", NULL},
    {"/a%00", NULL},
    {"/a%0a", NULL},
    {"/a%7f", NULL},
    {"/a%c3%a9", NULL},
    {"/.", NULL},
    {"/..", NULL},
    {"/a/../b", NULL},
    {"/a/./b", NULL},
    {"/a/..", NULL},
    {"/a//../b", NULL},
    {"/a/%2e%2e/b", NULL},
    {"/a/.%2E", NULL},
};

static void test_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        uint8_t out[64];
        size_t n = 0;
        enum kc_err err = kc_http_target_path(kc_bytes_of_text(paths[i].in),
                                              (struct kc_room){out, sizeof out}, &n);
        if (err != (paths[i].want == NULL ? KC_ERR_MALFORMED : KC_OK))
            fail_msg("%s: %d", paths[i].in, err);
        if (paths[i].want != NULL &&
            !kc_bytes_equal(kc_bytes_of(out, n), kc_bytes_of_text(paths[i].want)))
            fail_msg("%s: got %.*s", paths[i].in, (int)n, (const char *)out);
    }
}

static const struct {
    const char *query;
    enum kc_err err;
    const char *want;
} parameters[] = {
    {"list=true", KC_OK, "true"},
    {"list=", KC_OK, ""},
    {"list", KC_OK, ""},
    {"a=b&list=true&c", KC_OK, "true"},
    {"&&list=x&", KC_OK, "x"},
    {"l%69st=x", KC_OK, "x"},
    {"list=a%20b+c%2B%3d=", KC_OK, "a b c+=="},
    {"list=a%26b", KC_OK, "a&b"},
    {"", KC_ERR_ABSENT, NULL},
    {"=list", KC_ERR_ABSENT, NULL},
    {"lists=x", KC_ERR_ABSENT, NULL},
    {"lis=x", KC_ERR_ABSENT, NULL},
    {"LIST=x", KC_ERR_ABSENT, NULL},
    {"a=list=true", KC_ERR_ABSENT, NULL},
    {"list%00=x", KC_ERR_ABSENT, NULL},
    {"list=a&list=a", KC_ERR_MALFORMED, NULL},
    {"list=a&l%69st=b", KC_ERR_MALFORMED, NULL},
    {"list=%00", KC_ERR_MALFORMED, NULL},
    {"list=%0d%0a", KC_ERR_MALFORMED, NULL},
    {"list=%ff", KC_ERR_MALFORMED, NULL},
};

static void test_parameter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(parameters); i++) {
        uint8_t out[64];
        size_t n = 99;
        enum kc_err err = kc_http_target_parameter(kc_bytes_of_text(parameters[i].query), "list",
                                                   (struct kc_room){out, sizeof out}, &n);
        if (err != parameters[i].err)
            fail_msg("%s: %d", parameters[i].query, err);
        if (err != KC_OK)
            assert_int_equal(n, 99);
        else if (!kc_bytes_equal(kc_bytes_of(out, n), kc_bytes_of_text(parameters[i].want)))
            fail_msg("%s: got %.*s", parameters[i].query, (int)n, (const char *)out);
    }
}

static void test_room(void **state)
{
    (void)state;
    uint8_t out[4];
    size_t n = 0;
    struct kc_bytes path = kc_bytes_of_text("//a%62c");
    struct kc_bytes query = kc_bytes_of_text("list=%61b+c");
    assert_int_equal(kc_http_target_path(path, (struct kc_room){out, 4}, &n), KC_OK);
    assert_int_equal(kc_http_target_path(path, (struct kc_room){out, 3}, &n), KC_ERR_ROOM);
    assert_int_equal(kc_http_target_path(path, (struct kc_room){NULL, 0}, &n), KC_ERR_ROOM);
    assert_int_equal(kc_http_target_parameter(query, "list", (struct kc_room){out, 4}, &n), KC_OK);
    assert_int_equal(kc_http_target_parameter(query, "list", (struct kc_room){out, 3}, &n),
                     KC_ERR_ROOM);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_parameter),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
