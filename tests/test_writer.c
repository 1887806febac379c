#include "base/writer.h"
#include "test.h"

static void write_sample(struct kc_writer *w)
{
    kc_writer_u8(w, 1);
    kc_writer_u16(w, 0x0302);
    kc_writer_u32(w, 0x07060504);
    kc_writer_u64(w, 0x0f0e0d0c0b0a0908);
    kc_writer_u16be(w, 0x1011);
    kc_writer_u32be(w, 0x12131415);
    kc_writer_bytes(w, kc_bytes_of("\x16\x17", 2));
    kc_writer_zeros(w, 3);
}

static void test_layout(void **state)
{
    (void)state;
    uint8_t room[26];
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    write_sample(&w);
    assert_false(kc_writer_failed(&w));
    assert_int_equal(w.len, 26);
    for (uint8_t i = 0; i < 23; i++)
        assert_int_equal(room[i], i + 1);
    assert_true(kc_bytes_are_zero(kc_bytes_of(room + 23, 3)));
    assert_int_equal(kc_writer_written(&w).len, 26);
}

static void test_counting(void **state)
{
    (void)state;
    struct kc_writer w = KC_WRITER_COUNT;
    write_sample(&w);
    assert_int_equal(w.len, 26);
    assert_false(kc_writer_failed(&w));
    assert_null(kc_writer_room(&w, 4));
    assert_int_equal(w.len, 30);
    assert_int_equal(kc_writer_written(&w).len, 0);
}

static void test_every_short_room(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 26; cap++) {
        uint8_t room[27];
        memset(room, 0xee, sizeof room);
        struct kc_writer w = kc_writer_of((struct kc_room){cap == 0 ? NULL : room, cap});
        write_sample(&w);
        assert_true(kc_writer_failed(&w));
        assert_null(kc_writer_written(&w).ptr);
        assert_int_equal(room[cap], 0xee);
        kc_writer_zeros(&w, 0);
        assert_true(kc_writer_failed(&w));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_every_short_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
