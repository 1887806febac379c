/* Nothing but what was signed is accepted: the seeds are the only ones, up to their sameness. */
#include <string.h>

#include "fuzz.h"
#include "image/sigstruct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_sigstruct found = {0};
    if (kc_sigstruct_decode(kc_bytes_of(data, size), &found, NULL) != KC_OK) {
        FUZZ_CHECK(kc_bytes_are_zero(kc_bytes_of(&found, sizeof found)));
        return 0;
    }
    FUZZ_CHECK(size == KC_SIGSTRUCT_SIZE);
    FUZZ_CHECK(memcmp(found.mrenclave, data + 960, sizeof found.mrenclave) == 0);
    FUZZ_CHECK(memcmp(found.modulus, data + 128, sizeof found.modulus) == 0);
    return 0;
}
