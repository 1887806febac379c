#include "formats/pck_id.h"
#include "formats/sgx_quote.h"
#include "test.h"

static const struct {
    uint16_t type;
    size_t len;
    enum kc_err err;
} cases[] = {
    {0, 36, KC_ERR_UNSUPPORTED}, {4, 36, KC_ERR_UNSUPPORTED},
    {5, 36, KC_ERR_UNSUPPORTED}, {1, 36, KC_OK},
    {1, 35, KC_ERR_MALFORMED},   {1, 37, KC_ERR_MALFORMED},
    {1, 0, KC_ERR_MALFORMED},    {2, 276, KC_OK},
    {2, 275, KC_ERR_MALFORMED},  {2, 277, KC_ERR_MALFORMED},
    {2, 404, KC_ERR_MALFORMED},  {3, 404, KC_OK},
    {3, 403, KC_ERR_MALFORMED},  {3, 405, KC_ERR_MALFORMED},
    {3, 276, KC_ERR_MALFORMED},  {6, 404, KC_ERR_UNSUPPORTED},
};

static void test_shapes(void **state)
{
    (void)state;
    uint8_t bytes[405];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kc_pck_id id;
        struct kc_bytes data = kc_bytes_of(bytes, cases[i].len);
        assert_int_equal(kc_pck_id_decode(cases[i].type, data, &id, NULL), cases[i].err);
        if (cases[i].err != KC_OK)
            continue;
        size_t ppid = cases[i].len - 20;
        assert_int_equal(id.ppid.len, ppid);
        assert_ptr_equal(id.ppid.ptr, bytes);
        assert_memory_equal(id.cpu_svn, bytes + ppid, 16);
        assert_int_equal(id.pce_svn, bytes[ppid + 16] | bytes[ppid + 17] << 8);
        assert_memory_equal(id.pce_id, bytes + ppid + 18, 2);
    }
}

/* A genuine quote with an encrypted PPID. */
static void test_genuine(void **state)
{
    (void)state;
    size_t len = 0;
    struct kc_sgx_quote quote;
    struct kc_pck_id id;
    uint8_t *bytes = test_read_file(SHARED_VECTOR("dcap/sgx3-oasis-eppid/quote.bin"), &len);
    if (bytes == NULL)
        skip();
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(bytes, len), &quote, NULL), KC_OK);
    assert_int_equal(quote.cert_data_type, KC_PCK_ID_RSA3072);
    assert_int_equal(kc_pck_id_decode(quote.cert_data_type, quote.cert_data, &id, NULL), KC_OK);
    assert_int_equal(id.pce_svn, quote.pce_svn);
    assert_memory_equal(id.pce_id, "\0\0", 2);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
