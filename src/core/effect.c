#include "core/effect.h"

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
    default: /* LOG: kc_effect_decode lets no other through */
        out->code = kc_reader_u32(r);
        out->number = kc_reader_u64(r);
        out->number2 = kc_reader_u64(r);
        break;
    }
}

enum kc_err kc_effect_decode(const struct kc_frame_message *frame, struct kc_effect *out)
{
    struct kc_effect effect = {.type = frame->type};
    struct kc_reader r = kc_reader_of(frame->payload);
    if (frame->type < KC_EFFECT_READY || frame->type > KC_EFFECT_LOG)
        return KC_ERR_UNSUPPORTED;
    read_payload(&r, &effect);
    if (!kc_reader_done(&r))
        return KC_ERR_MALFORMED;
    *out = effect;
    return KC_OK;
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
    default:
        w->failed = true;
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
