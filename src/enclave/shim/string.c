/*
 * <string.h>: memory and strings. Compiled with -fno-builtin and without loop idioms, or the
 * compiler would turn each function into a call of itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef uint16_t unaligned16 __attribute__((aligned(1), may_alias));
typedef uint32_t unaligned32 __attribute__((aligned(1), may_alias));
typedef uint64_t unaligned64 __attribute__((aligned(1), may_alias));
typedef uint64_t vector __attribute__((vector_size(16), aligned(1), may_alias));

/* Above this the processor's own string move is faster than a loop of 16 bytes. */
#define LONG_MOVE 512

/* Up to 32 bytes: all loads come before all stores, so regions may overlap. */
static void move_short(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= 16) {
        vector head = *(const vector *)from;
        vector tail = *(const vector *)(from + n - 16);
        *(vector *)to = head;
        *(vector *)(to + n - 16) = tail;
    } else if (n >= 8) {
        uint64_t head = *(const unaligned64 *)from;
        uint64_t tail = *(const unaligned64 *)(from + n - 8);
        *(unaligned64 *)to = head;
        *(unaligned64 *)(to + n - 8) = tail;
    } else if (n >= 4) {
        uint32_t head = *(const unaligned32 *)from;
        uint32_t tail = *(const unaligned32 *)(from + n - 4);
        *(unaligned32 *)to = head;
        *(unaligned32 *)(to + n - 4) = tail;
    } else if (n >= 2) {
        uint16_t head = *(const unaligned16 *)from;
        uint16_t tail = *(const unaligned16 *)(from + n - 2);
        *(unaligned16 *)to = head;
        *(unaligned16 *)(to + n - 2) = tail;
    } else if (n == 1) {
        *to = *from;
    }
}

static void move_forward(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= LONG_MOVE) {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        return;
    }
    for (; n > 32; n -= 16, to += 16, from += 16)
        *(vector *)to = *(const vector *)from;
    move_short(to, from, n);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    if (n <= 32)
        move_short(to, from, n);
    else
        move_forward(to, from, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (n <= 32) {
        move_short(t, f, n);
    } else if ((uintptr_t)t - (uintptr_t)f >= n) {
        move_forward(t, f, n);
    } else {
        for (; n > 32; n -= 16) {
            vector piece = *(const vector *)(f + n - 16);
            *(vector *)(t + n - 16) = piece;
        }
        move_short(t, f, n);
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint8_t *t = to;
    if (n >= LONG_MOVE) {
        __asm__ volatile("rep stosb" : "+D"(t), "+c"(n) : "a"(value) : "memory");
        return to;
    }
    uint64_t word = 0x0101010101010101u * (uint8_t)value;
    vector piece = {word, word};
    for (; n >= 16; n -= 16, t += 16)
        *(vector *)t = piece;
    for (; n >= 8; n -= 8, t += 8)
        *(unaligned64 *)t = word;
    for (; n > 0; n--)
        *t++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (; n >= 8; n -= 8, x += 8, y += 8) {
        if (*(const unaligned64 *)x != *(const unaligned64 *)y)
            break;
    }
    for (; n > 0; n--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

void *memchr(const void *bytes, int value, size_t n)
{
    const uint8_t *p = bytes;
    for (; n > 0; n--, p++) {
        if (*p == (uint8_t)value)
            return (void *)(uintptr_t)p;
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != 0)
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t max)
{
    size_t n = 0;
    while (n < max && text[n] != 0)
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (*a == 0)
            return 0;
    }
    return 0;
}

static int lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? u + ('a' - 'A') : u;
}

int strcasecmp(const char *a, const char *b)
{
    while (*a != 0 && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) - lower(*b);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++) {
        if (lower(*a) != lower(*b))
            return lower(*a) - lower(*b);
        if (*a == 0)
            return 0;
    }
    return 0;
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

char *strrchr(const char *text, int c)
{
    const char *found = NULL;
    for (;; text++) {
        if (*text == (char)c)
            found = text;
        if (*text == 0)
            return (char *)(uintptr_t)found;
    }
}

char *strstr(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (;; text++) {
        if (strncmp(text, part, n) == 0)
            return (char *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

size_t strspn(const char *text, const char *set)
{
    size_t n = 0;
    while (text[n] != 0 && strchr(set, text[n]) != NULL)
        n++;
    return n;
}

size_t strcspn(const char *text, const char *set)
{
    size_t n = 0;
    while (text[n] != 0 && strchr(set, text[n]) == NULL)
        n++;
    return n;
}

char *strpbrk(const char *text, const char *set)
{
    text += strcspn(text, set);
    return *text != 0 ? (char *)(uintptr_t)text : NULL;
}

char *strcpy(char *restrict to, const char *restrict from)
{
    memcpy(to, from, strlen(from) + 1);
    return to;
}

char *strncpy(char *restrict to, const char *restrict from, size_t n)
{
    size_t len = strnlen(from, n);
    memcpy(to, from, len);
    memset(to + len, 0, n - len);
    return to;
}

char *strcat(char *restrict to, const char *restrict from)
{
    strcpy(to + strlen(to), from);
    return to;
}

char *strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);
    return copy != NULL ? memcpy(copy, text, n) : NULL;
}
