#include "formats/certificate.h"

#include <string.h>

#include "formats/certificate_extensions.h"
#include "formats/der.h"
#include "formats/x509_name.h"

/*
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }
 * TBSCertificate ::= SEQUENCE { version [0] EXPLICIT INTEGER, serialNumber, signature, issuer,
 *     validity, subject, subjectPublicKeyInfo, extensions [3] EXPLICIT OPTIONAL }
 *
 * The unique identifiers [1] and [2] are refused as trailing elements: RFC 5280 (4.1.2.8) forbids
 * them to issuers.
 */

/* RFC 5280, 4.1.2.2: 20 octets; Intel's issuers fill them all with random bits and do not count the
 * leading zero that DER then wants. */
#define SERIAL_MAX 20

/* The whole AlgorithmIdentifier: parameters are absent (RFC 5758, 3.2). */
static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
/* id-ecPublicKey on the named curve P-256 (RFC 5480, 2.1.1). */
static const uint8_t ec_p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                  0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static enum kc_err malformed(struct kc_error *error, const char *what, const struct kc_reader *r)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, r->at);
}

/* Tag and length included. Parameters, where there are any, are NULL, an OBJECT IDENTIFIER or a
 * SEQUENCE. ecdsa-with-SHA256 must have none; mbedTLS writes NULL, and so Gramine and Open Enclave
 * do: such a certificate decodes, and is not of the profile. */
static struct kc_bytes read_algorithm(struct kc_reader *r)
{
    const uint8_t *start = r->ptr;
    size_t left = r->left;
    struct kc_reader inner = kc_der_enter(r, KC_DER_SEQUENCE);
    (void)kc_der_oid(&inner);
    uint8_t tag = kc_der_peek(&inner);
    bool may_follow = tag == KC_DER_NULL || tag == KC_DER_OID || tag == KC_DER_SEQUENCE;
    if (may_follow)
        (void)kc_der_any(&inner);
    kc_der_leave(r, &inner);
    return r->failed ? kc_bytes_of(NULL, 0) : kc_bytes_of(start, left - r->left);
}

static bool is_ecdsa_sha256(struct kc_bytes algorithm)
{
    return kc_bytes_equal(algorithm, kc_bytes_of(ecdsa_sha256, sizeof ecdsa_sha256));
}

static enum kc_err read_version(struct kc_reader *tbs, struct kc_error *error)
{
    if (kc_der_peek(tbs) == KC_DER_INTEGER)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "certificate: version 1, not 3", tbs->at);
    struct kc_reader inner = kc_der_enter(tbs, KC_DER_CONTEXT_CONSTRUCTED(0));
    size_t at = inner.at;
    uint32_t version = kc_der_uint(&inner, KC_DER_INTEGER, UINT32_MAX);
    kc_der_leave(tbs, &inner);
    if (tbs->failed)
        return malformed(error, "certificate: bad version", tbs);
    if (version == 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "certificate: default version written out",
                            at);
    if (version != 2)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "certificate: a version other than 3", at);
    return KC_OK;
}

static enum kc_err read_serial(struct kc_reader *tbs, struct kc_certificate *out,
                               struct kc_error *error)
{
    size_t at = tbs->at;
    out->serial = kc_der_integer(tbs);
    if (tbs->failed)
        return malformed(error, "certificate: bad serial number", tbs);
    if (out->serial.ptr[0] >= 0x80 || kc_bytes_are_zero(out->serial))
        return kc_error_set(error, KC_ERR_MALFORMED, "certificate: serial number not positive", at);
    if (out->serial.len - (out->serial.ptr[0] == 0) > SERIAL_MAX)
        return kc_error_set(error, KC_ERR_MALFORMED, "certificate: serial number over 20 octets",
                            at);
    return KC_OK;
}

static enum kc_err read_spki(struct kc_reader *tbs, struct kc_certificate *out,
                             struct kc_error *error)
{
    const uint8_t *start = tbs->ptr;
    size_t left = tbs->left;
    struct kc_reader inner = kc_der_enter(tbs, KC_DER_SEQUENCE);
    struct kc_bytes algorithm = read_algorithm(&inner);
    struct kc_bytes key = kc_der_octet_aligned_bits(&inner);
    kc_der_leave(tbs, &inner);
    if (tbs->failed)
        return malformed(error, "certificate: bad public key", tbs);
    out->spki = kc_bytes_of(start, left - tbs->left);
    out->key_is_p256 = kc_bytes_equal(algorithm, kc_bytes_of(ec_p256, sizeof ec_p256)) &&
                       key.len == 65 && key.ptr[0] == 0x04;
    if (out->key_is_p256)
        memcpy(out->public_key, key.ptr + 1, sizeof out->public_key);
    return KC_OK;
}

static enum kc_err read_extensions(struct kc_reader *tbs, struct kc_certificate *out,
                                   struct kc_error *error)
{
    if (!tbs->failed && tbs->left == 0)
        return KC_OK;
    struct kc_reader outer = kc_der_enter(tbs, KC_DER_CONTEXT_CONSTRUCTED(3));
    struct kc_reader list = kc_der_enter(&outer, KC_DER_SEQUENCE);
    out->extensions = kc_bytes_of(list.ptr, list.left);
    kc_certificate_extensions_read(&list, out);
    kc_der_leave(&outer, &list);
    kc_der_leave(tbs, &outer);
    if (!kc_reader_done(tbs))
        return malformed(error, "certificate: bad extensions", tbs);
    return KC_OK;
}

static enum kc_err read_tbs(struct kc_reader *tbs, struct kc_bytes *algorithm,
                            struct kc_certificate *out, struct kc_error *error)
{
    enum kc_err err = read_version(tbs, error);
    if (err == KC_OK)
        err = read_serial(tbs, out, error);
    if (err != KC_OK)
        return err;
    *algorithm = read_algorithm(tbs);
    if (tbs->failed)
        return malformed(error, "certificate: bad signature algorithm", tbs);
    out->issuer = kc_x509_name_read(tbs, &out->issuer_common_name);
    if (tbs->failed || out->issuer.len == 2)
        return malformed(error, "certificate: bad or empty issuer name", tbs);
    struct kc_reader validity = kc_der_enter(tbs, KC_DER_SEQUENCE);
    out->not_before = kc_der_time(&validity);
    out->not_after = kc_der_time(&validity);
    kc_der_leave(tbs, &validity);
    if (tbs->failed)
        return malformed(error, "certificate: bad validity", tbs);
    out->subject = kc_x509_name_read(tbs, &out->subject_common_name);
    if (tbs->failed)
        return malformed(error, "certificate: bad subject name", tbs);
    err = read_spki(tbs, out, error);
    return err != KC_OK ? err : read_extensions(tbs, out, error);
}

/* ECDSA-Sig-Value ::= SEQUENCE { r, s }, of P-521 at most: ecdsa-with-SHA256 goes with any curve.
 * `out` gets the two where they fit into P-256's 32 octets. */
static bool read_ecdsa_signature(struct kc_reader *r, uint8_t out[64])
{
    uint8_t pair[2][66];
    const size_t excess = sizeof pair[0] - 32;
    struct kc_reader inner = kc_der_enter(r, KC_DER_SEQUENCE);
    kc_der_big_uint(&inner, pair[0], sizeof pair[0]);
    kc_der_big_uint(&inner, pair[1], sizeof pair[1]);
    kc_der_leave(r, &inner);
    if (r->failed || !kc_bytes_are_zero(kc_bytes_of(pair[0], excess)) ||
        !kc_bytes_are_zero(kc_bytes_of(pair[1], excess)))
        return false;
    memcpy(out, pair[0] + excess, 32);
    memcpy(out + 32, pair[1] + excess, 32);
    return true;
}

static enum kc_err read_signature(struct kc_reader *r, struct kc_bytes algorithm,
                                  struct kc_certificate *out, struct kc_error *error)
{
    size_t at = r->at;
    struct kc_bytes octets = kc_der_octet_aligned_bits(r);
    if (r->failed || octets.len == 0)
        return kc_error_set(error, KC_ERR_MALFORMED, "certificate: bad signature", at);
    if (!is_ecdsa_sha256(algorithm))
        return KC_OK;
    struct kc_reader value = kc_reader_of(octets);
    value.at = r->at - octets.len;
    out->signature_is_ecdsa_sha256 = read_ecdsa_signature(&value, out->signature);
    kc_der_leave(r, &value);
    return r->failed ? malformed(error, "certificate: bad ECDSA signature", r) : KC_OK;
}

static enum kc_err decode(struct kc_bytes der, struct kc_certificate *out, struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(der);
    struct kc_reader certificate = kc_der_enter(&r, KC_DER_SEQUENCE);
    if (!kc_reader_done(&r))
        return malformed(error, "certificate: not one DER sequence that fills its bytes", &r);
    struct kc_reader before = certificate;
    out->tbs = kc_der_element(&certificate, KC_DER_SEQUENCE);
    if (certificate.failed)
        return malformed(error, "certificate: no sequence to be signed", &certificate);
    struct kc_reader tbs = kc_der_enter(&before, KC_DER_SEQUENCE);
    struct kc_bytes inner_algorithm = {NULL, 0};
    enum kc_err err = read_tbs(&tbs, &inner_algorithm, out, error);
    if (err != KC_OK)
        return err;
    size_t at = certificate.at;
    struct kc_bytes outer_algorithm = read_algorithm(&certificate);
    if (certificate.failed)
        return malformed(error, "certificate: bad signature algorithm", &certificate);
    if (!kc_bytes_equal(inner_algorithm, outer_algorithm))
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "certificate: signed and outer signature algorithm differ", at);
    err = read_signature(&certificate, outer_algorithm, out, error);
    if (err == KC_OK && !kc_reader_done(&certificate))
        err = malformed(error, "certificate: bytes after the signature", &certificate);
    return err;
}

enum kc_err kc_certificate_decode(struct kc_bytes der, struct kc_certificate *out,
                                  struct kc_error *error)
{
    struct kc_certificate decoded = {.der = der, .path_len = -1};
    enum kc_err err = decode(der, &decoded, error);
    if (err == KC_OK)
        *out = decoded;
    return err;
}

bool kc_certificate_find_extension(const struct kc_certificate *certificate, struct kc_bytes oid,
                                   struct kc_bytes *value, bool *critical)
{
    struct kc_reader r = kc_reader_of(certificate->extensions);
    while (!r.failed && r.left > 0) {
        struct kc_certificate_extension extension;
        kc_certificate_extension_read(&r, &extension);
        if (!r.failed && kc_bytes_equal(extension.oid, oid)) {
            *value = extension.value;
            *critical = extension.critical;
            return true;
        }
    }
    return false;
}

void kc_certificate_move(struct kc_certificate *c, const uint8_t *der)
{
    const uint8_t *from = c->der.ptr;
    struct kc_bytes *views[] = {
        &c->der,
        &c->tbs,
        &c->serial,
        &c->issuer,
        &c->subject,
        &c->subject_common_name,
        &c->issuer_common_name,
        &c->spki,
        &c->subject_key_id,
        &c->authority_key_id,
        &c->extensions,
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        kc_bytes_move(views[i], from, der);
}
