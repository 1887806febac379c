/*
 * What the image expects of the processor (src/enclave/shim/openssl.c) and the emulator of the
 * kernel. RDSEED and FSGSBASE are found by executing them: some emulators hide the first in CPUID,
 * and the second depends on the kernel as well.
 */
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "loader/emulator.h"

struct feature {
    const char *name;
    uint32_t leaf;
    int word; /* 1 EBX, 2 ECX, 3 EDX */
    uint32_t mask;
};

static const struct feature features[] = {
    {"SSE3", 1, 2, bit_SSE3},       {"PCLMULQDQ", 1, 2, bit_PCLMUL}, {"SSSE3", 1, 2, bit_SSSE3},
    {"SSE4.1", 1, 2, bit_SSE4_1},   {"SSE4.2", 1, 2, bit_SSE4_2},    {"MOVBE", 1, 2, bit_MOVBE},
    {"POPCNT", 1, 2, bit_POPCNT},   {"AES-NI", 1, 2, bit_AES},       {"XSAVE", 1, 2, bit_XSAVE},
    {"OSXSAVE", 1, 2, bit_OSXSAVE}, {"AVX", 1, 2, bit_AVX},          {"RDRAND", 1, 2, bit_RDRND},
    {"BMI1", 7, 1, bit_BMI},        {"AVX2", 7, 1, bit_AVX2},        {"BMI2", 7, 1, bit_BMI2},
};

static sigjmp_buf back;

static void on_illegal(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static void execute_rdseed(void)
{
    uint64_t value;
    __asm__ volatile("rdseed %0" : "=r"(value) : : "cc");
}

static void execute_rdfsbase(void)
{
    uint64_t value;
    __asm__ volatile("rdfsbase %0" : "=r"(value));
}

/* Whether it runs without SIGILL. */
static bool runs(void (*instruction)(void))
{
    struct sigaction old;
    const struct sigaction catch = {.sa_handler = on_illegal};
    volatile bool good = false;
    if (sigaction(SIGILL, &catch, &old) != 0)
        return false;
    if (sigsetjmp(back, 1) == 0) {
        instruction();
        good = true;
    }
    sigaction(SIGILL, &old, NULL);
    return good;
}

const char *kc_baseline_missing(void)
{
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        const struct feature *f = &features[i];
        uint32_t word[4] = {0};
        if (__get_cpuid_count(f->leaf, 0, &word[0], &word[1], &word[2], &word[3]) == 0 ||
            (word[f->word] & f->mask) != f->mask)
            return f->name;
    }
    if (!runs(execute_rdseed))
        return "RDSEED";
    if (!runs(execute_rdfsbase))
        return "FSGSBASE";
    return NULL;
}
