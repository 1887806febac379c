/* What the benchmarks of the enclave share: the probe image, calls to it, clocks and medians. */
#ifndef KC_BENCH_PROBE_BENCH_H
#define KC_BENCH_PROBE_BENCH_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loader/loader.h"
#include "probe/probe.h"
#include "sim/processor.h"

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_value);
    return values[n / 2];
}

static inline void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static inline struct kc_enclave *load(void)
{
    static const struct kc_sim_processor processor = {{1}, {2}};
    const struct kc_emulator_options options = {false, false};
    struct kc_enclave *enclave = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_emulator_load(PROBE_FOLDER "/keyclave-probe.signed", PROBE_FOLDER "/keyclave-probe.sig",
                         &processor, &options, &enclave, &error) != KC_OK)
        fail(error.what);
    return enclave;
}

/* An operation with two numbers that answers that it is good. */
static inline void ask_with_room(struct kc_enclave *enclave, enum probe_op op, uint32_t a,
                                 uint32_t b, struct kc_room out)
{
    uint8_t in[9] = {(uint8_t)op};
    size_t len = 0;
    struct kc_error error = KC_ERROR_NONE;
    memcpy(in + 1, &a, 4);
    memcpy(in + 5, &b, 4);
    if (kc_enclave_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len, &error) != KC_OK ||
        len < 1 || out.ptr[0] != (op == PROBE_ECHO ? PROBE_ECHO : 1))
        fail("the probe failed");
}

static inline void ask(struct kc_enclave *enclave, enum probe_op op, uint32_t number)
{
    uint8_t out[4096];
    ask_with_room(enclave, op, number, 0, (struct kc_room){out, sizeof(out)});
}

static inline double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
