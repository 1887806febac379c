/* What the quote reader accepts, the encoder writes again: to the byte, but for the reserved bytes
 * of SGX reports, which decoders drop. */
#include <string.h>

#include "formats/pck_id.h"
#include "formats/tdx_quote.h"
#include "fuzz.h"

static void check_parts(const struct kc_tdx_quote *quote, const uint8_t *data, size_t size)
{
    size_t tail = quote->signed_part.len + 4 + 128 + 6 + 384;
    FUZZ_CHECK(quote->signed_part.ptr == data);
    FUZZ_CHECK(quote->trailing.len < size);
    FUZZ_CHECK(quote->cert_data.ptr + quote->cert_data.len + quote->trailing.len == data + size);
    FUZZ_CHECK(quote->qe_report_signature.ptr == data + tail);
    struct kc_pck_id id;
    if (kc_pck_id_decode(quote->cert_data_type, quote->cert_data, &id, NULL) == KC_OK)
        FUZZ_CHECK(id.ppid.len + 20 == quote->cert_data.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[KC_TDX_QUOTE_MAX_SIZE];
    struct kc_tdx_quote quote;
    if (kc_tdx_quote_decode(kc_bytes_of(data, size), &quote, NULL) != KC_OK)
        return 0;
    check_parts(&quote, data, size);
    struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
    kc_tdx_quote_encode(&w, &quote);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size - quote.trailing.len);
    size_t tail = quote.signed_part.len + 4 + 128 + 6 + 384;
    if (quote.body_type != KC_TDX_QUOTE_SGX)
        FUZZ_CHECK(memcmp(again, data, tail - 384) == 0);
    FUZZ_CHECK(memcmp(again + tail, data + tail, w.len - tail) == 0);
    return 0;
}
