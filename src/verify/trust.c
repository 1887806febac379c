#include "verify/trust.h"

#include <stdlib.h>
#include <string.h>

#include "verify/trust_parts.h"

struct kc_trust *kc_trust_new(void)
{
    struct kc_trust *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    kc_signatures_init(&store->signatures, store->signature, KC_TRUST_SIGNATURES_MAX, store->key,
                       KC_TRUST_KEYS_MAX);
    (void)pthread_mutex_init(&store->lock, NULL);
    return store;
}

static void drop_sets(struct kc_trust *store)
{
    for (size_t i = 0; i < store->set_count; i++)
        kc_collateral_set_release(store->set[i].set);
    kc_collateral_set_release(store->set_for_all);
    memset(store->set, 0, sizeof store->set);
    store->set_count = 0;
    store->set_for_all = NULL;
}

static void drop_all(struct kc_trust *store)
{
    drop_sets(store);
    kc_trust_drop_chains(store);
    kc_trust_drop_amd(store);
    kc_trust_drop_lists(store);
    kc_signatures_forget(&store->signatures);
}

void kc_trust_free(struct kc_trust *store)
{
    if (store == NULL)
        return;
    drop_all(store);
    kc_signatures_clear(&store->signatures);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

void kc_trust_set_roots(struct kc_trust *store, const uint8_t *root_key,
                        const struct kc_amd_root *amd_roots, size_t amd_root_count)
{
    drop_all(store);
    store->has_root_key = root_key != NULL;
    if (root_key != NULL)
        memcpy(store->root_key, root_key, sizeof store->root_key);
    store->amd_root_count = amd_root_count < KC_AMD_ROOTS ? amd_root_count : KC_AMD_ROOTS;
    for (size_t i = 0; i < store->amd_root_count; i++)
        store->amd_root[i] = amd_roots[i];
}

const uint8_t *kc_trust_root_key(const struct kc_trust *store)
{
    return store->has_root_key ? store->root_key : NULL;
}

const struct kc_amd_root *kc_trust_amd_roots(const struct kc_trust *store, size_t *count)
{
    *count = store->amd_root_count;
    return store->amd_root;
}

struct kc_signatures *kc_trust_signatures(struct kc_trust *store)
{
    return &store->signatures;
}

/* What is wrong with a piece before any evidence is there; NULL: nothing. */
static const char *fault_of(const struct kc_collateral_set *s)
{
    const struct kc_issuer_chain *chains[] = {&s->tcb_chain, &s->qe_chain, &s->pck_ca_chain};
    const struct {
        const struct kc_issued_crl *list;
        const char *badly_signed;
    } lists[] = {
        {&s->root_crl, "root_ca_crl: its signature by the CA does not hold"},
        {&s->pck_crl, "pck_crl: its signature by the CA does not hold"},
    };
    for (size_t i = 0; i < 3; i++) {
        if (chains[i]->error.code != KC_OK)
            return chains[i]->error.what;
        if (chains[i]->is_there && chains[i]->count == 0)
            return chains[i]->verdict.what;
    }
    for (size_t i = 0; i < 2; i++) {
        if (lists[i].list->error.code != KC_OK)
            return lists[i].list->error.what;
        if (lists[i].list->is_checked && !lists[i].list->is_good)
            return lists[i].badly_signed;
    }
    return NULL;
}

/* TCB info and identity must be there, for by them a set is found and rates. */
static const char *body_fault_of(const struct kc_collateral_set *s)
{
    if (!s->has_tcb_info)
        return "there is no TCB info";
    if (s->tcb_info_error.code != KC_OK)
        return s->tcb_info_error.what;
    if (!s->tcb_info_is_signed)
        return "tcb_info: its signature by the TCB signing certificate does not hold, or that "
               "certificate's chain is missing";
    if (!s->has_qe_identity)
        return "there is no QE identity";
    if (s->qe_identity_error.code != KC_OK)
        return s->qe_identity_error.what;
    return s->qe_identity_is_signed
               ? NULL
               : "qe_identity: its signature by the TCB signing certificate does not hold, or that "
                 "certificate's chain is missing";
}

/* Its own place, or that of the set it replaces; NULL: there is none left. */
static struct kc_stored_set *place_for(struct kc_trust *store, const struct kc_stored_set *wanted)
{
    for (size_t i = 0; i < store->set_count; i++) {
        struct kc_stored_set *stored = &store->set[i];
        if (stored->tee == wanted->tee &&
            memcmp(stored->fmspc, wanted->fmspc, sizeof stored->fmspc) == 0)
            return stored;
    }
    return store->set_count < KC_TRUST_SETS_MAX ? &store->set[store->set_count++] : NULL;
}

static bool is_genuine(const struct kc_issued_crl *list)
{
    return list->is_checked && list->is_good;
}

/* What would bring back a TCB that was good once. Intel signs several evaluation numbers with dates
 * of today, so that a date alone says nothing. NULL: nothing. All that is compared is signed. */
static const char *older_than(const struct kc_collateral_set *s,
                              const struct kc_collateral_set *was)
{
    if (s->tcb_info.issue_date < was->tcb_info.issue_date)
        return "its TCB info is older than the store's";
    if (s->tcb_info.evaluation_number < was->tcb_info.evaluation_number)
        return "its TCB info has a lower evaluation number than the store's";
    if (s->qe_identity.issue_date < was->qe_identity.issue_date)
        return "its QE identity is older than the store's";
    if (s->qe_identity.evaluation_number < was->qe_identity.evaluation_number)
        return "its QE identity has a lower evaluation number than the store's";
    if (is_genuine(&was->root_crl) && !is_genuine(&s->root_crl))
        return "the root's revocation list is missing";
    if (is_genuine(&was->pck_crl) && !is_genuine(&s->pck_crl))
        return "the PCK's revocation list is missing, or without its CA";
    return NULL;
}

/* `list` is older than one of its issuer that the store has seen, of whatever platform. */
static bool is_older_list(struct kc_trust *store, const struct kc_issued_crl *list)
{
    struct kc_stored_list *newest = is_genuine(list) ? kc_trust_get_list(store, list->key) : NULL;
    bool is_older = newest != NULL && list->crl.this_update < newest->list.crl.this_update;
    kc_stored_list_release(newest);
    return is_older;
}

static const char *old_list_of(struct kc_trust *store, const struct kc_collateral_set *set)
{
    if (is_older_list(store, &set->root_crl))
        return "the root's revocation list is older than the store's";
    return is_older_list(store, &set->pck_crl)
               ? "the PCK's revocation list is older than the store's"
               : NULL;
}

static void note_list(struct kc_trust *store, const struct kc_issued_crl *list)
{
    if (is_genuine(list))
        kc_trust_note_list(store, list->key, &list->crl);
}

static enum kc_err put_for_platform(struct kc_trust *store, struct kc_collateral_set *set,
                                    struct kc_error *error)
{
    struct kc_stored_set stored = {
        .set = set,
        .has_platform = true,
        .tee = set->tcb_info.tee == KC_TCB_INFO_TDX ? KC_TEE_TDX : KC_TEE_SGX,
    };
    memcpy(stored.fmspc, set->tcb_info.fmspc, sizeof stored.fmspc);
    (void)pthread_mutex_lock(&store->lock);
    struct kc_stored_set *place = place_for(store, &stored);
    struct kc_collateral_set *old = place != NULL ? place->set : NULL;
    const char *fault = old != NULL ? older_than(set, old) : NULL;
    bool is_put = place != NULL && fault == NULL;
    if (is_put)
        *place = stored;
    (void)pthread_mutex_unlock(&store->lock);
    if (is_put) {
        note_list(store, &set->root_crl);
        note_list(store, &set->pck_crl);
    }
    kc_collateral_set_release(is_put ? old : set);
    if (fault != NULL)
        return kc_error_set(error, KC_ERR_REFUSED, fault, 0);
    return is_put
               ? KC_OK
               : kc_error_set(error, KC_ERR_ROOM, "the store has no room left", KC_TRUST_SETS_MAX);
}

static void put_for_all(struct kc_trust *store, struct kc_collateral_set *set)
{
    (void)pthread_mutex_lock(&store->lock);
    struct kc_collateral_set *old = store->set_for_all;
    store->set_for_all = set;
    (void)pthread_mutex_unlock(&store->lock);
    kc_collateral_set_release(old);
}

enum kc_err kc_trust_add(struct kc_trust *store, const struct kc_collateral_pieces *pieces,
                         bool for_all, struct kc_error *error)
{
    static const uint8_t none[64];
    struct kc_collateral_set *set = NULL;
    if (kc_collateral_set_make(pieces, store->has_root_key ? store->root_key : none, true,
                               &store->signatures, &set) != KC_OK)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the collateral", 0);
    if (for_all) {
        put_for_all(store, set);
        return KC_OK;
    }
    const char *fault = fault_of(set);
    if (fault == NULL)
        fault = body_fault_of(set);
    if (fault == NULL)
        fault = old_list_of(store, set);
    if (fault == NULL)
        return put_for_platform(store, set, error);
    kc_collateral_set_release(set);
    return kc_error_set(error, KC_ERR_REFUSED, fault, 0);
}

struct kc_collateral_set *kc_trust_get_set(struct kc_trust *store, enum kc_tee tee,
                                           const uint8_t fmspc[6])
{
    struct kc_collateral_set *found = NULL;
    (void)pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->set_count && found == NULL; i++) {
        if (store->set[i].tee == tee && memcmp(store->set[i].fmspc, fmspc, 6) == 0)
            found = store->set[i].set;
    }
    kc_collateral_set_use(found);
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

struct kc_collateral_set *kc_trust_get_set_for_all(struct kc_trust *store)
{
    (void)pthread_mutex_lock(&store->lock);
    struct kc_collateral_set *found = store->set_for_all;
    kc_collateral_set_use(found);
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

size_t kc_trust_size(struct kc_trust *store)
{
    size_t size = sizeof *store;
    (void)pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->set_count; i++)
        size += store->set[i].set->size;
    if (store->set_for_all != NULL)
        size += store->set_for_all->size;
    for (size_t i = 0; i < KC_TRUST_CHAINS_MAX; i++)
        size += store->chain[i] != NULL ? store->chain[i]->size : 0;
    for (size_t i = 0; i < KC_TRUST_LISTS_MAX; i++)
        size += store->list[i] != NULL ? store->list[i]->size : 0;
    for (size_t i = 0; i < store->amd_count; i++)
        size += store->amd[i]->size;
    if (store->amd_for_all != NULL)
        size += store->amd_for_all->size;
    (void)pthread_mutex_unlock(&store->lock);
    return size;
}
