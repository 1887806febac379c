/* AMD's certificates in a store, and chains of them that it remembers. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "verify/trust_parts.h"

static struct kc_bytes copy(uint8_t **end, struct kc_bytes piece)
{
    uint8_t *at = *end;
    if (piece.ptr == NULL)
        return piece;
    memcpy(at, piece.ptr, piece.len);
    *end += piece.len + 1;
    return kc_bytes_of(at, piece.len);
}

/* One that is revoked has its place too: the list that says so must not be lost. */
static bool is_genuine(struct kc_amd_chain_verdict verdict)
{
    return verdict.fault == KC_AMD_GOOD || verdict.fault == KC_AMD_REVOKED;
}

/* Which chip's they are, if the chain is whole; a table may have both kinds of leaf. Without a leaf
 * what the issuers say. NULL, or a literal that says what is wrong. */
static const char *read_chain(const struct kc_trust *store, struct kc_amd_set *set,
                              struct kc_amd_material *material)
{
    static const uint8_t kinds[] = {KC_SNP_KEY_VCEK, KC_SNP_KEY_VLEK};
    for (size_t i = 0; i < 2 && !set->has_leaf; i++) {
        kc_amd_pieces_sort(&set->pieces, kc_bytes_of(NULL, 0), kinds[i], material);
        const struct kc_amd_certificates *c = &material->certificates;
        set->has_leaf = c->vek.len > 0 && c->ask.len > 0 && c->ark.len > 0 &&
                        is_genuine(kc_amd_chain_verify(c, store->amd_root, store->amd_root_count,
                                                       &set->endorsement));
    }
    const struct kc_amd_certificates *c = &material->certificates;
    if (material->fault != NULL || set->has_leaf)
        return material->fault;
    if (c->vek.len > 0)
        return "its chain is not whole, or does not hold under a trusted root";
    if (c->ask.len == 0 || c->ark.len == 0)
        return "ASK or ASVK, and ARK, are not both there";
    struct kc_amd_chain_verdict issuers =
        kc_amd_chain_verify_issuers(c, store->amd_root, store->amd_root_count, &set->endorsement);
    return is_genuine(issuers) ? NULL : issuers.what;
}

/* 64 bytes that stand for an ARK among the issuers of lists. AMD serves a list for each kind of
 * leaf; nothing says that both are the same. */
static void identify(const struct kc_amd_root *root, enum kc_snp_signing_key kind, uint8_t out[64])
{
    memset(out, 0, 64);
    memcpy(out, root->spki_sha256, sizeof root->spki_sha256);
    out[63] = (uint8_t)kind;
}

static void note_list(struct kc_trust *store, const struct kc_amd_set *set, struct kc_bytes der)
{
    struct kc_crl crl;
    uint8_t issuer[64];
    if (!set->endorsement.has_list || kc_crl_decode_amd(der, &crl, NULL) != KC_OK)
        return;
    for (size_t i = 0; i < store->amd_root_count; i++) {
        identify(&store->amd_root[i], set->endorsement.signing_key, issuer);
        if (store->amd_root[i].product == set->endorsement.product)
            kc_trust_note_list(store, issuer, &crl);
    }
}

struct kc_stored_list *kc_trust_get_amd_list(struct kc_trust *store,
                                             const struct kc_amd_endorsement *endorsement)
{
    uint8_t issuer[64];
    for (size_t i = 0; i < store->amd_root_count; i++) {
        identify(&store->amd_root[i], endorsement->signing_key, issuer);
        if (store->amd_root[i].product == endorsement->product)
            return kc_trust_get_list(store, issuer);
    }
    return NULL;
}

static struct kc_amd_set *make(struct kc_trust *store, const struct kc_amd_pieces *pieces,
                               const char **fault)
{
    size_t size = sizeof(struct kc_amd_set) + pieces->vek.len + pieces->chain.len +
                  pieces->table.len + pieces->list.len + 4;
    struct kc_amd_set *set = calloc(1, size);
    struct kc_amd_material *material = calloc(1, sizeof *material);
    if (set == NULL || material == NULL) {
        free(set);
        free(material);
        return NULL;
    }
    uint8_t *end = set->bytes;
    atomic_init(&set->users, 1);
    set->size = size;
    set->pieces.vek = copy(&end, pieces->vek);
    set->pieces.chain = copy(&end, pieces->chain);
    set->pieces.table = copy(&end, pieces->table);
    set->pieces.list = copy(&end, pieces->list);
    *fault = read_chain(store, set, material);
    if (*fault == NULL)
        note_list(store, set, material->certificates.list);
    free(material);
    return set;
}

static bool is_same_leaf(const struct kc_amd_set *a, const struct kc_amd_set *b)
{
    const struct kc_amd_endorsement *x = &a->endorsement;
    const struct kc_amd_endorsement *y = &b->endorsement;
    return x->product == y->product && x->signing_key == y->signing_key &&
           memcmp(x->public_key, y->public_key, sizeof x->public_key) == 0 &&
           memcmp(x->chip_id, y->chip_id, 64) == 0 && kc_snp_report_tcb_covers(&x->tcb, &y->tcb) &&
           kc_snp_report_tcb_covers(&y->tcb, &x->tcb);
}

/* False: no place is left. */
static bool put(struct kc_trust *store, struct kc_amd_set *set, bool for_all)
{
    struct kc_amd_set **place = for_all || !set->has_leaf ? &store->amd_for_all : NULL;
    (void)pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->amd_count && place == NULL; i++) {
        if (is_same_leaf(store->amd[i], set))
            place = &store->amd[i];
    }
    if (place == NULL && store->amd_count < KC_TRUST_SETS_MAX)
        place = &store->amd[store->amd_count++];
    struct kc_amd_set *old = place != NULL ? *place : set;
    if (place != NULL)
        *place = set;
    (void)pthread_mutex_unlock(&store->lock);
    kc_amd_set_release(old);
    return place != NULL;
}

enum kc_err kc_trust_add_amd(struct kc_trust *store, const struct kc_amd_pieces *pieces,
                             bool for_all, struct kc_error *error)
{
    const char *fault = NULL;
    struct kc_amd_set *set = make(store, pieces, &fault);
    if (set == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the certificates", 0);
    if (fault != NULL && !for_all) {
        kc_amd_set_release(set);
        return kc_error_set(error, KC_ERR_REFUSED, fault, 0);
    }
    return put(store, set, for_all)
               ? KC_OK
               : kc_error_set(error, KC_ERR_ROOM, "the store has no room left", KC_TRUST_SETS_MAX);
}

/* The report's chip at its reported TCB. */
static bool is_of(const struct kc_amd_set *set, const struct kc_snp_report *report)
{
    const struct kc_amd_endorsement *e = &set->endorsement;
    struct kc_snp_tcb tcb;
    if (report->signing_key != (uint8_t)e->signing_key ||
        !kc_snp_report_read_tcb(report->reported_tcb, e->product, &tcb) ||
        !kc_snp_report_tcb_covers(&tcb, &e->tcb) || !kc_snp_report_tcb_covers(&e->tcb, &tcb))
        return false;
    return e->signing_key == KC_SNP_KEY_VLEK || memcmp(e->chip_id, report->chip_id, 64) == 0;
}

struct kc_amd_set *kc_trust_get_amd(struct kc_trust *store, const struct kc_snp_report *report,
                                    size_t index)
{
    struct kc_amd_set *found = NULL;
    (void)pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->amd_count && found == NULL; i++) {
        if (is_of(store->amd[i], report) && index-- == 0)
            found = store->amd[i];
    }
    if (found == NULL && index == 0)
        found = store->amd_for_all;
    if (found != NULL)
        atomic_fetch_add_explicit(&found->users, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

void kc_amd_set_release(struct kc_amd_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) == 1)
        free(set);
}

bool kc_trust_get_endorsement(struct kc_trust *store, const uint8_t id[32],
                              struct kc_amd_endorsement *out)
{
    bool found = false;
    (void)pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < KC_TRUST_AMD_MAX && !found; i++) {
        struct kc_stored_endorsement *e = &store->endorsement[i];
        found = e->used != 0 && memcmp(e->id, id, 32) == 0;
        if (found) {
            e->used = ++store->clock;
            *out = e->endorsement;
        }
    }
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

void kc_trust_remember_endorsement(struct kc_trust *store, const uint8_t id[32],
                                   const struct kc_amd_endorsement *endorsement)
{
    (void)pthread_mutex_lock(&store->lock);
    struct kc_stored_endorsement *oldest = store->endorsement;
    for (size_t i = 1; i < KC_TRUST_AMD_MAX; i++) {
        if (store->endorsement[i].used < oldest->used)
            oldest = &store->endorsement[i];
    }
    memcpy(oldest->id, id, sizeof oldest->id);
    oldest->endorsement = *endorsement;
    oldest->used = ++store->clock;
    (void)pthread_mutex_unlock(&store->lock);
}

void kc_trust_drop_amd(struct kc_trust *store)
{
    for (size_t i = 0; i < store->amd_count; i++)
        kc_amd_set_release(store->amd[i]);
    kc_amd_set_release(store->amd_for_all);
    memset(store->amd, 0, sizeof store->amd);
    store->amd_count = 0;
    store->amd_for_all = NULL;
    memset(store->endorsement, 0, sizeof store->endorsement);
}
