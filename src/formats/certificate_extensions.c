#include "formats/certificate_extensions.h"

#include "formats/x509_name.h"

const uint8_t kc_certificate_oid_sgx[9] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

/* What each reader gets: the content of extnValue, which it must use up. */
typedef void read_extension(struct kc_reader *value, struct kc_certificate *out);

static void read_subject_key_id(struct kc_reader *value, struct kc_certificate *out)
{
    size_t at = value->at;
    out->subject_key_id = kc_der_content(value, KC_DER_OCTET_STRING);
    if (out->subject_key_id.len == 0) {
        value->at = at;
        kc_reader_fail(value);
    }
}

static void read_key_usage(struct kc_reader *value, struct kc_certificate *out)
{
    size_t at = value->at;
    out->has_key_usage = true;
    out->key_usage = kc_der_named_bits(value);
    if (out->key_usage >> 9 != 0) { /* decipherOnly is the ninth and last */
        value->at = at;
        kc_reader_fail(value);
    }
}

static void read_subject_alt_name(struct kc_reader *value, struct kc_certificate *out)
{
    (void)out;
    struct kc_reader names = kc_der_enter(value, KC_DER_SEQUENCE);
    kc_x509_general_names_check(&names);
    kc_der_leave(value, &names);
}

/* cA is absent or TRUE (FALSE is the default), pathLen only beside it (RFC 5280, 4.2.1.9). */
static void read_basic_constraints(struct kc_reader *value, struct kc_certificate *out)
{
    struct kc_reader inner = kc_der_enter(value, KC_DER_SEQUENCE);
    out->has_basic_constraints = true;
    if (kc_der_peek(&inner) == KC_DER_BOOLEAN) {
        size_t at = inner.at;
        out->is_ca = kc_der_boolean(&inner);
        if (!out->is_ca && !inner.failed) {
            inner.at = at;
            kc_reader_fail(&inner);
        }
    }
    if (out->is_ca && kc_der_peek(&inner) == KC_DER_INTEGER)
        out->path_len = (int)kc_der_uint(&inner, KC_DER_INTEGER, 255);
    kc_der_leave(value, &inner);
}

/* One place to fetch from, by name: neither reasons nor another issuer (Intel's profile). */
static void read_distribution_point(struct kc_reader *points)
{
    struct kc_reader point = kc_der_enter(points, KC_DER_SEQUENCE);
    struct kc_reader name = kc_der_enter(&point, KC_DER_CONTEXT_CONSTRUCTED(0));
    struct kc_reader full_name = kc_der_enter(&name, KC_DER_CONTEXT_CONSTRUCTED(0));
    kc_x509_general_names_check(&full_name);
    kc_der_leave(&name, &full_name);
    kc_der_leave(&point, &name);
    kc_der_leave(points, &point);
}

static void read_crl_distribution_points(struct kc_reader *value, struct kc_certificate *out)
{
    (void)out;
    struct kc_reader points = kc_der_enter(value, KC_DER_SEQUENCE);
    do
        read_distribution_point(&points);
    while (!points.failed && points.left > 0);
    kc_der_leave(value, &points);
}

/* keyIdentifier alone: issuer and serial number name a certificate, not a key. */
static void read_authority_key_id(struct kc_reader *value, struct kc_certificate *out)
{
    struct kc_reader inner = kc_der_enter(value, KC_DER_SEQUENCE);
    out->authority_key_id = kc_der_content(&inner, KC_DER_CONTEXT(0));
    if (out->authority_key_id.len == 0)
        kc_reader_fail(&inner);
    kc_der_leave(value, &inner);
}

static void read_extended_key_usage(struct kc_reader *value, struct kc_certificate *out)
{
    (void)out;
    struct kc_reader purposes = kc_der_enter(value, KC_DER_SEQUENCE);
    do
        (void)kc_der_oid(&purposes);
    while (!purposes.failed && purposes.left > 0);
    kc_der_leave(value, &purposes);
}

/* Well known, and the business of whoever asks for it: formats/pck_certificate.h. */
static void read_sgx(struct kc_reader *value, struct kc_certificate *out)
{
    (void)out;
    (void)kc_reader_rest(value);
}

#define OID_MAX 11

static const struct known {
    uint8_t len;
    uint8_t oid[OID_MAX];
    read_extension *read; /* NULL: refused */
    bool syntax_only;     /* what it says is not judged: critical, it counts as unknown */
    bool never_critical;  /* RFC 5280, 4.2.1.1 and 4.2.1.2 */
} known[] = {
    {3, {0x55, 0x1d, 0x0e}, read_subject_key_id, false, true},
    {3, {0x55, 0x1d, 0x0f}, read_key_usage, false, false},
    {3, {0x55, 0x1d, 0x11}, read_subject_alt_name, true, false},
    {3, {0x55, 0x1d, 0x13}, read_basic_constraints, false, false},
    {3, {0x55, 0x1d, 0x1f}, read_crl_distribution_points, false, false},
    {3, {0x55, 0x1d, 0x23}, read_authority_key_id, false, true},
    {3, {0x55, 0x1d, 0x25}, read_extended_key_usage, true, false},
    {9, {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01}, read_sgx, false, false},
    {3, {0x55, 0x1d, 0x1e}, NULL, false, false}, /* name constraints */
    {8,
     {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x07},
     NULL,
     false,
     false}, /* IP address blocks */
    {8, {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x08}, NULL, false, false}, /* AS identifiers */
    {8,
     {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x0e},
     NULL,
     false,
     false}, /* proxy certificate */
    {9,
     {0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01},
     NULL,
     false,
     false}, /* Netscape's type */
};

static const struct known *find_known(struct kc_bytes oid)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (kc_bytes_equal(oid, kc_bytes_of(known[i].oid, known[i].len)))
            return &known[i];
    }
    return NULL;
}

void kc_certificate_extension_read(struct kc_reader *r, struct kc_certificate_extension *out)
{
    struct kc_reader inner = kc_der_enter(r, KC_DER_SEQUENCE);
    *out = (struct kc_certificate_extension){.oid = kc_der_oid(&inner)};
    if (kc_der_peek(&inner) == KC_DER_BOOLEAN) {
        size_t at = inner.at;
        out->critical = kc_der_boolean(&inner);
        if (!out->critical && !inner.failed) { /* FALSE is the default */
            inner.at = at;
            kc_reader_fail(&inner);
        }
    }
    struct kc_reader value = kc_der_enter(&inner, KC_DER_OCTET_STRING);
    out->value_at = value.at;
    out->value = kc_reader_rest(&value);
    kc_der_leave(r, &inner);
}

static bool is_among(struct kc_bytes oid, const struct kc_bytes *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kc_bytes_equal(oid, seen[i]))
            return true;
    }
    return false;
}

static void read_one(struct kc_reader *extensions, const struct kc_certificate_extension *extension,
                     struct kc_certificate *out)
{
    const struct known *entry = find_known(extension->oid);
    if (entry == NULL || entry->syntax_only)
        out->has_unknown_critical |= extension->critical;
    if (entry == NULL)
        return;
    struct kc_reader value = kc_reader_of(extension->value);
    value.at = extension->value_at;
    if (entry->read == NULL || (entry->never_critical && extension->critical))
        kc_reader_fail(&value);
    else
        entry->read(&value, out);
    if (entry->read == read_basic_constraints)
        out->basic_constraints_critical = extension->critical;
    kc_der_leave(extensions, &value);
}

void kc_certificate_extensions_read(struct kc_reader *extensions, struct kc_certificate *out)
{
    struct kc_bytes seen[KC_CERTIFICATE_EXTENSIONS_MAX];
    size_t count = 0;
    do {
        struct kc_certificate_extension extension;
        size_t at = extensions->at;
        kc_certificate_extension_read(extensions, &extension);
        if (extensions->failed)
            return;
        if (count == KC_CERTIFICATE_EXTENSIONS_MAX || is_among(extension.oid, seen, count)) {
            extensions->at = at;
            kc_reader_fail(extensions);
            return;
        }
        seen[count++] = extension.oid;
        read_one(extensions, &extension, out);
    } while (!extensions->failed && extensions->left > 0);
}
