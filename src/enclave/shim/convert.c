/*
 * <stdlib.h>: text to numbers, in the C locale.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#include "enclave/shim/decimal.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return UINT_MAX;
}

/* Sign and magnitude; `*over` when the magnitude does not fit. `*end` is `text` without digits. */
static unsigned long long parse(const char *text, const char **end, int base, bool *negative,
                                bool *over)
{
    const char *p = text;
    unsigned long long value = 0;
    bool any = false;
    *over = false;
    while (is_space(*p))
        p++;
    *negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && digit_value(p[2]) < 16;
    if ((base == 0 || base == 16) && hex) {
        p += 2;
        base = 16;
    }
    if (base == 0)
        base = *p == '0' ? 8 : 10;
    for (; digit_value(*p) < (unsigned)base; p++) {
        any = true;
        if (__builtin_mul_overflow(value, (unsigned)base, &value) ||
            __builtin_add_overflow(value, digit_value(*p), &value))
            *over = true;
    }
    *end = any ? p : text;
    return value;
}

unsigned long long strtoull(const char *restrict text, char **restrict end, int base)
{
    const char *stop = text;
    bool negative = false;
    bool over = false;
    unsigned long long value = parse(text, &stop, base, &negative, &over);
    if (end != NULL)
        *end = (char *)(uintptr_t)stop;
    if (over) {
        errno = ERANGE;
        return ULLONG_MAX;
    }
    return negative ? -value : value;
}

long long strtoll(const char *restrict text, char **restrict end, int base)
{
    const char *stop = text;
    bool negative = false;
    bool over = false;
    unsigned long long value = parse(text, &stop, base, &negative, &over);
    unsigned long long limit = negative ? (unsigned long long)LLONG_MAX + 1 : LLONG_MAX;
    if (end != NULL)
        *end = (char *)(uintptr_t)stop;
    if (over || value > limit) {
        errno = ERANGE;
        return negative ? LLONG_MIN : LLONG_MAX;
    }
    return (long long)(negative ? -value : value);
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
    return strtoull(text, end, base);
}

long strtol(const char *restrict text, char **restrict end, int base)
{
    return strtoll(text, end, base);
}

int atoi(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* Reads digits with at most one point; returns the first character that is neither. */
static const char *parse_digits(const char *p, struct kc_decimal *d, bool *any)
{
    bool point = false;
    int places = 0; /* digits before the point */
    for (;; p++) {
        if (*p == '.' && !point) {
            point = true;
        } else if (*p >= '0' && *p <= '9') {
            *any = true;
            if (d->count > 0 || *p != '0')
                kc_decimal_append(d, (unsigned)(*p - '0'));
            else if (point)
                places--;
            if (!point && d->count > 0 && places < INT_MAX / 2)
                places++;
        } else {
            break;
        }
    }
    d->point = places;
    return p;
}

static const char *parse_exponent(const char *p, struct kc_decimal *d)
{
    if (*p != 'e' && *p != 'E')
        return p;
    const char *q = p + 1;
    bool negative = *q == '-';
    if (*q == '-' || *q == '+')
        q++;
    if (digit_value(*q) > 9)
        return p;
    int exponent = 0;
    for (; digit_value(*q) <= 9; q++) {
        if (exponent < 100000)
            exponent = exponent * 10 + (int)digit_value(*q);
    }
    d->point += negative ? -exponent : exponent;
    return q;
}

/* Decimal numbers alone: no hexadecimal floats, no words for infinity; they convert to nothing. */
double strtod(const char *restrict text, char **restrict end)
{
    struct kc_decimal d = {.count = 0};
    const char *p = text;
    bool any = false;
    double value = 0;
    while (is_space(*p))
        p++;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    p = parse_digits(p, &d, &any);
    if (any) {
        p = parse_exponent(p, &d);
        kc_decimal_trim(&d);
        bool zero = d.count == 0;
        if (!kc_decimal_to(&d, &value)) {
            errno = ERANGE;
            value = HUGE_VAL;
        } else if (value == 0 && !zero) {
            errno = ERANGE;
        }
    }
    if (end != NULL)
        *end = (char *)(uintptr_t)(any ? p : text);
    return negative && any ? -value : value;
}

struct lconv *localeconv(void)
{
    static char point[] = ".";
    static char none[] = "";
    static struct lconv c_locale;
    c_locale.decimal_point = point;
    c_locale.thousands_sep = none;
    c_locale.grouping = none;
    return &c_locale;
}
