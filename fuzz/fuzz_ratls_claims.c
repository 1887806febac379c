/* Claims that decode have one encoding, and it is the input. */
#include <string.h>

#include "formats/dice.h"
#include "fuzz.h"
#include "ratls/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_ratls_claims claims;
    struct kc_dice_claims loose;
    uint8_t out[KC_RATLS_CLAIMS_MAX];
    if (kc_ratls_claims_decode(kc_bytes_of(data, size), &claims, NULL) != KC_OK)
        return 0;
    struct kc_writer w = kc_writer_of((struct kc_room){out, sizeof out});
    kc_ratls_claims_encode(&w, &claims);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size);
    FUZZ_CHECK(memcmp(out, data, size) == 0);
    FUZZ_CHECK(claims.fresh == (claims.nonce_len != 0));
    /* The strict reader takes nothing that the one of the wider format refuses. */
    FUZZ_CHECK(kc_dice_claims_decode(kc_bytes_of(data, size), &loose, NULL) == KC_OK);
    return 0;
}
