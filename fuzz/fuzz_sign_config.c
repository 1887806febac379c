/* Accepted settings are in range, and the text stays accepted with a comment behind it. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"
#include "image/layout.h"
#include "image/sign_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char more[] = "\n# comment";
    struct kc_sign_config found = {0};
    struct kc_sign_config again = {0};
    if (kc_sign_config_parse(kc_bytes_of(data, size), &found, NULL) != KC_OK)
        return 0;
    FUZZ_CHECK(found.heap_pages >= 1 && found.heap_pages <= KC_LAYOUT_MAX_HEAP_PAGES);
    FUZZ_CHECK(found.stack_pages >= 1 && found.stack_pages <= KC_LAYOUT_MAX_STACK_PAGES);
    FUZZ_CHECK(found.tcs_count >= 1 && found.tcs_count <= KC_IMAGE_MAX_TCS);
    uint8_t *text = malloc(size + sizeof more);
    memcpy(text, data, size);
    memcpy(text + size, more, sizeof more - 1);
    FUZZ_CHECK(kc_sign_config_parse(kc_bytes_of(text, size + sizeof more - 1), &again, NULL) ==
               KC_OK);
    FUZZ_CHECK(found.heap_pages == again.heap_pages && found.date == again.date);
    free(text);
    return 0;
}
