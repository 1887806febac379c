/* A bundle that is read has one encoding; the hash is made to hold, to get behind it. */
#include <string.h>

#include <openssl/sha.h>

#include "collateral/facts.h"
#include "fuzz.h"

static void check(struct kc_bytes bytes)
{
    struct kc_bundle bundle = {0};
    struct kc_error error = KC_ERROR_NONE;
    if (kc_bundle_decode(bytes, &bundle, &error) != KC_OK) {
        FUZZ_CHECK(error.code == KC_ERR_MALFORMED);
        return;
    }
    struct kc_fact fact[KC_BUNDLE_PIECES];
    FUZZ_CHECK(kc_facts_read(&bundle, fact) == KC_OK);
    uint8_t *room = malloc(bytes.len);
    FUZZ_CHECK(room != NULL);
    struct kc_writer w = kc_writer_of((struct kc_room){room, bytes.len});
    FUZZ_CHECK(kc_bundle_encode(&w, &bundle) == KC_OK);
    FUZZ_CHECK(kc_bytes_equal(kc_writer_written(&w), bytes));
    free(room);
    kc_bundle_clear(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(kc_bytes_of(data, size));
    if (size < 40)
        return 0;
    uint8_t *copy = malloc(size);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data, size);
    SHA256(copy, size - 32, copy + size - 32);
    check(kc_bytes_of(copy, size));
    free(copy);
    return 0;
}
