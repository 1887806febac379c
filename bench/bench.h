/* What benchmarks of calls share: rates by the clock, medians, and an end where a call fails. */
#ifndef KC_BENCH_BENCH_H
#define KC_BENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS        9
#define ROUND_SECONDS 0.1

struct bench; /* each program's own */

static inline void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static inline double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* Calls a second of this clock. */
static inline double rate_of(struct bench *b, void (*call)(struct bench *), clockid_t clock)
{
    double start = seconds_of(clock);
    double now = start;
    size_t count = 0;
    while (now - start < ROUND_SECONDS) {
        for (int i = 0; i < 10; i++)
            call(b);
        count += 10;
        now = seconds_of(clock);
    }
    return (double)count / (now - start);
}

static inline double rate(struct bench *b, void (*call)(struct bench *))
{
    return rate_of(b, call, CLOCK_MONOTONIC);
}

static inline int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of ROUNDS values, which it sorts. */
static inline double median(double *values)
{
    qsort(values, ROUNDS, sizeof values[0], compare);
    return values[ROUNDS / 2];
}

#endif
