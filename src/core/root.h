/*
 * The root of a service: the root key that all records hang from, and the service identity, a P-256
 * key whose hash is the kms-id. Made at init, sealed by EGETKEY's seal key for the host to keep.
 *
 * The sealed root keeps its KEYREQUEST (policy, CPUSVN, ISVSVN, KEYID, attribute mask with DEBUG),
 * so that it opens after an update of the platform and is then sealed anew at current values.
 */
#ifndef KC_CORE_ROOT_H
#define KC_CORE_ROOT_H

#include "core/effect.h"
#include "core/message.h"
#include "core/platform.h"

struct evp_kdf_st;
struct evp_pkey_st;
struct kc_cipher;
struct kc_core;

enum kc_seal_policy {
    KC_SEAL_MRENCLAVE = 1, /* this very image alone opens it */
    KC_SEAL_MRSIGNER = 2,  /* any image of this signer and product, of this security version or a
                              later one */
};

#define KC_ROOT_ID_SIZE         16
#define KC_ROOT_KEY_SIZE        32
#define KC_ROOT_CERTIFICATE_MAX 1024

struct kc_root {
    uint8_t id[KC_ROOT_ID_SIZE]; /* random; in the additional data of every record */
    uint8_t key[KC_ROOT_KEY_SIZE];
    enum kc_seal_policy policy;
    uint64_t made;                /* seconds since 1970, as the core's clock stood at init */
    uint64_t version;             /* of the ROOT record: 1 at init */
    struct evp_pkey_st *identity; /* P-256 */
    uint8_t identity_public[64];  /* x || y */
    uint8_t kms_id[32];           /* SHA-256 of its SPKI */
    uint8_t certificate[KC_ROOT_CERTIFICATE_MAX]; /* the service identity's own, DER */
    size_t certificate_len;

    struct kc_cipher *cipher;               /* for records */
    struct evp_kdf_st *hkdf;                /* fetched once */
    bool resealing;                         /* under the core's lock, as is the next */
    uint8_t reseal_batch[KC_BATCH_ID_SIZE]; /* of the STORE that is out */
};

/* KC_ERR_REFUSED: KC_SEAL_MRSIGNER where the image does not name this signer. KC_ERR_CRYPTO,
 * KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_root_make(const struct kc_platform *platform, enum kc_seal_policy policy,
                                     uint64_t now, struct kc_root **out);

/* Seals at the platform's current values; room of KC_MESSAGE_ROOT_MAX suffices. */
KC_MUST_USE enum kc_err kc_root_seal(const struct kc_platform *platform, const struct kc_root *root,
                                     struct kc_room out, size_t *out_len);

/* KC_ERR_REFUSED: not sealed by this enclave on this processor, or damaged; KC_SEAL_MRSIGNER
 * where the image does not name this signer. `current` tells whether
 * it is sealed at the platform's current values. */
KC_MUST_USE enum kc_err kc_root_open(const struct kc_platform *platform, struct kc_bytes sealed,
                                     struct kc_root **out, bool *current);

/* After a START whose root was not `current`: STORE for connection 0 with the root sealed anew, of
 * the next version. Nothing when that fails: the one that the host has still opens. */
void kc_root_reseal(struct kc_core *core, struct kc_writer *effects);

/* STORED for connection 0. However it ends, the service goes on: what is not stored this time is
 * tried again after the next START. */
KC_MUST_USE enum kc_refusal kc_root_stored(struct kc_core *core, const struct kc_message *in,
                                           struct kc_writer *effects);

/* Wipes. NULL is fine. */
void kc_root_free(struct kc_root *root);

/* ECDSA with SHA-256 by the service identity: r || s. Fits kc_ratls_sign with a kc_root as its
 * context. */
KC_MUST_USE enum kc_err kc_root_sign(void *root, struct kc_bytes message, uint8_t signature[64]);

/* 32 bytes for one purpose: HKDF-SHA-256 of the root key without salt, `info` = "keyclave 1 ",
 * `purpose` (at most 16 characters), a zero byte, then u8 class, u8 length, name. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_root_derive(const struct kc_root *root, const char *purpose,
                                       const struct kc_record_id *id, uint8_t out[32]);

#endif
