#include "formats/sgx_quote.h"
#include "seed.h"
#include "test.h"

static void test_seed(void **state)
{
    (void)state;
    static const uint8_t mrenclave[] = {0xaf, 0x34, 0x38, 0x65};
    uint8_t out[SEED_QUOTE_SIZE];
    struct kc_sgx_quote quote;
    uint8_t *bytes = test_seed_sgx_quote(0);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(bytes, SEED_QUOTE_SIZE), &quote, NULL), KC_OK);
    assert_int_equal(quote.version, 3);
    assert_int_equal(quote.qe_svn, 9);
    assert_int_equal(quote.pce_svn, 13);
    assert_memory_equal(quote.qe_vendor_id, kc_sgx_quote_intel_vendor_id, 16);
    assert_memory_equal(quote.report.mrenclave, mrenclave, sizeof mrenclave);
    assert_true(quote.report.attributes.flags ==
                (KC_SGX_FLAG_INIT | KC_SGX_FLAG_DEBUG | KC_SGX_FLAG_MODE64BIT));
    assert_int_equal(quote.report.isv_prod_id, 1);
    assert_ptr_equal(quote.signed_part.ptr, bytes);
    assert_int_equal(quote.signed_part.len, KC_SGX_QUOTE_SIGNED_SIZE);
    assert_ptr_equal(quote.signature.ptr, bytes + 436);
    assert_ptr_equal(quote.attestation_key.ptr, bytes + 500);
    assert_ptr_equal(quote.qe_report_bytes.ptr, bytes + 564);
    assert_ptr_equal(quote.qe_report_signature.ptr, bytes + 948);
    assert_int_equal(quote.qe_auth_data.len, 32);
    assert_int_equal(quote.cert_data_type, KC_SGX_CERT_DATA_PCK_CHAIN);
    assert_ptr_equal(quote.cert_data.ptr, bytes + SEED_CERT_AT);
    assert_int_equal(quote.cert_data.len, SEED_QUOTE_SIZE - SEED_CERT_AT);
    assert_int_equal(quote.trailing.len, 0);

    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_sgx_quote_encode(&w, &quote);
    assert_int_equal(w.len, SEED_QUOTE_SIZE);
    assert_memory_equal(out, bytes, SEED_QUOTE_SIZE);
    free(bytes);
}

static void test_trailing(void **state)
{
    (void)state;
    struct kc_sgx_quote quote;
    uint8_t *bytes = test_seed_sgx_quote(5);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(bytes, SEED_QUOTE_SIZE + 5), &quote, NULL),
                     KC_OK);
    assert_ptr_equal(quote.trailing.ptr, bytes + SEED_QUOTE_SIZE);
    assert_int_equal(quote.trailing.len, 5);
    free(bytes);
}

/* Every prefix is refused. */
static void test_short(void **state)
{
    (void)state;
    uint8_t *bytes = test_seed_sgx_quote(0);
    for (size_t len = 0; len < SEED_QUOTE_SIZE; len++) {
        struct kc_sgx_quote quote;
        struct kc_error error = KC_ERROR_NONE;
        if (kc_sgx_quote_decode(kc_bytes_of(bytes, len), &quote, &error) != KC_ERR_MALFORMED)
            fail_msg("%zu bytes accepted", len);
        assert_int_equal(error.code, KC_ERR_MALFORMED);
    }
    free(bytes);
}

/* The seed with up to two bytes changed. */
static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    size_t at2;
    uint8_t value2;
    enum kc_err want;
} cases[] = {
    {"version 0", 0, 0, 0, 0, KC_ERR_UNSUPPORTED},
    {"version 2", 0, 2, 0, 2, KC_ERR_UNSUPPORTED},
    {"version 4, SGX", 0, 4, 0, 4, KC_ERR_UNSUPPORTED},
    {"version 4, TDX", 0, 4, 4, 0x81, KC_ERR_UNSUPPORTED},
    {"version 5, TDX", 0, 5, 4, 0x81, KC_ERR_UNSUPPORTED},
    {"version 0x103", 1, 1, 1, 1, KC_ERR_UNSUPPORTED},
    {"version 3, TDX", 4, 0x81, 4, 0x81, KC_ERR_UNSUPPORTED},
    {"EPID", 2, 0, 2, 0, KC_ERR_UNSUPPORTED},
    {"ECDSA P-384", 2, 3, 2, 3, KC_ERR_UNSUPPORTED},
    {"signature length one less", 432, 0xc5, 432, 0xc5, KC_ERR_MALFORMED},
    {"signature length one more", 432, 0xc7, 432, 0xc7, KC_ERR_MALFORMED},
    {"signature length huge", 435, 0xff, 435, 0xff, KC_ERR_MALFORMED},
    {"signature length small", 433, 0, 433, 0, KC_ERR_MALFORMED},
    {"authentication data one less", 1012, 31, 1012, 31, KC_ERR_MALFORMED},
    {"authentication data one more", 1012, 33, 1012, 33, KC_ERR_MALFORMED},
    {"authentication data huge", 1013, 0xff, 1013, 0xff, KC_ERR_MALFORMED},
    {"certification data one less", 1048, 0x5d, 1048, 0x5d, KC_ERR_MALFORMED},
    {"certification data one more", 1048, 0x5f, 1048, 0x5f, KC_ERR_MALFORMED},
    {"certification data huge", 1051, 0xff, 1051, 0xff, KC_ERR_MALFORMED},
    {"certification type 0", 1046, 0, 1046, 0, KC_ERR_UNSUPPORTED},
    {"certification type 1", 1046, 1, 1046, 1, KC_OK},
    {"certification type 4", 1046, 4, 1046, 4, KC_OK},
    {"certification type 6", 1046, 6, 1046, 6, KC_ERR_UNSUPPORTED},
    {"certification type 0x105", 1047, 1, 1047, 1, KC_ERR_UNSUPPORTED},
    {"another vendor", 12, 0, 12, 0, KC_OK},
    {"reserved bytes of the report", 70, 1, 310, 1, KC_OK},
};

static void test_changed(void **state)
{
    (void)state;
    uint8_t *bytes = test_seed_sgx_quote(0);
    assert_int_equal(bytes[1048], 0x5e);
    assert_int_equal(bytes[432], 0xc6);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kc_sgx_quote quote;
        struct kc_error error = KC_ERROR_NONE;
        uint8_t kept = bytes[cases[i].at];
        uint8_t kept2 = bytes[cases[i].at2];
        bytes[cases[i].at] = cases[i].value;
        bytes[cases[i].at2] = cases[i].value2;
        enum kc_err err = kc_sgx_quote_decode(kc_bytes_of(bytes, SEED_QUOTE_SIZE), &quote, &error);
        if (err != cases[i].want || error.code != err)
            fail_msg("%s: %s (%s)", cases[i].name, kc_error_name(err), error.what);
        bytes[cases[i].at2] = kept2;
        bytes[cases[i].at] = kept;
    }
    free(bytes);
}

static void test_size_limit(void **state)
{
    (void)state;
    static uint8_t chain[KC_SGX_QUOTE_MAX_SIZE];
    static uint8_t out[KC_SGX_QUOTE_MAX_SIZE + 1];
    struct kc_sgx_quote quote;
    uint8_t *bytes = test_seed_sgx_quote(0);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(bytes, SEED_QUOTE_SIZE), &quote, NULL), KC_OK);
    for (size_t more = 0; more < 2; more++) {
        struct kc_sgx_quote back;
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        quote.cert_data = kc_bytes_of(chain, KC_SGX_QUOTE_MAX_SIZE - SEED_CERT_AT + more);
        kc_sgx_quote_encode(&w, &quote);
        assert_false(kc_writer_failed(&w));
        assert_int_equal(kc_sgx_quote_decode(kc_writer_written(&w), &back, NULL),
                         more == 0 ? KC_OK : KC_ERR_UNSUPPORTED);
    }
    free(bytes);
}

/* A part of another length is never written. */
static void test_encode_refuses(void **state)
{
    (void)state;
    uint8_t *bytes = test_seed_sgx_quote(0);
    struct kc_sgx_quote good;
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(bytes, SEED_QUOTE_SIZE), &good, NULL), KC_OK);
    for (int i = 0; i < 4; i++) {
        struct kc_sgx_quote quote = good;
        struct kc_writer w = KC_WRITER_COUNT;
        if (i == 0)
            quote.signature.len = 63;
        else if (i == 1)
            quote.attestation_key.len = 65;
        else if (i == 2)
            quote.qe_report_signature.len = 0;
        else
            quote.qe_auth_data.len = UINT16_MAX + 1;
        kc_sgx_quote_encode(&w, &quote);
        assert_true(kc_writer_failed(&w));
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed),       cmocka_unit_test(test_trailing),
        cmocka_unit_test(test_short),      cmocka_unit_test(test_changed),
        cmocka_unit_test(test_size_limit), cmocka_unit_test(test_encode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
