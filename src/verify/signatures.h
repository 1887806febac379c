/*
 * Signatures that were found good, remembered: key, SHA-256 of the signed bytes, and signature. And
 * keys, made ready.
 *
 * That a signature holds is true for ever, whoever trusts the key and whatever the time: nothing
 * remembered here can go stale, and dates, roots and revocation are no part of it. Only good ones
 * are kept. What was not used for long makes room; a forgotten one is verified again.
 */
#ifndef KC_VERIFY_SIGNATURES_H
#define KC_VERIFY_SIGNATURES_H

#include <pthread.h>

#include "base/bytes.h"
#include "base/error.h"

struct kc_signature {
    uint8_t key[64];
    uint8_t digest[32];
    uint8_t value[64];
    uint64_t used; /* 0: empty */
};

#define KC_SIGNATURES_WAYS 4 /* places that one signature may take */

#define KC_SIGNATURES_SEEN 4 /* a chain's, and one more */

struct kc_known_key {
    uint64_t used;
    uint8_t public_key[64];
    struct kc_ecdsa_key *ready; /* NULL: empty */
};

/* Safe from many threads. */
struct kc_signatures {
    pthread_mutex_t lock;
    uint64_t clock;
    size_t count; /* a multiple of KC_SIGNATURES_WAYS */
    struct kc_signature *entry;
    size_t key_count;
    struct kc_known_key *key;
    /* The last ones that were asked about; they need not have signed anything. */
    struct kc_known_key seen[KC_SIGNATURES_SEEN];
};

/* `entry` and `key` are the caller's and live as long. */
void kc_signatures_init(struct kc_signatures *known, struct kc_signature *entry, size_t count,
                        struct kc_known_key *key, size_t key_count);
void kc_signatures_forget(struct kc_signatures *known);
void kc_signatures_clear(struct kc_signatures *known);

/* As kc_ecdsa_p256_verify(). With `known` NULL nothing is looked up or remembered. */
KC_MUST_USE bool kc_signatures_verify(struct kc_signatures *known, const uint8_t public_key[64],
                                      struct kc_bytes message, const uint8_t signature[64]);

/* The same for signatures that will not come again: the key alone is remembered. */
KC_MUST_USE bool kc_signatures_verify_once(struct kc_signatures *known,
                                           const uint8_t public_key[64], struct kc_bytes message,
                                           const uint8_t signature[64]);

/* As kc_ecdsa_p256_is_point(). A key has a place only once a signature of it holds; until then the
 * next ones take its own. */
KC_MUST_USE bool kc_signatures_is_point(struct kc_signatures *known, const uint8_t public_key[64]);

#endif
