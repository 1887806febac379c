/* The parts of an Azure report that the reader accepts fill it to the end. */
#include "formats/hcl_report.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_hcl_report report;
    if (kc_hcl_report_decode(kc_bytes_of(data, size), &report, NULL) != KC_OK)
        return 0;
    FUZZ_CHECK(report.hardware.ptr == data + KC_HCL_REPORT_HARDWARE_AT);
    FUZZ_CHECK(report.hardware.len == 1184 || report.hardware.len == 1024);
    FUZZ_CHECK(KC_HCL_REPORT_JSON_AT + report.json.len + report.padding.len == size);
    return 0;
}
