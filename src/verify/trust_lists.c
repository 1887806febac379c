/* The newest genuine revocation list of each CA, whatever collateral brought it: what has been seen
 * to be revoked stays so, for every platform. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "verify/trust_parts.h"

static struct kc_stored_list *make(const uint8_t issuer[64], const struct kc_crl *crl)
{
    struct kc_stored_list *made = calloc(1, sizeof *made + crl->der.len);
    if (made == NULL)
        return NULL;
    atomic_init(&made->users, 1);
    made->size = sizeof *made + crl->der.len;
    made->list = (struct kc_issued_crl){.is_there = true, .is_checked = true, .is_good = true};
    memcpy(made->list.key, issuer, sizeof made->list.key);
    memcpy(made->bytes, crl->der.ptr, crl->der.len);
    made->list.crl = *crl;
    kc_crl_move(&made->list.crl, made->bytes);
    return made;
}

/* The later one; of one second, the one of the higher number. */
static bool is_newer(const struct kc_crl *crl, const struct kc_crl *was)
{
    struct kc_bytes a = crl->number;
    struct kc_bytes b = was->number;
    if (crl->this_update != was->this_update)
        return crl->this_update > was->this_update;
    return a.len != b.len ? a.len > b.len : memcmp(a.ptr, b.ptr, a.len) > 0;
}

/* Its own place, an empty one, or that of the oldest: there are more places than CAs. */
static size_t place_of(const struct kc_trust *store, const uint8_t issuer[64])
{
    size_t oldest = 0;
    for (size_t i = 0; i < KC_TRUST_LISTS_MAX; i++) {
        const struct kc_stored_list *l = store->list[i];
        if (l == NULL || memcmp(l->list.key, issuer, 64) == 0)
            return i;
        if (is_newer(&store->list[oldest]->list.crl, &l->list.crl))
            oldest = i;
    }
    return oldest;
}

static bool is_wanted(const struct kc_stored_list *there, const uint8_t issuer[64],
                      const struct kc_crl *crl)
{
    return there == NULL || memcmp(there->list.key, issuer, 64) != 0 ||
           is_newer(crl, &there->list.crl);
}

void kc_trust_note_list(struct kc_trust *store, const uint8_t issuer[64], const struct kc_crl *crl)
{
    (void)pthread_mutex_lock(&store->lock);
    struct kc_stored_list **place = &store->list[place_of(store, issuer)];
    struct kc_stored_list *unused = NULL;
    if (is_wanted(*place, issuer, crl)) {
        struct kc_stored_list *made = make(issuer, crl);
        unused = made != NULL ? *place : NULL;
        *place = made != NULL ? made : *place;
    }
    (void)pthread_mutex_unlock(&store->lock);
    kc_stored_list_release(unused);
}

struct kc_stored_list *kc_trust_get_list(struct kc_trust *store, const uint8_t issuer[64])
{
    (void)pthread_mutex_lock(&store->lock);
    struct kc_stored_list *found = store->list[place_of(store, issuer)];
    if (found != NULL && memcmp(found->list.key, issuer, 64) != 0)
        found = NULL;
    if (found != NULL)
        atomic_fetch_add_explicit(&found->users, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

void kc_stored_list_release(struct kc_stored_list *list)
{
    if (list != NULL && atomic_fetch_sub_explicit(&list->users, 1, memory_order_acq_rel) == 1)
        free(list);
}

void kc_trust_drop_lists(struct kc_trust *store)
{
    for (size_t i = 0; i < KC_TRUST_LISTS_MAX; i++) {
        kc_stored_list_release(store->list[i]);
        store->list[i] = NULL;
    }
}
