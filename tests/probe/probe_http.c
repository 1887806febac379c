#include "probe_http.h"

#include <string.h>

#include "http/message.h"

size_t probe_http(struct kc_bytes request, uint8_t *out)
{
    static const struct kc_http_limits limits = {
        .line = 100, .headers = 8, .header_bytes = 1000, .body = 1000};
    struct kc_http_message message;
    uint8_t room[1200];
    size_t used = 0;
    uint16_t status = 400;
    size_t path_len = 0;
    if (kc_http_head_room(&limits) > sizeof(room) ||
        kc_http_request_init(&message, &limits, (struct kc_room){room, sizeof(room)}) != KC_OK)
        return 0;
    enum kc_http_event event = kc_http_feed(&message, request, &used);
    if (event == KC_HTTP_REFUSED)
        status = (uint16_t)message.refusal;
    if (event == KC_HTTP_GOT_HEAD) {
        status = 0;
        path_len = message.path.len;
        memcpy(out + 2, message.path.ptr, path_len);
    }
    memcpy(out, &status, 2);
    kc_http_wipe(&message);
    return 2 + path_len;
}
