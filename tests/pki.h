/*
 * Chains of Intel's shape, made with OpenSSL for tests: each certificate by a spec whose every
 * field a test may spoil. Keys, serial numbers and signatures are the same in every run.
 */
#ifndef KC_TESTS_PKI_H
#define KC_TESTS_PKI_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/writer.h"
#include "formats/pck_certificate.h"
#include "test.h"

#define PKI_LEN 3

enum pki_key {
    PKI_P256,
    PKI_P384,
    PKI_RSA,
};

enum pki_sgx {
    PKI_SGX_NONE,
    PKI_SGX_PROCESSOR,
    PKI_SGX_PLATFORM,
};

struct pki_spec {
    const char *subject; /* common names */
    const char *issuer;
    enum pki_key key;
    const char *digest;
    const char *not_before; /* GeneralizedTime */
    const char *not_after;
    const char *basic_constraints; /* OpenSSL's configuration syntax; NULL: no such extension */
    const char *key_usage;
    bool no_subject_key_id;
    bool no_authority_key_id;
    bool wrong_authority_key_id;
    bool wrong_signer; /* signed with the key of nobody */
    enum pki_sgx sgx;
    const char *more_oid; /* one extension more, with the value NULL */
    bool more_critical;
};

struct pki {
    EVP_PKEY *key[PKI_LEN];
    uint8_t der[PKI_LEN][KC_CERTIFICATE_MAX_SIZE];
    size_t len[PKI_LEN];
};

static uint64_t pki_random_state;

/* splitmix64: enough for tests, the same everywhere. */
static inline uint64_t pki_random(void)
{
    uint64_t z = pki_random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline int pki_random_bytes(unsigned char *out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (unsigned char)pki_random();
    return 1;
}

static inline int pki_random_status(void)
{
    return 1;
}

/* Makes all that OpenSSL does from here on follow from `seed`. */
static inline void pki_seed(uint64_t seed)
{
    static const RAND_METHOD method = {
        NULL, pki_random_bytes, NULL, NULL, pki_random_bytes, pki_random_status,
    };
    pki_random_state = seed;
/* Deprecated, and the one way to repeat OpenSSL's choices without writing a provider. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    RAND_set_rand_method(&method);
#pragma GCC diagnostic pop
}

static inline void pki_specs(struct pki_spec spec[PKI_LEN])
{
    spec[0] = (struct pki_spec){
        .subject = "Simulated SGX PCK Certificate",
        .issuer = "Simulated SGX PCK Platform CA",
        .digest = "SHA256",
        .not_before = "20240101000000Z",
        .not_after = "20310101000000Z",
        .basic_constraints = "critical,CA:FALSE",
        .key_usage = "critical,digitalSignature,nonRepudiation",
        .sgx = PKI_SGX_PLATFORM,
    };
    spec[1] = (struct pki_spec){
        .subject = "Simulated SGX PCK Platform CA",
        .issuer = "Simulated SGX Root CA",
        .digest = "SHA256",
        .not_before = "20230101000000Z",
        .not_after = "20380101000000Z",
        .basic_constraints = "critical,CA:TRUE,pathlen:0",
        .key_usage = "critical,keyCertSign,cRLSign",
    };
    spec[2] = (struct pki_spec){
        .subject = "Simulated SGX Root CA",
        .issuer = "Simulated SGX Root CA",
        .digest = "SHA256",
        .not_before = "20230101000000Z",
        .not_after = "20551231235959Z",
        .basic_constraints = "critical,CA:TRUE,pathlen:1",
        .key_usage = "critical,keyCertSign,cRLSign",
    };
}

static inline X509_NAME *pki_name(const char *common_name)
{
    static const char *const rest[][2] = {
        {"O", "Keyclave"}, {"L", "Nowhere"}, {"ST", "CA"}, {"C", "US"}};
    X509_NAME *name = X509_NAME_new();
    if (common_name != NULL)
        X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, (const uint8_t *)common_name, -1,
                                   -1, 0);
    for (size_t i = 0; i < COUNT_OF(rest); i++)
        X509_NAME_add_entry_by_txt(name, rest[i][0],
                                   i == 3 ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
                                   (const uint8_t *)rest[i][1], -1, -1, 0);
    return name;
}

static inline void pki_add_raw(X509 *x, const char *oid, bool critical, const uint8_t *der,
                               size_t len)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, der, (int)len);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static inline void pki_add_text(X509 *x, int nid, const char *text)
{
    if (text == NULL)
        return;
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, text);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* The key identifier: the front of the SHA-256 of the public key. */
static inline void pki_key_id(EVP_PKEY *key, uint8_t id[20])
{
    uint8_t *spki = NULL;
    uint8_t digest[32];
    int len = i2d_PUBKEY(key, &spki);
    assert_true(len > 0);
    assert_int_equal(EVP_Digest(spki, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
    memcpy(id, digest, 20);
    OPENSSL_free(spki);
}

static inline void pki_add_key_ids(X509 *x, const struct pki_spec *spec, EVP_PKEY *key,
                                   EVP_PKEY *issuer)
{
    uint8_t subject_id[22] = {0x04, 20};
    uint8_t authority_id[24] = {0x30, 22, 0x80, 20};
    pki_key_id(key, subject_id + 2);
    pki_key_id(issuer, authority_id + 4);
    if (spec->wrong_authority_key_id)
        authority_id[23] ^= 1;
    if (!spec->no_authority_key_id)
        pki_add_raw(x, "2.5.29.35", false, authority_id, sizeof authority_id);
    if (!spec->no_subject_key_id)
        pki_add_raw(x, "2.5.29.14", false, subject_id, sizeof subject_id);
}

/* Writes tag and length of an element whose `n` octets of content follow. */
static inline void pki_head(struct kc_writer *w, uint8_t tag, size_t n)
{
    kc_writer_u8(w, tag);
    if (n >= 0x100) {
        kc_writer_u8(w, 0x82);
        kc_writer_u8(w, (uint8_t)(n >> 8));
    } else if (n >= 0x80) {
        kc_writer_u8(w, 0x81);
    }
    kc_writer_u8(w, (uint8_t)n);
}

/* SEQUENCE { 1.2.840.113741.1.13.1.<group>.<id>, head of a value of `n` octets }. */
static inline void pki_pair(struct kc_writer *w, uint8_t group, uint8_t id, uint8_t tag, size_t n)
{
    static const uint8_t sgx[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
    size_t oid = sizeof sgx + (group != 0) + 1;
    size_t value_head = n >= 0x100 ? 4 : n >= 0x80 ? 3 : 2;
    pki_head(w, 0x30, 2 + oid + value_head + n);
    pki_head(w, 0x06, oid);
    kc_writer_copy(w, sgx, sizeof sgx);
    if (group != 0)
        kc_writer_u8(w, group);
    kc_writer_u8(w, id);
    pki_head(w, tag, n);
}

#define PKI_TCB_SIZE    (17 * 18 + 33) /* components and PCESVN of one octet each, CPUSVN */
#define PKI_CONFIG_SIZE (3 * 18)

/* The content of the SGX extension: every octet of a value is its place. */
static inline void pki_write_sgx(struct kc_writer *w, bool platform)
{
    pki_pair(w, 0, 1, 0x04, 16);
    kc_writer_zeros(w, 16);
    pki_pair(w, 0, 2, 0x30, PKI_TCB_SIZE);
    for (uint8_t i = 1; i <= 17; i++) {
        pki_pair(w, 2, i, 0x02, 1);
        kc_writer_u8(w, i);
    }
    pki_pair(w, 2, 18, 0x04, 16);
    kc_writer_zeros(w, 16);
    pki_pair(w, 0, 3, 0x04, 2);
    kc_writer_zeros(w, 2);
    pki_pair(w, 0, 4, 0x04, 6);
    kc_writer_copy(w, "\x00\x90\x6e\xd5\x00\x01", 6);
    pki_pair(w, 0, 5, 0x0a, 1);
    kc_writer_u8(w, platform ? 1 : 0);
    if (!platform)
        return;
    pki_pair(w, 0, 6, 0x04, 16);
    kc_writer_zeros(w, 16);
    pki_pair(w, 0, 7, 0x30, PKI_CONFIG_SIZE);
    for (uint8_t i = 1; i <= 3; i++) {
        pki_pair(w, 7, i, 0x01, 1);
        kc_writer_u8(w, i == 2 ? 0xff : 0x00);
    }
}

static inline void pki_add_sgx(X509 *x, bool platform)
{
    uint8_t der[1024];
    struct kc_writer counted = KC_WRITER_COUNT;
    struct kc_writer w = kc_writer_of((struct kc_room){der, sizeof der});
    pki_write_sgx(&counted, platform);
    pki_head(&w, 0x30, counted.len);
    pki_write_sgx(&w, platform);
    assert_false(kc_writer_failed(&w));
    pki_add_raw(x, "1.2.840.113741.1.13.1", false, der, w.len);
}

static inline EVP_PKEY *pki_make_key(enum pki_key kind)
{
    EVP_PKEY *key = kind == PKI_RSA    ? EVP_RSA_gen(2048)
                    : kind == PKI_P384 ? EVP_EC_gen("P-384")
                                       : EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

static inline X509 *pki_issue(const struct pki_spec *spec, EVP_PKEY *key, EVP_PKEY *issuer)
{
    static const uint8_t null[] = {0x05, 0x00};
    X509 *x = X509_new();
    X509_NAME *subject = pki_name(spec->subject);
    X509_NAME *issuer_name = pki_name(spec->issuer);
    EVP_PKEY *signer = spec->wrong_signer ? pki_make_key(PKI_P256) : NULL;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), pki_random() | 1);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, issuer_name);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(x), spec->not_before), 1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), spec->not_after), 1);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    pki_add_key_ids(x, spec, key, issuer);
    pki_add_text(x, NID_crl_distribution_points, "URI:https://localhost/sgx/pckcrl?ca=platform");
    pki_add_text(x, NID_key_usage, spec->key_usage);
    pki_add_text(x, NID_basic_constraints, spec->basic_constraints);
    if (spec->sgx != PKI_SGX_NONE)
        pki_add_sgx(x, spec->sgx == PKI_SGX_PLATFORM);
    if (spec->more_oid != NULL)
        pki_add_raw(x, spec->more_oid, spec->more_critical, null, sizeof null);
    assert_true(X509_sign(x, signer != NULL ? signer : issuer, EVP_get_digestbyname(spec->digest)) >
                0);
    EVP_PKEY_free(signer);
    X509_NAME_free(subject);
    X509_NAME_free(issuer_name);
    return x;
}

/* Free with pki_clear. */
static inline void pki_make(const struct pki_spec spec[PKI_LEN], struct pki *out)
{
    for (size_t i = 0; i < PKI_LEN; i++)
        out->key[i] = pki_make_key(spec[i].key);
    for (size_t i = 0; i < PKI_LEN; i++) {
        X509 *x = pki_issue(&spec[i], out->key[i], out->key[i + 1 < PKI_LEN ? i + 1 : i]);
        uint8_t *end = out->der[i];
        int len = i2d_X509(x, NULL);
        assert_in_range(len, 1, sizeof out->der[i]);
        out->len[i] = (size_t)i2d_X509(x, &end);
        X509_free(x);
    }
}

static inline void pki_clear(struct pki *pki)
{
    for (size_t i = 0; i < PKI_LEN; i++)
        EVP_PKEY_free(pki->key[i]);
}

/* Decodes the certificates into `chain`, as kc_pck_chain_decode does with a PEM. */
static inline enum kc_err pki_chain(const struct pki *pki, struct kc_pck_chain *chain,
                                    struct kc_error *error)
{
    enum kc_err err = KC_OK;
    chain->count = PKI_LEN;
    for (size_t i = 0; err == KC_OK && i < PKI_LEN; i++) {
        memcpy(chain->der[i], pki->der[i], pki->len[i]);
        err = kc_certificate_decode(kc_bytes_of(chain->der[i], pki->len[i]), &chain->certificate[i],
                                    error);
    }
    return err;
}

#endif
