/* Signals that are none of the enclave's go where they would have gone without it. */
#include "probe/enclave_test.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#include "image/image_record.h"

static sigjmp_buf back;
static volatile sig_atomic_t faults;
static volatile sig_atomic_t sent;
static volatile sig_atomic_t wrong_thread;
static __thread int thread_local_value = 42;

static void on_fault(int signal)
{
    (void)signal;
    faults = faults + 1;
    siglongjmp(back, 1);
}

static void on_sent(int signal)
{
    (void)signal;
    sent = sent + 1;
    if (thread_local_value != 42)
        wrong_thread = 1;
}

static void install(int signal, void (*handler)(int), struct sigaction *old)
{
    const struct sigaction action = {.sa_handler = handler};
    assert_int_equal(sigaction(signal, &action, old), 0);
}

/* A fault of the host's own code, in a thread that has been inside. */
static void test_host_fault(void **state)
{
    (void)state;
    struct sigaction old;
    install(SIGSEGV, on_fault, &old);
    struct kc_enclave *enclave = probe_load();
    assert_int_equal(probe_ask(enclave, PROBE_SPIN, 1, 0), 1);
    int *volatile nowhere = NULL;
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(back, 1) == 0)
            *nowhere = 1;
    }
    assert_int_equal(faults, 3);
    assert_int_equal(probe_ask(enclave, PROBE_SPIN, 1, 0), 1);
    kc_enclave_free(enclave);
    /* The handler is in its place again. */
    struct sigaction now;
    sigaction(SIGSEGV, &old, &now);
    assert_ptr_equal(now.sa_handler, on_fault);
}

static void *spin(void *enclave)
{
    return probe_ask(enclave, PROBE_SPIN, 300000000, 0) == 1 ? enclave : NULL;
}

/* A signal of faults, sent to a thread that is inside: its handler runs as the host's thread, and
 * the call goes on. */
static void test_sent_signal(void **state)
{
    (void)state;
    struct sigaction old;
    pthread_t thread;
    void *result = NULL;
    const struct timespec pause = {0, 1000000};
    install(SIGFPE, on_sent, &old);
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    const volatile uint64_t *busy =
        (const volatile uint64_t *)(e->base + e->image.tcs[0] + KC_THREAD_TLS + 8);
    assert_int_equal(pthread_create(&thread, NULL, spin, enclave), 0);
    for (int i = 0; i < 10000 && *busy == 0; i++)
        nanosleep(&pause, NULL);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pthread_kill(thread, SIGFPE), 0);
        nanosleep(&pause, NULL);
    }
    pthread_join(thread, &result);
    assert_ptr_equal(result, enclave);
    assert_true(sent > 0);
    assert_int_equal(wrong_thread, 0);
    kc_enclave_free(enclave);
    sigaction(SIGFPE, &old, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_fault),
        cmocka_unit_test(test_sent_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
