#include "verify/chain.h"

#include "seed.h"

#define SEED_TIME 1755236700 /* 2025-08-15T05:45:00Z */

static void test_seed(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of(pem, len), chain, NULL), KC_OK);
    struct kc_chain_verdict verdict =
        kc_chain_verify_pck(chain, kc_chain_intel_root_key, SEED_TIME);
    if (verdict.fault != KC_CHAIN_GOOD)
        fail_msg("%zu: %s", verdict.index, verdict.what);
    free(chain);
    free(pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
