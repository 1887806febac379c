#include "base/writer.h"
#include "formats/hcl_report.h"
#include "test.h"

#define JSON    "{\"keys\":[]}"
#define PADDING 30
#define SIZE    (KC_HCL_REPORT_JSON_AT + sizeof JSON - 1 + PADDING)

static void make(uint32_t type, uint8_t out[SIZE])
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, SIZE});
    kc_writer_bytes(&w, kc_bytes_of_text("HCLA"));
    kc_writer_u32(&w, 2);
    kc_writer_u32(&w, SIZE);
    kc_writer_u32(&w, 2);
    kc_writer_zeros(&w, 16);
    memset(kc_writer_room(&w, 1184), 0x77, 1184);
    kc_writer_u32(&w, 20 + sizeof JSON - 1);
    kc_writer_u32(&w, 1);
    kc_writer_u32(&w, type);
    kc_writer_u32(&w, KC_HCL_REPORT_SHA256);
    kc_writer_u32(&w, sizeof JSON - 1);
    kc_writer_bytes(&w, kc_bytes_of_text(JSON));
    kc_writer_zeros(&w, PADDING);
    assert_false(kc_writer_failed(&w));
    assert_int_equal(w.len, SIZE);
}

static void test_good(void **state)
{
    (void)state;
    for (uint32_t type = 2; type <= 4; type += 2) {
        uint8_t bytes[SIZE];
        struct kc_hcl_report report;
        make(type, bytes);
        assert_int_equal(kc_hcl_report_decode(kc_bytes_of(bytes, SIZE), &report, NULL), KC_OK);
        assert_int_equal(report.version, 2);
        assert_int_equal(report.type, type);
        assert_int_equal(report.hash, KC_HCL_REPORT_SHA256);
        assert_ptr_equal(report.hardware.ptr, bytes + KC_HCL_REPORT_HARDWARE_AT);
        assert_int_equal(report.hardware.len, type == KC_HCL_REPORT_SNP ? 1184 : 1024);
        assert_ptr_equal(report.json.ptr, bytes + KC_HCL_REPORT_JSON_AT);
        assert_true(kc_bytes_equal(report.json, kc_bytes_of_text(JSON)));
        assert_int_equal(report.padding.len, PADDING);
    }
}

static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum kc_err err;
    const char *what;
} changes[] = {
    {"other magic", 3, 'B', KC_ERR_MALFORMED, "HCL report: does not begin with HCLA"},
    {"failed", 16, 1, KC_ERR_MALFORMED, "HCL report: its status is a failure"},
    {"failed far", 19, 1, KC_ERR_MALFORMED, "HCL report: its status is a failure"},
    {"type 0", 1224, 0, KC_ERR_UNSUPPORTED,
     "HCL report: the hardware report is neither SNP (2) nor TDX (4)"},
    {"type 3", 1224, 3, KC_ERR_UNSUPPORTED,
     "HCL report: the hardware report is neither SNP (2) nor TDX (4)"},
    {"type 0x102", 1225, 1, KC_ERR_UNSUPPORTED,
     "HCL report: the hardware report is neither SNP (2) nor TDX (4)"},
    {"hash 0", 1228, 0, KC_ERR_UNSUPPORTED, "HCL report: unknown hash"},
    {"hash 4", 1228, 4, KC_ERR_UNSUPPORTED, "HCL report: unknown hash"},
    {"hash SHA-512", 1228, 3, KC_OK, ""},
    {"JSON one more than there is", 1232, sizeof JSON - 1 + PADDING + 1, KC_ERR_MALFORMED,
     "HCL report: shorter than its parts"},
    {"JSON huge", 1235, 0xff, KC_ERR_MALFORMED, "HCL report: shorter than its parts"},
    {"JSON to the end", 1232, sizeof JSON - 1 + PADDING, KC_OK, ""},
};

static void test_changes(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    make(KC_HCL_REPORT_SNP, bytes);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct kc_hcl_report report;
        struct kc_error error = KC_ERROR_NONE;
        uint8_t kept = bytes[changes[i].at];
        bytes[changes[i].at] = changes[i].value;
        enum kc_err err = kc_hcl_report_decode(kc_bytes_of(bytes, SIZE), &report, &error);
        bytes[changes[i].at] = kept;
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("%s: %s, '%s'", changes[i].name, kc_error_name(err), error.what);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct kc_hcl_report report;
    struct kc_error error = KC_ERROR_NONE;
    make(KC_HCL_REPORT_SNP, bytes);
    for (size_t len = 0; len < SIZE - PADDING; len++)
        assert_int_equal(kc_hcl_report_decode(kc_bytes_of(bytes, len), &report, NULL),
                         KC_ERR_MALFORMED);
    uint8_t *large = calloc(1, KC_HCL_REPORT_MAX_SIZE + 1);
    memcpy(large, bytes, SIZE);
    assert_int_equal(
        kc_hcl_report_decode(kc_bytes_of(large, KC_HCL_REPORT_MAX_SIZE), &report, NULL), KC_OK);
    assert_int_equal(
        kc_hcl_report_decode(kc_bytes_of(large, KC_HCL_REPORT_MAX_SIZE + 1), &report, &error),
        KC_ERR_MALFORMED);
    assert_string_equal(error.what, "HCL report: too large");
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
