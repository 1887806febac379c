#include "base/bytes.h"

#include <string.h>

struct kc_bytes kc_bytes_of_text(const char *text)
{
    return kc_bytes_of(text, strlen(text));
}

void kc_bytes_move(struct kc_bytes *view, const uint8_t *from, const uint8_t *to)
{
    if (view->ptr != NULL)
        view->ptr = to + (view->ptr - from);
}

bool kc_bytes_equal(struct kc_bytes a, struct kc_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool kc_bytes_are_zero(struct kc_bytes a)
{
    uint8_t any = 0;
    for (size_t i = 0; i < a.len; i++)
        any |= a.ptr[i];
    return any == 0;
}

bool kc_bytes_equal_secret(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= (uint8_t)(x[i] ^ y[i]);
    return any == 0;
}

void kc_bytes_wipe(void *ptr, size_t len)
{
    if (len == 0)
        return;
    memset(ptr, 0, len);
    /* The compiler must assume that someone reads the zeros. */
    __asm__ volatile("" : : "r"(ptr) : "memory");
}
