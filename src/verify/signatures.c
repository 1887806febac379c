#include "verify/signatures.h"

#include <string.h>

#include "verify/ecdsa.h"

void kc_signatures_init(struct kc_signatures *known, struct kc_signature *entry, size_t count)
{
    known->entry = entry;
    known->count = count;
    (void)pthread_mutex_init(&known->lock, NULL);
    kc_signatures_forget(known);
}

void kc_signatures_forget(struct kc_signatures *known)
{
    memset(known->entry, 0, known->count * sizeof known->entry[0]);
    known->clock = 0;
}

void kc_signatures_clear(struct kc_signatures *known)
{
    (void)pthread_mutex_destroy(&known->lock);
}

/* The places that a digest may take. Who could choose digests would have to sign them too. */
static struct kc_signature *places_of(struct kc_signatures *known, const uint8_t digest[32])
{
    size_t at = (size_t)digest[0] << 8 | digest[1];
    return known->entry + at % (known->count / KC_SIGNATURES_WAYS) * KC_SIGNATURES_WAYS;
}

static bool is_known(struct kc_signatures *known, const uint8_t public_key[64],
                     const uint8_t digest[32], const uint8_t signature[64])
{
    bool found = false;
    (void)pthread_mutex_lock(&known->lock);
    struct kc_signature *place = places_of(known, digest);
    for (size_t i = 0; i < KC_SIGNATURES_WAYS && !found; i++) {
        struct kc_signature *e = &place[i];
        found = e->used != 0 && memcmp(e->digest, digest, 32) == 0 &&
                memcmp(e->key, public_key, 64) == 0 && memcmp(e->value, signature, 64) == 0;
        if (found)
            e->used = ++known->clock;
    }
    (void)pthread_mutex_unlock(&known->lock);
    return found;
}

static void remember(struct kc_signatures *known, const uint8_t public_key[64],
                     const uint8_t digest[32], const uint8_t signature[64])
{
    (void)pthread_mutex_lock(&known->lock);
    struct kc_signature *place = places_of(known, digest);
    struct kc_signature *oldest = place;
    for (size_t i = 1; i < KC_SIGNATURES_WAYS; i++) {
        if (place[i].used < oldest->used)
            oldest = &place[i];
    }
    memcpy(oldest->key, public_key, 64);
    memcpy(oldest->digest, digest, 32);
    memcpy(oldest->value, signature, 64);
    oldest->used = ++known->clock;
    (void)pthread_mutex_unlock(&known->lock);
}

bool kc_signatures_verify(struct kc_signatures *known, const uint8_t public_key[64],
                          struct kc_bytes message, const uint8_t signature[64])
{
    uint8_t digest[32];
    if (!kc_sha256(message, digest))
        return false;
    if (known != NULL && is_known(known, public_key, digest, signature))
        return true;
    if (!kc_ecdsa_p256_verify_digest(public_key, digest, signature))
        return false;
    if (known != NULL)
        remember(known, public_key, digest, signature);
    return true;
}
