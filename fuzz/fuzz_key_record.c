/* Bodies of KEY and TOKEN records: what is read is written in the same bytes. */
#include <string.h>

#include "core/key_record.h"
#include "core/token.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t room[KC_KEY_RECORD_SIZE];
    struct kc_bytes body = {data, size};
    struct kc_key_record key = {0};
    struct kc_token_record token = {0};
    struct kc_writer w = kc_writer_of((struct kc_room){room, sizeof room});
    if (kc_key_record_decode(body, &key) == KC_OK) {
        kc_key_record_encode(&w, &key);
        FUZZ_CHECK(kc_bytes_equal(kc_writer_written(&w), body));
    }
    w = kc_writer_of((struct kc_room){room, sizeof room});
    if (kc_token_record_decode(body, &token) == KC_OK) {
        kc_token_record_encode(&w, &token);
        FUZZ_CHECK(kc_bytes_equal(kc_writer_written(&w), body));
    }
    return 0;
}
