#include "probe/enclave_test.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "image/image_record.h"

#define ROUNDS 200

static void *hash_often(void *enclave)
{
    uint8_t in[200];
    uint8_t out[4096];
    uint8_t want[32];
    size_t len = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t k = 0; k < sizeof(in); k++)
            in[k] = (uint8_t)(i * 7 + k + (size_t)pthread_self());
        in[0] = PROBE_SHA256;
        SHA256(in + 1, sizeof(in) - 1, want);
        if (probe_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len) != KC_OK || len != 32 ||
            memcmp(out, want, 32) != 0)
            return NULL;
        if (i % 10 == 0 && probe_ask(enclave, PROBE_VERIFY, 0, 0) != 1)
            return NULL;
    }
    return enclave;
}

static void run_threads(struct kc_enclave *enclave, unsigned threads)
{
    pthread_t thread[64];
    for (unsigned i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hash_often, enclave), 0);
    for (unsigned i = 0; i < threads; i++) {
        void *result = NULL;
        pthread_join(thread[i], &result);
        assert_ptr_equal(result, enclave);
    }
}

static void test_parallel(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    assert_int_equal(kc_enclave_threads(enclave), 16);
    run_threads(enclave, 16);
    kc_enclave_free(enclave);
}

/* More callers than TCS: they wait, and all are served. */
static void test_more_callers(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    run_threads(enclave, 40);
    kc_enclave_free(enclave);
}

static volatile sig_atomic_t alarms;

/* As handlers do: it looks at a thread-local variable. */
static __thread int thread_local_value = 42;
static volatile sig_atomic_t wrong_thread;

static void on_alarm(int signal)
{
    (void)signal;
    alarms = alarms + 1;
    if (thread_local_value != 42)
        wrong_thread = 1;
}

static void test_timer(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const struct itimerval every = {{0, 250}, {0, 250}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction old;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    run_threads(enclave, 4);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    assert_true(alarms > 5);
    assert_int_equal(wrong_thread, 0);
    kc_enclave_free(enclave);
}

struct entry {
    struct kc_emulator *e;
    uint64_t in[2];
    uint64_t out[512];
    struct kc_image_call call;
    bool came_back;
};

static void *enter(void *argument)
{
    struct entry *t = argument;
    t->call = (struct kc_image_call){
        (uint64_t)t->in,         sizeof(t->in), (uint64_t)t->out, sizeof(t->out), 0,
        KC_IMAGE_CALL_UNANSWERED};
    t->came_back = kc_emulator_enter(t->e, 4, (uint64_t)&t->call);
    return NULL;
}

/* A second entry into a TCS that is inside leaves at once and disturbs nothing. */
static void test_reentry(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    static struct entry first;
    static struct entry second;
    pthread_t thread;
    uint32_t rounds = 300000000;
    struct kc_emulator *e = probe_emulator(enclave);
    first.e = second.e = e;
    first.in[0] = PROBE_SPIN;
    memcpy((uint8_t *)first.in + 1, &rounds, 4);
    second.in[0] = PROBE_ECHO;
    const volatile uint64_t *busy =
        (const volatile uint64_t *)(e->base + e->image.tcs[4] + KC_THREAD_TLS + 8);
    const struct timespec pause = {0, 100000};
    assert_int_equal(pthread_create(&thread, NULL, enter, &first), 0);
    for (int i = 0; i < 100000 && *busy == 0; i++)
        nanosleep(&pause, NULL);
    unsigned refused = 0;
    for (unsigned i = 0; i < 100 && *busy == 1; i++) {
        enter(&second);
        assert_true(second.came_back);
        refused += second.call.status == KC_IMAGE_CALL_UNANSWERED;
    }
    pthread_join(thread, NULL);
    assert_true(first.came_back);
    assert_int_equal(first.call.status, KC_IMAGE_CALL_DONE);
    assert_true(refused > 0);
    enter(&second);
    assert_int_equal(second.call.status, KC_IMAGE_CALL_DONE);
    kc_enclave_free(enclave);
}

/* One thread aborts while another is inside. False when the other had left before: too slow. */
static bool abort_meanwhile(void)
{
    struct kc_enclave *enclave = probe_load();
    static struct entry busy;
    pthread_t thread;
    uint32_t rounds = 300000000;
    struct kc_emulator *e = probe_emulator(enclave);
    busy = (struct entry){.e = e, .in = {PROBE_SPIN}};
    memcpy((uint8_t *)busy.in + 1, &rounds, 4);
    const volatile uint64_t *inside =
        (const volatile uint64_t *)(e->base + e->image.tcs[4] + KC_THREAD_TLS + 8);
    const struct timespec pause = {0, 100000};
    assert_int_equal(pthread_create(&thread, NULL, enter, &busy), 0);
    for (int i = 0; i < 100000 && *inside == 0; i++)
        nanosleep(&pause, NULL);
    assert_int_equal(probe_ask(enclave, PROBE_ABORT, 0, 0), -1);
    bool in_time = *inside == 1;
    pthread_join(thread, NULL);
    if (in_time)
        assert_int_equal(busy.call.status, KC_IMAGE_CALL_UNANSWERED);
    kc_enclave_free(enclave);
    return in_time;
}

/* An abort stops the threads that are inside already: no answer of theirs leaves. */
static void test_abort_meanwhile(void **state)
{
    (void)state;
    bool in_time = false;
    for (int i = 0; i < 10 && !in_time; i++)
        in_time = abort_meanwhile();
    assert_true(in_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel),        cmocka_unit_test(test_more_callers),
        cmocka_unit_test(test_timer),           cmocka_unit_test(test_reentry),
        cmocka_unit_test(test_abort_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
