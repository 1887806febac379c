#include "sim/pki.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "sim/sgx_extension.h"

#define DAY  ((int64_t)24 * 60 * 60)
#define YEAR (365 * DAY)

/* 2049-12-31T23:59:59Z, where Intel's root ends too: the last second of UTCTime. */
#define ROOT_END INT64_C(2524607999)

/* .invalid never resolves (RFC 2606): nobody fetches revocation lists behind our back. */
#define ROOT_CRL_URI "URI:https://certificates.keyclave.invalid/SimulatedSGXRootCA.der"
#define PCK_CRL_URI                                                                                \
    "URI:https://api.keyclave.invalid/sgx/certification/v4/pckcrl?ca=platform&encoding=der"

const struct kc_sim_platform kc_sim_platform = {
    .component_svn = {7, 9, 3, 3, 2, 2, 1},
    .pce_svn = 13,
    .pce_id = {0, 0},
    .fmspc = {0x00, 0x53, 0x49, 0x4d, 0x00, 0x00}, /* "SIM" */
};

static const struct profile {
    const char *common_name;
    enum kc_sim_role issuer;
    int64_t validity;
    const char *key_usage;
    const char *basic_constraints;
    const char *crl_uri;
} profiles[KC_SIM_ROLES] = {
    [KC_SIM_ROOT_CA] = {"Simulated SGX Root CA", KC_SIM_ROOT_CA, 0, "critical,keyCertSign,cRLSign",
                        "critical,CA:TRUE,pathlen:1", ROOT_CRL_URI},
    [KC_SIM_PLATFORM_CA] = {"Simulated SGX PCK Platform CA", KC_SIM_ROOT_CA, 15 * YEAR,
                            "critical,keyCertSign,cRLSign", "critical,CA:TRUE,pathlen:0",
                            ROOT_CRL_URI},
    [KC_SIM_PCK] = {"Simulated SGX PCK Certificate", KC_SIM_PLATFORM_CA, 7 * YEAR,
                    "critical,digitalSignature,nonRepudiation", "critical,CA:FALSE", PCK_CRL_URI},
    [KC_SIM_TCB_SIGNING] = {"Simulated SGX TCB Signing", KC_SIM_ROOT_CA, 7 * YEAR,
                            "critical,digitalSignature,nonRepudiation", "critical,CA:FALSE",
                            ROOT_CRL_URI},
};

enum kc_sim_role kc_sim_pki_issuer(enum kc_sim_role role)
{
    return profiles[role].issuer;
}

EVP_PKEY *kc_sim_pki_new_key(void)
{
    return EVP_EC_gen("P-256");
}

bool kc_sim_pki_public_key(EVP_PKEY *key, uint8_t out[64])
{
    uint8_t point[65];
    size_t len = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) !=
            1 ||
        len != sizeof point || point[0] != 4)
        return false;
    memcpy(out, point + 1, 64);
    return true;
}

bool kc_sim_pki_sign(EVP_PKEY *key, struct kc_bytes message, uint8_t out[64])
{
    uint8_t der[80];
    const uint8_t *next = der;
    size_t len = sizeof der;
    ECDSA_SIG *signature = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(context, der, &len, message.ptr, message.len) == 1 &&
              (signature = d2i_ECDSA_SIG(NULL, &next, (long)len)) != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32) == 32;
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(context);
    return ok;
}

/* The order and string types of Intel's names. */
static bool set_name(X509_NAME *name, const char *common_name)
{
    const struct {
        const char *field;
        const char *value;
    } parts[] = {
        {"CN", common_name}, {"O", "Keyclave Simulation"}, {"L", "Santa Clara"}, {"ST", "CA"},
        {"C", "US"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (X509_NAME_add_entry_by_txt(name, parts[i].field, MBSTRING_UTF8,
                                       (const unsigned char *)parts[i].value, -1, -1, 0) != 1)
            return false;
    }
    return true;
}

/* 20 random bytes that read as a positive number of exactly that length. */
static bool set_serial(X509 *certificate)
{
    uint8_t bytes[20];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return ok;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_sgx_extension(X509 *certificate)
{
    uint8_t random[32];
    uint8_t der[KC_SIM_SGX_EXTENSION_MAX];
    struct kc_writer w = kc_writer_of((struct kc_room){der, sizeof der});
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    kc_sim_sgx_extension_encode(&w, &kc_sim_platform, random, random + 16);
    ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    bool ok = oid != NULL && value != NULL && !kc_writer_failed(&w) &&
              ASN1_OCTET_STRING_set(value, der, (int)w.len) == 1 &&
              (extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value)) != NULL &&
              X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return ok;
}

/* In the order of Intel's. The subject key identifier comes first into being, for a root's
 * authority key identifier is the same, and is moved to its place. */
static bool add_extensions(X509 *certificate, X509 *issuer, enum kc_sim_role role)
{
    const struct profile *profile = &profiles[role];
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    if (!add_extension(certificate, &context, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always") ||
        !add_extension(certificate, &context, NID_crl_distribution_points, profile->crl_uri))
        return false;
    X509_EXTENSION *subject_key = X509_delete_ext(certificate, 0);
    bool ok = subject_key != NULL && X509_add_ext(certificate, subject_key, -1) == 1;
    X509_EXTENSION_free(subject_key);
    return ok && add_extension(certificate, &context, NID_key_usage, profile->key_usage) &&
           add_extension(certificate, &context, NID_basic_constraints,
                         profile->basic_constraints) &&
           (role != KC_SIM_PCK || add_sgx_extension(certificate));
}

static X509 *make_certificate(const struct kc_sim_pki *pki, enum kc_sim_role role, int64_t now)
{
    const struct profile *profile = &profiles[role];
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    X509 *issuer = profile->issuer == role ? certificate : pki->certificate[profile->issuer];
    int64_t end = role == KC_SIM_ROOT_CA ? ROOT_END : now + profile->validity;
    bool ok = X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
              set_name(X509_get_subject_name(certificate), profile->common_name) &&
              X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(certificate), now - DAY) != NULL &&
              ASN1_TIME_set(X509_getm_notAfter(certificate), end) != NULL &&
              X509_set_pubkey(certificate, pki->key[role]) == 1 &&
              add_extensions(certificate, issuer, role) &&
              X509_sign(certificate, pki->key[profile->issuer], EVP_sha256()) > 0;
    if (ok)
        return certificate;
    X509_free(certificate);
    return NULL;
}

enum kc_err kc_sim_pki_make(int64_t now, struct kc_sim_pki *out)
{
    struct kc_sim_pki pki = {0};
    /* The roles stand in the enum before those that they issue. */
    for (enum kc_sim_role role = 0; role < KC_SIM_ROLES; role++) {
        pki.key[role] = kc_sim_pki_new_key();
        if (pki.key[role] != NULL)
            pki.certificate[role] = make_certificate(&pki, role, now);
        if (pki.certificate[role] == NULL) {
            kc_sim_pki_clear(&pki);
            return KC_ERR_CRYPTO;
        }
    }
    *out = pki;
    return KC_OK;
}

void kc_sim_pki_clear(struct kc_sim_pki *pki)
{
    for (enum kc_sim_role role = 0; role < KC_SIM_ROLES; role++) {
        EVP_PKEY_free(pki->key[role]);
        X509_free(pki->certificate[role]);
        pki->key[role] = NULL;
        pki->certificate[role] = NULL;
    }
}

bool kc_sim_pki_holds(const struct kc_sim_pki *pki, enum kc_sim_role role)
{
    enum kc_sim_role issuer = profiles[role].issuer;
    return X509_check_private_key(pki->certificate[role], pki->key[role]) == 1 &&
           X509_verify(pki->certificate[role], pki->key[issuer]) == 1;
}

char *kc_sim_pki_chain_pem(const struct kc_sim_pki *pki, const enum kc_sim_role *roles,
                           size_t count)
{
    char *text = NULL;
    char *data = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    bool ok = out != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = PEM_write_bio_X509(out, pki->certificate[roles[i]]) == 1;
    if (ok) {
        long len = BIO_get_mem_data(out, &data);
        text = strndup(data, (size_t)len);
    }
    BIO_free(out);
    return text;
}
