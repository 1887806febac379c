#include "base/hex.h"
#include "formats/oe_report.h"
#include "seed.h"
#include "test.h"

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, cap}, &n), KC_OK);
    return n;
}

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
} reports[] = {
    {"remote", "01000000020000000300000000000000aabbcc", KC_OK},
    {"local", "01000000010000000300000000000000aabbcc", KC_OK},
    {"nothing in it", "01000000020000000000000000000000", KC_OK},
    {"empty", "", KC_ERR_MALFORMED},
    {"15 bytes", "010000000200000000000000000000", KC_ERR_MALFORMED},
    {"version 0", "00000000020000000000000000000000", KC_ERR_UNSUPPORTED},
    {"version 2", "02000000020000000000000000000000", KC_ERR_UNSUPPORTED},
    {"version 257", "01010000020000000000000000000000", KC_ERR_UNSUPPORTED},
    {"type 0", "01000000000000000000000000000000", KC_ERR_UNSUPPORTED},
    {"type 3", "01000000030000000000000000000000", KC_ERR_UNSUPPORTED},
    {"one byte missing", "01000000020000000400000000000000aabbcc", KC_ERR_MALFORMED},
    {"one byte too many", "01000000020000000200000000000000aabbcc", KC_ERR_MALFORMED},
    {"size of 2^32 + 3", "01000000020000000300000001000000aabbcc", KC_ERR_MALFORMED},
};

static void test_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        uint8_t in[64];
        uint8_t out[64];
        struct kc_error error = KC_ERROR_NONE;
        struct kc_oe_report report;
        size_t n = unhex(reports[i].hex, in, sizeof in);
        enum kc_err err = kc_oe_report_decode(kc_bytes_of(in, n), &report, &error);
        if (err != reports[i].want || error.code != err)
            fail_msg("%s: %s", reports[i].name, error.what);
        if (err != KC_OK)
            continue;
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_oe_report_encode(&w, &report);
        assert_int_equal(w.len, n);
        assert_memory_equal(in, out, n);
    }
}

static void test_seed(void **state)
{
    (void)state;
    struct kc_oe_report report;
    size_t len = 0;
    uint8_t *bytes = test_seed_quote(&len);
    assert_int_equal(kc_oe_report_decode(kc_bytes_of(bytes, SEED_REPORT_SIZE), &report, NULL),
                     KC_OK);
    assert_int_equal(report.type, KC_OE_REPORT_REMOTE);
    assert_ptr_equal(report.content.ptr, bytes + 16);
    assert_int_equal(report.content.len, SEED_QUOTE_SIZE);
    free(bytes);
}

#define UUID "a3a21e871b4d4014b70aa125d2fbcd8c"

static const struct {
    const char *name;
    const char *hex;
    enum kc_err want;
} headers[] = {
    {"good", "03000000" UUID "000000000200000000000000aabb", KC_OK},
    {"no data", "03000000" UUID "000000000000000000000000", KC_OK},
    {"unknown format", "03000000000102030405060708090a0b0c0d0e0f000000000000000000000000", KC_OK},
    {"empty", "", KC_ERR_MALFORMED},
    {"31 bytes", "03000000" UUID "0000000000000000000000", KC_ERR_MALFORMED},
    {"version 2", "02000000" UUID "000000000200000000000000aabb", KC_ERR_UNSUPPORTED},
    {"version 4", "04000000" UUID "000000000200000000000000aabb", KC_ERR_UNSUPPORTED},
    {"one byte missing", "03000000" UUID "000000000300000000000000aabb", KC_ERR_MALFORMED},
    {"one byte too many", "03000000" UUID "000000000100000000000000aabb", KC_ERR_MALFORMED},
    {"size of 2^32 + 2", "03000000" UUID "000000000200000001000000aabb", KC_ERR_MALFORMED},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        uint8_t in[64];
        uint8_t out[64];
        struct kc_error error = KC_ERROR_NONE;
        struct kc_oe_attestation_header header;
        size_t n = unhex(headers[i].hex, in, sizeof in);
        enum kc_err err = kc_oe_attestation_header_decode(kc_bytes_of(in, n), &header, &error);
        if (err != headers[i].want || error.code != err)
            fail_msg("%s: %s", headers[i].name, error.what);
        if (err != KC_OK)
            continue;
        struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
        kc_oe_attestation_header_encode(&w, &header);
        assert_int_equal(w.len, n);
        assert_memory_equal(in, out, n);
    }
}

/* Upstream never initialises the padding, so any is read; ours is zero. */
static void test_padding(void **state)
{
    (void)state;
    uint8_t in[64];
    uint8_t out[64];
    struct kc_oe_attestation_header header;
    size_t n = unhex("03000000" UUID "deadbeef0100000000000000aa", in, sizeof in);
    assert_int_equal(kc_oe_attestation_header_decode(kc_bytes_of(in, n), &header, NULL), KC_OK);
    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_oe_attestation_header_encode(&w, &header);
    memset(in + 20, 0, 4);
    assert_memory_equal(in, out, n);
}

static const struct {
    const char *text;
    int want; /* -1: unknown */
} texts[] = {
    {"SGX_ECDSA", KC_OE_SGX_ECDSA},
    {"sgx_ecdsa", KC_OE_SGX_ECDSA},
    {"Raw_Sgx_Quote_Ecdsa", KC_OE_RAW_SGX_QUOTE_ECDSA},
    {"LEGACY_REPORT_REMOTE", KC_OE_LEGACY_REPORT_REMOTE},
    {"a3a21e87-1b4d-4014-b70a-a125d2fbcd8c", KC_OE_SGX_ECDSA},
    {"A3A21E871B4D4014B70AA125D2FBCD8C", KC_OE_SGX_ECDSA},
    {"8ba70286-c1cf-11ed-afa1-0242ac120002", KC_OE_TDX_QUOTE_ECDSA},
    {"", -1},
    {"SGX", -1},
    {"SGX_ECDSA ", -1},
    {"SGX_ECDSAX", -1},
    {"a3a21e87-1b4d-4014-b70a-a125d2fbcd8", -1},
    {"a3a21e87-1b4d-4014-b70a-a125d2fbcd8c0", -1},
    {"a3a21e87-1b4d-4014-b70a-a125d2fbcd8g", -1},
    {"a3a21e87-1b4d-4014-b70a-a125d2fbcd8d", -1},
};

static void test_formats(void **state)
{
    (void)state;
    enum kc_oe_format format;
    for (int i = 0; i < KC_OE_FORMAT_COUNT; i++) {
        assert_true(kc_oe_format_from_uuid(kc_oe_format_uuid((enum kc_oe_format)i), &format));
        assert_int_equal(format, i);
        assert_true(kc_oe_format_from_text(kc_oe_format_name((enum kc_oe_format)i), &format));
        assert_int_equal(format, i);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        bool known = kc_oe_format_from_text(texts[i].text, &format);
        if (known != (texts[i].want >= 0) || (known && (int)format != texts[i].want))
            fail_msg("'%s'", texts[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports), cmocka_unit_test(test_seed),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_padding),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
