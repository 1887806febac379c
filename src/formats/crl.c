#include "formats/crl.h"

#include "formats/amd_certificate.h"
#include "formats/certificate_extensions.h"
#include "formats/der.h"
#include "formats/x509_name.h"

/*
 * CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signature BIT STRING }
 * TBSCertList ::= SEQUENCE { version INTEGER, signature, issuer, thisUpdate, nextUpdate,
 *     revokedCertificates SEQUENCE OF SEQUENCE { serial, revocationDate,
 *         crlEntryExtensions OPTIONAL } OPTIONAL,
 *     crlExtensions [0] EXPLICIT }
 */

#define SERIAL_MAX 20 /* octets, without the leading zero of DER */

/* Whose list it is to be. */
struct profile {
    bool (*is_algorithm)(struct kc_bytes algorithm);
    const char *other_algorithm;
    enum kc_err (*read_signature)(struct kc_reader *r, struct kc_crl *out, struct kc_error *error);
};

/* The AlgorithmIdentifier of ecdsa-with-SHA256: no parameters (RFC 5758, 3.2). */
static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t oid_number[] = {0x55, 0x1d, 0x14};
static const uint8_t oid_reason[] = {0x55, 0x1d, 0x15};
static const uint8_t oid_authority_key_id[] = {0x55, 0x1d, 0x23};

static enum kc_err malformed(struct kc_error *error, const char *what, const struct kc_reader *r)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, r->at);
}

static bool is_oid(struct kc_bytes oid, const uint8_t wanted[3])
{
    return kc_bytes_equal(oid, kc_bytes_of(wanted, 3));
}

/* A value inside the octets of an extension, with offsets that go on. */
static struct kc_reader value_reader(const struct kc_certificate_extension *extension)
{
    struct kc_reader r = kc_reader_of(extension->value);
    r.at = extension->value_at;
    return r;
}

static enum kc_err read_algorithm(struct kc_reader *r, const struct profile *profile,
                                  struct kc_bytes *algorithm, struct kc_error *error)
{
    size_t at = r->at;
    *algorithm = kc_der_element(r, KC_DER_SEQUENCE);
    if (r->failed)
        return malformed(error, "CRL: bad signature algorithm", r);
    if (!profile->is_algorithm(*algorithm))
        return kc_error_set(error, KC_ERR_UNSUPPORTED, profile->other_algorithm, at);
    return KC_OK;
}

/* A positive INTEGER of at most 20 octets. */
static struct kc_bytes read_serial(struct kc_reader *r)
{
    struct kc_bytes serial = kc_der_integer(r);
    if (!r->failed && (serial.ptr[0] >= 0x80 || kc_bytes_are_zero(serial) ||
                       serial.len - (serial.ptr[0] == 0) > SERIAL_MAX))
        kc_reader_fail(r);
    return serial;
}

/* Reasons 7 (unused) and 8 (of delta lists: taken off the list again) have no place here. */
static void read_reason(struct kc_reader *value)
{
    uint32_t reason = kc_der_uint(value, KC_DER_ENUMERATED, 10);
    if (reason == 7 || reason == 8)
        kc_reader_fail(value);
}

static enum kc_err read_entry_extensions(struct kc_reader *entry, struct kc_error *error)
{
    struct kc_certificate_extension extension;
    struct kc_reader list = kc_der_enter(entry, KC_DER_SEQUENCE);
    size_t at = list.at;
    kc_certificate_extension_read(&list, &extension);
    if (list.failed)
        return malformed(error, "CRL: bad extension of an entry", &list);
    if (!is_oid(extension.oid, oid_reason) || extension.critical || list.left > 0)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "CRL: an entry with an extension other than one reason code", at);
    struct kc_reader value = value_reader(&extension);
    read_reason(&value);
    if (!kc_reader_done(&value))
        return malformed(error, "CRL: bad reason code", &value);
    return KC_OK;
}

static enum kc_err read_entries(struct kc_reader *tbs, struct kc_crl *out, struct kc_error *error)
{
    if (kc_der_peek(tbs) != KC_DER_SEQUENCE)
        return KC_OK;
    struct kc_reader list = kc_der_enter(tbs, KC_DER_SEQUENCE);
    if (tbs->failed || list.left == 0)
        return malformed(error, "CRL: bad or empty list of entries", tbs);
    out->revoked = kc_bytes_of(list.ptr, list.left);
    while (list.left > 0) {
        struct kc_reader entry = kc_der_enter(&list, KC_DER_SEQUENCE);
        (void)read_serial(&entry);
        if (entry.failed)
            return malformed(error, "CRL: bad serial number of an entry", &entry);
        (void)kc_der_time(&entry);
        if (entry.failed)
            return malformed(error, "CRL: bad revocation date of an entry", &entry);
        enum kc_err err = entry.left > 0 ? read_entry_extensions(&entry, error) : KC_OK;
        if (err != KC_OK)
            return err;
        if (!kc_reader_done(&entry))
            return malformed(error, "CRL: an entry with more than its extensions", &entry);
        out->revoked_count++;
    }
    return KC_OK;
}

static void read_number(struct kc_reader *value, struct kc_crl *out)
{
    out->number = kc_der_integer(value);
    if (!value->failed &&
        (out->number.ptr[0] >= 0x80 || out->number.len - (out->number.ptr[0] == 0) > SERIAL_MAX))
        kc_reader_fail(value);
}

static void read_authority_key_id(struct kc_reader *value, struct kc_crl *out)
{
    struct kc_reader inner = kc_der_enter(value, KC_DER_SEQUENCE);
    out->authority_key_id = kc_der_content(&inner, KC_DER_CONTEXT(0));
    if (out->authority_key_id.len == 0)
        kc_reader_fail(&inner);
    kc_der_leave(value, &inner);
}

static enum kc_err read_extension(struct kc_reader *list, struct kc_crl *out,
                                  struct kc_error *error)
{
    struct kc_certificate_extension extension;
    size_t at = list->at;
    kc_certificate_extension_read(list, &extension);
    if (list->failed)
        return malformed(error, "CRL: bad extension", list);
    struct kc_reader value = value_reader(&extension);
    bool is_number = is_oid(extension.oid, oid_number);
    if (extension.critical || (!is_number && !is_oid(extension.oid, oid_authority_key_id)))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "CRL: a critical extension, or one outside Intel's profile", at);
    if ((is_number ? out->number : out->authority_key_id).len > 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "CRL: the same extension twice", at);
    if (is_number)
        read_number(&value, out);
    else
        read_authority_key_id(&value, out);
    if (!kc_reader_done(&value))
        return malformed(error, "CRL: bad CRL number or authority key identifier", &value);
    return KC_OK;
}

static enum kc_err read_extensions(struct kc_reader *tbs, struct kc_crl *out,
                                   struct kc_error *error)
{
    struct kc_reader outer = kc_der_enter(tbs, KC_DER_CONTEXT_CONSTRUCTED(0));
    struct kc_reader list = kc_der_enter(&outer, KC_DER_SEQUENCE);
    if (list.failed || outer.left > 0 || tbs->left > 0)
        return malformed(error, "CRL: no extensions where they must be", &list);
    while (list.left > 0) {
        enum kc_err err = read_extension(&list, out, error);
        if (err != KC_OK)
            return err;
    }
    if (out->number.len == 0 || out->authority_key_id.len == 0)
        return malformed(error, "CRL: no CRL number or no authority key identifier", &list);
    return KC_OK;
}

static enum kc_err read_tbs(struct kc_reader *tbs, const struct profile *profile,
                            struct kc_bytes *algorithm, struct kc_crl *out, struct kc_error *error)
{
    size_t at = tbs->at;
    uint32_t version = 0;
    if (kc_der_peek(tbs) == KC_DER_INTEGER)
        version = kc_der_uint(tbs, KC_DER_INTEGER, UINT32_MAX);
    if (tbs->failed)
        return malformed(error, "CRL: bad version", tbs);
    if (version != 1)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "CRL: a version other than 2", at);
    enum kc_err err = read_algorithm(tbs, profile, algorithm, error);
    if (err != KC_OK)
        return err;
    out->issuer = kc_x509_name_read(tbs, &out->issuer_common_name);
    if (tbs->failed || out->issuer.len == 2)
        return malformed(error, "CRL: bad or empty issuer name", tbs);
    out->this_update = kc_der_time(tbs);
    out->next_update = kc_der_time(tbs);
    if (tbs->failed)
        return malformed(error, "CRL: bad thisUpdate or nextUpdate", tbs);
    err = read_entries(tbs, out, error);
    return err != KC_OK ? err : read_extensions(tbs, out, error);
}

static bool is_ecdsa(struct kc_bytes algorithm)
{
    return kc_bytes_equal(algorithm, kc_bytes_of(ecdsa_sha256, sizeof ecdsa_sha256));
}

static enum kc_err read_ecdsa(struct kc_reader *r, struct kc_crl *out, struct kc_error *error)
{
    struct kc_bytes octets = kc_der_octet_aligned_bits(r);
    struct kc_reader inner = kc_reader_of(octets);
    inner.at = r->at - octets.len;
    struct kc_reader pair = kc_der_enter(&inner, KC_DER_SEQUENCE);
    kc_der_big_uint(&pair, out->signature, 32);
    kc_der_big_uint(&pair, out->signature + 32, 32);
    kc_der_leave(&inner, &pair);
    if (r->failed || !kc_reader_done(&inner))
        return malformed(error, "CRL: bad ECDSA signature", r->failed ? r : &inner);
    return KC_OK;
}

static enum kc_err read_pss(struct kc_reader *r, struct kc_crl *out, struct kc_error *error)
{
    out->pss_signature = kc_der_octet_aligned_bits(r);
    if (r->failed || out->pss_signature.len != KC_AMD_RSA_SIZE)
        return malformed(error, "CRL: the signature is not one of RSA-4096", r);
    return KC_OK;
}

static const struct profile intel = {
    is_ecdsa,
    "CRL: the signature algorithm is not ecdsa-with-SHA256",
    read_ecdsa,
};
static const struct profile amd = {
    kc_amd_certificate_is_pss,
    "CRL: the signature algorithm is not RSASSA-PSS with SHA-384",
    read_pss,
};

static enum kc_err decode(struct kc_bytes der, const struct profile *profile, struct kc_crl *out,
                          struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(der);
    struct kc_reader list = kc_der_enter(&r, KC_DER_SEQUENCE);
    if (!kc_reader_done(&r))
        return malformed(error, "CRL: not one DER sequence that fills its bytes", &r);
    struct kc_reader before = list;
    out->tbs = kc_der_element(&list, KC_DER_SEQUENCE);
    if (list.failed)
        return malformed(error, "CRL: no sequence to be signed", &list);
    struct kc_reader tbs = kc_der_enter(&before, KC_DER_SEQUENCE);
    struct kc_bytes signed_one = {NULL, 0};
    struct kc_bytes outer_one = {NULL, 0};
    enum kc_err err = read_tbs(&tbs, profile, &signed_one, out, error);
    if (err == KC_OK)
        err = read_algorithm(&list, profile, &outer_one, error);
    if (err == KC_OK && !kc_bytes_equal(signed_one, outer_one))
        return malformed(error, "CRL: signed and outer signature algorithm differ", &list);
    if (err == KC_OK)
        err = profile->read_signature(&list, out, error);
    if (err == KC_OK && list.left > 0)
        return malformed(error, "CRL: bytes after the signature", &list);
    return err;
}

static enum kc_err decode_as(struct kc_bytes der, const struct profile *profile, struct kc_crl *out,
                             struct kc_error *error)
{
    struct kc_crl crl = {.der = der};
    if (der.len > KC_CRL_MAX_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "CRL: too large", der.len);
    enum kc_err err = decode(der, profile, &crl, error);
    if (err == KC_OK)
        *out = crl;
    return err;
}

enum kc_err kc_crl_decode(struct kc_bytes der, struct kc_crl *out, struct kc_error *error)
{
    return decode_as(der, &intel, out, error);
}

enum kc_err kc_crl_decode_amd(struct kc_bytes der, struct kc_crl *out, struct kc_error *error)
{
    return decode_as(der, &amd, out, error);
}

void kc_crl_move(struct kc_crl *crl, const uint8_t *der)
{
    const uint8_t *from = crl->der.ptr;
    struct kc_bytes *views[] = {
        &crl->der,     &crl->tbs,
        &crl->issuer,  &crl->issuer_common_name,
        &crl->number,  &crl->authority_key_id,
        &crl->revoked, &crl->pss_signature,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        kc_bytes_move(views[i], from, der);
}

bool kc_crl_has_serial(const struct kc_crl *crl, struct kc_bytes serial)
{
    struct kc_reader list = kc_reader_of(crl->revoked);
    while (list.left > 0) {
        struct kc_reader entry = kc_der_enter(&list, KC_DER_SEQUENCE);
        if (kc_bytes_equal(kc_der_content(&entry, KC_DER_INTEGER), serial))
            return true;
    }
    return false;
}
