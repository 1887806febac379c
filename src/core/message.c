#include "core/message.h"

/* Target info and quote are there or a reason why not, never both and never neither. */
static void read_answer(struct kc_reader *r, struct kc_message *out, size_t exact)
{
    out->id = kc_reader_u64(r);
    out->code = kc_reader_u32(r);
    out->body = kc_reader_rest(r);
    bool fits = exact == 0 ? out->body.len > 0 : out->body.len == exact;
    if (out->code == 0 ? !fits : out->body.len != 0)
        kc_reader_fail(r);
}

enum kc_err kc_message_decode(const struct kc_frame_message *frame, struct kc_message *out)
{
    struct kc_message message = {.type = frame->type};
    struct kc_reader r = kc_reader_of(frame->payload);
    switch (frame->type) {
    case KC_MESSAGE_START:
        message.version = kc_reader_u32(&r);
        message.requests_max = kc_reader_u32(&r);
        message.now = kc_reader_u64(&r);
        break;
    case KC_MESSAGE_TICK:
        message.now = kc_reader_u64(&r);
        break;
    case KC_MESSAGE_GET_REPORT:
        message.id = kc_reader_u64(&r);
        break;
    case KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY:
        message.id = kc_reader_u64(&r);
        kc_reader_copy(&r, message.format, sizeof message.format);
        message.body = kc_reader_rest(&r);
        break;
    case KC_MESSAGE_TARGETINFO:
        read_answer(&r, &message, KC_SGX_TARGETINFO_SIZE);
        break;
    case KC_MESSAGE_QUOTE:
        read_answer(&r, &message, 0);
        break;
    default:
        return KC_ERR_UNSUPPORTED;
    }
    if (!kc_reader_done(&r))
        return KC_ERR_MALFORMED;
    *out = message;
    return KC_OK;
}

static void write_payload(struct kc_writer *w, const struct kc_message *in)
{
    switch (in->type) {
    case KC_MESSAGE_START:
        kc_writer_u32(w, in->version);
        kc_writer_u32(w, in->requests_max);
        kc_writer_u64(w, in->now);
        break;
    case KC_MESSAGE_TICK:
        kc_writer_u64(w, in->now);
        break;
    case KC_MESSAGE_GET_REPORT:
        kc_writer_u64(w, in->id);
        break;
    case KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY:
        kc_writer_u64(w, in->id);
        kc_writer_copy(w, in->format, sizeof in->format);
        kc_writer_bytes(w, in->body);
        break;
    case KC_MESSAGE_TARGETINFO:
    case KC_MESSAGE_QUOTE:
        kc_writer_u64(w, in->id);
        kc_writer_u32(w, in->code);
        kc_writer_bytes(w, in->body);
        break;
    default:
        w->failed = true;
        break;
    }
}

void kc_message_encode(struct kc_writer *w, const struct kc_message *in)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_payload(&count, in);
    kc_frame_write_header(w, in->type, count.len);
    write_payload(w, in);
}
