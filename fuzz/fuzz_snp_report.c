/* What the report reader accepts comes back from the encoder: to the byte behind the signed part,
 * and as the same report when read again. */
#include <string.h>

#include "formats/snp_report.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t again[KC_SNP_REPORT_SIZE];
    struct kc_snp_report report;
    struct kc_snp_report back;
    struct kc_snp_tcb tcb;
    if (kc_snp_report_decode(kc_bytes_of(data, size), &report, NULL) != KC_OK)
        return 0;
    struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
    kc_snp_report_encode(&w, &report);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size);
    FUZZ_CHECK(memcmp(again + KC_SNP_REPORT_SIGNED_SIZE, data + KC_SNP_REPORT_SIGNED_SIZE,
                      size - KC_SNP_REPORT_SIGNED_SIZE) == 0);
    FUZZ_CHECK(kc_snp_report_decode(kc_writer_written(&w), &back, NULL) == KC_OK);
    FUZZ_CHECK(back.policy == report.policy && back.launch_tcb == report.launch_tcb);
    FUZZ_CHECK(memcmp(back.chip_id, report.chip_id, sizeof back.chip_id) == 0);
    if (kc_snp_report_read_tcb(report.reported_tcb, report.product, &tcb))
        FUZZ_CHECK(kc_snp_report_tcb_covers(&tcb, &tcb));
    return 0;
}
