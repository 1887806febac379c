#include "probe/enclave_test.h"

#include <pthread.h>

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

static uint64_t fill(struct kc_emulator *e, size_t tcs)
{
    uint64_t in[1] = {PROBE_HEAP_FILL};
    static uint64_t out[512];
    struct kc_image_call call = {(uint64_t)in, 1, (uint64_t)out,
                                 sizeof(out),  0, KC_IMAGE_CALL_UNANSWERED};
    assert_true(kc_emulator_enter(e, tcs, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    return out[0];
}

static uint64_t ask_on(struct kc_emulator *e, size_t tcs, enum probe_op op)
{
    uint64_t in[2] = {op, 0};
    static uint64_t out[512];
    struct kc_image_call call = {(uint64_t)in, 9, (uint64_t)out,
                                 sizeof(out),  0, KC_IMAGE_CALL_UNANSWERED};
    assert_true(kc_emulator_enter(e, tcs, (uint64_t)&call));
    return call.status;
}

/* One TCS takes all it can get. The others work on; it serves again once it has let go. */
static void test_shares(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t heap = 16384ull * 4096;
    uint64_t share = heap / e->image.tcs_count;
    uint64_t first = fill(e, 0);
    assert_true(first > share);
    assert_true(first < heap * 3 / 4);
    for (size_t tcs = 1; tcs < e->image.tcs_count; tcs++) {
        assert_int_equal(ask_on(e, tcs, PROBE_RSA), KC_IMAGE_CALL_DONE);
        assert_true(fill(e, tcs) > share / 4);
    }
    assert_int_equal(ask_on(e, 0, PROBE_HEAP_DROP), KC_IMAGE_CALL_DONE);
    uint64_t again = fill(e, 5);
    assert_true(again > first / 2);
    assert_int_equal(ask_on(e, 5, PROBE_HEAP_DROP), KC_IMAGE_CALL_DONE);
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
    fill(e, 0);
    struct kc_image_call call = {(uint64_t)in, sizeof(in), (uint64_t)out,
                                 sizeof(out),  0,          KC_IMAGE_CALL_UNANSWERED};
    assert_true(kc_emulator_enter(e, 0, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_MEMORY);
    assert_int_equal(ask_on(e, 1, PROBE_HEAP_DROP), KC_IMAGE_CALL_DONE);
    call.status = KC_IMAGE_CALL_UNANSWERED;
    assert_true(kc_emulator_enter(e, 0, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wiped),     cmocka_unit_test(test_mix),
        cmocka_unit_test(test_pass),      cmocka_unit_test(test_shares),
        cmocka_unit_test(test_exhausted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
