#include "verify/signatures.h"

#include <string.h>

#include "verify/ecdsa.h"

void kc_signatures_init(struct kc_signatures *known, struct kc_signature *entry, size_t count,
                        struct kc_known_key *key, size_t key_count)
{
    *known =
        (struct kc_signatures){.entry = entry, .count = count, .key = key, .key_count = key_count};
    (void)pthread_mutex_init(&known->lock, NULL);
    memset(entry, 0, count * sizeof entry[0]);
    memset(key, 0, key_count * sizeof key[0]);
}

void kc_signatures_forget(struct kc_signatures *known)
{
    memset(known->entry, 0, known->count * sizeof known->entry[0]);
    for (size_t i = 0; i < known->key_count; i++)
        kc_ecdsa_key_release(known->key[i].ready);
    for (size_t i = 0; i < KC_SIGNATURES_SEEN; i++)
        kc_ecdsa_key_release(known->seen[i].ready);
    memset(known->seen, 0, sizeof known->seen);
    memset(known->key, 0, known->key_count * sizeof known->key[0]);
    known->clock = 0;
}

void kc_signatures_clear(struct kc_signatures *known)
{
    kc_signatures_forget(known);
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

/* NULL: it is not there. With the lock held. */
static struct kc_ecdsa_key *find_key(struct kc_known_key *key, size_t count, uint64_t now,
                                     const uint8_t public_key[64])
{
    for (size_t i = 0; i < count; i++) {
        if (key[i].ready == NULL || memcmp(key[i].public_key, public_key, 64) != 0)
            continue;
        key[i].used = now;
        return key[i].ready;
    }
    return NULL;
}

/* NULL: not known. Else one user more; `*is_kept`: it has a place of its own. */
static struct kc_ecdsa_key *get_key(struct kc_signatures *known, const uint8_t public_key[64],
                                    bool *is_kept)
{
    (void)pthread_mutex_lock(&known->lock);
    uint64_t now = ++known->clock;
    struct kc_ecdsa_key *found = find_key(known->key, known->key_count, now, public_key);
    *is_kept = found != NULL;
    if (found == NULL)
        found = find_key(known->seen, KC_SIGNATURES_SEEN, now, public_key);
    if (found != NULL)
        kc_ecdsa_key_use(found);
    (void)pthread_mutex_unlock(&known->lock);
    return found;
}

/* In the place of what was not used for longest; two threads may keep one key twice. */
static void keep_key(struct kc_signatures *known, struct kc_known_key *key, size_t count,
                     const uint8_t public_key[64], struct kc_ecdsa_key *ready)
{
    kc_ecdsa_key_use(ready);
    (void)pthread_mutex_lock(&known->lock);
    struct kc_known_key *oldest = key;
    for (size_t i = 1; i < count; i++) {
        if (key[i].used < oldest->used)
            oldest = &key[i];
    }
    struct kc_ecdsa_key *old = oldest->ready;
    memcpy(oldest->public_key, public_key, 64);
    oldest->ready = ready;
    oldest->used = ++known->clock;
    (void)pthread_mutex_unlock(&known->lock);
    kc_ecdsa_key_release(old);
}

static bool verify_digest(struct kc_signatures *known, const uint8_t public_key[64],
                          const uint8_t digest[32], const uint8_t signature[64])
{
    bool is_kept = false;
    struct kc_ecdsa_key *ready = known != NULL ? get_key(known, public_key, &is_kept) : NULL;
    if (ready == NULL)
        ready = kc_ecdsa_key_new(public_key);
    bool good = ready != NULL && kc_ecdsa_key_verify(ready, digest, signature);
    if (good && !is_kept && known != NULL)
        keep_key(known, known->key, known->key_count, public_key, ready);
    kc_ecdsa_key_release(ready);
    return good;
}

bool kc_signatures_verify(struct kc_signatures *known, const uint8_t public_key[64],
                          struct kc_bytes message, const uint8_t signature[64])
{
    uint8_t digest[32];
    if (!kc_sha256(message, digest))
        return false;
    if (known != NULL && is_known(known, public_key, digest, signature))
        return true;
    if (!verify_digest(known, public_key, digest, signature))
        return false;
    if (known != NULL)
        remember(known, public_key, digest, signature);
    return true;
}

bool kc_signatures_verify_once(struct kc_signatures *known, const uint8_t public_key[64],
                               struct kc_bytes message, const uint8_t signature[64])
{
    uint8_t digest[32];
    return kc_sha256(message, digest) && verify_digest(known, public_key, digest, signature);
}

bool kc_signatures_is_point(struct kc_signatures *known, const uint8_t public_key[64])
{
    if (known == NULL)
        return kc_ecdsa_p256_is_point(public_key);
    bool is_kept = false;
    struct kc_ecdsa_key *ready = get_key(known, public_key, &is_kept);
    if (ready == NULL) {
        ready = kc_ecdsa_key_new(public_key);
        if (ready != NULL)
            keep_key(known, known->seen, KC_SIGNATURES_SEEN, public_key, ready);
    }
    bool is_point = ready != NULL;
    kc_ecdsa_key_release(ready);
    return is_point;
}
