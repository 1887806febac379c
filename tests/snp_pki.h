/*
 * Chains of AMD's shape and reports signed under them, made with OpenSSL for tests: everything by
 * a case whose every field a test may spoil. Keys are the same in every run.
 */
#ifndef KC_TESTS_SNP_PKI_H
#define KC_TESTS_SNP_PKI_H

#include "formats/snp_certificates.h"
#include "pki.h"
#include "verify/ecdsa.h"
#include "verify/snp.h"

enum { SNP_LEAF, SNP_ASK, SNP_ARK, SNP_LEN };
#define SNP_NOT_FLIPPED SIZE_MAX
#define SNP_NOW         1767225600 /* 2026-01-01 */

struct snp_certificate {
    const char *subject;
    const char *issuer;
    size_t key;    /* whose of the three it bears */
    size_t signer; /* whose of the three signed it */
    const char *not_before;
    const char *not_after;
    const char *basic_constraints;
    const char *key_usage;
    const char *digest;
    int salt;
    bool no_key_ids;
    bool wrong_authority_key_id;
    bool critical; /* one more extension that nobody knows */
    bool missing;
    size_t flip; /* this octet is spoilt after signing */
};

/* Numbers below zero: no such extension. */
struct snp_vek {
    int version;
    const char *product;
    int part[10]; /* 1 to 9 */
    size_t chip_id_len;
    bool chip_id_wrapped;
    const char *csp_id;
};

struct snp_case {
    struct snp_certificate certificate[SNP_LEN];
    struct snp_vek vek;
    struct kc_snp_report report;
    size_t flip; /* this octet of the report is spoilt after signing */
    struct kc_snp_policy policy;
    struct kc_amd_root root;
    int64_t now;
    /* made by snp_case_make */
    uint8_t bytes[KC_SNP_REPORT_SIZE];
    size_t len;
    uint8_t der[SNP_LEN][KC_CERTIFICATE_MAX_SIZE];
    size_t der_len[SNP_LEN];
};

struct snp_keys {
    EVP_PKEY *key[SNP_LEN];
};

static inline void snp_keys_make(struct snp_keys *keys)
{
    pki_seed(7);
    keys->key[SNP_LEAF] = EVP_EC_gen("P-384");
    keys->key[SNP_ASK] = EVP_RSA_gen(4096);
    keys->key[SNP_ARK] = EVP_RSA_gen(4096);
    for (size_t i = 0; i < SNP_LEN; i++)
        assert_non_null(keys->key[i]);
}

static inline void snp_keys_free(struct snp_keys *keys)
{
    for (size_t i = 0; i < SNP_LEN; i++)
        EVP_PKEY_free(keys->key[i]);
}

static inline void snp_case_names(struct snp_case *c, enum kc_snp_product product, bool is_vlek)
{
    static const char *const names[KC_SNP_PRODUCT_COUNT][4] = {
        [KC_SNP_MILAN] = {"SEV-Milan", "SEV-VLEK-Milan", "ARK-Milan", "Milan-B0"},
        [KC_SNP_GENOA] = {"SEV-Genoa", "SEV-VLEK-Genoa", "ARK-Genoa", "Genoa"},
        [KC_SNP_TURIN] = {"SEV-Turin", "SEV-VLEK-Turin", "ARK-Turin", "Turin"},
    };
    const char *const *name = names[product];
    c->certificate[SNP_LEAF].subject = is_vlek ? "SEV-VLEK" : "SEV-VCEK";
    c->certificate[SNP_LEAF].issuer = c->certificate[SNP_ASK].subject = name[is_vlek];
    c->certificate[SNP_ASK].issuer = c->certificate[SNP_ARK].subject = name[2];
    c->certificate[SNP_ARK].issuer = name[2];
    c->vek.product = name[3];
    c->root.product = product;
}

/* A good one: TCB 3.0.8.115 (Turin: 1.3.0.8.115), a chip id of 0xa5s. */
static inline void snp_case_start(struct snp_case *c, enum kc_snp_product product, bool is_vlek)
{
    bool is_turin = product == KC_SNP_TURIN;
    *c = (struct snp_case){.flip = SNP_NOT_FLIPPED, .now = SNP_NOW, .len = KC_SNP_REPORT_SIZE};
    for (size_t i = 0; i < SNP_LEN; i++)
        c->certificate[i] = (struct snp_certificate){
            .key = i,
            .signer = i == SNP_ARK ? SNP_ARK : i + 1,
            .not_before = "20240101000000Z",
            .not_after = "20310101000000Z",
            .basic_constraints = i == SNP_LEAF  ? NULL
                                 : i == SNP_ASK ? "critical,CA:TRUE,pathlen:0"
                                                : "critical,CA:TRUE",
            .key_usage = i == SNP_LEAF  ? NULL
                         : i == SNP_ASK ? "critical,keyCertSign"
                                        : "critical,keyCertSign,cRLSign",
            .digest = "SHA384",
            .salt = 48,
            .no_key_ids = i == SNP_LEAF,
            .flip = SNP_NOT_FLIPPED,
        };
    snp_case_names(c, product, is_vlek);
    c->vek.version = is_turin;
    c->vek.csp_id = is_vlek ? "CN=cloud.example" : NULL;
    c->vek.chip_id_len = is_vlek ? 0 : is_turin ? 8 : 64;
    memcpy(c->vek.part, (const int[]){0, 3, 0, 8, 0, 0, 0, 0, 115, is_turin ? 1 : -1},
           sizeof c->vek.part);
    c->report = (struct kc_snp_report){
        .version = 3,
        .policy = KC_SNP_POLICY_RESERVED_ONE | KC_SNP_POLICY_SMT,
        .signing_key = is_vlek ? KC_SNP_KEY_VLEK : KC_SNP_KEY_VCEK,
        .reported_tcb = is_turin ? 0x7300000008000301 : 0x7308000000000003,
        .cpu_family = is_turin ? 0x1a : 0x19,
        .cpu_model = is_turin                  ? 0x02
                     : product == KC_SNP_GENOA ? 0x11
                                               : 0x01,
    };
    c->report.current_tcb = c->report.committed_tcb = c->report.reported_tcb;
    c->report.launch_tcb = c->report.reported_tcb;
    memset(c->report.chip_id, 0xa5, c->vek.chip_id_len);
    memset(c->report.report_data, 0x5d, sizeof c->report.report_data);
}

static inline void snp_add_number(X509 *x, const char *oid, int value)
{
    uint8_t der[4] = {0x02, 1, (uint8_t)value};
    if (value < 0)
        return;
    if (value >= 0x80)
        memcpy(der, (const uint8_t[]){0x02, 2, (uint8_t)(value >> 8), (uint8_t)value}, 4);
    pki_add_raw(x, oid, false, der, value >= 0x80 ? 4 : 3);
}

static inline void snp_add_text(X509 *x, const char *oid, const char *text)
{
    uint8_t der[128] = {0x16};
    if (text == NULL)
        return;
    der[1] = (uint8_t)strlen(text);
    memcpy(der + 2, text, strlen(text));
    pki_add_raw(x, oid, false, der, 2 + strlen(text));
}

static inline void snp_add_vek(X509 *x, const struct snp_vek *vek)
{
    uint8_t chip_id[66];
    snp_add_number(x, "1.3.6.1.4.1.3704.1.1", vek->version);
    snp_add_text(x, "1.3.6.1.4.1.3704.1.2", vek->product);
    for (int i = 1; i <= 9; i++) {
        char oid[32];
        snprintf(oid, sizeof oid, "1.3.6.1.4.1.3704.1.3.%d", i);
        snp_add_number(x, oid, vek->part[i]);
    }
    memset(chip_id, 0xa5, sizeof chip_id);
    if (vek->chip_id_wrapped) {
        chip_id[0] = 0x04;
        chip_id[1] = (uint8_t)vek->chip_id_len;
    }
    if (vek->chip_id_len > 0)
        pki_add_raw(x, "1.3.6.1.4.1.3704.1.4", false, chip_id,
                    vek->chip_id_len + (vek->chip_id_wrapped ? 2 : 0));
    snp_add_text(x, "1.3.6.1.4.1.3704.1.5", vek->csp_id);
}

static inline void snp_sign_certificate(X509 *x, const struct snp_certificate *spec, EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest);
    assert_int_equal(EVP_DigestSignInit(context, &details, digest, NULL, key), 1);
    if (EVP_PKEY_is_a(key, "RSA")) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, spec->salt), 1);
    }
    assert_true(X509_sign_ctx(x, context) > 0);
    EVP_MD_CTX_free(context);
}

static inline void snp_make_certificate(struct snp_case *c, size_t i, const struct snp_keys *keys)
{
    const struct snp_certificate *spec = &c->certificate[i];
    const struct pki_spec key_ids = {.wrong_authority_key_id = spec->wrong_authority_key_id};
    X509 *x = X509_new();
    X509_NAME *subject = pki_name(spec->subject);
    X509_NAME *issuer = pki_name(spec->issuer);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), (long)i * 0x10000);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, issuer);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(x), spec->not_before);
    ASN1_TIME_set_string_X509(X509_getm_notAfter(x), spec->not_after);
    X509_set_pubkey(x, keys->key[spec->key]);
    pki_add_text(x, NID_basic_constraints, spec->basic_constraints);
    pki_add_text(x, NID_key_usage, spec->key_usage);
    if (!spec->no_key_ids)
        pki_add_key_ids(x, &key_ids, keys->key[spec->key], keys->key[spec->signer]);
    if (spec->critical)
        pki_add_raw(x, "1.3.6.1.4.1.3704.99", true, (const uint8_t *)"\x05", 2);
    if (i == SNP_LEAF)
        snp_add_vek(x, &c->vek);
    snp_sign_certificate(x, spec, keys->key[spec->signer]);
    uint8_t *out = c->der[i];
    c->der_len[i] = (size_t)i2d_X509(x, &out);
    if (spec->flip != SNP_NOT_FLIPPED)
        c->der[i][spec->flip < c->der_len[i] ? spec->flip : c->der_len[i] - 1] ^= 1;
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    X509_free(x);
}

static inline void snp_encode(struct snp_case *c)
{
    struct kc_writer w = kc_writer_of((struct kc_room){c->bytes, sizeof c->bytes});
    kc_snp_report_encode(&w, &c->report);
    assert_int_equal(w.len, KC_SNP_REPORT_SIZE);
}

static inline void snp_sign_report(struct snp_case *c, EVP_PKEY *key)
{
    uint8_t der[128];
    const uint8_t *at = der;
    size_t len = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    snp_encode(c);
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &len, c->bytes, KC_SNP_REPORT_SIGNED_SIZE), 1);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), c->report.signature, 48);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), c->report.signature + 48, 48);
    snp_encode(c);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    if (c->flip != SNP_NOT_FLIPPED)
        c->bytes[c->flip] ^= 1;
}

static inline void snp_pin(struct kc_amd_root *root, EVP_PKEY *key)
{
    uint8_t *spki = NULL;
    int len = i2d_PUBKEY(key, &spki);
    assert_true(len > 0 && kc_sha256(kc_bytes_of(spki, (size_t)len), root->spki_sha256));
    OPENSSL_free(spki);
}

/* Makes certificates and report, and pins the third key unless a root is there. */
static inline void snp_case_make(struct snp_case *c, const struct snp_keys *keys)
{
    for (size_t i = 0; i < SNP_LEN; i++)
        snp_make_certificate(c, i, keys);
    if (kc_bytes_are_zero(kc_bytes_of(c->root.spki_sha256, sizeof c->root.spki_sha256)))
        snp_pin(&c->root, keys->key[SNP_ARK]);
    snp_sign_report(c, keys->key[SNP_LEAF]);
}

static inline struct kc_snp_input snp_case_input(const struct snp_case *c)
{
    struct kc_bytes der[SNP_LEN];
    for (size_t i = 0; i < SNP_LEN; i++)
        der[i] = kc_bytes_of(c->der[i], c->certificate[i].missing ? 0 : c->der_len[i]);
    return (struct kc_snp_input){
        .report = kc_bytes_of(c->bytes, c->len),
        .certificates = {.vek = der[SNP_LEAF], .ask = der[SNP_ASK], .ark = der[SNP_ARK]},
        .roots = &c->root,
        .root_count = 1,
        .now = c->now,
        .policy = &c->policy,
    };
}

#endif
