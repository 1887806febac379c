/*
 * Trap mode: the three kinds of instruction that SGX forbids and that an ordinary process executes
 * are made to raise signals, each by what the kernel offers for it. It sees what runs; the scan of
 * the image by the signing tool sees the rest.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/emulator.h"

/* linux/prctl.h and asm-generic/siginfo.h, not in the C library's headers of Debian 12. */
#define DISPATCH_OPTION 59
#define DISPATCH_OFF    0ul
#define DISPATCH_ON     1ul
#define DISPATCH_CODE   2

static bool trap_cpuid(bool on)
{
    return syscall(SYS_arch_prctl, ARCH_SET_CPUID, on ? 0ul : 1ul) == 0;
}

static bool trap_tsc(bool on)
{
    return prctl(PR_SET_TSC, on ? PR_TSC_SIGSEGV : PR_TSC_ENABLE, 0ul, 0ul, 0ul) == 0;
}

/* The handlers' restorer alone may always enter the kernel. */
static bool trap_syscall(bool on, struct kc_host *host)
{
    if (!on)
        return prctl(DISPATCH_OPTION, DISPATCH_OFF, 0ul, 0ul, 0ul) == 0;
    return prctl(DISPATCH_OPTION, DISPATCH_ON, (unsigned long)kc_emulator_restorer,
                 (unsigned long)(kc_emulator_restorer_end - kc_emulator_restorer),
                 &host->selector) == 0;
}

static void skipped(const char *what)
{
    fprintf(stderr, "trap: %s cannot be trapped here (%s): skipped\n", what, strerror(errno));
}

void kc_emulator_trap_announce(void)
{
    struct kc_host *host = kc_emulator_host();
    if (host == NULL)
        return;
    if (!trap_cpuid(true))
        skipped("CPUID");
    trap_cpuid(false);
    if (!trap_tsc(true))
        skipped("RDTSC");
    trap_tsc(false);
    if (!trap_syscall(true, host))
        skipped("a system call");
    trap_syscall(false, host);
}

/* What cannot be trapped was announced. */
void kc_emulator_trap_on(struct kc_host *host)
{
    trap_syscall(true, host);
    trap_tsc(true);
    trap_cpuid(true);
}

void kc_emulator_trap_off(void)
{
    trap_cpuid(false);
    trap_tsc(false);
    trap_syscall(false, NULL);
}

struct search {
    uint64_t offset;
    const char *name;
};

static enum kc_err look(void *context, const struct kc_elf_function *function,
                        struct kc_error *error)
{
    (void)error;
    struct search *s = context;
    if (s->offset - function->address < function->size)
        s->name = function->name;
    return KC_OK;
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void say_hex(uint64_t value)
{
    char text[19] = "0x";
    int n = 2;
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;
        if (digit != 0 || n > 2 || shift == 0)
            text[n++] = "0123456789abcdef"[digit];
    }
    text[n] = 0;
    say(text);
}

static const char *forbidden(const struct kc_emulator *e, int signal, int code, uint64_t *rip)
{
    const uint8_t *at = (const uint8_t *)*rip;
    if (signal == SIGSYS && code == DISPATCH_CODE) {
        *rip -= 2; /* it points behind SYSCALL */
        return "system call";
    }
    if (signal != SIGSEGV || code != SI_KERNEL ||
        !kc_emulator_may(e, *rip, 3, KC_SECINFO_R | KC_SECINFO_X))
        return NULL;
    if (at[0] == 0x0f && at[1] == 0xa2)
        return "CPUID";
    if (at[0] == 0x0f && at[1] == 0x31)
        return "RDTSC";
    if (at[0] == 0x0f && at[1] == 0x01 && at[2] == 0xf9)
        return "RDTSCP";
    return NULL;
}

void kc_emulator_trap_judge(const struct kc_emulator *e, int signal, int code, uint64_t rip)
{
    const char *what = forbidden(e, signal, code, &rip);
    if (what == NULL)
        return;
    struct search s = {rip - (uint64_t)e->base, NULL};
    bool named = kc_elf_functions(&e->elf, look, &s, NULL) == KC_OK && s.name != NULL;
    say("trap: ");
    say(what);
    say(" inside the enclave at offset ");
    say_hex(s.offset);
    if (named) {
        say(" in ");
        say(s.name);
    }
    say(": SGX has no such instruction\n");
    _exit(70); /* EX_SOFTWARE */
}
