/* The image's string functions and sort, compiled under other names, against glibc's. */
#include "test.h"

#include <strings.h>

void *shim_memcpy(void *to, const void *from, size_t n);
void *shim_memmove(void *to, const void *from, size_t n);
void *shim_memset(void *to, int value, size_t n);
int shim_memcmp(const void *a, const void *b, size_t n);
void *shim_memchr(const void *bytes, int value, size_t n);
size_t shim_strlen(const char *text);
int shim_strcmp(const char *a, const char *b);
int shim_strncmp(const char *a, const char *b, size_t n);
int shim_strcasecmp(const char *a, const char *b);
int shim_strncasecmp(const char *a, const char *b, size_t n);
char *shim_strchr(const char *text, int c);
char *shim_strrchr(const char *text, int c);
char *shim_strstr(const char *text, const char *part);
size_t shim_strspn(const char *text, const char *set);
size_t shim_strcspn(const char *text, const char *set);
char *shim_strncpy(char *to, const char *from, size_t n);
void shim_qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

#define ROOM 2048

static uint8_t source[ROOM];

static void fill(uint8_t *bytes, size_t n)
{
    static uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

/* Every length up to 100 and some longer, at every place within 16. */
static void test_moves(void **state)
{
    (void)state;
    static const size_t longer[] = {127, 128, 255, 256, 511, 512, 513, 1000};
    fill(source, sizeof(source));
    for (size_t i = 0; i < 101 + COUNT_OF(longer); i++) {
        size_t n = i < 101 ? i : longer[i - 101];
        for (size_t at = 0; at < 16; at++) {
            uint8_t got[ROOM];
            uint8_t want[ROOM];
            memset(got, 0xee, ROOM);
            memset(want, 0xee, ROOM);
            assert_ptr_equal(shim_memcpy(got + at, source + 7, n), got + at);
            memcpy(want + at, source + 7, n);
            assert_memory_equal(got, want, ROOM);
            assert_ptr_equal(shim_memset(got + at, (int)n + 256, n), got + at);
            memset(want + at, (int)n, n);
            assert_memory_equal(got, want, ROOM);
        }
    }
}

static void test_overlap(void **state)
{
    (void)state;
    fill(source, sizeof(source));
    for (size_t n = 0; n < 700; n += n < 80 ? 1 : 37) {
        for (int shift = -70; shift <= 70; shift++) {
            uint8_t got[ROOM];
            uint8_t want[ROOM];
            memcpy(got, source, ROOM);
            memcpy(want, source, ROOM);
            shim_memmove(got + 512 + shift, got + 512, n);
            memmove(want + 512 + shift, want + 512, n);
            assert_memory_equal(got, want, ROOM);
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void test_compare(void **state)
{
    (void)state;
    fill(source, sizeof(source));
    for (size_t n = 0; n < 40; n++) {
        for (size_t at = 0; at < n; at++) {
            uint8_t other[64];
            memcpy(other, source, sizeof(other));
            other[at] ^= 0x80;
            assert_int_equal(sign(shim_memcmp(source, other, n)), sign(memcmp(source, other, n)));
            assert_ptr_equal(shim_memchr(source, source[at], n), memchr(source, source[at], n));
        }
        assert_int_equal(shim_memcmp(source, source, n), 0);
    }
}

static const char *const texts[] = {
    "", "a", "A", "ab", "aB", "abc", "abd", "b", "zz", "abcabcabd", "\xff", "\x80x", "a b,c", "ABC",
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *a = texts[i];
        assert_int_equal(shim_strlen(a), strlen(a));
        for (int c = 0; c < 256; c++) {
            assert_ptr_equal(shim_strchr(a, c), strchr(a, c));
            assert_ptr_equal(shim_strrchr(a, c), strrchr(a, c));
        }
        for (size_t k = 0; k < COUNT_OF(texts); k++) {
            const char *b = texts[k];
            char got[16];
            char want[16];
            assert_int_equal(sign(shim_strcmp(a, b)), sign(strcmp(a, b)));
            assert_int_equal(sign(shim_strcasecmp(a, b)), sign(strcasecmp(a, b)));
            assert_ptr_equal(shim_strstr(a, b), strstr(a, b));
            assert_int_equal(shim_strspn(a, b), strspn(a, b));
            assert_int_equal(shim_strcspn(a, b), strcspn(a, b));
            for (size_t n = 0; n < 12; n++) {
                assert_int_equal(sign(shim_strncmp(a, b, n)), sign(strncmp(a, b, n)));
                assert_int_equal(sign(shim_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
                memset(got, 1, sizeof(got));
                memset(want, 1, sizeof(want));
                shim_strncpy(got, a, n);
                memcpy(want, a, strnlen(a, n));
                memset(want + strnlen(a, n), 0, n - strnlen(a, n));
                assert_memory_equal(got, want, sizeof(got));
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = 0;
    uint32_t y = 0;
    memcpy(&x, a, 4);
    memcpy(&y, b, 4);
    return (x > y) - (x < y);
}

static void test_sort(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        uint32_t got[200];
        uint32_t want[200];
        fill((uint8_t *)got, sizeof(got));
        for (size_t i = 0; i < n; i += 3)
            got[i] = (uint32_t)(i % 7);
        memcpy(want, got, sizeof(want));
        shim_qsort(got, n, 4, by_value);
        qsort(want, n, 4, by_value);
        assert_memory_equal(got, want, sizeof(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),   cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_compare), cmocka_unit_test(test_text),
        cmocka_unit_test(test_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
