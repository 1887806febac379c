/*
 * ENCLU by signal. A processor without SGX raises SIGILL for it; one whose hypervisor hides SGX,
 * SIGSEGV with SI_KERNEL (#GP). Everything else that goes wrong inside ends the enclave: the call
 * is unwound as by an exit that nobody resumes.
 *
 * Compiled without stack protector and sanitizers: until FSBASE is the host's again, no
 * thread-local variable may be touched.
 */
#include <immintrin.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/emulator.h"

#define LEAF_EREPORT 0
#define LEAF_EGETKEY 1
#define LEAF_EEXIT   4
#define ENCLU_SIZE   3

#define FLAG_ZERO   0x40
#define FLAGS_CLEAN 0x202 /* interrupts on; no DF, AC, TF */

/* The kernel's struct for x86-64, for a restorer of our own. */
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    const void *restorer;
    uint64_t mask;
};

#define SA_RESTORER_FLAG 0x04000000ul

static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP, SIGSYS};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct kc_emulator *attached;
static struct kernel_action previous[SIGNALS];
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;
static bool watches_forks;

static long set_action(int signal, const struct kernel_action *action, struct kernel_action *old)
{
    return syscall(SYS_rt_sigaction, signal, action, old, sizeof(action->mask));
}

/* EREPORT: TARGETINFO, REPORTDATA, REPORT with the SDM's alignments, all inside. */
static bool ereport(const struct kc_emulator *e, const greg_t *g)
{
    uint64_t target = (uint64_t)g[REG_RBX];
    uint64_t data = (uint64_t)g[REG_RCX];
    uint64_t report = (uint64_t)g[REG_RDX];
    if (target % 512 != 0 || data % 128 != 0 || report % 512 != 0 ||
        !kc_emulator_may(e, target, KC_SGX_TARGETINFO_SIZE, KC_SECINFO_R) ||
        !kc_emulator_may(e, data, KC_SGX_REPORT_DATA_SIZE, KC_SECINFO_R) ||
        !kc_emulator_may(e, report, KC_SGX_REPORT_SIZE, KC_SECINFO_R | KC_SECINFO_W))
        return false;
    kc_sim_ereport(&e->processor, &e->secs, (const uint8_t *)target, (const uint8_t *)data,
                   (uint8_t *)report);
    return true;
}

static bool egetkey(const struct kc_emulator *e, greg_t *g)
{
    uint64_t request = (uint64_t)g[REG_RBX];
    uint64_t key = (uint64_t)g[REG_RCX];
    if (request % 512 != 0 || key % 16 != 0 ||
        !kc_emulator_may(e, request, KC_SGX_KEYREQUEST_SIZE, KC_SECINFO_R) ||
        !kc_emulator_may(e, key, KC_SGX_KEY_SIZE, KC_SECINFO_R | KC_SECINFO_W))
        return false;
    uint8_t out[KC_SGX_KEY_SIZE];
    uint32_t code = kc_sim_egetkey(&e->processor, &e->secs, (const uint8_t *)request, out);
    if (code == KC_SIM_FAULT)
        return false;
    if (code == 0)
        memcpy((void *)key, out, sizeof(out));
    kc_bytes_wipe(out, sizeof(out));
    g[REG_RAX] = code;
    g[REG_EFL] = code != 0 ? g[REG_EFL] | FLAG_ZERO : g[REG_EFL] & ~FLAG_ZERO;
    return true;
}

enum outcome {
    STAYS,  /* the instruction is done, go on inside */
    LEAVES, /* the context says where */
    FAULTS,
};

static enum outcome enclu(const struct kc_emulator *e, struct kc_host *host, greg_t *g)
{
    bool good = false;
    switch ((uint32_t)g[REG_RAX]) {
    case LEAF_EREPORT:
        good = ereport(e, g);
        break;
    case LEAF_EGETKEY:
        good = egetkey(e, g);
        break;
    case LEAF_EEXIT:
        if (kc_emulator_contains(e, (uint64_t)g[REG_RBX]))
            return FAULTS;
        g[REG_RIP] = g[REG_RBX];
        g[REG_RCX] = (greg_t)kc_emulator_fault_landing; /* the AEP */
        memcpy(host->left, g, sizeof(host->left));
        return LEAVES;
    default:
        break;
    }
    g[REG_RIP] += ENCLU_SIZE;
    return good ? STAYS : FAULTS;
}

/* An asynchronous exit without ERESUME: registers show nothing, the enclave is not entered again.
 */
static void unwind(struct kc_emulator *e, struct kc_host *host, greg_t *g)
{
    for (int i = REG_R8; i <= REG_RCX; i++)
        g[i] = 0;
    g[REG_RSP] = (greg_t)host->rsp;
    g[REG_RIP] = (greg_t)kc_emulator_fault_landing;
    g[REG_EFL] = FLAGS_CLEAN;
    host->faulted = true;
    __atomic_store_n(&e->dead, true, __ATOMIC_SEQ_CST);
}

/* A signal that is none of ours goes where it would have gone without us. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    size_t i = 0;
    while (signals[i] != signal)
        i++;
    const struct kernel_action *old = &previous[i];
    uintptr_t handler = (uintptr_t)old->handler;
    if (handler == (uintptr_t)SIG_IGN && info->si_code <= 0)
        return;
    if (handler != (uintptr_t)SIG_DFL && handler != (uintptr_t)SIG_IGN) {
        old->handler(signal, info, context);
        return;
    }
    /* The default: the instruction faults once more, or the sent signal comes once more. */
    set_action(signal, old, NULL);
    if (info->si_code <= 0)
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

static enum outcome judge(struct kc_emulator *e, struct kc_host *host, int signal,
                          const siginfo_t *info, greg_t *g)
{
    static const uint8_t opcode[ENCLU_SIZE] = {0x0f, 0x01, 0xd7};
    uint64_t rip = (uint64_t)g[REG_RIP];
    /* Not by the trap number: qemu-user has none. */
    bool may_be_enclu = signal == SIGILL || (signal == SIGSEGV && info->si_code == SI_KERNEL);
    bool readable = kc_emulator_may(e, rip, ENCLU_SIZE, KC_SECINFO_R | KC_SECINFO_X);
    if (may_be_enclu && readable && memcmp((const void *)rip, opcode, ENCLU_SIZE) == 0)
        return enclu(e, host, g);
    if (e->trap)
        kc_emulator_trap_judge(e, signal, info->si_code, rip);
    return FAULTS;
}

/* qemu-user calls handlers with a stack that is off by 8: hence the attribute. */
__attribute__((force_align_arg_pointer)) static void on_signal(int signal, siginfo_t *info,
                                                               void *context)
{
    uint64_t fs = _readfsbase_u64();
    struct kc_emulator *e = __atomic_load_n(&attached, __ATOMIC_ACQUIRE);
    if (e == NULL || !kc_emulator_contains(e, fs)) {
        pass_on(signal, info, context);
        return;
    }
    /* Inside, and so on the signal stack that kc_emulator_host() made. */
    struct kc_host *host =
        (struct kc_host *)((uint64_t)__builtin_frame_address(0) & ~(uint64_t)(KC_HOST_STACK - 1));
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    _writefsbase_u64(host->fs);
    _writegsbase_u64(host->gs);
    host->selector = 0;

    enum outcome outcome = STAYS;
    if (info->si_code <= 0)
        pass_on(signal, info, context); /* somebody sent it */
    else
        outcome = judge(e, host, signal, info, g);
    if (outcome == FAULTS)
        unwind(e, host, g);
    if (outcome == STAYS) {
        host->selector = host->selector_inside;
        _writefsbase_u64(fs);
        _writegsbase_u64(fs);
    }
}

/* The pages of the enclave stayed with the parent. */
static void on_fork(void)
{
    struct kc_emulator *e = __atomic_load_n(&attached, __ATOMIC_ACQUIRE);
    if (e != NULL)
        __atomic_store_n(&e->dead, true, __ATOMIC_SEQ_CST);
}

static void watch_forks(void)
{
    watches_forks = pthread_atfork(NULL, NULL, on_fork) == 0;
}

enum kc_err kc_emulator_attach(struct kc_emulator *e, struct kc_error *error)
{
    struct kc_emulator *none = NULL;
    if (pthread_once(&forks_once, watch_forks) != 0 || !watches_forks)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory to notice forks", 0);
    if (!__atomic_compare_exchange_n(&attached, &none, e, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return kc_error_set(error, KC_ERR_STATE, "this process has an emulated enclave already", 0);
    const struct kernel_action action = {
        .handler = on_signal,
        .flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER_FLAG,
        .restorer = kc_emulator_restorer,
        .mask = UINT64_MAX,
    };
    for (size_t i = 0; i < SIGNALS; i++) {
        if (set_action(signals[i], &action, &previous[i]) == 0)
            continue;
        while (i-- > 0)
            set_action(signals[i], &previous[i], NULL);
        __atomic_store_n(&attached, NULL, __ATOMIC_SEQ_CST);
        return kc_error_set(error, KC_ERR_IO, "cannot handle the signals of ENCLU", 0);
    }
    return KC_OK;
}

void kc_emulator_detach(struct kc_emulator *e)
{
    if (__atomic_load_n(&attached, __ATOMIC_SEQ_CST) != e)
        return;
    for (size_t i = 0; i < SIGNALS; i++) {
        struct kernel_action now = {0};
        /* Somebody else may have put a handler over ours since. */
        if (set_action(signals[i], NULL, &now) == 0 && now.handler == on_signal)
            set_action(signals[i], &previous[i], NULL);
    }
    __atomic_store_n(&attached, NULL, __ATOMIC_SEQ_CST);
}
