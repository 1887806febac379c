/* A stream of responses: however it is cut, the same messages come out. */
#include "http_pieces.h"

static void init_get(struct kc_http_message *m, struct kc_room room)
{
    FUZZ_CHECK(kc_http_response_init(m, &http_limits, room, KC_HTTP_GET) == KC_OK);
}

static void init_head(struct kc_http_message *m, struct kc_room room)
{
    FUZZ_CHECK(kc_http_response_init(m, &http_limits, room, KC_HTTP_HEAD) == KC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    http_all_ways(kc_bytes_of(data + 2, size - 2), data[1],
                  data[0] % 2 == 0 ? init_get : init_head);
    return 0;
}
