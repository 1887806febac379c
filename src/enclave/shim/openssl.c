/*
 * libcrypto's own questions to the processor, answered here (-Wl,--wrap): CPUID and RDTSC cannot
 * be executed inside, and what the host would say of the processor is not to be believed.
 */
#include <stdint.h>

uint64_t __wrap_OPENSSL_ia32_cpuid(uint32_t word[4]);
uint32_t __wrap_OPENSSL_rdtsc(void);

/* The layout is OPENSSL_ia32cap(3)'s. loader/baseline.c refuses processors without these. */
#define LEAF1_EDX_MMX   (1u << 23)
#define LEAF1_EDX_FXSR  (1u << 24)
#define LEAF1_EDX_SSE   (1u << 25)
#define LEAF1_EDX_SSE2  (1u << 26)
#define LEAF1_EDX_INTEL (1u << 30) /* OpenSSL's own meaning: chooses the AVX code for SHA */

#define LEAF1_ECX_SSE3    (1u << 0)
#define LEAF1_ECX_PCLMUL  (1u << 1)
#define LEAF1_ECX_SSSE3   (1u << 9)
#define LEAF1_ECX_SSE41   (1u << 19)
#define LEAF1_ECX_SSE42   (1u << 20)
#define LEAF1_ECX_MOVBE   (1u << 22)
#define LEAF1_ECX_POPCNT  (1u << 23)
#define LEAF1_ECX_AES     (1u << 25)
#define LEAF1_ECX_XSAVE   (1u << 26)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF1_ECX_AVX     (1u << 28)

#define LEAF7_EBX_BMI1 (1u << 3)
#define LEAF7_EBX_AVX2 (1u << 5)
#define LEAF7_EBX_BMI2 (1u << 8)

/* Without RDRAND and RDSEED: the seed comes from random.c, by one way only. */
uint64_t __wrap_OPENSSL_ia32_cpuid(uint32_t word[4])
{
    uint32_t edx =
        LEAF1_EDX_MMX | LEAF1_EDX_FXSR | LEAF1_EDX_SSE | LEAF1_EDX_SSE2 | LEAF1_EDX_INTEL;
    uint32_t ecx = LEAF1_ECX_SSE3 | LEAF1_ECX_PCLMUL | LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41 |
                   LEAF1_ECX_SSE42 | LEAF1_ECX_MOVBE | LEAF1_ECX_POPCNT | LEAF1_ECX_AES |
                   LEAF1_ECX_XSAVE | LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX;
    word[2] = LEAF7_EBX_BMI1 | LEAF7_EBX_AVX2 | LEAF7_EBX_BMI2;
    word[3] = 0;
    return (uint64_t)ecx << 32 | edx;
}

/* 0 is the library's word for "there is no such counter". */
uint32_t __wrap_OPENSSL_rdtsc(void)
{
    return 0;
}
