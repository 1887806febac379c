/* Self-signed P-256 certificates with any extensions, made by OpenSSL. */
#ifndef KC_TESTS_EVIDENCE_CERTIFICATES_H
#define KC_TESTS_EVIDENCE_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "test.h"

struct test_extension {
    const char *oid;
    struct kc_bytes value;
};

static inline void test_add_extension(X509 *certificate, const struct test_extension *extension)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(extension->oid, 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    assert_non_null(oid);
    assert_int_equal(ASN1_OCTET_STRING_set(octets, extension->value.ptr, (int)extension->value.len),
                     1);
    X509_EXTENSION *made = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
    assert_int_equal(X509_add_ext(certificate, made, -1), 1);
    X509_EXTENSION_free(made);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(oid);
}

/* DER; the caller frees. */
static inline uint8_t *test_evidence_certificate(const struct test_extension *extensions,
                                                 size_t count, size_t *len)
{
    static const uint8_t name_text[] = "Test";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    uint8_t *der = NULL;
    assert_non_null(key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, name_text, -1, -1, 0);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_set_subject_name(certificate, name);
    X509_set_issuer_name(certificate, name);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20260101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "20270101000000Z");
    X509_set_pubkey(certificate, key);
    /* Something harmless, for an empty list of extensions is no DER. */
    static const uint8_t key_id[] = {0x04, 0x04, 1, 2, 3, 4};
    const struct test_extension harmless = {"2.5.29.14", {key_id, sizeof key_id}};
    test_add_extension(certificate, &harmless);
    for (size_t i = 0; i < count; i++)
        test_add_extension(certificate, &extensions[i]);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    int n = i2d_X509(certificate, NULL);
    assert_true(n > 0);
    der = malloc((size_t)n);
    uint8_t *end = der;
    *len = (size_t)i2d_X509(certificate, &end);
    X509_NAME_free(name);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return der;
}

#endif
