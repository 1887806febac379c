/* Quote JSON that was read is written in its one form, which reads to the same. */
#include <string.h>

#include "formats/quote_json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_quote_json json;
    struct kc_quote_json back;
    struct kc_error error = KC_ERROR_NONE;
    char *first = NULL;
    char *second = NULL;
    size_t first_len = 0;
    size_t second_len = 0;
    if (kc_quote_json_from_report(kc_bytes_of(data, size), &json, NULL) == KC_OK)
        kc_quote_json_clear(&json);
    if (kc_quote_json_decode(kc_bytes_of(data, size), &json, &error) != KC_OK) {
        FUZZ_CHECK(error.code != KC_OK && error.what[0] != '\0');
        return 0;
    }
    FUZZ_CHECK(kc_quote_json_encode(&json, &first, &first_len, NULL) == KC_OK);
    FUZZ_CHECK(kc_quote_json_decode(kc_bytes_of(first, first_len), &back, NULL) == KC_OK);
    FUZZ_CHECK(kc_quote_json_encode(&back, &second, &second_len, NULL) == KC_OK);
    FUZZ_CHECK(first_len == second_len && memcmp(first, second, first_len) == 0);
    FUZZ_CHECK(json.quote_len == back.quote_len);
    FUZZ_CHECK(memcmp(json.quote, back.quote, json.quote_len) == 0);
    FUZZ_CHECK((json.held_data == NULL) == (back.held_data == NULL));
    free(first);
    free(second);
    kc_quote_json_clear(&json);
    kc_quote_json_clear(&back);
    return 0;
}
