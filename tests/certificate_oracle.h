/*
 * OpenSSL as the judge of formats/certificate.h: whatever our decoder accepts, OpenSSL decodes to
 * its last byte, finds nothing wrong with, encodes to the same bytes again, and reads the same
 * values from. For the oracle test and the fuzzer.
 */
#ifndef KC_TESTS_CERTIFICATE_ORACLE_H
#define KC_TESTS_CERTIFICATE_ORACLE_H

#include <string.h>

#include <openssl/x509v3.h>

#include "base/time.h"
#include "formats/certificate.h"

static inline bool oracle_same(struct kc_bytes ours, const uint8_t *theirs, int len)
{
    return len >= 0 && kc_bytes_equal(ours, kc_bytes_of(theirs, (size_t)len));
}

/* Compares `ours` with a fresh encoding and frees that. */
static inline bool oracle_same_der(struct kc_bytes ours, uint8_t *der, int len)
{
    bool same = oracle_same(ours, der, len);
    OPENSSL_free(der);
    return same;
}

/* The Name encoded from its parts: X509_NAME keeps the bytes that it was read from. */
static inline bool oracle_same_name(struct kc_bytes ours, const X509_NAME *name)
{
    X509_NAME *fresh = X509_NAME_new();
    uint8_t *der = NULL;
    for (int i = 0; i < X509_NAME_entry_count(name); i++)
        X509_NAME_add_entry(fresh, X509_NAME_get_entry(name, i), -1, 0);
    int len = i2d_X509_NAME(fresh, &der);
    X509_NAME_free(fresh);
    return oracle_same_der(ours, der, len);
}

static inline bool oracle_same_common_name(struct kc_bytes ours, const X509_NAME *name)
{
    int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (i < 0)
        return ours.len == 0;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
    return X509_NAME_get_index_by_NID(name, NID_commonName, i) < 0 &&
           oracle_same(ours, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
}

static inline bool oracle_same_time(int64_t ours, const ASN1_TIME *theirs)
{
    struct tm tm;
    int64_t seconds = 0;
    return ASN1_TIME_check(theirs) == 1 && ASN1_TIME_to_tm(theirs, &tm) == 1 &&
           kc_time_from_fields(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                               tm.tm_sec, &seconds) &&
           seconds == ours;
}

/* Our bits have the first lowest, OpenSSL's a byte order of their own. */
static inline uint32_t oracle_key_usage(uint32_t theirs)
{
    uint32_t ours = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        ours |= (theirs >> (7 - bit) & 1) << bit;
    return ours | (theirs >> 15 & 1) << 8;
}

static inline bool oracle_same_key_id(struct kc_bytes ours, const ASN1_OCTET_STRING *theirs)
{
    if (theirs == NULL)
        return ours.len == 0;
    return oracle_same(ours, ASN1_STRING_get0_data(theirs), ASN1_STRING_length(theirs));
}

/* Extensions whose syntax both know: read by OpenSSL and written again. */
static inline bool oracle_same_extensions(X509 *x)
{
    for (int i = 0; i < X509_get_ext_count(x); i++) {
        X509_EXTENSION *extension = X509_get_ext(x, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (nid != NID_basic_constraints && nid != NID_key_usage && nid != NID_subject_alt_name &&
            nid != NID_subject_key_identifier && nid != NID_authority_key_identifier &&
            nid != NID_crl_distribution_points && nid != NID_ext_key_usage)
            continue;
        void *value = X509V3_EXT_d2i(extension);
        X509_EXTENSION *fresh =
            value == NULL ? NULL
                          : X509V3_EXT_i2d(nid, X509_EXTENSION_get_critical(extension), value);
        bool same = fresh != NULL && ASN1_STRING_cmp(X509_EXTENSION_get_data(extension),
                                                     X509_EXTENSION_get_data(fresh)) == 0;
        X509_EXTENSION_free(fresh);
        if (value != NULL) {
            const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
            ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
        }
        if (!same)
            return false;
    }
    return true;
}

static inline const char *oracle_compare(const struct kc_certificate *ours, X509 *x)
{
    const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(x);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    const struct kc_bytes magnitude = {ours->serial.ptr + (ours->serial.ptr[0] == 0),
                                       ours->serial.len - (ours->serial.ptr[0] == 0)};
    uint8_t *der = NULL;
    int len = i2d_X509(x, &der);
    if (!oracle_same_der(ours->der, der, len))
        return "OpenSSL encodes the certificate otherwise";
    der = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    if (!oracle_same_der(ours->spki, der, len))
        return "OpenSSL encodes the key otherwise";
    if (X509_get_version(x) != X509_VERSION_3)
        return "another version";
    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER ||
        !oracle_same(magnitude, ASN1_STRING_get0_data(serial), ASN1_STRING_length(serial)))
        return "another serial number";
    if (!oracle_same_name(ours->issuer, X509_get_issuer_name(x)) ||
        !oracle_same_name(ours->subject, X509_get_subject_name(x)))
        return "OpenSSL encodes a name otherwise";
    if (!oracle_same_common_name(ours->issuer_common_name, X509_get_issuer_name(x)) ||
        !oracle_same_common_name(ours->subject_common_name, X509_get_subject_name(x)))
        return "another common name";
    if (!oracle_same_time(ours->not_before, X509_get0_notBefore(x)) ||
        !oracle_same_time(ours->not_after, X509_get0_notAfter(x)))
        return "another validity";
    if (ours->key_is_p256 && (ASN1_STRING_length(key) != 65 ||
                              memcmp(ASN1_STRING_get0_data(key) + 1, ours->public_key, 64) != 0))
        return "another public key";
    if ((ours->signature_is_ecdsa_sha256 && X509_get_signature_nid(x) != NID_ecdsa_with_SHA256))
        return "another signature algorithm";
    return NULL;
}

static inline const char *oracle_compare_extensions(const struct kc_certificate *ours, X509 *x)
{
    uint32_t flags = X509_get_extension_flags(x);
    if ((flags & EXFLAG_INVALID) != 0)
        return "OpenSSL finds an extension invalid";
    if (ours->has_basic_constraints != ((flags & EXFLAG_BCONS) != 0) ||
        ours->is_ca != ((flags & EXFLAG_CA) != 0) || ours->path_len != X509_get_pathlen(x))
        return "other basic constraints";
    if (ours->has_key_usage != ((flags & EXFLAG_KUSAGE) != 0) ||
        (ours->has_key_usage && ours->key_usage != oracle_key_usage(X509_get_key_usage(x))))
        return "another key usage";
    if (!oracle_same_key_id(ours->subject_key_id, X509_get0_subject_key_id(x)) ||
        !oracle_same_key_id(ours->authority_key_id, X509_get0_authority_key_id(x)))
        return "another key identifier";
    if (!oracle_same_extensions(x))
        return "OpenSSL encodes an extension otherwise";
    return NULL;
}

/* NULL when OpenSSL agrees with what our decoder made of `ours->der`; else what differs. */
static inline const char *oracle_disagrees(const struct kc_certificate *ours)
{
    const uint8_t *p = ours->der.ptr;
    uint8_t *der = NULL;
    X509 *x = d2i_X509(NULL, &p, (long)ours->der.len);
    if (x == NULL)
        return "OpenSSL refuses the certificate";
    const char *difference = NULL;
    if (p != ours->der.ptr + ours->der.len)
        difference = "OpenSSL leaves bytes over";
    if (difference == NULL)
        difference = oracle_compare(ours, x);
    if (difference == NULL)
        difference = oracle_compare_extensions(ours, x);
    /* Last, as it makes OpenSSL forget the bytes that it was given. */
    int len = i2d_re_X509_tbs(x, &der);
    if (!oracle_same_der(ours->tbs, der, len) && difference == NULL)
        difference = "OpenSSL encodes what is signed otherwise";
    X509_free(x);
    return difference;
}

#endif
