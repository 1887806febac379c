/* Whatever the wrapping: views lie within what the evidence owns, and can be read. */
#include <string.h>

#include "formats/evidence.h"
#include "formats/quote.h"
#include "formats/snp_report.h"
#include "fuzz.h"

/* Copies every byte, so that the address sanitizer sees each. */
static void touch(struct kc_bytes bytes)
{
    if (bytes.len == 0)
        return;
    uint8_t *copy = malloc(bytes.len);
    memcpy(copy, bytes.ptr, bytes.len);
    FUZZ_CHECK(memcmp(copy, bytes.ptr, bytes.len) == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    enum kc_err err = kc_evidence_open(kc_bytes_of(copy, size), &evidence, &error);
    free(copy); /* the evidence must not point into it */
    FUZZ_CHECK(err == error.code);
    if (err != KC_OK) {
        FUZZ_CHECK(error.what[0] != '\0');
        return 0;
    }
    touch(evidence.quote);
    touch(evidence.oe_claims);
    touch(evidence.dice_claims);
    touch(evidence.held_data);
    touch(evidence.spki);
    touch(evidence.certificate);
    FUZZ_CHECK(kc_evidence_wrapping_name(evidence.wrapping) != NULL);
    FUZZ_CHECK(kc_evidence_text_name(evidence.text) != NULL);
    touch(evidence.snp_table);
    touch(evidence.hcl.json);
    touch(evidence.hcl.padding);
    FUZZ_CHECK(evidence.is_snp == (evidence.snp_report.len == KC_SNP_REPORT_SIZE));
    FUZZ_CHECK(!evidence.is_snp || evidence.quote.len == 0);
    touch(evidence.snp_report);
    struct kc_quote quote;
    if (kc_quote_decode(evidence.quote, &quote, NULL) == KC_OK) {
        touch(quote.cert_data);
        touch(quote.trailing);
        FUZZ_CHECK(kc_quote_format_name(&quote) != NULL);
        FUZZ_CHECK(kc_quote_is_tdx(&quote) == (quote.tee_type == KC_TDX_QUOTE_TEE_TDX));
    }
    kc_evidence_clear(&evidence);
    return 0;
}
