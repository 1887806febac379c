/*
 * The simulated PKI: four key pairs with certificates of the shape of Intel's (Intel SGX PCK
 * Certificate and CRL Profile Specification), where "Intel" reads "Simulated".
 *
 *      Simulated SGX Root CA
 *        +- Simulated SGX PCK Platform CA
 *        |    +- Simulated SGX PCK Certificate   signs the Quoting Enclave's report
 *        +- Simulated SGX TCB Signing            signs TCB info and QE identity
 */
#ifndef KC_SIM_PKI_H
#define KC_SIM_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/error.h"

enum kc_sim_role {
    KC_SIM_ROOT_CA,
    KC_SIM_PLATFORM_CA,
    KC_SIM_PCK,
    KC_SIM_TCB_SIGNING,
    KC_SIM_ROLES,
};

struct kc_sim_pki {
    EVP_PKEY *key[KC_SIM_ROLES];
    X509 *certificate[KC_SIM_ROLES];
};

/* What the PCK certificate says of the simulated platform, and TCB info is made for. */
struct kc_sim_platform {
    uint8_t component_svn[16]; /* the processor's first CPUSVN too */
    uint16_t pce_svn;
    uint8_t pce_id[2];
    uint8_t fmspc[6];
};

extern const struct kc_sim_platform kc_sim_platform;

/* Makes all of it, valid from a day before `now` (seconds since 1970). KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_sim_pki_make(int64_t now, struct kc_sim_pki *out);
void kc_sim_pki_clear(struct kc_sim_pki *pki);

enum kc_sim_role kc_sim_pki_issuer(enum kc_sim_role role);

/* Whether `role`'s certificate is that of its key, signed by its issuer's key. */
bool kc_sim_pki_holds(const struct kc_sim_pki *pki, enum kc_sim_role role);

/* A new P-256 key, NULL on failure. */
EVP_PKEY *kc_sim_pki_new_key(void);

/* x || y of a P-256 key. */
KC_MUST_USE bool kc_sim_pki_public_key(EVP_PKEY *key, uint8_t out[64]);

/* ECDSA with SHA-256, r || s. */
KC_MUST_USE bool kc_sim_pki_sign(EVP_PKEY *key, struct kc_bytes message, uint8_t out[64]);

/* The PEM of `roles`, one behind the other; the caller frees. NULL without memory. */
char *kc_sim_pki_chain_pem(const struct kc_sim_pki *pki, const enum kc_sim_role *roles,
                           size_t count);

#endif
