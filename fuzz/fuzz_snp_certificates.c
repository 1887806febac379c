/* Certificates that the reader finds lie inside the table. */
#include "formats/snp_certificates.h"
#include "fuzz.h"

static void check_inside(struct kc_bytes part, const uint8_t *data, size_t size)
{
    if (part.len > 0)
        FUZZ_CHECK(part.ptr >= data + 48 && part.len <= (size_t)(data + size - part.ptr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_snp_certificates found;
    if (kc_snp_certificates_decode(kc_bytes_of(data, size), &found, NULL) != KC_OK)
        return 0;
    check_inside(found.vcek, data, size);
    check_inside(found.vlek, data, size);
    check_inside(found.ask, data, size);
    check_inside(found.ark, data, size);
    FUZZ_CHECK(found.others <= KC_SNP_CERTIFICATES_MAX_ENTRIES);
    return 0;
}
