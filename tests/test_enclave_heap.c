#include "probe/enclave_test.h"

#include <pthread.h>

#define HEAP_PAGES UINT64_C(24576) /* kms.conf */

struct worker {
    struct kc_enclave *enclave;
    enum probe_op op;
    uint32_t seed;
    int answer;
};

static void *work(void *argument)
{
    struct worker *w = argument;
    w->answer = 1;
    for (uint32_t i = 0; i < 20 && w->answer == 1; i++)
        w->answer = probe_ask(w->enclave, w->op, 2000, w->seed + 1000 * i);
    return NULL;
}

static void run(struct kc_enclave *enclave, enum probe_op op, unsigned threads)
{
    pthread_t thread[16];
    struct worker worker[16];
    for (unsigned i = 0; i < threads; i++) {
        worker[i] = (struct worker){enclave, op, 77 * i + 1, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &worker[i]), 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(worker[i].answer, 1);
    }
}

static void test_mix(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    run(enclave, PROBE_HEAP_MIX, 1);
    run(enclave, PROBE_HEAP_MIX, 16);
    kc_enclave_free(enclave);
}

/* Blocks that one thread makes and another frees. */
static void test_pass(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    run(enclave, PROBE_HEAP_PASS, 8);
    kc_enclave_free(enclave);
}

static void test_wiped(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    static const uint32_t sizes[] = {1, 32, 33, 100, 4096, 8192, 8193, 16384, 100000, 1000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        assert_int_equal(probe_ask(enclave, PROBE_HEAP_WIPED, sizes[i], 0), 1);
    kc_enclave_free(enclave);
}

/* The first word of the answer; 0 where there is none. */
static uint64_t call_on(struct kc_emulator *e, size_t tcs, enum probe_op op, uint32_t a, uint32_t b)
{
    uint64_t in[2] = {0};
    uint64_t out[512] = {0};
    struct kc_image_call call = {(uint64_t)in, 9, (uint64_t)out,
                                 sizeof(out),  0, KC_IMAGE_CALL_UNANSWERED};
    *(uint8_t *)in = (uint8_t)op;
    memcpy((uint8_t *)in + 1, &a, 4);
    memcpy((uint8_t *)in + 5, &b, 4);
    if (!kc_emulator_enter(e, tcs, (uint64_t)&call) || call.status != KC_IMAGE_CALL_DONE)
        return 0;
    return out[0];
}

/* One TCS takes all it can get. The others work on; it serves again once it has let go. */
static void test_shares(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t heap = HEAP_PAGES * 4096;
    uint64_t share = heap / e->image.tcs_count;
    uint64_t first = call_on(e, 0, PROBE_HEAP_FILL, 0, 0);
    assert_true(first > share);
    assert_true(first < heap * 3 / 4);
    for (size_t tcs = 1; tcs < e->image.tcs_count; tcs++) {
        assert_int_equal(call_on(e, tcs, PROBE_RSA, 0, 0), 1);
        assert_true(call_on(e, tcs, PROBE_HEAP_FILL, 0, 0) > share / 4);
    }
    assert_int_equal(call_on(e, 0, PROBE_HEAP_DROP, 0, 0), 1);
    uint64_t again = call_on(e, 5, PROBE_HEAP_FILL, 0, 0);
    assert_true(again > first / 2);
    assert_int_equal(call_on(e, 5, PROBE_HEAP_DROP, 0, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_VERIFY, 0, 0), 1);
    kc_enclave_free(enclave);
}

/* No memory left for a call's own frames: an error, not an end. */
static void test_exhausted(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    static uint64_t in[1024 * 1024 / 8] = {PROBE_ECHO};
    static uint64_t out[1024 * 1024 / 8];
    call_on(e, 0, PROBE_HEAP_FILL, 0, 0);
    struct kc_image_call call = {(uint64_t)in, sizeof(in), (uint64_t)out,
                                 sizeof(out),  0,          KC_IMAGE_CALL_UNANSWERED};
    assert_true(kc_emulator_enter(e, 0, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_MEMORY);
    assert_int_equal(call_on(e, 1, PROBE_HEAP_DROP, 0, 0), 1);
    call.status = KC_IMAGE_CALL_UNANSWERED;
    assert_true(kc_emulator_enter(e, 0, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    kc_enclave_free(enclave);
}

#define CHURN_THREADS 2
#define CHURN_ROUNDS  1000
#define CHURN_BYTES   10000000
#define CLASSES       25
#define KEPT          16 /* chunks of short runs */

struct churner {
    struct kc_emulator *e;
    pthread_barrier_t *barrier;
    size_t tcs;
    uint64_t used_most;
    bool good;
};

static void *churn(void *argument)
{
    struct churner *c = argument;
    uint32_t mine = (uint32_t)c->tcs;
    uint32_t theirs = (mine + 1) % CHURN_THREADS;
    for (unsigned i = 0; i < CHURN_ROUNDS; i++) {
        c->good &= call_on(c->e, c->tcs, PROBE_HEAP_MAKE, CHURN_BYTES, mine) == 1;
        pthread_barrier_wait(c->barrier);
        c->good &= call_on(c->e, c->tcs, PROBE_HEAP_UNMAKE, 0, theirs) == 1;
        pthread_barrier_wait(c->barrier);
        uint64_t used = call_on(c->e, c->tcs, PROBE_HEAP_USED, 0, 0);
        c->used_most = used > c->used_most ? used : c->used_most;
        pthread_barrier_wait(c->barrier);
    }
    return NULL;
}

/* Sessions go from worker to worker: what one TCS took and another freed is free, and the first's
 * to take again, however often. An empty chunk for each size and a few
 * short runs may stay. */
static void test_churn(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    struct churner churner[CHURN_THREADS];
    pthread_t thread[CHURN_THREADS];
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, CHURN_THREADS), 0);
    for (size_t i = 0; i < CHURN_THREADS; i++)
        assert_int_equal(call_on(e, i, PROBE_HEAP_MIX, 10, 1), 1);
    uint64_t before = call_on(e, 0, PROBE_HEAP_USED, 0, 0);
    for (size_t i = 0; i < CHURN_THREADS; i++) {
        churner[i] = (struct churner){e, &barrier, i, 0, true};
        assert_int_equal(pthread_create(&thread[i], NULL, churn, &churner[i]), 0);
    }
    for (size_t i = 0; i < CHURN_THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_true(churner[i].good);
        assert_true(churner[i].used_most <= before + CHURN_THREADS * (CLASSES + KEPT) * 8192);
    }
    pthread_barrier_destroy(&barrier);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wiped),     cmocka_unit_test(test_mix),
        cmocka_unit_test(test_pass),      cmocka_unit_test(test_shares),
        cmocka_unit_test(test_exhausted), cmocka_unit_test(test_churn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
