/* Revocation lists of tests/snp_pki.h's ARK, and the forms in which its certificates travel. */
#ifndef KC_TESTS_SNP_LIST_H
#define KC_TESTS_SNP_LIST_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "snp_pki.h"

#define SNP_SERIAL(i) ((long)(i)*0x10000) /* of the case's certificates */

struct snp_list {
    const char *issuer;
    size_t signer; /* whose key of the three signed it */
    const char *digest;
    int salt;
    int64_t this_update;
    int64_t next_update;
    long number;
    long revoked; /* a serial number; 0: none */
    bool wrong_key_id;
    /* made by snp_list_make */
    uint8_t der[2048];
    size_t len;
};

/* A good one, of yesterday to tomorrow, that revokes a certificate of nobody here. */
static inline struct snp_list snp_list_start(const struct snp_case *c)
{
    return (struct snp_list){
        .issuer = c->certificate[SNP_ARK].subject,
        .signer = SNP_ARK,
        .digest = "SHA384",
        .salt = 48,
        .this_update = SNP_NOW - 86400,
        .next_update = SNP_NOW + 86400,
        .number = 3,
        .revoked = 0x777777,
    };
}

static inline void snp_list_revoke(X509_CRL *crl, long number, int64_t when)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *date = ASN1_TIME_set(NULL, when);
    ASN1_INTEGER_set(serial, number);
    X509_REVOKED_set_serialNumber(entry, serial);
    X509_REVOKED_set_revocationDate(entry, date);
    X509_CRL_add0_revoked(crl, entry);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(date);
}

static inline void snp_list_extend(X509_CRL *crl, const struct snp_list *spec, EVP_PKEY *ark)
{
    uint8_t id[20];
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    pki_key_id(ark, id);
    id[0] ^= spec->wrong_key_id;
    authority->keyid = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(authority->keyid, id, sizeof id);
    ASN1_INTEGER_set(number, spec->number);
    assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority, 0, 0), 1);
    assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0), 1);
    AUTHORITY_KEYID_free(authority);
    ASN1_INTEGER_free(number);
}

static inline void snp_list_sign(X509_CRL *crl, const struct snp_list *spec, EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    assert_int_equal(
        EVP_DigestSignInit(context, &details, EVP_get_digestbyname(spec->digest), NULL, key), 1);
    if (EVP_PKEY_is_a(key, "RSA")) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, spec->salt), 1);
    }
    assert_true(X509_CRL_sign_ctx(crl, context) > 0);
    EVP_MD_CTX_free(context);
}

static inline void snp_list_make(struct snp_list *spec, const struct snp_keys *keys)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = pki_name(spec->issuer);
    ASN1_TIME *from = ASN1_TIME_set(NULL, spec->this_update);
    ASN1_TIME *to = ASN1_TIME_set(NULL, spec->next_update);
    uint8_t *end = spec->der;
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, issuer);
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, to);
    if (spec->revoked != 0)
        snp_list_revoke(crl, spec->revoked, spec->this_update);
    snp_list_extend(crl, spec, keys->key[SNP_ARK]);
    X509_CRL_sort(crl);
    snp_list_sign(crl, spec, keys->key[spec->signer]);
    assert_true(i2d_X509_CRL(crl, NULL) < (int)sizeof spec->der);
    spec->len = (size_t)i2d_X509_CRL(crl, &end);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
}

static inline struct kc_bytes snp_list_bytes(const struct snp_list *list)
{
    return kc_bytes_of(list->der, list->len);
}

/* Certificates `from` to `to` as PEM, in `out` of 16 KiB. */
static inline struct kc_bytes snp_case_pem(const struct snp_case *c, size_t from, size_t to,
                                           uint8_t *out)
{
    BIO *pem = BIO_new(BIO_s_mem());
    char *text = NULL;
    for (size_t i = from; i <= to; i++) {
        const uint8_t *der = c->der[i];
        X509 *x = d2i_X509(NULL, &der, (long)c->der_len[i]);
        assert_int_equal(PEM_write_bio_X509(pem, x), 1);
        X509_free(x);
    }
    size_t len = (size_t)BIO_get_mem_data(pem, &text);
    assert_true(len <= 16384);
    memcpy(out, text, len);
    BIO_free(pem);
    return kc_bytes_of(out, len);
}

/* The report and behind it the table of its certificates, in `out` of 16 KiB. */
static inline struct kc_bytes snp_case_with_table(const struct snp_case *c, uint8_t *out)
{
    static const uint8_t guids[][16] = {
        {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac,
         0xcd},
        {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8,
         0xa1},
        {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7,
         0x82},
        {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0,
         0xae},
    };
    bool is_vlek = c->report.signing_key == KC_SNP_KEY_VLEK;
    const size_t guid[SNP_LEN] = {is_vlek ? 1 : 0, 2, 3};
    uint32_t at = 24 * (SNP_LEN + 1);
    struct kc_writer w = kc_writer_of((struct kc_room){out, 16384});
    kc_writer_copy(&w, c->bytes, c->len);
    for (size_t i = 0; i < SNP_LEN; i++) {
        kc_writer_copy(&w, guids[guid[i]], 16);
        kc_writer_u32(&w, at);
        kc_writer_u32(&w, (uint32_t)c->der_len[i]);
        at += (uint32_t)c->der_len[i];
    }
    memset(kc_writer_room(&w, 24), 0, 24);
    for (size_t i = 0; i < SNP_LEN; i++)
        kc_writer_copy(&w, c->der[i], c->der_len[i]);
    assert_false(kc_writer_failed(&w));
    return kc_writer_written(&w);
}

#endif
