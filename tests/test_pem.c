#include "base/pem.h"
#include "test.h"

#define A64 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"

#define A76 A64 "QUFBQUFBQUFB"

static enum kc_err read_one(const char *text, struct kc_room out, size_t *n, size_t *left)
{
    struct kc_reader r = kc_reader_of(kc_bytes_of_text(text));
    enum kc_err err = kc_pem_read(&r, "X", out, n, NULL);
    *left = r.left;
    return err;
}

static const struct {
    const char *text;
    size_t len;
    size_t left;
} good[] = {
    {"-----BEGIN X-----\nQUE=\n-----END X-----\n", 2, 0},
    {"-----BEGIN X-----\nQUE=\n-----END X-----", 2, 0},
    {"-----BEGIN X-----\n" A64 "\n-----END X-----\n", 48, 0},
    {"-----BEGIN X-----\n" A64 "\nQQ==\n-----END X-----\nmore", 49, 4},
    {"-----BEGIN X-----\nQUE=\n-----END X----------BEGIN X-----", 2, 17},
    {"-----BEGIN X-----\n" A76 "\n-----END X-----\n", 57, 0},
    {"-----BEGIN X-----\n" A76 "\nQQ==\n-----END X-----\n", 58, 0},
};

static const char *const bad[] = {
    "",
    "-----BEGIN X-----\n",
    "-----BEGIN X-----\n-----END X-----\n",
    "-----BEGIN Y-----\nQUE=\n-----END Y-----\n",
    "-----BEGIN X-----\nQUE=\n-----END Y-----\n",
    "-----BEGIN X-----\nQUE=-----END X-----\n",
    "-----BEGIN X-----\r\nQUE=\r\n-----END X-----\r\n",
    "-----BEGIN X-----\nQUE=\nQUE=\n-----END X-----\n",
    "-----BEGIN X-----\n" A64 "QQ==\n-----END X-----\n",
    "-----BEGIN X-----\n" A76 "\n" A64 "\nQQ==\n-----END X-----\n",
    "-----BEGIN X-----\n" A64 "\n" A76 "\n-----END X-----\n",
    "-----BEGIN X-----\n" A76 "QUFB\n-----END X-----\n",
    "-----BEGIN X-----\n\nQUE=\n-----END X-----\n",
    "-----BEGIN X-----\nQUE=\n-----END X-----x",
    "-----BEGIN X-----\nQUE=\n-----END X----\n",
    "-----BEGIN X-----\nQU =\n-----END X-----\n",
    " -----BEGIN X-----\nQUE=\n-----END X-----\n",
    "-----BEGIN X-----\nQUE=",
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        uint8_t out[64];
        size_t n = 0;
        size_t left = 0;
        assert_int_equal(read_one(good[i].text, (struct kc_room){out, sizeof out}, &n, &left),
                         KC_OK);
        assert_int_equal(n, good[i].len);
        assert_int_equal(left, good[i].left);
        assert_int_equal(out[0], 'A');
    }
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint8_t out[128];
        size_t n = 0;
        size_t left = 0;
        if (read_one(bad[i], (struct kc_room){out, sizeof out}, &n, &left) != KC_ERR_MALFORMED)
            fail_msg("case %zu accepted", i);
    }
}

static void test_room(void **state)
{
    (void)state;
    uint8_t out[49];
    size_t n = 0;
    size_t left = 0;
    const char *text = good[3].text;
    assert_int_equal(read_one(text, (struct kc_room){out, 49}, &n, &left), KC_OK);
    assert_int_equal(read_one(text, (struct kc_room){out, 48}, &n, &left), KC_ERR_ROOM);
    assert_int_equal(read_one(text, (struct kc_room){out, 1}, &n, &left), KC_ERR_ROOM);
}

/* Every length up to three lines, written and read again. */
static void test_both_ways(void **state)
{
    (void)state;
    uint8_t der[144];
    for (size_t i = 0; i < sizeof der; i++)
        der[i] = (uint8_t)(i * 7);
    for (size_t len = 1; len <= sizeof der; len++) {
        uint8_t text[512];
        uint8_t back[144];
        size_t n = 0;
        struct kc_writer w = kc_writer_of((struct kc_room){text, sizeof text});
        kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(der, len));
        struct kc_reader r = kc_reader_of(kc_writer_written(&w));
        assert_int_equal(
            kc_pem_read(&r, "CERTIFICATE", (struct kc_room){back, sizeof back}, &n, NULL), KC_OK);
        assert_true(kc_reader_done(&r));
        assert_int_equal(n, len);
        assert_memory_equal(back, der, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
