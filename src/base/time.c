#include "base/time.h"

#include "base/reader.h"

#define DAY 86400

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_before_year(int64_t year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

bool kc_time_from_fields(int year, int month, int day, int hour, int minute, int second,
                         int64_t *out)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    int64_t days = days_before_year(year) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_in(year, m);
    *out = days * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

static int number(struct kc_reader *r, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        int c = kc_reader_u8(r);
        if (c < '0' || c > '9') {
            kc_reader_fail(r);
            return 0;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

static void expect(struct kc_reader *r, uint8_t c)
{
    if (kc_reader_u8(r) != c)
        kc_reader_fail(r);
}

static void skip_fraction(struct kc_reader *r)
{
    if (r->left == 0 || *r->ptr != '.')
        return;
    kc_reader_skip(r, 1);
    (void)number(r, 1);
    while (r->left > 0 && *r->ptr >= '0' && *r->ptr <= '9')
        kc_reader_skip(r, 1);
}

/* Seconds east of UTC. */
static int offset(struct kc_reader *r)
{
    uint8_t sign = kc_reader_u8(r);
    if (sign == 'Z')
        return 0;
    if (sign != '+' && sign != '-')
        kc_reader_fail(r);
    int hours = number(r, 2);
    expect(r, ':');
    int minutes = number(r, 2);
    if (hours > 23 || minutes > 59)
        kc_reader_fail(r);
    int seconds = hours * 3600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
}

enum kc_err kc_time_parse(struct kc_bytes text, int64_t *out)
{
    struct kc_reader r = kc_reader_of(text);
    int64_t local = 0;
    int year = number(&r, 4);
    expect(&r, '-');
    int month = number(&r, 2);
    expect(&r, '-');
    int day = number(&r, 2);
    expect(&r, 'T');
    int hour = number(&r, 2);
    expect(&r, ':');
    int minute = number(&r, 2);
    expect(&r, ':');
    int second = number(&r, 2);
    skip_fraction(&r);
    int east = offset(&r);
    if (!kc_reader_done(&r) || !kc_time_from_fields(year, month, day, hour, minute, second, &local))
        return KC_ERR_MALFORMED;
    *out = local - east;
    return KC_OK;
}

static void digits(char *out, int64_t value, int n)
{
    while (n-- > 0) {
        out[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

void kc_time_format(int64_t seconds, char out[KC_TIME_TEXT_SIZE])
{
    int64_t days = seconds / DAY;
    int64_t rest = seconds % DAY;
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    int64_t year = 1970 + days / 366;
    if (days < 0)
        year = 1970 + days / 365 - 1;
    while (days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    int month = 1;
    while (days >= days_in((int)year, month))
        days -= days_in((int)year, month++);
    digits(out, year, 4);
    out[4] = '-';
    digits(out + 5, month, 2);
    out[7] = '-';
    digits(out + 8, days + 1, 2);
    out[10] = 'T';
    digits(out + 11, rest / 3600, 2);
    out[13] = ':';
    digits(out + 14, rest / 60 % 60, 2);
    out[16] = ':';
    digits(out + 17, rest % 60, 2);
    out[19] = 'Z';
    out[20] = '\0';
}
