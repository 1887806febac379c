#include "core/effect.h"

void kc_store_write_encode(struct kc_writer *w, const struct kc_store_write *in)
{
    kc_record_id_encode(w, &in->id);
    kc_writer_u64(w, in->replaces);
    kc_writer_u32(w, (uint32_t)in->blob.len);
    kc_writer_bytes(w, in->blob);
}

bool kc_store_write_next(struct kc_reader *r, struct kc_store_write *out)
{
    if (r->left == 0)
        return false;
    kc_record_id_decode(r, &out->id);
    out->replaces = kc_reader_u64(r);
    out->blob = kc_reader_bytes(r, kc_reader_u32(r));
    return !r->failed;
}

static void read_of_connection(struct kc_reader *r, struct kc_effect *out)
{
    switch (out->type) {
    case KC_EFFECT_SEND:
        out->body = kc_reader_rest(r);
        break;
    case KC_EFFECT_CLOSE:
        out->code = kc_reader_u32(r);
        break;
    case KC_EFFECT_FETCH:
        kc_record_id_decode(r, &out->record);
        break;
    case KC_EFFECT_SCAN:
        out->limit = kc_reader_u32(r);
        kc_record_id_decode(r, &out->record);
        break;
    case KC_EFFECT_STORE:
        kc_reader_copy(r, out->batch, sizeof out->batch);
        out->body = kc_reader_rest(r);
        break;
    default: /* RESUME_WANTED */
        break;
    }
}

static void read_payload(struct kc_reader *r, struct kc_effect *out)
{
    switch (out->type) {
    case KC_EFFECT_READY:
        out->version = kc_reader_u32(r);
        out->requests_max = kc_reader_u32(r);
        break;
    case KC_EFFECT_REFUSED:
        out->message = kc_reader_u16(r);
        if (kc_reader_u16(r) != 0)
            kc_reader_fail(r);
        out->code = kc_reader_u32(r);
        out->number = kc_reader_u64(r);
        break;
    case KC_EFFECT_TARGET_WANTED:
        out->id = kc_reader_u64(r);
        break;
    case KC_EFFECT_QUOTE_WANTED:
        out->id = kc_reader_u64(r);
        out->body = kc_reader_bytes(r, KC_SGX_REPORT_SIZE);
        break;
    case KC_EFFECT_REPORT:
    case KC_EFFECT_EVIDENCE:
        out->id = kc_reader_u64(r);
        out->key = kc_reader_bytes(r, KC_PUBLIC_KEY_SIZE);
        out->body = kc_reader_rest(r);
        break;
    case KC_EFFECT_FAILED:
        out->id = kc_reader_u64(r);
        out->code = kc_reader_u32(r);
        out->detail = kc_reader_u32(r);
        break;
    case KC_EFFECT_LOG:
        out->code = kc_reader_u32(r);
        out->number = kc_reader_u64(r);
        out->number2 = kc_reader_u64(r);
        break;
    case KC_EFFECT_WORK_WANTED:
        break;
    case KC_EFFECT_SERVING:
        kc_reader_copy(r, out->kms_id, sizeof out->kms_id);
        out->not_before = kc_reader_u64(r);
        out->not_after = kc_reader_u64(r);
        break;
    default: /* of a connection: kc_effect_decode lets no other through */
        out->conn = kc_reader_u64(r);
        read_of_connection(r, out);
        break;
    }
}

enum kc_err kc_effect_decode(const struct kc_frame_message *frame, struct kc_effect *out)
{
    struct kc_effect effect = {.type = frame->type};
    struct kc_reader r = kc_reader_of(frame->payload);
    if (frame->type < KC_EFFECT_READY || frame->type > KC_EFFECT_SERVING)
        return KC_ERR_UNSUPPORTED;
    read_payload(&r, &effect);
    if (!kc_reader_done(&r))
        return KC_ERR_MALFORMED;
    *out = effect;
    return KC_OK;
}

static void write_of_connection(struct kc_writer *w, const struct kc_effect *in)
{
    switch (in->type) {
    case KC_EFFECT_RESUME_WANTED:
        break;
    case KC_EFFECT_SEND:
        kc_writer_bytes(w, in->body);
        break;
    case KC_EFFECT_CLOSE:
        kc_writer_u32(w, in->code);
        break;
    case KC_EFFECT_FETCH:
        kc_record_id_encode(w, &in->record);
        break;
    case KC_EFFECT_SCAN:
        kc_writer_u32(w, in->limit);
        kc_record_id_encode(w, &in->record);
        break;
    case KC_EFFECT_STORE:
        kc_writer_copy(w, in->batch, sizeof in->batch);
        kc_writer_bytes(w, in->body);
        break;
    default:
        w->failed = true;
        break;
    }
}

static void write_payload(struct kc_writer *w, const struct kc_effect *in)
{
    switch (in->type) {
    case KC_EFFECT_READY:
        kc_writer_u32(w, in->version);
        kc_writer_u32(w, in->requests_max);
        break;
    case KC_EFFECT_REFUSED:
        kc_writer_u16(w, in->message);
        kc_writer_u16(w, 0);
        kc_writer_u32(w, in->code);
        kc_writer_u64(w, in->number);
        break;
    case KC_EFFECT_TARGET_WANTED:
    case KC_EFFECT_QUOTE_WANTED:
    case KC_EFFECT_REPORT:
    case KC_EFFECT_EVIDENCE:
        kc_writer_u64(w, in->id);
        kc_writer_bytes(w, in->key);
        kc_writer_bytes(w, in->body);
        break;
    case KC_EFFECT_FAILED:
        kc_writer_u64(w, in->id);
        kc_writer_u32(w, in->code);
        kc_writer_u32(w, in->detail);
        break;
    case KC_EFFECT_LOG:
        kc_writer_u32(w, in->code);
        kc_writer_u64(w, in->number);
        kc_writer_u64(w, in->number2);
        break;
    case KC_EFFECT_WORK_WANTED:
        break;
    case KC_EFFECT_SERVING:
        kc_writer_copy(w, in->kms_id, sizeof in->kms_id);
        kc_writer_u64(w, in->not_before);
        kc_writer_u64(w, in->not_after);
        break;
    default:
        kc_writer_u64(w, in->conn);
        write_of_connection(w, in);
        break;
    }
}

void kc_effect_encode(struct kc_writer *w, const struct kc_effect *in)
{
    struct kc_writer count = KC_WRITER_COUNT;
    write_payload(&count, in);
    kc_frame_write_header(w, in->type, count.len);
    write_payload(w, in);
}
