#include "ratls/subject_name.h"

#include "formats/der_writer.h"

#define DNS_MAX   253
#define LABEL_MAX 63

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_label(struct kc_bytes label, bool *all_digits)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    *all_digits = true;
    for (size_t i = 0; i < label.len; i++) {
        uint8_t c = label.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !is_digit(c) && c != '-')
            return false;
        *all_digits = *all_digits && is_digit(c);
    }
    return true;
}

static bool is_dns(struct kc_bytes name)
{
    size_t start = 0;
    bool all_digits = true;
    if (name.len > DNS_MAX)
        return false;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.ptr[i] != '.')
            continue;
        if (i == start || !is_label(kc_bytes_of(name.ptr + start, i - start), &all_digits))
            return false;
        start = i + 1;
    }
    return !all_digits;
}

bool kc_ratls_subject_name_is_good(const struct kc_ratls_subject_name *name)
{
    switch (name->kind) {
    case KC_RATLS_NAME_DNS:
        return is_dns(name->value);
    case KC_RATLS_NAME_IP:
        return name->value.len == 4 || name->value.len == 16;
    }
    return false;
}

void kc_ratls_subject_name_write_all(struct kc_writer *w, const struct kc_ratls_subject_name *names,
                                     size_t count)
{
    size_t list = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        uint8_t tag = names[i].kind == KC_RATLS_NAME_DNS ? KC_DER_CONTEXT(2) : KC_DER_CONTEXT(7);
        kc_der_writer_element(w, tag, names[i].value);
    }
    kc_der_writer_end(w, list);
}
