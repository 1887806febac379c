#include "formats/pck_certificate.h"
#include "seed.h"

static struct kc_pck_chain *decode_seed(void)
{
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    struct kc_error error = KC_ERROR_NONE;
    if (kc_pck_chain_decode(kc_bytes_of(pem, len), chain, &error) != KC_OK)
        fail_msg("%s at %llu", error.what, (unsigned long long)error.at);
    free(pem);
    return chain;
}

/* What `openssl asn1parse` shows of the seed's leaf. */
static void test_seed_extension(void **state)
{
    (void)state;
    static const uint8_t ppid[16] = {0x80, 0x91, 0x99, 0xcd, 0xd8, 0x39, 0x64, 0x25,
                                     0xf4, 0x0c, 0x12, 0xeb, 0xa8, 0xab, 0xa6, 0xa6};
    static const uint8_t components[16] = {11, 11, 3, 3, 255, 255, 1};
    static const uint8_t fmspc[6] = {0x00, 0x60, 0x6a};
    struct kc_pck_chain *chain = decode_seed();
    struct kc_pck_extension extension;
    assert_int_equal(chain->count, 3);
    assert_int_equal(kc_pck_extension_decode(&chain->certificate[0], &extension, NULL), KC_OK);
    assert_memory_equal(extension.ppid, ppid, sizeof ppid);
    assert_memory_equal(extension.component_svn, components, sizeof components);
    assert_memory_equal(extension.cpu_svn, components, sizeof components);
    assert_int_equal(extension.pce_svn, 13);
    assert_memory_equal(extension.fmspc, fmspc, sizeof fmspc);
    assert_int_equal(extension.sgx_type, KC_SGX_TYPE_SCALABLE);
    assert_true(extension.has_platform);
    assert_int_equal(extension.platform_instance_id[0], 0x7b);
    assert_int_equal(extension.platform_instance_id[15], 0xa4);
    assert_true(extension.dynamic_platform);
    assert_false(extension.cached_keys);
    assert_false(extension.smt_enabled);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(kc_pck_extension_decode(&chain->certificate[i], &extension, NULL),
                         KC_ERR_ABSENT);
    free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
