/* What ends an enclave: it is dead at once, for every later call, and the process lives on. */
#include "probe/enclave_test.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum probe_op op;
    uint32_t parameter;
} cases[] = {
    {"abort", PROBE_ABORT, 0},
    {"null pointer", PROBE_NULL, 0},
    {"stack overflow meets the guard page", PROBE_STACK, 0},
    {"write to the text", PROBE_WRITE_TEXT, 0},
    {"UD2", PROBE_UD2, 0},
    {"ENCLU with an unknown leaf", PROBE_BAD_LEAF, 0},
    {"EREPORT to an unaligned place", PROBE_BAD_OPERAND, 0},
    {"EREPORT to a guard page", PROBE_GUARD_OPERAND, 0},
    {"buffer overflow meets the canary", PROBE_SMASH, 0},
    {"small block freed twice", PROBE_DOUBLE_FREE, 40},
    {"large block freed twice", PROBE_DOUBLE_FREE, 100000},
    {"free of a place inside a small block", PROBE_WILD_FREE, 100},
    {"free of a place inside a large block", PROBE_WILD_FREE, 100000},
    {"more output claimed than there is room", PROBE_OVERLONG, 0},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kc_enclave *enclave = probe_load();
        uint8_t in[9] = {(uint8_t)cases[i].op};
        uint8_t out[4096];
        size_t len = 7;
        memcpy(in + 1, &cases[i].parameter, 4);
        assert_int_equal(probe_ask(enclave, PROBE_SPIN, 1, 0), 1);
        enum kc_err err = probe_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len);
        if (err != KC_ERR_STATE)
            fail_msg("%s: %s", cases[i].name, kc_error_name(err));
        assert_int_equal(len, 0);
        for (unsigned k = 0; k < 2 * kc_enclave_threads(enclave); k++) {
            in[0] = PROBE_ECHO;
            assert_int_equal(probe_call(enclave, kc_bytes_of(in, sizeof(in)), out, &len),
                             KC_ERR_STATE);
        }
        kc_enclave_free(enclave);
    }
}

/* The flag inside does not rely on the loader: one that goes on after an abort gets no answer. */
static void test_poison(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t in[2] = {PROBE_ECHO, 0};
    uint64_t out[8] = {0};
    struct kc_image_call call = {(uint64_t)in, 16, (uint64_t)out, 64, 0, KC_IMAGE_CALL_UNANSWERED};
    assert_true(kc_emulator_enter(e, 3, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_DONE);
    assert_int_equal(probe_ask(enclave, PROBE_ABORT, 0, 0), -1);
    for (size_t tcs = 0; tcs < e->image.tcs_count; tcs++) {
        __atomic_store_n(&e->dead, false, __ATOMIC_SEQ_CST);
        call.status = KC_IMAGE_CALL_UNANSWERED;
        assert_true(kc_emulator_enter(e, tcs, (uint64_t)&call));
        assert_int_equal(call.status, KC_IMAGE_CALL_UNANSWERED);
    }
    kc_enclave_free(enclave);
}

/* A TCS that faulted without an abort stays busy: no second entry runs over its state. */
static void test_fault_without_poison(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct kc_emulator *e = probe_emulator(enclave);
    uint64_t in[2] = {PROBE_NULL, 0};
    uint64_t out[512] = {0};
    struct kc_image_call call = {(uint64_t)in, 16, (uint64_t)out,
                                 sizeof(out),  0,  KC_IMAGE_CALL_UNANSWERED};
    assert_false(kc_emulator_enter(e, 2, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_UNANSWERED);
    __atomic_store_n(&e->dead, false, __ATOMIC_SEQ_CST);
    in[0] = PROBE_ECHO;
    assert_true(kc_emulator_enter(e, 2, (uint64_t)&call));
    assert_int_equal(call.status, KC_IMAGE_CALL_UNANSWERED);
    kc_enclave_free(enclave);
}

/* EGETKEY with a policy that needs KSS: #GP, not an error code. */
static void test_key_request(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t in[2] = {PROBE_SEALKEY, 4};
    uint8_t out[4096];
    size_t len = 0;
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_ERR_STATE);
    kc_enclave_free(enclave);
}

/* A child has no enclave, as it has none on hardware: else both would draw the same numbers. */
static void test_fork(void **state)
{
    (void)state;
    uint8_t in[2] = {PROBE_RANDOM, 0};
    uint8_t out[4096];
    size_t len = 0;
    int status = 0;
    struct kc_enclave *enclave = probe_load();
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_OK);
    const uint8_t *inside = probe_emulator(enclave)->base;
    uint8_t resident;
    assert_int_equal(mincore((void *)(uintptr_t)inside, 4096, &resident), 0);
    pid_t child = fork();
    if (child == 0) {
        bool mapped = mincore((void *)(uintptr_t)inside, 4096, &resident) == 0;
        enum kc_err err = probe_call(enclave, kc_bytes_of(in, 2), out, &len);
        kc_enclave_free(enclave);
        _exit(mapped ? 1 : err != KC_ERR_STATE ? 2 : 0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_OK);
    kc_enclave_free(enclave);
}

static void test_one_a_process(void **state)
{
    (void)state;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_enclave *second = NULL;
    struct kc_enclave *enclave = probe_load();
    assert_int_equal(probe_try(PROBE_IMAGE, PROBE_SIG, false, false, &second, &error),
                     KC_ERR_STATE);
    kc_enclave_free(enclave);
    enclave = probe_load();
    assert_int_equal(probe_ask(enclave, PROBE_VERIFY, 0, 0), 1);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_fault_without_poison),
        cmocka_unit_test(test_key_request),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_one_a_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
