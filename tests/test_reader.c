#include "base/reader.h"
#include "test.h"

static void test_integers(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1,  2,  3,  4,  5, 6, 7, 8, 9, 10, 11,
                                    12, 13, 14, 15, 1, 2, 3, 4, 5, 6};
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes, sizeof bytes));
    assert_int_equal(kc_reader_u8(&r), 1);
    assert_int_equal(kc_reader_u16(&r), 0x0302);
    assert_int_equal(kc_reader_u32(&r), 0x07060504);
    assert_true(kc_reader_u64(&r) == 0x0f0e0d0c0b0a0908);
    assert_int_equal(kc_reader_u16be(&r), 0x0102);
    assert_false(kc_reader_done(&r));
    assert_int_equal(r.at, 17);
    assert_int_equal(kc_reader_u32be(&r), 0x03040506);
    assert_true(kc_reader_done(&r));
}

static void test_failure_sticks(void **state)
{
    (void)state;
    struct kc_reader r = kc_reader_of(kc_bytes_of("\x01\x02\x03", 3));
    uint8_t copy[4] = {9, 9, 9, 9};
    assert_int_equal(kc_reader_u32(&r), 0);
    assert_true(kc_reader_failed(&r));
    assert_int_equal(kc_reader_u8(&r), 0);
    assert_int_equal(kc_reader_bytes(&r, 0).len, 0);
    kc_reader_copy(&r, copy, 4);
    assert_true(kc_bytes_are_zero(kc_bytes_of(copy, 4)));
    assert_false(kc_reader_done(&r));
}

static void test_huge_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {4, SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct kc_reader r = kc_reader_of(kc_bytes_of("abc", 3));
        assert_null(kc_reader_bytes(&r, lengths[i]).ptr);
        assert_true(kc_reader_failed(&r));
        r = kc_reader_of(kc_bytes_of("abc", 3));
        struct kc_reader child = kc_reader_child(&r, lengths[i]);
        assert_true(kc_reader_failed(&child));
    }
}

static void test_children(void **state)
{
    (void)state;
    struct kc_reader r = kc_reader_of(kc_bytes_of("abcdef", 6));
    kc_reader_skip(&r, 1);
    struct kc_reader child = kc_reader_child(&r, 3);
    assert_int_equal(child.at, 1);
    assert_int_equal(kc_reader_u8(&child), 'b');
    assert_int_equal(kc_reader_rest(&child).len, 2);
    assert_true(kc_reader_done(&child));
    (void)kc_reader_u8(&child);
    assert_true(kc_reader_failed(&child));
    assert_false(kc_reader_failed(&r));
    assert_int_equal(kc_reader_u8(&r), 'e');
    kc_reader_fail(&r);
    assert_false(kc_reader_done(&r));
}

static void test_nothing(void **state)
{
    (void)state;
    struct kc_reader r = kc_reader_of(kc_bytes_of(NULL, 0));
    assert_int_equal(kc_reader_bytes(&r, 0).len, 0);
    assert_true(kc_reader_done(&r));
    (void)kc_reader_u8(&r);
    assert_true(kc_reader_failed(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),     cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_huge_lengths), cmocka_unit_test(test_children),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
