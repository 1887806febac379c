#include "enclave/shim/decimal.h"

#include <string.h>

#define STEP_MAX      59 /* 10 * 2^59 fits 64 bits */
#define MANTISSA_BITS 53
#define EXPONENT_MIN  (-1074) /* of a double's last bit */
#define EXPONENT_MAX  971

void kc_decimal_append(struct kc_decimal *d, unsigned digit)
{
    if (d->count < KC_DECIMAL_DIGITS)
        d->digit[d->count++] = (uint8_t)digit;
    else if (digit != 0)
        d->more = true;
}

void kc_decimal_trim(struct kc_decimal *d)
{
    int zeros = 0;
    while (zeros < d->count && d->digit[zeros] == 0)
        zeros++;
    if (zeros > 0) {
        memmove(d->digit, d->digit + zeros, (size_t)(d->count - zeros));
        d->count -= zeros;
        d->point -= zeros;
    }
    while (d->count > 0 && d->digit[d->count - 1] == 0)
        d->count--;
    if (d->count == 0)
        d->point = 0;
}

/* Divides by 2^bits, as by hand: the first digits give the first digit of the quotient. */
static void halve(struct kc_decimal *d, unsigned bits)
{
    struct kc_decimal q = {.point = d->point, .more = d->more};
    uint64_t rest = 0;
    for (int i = 0; i < d->count; i++) {
        rest = rest * 10 + d->digit[i];
        kc_decimal_append(&q, (unsigned)(rest >> bits));
        rest &= ((uint64_t)1 << bits) - 1;
    }
    while (rest != 0) {
        rest *= 10;
        kc_decimal_append(&q, (unsigned)(rest >> bits));
        rest &= ((uint64_t)1 << bits) - 1;
    }
    kc_decimal_trim(&q);
    *d = q;
}

/* Multiplies by 2^bits, from the last digit on. At most 20 digits come in front. */
static void twice(struct kc_decimal *d, unsigned bits)
{
    uint8_t front[20];
    int front_count = 0;
    uint64_t carry = 0;
    for (int i = d->count - 1; i >= 0; i--) {
        carry += (uint64_t)d->digit[i] << bits;
        d->digit[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    for (; carry != 0; carry /= 10)
        front[front_count++] = (uint8_t)(carry % 10);

    struct kc_decimal p = {.point = d->point + front_count, .more = d->more};
    for (int i = front_count - 1; i >= 0; i--)
        kc_decimal_append(&p, front[i]);
    for (int i = 0; i < d->count; i++)
        kc_decimal_append(&p, d->digit[i]);
    kc_decimal_trim(&p);
    *d = p;
}

static void shift(struct kc_decimal *d, int bits)
{
    bool up = bits > 0;
    for (int left = up ? bits : -bits; left > 0; left -= STEP_MAX) {
        unsigned step = left < STEP_MAX ? (unsigned)left : STEP_MAX;
        if (up)
            twice(d, step);
        else
            halve(d, step);
    }
}

/* Whether the digits from place `n` on round the number before them up; ties go to even. */
static bool rounds_up(const struct kc_decimal *d, int n)
{
    if (n < 0 || n >= d->count)
        return false;
    if (d->digit[n] == 5 && n + 1 == d->count && !d->more)
        return n > 0 && d->digit[n - 1] % 2 != 0;
    return d->digit[n] >= 5;
}

void kc_decimal_round(struct kc_decimal *d, int n)
{
    if (n >= d->count)
        return;
    bool up = rounds_up(d, n);
    d->count = n;
    d->more = false;
    while (up && d->count > 0) {
        d->digit[d->count - 1]++;
        up = d->digit[d->count - 1] == 10;
        if (up)
            d->count--;
    }
    if (up) {
        d->digit[0] = 1;
        d->count = 1;
        d->point++;
    }
    kc_decimal_trim(d);
}

void kc_decimal_of(struct kc_decimal *d, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    int exponent = (int)(bits >> 52 & 0x7ff);
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (exponent != 0)
        mantissa |= (uint64_t)1 << 52;
    else
        exponent = 1;

    uint8_t reversed[20];
    int count = 0;
    for (; mantissa != 0; mantissa /= 10)
        reversed[count++] = (uint8_t)(mantissa % 10);
    *d = (struct kc_decimal){.point = count};
    while (count > 0)
        kc_decimal_append(d, reversed[--count]);
    kc_decimal_trim(d);
    shift(d, exponent - 1075);
}

/* The digits before the point as an integer, rounded; they fit 64 bits. */
static uint64_t integer_of(const struct kc_decimal *d)
{
    uint64_t value = 0;
    for (int i = 0; i < d->point; i++)
        value = value * 10 + (i < d->count ? d->digit[i] : 0);
    return value + (rounds_up(d, d->point) ? 1 : 0);
}

/* Bits that bring a number with this many digits before the point closer to [1/2, 1). */
static int step_of(int point)
{
    static const uint8_t step[] = {0, 3, 6, 9, 13, 16, 19, 23, 26};
    return point < (int)sizeof(step) ? step[point] : 27;
}

bool kc_decimal_to(struct kc_decimal *d, double *out)
{
    *out = 0;
    if (d->count == 0 || d->point < -330)
        return true;
    if (d->point > 310)
        return false;
    int exponent = 0; /* value = d * 2^exponent */
    while (d->point > 0) {
        int step = step_of(d->point);
        shift(d, -step);
        exponent += step;
    }
    while (d->point < 0 || d->digit[0] < 5) {
        int step = d->point < 0 ? step_of(-d->point) : 1;
        shift(d, step);
        exponent -= step;
    }
    /* d is in [1/2, 1): take 53 bits of it, fewer where the double is subnormal. */
    int last = exponent - MANTISSA_BITS;
    if (last < EXPONENT_MIN)
        last = EXPONENT_MIN;
    shift(d, exponent - last);
    uint64_t mantissa = integer_of(d);
    if (mantissa == (uint64_t)1 << MANTISSA_BITS) {
        mantissa >>= 1;
        last++;
    }
    if (last > EXPONENT_MAX)
        return false;
    uint64_t bits = mantissa;
    if (mantissa >> 52 != 0)
        bits = (mantissa & (((uint64_t)1 << 52) - 1)) | (uint64_t)(last + 1075) << 52;
    memcpy(out, &bits, sizeof(bits));
    return true;
}
