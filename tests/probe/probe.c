/*
 * The tests' program in place of the KMS: over the same runtime, heap and libraries, it does what
 * it is told, the forbidden included.
 */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "enclave/app.h"
#include "enclave/enclu.h"
#include "enclave/runtime.h"
#include "probe_crypto.h"
#include "probe_heap.h"
#include "probe_http.h"
#include "probe_judge.h"
#include "probe_libc.h"
#include "probe_root.h"
#include "probe_tls.h"

extern uint32_t OPENSSL_ia32cap_P[4];
/* forbidden.S */
extern const uint8_t probe_cpuid[] __attribute__((visibility("hidden")));
extern const uint8_t probe_rdtsc[] __attribute__((visibility("hidden")));
extern const uint8_t probe_syscall[] __attribute__((visibility("hidden")));

enum kc_err kc_app_start(void)
{
    return probe_crypto_start();
}

__attribute__((noinline)) static int recurse(volatile uint8_t *from, int depth)
{
    volatile uint8_t here[1024];
    here[0] = (uint8_t)depth;
    return depth < 0 ? 0 : recurse(here, depth + 1) + here[0] + from[0];
}

/* Writes beyond `small`, but not beyond what lies above it in the caller. */
__attribute__((noinline)) static void smash(uint8_t value, size_t n)
{
    uint8_t small[16];
    uint8_t *volatile to = small;
    for (size_t i = 0; i < n; i++)
        to[i] = value;
    __asm__ volatile("" : : "r"(small) : "memory");
}

static void end_in_some_way(enum probe_op op)
{
    static uint8_t page[4096] __attribute__((aligned(4096)));
    switch (op) {
    case PROBE_ABORT:
        abort();
    case PROBE_NULL:
        *(volatile int *)0 = 1;
        break;
    case PROBE_STACK:
        recurse(page, 0);
        break;
    case PROBE_WRITE_TEXT:
        *(volatile uint8_t *)kc_runtime_base() = 0x90;
        break;
    case PROBE_UD2:
        __asm__ volatile("ud2");
        break;
    case PROBE_BAD_LEAF:
        __asm__ volatile("mov $99, %%eax; .byte 0x0f, 0x01, 0xd7" : : : "eax");
        break;
    case PROBE_BAD_OPERAND:
        kc_enclu_report(page, page + 512, page + 1025);
        break;
    case PROBE_GUARD_OPERAND:
        kc_enclu_report(page, page + 512,
                        (uint8_t *)kc_runtime_base() + kc_runtime_record.threads_offset);
        break;
    case PROBE_SMASH:
        smash(0x41, 64);
        break;
    default:
        break;
    }
}

static void execute_forbidden(enum probe_op op)
{
    const uint8_t *at = op == PROBE_CPUID   ? probe_cpuid
                        : op == PROBE_RDTSC ? probe_rdtsc
                                            : probe_syscall;
    __asm__ volatile("call *%0" : : "r"(at) : "rax", "rcx", "rdx", "r11", "memory", "cc");
}

static void fill_registers(void)
{
    __asm__ volatile("movq %0, %%xmm0; vpbroadcastq %%xmm0, %%ymm0\n"
                     "vmovdqa %%ymm0, %%ymm1; vmovdqa %%ymm0, %%ymm7; vmovdqa %%ymm0, %%ymm15\n"
                     "mov %0, %%r8; mov %0, %%r9; mov %0, %%r10; mov %0, %%r11\n"
                     "fld1; fld1"
                     :
                     : "r"(PROBE_PATTERN)
                     : "r8", "r9", "r10", "r11", "memory");
}

static size_t sum(struct kc_bytes in, uint8_t *out)
{
    uint64_t total = 0;
    for (size_t i = 1; i < in.len; i++)
        total += in.ptr[i];
    memcpy(out, &total, 8);
    memcpy(out + 8, OPENSSL_ia32cap_P, 16);
    return 24;
}

static size_t spin(uint32_t rounds, uint8_t *out)
{
    for (volatile uint32_t i = 0; i < rounds; i++)
        ;
    out[0] = 1;
    return 1;
}

static size_t processor_state(uint8_t *out)
{
    uint64_t flags = 0;
    uint32_t mxcsr = 0;
    uint16_t control = 0;
    __asm__ volatile("pushfq; pop %0; stmxcsr %1; fnstcw %2"
                     : "=r"(flags), "=m"(mxcsr), "=m"(control));
    memcpy(out, &flags, 8);
    memcpy(out + 8, &mxcsr, 4);
    memcpy(out + 12, &control, 2);
    return 14;
}

static size_t thread_facts(uint8_t *out)
{
    static uint64_t visits[64];
    uint64_t index = kc_thread_self()->index;
    memcpy(out, &index, 8);
    memcpy(out + 8, &visits[index], 8);
    visits[index]++;
    return 16;
}

/* `in` has at least one byte, `out` room for 4096. */
static size_t serve(struct kc_bytes in, uint8_t *out)
{
    enum probe_op op = in.ptr[0];
    uint32_t number = 0;
    if (in.len >= 5)
        memcpy(&number, in.ptr + 1, 4);
    switch (op) {
    case PROBE_SUM:
        return sum(in, out);
    case PROBE_SPIN:
        return spin(number, out);
    case PROBE_STATE:
        return processor_state(out);
    case PROBE_THREAD:
        return thread_facts(out);
    case PROBE_CPUID:
    case PROBE_RDTSC:
    case PROBE_SYSCALL:
        execute_forbidden(op);
        return 0;
    case PROBE_REGISTERS:
        fill_registers();
        return 0;
    case PROBE_HEAP_FILL:
    case PROBE_HEAP_DROP:
    case PROBE_HEAP_MIX:
    case PROBE_HEAP_WIPED:
    case PROBE_HEAP_USED:
    case PROBE_HEAP_MAKE:
    case PROBE_HEAP_UNMAKE:
    case PROBE_HEAP_PASS:
    case PROBE_DOUBLE_FREE:
    case PROBE_WILD_FREE:
        return probe_heap(op, in, out);
    case PROBE_TEXT:
    case PROBE_DATE:
        return probe_libc(op, in, out);
    case PROBE_ROOT_MAKE:
    case PROBE_ROOT_OPEN:
        return probe_root(op, in, out);
    case PROBE_JUDGE:
        return probe_judge(in, out);
    case PROBE_HTTP:
        return probe_http(kc_bytes_of(in.ptr + 1, in.len - 1), out);
    default:
        if (op >= PROBE_ABORT && op <= PROBE_SMASH) {
            end_in_some_way(op);
            return 0;
        }
        return probe_crypto(op, in, out);
    }
}

enum kc_err kc_app_call(struct kc_bytes in, struct kc_room out, size_t *out_len)
{
    if (in.len == 0 || in.ptr[0] == PROBE_REFUSE)
        return KC_ERR_MALFORMED;
    if (in.ptr[0] == PROBE_SPILL) {
        for (size_t i = 0; i < out.len; i++)
            out.ptr[i] = in.ptr[i % in.len];
        return KC_ERR_CRYPTO;
    }
    if (in.ptr[0] == PROBE_OVERLONG) {
        *out_len = out.len + 1;
        return KC_OK;
    }
    if (in.ptr[0] == PROBE_ECHO) {
        if (in.len > out.len)
            return KC_ERR_ROOM;
        memcpy(out.ptr, in.ptr, in.len);
        *out_len = in.len;
        return KC_OK;
    }
    if (out.len < 4096)
        return KC_ERR_ROOM;
    if (in.ptr[0] >= PROBE_TLS_PAIR && in.ptr[0] <= PROBE_TLS_TIME) {
        *out_len = probe_tls(in.ptr[0], in, out);
        return KC_OK;
    }
    *out_len = serve(in, out.ptr);
    return KC_OK;
}
