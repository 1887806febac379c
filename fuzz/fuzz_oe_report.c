/* Open Enclave's two headers: what decodes is encoded to the same bytes, padding aside. */
#include <string.h>

#include "formats/oe_report.h"
#include "fuzz.h"

static void check_report(struct kc_bytes in, uint8_t *out)
{
    struct kc_oe_report report;
    if (kc_oe_report_decode(in, &report, NULL) != KC_OK)
        return;
    struct kc_writer w = kc_writer_of((struct kc_room){out, in.len});
    kc_oe_report_encode(&w, &report);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == in.len);
    FUZZ_CHECK(memcmp(out, in.ptr, in.len) == 0);
}

static void check_header(struct kc_bytes in, uint8_t *out)
{
    struct kc_oe_attestation_header header;
    enum kc_oe_format format;
    if (kc_oe_attestation_header_decode(in, &header, NULL) != KC_OK)
        return;
    if (kc_oe_format_from_uuid(header.format_id, &format))
        FUZZ_CHECK(memcmp(kc_oe_format_uuid(format), header.format_id, KC_OE_UUID_SIZE) == 0);
    struct kc_writer w = kc_writer_of((struct kc_room){out, in.len});
    kc_oe_attestation_header_encode(&w, &header);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == in.len);
    FUZZ_CHECK(memcmp(out, in.ptr, 20) == 0);
    FUZZ_CHECK(kc_bytes_are_zero(kc_bytes_of(out + 20, 4)));
    FUZZ_CHECK(memcmp(out + 24, in.ptr + 24, in.len - 24) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *out = malloc(size + 1);
    char *text = malloc(size + 1);
    enum kc_oe_format format;
    check_report(kc_bytes_of(data, size), out);
    check_header(kc_bytes_of(data, size), out);
    memcpy(text, data, size);
    text[size] = '\0';
    if (kc_oe_format_from_text(text, &format))
        FUZZ_CHECK(kc_oe_format_name(format) != NULL);
    free(text);
    free(out);
    return 0;
}
