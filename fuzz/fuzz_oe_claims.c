/* Custom claims have one encoding: what decodes is encoded to the same bytes. */
#include <string.h>

#include "formats/oe_claims.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_oe_claims claims;
    if (kc_oe_claims_decode(kc_bytes_of(data, size), &claims, NULL) != KC_OK)
        return 0;
    FUZZ_CHECK(claims.count <= KC_OE_CLAIMS_MAX);
    uint8_t *out = malloc(size);
    struct kc_writer w = kc_writer_of((struct kc_room){out, size});
    kc_oe_claims_encode(&w, &claims);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size);
    FUZZ_CHECK(memcmp(out, data, size) == 0);
    free(out);
    return 0;
}
