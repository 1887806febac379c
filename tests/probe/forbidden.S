/*
 * Instructions that SGX forbids, as constants: `keyclave sign` refuses an image in which one can be
 * reached by the symbol table, a direct branch or a relocation, and counts these as patterns. The
 * probe comes here by a computed address, which only trap mode sees.
 */
    .text
    .globl probe_cpuid
    .hidden probe_cpuid
    .type probe_cpuid, @object
probe_cpuid:
    push %rbx
    cpuid
    pop %rbx
    ret
    .size probe_cpuid, . - probe_cpuid

    .globl probe_rdtsc
    .hidden probe_rdtsc
    .type probe_rdtsc, @object
probe_rdtsc:
    rdtsc
    ret
    .size probe_rdtsc, . - probe_rdtsc

    .globl probe_syscall
    .hidden probe_syscall
    .type probe_syscall, @object
probe_syscall:
    mov $39, %eax /* getpid */
    syscall
    ret
    .size probe_syscall, . - probe_syscall

    .section .note.GNU-stack, "", @progbits
