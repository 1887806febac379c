/* The envelope and every payload of both directions: what decodes has one encoding. */
#include <string.h>

#include "core/effect.h"
#include "core/message.h"
#include "fuzz.h"

static void check_again(const struct kc_frame_message *frame, const struct kc_writer *w)
{
    struct kc_bytes again = kc_writer_written(w);
    FUZZ_CHECK(!kc_writer_failed(w));
    FUZZ_CHECK(again.len == KC_FRAME_HEADER_SIZE + frame->payload.len);
    FUZZ_CHECK(frame->payload.len == 0 || memcmp(again.ptr + KC_FRAME_HEADER_SIZE,
                                                 frame->payload.ptr, frame->payload.len) == 0);
}

static void decode_and_encode(const struct kc_frame_message *frame, struct kc_room room)
{
    struct kc_message message;
    struct kc_effect effect;
    if (kc_message_decode(frame, &message) == KC_OK) {
        struct kc_writer w = kc_writer_of(room);
        kc_message_encode(&w, &message);
        check_again(frame, &w);
    }
    if (kc_effect_decode(frame, &effect) == KC_OK) {
        struct kc_writer w = kc_writer_of(room);
        kc_effect_encode(&w, &effect);
        check_again(frame, &w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_bytes bytes = kc_bytes_of(data, size);
    struct kc_reader r = kc_reader_of(bytes);
    struct kc_frame_message frame;
    struct kc_room room = {malloc(size + 1), size};
    size_t count = 0;
    if (kc_frame_check(bytes, KC_FRAME_MESSAGES_MAX) == KC_OK) {
        for (; kc_frame_next(&r, &frame); count++)
            decode_and_encode(&frame, room);
        FUZZ_CHECK(r.left == 0 && count > 0 && count <= KC_FRAME_MESSAGES_MAX);
    }
    free(room.ptr);
    return 0;
}
