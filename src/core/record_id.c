#include "core/record_id.h"

#include <string.h>

static bool is_good(struct kc_bytes name)
{
    if (name.len > KC_RECORD_NAME_MAX || (name.len > 0 && name.ptr[0] == '.'))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
        if (!good)
            return false;
    }
    return true;
}

static void set(struct kc_record_id *out, uint8_t class, struct kc_bytes name)
{
    *out = (struct kc_record_id){.class = class, .name_len = (uint8_t)name.len};
    if (name.len > 0)
        memcpy(out->name, name.ptr, name.len);
}

bool kc_record_id_make(uint8_t class, struct kc_bytes name, struct kc_record_id *out)
{
    memset(out, 0, sizeof *out);
    if (name.len == 0 || !is_good(name))
        return false;
    set(out, class, name);
    return true;
}

bool kc_record_id_equal(const struct kc_record_id *a, const struct kc_record_id *b)
{
    return a->class == b->class && a->name_len == b->name_len &&
           memcmp(a->name, b->name, a->name_len) == 0;
}

void kc_record_id_encode(struct kc_writer *w, const struct kc_record_id *in)
{
    kc_writer_u8(w, in->class);
    kc_writer_u8(w, in->name_len);
    kc_writer_copy(w, in->name, in->name_len);
}

void kc_record_id_decode(struct kc_reader *r, struct kc_record_id *out)
{
    uint8_t class = kc_reader_u8(r);
    struct kc_bytes name = kc_reader_bytes(r, kc_reader_u8(r));
    memset(out, 0, sizeof *out);
    if (class < KC_RECORD_ROOT || class > KC_RECORD_KEY || !is_good(name))
        kc_reader_fail(r);
    else
        set(out, class, name);
}
