/* What a host sees of the registers after EEXIT: nothing of what was in them inside. */
#include "probe/enclave_test.h"

#include "image/image_record.h"

static uint64_t in[2];
static uint64_t out[512];
static struct kc_image_call call;

struct vectors {
    uint8_t ymm[16][32];
} __attribute__((aligned(32)));

#define STORE(n) "vmovdqu %%ymm" #n ", 32*" #n "(%0)\n"
/* The vector registers straight after the call: no compiler's code in between. */
static void enter_and_store(struct kc_emulator *e, size_t thread, struct vectors *v)
{
    register struct kc_host *rcx __asm__("rcx") = kc_emulator_host();
    register uint64_t rdi __asm__("rdi") = (uint64_t)e->base + e->image.tcs[thread];
    register uint64_t rsi __asm__("rsi") = (uint64_t)e->base + e->image.entry;
    register uint64_t rdx __asm__("rdx") = (uint64_t)&call;
    register struct vectors *rbx __asm__("rbx") = v;
    __asm__ volatile("call kc_emulator_eenter\n" STORE(0) STORE(1) STORE(2) STORE(3) STORE(4)
                         STORE(5) STORE(6) STORE(7) STORE(8) STORE(9) STORE(10) STORE(11) STORE(12)
                             STORE(13) STORE(14) STORE(15)
                     : "+r"(rbx), "+r"(rdi), "+r"(rsi), "+r"(rdx), "+r"(rcx)
                     :
                     : "rax", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                       "xmm14", "xmm15", "memory", "cc");
}

static void prepare(enum probe_op op)
{
    memset(in, 0, sizeof(in));
    in[0] = op;
    call = (struct kc_image_call){(uint64_t)in, sizeof(in), (uint64_t)out,
                                  sizeof(out),  0,          KC_IMAGE_CALL_UNANSWERED};
}

static void check(struct kc_emulator *e, const greg_t *left, const struct vectors *v)
{
    static const int zero[] = {REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13,
                               REG_R14, REG_R15, REG_RDI, REG_RSI, REG_RDX};
    for (size_t i = 0; i < COUNT_OF(zero); i++) {
        if (left[zero[i]] != 0)
            fail_msg("register %d holds %llx", zero[i], (unsigned long long)left[zero[i]]);
    }
    /* The leaf; where EEXIT goes; the AEP; the host's own stack. */
    assert_int_equal(left[REG_RAX], 4);
    assert_false(kc_emulator_contains(e, (uint64_t)left[REG_RBX]));
    assert_false(kc_emulator_contains(e, (uint64_t)left[REG_RCX]));
    assert_false(kc_emulator_contains(e, (uint64_t)left[REG_RSP]));
    assert_false(kc_emulator_contains(e, (uint64_t)left[REG_RBP]));
    /* Arithmetic flags as XOR of a register with itself leaves them. */
    assert_int_equal(left[REG_EFL] & 0xcd5, 0x44);
    assert_true(kc_bytes_are_zero(kc_bytes_of(v->ymm, sizeof(v->ymm))));
}

static void test_scrubbed(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    static struct vectors v;
    static const enum probe_op ops[] = {PROBE_REGISTERS, PROBE_GCM, PROBE_VERIFY, PROBE_SELF};
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        memset(&v, 0xee, sizeof(v));
        prepare(ops[i]);
        enter_and_store(e, 1, &v);
        assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
        check(e, kc_emulator_host()->left, &v);
    }
    kc_enclave_free(enclave);
}

/* A refused entry touches two registers and puts both right again. */
static void test_refused(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t *busy = (uint64_t *)(e->base + e->image.tcs[2] + KC_THREAD_TLS + 8);
    static struct vectors v;
    prepare(PROBE_ECHO);
    enter_and_store(e, 2, &v);
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    assert_int_equal(*busy, 0);
    *busy = 1;
    prepare(PROBE_ECHO);
    enter_and_store(e, 2, &v);
    assert_int_equal(call.status, KC_IMAGE_CALL_UNANSWERED);
    const greg_t *left = kc_emulator_host()->left;
    assert_int_equal(left[REG_RAX], 4);
    assert_int_equal(left[REG_R10], 0); /* held the address of the thread's page */
    assert_false(kc_emulator_contains(e, (uint64_t)left[REG_RBX]));
    *busy = 0;
    prepare(PROBE_ECHO);
    enter_and_store(e, 2, &v);
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    kc_enclave_free(enclave);
}

/* The host's rounding mode and flags do not reach the code inside, and come back unchanged. */
static void test_hostile_state(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint32_t mxcsr = 0;
    const uint32_t hostile = 0xffc0; /* flush to zero, all masked, round to zero, DAZ */
    uint8_t text[] = {PROBE_TEXT, '2', '.', '2', '2', '5', '0', '7', '3', '8', '5', '8',
                      '5',        '0', '7', '2', '0', '1', 'e', '-', '3', '0', '8'};
    memcpy(in, text, 16);
    static uint8_t frame[32] __attribute__((aligned(8)));
    memcpy(frame, text, sizeof(text));
    call = (struct kc_image_call){
        (uint64_t)frame, sizeof(text), (uint64_t)out, sizeof(out), 0, KC_IMAGE_CALL_UNANSWERED};
    __builtin_ia32_ldmxcsr(hostile);
    bool alive = kc_emulator_enter(e, 3, (uint64_t)&call);
    mxcsr = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1f80);
    assert_true(alive);
    assert_int_equal(mxcsr & ~0x3fu, hostile & ~0x3fu);
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    assert_memory_equal(out, "2.2250738585072009e-308", 23);
    kc_enclave_free(enclave);
}

/* DF, AC and ID beside the arithmetic flags; x87 with all exceptions on and short precision. */
static void test_hostile_flags(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    const uint16_t hostile_control = 0x0c40;
    const uint16_t usual_control = 0x037f;
    const uint64_t trouble = 0x240400 | 0x8d5;
    uint64_t flags = 0;
    uint32_t mxcsr = 0;
    uint16_t control = 0;
    prepare(PROBE_STATE);
    register struct kc_host *rcx __asm__("rcx") = kc_emulator_host();
    register uint64_t rdi __asm__("rdi") = (uint64_t)e->base + e->image.tcs[3];
    register uint64_t rsi __asm__("rsi") = (uint64_t)e->base + e->image.entry;
    register uint64_t rdx __asm__("rdx") = (uint64_t)&call;
    __asm__ volatile(
        "fldcw %[hostile]\n"
        "pushfq; or %[trouble], (%%rsp); popfq\n"
        "call kc_emulator_eenter\n"
        "cld\n"
        "fldcw %[usual]\n"
        : "+r"(rdi), "+r"(rsi), "+r"(rdx), "+r"(rcx)
        : [hostile] "m"(hostile_control), [usual] "m"(usual_control), [trouble] "r"(trouble)
        : "rax", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
          "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory",
          "cc");
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    memcpy(&flags, out, 8);
    memcpy(&mxcsr, (uint8_t *)out + 8, 4);
    memcpy(&control, (uint8_t *)out + 12, 2);
    assert_int_equal(flags & 0x244700, 0x200); /* of ID, AC, NT, DF, IF, TF: interrupts alone */
    assert_int_equal(mxcsr, 0x1fbf);
    assert_int_equal(control, 0x037f);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scrubbed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile_state),
        cmocka_unit_test(test_hostile_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
