/* One load, one of everything: short enough to run under qemu-user too, whose processor knows no
 * ENCLU and raises SIGILL for it. */
#include "probe/enclave_test.h"

#include <pthread.h>

static void *sign(void *enclave)
{
    return probe_ask(enclave, PROBE_SIGN, 20, 0) == 1 ? enclave : NULL;
}

static void test_once(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t in[2] = {PROBE_SELF, 0};
    uint8_t out[4096];
    size_t len = 0;
    pthread_t thread[2];
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_OK);
    assert_int_equal(len, KC_SGX_REPORT_SIZE);
    assert_int_equal(probe_ask(enclave, PROBE_VERIFY, 0, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_GCM, 0, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_HEAP_MIX, 1000, 9), 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, sign, enclave), 0);
    for (int i = 0; i < 2; i++) {
        void *result = NULL;
        pthread_join(thread[i], &result);
        assert_ptr_equal(result, enclave);
    }
    in[0] = PROBE_UD2;
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_ERR_STATE);
    in[0] = PROBE_ECHO;
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 2), out, &len), KC_ERR_STATE);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
