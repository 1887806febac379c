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

bool kc_message_next_name(struct kc_reader *r, struct kc_bytes *name)
{
    if (r->left == 0)
        return false;
    *name = kc_reader_bytes(r, kc_reader_u8(r));
    return !r->failed;
}

void kc_message_write_name(struct kc_writer *w, struct kc_bytes name)
{
    if (name.len > UINT8_MAX)
        w->failed = true;
    kc_writer_u8(w, (uint8_t)name.len);
    kc_writer_bytes(w, name);
}

/* A blob is there exactly when the record is. */
static void read_record(struct kc_reader *r, struct kc_message *out)
{
    out->code = kc_reader_u32(r);
    kc_record_id_decode(r, &out->record);
    out->body = kc_reader_rest(r);
    if (out->code == KC_FOUND ? out->body.len == 0 : out->body.len != 0)
        kc_reader_fail(r);
}

static void read_ids(struct kc_reader *r, struct kc_message *out)
{
    out->code = kc_reader_u32(r);
    out->record.class = kc_reader_u8(r);
    uint8_t end = kc_reader_u8(r);
    out->end = end == 1;
    bool class_known = out->record.class >= KC_RECORD_ROOT && out->record.class <= KC_RECORD_KEY;
    if (end > 1 || kc_reader_u16(r) != 0 || !class_known)
        kc_reader_fail(r);
    out->body = kc_reader_rest(r);
    if (out->code != KC_FOUND && (out->body.len != 0 || out->end))
        kc_reader_fail(r);
}

static void read_of_connection(struct kc_reader *r, struct kc_message *out)
{
    switch (out->type) {
    case KC_MESSAGE_OPEN:
        out->listener = kc_reader_u32(r);
        break;
    case KC_MESSAGE_BYTES:
        out->body = kc_reader_rest(r);
        break;
    case KC_MESSAGE_RECORD:
        read_record(r, out);
        break;
    case KC_MESSAGE_IDS:
        read_ids(r, out);
        break;
    case KC_MESSAGE_STORED:
        kc_reader_copy(r, out->batch, sizeof out->batch);
        out->code = kc_reader_u32(r);
        break;
    default: /* CLOSE, RESUME: the number is all */
        break;
    }
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
        message.sessions_max = kc_reader_u32(&r);
        message.certificate_life = kc_reader_u32(&r);
        message.names = kc_reader_bytes(&r, kc_reader_u32(&r));
        message.body = kc_reader_bytes(&r, kc_reader_u32(&r));
        if (message.names.len > KC_MESSAGE_NAMES_MAX || message.body.len > KC_MESSAGE_ROOT_MAX)
            kc_reader_fail(&r);
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
    case KC_MESSAGE_WORK:
        break;
    case KC_MESSAGE_OPEN:
    case KC_MESSAGE_BYTES:
    case KC_MESSAGE_CLOSE:
    case KC_MESSAGE_RESUME:
    case KC_MESSAGE_RECORD:
    case KC_MESSAGE_IDS:
    case KC_MESSAGE_STORED:
        message.conn = kc_reader_u64(&r);
        read_of_connection(&r, &message);
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
        kc_writer_u32(w, in->sessions_max);
        kc_writer_u32(w, in->certificate_life);
        kc_writer_u32(w, (uint32_t)in->names.len);
        kc_writer_bytes(w, in->names);
        kc_writer_u32(w, (uint32_t)in->body.len);
        kc_writer_bytes(w, in->body);
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
    case KC_MESSAGE_WORK:
        break;
    case KC_MESSAGE_OPEN:
        kc_writer_u64(w, in->conn);
        kc_writer_u32(w, in->listener);
        break;
    case KC_MESSAGE_BYTES:
    case KC_MESSAGE_CLOSE:
    case KC_MESSAGE_RESUME:
        kc_writer_u64(w, in->conn);
        kc_writer_bytes(w, in->body);
        break;
    case KC_MESSAGE_RECORD:
        kc_writer_u64(w, in->conn);
        kc_writer_u32(w, in->code);
        kc_record_id_encode(w, &in->record);
        kc_writer_bytes(w, in->body);
        break;
    case KC_MESSAGE_IDS:
        kc_writer_u64(w, in->conn);
        kc_writer_u32(w, in->code);
        kc_writer_u8(w, in->record.class);
        kc_writer_u8(w, in->end ? 1 : 0);
        kc_writer_u16(w, 0);
        kc_writer_bytes(w, in->body);
        break;
    case KC_MESSAGE_STORED:
        kc_writer_u64(w, in->conn);
        kc_writer_copy(w, in->batch, sizeof in->batch);
        kc_writer_u32(w, in->code);
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
