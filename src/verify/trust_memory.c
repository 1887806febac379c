/* PCK chains that a store remembers. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "verify/trust_parts.h"

#define TEXT_MAX  ((size_t)16 * 1024) /* of a chain that is remembered */
#define MARK_OVER 1024                /* bytes: the leaf's serial number and key are among them */

/* Tells most texts apart at a glance; all of the text is compared then. */
static uint64_t mark_of(struct kc_bytes text)
{
    uint64_t mark = text.len;
    for (size_t i = 0; i + 8 <= text.len && i < MARK_OVER; i += 8) {
        uint64_t word = 0;
        memcpy(&word, text.ptr + i, sizeof word);
        mark = (mark ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        mark ^= mark >> 29;
    }
    return mark;
}

static size_t find(const struct kc_trust *store, struct kc_bytes text, uint64_t mark)
{
    size_t i = 0;
    while (i < KC_TRUST_CHAINS_MAX && (store->chain[i] == NULL || store->chain[i]->mark != mark ||
                                       !kc_bytes_equal(store->chain[i]->text, text)))
        i++;
    return i;
}

struct kc_known_chain *kc_trust_get_chain(struct kc_trust *store, struct kc_bytes text)
{
    struct kc_known_chain *chain = NULL;
    uint64_t mark = mark_of(text);
    (void)pthread_mutex_lock(&store->lock);
    size_t at = find(store, text, mark);
    if (at < KC_TRUST_CHAINS_MAX) {
        chain = store->chain[at];
        chain->used = ++store->clock;
        atomic_fetch_add_explicit(&chain->users, 1, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return chain;
}

void kc_known_chain_release(struct kc_known_chain *chain)
{
    if (chain != NULL && atomic_fetch_sub_explicit(&chain->users, 1, memory_order_acq_rel) == 1)
        free(chain);
}

/* NULL without memory. One user: the store. */
static struct kc_known_chain *make(struct kc_bytes text, const struct kc_pck_chain *chain,
                                   const struct kc_pck_extension *extension)
{
    size_t size = sizeof(struct kc_known_chain) + text.len;
    for (size_t i = 0; i < 3; i++)
        size += chain->certificate[i].der.len;
    struct kc_known_chain *made = malloc(size);
    if (made == NULL)
        return NULL;
    uint8_t *end = made->bytes + text.len;
    *made = (struct kc_known_chain){.size = size, .mark = mark_of(text), .extension = *extension};
    atomic_init(&made->users, 1);
    memcpy(made->bytes, text.ptr, text.len);
    made->text = kc_bytes_of(made->bytes, text.len);
    for (size_t i = 0; i < 3; i++) {
        made->certificate[i] = chain->certificate[i];
        memcpy(end, chain->certificate[i].der.ptr, chain->certificate[i].der.len);
        kc_certificate_move(&made->certificate[i], end);
        end += chain->certificate[i].der.len;
    }
    return made;
}

/* An empty place, or that of what was not used for longest. */
static size_t place_for(const struct kc_trust *store)
{
    size_t oldest = 0;
    for (size_t i = 0; i < KC_TRUST_CHAINS_MAX; i++) {
        if (store->chain[i] == NULL)
            return i;
        if (store->chain[i]->used < store->chain[oldest]->used)
            oldest = i;
    }
    return oldest;
}

void kc_trust_remember_chain(struct kc_trust *store, struct kc_bytes text,
                             const struct kc_pck_chain *chain,
                             const struct kc_pck_extension *extension)
{
    if (text.len > TEXT_MAX || chain->count != 3)
        return;
    struct kc_known_chain *made = make(text, chain, extension);
    if (made == NULL)
        return;
    (void)pthread_mutex_lock(&store->lock);
    size_t at = find(store, text, made->mark); /* another thread may have been faster */
    if (at == KC_TRUST_CHAINS_MAX)
        at = place_for(store);
    struct kc_known_chain *old = store->chain[at];
    made->used = ++store->clock;
    store->chain[at] = made;
    (void)pthread_mutex_unlock(&store->lock);
    kc_known_chain_release(old);
}

void kc_trust_drop_chains(struct kc_trust *store)
{
    for (size_t i = 0; i < KC_TRUST_CHAINS_MAX; i++) {
        kc_known_chain_release(store->chain[i]);
        store->chain[i] = NULL;
    }
}
