#include "probe_libc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t convert(struct kc_bytes in, uint8_t *out)
{
    char text[256] = {0};
    size_t n = in.len - 1;
    if (n >= sizeof(text))
        return 0;
    memcpy(text, in.ptr + 1, n);
    char *end = NULL;
    double real = strtod(text, &end);
    if (real - real != 0)
        real = 0; /* infinity: snprintf refuses it by design */
    long long whole = strtoll(text, NULL, 0);
    int len = snprintf((char *)out, 256, "%.17g %d %lld", real, (int)(end - text), whole);
    return (size_t)len;
}

static size_t date(struct kc_bytes in, uint8_t *out)
{
    time_t at = 0;
    struct tm tm;
    if (in.len != 9)
        return 0;
    memcpy(&at, in.ptr + 1, 8);
    if (gmtime_r(&at, &tm) == NULL)
        return 0;
    int field[] = {tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
                   tm.tm_min,  tm.tm_sec, tm.tm_wday, tm.tm_yday};
    memcpy(out, field, sizeof(field));
    return sizeof(field);
}

size_t probe_libc(enum probe_op op, struct kc_bytes in, uint8_t *out)
{
    return op == PROBE_TEXT ? convert(in, out) : date(in, out);
}
