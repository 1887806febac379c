#include "formats/amd_certificate.h"

#include "formats/certificate_extensions.h"
#include "formats/der.h"
#include "formats/x509_name.h"

#define SERIAL_MAX 20

/* RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 (RFC 4055, 3.1). */
static const uint8_t pss_sha384[] = {
    0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
    0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
    0x02, 0x02, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
    0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30,
};
/* The same with its trailer field written out although it is the default. */
static const uint8_t pss_sha384_trailer[] = {
    0x30, 0x46, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x39,
    0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
    0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
    0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30, 0xa3, 0x03, 0x02, 0x01, 0x01,
};

/* SubjectPublicKeyInfo has one form for each of the two kinds, up to the key's own octets. */
static const uint8_t p384_head[] = {
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
};
static const uint8_t rsa_head[] = {
    0x30, 0x82, 0x02, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
    0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x02,
    0x0f, 0x00, 0x30, 0x82, 0x02, 0x0a, 0x02, 0x82, 0x02, 0x01, 0x00,
};
static const uint8_t rsa_tail[] = {0x02, 0x03, 0x01, 0x00, 0x01}; /* 65537 */

static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};

static enum kc_err malformed(struct kc_error *error, const char *what, const struct kc_reader *r)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, r->at);
}

bool kc_amd_certificate_is_pss(struct kc_bytes algorithm)
{
    return kc_bytes_equal(algorithm, kc_bytes_of(pss_sha384, sizeof pss_sha384)) ||
           kc_bytes_equal(algorithm, kc_bytes_of(pss_sha384_trailer, sizeof pss_sha384_trailer));
}

static enum kc_err read_version(struct kc_reader *tbs, struct kc_error *error)
{
    struct kc_reader inner = kc_der_enter(tbs, KC_DER_CONTEXT_CONSTRUCTED(0));
    size_t at = inner.at;
    uint32_t version = kc_der_uint(&inner, KC_DER_INTEGER, UINT32_MAX);
    kc_der_leave(tbs, &inner);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad version", tbs);
    if (version != 2)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "AMD certificate: the version is not 3", at);
    return KC_OK;
}

/* Zero is a leaf's serial number: AMD tells its leaves apart by their extensions. */
static enum kc_err read_serial(struct kc_reader *tbs, struct kc_bytes *out, struct kc_error *error)
{
    size_t at = tbs->at;
    *out = kc_der_integer(tbs);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad serial number", tbs);
    if (out->ptr[0] >= 0x80 || out->len - (out->ptr[0] == 0) > SERIAL_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "AMD certificate: serial number negative or over 20 octets", at);
    return KC_OK;
}

static bool has_head(struct kc_bytes bytes, struct kc_bytes head)
{
    return bytes.len >= head.len && kc_bytes_equal(kc_bytes_of(bytes.ptr, head.len), head);
}

static bool split_key(struct kc_bytes spki, struct kc_amd_certificate *out)
{
    if (spki.len == sizeof p384_head + KC_AMD_P384_SIZE &&
        has_head(spki, kc_bytes_of(p384_head, sizeof p384_head))) {
        out->key_is_p384 = true;
        out->key = kc_bytes_of(spki.ptr + sizeof p384_head, KC_AMD_P384_SIZE);
        return true;
    }
    if (spki.len != sizeof rsa_head + KC_AMD_RSA_SIZE + sizeof rsa_tail ||
        !has_head(spki, kc_bytes_of(rsa_head, sizeof rsa_head)))
        return false;
    out->key = kc_bytes_of(spki.ptr + sizeof rsa_head, KC_AMD_RSA_SIZE);
    struct kc_bytes tail = kc_bytes_of(out->key.ptr + KC_AMD_RSA_SIZE, sizeof rsa_tail);
    return out->key.ptr[0] >= 0x80 && (out->key.ptr[KC_AMD_RSA_SIZE - 1] & 1) != 0 &&
           kc_bytes_equal(tail, kc_bytes_of(rsa_tail, sizeof rsa_tail));
}

static enum kc_err read_spki(struct kc_reader *tbs, struct kc_amd_certificate *out,
                             struct kc_error *error)
{
    size_t at = tbs->at;
    out->x509.spki = kc_der_element(tbs, KC_DER_SEQUENCE);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad public key", tbs);
    if (!split_key(out->x509.spki, out))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "AMD certificate: the key is neither P-384 nor RSA-4096 with 65537",
                            at);
    return KC_OK;
}

/* A KeyUsage of at most 9 bits. AMD's intermediate CAs have zeros behind their last bit, which DER
 * forbids in a list of named bits: what is set is the same. */
static void read_key_usage(const struct kc_certificate_extension *extension,
                           struct kc_reader *extensions, struct kc_certificate *out)
{
    struct kc_reader value = kc_reader_of(extension->value);
    value.at = extension->value_at;
    struct kc_bytes bits = kc_der_content(&value, KC_DER_BIT_STRING);
    bool good = bits.len == 2 && bits.ptr[0] <= 7 && (bits.ptr[1] & ((1u << bits.ptr[0]) - 1)) == 0;
    out->has_key_usage = true;
    for (unsigned i = 0; good && i < 8; i++)
        out->key_usage |= (uint32_t)(bits.ptr[1] >> (7 - i) & 1) << i;
    if (!good || out->key_usage == 0)
        kc_reader_fail(&value);
    kc_der_leave(extensions, &value);
}

static bool is_among(struct kc_bytes oid, const struct kc_bytes *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kc_bytes_equal(oid, seen[i]))
            return true;
    }
    return false;
}

/* All but KeyUsage are read as in other certificates, one at a time. */
static void read_list(struct kc_reader *list, struct kc_certificate *out)
{
    struct kc_bytes seen[KC_CERTIFICATE_EXTENSIONS_MAX];
    size_t count = 0;
    while (!list->failed && list->left > 0) {
        struct kc_certificate_extension extension;
        struct kc_reader one = *list;
        kc_certificate_extension_read(list, &extension);
        if (list->failed)
            return;
        if (count == KC_CERTIFICATE_EXTENSIONS_MAX || is_among(extension.oid, seen, count)) {
            kc_reader_fail(list);
            return;
        }
        seen[count++] = extension.oid;
        one.left -= list->left;
        if (kc_bytes_equal(extension.oid, kc_bytes_of(oid_key_usage, sizeof oid_key_usage))) {
            read_key_usage(&extension, list, out);
        } else {
            kc_certificate_extensions_read(&one, out);
            kc_der_leave(list, &one);
        }
    }
}

static enum kc_err read_extensions(struct kc_reader *tbs, struct kc_certificate *out,
                                   struct kc_error *error)
{
    struct kc_reader outer = kc_der_enter(tbs, KC_DER_CONTEXT_CONSTRUCTED(3));
    struct kc_reader list = kc_der_enter(&outer, KC_DER_SEQUENCE);
    out->extensions = kc_bytes_of(list.ptr, list.left);
    read_list(&list, out);
    kc_der_leave(&outer, &list);
    kc_der_leave(tbs, &outer);
    if (!kc_reader_done(tbs))
        return malformed(error, "AMD certificate: bad extensions", tbs);
    return KC_OK;
}

static enum kc_err read_names_and_dates(struct kc_reader *tbs, struct kc_certificate *out,
                                        struct kc_error *error)
{
    out->issuer = kc_x509_name_read(tbs, &out->issuer_common_name);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad issuer name", tbs);
    struct kc_reader validity = kc_der_enter(tbs, KC_DER_SEQUENCE);
    out->not_before = kc_der_time(&validity);
    out->not_after = kc_der_time(&validity);
    kc_der_leave(tbs, &validity);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad validity", tbs);
    out->subject = kc_x509_name_read(tbs, &out->subject_common_name);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad subject name", tbs);
    return KC_OK;
}

static enum kc_err read_tbs(struct kc_reader *tbs, struct kc_bytes *algorithm,
                            struct kc_amd_certificate *out, struct kc_error *error)
{
    enum kc_err err = read_version(tbs, error);
    if (err == KC_OK)
        err = read_serial(tbs, &out->x509.serial, error);
    if (err != KC_OK)
        return err;
    size_t at = tbs->at;
    *algorithm = kc_der_element(tbs, KC_DER_SEQUENCE);
    if (tbs->failed)
        return malformed(error, "AMD certificate: bad signature algorithm", tbs);
    if (!kc_amd_certificate_is_pss(*algorithm))
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "AMD certificate: not signed with RSASSA-PSS and SHA-384", at);
    err = read_names_and_dates(tbs, &out->x509, error);
    if (err == KC_OK)
        err = read_spki(tbs, out, error);
    return err != KC_OK ? err : read_extensions(tbs, &out->x509, error);
}

static enum kc_err decode(struct kc_bytes der, struct kc_amd_certificate *out,
                          struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(der);
    struct kc_reader certificate = kc_der_enter(&r, KC_DER_SEQUENCE);
    if (!kc_reader_done(&r))
        return malformed(error, "AMD certificate: not one DER sequence that fills its bytes", &r);
    struct kc_reader before = certificate;
    out->x509.tbs = kc_der_element(&certificate, KC_DER_SEQUENCE);
    if (certificate.failed)
        return malformed(error, "AMD certificate: no sequence to be signed", &certificate);
    struct kc_reader tbs = kc_der_enter(&before, KC_DER_SEQUENCE);
    struct kc_bytes signed_algorithm = {NULL, 0};
    enum kc_err err = read_tbs(&tbs, &signed_algorithm, out, error);
    if (err != KC_OK)
        return err;
    size_t at = certificate.at;
    if (!kc_bytes_equal(signed_algorithm, kc_der_element(&certificate, KC_DER_SEQUENCE)))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "AMD certificate: signed and outer signature algorithm differ", at);
    out->signature = kc_der_octet_aligned_bits(&certificate);
    if (!kc_reader_done(&certificate) || out->signature.len != KC_AMD_RSA_SIZE)
        return malformed(error, "AMD certificate: the signature is not one of RSA-4096",
                         &certificate);
    return KC_OK;
}

enum kc_err kc_amd_certificate_decode(struct kc_bytes der, struct kc_amd_certificate *out,
                                      struct kc_error *error)
{
    struct kc_amd_certificate decoded = {.x509 = {.der = der, .path_len = -1}};
    enum kc_err err = decode(der, &decoded, error);
    if (err == KC_OK)
        *out = decoded;
    return err;
}
