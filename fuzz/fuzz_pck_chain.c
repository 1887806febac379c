/*
 * A PEM chain that is accepted is what the PEM writer makes of its certificates, but for the last
 * line's LF and a NUL; and no chain but the seed's own holds under Intel's root at the seed's time.
 */
#include <string.h>

#include "base/pem.h"
#include "fuzz.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"

#define SEED_TIME 1755236700 /* 2025-08-15T05:45:00Z */
/* SHA-256 of the three certificates of tests/vectors/seed/quote.json, one after the other. */
static const uint8_t seed_hash[32] = {
    0xfd, 0x87, 0xd9, 0x28, 0x97, 0x14, 0x22, 0x2b, 0xf3, 0x3d, 0x87, 0x38, 0xe4, 0xa6, 0x25, 0x65,
    0x15, 0x48, 0xb5, 0x08, 0x7d, 0x76, 0x84, 0x40, 0x17, 0xa5, 0x04, 0x4b, 0xb0, 0xfc, 0xb4, 0xbe,
};

static void check_chain(const struct kc_pck_chain *chain, const uint8_t *pem, size_t pem_len)
{
    static uint8_t text[4 * 6000];
    static uint8_t all[sizeof chain->der];
    uint8_t hash[32];
    struct kc_writer w = kc_writer_of((struct kc_room){text, sizeof text});
    struct kc_writer der = kc_writer_of((struct kc_room){all, sizeof all});
    for (size_t i = 0; i < chain->count; i++) {
        kc_pem_write(&w, "CERTIFICATE", chain->certificate[i].der);
        kc_writer_bytes(&der, chain->certificate[i].der);
    }
    FUZZ_CHECK(!kc_writer_failed(&w) && !kc_writer_failed(&der));
    FUZZ_CHECK(w.len == pem_len || w.len == pem_len + 1);
    FUZZ_CHECK(memcmp(text, pem, pem_len) == 0);
    if (kc_chain_verify_pck(chain, kc_chain_intel_root_key, SEED_TIME).fault == KC_CHAIN_GOOD) {
        FUZZ_CHECK(kc_sha256(kc_writer_written(&der), hash));
        FUZZ_CHECK(memcmp(hash, seed_hash, sizeof hash) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kc_pck_chain chain;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_pck_chain_decode(kc_bytes_of(data, size), &chain, &error) != KC_OK) {
        FUZZ_CHECK(error.code != KC_OK && error.at <= size && chain.count == 0);
        return 0;
    }
    FUZZ_CHECK(chain.count >= 1 && chain.count <= KC_PCK_CHAIN_MAX);
    check_chain(&chain, data, data[size - 1] == 0 ? size - 1 : size);
    return 0;
}
