/*
 * snprintf() as jansson needs it: %d %i %u %x %X %c %s %g %%, the flags 0 and -, width, precision,
 * the lengths l ll z j (h and hh change nothing). Anything else ends the enclave: a
 * format is ours or a library's, never input.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "enclave/runtime.h"
#include "enclave/shim/decimal.h"

/* Counts what does not fit, as snprintf() returns it. */
struct sink {
    char *to;
    size_t room; /* without the NUL */
    size_t len;
};

struct spec {
    bool zero;
    bool left;
    int width;
    int precision; /* -1: none given */
    int longs;     /* 0 int, 1 long, 2 long long or size_t */
    char kind;
};

static void put(struct sink *s, char c)
{
    if (s->len < s->room)
        s->to[s->len] = c;
    s->len++;
}

static void put_padded(struct sink *s, const struct spec *spec, const char *text, size_t n)
{
    size_t width = spec->width > 0 ? (size_t)spec->width : 0;
    size_t pad = width > n ? width - n : 0;
    bool zero = spec->zero && !spec->left;
    if (zero && n > 0 && *text == '-') {
        put(s, '-');
        text++;
        n--;
    }
    for (size_t i = 0; !spec->left && i < pad; i++)
        put(s, zero ? '0' : ' ');
    for (size_t i = 0; i < n; i++)
        put(s, text[i]);
    for (size_t i = 0; spec->left && i < pad; i++)
        put(s, ' ');
}

static void put_integer(struct sink *s, const struct spec *spec, uint64_t value, bool negative)
{
    char text[24];
    size_t at = sizeof(text);
    unsigned base = spec->kind == 'x' || spec->kind == 'X' ? 16 : 10;
    const char *digits = spec->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        text[--at] = '-';
    put_padded(s, spec, text + at, sizeof(text) - at);
}

/* %g (C11, 7.21.6.1): P significant digits, exponent form below 10^-4 and from 10^P on. */
static size_t format_general(char text[64], double value, int precision)
{
    struct kc_decimal d = {.count = 0};
    size_t n = 0;
    if (precision == 0)
        precision = 1;
    if (__builtin_signbit(value)) {
        text[n++] = '-';
        value = -value;
    }
    kc_decimal_of(&d, value);
    kc_decimal_round(&d, precision);
    int exponent = d.count > 0 ? d.point - 1 : 0;
    bool scientific = exponent < -4 || exponent >= precision;
    int before = scientific ? 1 : exponent + 1; /* digits before the point */
    if (before <= 0)
        text[n++] = '0';
    for (int i = 0; i < before; i++)
        text[n++] = (char)('0' + (i < d.count ? d.digit[i] : 0));
    if (d.count > before)
        text[n++] = '.';
    for (int i = before; i < d.count; i++)
        text[n++] = (char)('0' + (i >= 0 ? d.digit[i] : 0));
    if (scientific) {
        unsigned e = (unsigned)(exponent < 0 ? -exponent : exponent);
        text[n++] = 'e';
        text[n++] = exponent < 0 ? '-' : '+';
        if (e >= 100)
            text[n++] = (char)('0' + e / 100);
        text[n++] = (char)('0' + e / 10 % 10);
        text[n++] = (char)('0' + e % 10);
    }
    return n;
}

static void put_real(struct sink *s, const struct spec *spec, double value)
{
    char text[64];
    int precision = spec->precision < 0 ? 6 : spec->precision;
    if (precision > 17)
        precision = 17;
    if (value != value || value - value != 0) /* JSON has neither NaN nor infinity */
        kc_runtime_abort();
    put_padded(s, spec, text, format_general(text, value, precision));
}

static int parse_number(const char **format, va_list *ap)
{
    int value = 0;
    if (**format == '*') {
        (*format)++;
        return va_arg(*ap, int);
    }
    for (; **format >= '0' && **format <= '9'; (*format)++)
        value = value * 10 + (**format - '0');
    return value;
}

static struct spec parse_spec(const char **format, va_list *ap)
{
    struct spec spec = {.precision = -1};
    for (;; (*format)++) {
        if (**format == '0')
            spec.zero = true;
        else if (**format == '-')
            spec.left = true;
        else
            break;
    }
    spec.width = parse_number(format, ap);
    if (**format == '.') {
        (*format)++;
        spec.precision = parse_number(format, ap);
    }
    for (;; (*format)++) {
        if (**format == 'l')
            spec.longs++;
        else if (**format == 'z' || **format == 'j')
            spec.longs = 2;
        else if (**format != 'h')
            break;
    }
    spec.kind = *(*format)++;
    return spec;
}

static void put_argument(struct sink *s, const struct spec *spec, va_list *ap)
{
    switch (spec->kind) {
    case 'd':
    case 'i': {
        int64_t value = spec->longs > 0 ? va_arg(*ap, long) : va_arg(*ap, int);
        put_integer(s, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
        return;
    }
    case 'u':
    case 'x':
    case 'X':
        put_integer(s, spec, spec->longs > 0 ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned),
                    false);
        return;
    case 'c': {
        char c = (char)va_arg(*ap, int);
        put_padded(s, spec, &c, 1);
        return;
    }
    case 's': {
        const char *text = va_arg(*ap, const char *);
        size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
        put_padded(s, spec, text, strnlen(text, max));
        return;
    }
    case 'g':
        put_real(s, spec, va_arg(*ap, double));
        return;
    case '%':
        put(s, '%');
        return;
    default:
        kc_runtime_abort();
    }
}

int vsnprintf(char *restrict to, size_t n, const char *restrict text, va_list arguments)
{
    const char *format = text;
    struct sink s = {to, n > 0 ? n - 1 : 0, 0};
    va_list ap;
    va_copy(ap, arguments);
    while (*format != 0) {
        if (*format != '%') {
            put(&s, *format++);
            continue;
        }
        format++;
        struct spec spec = parse_spec(&format, &ap);
        put_argument(&s, &spec, &ap);
    }
    va_end(ap);
    if (n > 0)
        to[s.len < s.room ? s.len : s.room] = 0;
    return (int)s.len;
}

int snprintf(char *restrict to, size_t n, const char *restrict format, ...)
{
    va_list ap;
    va_start(ap, format);
    int len = vsnprintf(to, n, format, ap);
    va_end(ap);
    return len;
}
