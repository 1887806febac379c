/*
 * Decimal numbers of many digits: the exact bridge between text and double, both ways.
 */
#ifndef KC_ENCLAVE_SHIM_DECIMAL_H
#define KC_ENCLAVE_SHIM_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* A double has at most 767 significant digits; more digits of a text matter only as "and more". */
#define KC_DECIMAL_DIGITS 800

/* 0.d1 d2 d3 ... times 10^point; no leading or trailing zeros; no digits: 0. */
struct kc_decimal {
    uint8_t digit[KC_DECIMAL_DIGITS];
    int count;
    int point;
    bool more; /* digits other than 0 were cut off */
};

/* Appends one digit, 0 to 9, and moves nothing else. */
void kc_decimal_append(struct kc_decimal *d, unsigned digit);

void kc_decimal_trim(struct kc_decimal *d);

/* The exact digits of a finite value >= 0. */
void kc_decimal_of(struct kc_decimal *d, double value);

/* The nearest double, ties to even. False where it is too large for any. */
bool kc_decimal_to(struct kc_decimal *d, double *out);

/* Rounds to `n` digits, ties to even. */
void kc_decimal_round(struct kc_decimal *d, int n);

#endif
