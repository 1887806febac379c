/* Tagged evidence is encoded to the same bytes; claims maps and hash entries keep their rules. */
#include <string.h>

#include "formats/cbor.h"
#include "formats/dice.h"
#include "fuzz.h"

static void check_claims(struct kc_bytes in, uint8_t *out)
{
    struct kc_dice_claims claims;
    struct kc_bytes hash;
    uint64_t algorithm;
    if (kc_dice_claims_decode(in, &claims, NULL) != KC_OK)
        return;
    struct kc_writer w = kc_writer_of((struct kc_room){out, in.len});
    kc_cbor_write_map(&w, claims.count);
    for (size_t i = 0; i < claims.count; i++) {
        kc_cbor_write_text(&w, claims.claim[i].name);
        kc_cbor_write_bytes(&w, claims.claim[i].value);
        for (size_t k = 0; k < i; k++)
            FUZZ_CHECK(!kc_bytes_equal(claims.claim[i].name, claims.claim[k].name));
        if (kc_dice_hash_entry_decode(claims.claim[i].value, &algorithm, &hash, NULL) == KC_OK)
            FUZZ_CHECK(hash.len == 32 || hash.len == 48 || hash.len == 64);
    }
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == in.len);
    FUZZ_CHECK(memcmp(out, in.ptr, in.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_dice_evidence evidence;
    uint8_t *out = malloc(size + 1);
    if (kc_dice_evidence_decode(kc_bytes_of(data, size), &evidence, NULL) == KC_OK) {
        struct kc_writer w = kc_writer_of((struct kc_room){out, size});
        kc_dice_evidence_encode(&w, &evidence);
        FUZZ_CHECK(!kc_writer_failed(&w) && w.len == size);
        FUZZ_CHECK(memcmp(out, data, size) == 0);
        check_claims(evidence.claims, out);
    }
    check_claims(kc_bytes_of(data, size), out);
    free(out);
    return 0;
}
