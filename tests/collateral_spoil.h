/* Ways to spoil collateral, one each; most are signed again by who should sign. */
#ifndef KC_TESTS_COLLATERAL_SPOIL_H
#define KC_TESTS_COLLATERAL_SPOIL_H

#include "collateral_case.h"

typedef void spoil_fn(struct collateral_case *c);

static inline void nothing(struct collateral_case *c)
{
    (void)c;
}

static inline void flip(struct collateral_case *c, const char *file, size_t from_end)
{
    struct kc_sim_collateral_file *f = case_file(c, file);
    f->ptr[f->len - from_end] ^= 1;
}

/* The last hexadecimal digit of a body's signature: '0' and '1' and so on stay digits. */
static inline void bad_tcb_signature(struct collateral_case *c)
{
    struct kc_sim_collateral_file *f = case_file(c, "tcb_info.json");
    f->ptr[f->len - 3] = f->ptr[f->len - 3] == '0' ? '1' : '0';
}

static inline void bad_qe_signature(struct collateral_case *c)
{
    struct kc_sim_collateral_file *f = case_file(c, "qe_identity.json");
    f->ptr[f->len - 3] = f->ptr[f->len - 3] == '0' ? '1' : '0';
}

/* Replaces in the whole body, and signs nothing. */
static inline void edit_unsigned(struct collateral_case *c, const char *file, const char *from,
                                 const char *to)
{
    struct kc_bytes body = case_bytes(c, file);
    char *text = strndup((const char *)body.ptr, body.len);
    char *place = strstr(text, from);
    char *out = NULL;
    assert_non_null(place);
    int len = asprintf(&out, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    free(text);
    case_put(c, file, out, (size_t)len);
}

static inline void white_space(struct collateral_case *c)
{
    edit_unsigned(c, "tcb_info.json", "\"version\":3", "\"version\": 3");
}

static inline void white_space_in_identity(struct collateral_case *c)
{
    edit_unsigned(c, "qe_identity.json", "\"version\":2", "\"version\" :2");
}

/* The signature covers the inner object: around it nothing changes its meaning. */
static inline void white_space_outside(struct collateral_case *c)
{
    edit_unsigned(c, "tcb_info.json", "{\"tcbInfo\":", " { \"tcbInfo\" : ");
}

static inline void forged_identity(struct collateral_case *c)
{
    edit_unsigned(c, "qe_identity.json", "8C4F57", "000000");
}

static inline void identity_of_nobody(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    char *inner = case_edited(c, "qe_identity.json", "8C4F57", "000000");
    case_sign_json(c, "qe_identity.json", "enclaveIdentity", inner, key);
    free(inner);
    EVP_PKEY_free(key);
}

static inline void signed_by_the_root(struct collateral_case *c)
{
    char *inner = case_edited(c, "tcb_info.json", "SGX", "SGX");
    case_sign_json(c, "tcb_info.json", "tcbInfo", inner, c->state->pki.key[KC_SIM_ROOT_CA]);
    free(inner);
}

static inline void name_twice(struct collateral_case *c)
{
    case_edit(c, "tcb_info.json", "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0");
}

static inline void unknown_status(struct collateral_case *c)
{
    case_edit(c, "tcb_info.json", "\"UpToDate\"", "\"Fine\"");
}

static inline void tcb_type(struct collateral_case *c)
{
    case_edit(c, "tcb_info.json", "\"tcbType\":0", "\"tcbType\":1");
}

static inline void bodies_swapped(struct collateral_case *c)
{
    struct kc_sim_collateral_file *a = case_file(c, "tcb_info.json");
    struct kc_sim_collateral_file *b = case_file(c, "qe_identity.json");
    uint8_t *ptr = a->ptr;
    size_t len = a->len;
    a->ptr = b->ptr, a->len = b->len;
    b->ptr = ptr, b->len = len;
}

static inline void edit_date(struct collateral_case *c, const char *file, const char *key,
                             int64_t to)
{
    char text[KC_TIME_TEXT_SIZE];
    char old[KC_TIME_TEXT_SIZE];
    char from_text[64];
    char to_text[64];
    kc_time_format(c->issued + (key[0] == 'n' ? 30 * DAY : 0), old);
    kc_time_format(to, text);
    snprintf(from_text, sizeof from_text, "\"%s\":\"%s\"", key, old);
    snprintf(to_text, sizeof to_text, "\"%s\":\"%s\"", key, text);
    case_edit(c, file, from_text, to_text);
}

static inline void tcb_info_expired(struct collateral_case *c)
{
    edit_date(c, "tcb_info.json", "nextUpdate", CASE_AT - 1);
}

static inline void tcb_info_last_second(struct collateral_case *c)
{
    edit_date(c, "tcb_info.json", "nextUpdate", CASE_AT);
    edit_date(c, "qe_identity.json", "issueDate", CASE_AT);
}

static inline void tcb_info_not_yet(struct collateral_case *c)
{
    edit_date(c, "tcb_info.json", "issueDate", CASE_AT + 1);
}

static inline void identity_expired(struct collateral_case *c)
{
    edit_date(c, "qe_identity.json", "nextUpdate", CASE_AT - 1);
}

static inline void identity_not_yet(struct collateral_case *c)
{
    edit_date(c, "qe_identity.json", "issueDate", CASE_AT + 1);
}

static inline void root_crl_expired(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, NULL, c->issued, CASE_AT - 1);
}

static inline void root_crl_not_yet(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, NULL, CASE_AT + 1, CASE_AT + DAY);
}

static inline void pck_crl_expired(struct collateral_case *c)
{
    crl_of(c, KC_SIM_PLATFORM_CA, NULL, c->issued, CASE_AT - 1);
}

static inline void pck_crl_not_yet(struct collateral_case *c)
{
    crl_of(c, KC_SIM_PLATFORM_CA, NULL, CASE_AT + 1, CASE_AT + DAY);
}

/* An old list still says what was revoked. */
static inline void leaf_revoked_long_ago(struct collateral_case *c)
{
    crl_of(c, KC_SIM_PLATFORM_CA, c->state->pki.certificate[KC_SIM_PCK], c->issued, CASE_AT - 1);
}

static inline void root_revoked(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, c->state->pki.certificate[KC_SIM_ROOT_CA], c->issued, CASE_AT);
}

/* A list of the wrong CA that has the serial revokes nothing, and is refused. */
static inline void leaf_in_root_crl(struct collateral_case *c)
{
    crl_of(c, KC_SIM_ROOT_CA, c->state->pki.certificate[KC_SIM_PCK], c->issued, CASE_AT);
}

static inline void crls_swapped(struct collateral_case *c)
{
    struct kc_sim_collateral_file *a = case_file(c, "root_ca_crl.der");
    struct kc_sim_collateral_file *b = case_file(c, "pck_crl.der");
    uint8_t *ptr = a->ptr;
    size_t len = a->len;
    a->ptr = b->ptr, a->len = b->len;
    b->ptr = ptr, b->len = len;
}

/* The last byte of s. */
static inline void root_crl_signature(struct collateral_case *c)
{
    flip(c, "root_ca_crl.der", 1);
}

static inline void pck_crl_signature(struct collateral_case *c)
{
    flip(c, "pck_crl.der", 1);
}

/* The right issuer's name and key identifier, another's signature. */
static inline void pck_crl_of_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    case_make_crl(c, "pck_crl.der", KC_SIM_PLATFORM_CA, key, NULL, c->issued, CASE_AT);
    EVP_PKEY_free(key);
}

static inline void pck_crl_by_the_root(struct collateral_case *c)
{
    case_make_crl(c, "pck_crl.der", KC_SIM_PLATFORM_CA, c->state->pki.key[KC_SIM_ROOT_CA], NULL,
                  c->issued, CASE_AT);
}

static inline void crl_trailing(struct collateral_case *c)
{
    struct kc_bytes old = case_bytes(c, "pck_crl.der");
    uint8_t *longer = calloc(1, old.len + 2);
    memcpy(longer, old.ptr, old.len);
    case_put(c, "pck_crl.der", longer, old.len + 2);
}

static inline void crl_empty(struct collateral_case *c)
{
    case_put(c, "root_ca_crl.der", calloc(1, 1), 0);
}

static inline void crl_huge(struct collateral_case *c)
{
    size_t len = (size_t)1024 * 1024;
    case_put(c, "root_ca_crl.der", calloc(1, len), len);
}

static inline void crl_as_digits(struct collateral_case *c)
{
    struct kc_bytes der = case_bytes(c, "pck_crl.der");
    char *text = malloc(2 * der.len + 1);
    kc_hex_encode_lower(der, text);
    case_put(c, "pck_crl.der", text, 2 * der.len);
}

static inline void signer(struct collateral_case *c, const struct cert_change *change)
{
    X509 *x = case_change(c, KC_SIM_TCB_SIGNING, change);
    case_put_chain(c, "tcb_chain.pem", x, c->state->pki.certificate[KC_SIM_ROOT_CA]);
    X509_free(x);
}

static inline void signer_expired(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.not_after = CASE_AT - 1});
}

static inline void signer_not_yet(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.not_before = CASE_AT + 1});
}

static inline void signer_named_otherwise(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.common_name = "Simulated SGX PCK Certificate"});
}

static inline void signer_is_ca(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.basic_constraints = "critical,CA:TRUE"});
}

static inline void signer_may_issue(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.key_usage = "critical,digitalSignature,keyCertSign"});
}

static inline void signer_may_not_sign(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.key_usage = "critical,keyAgreement"});
}

static inline void signer_without_key_id(struct collateral_case *c)
{
    signer(c, &(struct cert_change){.no_key_id = true});
}

/* The issuer's name is right, the key that signed is not. */
static inline void signer_by_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    signer(c, &(struct cert_change){.signer = key});
    EVP_PKEY_free(key);
}

static inline void signer_has_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    signer(c, &(struct cert_change){.key = key});
    EVP_PKEY_free(key);
}

/* The attester's own root, with the name of the trusted one. */
static inline void another_root(struct collateral_case *c)
{
    struct kc_sim_pki other;
    char *inner = case_edited(c, "tcb_info.json", "SGX", "SGX");
    assert_int_equal(kc_sim_pki_make(c->issued, &other), KC_OK);
    case_put_chain(c, "tcb_chain.pem", other.certificate[KC_SIM_TCB_SIGNING],
                   other.certificate[KC_SIM_ROOT_CA]);
    case_sign_json(c, "tcb_info.json", "tcbInfo", inner, other.key[KC_SIM_TCB_SIGNING]);
    kc_sim_pki_clear(&other);
    free(inner);
}

static inline void trusted_root_on_top(struct collateral_case *c)
{
    struct kc_sim_pki other;
    assert_int_equal(kc_sim_pki_make(c->issued, &other), KC_OK);
    case_put_chain(c, "tcb_chain.pem", other.certificate[KC_SIM_TCB_SIGNING],
                   c->state->pki.certificate[KC_SIM_ROOT_CA]);
    kc_sim_pki_clear(&other);
}

/* Signed below the PCK's CA instead of by the root. */
static inline void signer_below_the_ca(struct collateral_case *c)
{
    struct kc_sim_pki *pki = &c->state->pki;
    X509 *x = X509_dup(pki->certificate[KC_SIM_TCB_SIGNING]);
    X509_set_issuer_name(x, X509_get_subject_name(pki->certificate[KC_SIM_PLATFORM_CA]));
    assert_true(X509_sign(x, pki->key[KC_SIM_PLATFORM_CA], EVP_sha256()) > 0);
    case_put_chain(c, "tcb_chain.pem", x, pki->certificate[KC_SIM_PLATFORM_CA]);
    X509_free(x);
}

static inline void no_root(struct collateral_case *c)
{
    char *pem = kc_sim_pki_chain_pem(&c->state->pki, (enum kc_sim_role[]){KC_SIM_TCB_SIGNING}, 1);
    case_put(c, "tcb_chain.pem", pem, strlen(pem));
}

static inline void root_first(struct collateral_case *c)
{
    case_put_chain(c, "tcb_chain.pem", c->state->pki.certificate[KC_SIM_ROOT_CA],
                   c->state->pki.certificate[KC_SIM_TCB_SIGNING]);
}

static inline void pck_as_signer(struct collateral_case *c)
{
    case_put_chain(c, "tcb_chain.pem", c->state->pki.certificate[KC_SIM_PCK],
                   c->state->pki.certificate[KC_SIM_ROOT_CA]);
}

static inline void crl_chain(struct collateral_case *c, const struct cert_change *change)
{
    X509 *x = case_change(c, KC_SIM_PLATFORM_CA, change);
    case_put_chain(c, "pck_crl_chain.pem", x, c->state->pki.certificate[KC_SIM_ROOT_CA]);
    X509_free(x);
}

static inline void crl_chain_of_processor_ca(struct collateral_case *c)
{
    crl_chain(c, &(struct cert_change){.common_name = "Simulated SGX PCK Processor CA"});
}

static inline void crl_chain_expired(struct collateral_case *c)
{
    crl_chain(c, &(struct cert_change){.not_after = CASE_AT - 1});
}

static inline void crl_chain_not_yet(struct collateral_case *c)
{
    crl_chain(c, &(struct cert_change){.not_before = CASE_AT + 1});
}

static inline void crl_chain_named_otherwise(struct collateral_case *c)
{
    crl_chain(c, &(struct cert_change){.common_name = "Simulated SGX TCB Signing"});
}

/* The issuer's name is right, the key that signed is not. */
static inline void crl_chain_by_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    crl_chain(c, &(struct cert_change){.signer = key});
    EVP_PKEY_free(key);
}

/* Another PKI's CA below its own root, or below the trusted one. */
static inline void crl_chain_of_another_pki(struct collateral_case *c, bool root_is_trusted)
{
    struct kc_sim_pki other;
    assert_int_equal(kc_sim_pki_make(c->issued, &other), KC_OK);
    case_put_chain(c, "pck_crl_chain.pem", other.certificate[KC_SIM_PLATFORM_CA],
                   root_is_trusted ? c->state->pki.certificate[KC_SIM_ROOT_CA]
                                   : other.certificate[KC_SIM_ROOT_CA]);
    kc_sim_pki_clear(&other);
}

static inline void crl_chain_of_another_root(struct collateral_case *c)
{
    crl_chain_of_another_pki(c, false);
}

static inline void crl_chain_below_trusted_root(struct collateral_case *c)
{
    crl_chain_of_another_pki(c, true);
}

static inline void crl_chain_no_ca(struct collateral_case *c)
{
    crl_chain(c, &(struct cert_change){.basic_constraints = "critical,CA:FALSE"});
}

static inline void crl_chain_absent(struct collateral_case *c)
{
    case_put(c, "pck_crl_chain.pem", NULL, 0);
}

/* A CA of the PCK's chain, certified anew without the right to sign lists. */
static inline void may_not_sign_lists(struct collateral_case *c, enum kc_sim_role ca)
{
    struct kc_sim_pki pki = c->state->pki;
    pki.certificate[ca] =
        case_change(c, ca, &(struct cert_change){.key_usage = "critical,keyCertSign"});
    case_read_pck(c, &pki);
    X509_free(pki.certificate[ca]);
}

static inline void ca_may_not_sign_lists(struct collateral_case *c)
{
    may_not_sign_lists(c, KC_SIM_PLATFORM_CA);
}

static inline void root_may_not_sign_lists(struct collateral_case *c)
{
    may_not_sign_lists(c, KC_SIM_ROOT_CA);
}

static inline void all_absent(struct collateral_case *c)
{
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++)
        case_put(c, c->file[i].name, NULL, 0);
}

static inline void crls_absent(struct collateral_case *c)
{
    case_put(c, "pck_crl.der", NULL, 0);
    case_put(c, "root_ca_crl.der", NULL, 0);
}

static inline void absent_and_bad(struct collateral_case *c)
{
    case_put(c, "pck_crl.der", NULL, 0);
    bad_tcb_signature(c);
}

#endif
