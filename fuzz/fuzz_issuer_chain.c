/* An issuer chain's header: decoded within its room, to printable lines alone. */
#include "collateral/issuer_chain.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = 0;
    uint8_t *room = malloc(size + 1);
    FUZZ_CHECK(room != NULL);
    if (kc_issuer_chain_decode(kc_bytes_of(data, size), (struct kc_room){room, size}, &len, NULL) ==
        KC_OK) {
        FUZZ_CHECK(len <= size);
        for (size_t i = 0; i < len; i++)
            FUZZ_CHECK((room[i] >= 0x20 && room[i] < 0x7f) || room[i] == '\n' || room[i] == '\r');
    }
    free(room);
    return 0;
}
