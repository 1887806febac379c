/*
 * A host thread on its way in: its signal stack, and the signals that must wait.
 *
 * While FSBASE is the enclave's, an ordinary handler would not find its thread. So everything but
 * the signals of faults is blocked, by the system call itself: glibc's functions leave out the
 * two signals that it uses for setuid() and pthread_cancel(). A signal to the process goes to any
 * other thread; one to this thread waits for the end of the call.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/emulator.h"

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_good;
static __thread struct kc_host *mine;

static void give_back(void *host)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&none, NULL) == 0)
        free(host);
}

static void make_key(void)
{
    key_good = pthread_key_create(&key, give_back) == 0;
}

struct kc_host *kc_emulator_host(void)
{
    if (mine != NULL)
        return mine;
    if (pthread_once(&key_once, make_key) != 0 || !key_good)
        return NULL;
    struct kc_host *host = aligned_alloc(KC_HOST_STACK, KC_HOST_STACK);
    if (host == NULL)
        return NULL;
    memset(host, 0, sizeof(*host));
    const size_t room = 4096; /* for the struct, below the stack */
    const stack_t stack = {.ss_sp = (uint8_t *)host + room, .ss_size = KC_HOST_STACK - room};
    _Static_assert(sizeof(*host) <= 4096, "room");
    if (sigaltstack(&stack, NULL) != 0 || pthread_setspecific(key, host) != 0) {
        give_back(host);
        return NULL;
    }
    mine = host;
    return host;
}

static uint64_t mask_of(int signal)
{
    return (uint64_t)1 << (signal - 1);
}

bool kc_emulator_enter(struct kc_emulator *e, size_t tcs, uint64_t call)
{
    struct kc_host *host = kc_emulator_host();
    if (host == NULL || __atomic_load_n(&e->dead, __ATOMIC_SEQ_CST))
        return false;
    host->faulted = false;
    host->selector_inside = e->trap;
    const uint64_t inside = ~(mask_of(SIGILL) | mask_of(SIGSEGV) | mask_of(SIGBUS) |
                              mask_of(SIGFPE) | mask_of(SIGTRAP) | mask_of(SIGSYS));
    uint64_t before = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &inside, &before, sizeof(before));
    if (e->trap)
        kc_emulator_trap_on(host);
    kc_emulator_eenter((uint64_t)e->base + e->image.tcs[tcs], (uint64_t)e->base + e->image.entry,
                       call, host);
    if (e->trap)
        kc_emulator_trap_off();
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
    return !host->faulted;
}
