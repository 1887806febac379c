/* Revocation lists made by OpenSSL for tests, with what is to be wrong with them. */
#ifndef KC_TESTS_MAKE_CRL_H
#define KC_TESTS_MAKE_CRL_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "test.h"

enum crl_want {
    CRL_GOOD,
    CRL_EMPTY, /* nothing revoked */
    CRL_VERSION_1,
    CRL_NO_NUMBER,
    CRL_NO_KEY_ID,
    CRL_NUMBER_TWICE,
    CRL_NUMBER_CRITICAL,
    CRL_DELTA,
    CRL_OTHER_EXTENSION,
    CRL_REASON_REMOVED, /* removeFromCRL */
    CRL_ENTRY_CRITICAL,
    CRL_ENTRY_DATE, /* an entry with an invalidity date beside its reason */
    CRL_ENTRY_ISSUER,
    CRL_SHA384,
    CRL_RSA,
    CRL_NO_NEXT_UPDATE,
    CRL_SERIAL_ZERO,
    CRL_SERIAL_NEGATIVE,
    CRL_SERIAL_LONG, /* 21 octets */
    CRL_GENERALIZED, /* dates from 2050 on */
};

/* 2025-06-01T00:00:00Z and thirty days later. */
#define CRL_THIS_UPDATE 1748736000
#define CRL_NEXT_UPDATE 1751328000

static inline void crl_add_entry(X509_CRL *crl, const char *serial_hex, long reason,
                                 enum crl_want want)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    BIGNUM *n = NULL;
    BN_hex2bn(&n, serial_hex);
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
    ASN1_TIME *date = ASN1_TIME_set(NULL, CRL_THIS_UPDATE - 5000);
    X509_REVOKED_set_serialNumber(entry, serial);
    X509_REVOKED_set_revocationDate(entry, date);
    if (want == CRL_ENTRY_DATE) {
        ASN1_GENERALIZEDTIME *day = ASN1_TIME_to_generalizedtime(date, NULL);
        X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, day, 0, 0);
        ASN1_GENERALIZEDTIME_free(day);
    }
    if (want == CRL_ENTRY_ISSUER) {
        GENERAL_NAMES *names = GENERAL_NAMES_new();
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
        ASN1_STRING_set(uri, "other.example", -1);
        GENERAL_NAME_set0_value(name, GEN_DNS, uri);
        sk_GENERAL_NAME_push(names, name);
        X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names, 1, 0);
        GENERAL_NAMES_free(names);
    } else if (reason >= 0) {
        ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();
        ASN1_ENUMERATED_set(code, want == CRL_REASON_REMOVED ? 8 : reason);
        X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, want == CRL_ENTRY_CRITICAL, 0);
        ASN1_ENUMERATED_free(code);
    }
    X509_CRL_add0_revoked(crl, entry);
    ASN1_TIME_free(date);
    ASN1_INTEGER_free(serial);
    BN_free(n);
}

static inline void crl_add_integer(X509_CRL *crl, int nid, long value, int critical, long flags)
{
    ASN1_INTEGER *n = ASN1_INTEGER_new();
    ASN1_INTEGER_set(n, value);
    X509_CRL_add1_ext_i2d(crl, nid, n, critical, (unsigned long)flags);
    ASN1_INTEGER_free(n);
}

static inline void crl_add_extensions(X509_CRL *crl, enum crl_want want)
{
    if (want != CRL_NO_NUMBER)
        crl_add_integer(crl, NID_crl_number, 5, want == CRL_NUMBER_CRITICAL, 0);
    if (want == CRL_NUMBER_TWICE)
        crl_add_integer(crl, NID_crl_number, 6, 0, X509V3_ADD_APPEND);
    if (want == CRL_DELTA)
        crl_add_integer(crl, NID_delta_crl, 4, 1, 0);
    if (want == CRL_OTHER_EXTENSION) {
        ASN1_OCTET_STRING *text = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(text, (const uint8_t *)"x", 1);
        X509_CRL_add1_ext_i2d(crl, NID_subject_key_identifier, text, 0, 0);
        ASN1_OCTET_STRING_free(text);
    }
    if (want != CRL_NO_KEY_ID) {
        AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
        id->keyid = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(id->keyid, (const uint8_t *)"01234567890123456789", 20);
        X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0, 0);
        AUTHORITY_KEYID_free(id);
    }
}

static inline void crl_add_entries(X509_CRL *crl, enum crl_want want)
{
    if (want == CRL_EMPTY)
        return;
    crl_add_entry(crl, "7FC34E5023E728923435D61AA4B83C618166AD35", -1, CRL_GOOD);
    crl_add_entry(crl, "FFAE6E9715FCA13B87E333E8261ED6D990A926AD", 1, want);
    if (want == CRL_SERIAL_ZERO)
        crl_add_entry(crl, "0", 1, want);
    else if (want == CRL_SERIAL_NEGATIVE)
        crl_add_entry(crl, "-5", 1, want);
    else if (want == CRL_SERIAL_LONG)
        crl_add_entry(crl, "017FC34E5023E728923435D61AA4B83C618166AD35", 1, want);
    else
        crl_add_entry(crl, "05", 10, CRL_GOOD);
}

/* The DER, which the caller frees with OPENSSL_free, signed by `key`. */
static inline uint8_t *make_crl(enum crl_want want, EVP_PKEY *key, size_t *len)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = X509_NAME_new();
    uint8_t *der = NULL;
    long later = want == CRL_GENERALIZED ? 2600000000 : 0;
    ASN1_TIME *this_update = ASN1_TIME_set(NULL, CRL_THIS_UPDATE + later);
    ASN1_TIME *next_update = ASN1_TIME_set(NULL, CRL_NEXT_UPDATE + later);
    X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_UTF8, (const uint8_t *)"Test CA", -1, -1, 0);
    X509_NAME_add_entry_by_txt(issuer, "C", MBSTRING_UTF8, (const uint8_t *)"US", -1, -1, 0);
    X509_CRL_set_version(crl, want == CRL_VERSION_1 ? 0 : 1);
    X509_CRL_set_issuer_name(crl, issuer);
    X509_CRL_set1_lastUpdate(crl, this_update);
    if (want != CRL_NO_NEXT_UPDATE)
        X509_CRL_set1_nextUpdate(crl, next_update);
    crl_add_entries(crl, want);
    crl_add_extensions(crl, want);
    assert_true(X509_CRL_sign(crl, key, want == CRL_SHA384 ? EVP_sha384() : EVP_sha256()) > 0);
    int n = i2d_X509_CRL(crl, &der);
    assert_true(n > 0);
    *len = (size_t)n;
    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
    return der;
}

#endif
