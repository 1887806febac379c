/*
 * The only way in and out, and the two leaves of ENCLU that the runtime uses.
 *
 * EENTER (SDM 38.4): rax = CSSA, rbx = TCS, rcx = where EEXIT shall go; FSBASE and GSBASE are the
 * thread's page. Every other register and flag is the host's and taken for hostile; rdi is the
 * address of a struct kc_image_call and nothing more than a number until call.c has checked it.
 */
#include "image/image_record.h"
#include "enclave/thread.h"

#define ENCLU .byte 0x0f, 0x01, 0xd7
#define EREPORT 0
#define EGETKEY 1
#define EEXIT 4

    .section .text.entry, "ax"
    .globl kc_enclave_entry
    .hidden kc_enclave_entry
    .type kc_enclave_entry, @function
kc_enclave_entry:
    /* Entered above an exception (the processor refuses that with NSSA = 1), or after an abort. */
    test %rax, %rax
    jnz refuse
    cmpl $0, kc_runtime_poisoned(%rip)
    jnz refuse

    /* The processor lets no second thread enter a busy TCS; in simulation this flag does. */
    lea KC_THREAD_TLS(%rbx), %r10
    mov $1, %eax
    xchg %rax, KC_THREAD_BUSY(%r10)
    test %rax, %rax
    jnz refuse

    mov %rsp, KC_THREAD_HOST_RSP(%r10)
    mov %rbp, KC_THREAD_HOST_RBP(%r10)
    mov %rcx, KC_THREAD_RETURN(%r10)
    mov %r10, KC_THREAD_SELF(%r10)
    lea KC_THREAD_STACK_TOP(%rbx), %rsp
    xor %ebp, %ebp
    push $2
    popfq                           /* DF, AC, NT, TF and the rest as the ABI wants them */
    mov $7, %eax                    /* x87, SSE, AVX: all that XFRM allows */
    xor %edx, %edx
    xrstor64 clean_state(%rip)
    mov %r10, %rsi
    xor %ecx, %ecx
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    lfence                          /* no speculation past the checks above */
    call kc_runtime_enter           /* (call, thread); keeps rbx */

    mov $7, %eax
    xor %edx, %edx
    xrstor64 clean_state(%rip)
    lea KC_THREAD_TLS(%rbx), %r10
    mov KC_THREAD_HOST_RSP(%r10), %rsp
    mov KC_THREAD_HOST_RBP(%r10), %rbp
    mov KC_THREAD_RETURN(%r10), %rbx
    movq $0, KC_THREAD_BUSY(%r10)   /* last: from here on the thread's page may be another's */
    mov $EEXIT, %eax
    xor %ecx, %ecx
    xor %esi, %esi
    xor %edi, %edi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    xor %edx, %edx                  /* also leaves the flags with one constant value */
    ENCLU
    ud2

    /* Nothing of ours is in any register yet but CSSA, the flag and a page's address. */
refuse:
    mov %rcx, %rbx
    xor %r10d, %r10d
    mov $EEXIT, %eax
    ENCLU
    ud2
    .size kc_enclave_entry, . - kc_enclave_entry

    /* void kc_enclu_report(const void *target, const void *report_data, void *report) */
    .globl kc_enclu_report
    .hidden kc_enclu_report
    .type kc_enclu_report, @function
kc_enclu_report:
    push %rbx
    mov %rdi, %rbx
    mov %rsi, %rcx
    mov $EREPORT, %eax
    ENCLU
    pop %rbx
    ret
    .size kc_enclu_report, . - kc_enclu_report

    /* uint32_t kc_enclu_key(const void *request, void *key) */
    .globl kc_enclu_key
    .hidden kc_enclu_key
    .type kc_enclu_key, @function
kc_enclu_key:
    push %rbx
    mov %rdi, %rbx
    mov %rsi, %rcx
    mov $EGETKEY, %eax
    ENCLU
    pop %rbx
    ret
    .size kc_enclu_key, . - kc_enclu_key

    /* XSAVE area, standard form, 832 bytes: XSTATE_BV = 0 puts every component in its initial
     * state; MXCSR is taken from here all the same. All its exceptions are masked and marked as
     * raised: with another value the time of vector multiplications depends on their data on some
     * processors (Intel, "MXCSR Configuration Dependent Timing"). */
    .section .rodata.entry, "a"
    .balign 64
clean_state:
    .zero 24
    .long 0x1fbf
    .long 0xffff
    .zero 832 - 32

    .section .note.GNU-stack, "", @progbits
