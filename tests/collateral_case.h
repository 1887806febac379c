/*
 * Collateral of the simulated PKI that a test spoils and signs again: what reaches deeper than a
 * flipped bit. Every piece is a buffer of its own; `fresh` starts anew.
 */
#ifndef KC_TESTS_COLLATERAL_CASE_H
#define KC_TESTS_COLLATERAL_CASE_H

#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/hex.h"
#include "base/time.h"
#include "sim/collateral.h"
#include "sim/state_parts.h"
#include "sim_folder.h"
#include "verify/collateral.h"

#define DAY     ((int64_t)86400)
#define CASE_AT (c->issued + DAY) /* when it is judged */

/* The simulated machine's, and the identity's own chain, which is not there unless a test puts it.
 */
#define CASE_FILES    (KC_SIM_COLLATERAL_FILES + 1)
#define CASE_QE_CHAIN "qe_chain.pem"

struct collateral_case {
    char *folder;
    struct kc_sim_state *state;
    int64_t issued;
    struct kc_sim_collateral_file file[CASE_FILES];
    struct kc_pck_chain pck;
    uint8_t root_key[64];
};

static inline struct kc_sim_collateral_file *case_file(struct collateral_case *c, const char *name)
{
    for (size_t i = 0; i < CASE_FILES; i++) {
        if (strcmp(c->file[i].name, name) == 0)
            return &c->file[i];
    }
    fail_msg("there is no %s", name);
    return NULL;
}

static inline struct kc_bytes case_bytes(struct collateral_case *c, const char *name)
{
    struct kc_sim_collateral_file *file = case_file(c, name);
    return kc_bytes_of(file->ptr, file->len);
}

/* Takes over `bytes` (malloc); NULL: the piece is not there. */
static inline void case_put(struct collateral_case *c, const char *name, void *bytes, size_t len)
{
    struct kc_sim_collateral_file *file = case_file(c, name);
    free(file->ptr);
    file->ptr = bytes;
    file->len = len;
}

static inline void case_read_pck(struct collateral_case *c, const struct kc_sim_pki *pki)
{
    static const enum kc_sim_role roles[] = {KC_SIM_PCK, KC_SIM_PLATFORM_CA, KC_SIM_ROOT_CA};
    struct kc_error error = KC_ERROR_NONE;
    char *pem = kc_sim_pki_chain_pem(pki, roles, 3);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of_text(pem), &c->pck, &error), KC_OK);
    free(pem);
}

static inline void case_clear(struct collateral_case *c)
{
    kc_sim_collateral_clear(c->file);
    free(c->file[CASE_FILES - 1].ptr);
    c->file[CASE_FILES - 1] = (struct kc_sim_collateral_file){CASE_QE_CHAIN, NULL, 0};
}

static inline void case_fresh(struct collateral_case *c)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_sim_collateral_options options = {c->issued, 30, KC_TCB_UP_TO_DATE, false};
    case_clear(c);
    assert_int_equal(kc_sim_collateral_make(c->state, &options, c->file, &error), KC_OK);
    case_read_pck(c, &c->state->pki);
    memcpy(c->root_key, c->state->root_key, 64);
}

static inline int case_set_up(void **state)
{
    struct collateral_case *c = calloc(1, sizeof *c);
    c->folder = test_new_folder();
    c->state = test_open_state(c->folder);
    c->issued = (int64_t)time(NULL);
    case_fresh(c);
    *state = c;
    return 0;
}

static inline int case_tear_down(void **state)
{
    struct collateral_case *c = *state;
    case_clear(c);
    kc_sim_state_free(c->state);
    test_remove_tree(c->folder);
    free(c->folder);
    free(c);
    return 0;
}

/* {"<name>":<inner>,"signature":"<hex>"} with `key`'s signature over `inner`. */
static inline void case_sign_json(struct collateral_case *c, const char *file, const char *name,
                                  const char *inner, EVP_PKEY *key)
{
    uint8_t signature[64];
    char hex[129];
    char *text = NULL;
    assert_true(kc_sim_pki_sign(key, kc_bytes_of_text(inner), signature));
    kc_hex_encode_lower(kc_bytes_of(signature, 64), hex);
    int len = asprintf(&text, "{\"%s\":%s,\"signature\":\"%s\"}", name, inner, hex);
    assert_true(len > 0);
    case_put(c, file, text, (size_t)len);
}

static inline const char *case_outer_name(const char *file)
{
    return strcmp(file, "tcb_info.json") == 0 ? "tcbInfo" : "enclaveIdentity";
}

/* The piece's inner object with the first `from` replaced by `to`; the caller frees. */
static inline char *case_edited(struct collateral_case *c, const char *file, const char *from,
                                const char *to)
{
    struct kc_bytes body = case_bytes(c, file);
    size_t head = strlen(case_outer_name(file)) + 4; /* {"tcbInfo": */
    char *inner = strndup((const char *)body.ptr + head, body.len - head);
    char *out = NULL;
    *strstr(inner, ",\"signature\"") = '\0';
    char *place = strstr(inner, from);
    if (place == NULL)
        fail_msg("%s has no %s", file, from);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(place - inner), inner, to, place + strlen(from)) >
                0);
    free(inner);
    return out;
}

/* The same, signed again. */
static inline void case_edit(struct collateral_case *c, const char *file, const char *from,
                             const char *to)
{
    char *inner = case_edited(c, file, from, to);
    case_sign_json(c, file, case_outer_name(file), inner, c->state->pki.key[KC_SIM_TCB_SIGNING]);
    free(inner);
}

/* A list of `issuer`'s name and key id, signed by `key`, that has `revoked` where it is not NULL.
 */
static inline void case_make_crl(struct collateral_case *c, const char *file,
                                 enum kc_sim_role issuer, EVP_PKEY *key, X509 *revoked,
                                 int64_t from, int64_t to)
{
    X509 *ca = c->state->pki.certificate[issuer];
    X509_CRL *crl = X509_CRL_new();
    X509V3_CTX context;
    uint8_t *der = NULL;
    ASN1_TIME *time = ASN1_TIME_set(NULL, from);
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
    X509_CRL_set1_lastUpdate(crl, time);
    if (revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
    }
    ASN1_TIME_set(time, to);
    X509_CRL_set1_nextUpdate(crl, time);
    ASN1_INTEGER_set(number, 1);
    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
    X509V3_set_ctx(&context, ca, NULL, NULL, crl, 0);
    X509_EXTENSION *key_id =
        X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    X509_CRL_add_ext(crl, key_id, -1);
    assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    int len = i2d_X509_CRL(crl, &der);
    assert_true(len > 0);
    uint8_t *copy = malloc((size_t)len);
    memcpy(copy, der, (size_t)len);
    case_put(c, file, copy, (size_t)len);
    OPENSSL_free(der);
    X509_EXTENSION_free(key_id);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(time);
    X509_CRL_free(crl);
}

/* The PEM of two certificates as the chain `file`. */
static inline void case_put_chain(struct collateral_case *c, const char *file, X509 *first,
                                  X509 *second)
{
    struct kc_sim_pki pair = {.certificate = {first, second}};
    static const enum kc_sim_role both[] = {0, 1};
    char *pem = kc_sim_pki_chain_pem(&pair, both, 2);
    case_put(c, file, pem, strlen(pem));
}

/* What to change in a certificate before its issuer signs it again. */
struct cert_change {
    const char *common_name;
    const char *basic_constraints; /* with its "critical," */
    const char *key_usage;
    int64_t not_before; /* 0: as it is */
    int64_t not_after;
    EVP_PKEY *key;    /* of the subject */
    EVP_PKEY *signer; /* NULL: the issuer */
    bool no_key_id;   /* drops the subject key identifier */
    long serial;      /* 0: as it is */
};

static inline void case_set_extension(X509 *x, int nid, const char *text)
{
    if (text == NULL)
        return;
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, text);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline X509 *case_change(struct collateral_case *c, enum kc_sim_role role,
                                const struct cert_change *change)
{
    EVP_PKEY *issuer = c->state->pki.key[kc_sim_pki_issuer(role)];
    X509 *x = X509_dup(c->state->pki.certificate[role]);
    if (change->common_name != NULL) {
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));
        X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 0));
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)change->common_name,
                                   -1, 0, 0);
        X509_set_subject_name(x, name);
        X509_NAME_free(name);
    }
    case_set_extension(x, NID_basic_constraints, change->basic_constraints);
    case_set_extension(x, NID_key_usage, change->key_usage);
    if (change->no_key_id)
        X509_EXTENSION_free(
            X509_delete_ext(x, X509_get_ext_by_NID(x, NID_subject_key_identifier, -1)));
    if (change->not_before != 0)
        ASN1_TIME_set(X509_getm_notBefore(x), change->not_before);
    if (change->not_after != 0)
        ASN1_TIME_set(X509_getm_notAfter(x), change->not_after);
    if (change->key != NULL)
        X509_set_pubkey(x, change->key);
    if (change->serial != 0)
        ASN1_INTEGER_set(X509_get_serialNumber(x), change->serial);
    assert_true(X509_sign(x, change->signer != NULL ? change->signer : issuer, EVP_sha256()) > 0);
    return x;
}

static inline void crl_of(struct collateral_case *c, enum kc_sim_role issuer, X509 *revoked,
                          int64_t from, int64_t to)
{
    case_make_crl(c, issuer == KC_SIM_ROOT_CA ? "root_ca_crl.der" : "pck_crl.der", issuer,
                  c->state->pki.key[issuer], revoked, from, to);
}

static inline void leaf_revoked(struct collateral_case *c)
{
    crl_of(c, KC_SIM_PLATFORM_CA, c->state->pki.certificate[KC_SIM_PCK], c->issued, CASE_AT);
}

static inline void ca_revoked(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, c->state->pki.certificate[KC_SIM_PLATFORM_CA], c->issued, CASE_AT);
}

static inline void signer_revoked(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, c->state->pki.certificate[KC_SIM_TCB_SIGNING], c->issued, CASE_AT);
}

#endif
