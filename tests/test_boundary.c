#include "test.h"

#include "enclave/boundary.h"

static const struct kc_boundary_range elrange = {0x7f0000000000, 0x8000000};

static void test_outside(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t address;
        uint64_t n;
        bool want;
    } cases[] = {
        {"far below", 0x1000, 4096, true},
        {"at 0", 0, 8, true},
        {"ends where ELRANGE starts", 0x7f0000000000 - 8, 8, true},
        {"one word too far", 0x7f0000000000 - 8, 16, false},
        {"first byte", 0x7f0000000000, 8, false},
        {"first byte, no length", 0x7f0000000000, 0, false},
        {"in the middle", 0x7f0001000000, 8, false},
        {"last word", 0x7f0008000000 - 8, 8, false},
        {"last word and more", 0x7f0008000000 - 8, 64, false},
        {"behind ELRANGE", 0x7f0008000000, 8, true},
        {"around ELRANGE", 0x7effffff0000, 0x10000000, false},
        {"just around ELRANGE", 0x7f0000000000 - 8, 0x8000010, false},
        {"ends at the last address", UINT64_MAX - 15, 8, true},
        {"wraps to 0", UINT64_MAX - 7, 8, false},
        {"wraps", UINT64_MAX - 7, 16, false},
        {"wraps into ELRANGE", UINT64_MAX - 7, 0x7f0000000100, false},
        {"wraps around everything", 0x1000, UINT64_MAX, false},
        {"unaligned by 1", 0x1001, 8, false},
        {"unaligned by 4", 0x1004, 8, false},
        {"unaligned by 7, no length", 0x1007, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool got = kc_boundary_is_outside(&elrange, cases[i].address, cases[i].n);
        if (got != cases[i].want)
            fail_msg("%s: %d", cases[i].name, got);
    }
}

/* Whatever the length, not a byte beyond its last word is written, and the rest of that is 0. */
static void test_copy(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 40; n++) {
        uint64_t from[8];
        uint64_t inside[8];
        uint64_t to[8];
        memset(from, 0x5a, sizeof(from));
        memset(inside, 0xcc, sizeof(inside));
        memset(to, 0xee, sizeof(to));
        kc_boundary_copy_in(inside, (uint64_t)from, n);
        assert_memory_equal(inside, from, n);
        kc_boundary_copy_out((uint64_t)to, inside, n);
        assert_memory_equal(to, from, n);
        size_t end = (size_t)kc_boundary_round(n);
        for (size_t i = n; i < sizeof(to); i++)
            assert_int_equal(((uint8_t *)to)[i], i < end ? 0 : 0xee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
