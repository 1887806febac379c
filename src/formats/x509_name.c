#include "formats/x509_name.h"

#include <string.h>

static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};

static bool is_printable(struct kc_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool alphanumeric =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == 0 || strchr(" '()+,-./:=?", c) == NULL))
            return false;
    }
    return true;
}

static bool is_ascii(struct kc_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == 0 || text.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

/* The octets of the UTF-8 character at `p` (RFC 3629, section 4), 0 when there is none. NUL is
 * none: a name that ends early for some reader is two names. */
static size_t utf8_character(const uint8_t *p, size_t left)
{
    uint8_t first = p[0];
    size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0 || first > 0xf4 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xe0 && p[1] < 0xa0) || (first == 0xf0 && p[1] < 0x90);
    bool surrogate = first == 0xed && p[1] >= 0xa0;
    bool too_high = first == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || too_high ? 0 : n;
}

static bool is_utf8(struct kc_bytes text)
{
    size_t i = 0;
    while (i < text.len) {
        size_t n = utf8_character(text.ptr + i, text.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static struct kc_bytes read_string(struct kc_reader *r)
{
    struct kc_reader before = *r;
    uint8_t tag = kc_der_peek(r);
    struct kc_bytes text = kc_der_content(r, tag);
    bool good = (tag == KC_DER_PRINTABLE_STRING && is_printable(text)) ||
                (tag == KC_DER_UTF8_STRING && is_utf8(text)) ||
                (tag == KC_DER_IA5_STRING && is_ascii(text));
    if (!good || text.len == 0) {
        *r = before;
        kc_reader_fail(r);
        return kc_bytes_of(NULL, 0);
    }
    return text;
}

/* RelativeDistinguishedName: a SET of one AttributeTypeAndValue. */
static void read_rdn(struct kc_reader *r, struct kc_bytes *common_name)
{
    struct kc_reader set = kc_der_enter(r, KC_DER_SET);
    struct kc_reader attribute = kc_der_enter(&set, KC_DER_SEQUENCE);
    struct kc_bytes type = kc_der_oid(&attribute);
    struct kc_bytes value = read_string(&attribute);
    if (kc_bytes_equal(type, kc_bytes_of(oid_common_name, sizeof oid_common_name))) {
        if (common_name->len != 0)
            kc_reader_fail(&attribute);
        *common_name = value;
    }
    kc_der_leave(&set, &attribute);
    kc_der_leave(r, &set);
}

struct kc_bytes kc_x509_name_read(struct kc_reader *r, struct kc_bytes *common_name)
{
    const uint8_t *start = r->ptr;
    size_t left = r->left;
    struct kc_reader rdns = kc_der_enter(r, KC_DER_SEQUENCE);
    *common_name = kc_bytes_of(NULL, 0);
    while (!rdns.failed && rdns.left > 0)
        read_rdn(&rdns, common_name);
    kc_der_leave(r, &rdns);
    if (!r->failed)
        return kc_bytes_of(start, left - r->left);
    *common_name = kc_bytes_of(NULL, 0);
    return kc_bytes_of(NULL, 0);
}

/* The forms that hold plain octets. */
static bool is_good_form(uint8_t tag, struct kc_bytes value)
{
    switch (tag) {
    case KC_DER_CONTEXT(1): /* rfc822Name */
    case KC_DER_CONTEXT(2): /* dNSName */
    case KC_DER_CONTEXT(6): /* uniformResourceIdentifier */
        return value.len > 0 && is_ascii(value);
    case KC_DER_CONTEXT(7): /* iPAddress */
        return value.len == 4 || value.len == 16;
    default:
        return false;
    }
}

static void check_general_name(struct kc_reader *r)
{
    struct kc_reader before = *r;
    uint8_t tag = kc_der_peek(r);
    struct kc_reader inner = kc_der_enter(r, tag);
    if (tag == KC_DER_CONTEXT_CONSTRUCTED(4)) { /* directoryName, explicit as it is a CHOICE */
        struct kc_bytes common_name;
        (void)kc_x509_name_read(&inner, &common_name);
        kc_der_leave(r, &inner);
    } else if (!is_good_form(tag, kc_reader_rest(&inner))) {
        *r = before;
        kc_reader_fail(r);
    }
}

void kc_x509_general_names_check(struct kc_reader *r)
{
    do
        check_general_name(r);
    while (!r->failed && r->left > 0);
}
