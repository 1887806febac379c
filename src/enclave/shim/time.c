/*
 * <time.h>: the core's notion of time, and calendars. The host's clock is a host's word; it comes
 * in by messages, which the core judges before it calls kc_shim_set_time().
 */
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "enclave/shim/shim.h"

static int64_t present;

void kc_shim_set_time(int64_t now)
{
    int64_t known = __atomic_load_n(&present, __ATOMIC_RELAXED);
    while (now > known && !__atomic_compare_exchange_n(&present, &known, now, 0, __ATOMIC_RELAXED,
                                                       __ATOMIC_RELAXED))
        ;
}

time_t time(time_t *out)
{
    time_t now = __atomic_load_n(&present, __ATOMIC_RELAXED);
    if (out != NULL)
        *out = now;
    return now;
}

/* Finer clocks are not to be had: seconds, and no monotonic clock. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    if (clock != CLOCK_REALTIME) {
        errno = EINVAL;
        return -1;
    }
    *out = (struct timespec){.tv_sec = time(NULL)};
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    *out = (struct timeval){.tv_sec = time(NULL)};
    return 0;
}

/* Counts years from 1 March of a year divisible by 400, so that a leap day is a year's last. */
struct tm *gmtime_r(const time_t *restrict at, struct tm *restrict out)
{
    const int64_t days_of_400 = 146097;
    const int64_t day_0 = 719468; /* from 0000-03-01 to 1970-01-01 */
    int64_t days = *at / 86400;
    int64_t rest = *at % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    if (days > (int64_t)365 * 1000000 || days < (int64_t)-365 * 1000000) {
        errno = EOVERFLOW;
        return NULL;
    }
    int64_t shifted = days + day_0;
    int64_t era = (shifted >= 0 ? shifted : shifted - (days_of_400 - 1)) / days_of_400;
    int64_t day = shifted - era * days_of_400;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;            /* 0 is March */
    int64_t january_first = day_of_year >= 306 ? 306 : -59; /* in days from 1 March */
    year += era * 400 + (month >= 10);
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    memset(out, 0, sizeof(*out));
    out->tm_hour = (int)(rest / 3600);
    out->tm_min = (int)(rest / 60 % 60);
    out->tm_sec = (int)(rest % 60);
    out->tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
    out->tm_year = (int)(year - 1900);
    out->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
    out->tm_yday = (int)(day_of_year - january_first + (month < 10 ? leap : 0));
    out->tm_zone = "GMT";
    return out;
}
