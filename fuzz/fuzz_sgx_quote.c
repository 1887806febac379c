/* A decoded quote, encoded again, is the input but for trailing bytes and reserved ones. */
#include <string.h>

#include "formats/sgx_quote.h"
#include "fuzz.h"

/* Reserved bytes of a report body are not kept; the encoder writes zeros. */
static void zero_reserved(uint8_t *body)
{
    memset(body + 21, 0, 11);
    memset(body + 96, 0, 32);
    memset(body + 160, 0, 32);
    memset(body + 262, 0, 42);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t want[KC_SGX_QUOTE_MAX_SIZE];
    static uint8_t out[KC_SGX_QUOTE_MAX_SIZE];
    struct kc_sgx_quote quote;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_sgx_quote_decode(kc_bytes_of(data, size), &quote, &error) != KC_OK) {
        FUZZ_CHECK(error.code != KC_OK && error.what[0] != '\0');
        return 0;
    }
    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_sgx_quote_encode(&w, &quote);
    FUZZ_CHECK(!kc_writer_failed(&w));
    FUZZ_CHECK(w.len + quote.trailing.len == size);
    memcpy(want, data, w.len);
    zero_reserved(want + 48);
    zero_reserved(want + 564);
    FUZZ_CHECK(memcmp(out, want, w.len) == 0);
    return 0;
}
