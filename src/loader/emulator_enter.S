/*
 * EENTER as a jump. The enclave keeps rsp and rbp alone; all else that the ABI calls preserved is
 * saved here, with MXCSR and the x87 control word.
 */
#include "image/image_record.h"
#include "loader/emulator_host.h"

    .text
    /* (tcs, entry, call, host) */
    .globl kc_emulator_eenter
    .hidden kc_emulator_eenter
    .type kc_emulator_eenter, @function
kc_emulator_eenter:
    endbr64
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    rdfsbase %rax
    mov %rax, KC_HOST_FS(%rcx)
    rdgsbase %rax
    mov %rax, KC_HOST_GS(%rcx)
    mov %rsp, KC_HOST_RSP(%rcx)
    mov KC_HOST_SELECTOR_INSIDE(%rcx), %al
    mov %al, KC_HOST_SELECTOR(%rcx)

    mov %rdi, %rbx
    mov %rsi, %r11
    mov %rdx, %rdi
    lea KC_THREAD_TLS(%rbx), %rax
    wrfsbase %rax
    wrgsbase %rax
    lea left(%rip), %rcx
    xor %eax, %eax                  /* CSSA */
    jmp *%r11

    /* The signal handler has put FS and GS back, and rsp after a fault. */
    .globl kc_emulator_fault_landing
    .hidden kc_emulator_fault_landing
kc_emulator_fault_landing:
    endbr64
    vzeroall                        /* an exit by exception shows no register either */
    fninit
left:
    endbr64
    cld
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size kc_emulator_eenter, . - kc_emulator_eenter

    .globl kc_emulator_restorer
    .hidden kc_emulator_restorer
    .globl kc_emulator_restorer_end
    .hidden kc_emulator_restorer_end
    .type kc_emulator_restorer, @function
kc_emulator_restorer:
    mov $15, %eax                   /* rt_sigreturn */
    syscall
    ud2
kc_emulator_restorer_end:
    .size kc_emulator_restorer, . - kc_emulator_restorer

    .section .note.GNU-stack, "", @progbits
