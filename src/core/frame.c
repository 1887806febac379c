#include "core/frame.h"

static struct kc_frame_message read_message(struct kc_reader *r)
{
    struct kc_frame_message message = {0};
    message.type = kc_reader_u16(r);
    if (kc_reader_u16(r) != 0)
        kc_reader_fail(r);
    uint32_t length = kc_reader_u32(r);
    message.payload = kc_reader_bytes(r, length);
    return message;
}

enum kc_err kc_frame_check(struct kc_bytes frame, size_t messages_max)
{
    struct kc_reader r = kc_reader_of(frame);
    size_t count = 0;
    while (r.left > 0 && !kc_reader_failed(&r)) {
        (void)read_message(&r);
        count++;
    }
    bool good = kc_reader_done(&r) && count > 0 && count <= messages_max;
    return good ? KC_OK : KC_ERR_MALFORMED;
}

bool kc_frame_next(struct kc_reader *r, struct kc_frame_message *out)
{
    if (r->left == 0)
        return false;
    struct kc_frame_message message = read_message(r);
    if (kc_reader_failed(r))
        return false;
    *out = message;
    return true;
}

void kc_frame_write_header(struct kc_writer *w, uint16_t type, size_t length)
{
    if (length > UINT32_MAX) {
        w->failed = true;
        return;
    }
    kc_writer_u16(w, type);
    kc_writer_u16(w, 0);
    kc_writer_u32(w, (uint32_t)length);
}
