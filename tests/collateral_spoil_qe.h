/* Ways to spoil the QE identity's own chain, qe_chain.pem, in whose place tcb_chain.pem stands
 * elsewhere. TCB info and its chain stay good. */
#ifndef KC_TESTS_COLLATERAL_SPOIL_QE_H
#define KC_TESTS_COLLATERAL_SPOIL_QE_H

#include "collateral_spoil.h"

/* The signer's certificate as it is but for `change`, which is issued anew: it is another one. */
static inline void qe_signer(struct collateral_case *c, const struct cert_change *change)
{
    X509 *x = case_change(c, KC_SIM_TCB_SIGNING, change);
    case_put_chain(c, CASE_QE_CHAIN, x, c->state->pki.certificate[KC_SIM_ROOT_CA]);
    X509_free(x);
}

static inline void qe_chain_good(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.serial = 77});
}

static inline void qe_chain_root_first(struct collateral_case *c)
{
    case_put_chain(c, CASE_QE_CHAIN, c->state->pki.certificate[KC_SIM_ROOT_CA],
                   c->state->pki.certificate[KC_SIM_TCB_SIGNING]);
}

static inline void qe_chain_expired(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.not_after = CASE_AT - 1});
}

static inline void qe_chain_not_yet(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.not_before = CASE_AT + 1});
}

/* Its own serial number alone: TCB info's signer is not revoked. */
static inline void qe_chain_revoked(struct collateral_case *c)
{
    X509 *x = case_change(c, KC_SIM_TCB_SIGNING, &(struct cert_change){.serial = 77});
    case_put_chain(c, CASE_QE_CHAIN, x, c->state->pki.certificate[KC_SIM_ROOT_CA]);
    crl_of(c, KC_SIM_ROOT_CA, x, c->issued, CASE_AT);
    X509_free(x);
}

static inline void qe_chain_named_otherwise(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.common_name = "Simulated SGX PCK Platform CA"});
}

static inline void qe_chain_without_key_id(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.no_key_id = true});
}

static inline void qe_chain_no_root(struct collateral_case *c)
{
    char *pem = kc_sim_pki_chain_pem(&c->state->pki, (enum kc_sim_role[]){KC_SIM_TCB_SIGNING}, 1);
    case_put(c, CASE_QE_CHAIN, pem, strlen(pem));
}

static inline void qe_chain_empty(struct collateral_case *c)
{
    case_put(c, CASE_QE_CHAIN, calloc(1, 1), 0);
}

/* Another PKI's signer below its own root, or below the trusted one. */
static inline void qe_chain_of_another_pki(struct collateral_case *c, bool root_is_trusted)
{
    struct kc_sim_pki other;
    char *inner = case_edited(c, "qe_identity.json", "QE", "QE");
    assert_int_equal(kc_sim_pki_make(c->issued, &other), KC_OK);
    case_put_chain(c, CASE_QE_CHAIN, other.certificate[KC_SIM_TCB_SIGNING],
                   root_is_trusted ? c->state->pki.certificate[KC_SIM_ROOT_CA]
                                   : other.certificate[KC_SIM_ROOT_CA]);
    case_sign_json(c, "qe_identity.json", "enclaveIdentity", inner, other.key[KC_SIM_TCB_SIGNING]);
    kc_sim_pki_clear(&other);
    free(inner);
}

static inline void qe_chain_of_another_root(struct collateral_case *c)
{
    qe_chain_of_another_pki(c, false);
}

static inline void qe_chain_below_trusted_root(struct collateral_case *c)
{
    qe_chain_of_another_pki(c, true);
}

/* The issuer's name is right, the key that signed is not. */
static inline void qe_chain_by_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    qe_signer(c, &(struct cert_change){.signer = key});
    EVP_PKEY_free(key);
}

/* Genuine, and not of the key that signed the identity. */
static inline void qe_chain_has_another_key(struct collateral_case *c)
{
    EVP_PKEY *key = kc_sim_pki_new_key();
    qe_signer(c, &(struct cert_change){.key = key});
    EVP_PKEY_free(key);
}

static inline void qe_chain_may_not_sign(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.key_usage = "critical,keyAgreement"});
}

static inline void qe_chain_may_issue(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.key_usage = "critical,digitalSignature,keyCertSign"});
}

static inline void qe_chain_is_ca(struct collateral_case *c)
{
    qe_signer(c, &(struct cert_change){.basic_constraints = "critical,CA:TRUE"});
}

/* TCB info has no signer then, whatever the identity's own chain says. */
static inline void qe_chain_alone(struct collateral_case *c)
{
    qe_chain_good(c);
    case_put(c, "tcb_chain.pem", NULL, 0);
}

#endif
