/*
 * The claims of kms-ratls/1: what an enclave says when it has itself quoted, a CBOR map
 * (RFC 8949, deterministic encoding, 4.2.1) whose every value is a byte string.
 *
 *   key             value                                       server, client    release, import
 *                                                               cert    fresh     fresh
 *   "nonce"         the relying party's, 16 to 64 bytes          -       yes       yes
 *   "kms-id"        32: SHA-256 of the service identity's SPKI   yes     yes       yes
 *   "kms-ctx"       "kms-ratls/1 server" and so on               yes     yes       yes
 *   "tls-binder"    32: binder.h                                 -       yes       yes
 *   "pubkey-hash"   36: 82 01 58 20, SHA-256 of the leaf's SPKI  yes     yes       yes
 *   "wrap-key-hash" 36: 82 01 58 20, SHA-256 of a wrapping key's -       -         yes
 *
 * All of a column's keys, in this order, and no others. report_data of the quote is the SHA-256 of
 * the map and 32 zero bytes. A map begins with a3, a5 or a6, so that no other thing whose hash an
 * enclave has quoted (a PEM, a DER, Open Enclave's claims) is read as one.
 *
 * The composer is the enclave alone: a caller's bytes get into a map as its nonce, inside a byte
 * string, and in no other way.
 */
#ifndef KC_RATLS_CLAIMS_H
#define KC_RATLS_CLAIMS_H

#include "base/writer.h"
#include "ratls/binder.h"

#define KC_RATLS_CLAIMS_MAX       289 /* bytes of the longest map */
#define KC_RATLS_REPORT_DATA_SIZE 64

enum kc_ratls_context {
    KC_RATLS_SERVER,  /* the KMS, to its clients */
    KC_RATLS_CLIENT,  /* an enclave that is a client, to the KMS */
    KC_RATLS_RELEASE, /* such a client asks for a key, wrapped to a key of its own */
    KC_RATLS_IMPORT,  /* the KMS vouches for the key that a key to be imported is wrapped to */
    KC_RATLS_CONTEXTS,
};

/* The value of "kms-ctx". */
const char *kc_ratls_context_text(enum kc_ratls_context context);

/* Whether the context has "wrap-key-hash". Such claims are fresh, for they are about one request.
 */
bool kc_ratls_context_wraps(enum kc_ratls_context context);

struct kc_ratls_claims {
    enum kc_ratls_context context;
    bool fresh; /* nonce and tls_binder are there; a certificate's claims have neither */
    size_t nonce_len;
    uint8_t nonce[KC_RATLS_NONCE_MAX];
    uint8_t kms_id[KC_RATLS_HASH_SIZE]; /* zeros: the service has no identity yet */
    uint8_t tls_binder[KC_RATLS_HASH_SIZE];
    uint8_t key_hash[KC_RATLS_HASH_SIZE];      /* of the leaf of who gives the evidence */
    uint8_t wrap_key_hash[KC_RATLS_HASH_SIZE]; /* zeros where the context does not wrap */
};

/*
 * Reads the one encoding of claims, which must fill `bytes`; fields that the form lacks are zeros.
 * KC_ERR_MALFORMED: not a map of one of the columns above. KC_ERR_UNSUPPORTED: it is one, but
 * "kms-ctx" names no context that we know.
 */
KC_MUST_USE enum kc_err kc_ratls_claims_decode(struct kc_bytes bytes, struct kc_ratls_claims *out,
                                               struct kc_error *error);

/* The writer fails for claims that have no encoding: a nonce too short or too long, a context that
 * wraps without being fresh. */
void kc_ratls_claims_encode(struct kc_writer *w, const struct kc_ratls_claims *in);

/* What the quote's report_data must be for claims as they stand. KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_ratls_report_data(struct kc_bytes claims,
                                             uint8_t out[KC_RATLS_REPORT_DATA_SIZE]);

#endif
