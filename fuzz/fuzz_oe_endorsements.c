/* Endorsements that the reader accepts, the encoder writes again: SGX to the byte, TDX but for
 * version, pointers and padding. The time is written in one form only. */
#include <string.h>

#include "formats/oe_endorsements.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[KC_OE_ENDORSEMENTS_MAX_SIZE];
    struct kc_oe_endorsements e;
    if (kc_oe_endorsements_decode(kc_bytes_of(data, size), &e, NULL) != KC_OK)
        return 0;
    struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
    kc_oe_endorsements_encode(&w, &e);
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size);
    size_t start = e.tee == KC_OE_ENDORSEMENTS_SGX ? 0 : 120;
    FUZZ_CHECK(memcmp(again + start, data + start, size - start) == 0);
    return 0;
}
