/* Claims, quotes and certificates of the model server: what its enclave would do. */
#ifndef KC_TESTS_MODEL_EVIDENCE_H
#define KC_TESTS_MODEL_EVIDENCE_H

#include <openssl/evp.h>

#include "model_server.h"
#include "ratls/certificate.h"

struct model_key {
    EVP_PKEY *key;
    uint8_t point[64];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    uint8_t hash[KC_RATLS_HASH_SIZE]; /* of an identity: its kms-id */
};

struct model_key model_key_new(void);
void model_key_clear(struct model_key *key);

#define MODEL_QUOTE_MAX (8 * 1024)

/* What is quoted, and how it lies. */
void model_quote(struct kc_sim_state *state, enum model_lie lie, struct kc_bytes claims,
                 uint8_t quote[MODEL_QUOTE_MAX], size_t *len);

/* The evidence's bytes for a connection; `out` has KC_RATLS_CERTIFICATE_MAX bytes. */
size_t model_evidence(struct kc_sim_state *state, enum model_lie lie, const struct model_key *leaf,
                      const uint8_t kms_id[32], struct kc_bytes nonce, const uint8_t exported[32],
                      uint8_t *out);

/* DER; `out` has KC_RATLS_CERTIFICATE_MAX bytes. */
size_t model_leaf(struct kc_sim_state *state, const struct model_key *leaf,
                  const struct model_key *issuer, const uint8_t kms_id[32], uint8_t *out);
size_t model_identity(const struct model_key *identity, uint8_t *out);

#endif
