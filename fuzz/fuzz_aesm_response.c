/* A hostile AESM service: whatever it answers, the client writes its outputs on success only and
 * never beyond the length that stands in the quote. */
#include <string.h>

#include "aesm/response.h"
#include "fuzz.h"

#define UNTOUCHED 0x5a

static void check_untouched(const uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        FUZZ_CHECK(bytes[i] == UNTOUCHED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
    uint8_t quote[2048];
    struct kc_aesm_error error = {0};
    struct kc_bytes message = kc_bytes_of(data, size);
    size_t len = 0;
    memset(target_info, UNTOUCHED, sizeof target_info);
    memset(quote, UNTOUCHED, sizeof quote);
    if (kc_aesm_response_init_quote(message, target_info, &error) != KC_OK) {
        check_untouched(target_info, 0, sizeof target_info);
        FUZZ_CHECK(error.what[0] != '\0' && error.mend[0] != '\0');
    }
    enum kc_err err =
        kc_aesm_response_quote(message, (struct kc_room){quote, sizeof quote}, &len, &error);
    FUZZ_CHECK((err == KC_OK) == (len != 0));
    FUZZ_CHECK(len <= sizeof quote);
    check_untouched(quote, len, sizeof quote);
    if (err == KC_OK) {
        uint32_t rest = (uint32_t)quote[432] | (uint32_t)quote[433] << 8 |
                        (uint32_t)quote[434] << 16 | (uint32_t)quote[435] << 24;
        FUZZ_CHECK(len == 436 + (size_t)rest);
    }
    return 0;
}
