#include "verify/collateral_set.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Digits are twice the DER, PEM is less. */
#define CRL_TEXT_MAX (2 * (size_t)KC_CRL_MAX_SIZE + 64)

/* Rooms for decoding, free again when the set is made. */
struct rooms {
    uint8_t pem[KC_COLLATERAL_PEM_MAX];
    struct kc_pck_chain chain;
};

struct making {
    struct kc_collateral_set *set;
    struct rooms *rooms;
    struct kc_signatures *known;
    bool has_memory;
};

static void *take(struct making *m, size_t size)
{
    void *room = malloc(size);
    m->has_memory = m->has_memory && room != NULL;
    m->set->size += size;
    return room;
}

/* The order of an issuer chain is nobody's promise; nothing signs it. */
static void put_root_last(struct kc_pck_chain *chain)
{
    struct kc_certificate first = chain->certificate[0];
    if (chain->count != 2 || !kc_bytes_equal(first.issuer, first.subject))
        return;
    chain->certificate[0] = chain->certificate[1];
    chain->certificate[1] = first;
}

/* Into a room of its own size. */
static void keep_chain(struct making *m, const struct kc_pck_chain *chain,
                       struct kc_issuer_chain *out)
{
    uint8_t *end = take(m, chain->certificate[0].der.len + chain->certificate[1].der.len);
    out->der = end;
    if (end == NULL)
        return;
    for (size_t i = 0; i < 2; i++) {
        out->certificate[i] = chain->certificate[i];
        memcpy(end, chain->certificate[i].der.ptr, chain->certificate[i].der.len);
        kc_certificate_move(&out->certificate[i], end);
        end += chain->certificate[i].der.len;
    }
    out->count = 2;
}

static void make_chain(struct making *m, enum kc_chain_kind kind, struct kc_bytes pem,
                       struct kc_issuer_chain *out)
{
    struct kc_pck_chain *chain = &m->rooms->chain;
    out->is_there = pem.ptr != NULL;
    if (!out->is_there ||
        kc_collateral_decode_chain(pem, m->rooms->pem, chain, &out->error) != KC_OK)
        return;
    put_root_last(chain);
    /* Dates come last: one or the other fault of them at any time says that all else holds. */
    out->verdict = kc_chain_verify(kind, chain, m->set->root_key, 0, m->known);
    if (out->verdict.fault == KC_CHAIN_NOT_YET || out->verdict.fault == KC_CHAIN_EXPIRED)
        out->verdict.fault = KC_CHAIN_GOOD;
    if (out->verdict.fault == KC_CHAIN_GOOD)
        keep_chain(m, chain, out);
}

static bool is_signed(struct making *m, const struct kc_signed_json *body,
                      const struct kc_issuer_chain *signer)
{
    return signer->count > 0 && kc_signatures_verify(m->known, signer->certificate[0].public_key,
                                                     body->signed_part, body->signature);
}

static void make_bodies(struct making *m, struct kc_bytes tcb_info, struct kc_bytes qe_identity)
{
    struct kc_collateral_set *s = m->set;
    s->has_tcb_info = tcb_info.ptr != NULL;
    s->has_qe_identity = qe_identity.ptr != NULL;
    if (s->has_tcb_info && kc_tcb_info_decode(tcb_info, &s->tcb_info, &s->tcb_info_error) == KC_OK)
        s->tcb_info_is_signed = is_signed(m, &s->tcb_info.body, &s->tcb_chain);
    if (s->has_qe_identity &&
        kc_qe_identity_decode(qe_identity, &s->qe_identity, &s->qe_identity_error) == KC_OK)
        s->qe_identity_is_signed =
            is_signed(m, &s->qe_identity.body, s->qe_chain.is_there ? &s->qe_chain : &s->tcb_chain);
}

/* `key` is the issuer's, or NULL when only evidence will tell it. */
static void make_crl(struct making *m, struct kc_bytes text, const uint8_t *key,
                     struct kc_issued_crl *out)
{
    struct kc_bytes der = {NULL, 0};
    out->is_there = text.ptr != NULL;
    if (!out->is_there)
        return;
    if (text.len > CRL_TEXT_MAX) {
        kc_error_set(&out->error, KC_ERR_ROOM, "it is larger than any such list", 0);
        return;
    }
    out->der = take(m, text.len + 1);
    if (out->der == NULL ||
        kc_crl_unwrap(text, (struct kc_room){out->der, text.len}, &der, &out->error) != KC_OK)
        return;
    if (der.len > 0 && der.ptr != out->der)
        memmove(out->der, der.ptr, der.len);
    if (kc_crl_decode(kc_bytes_of(out->der, der.len), &out->crl, &out->error) != KC_OK ||
        key == NULL)
        return;
    memcpy(out->key, key, sizeof out->key);
    out->is_checked = true;
    out->is_good = kc_signatures_verify(m->known, key, out->crl.tbs, out->crl.signature);
}

/* The piece itself, or a copy. */
static struct kc_bytes kept(struct making *m, bool keep, size_t i, struct kc_bytes piece)
{
    if (!keep || piece.ptr == NULL)
        return piece;
    m->set->kept[i] = take(m, piece.len + 1);
    if (m->set->kept[i] == NULL)
        return kc_bytes_of(NULL, 0);
    memcpy(m->set->kept[i], piece.ptr, piece.len);
    return kc_bytes_of(m->set->kept[i], piece.len);
}

static void make(struct making *m, const struct kc_collateral_pieces *pieces, bool keep)
{
    struct kc_collateral_set *s = m->set;
    make_chain(m, KC_CHAIN_TCB_SIGNING, pieces->tcb_chain, &s->tcb_chain);
    make_chain(m, KC_CHAIN_TCB_SIGNING, pieces->qe_chain, &s->qe_chain);
    make_chain(m, KC_CHAIN_PCK_CA, pieces->pck_crl_chain, &s->pck_ca_chain);
    make_bodies(m, kept(m, keep, 0, pieces->tcb_info), kept(m, keep, 1, pieces->qe_identity));
    make_crl(m, pieces->root_crl, s->root_key, &s->root_crl);
    make_crl(m, pieces->pck_crl,
             s->pck_ca_chain.count > 0 ? s->pck_ca_chain.certificate[0].public_key : NULL,
             &s->pck_crl);
    s->pck_crl_chain = kept(m, keep, 2, pieces->pck_crl_chain);
    s->pck_chain = kept(m, keep, 3, pieces->pck_chain);
}

enum kc_err kc_collateral_set_make(const struct kc_collateral_pieces *pieces,
                                   const uint8_t root_key[64], bool keep,
                                   struct kc_signatures *known, struct kc_collateral_set **out)
{
    struct making m = {.known = known, .has_memory = true};
    m.set = calloc(1, sizeof *m.set);
    m.rooms = malloc(sizeof *m.rooms);
    if (m.set == NULL || m.rooms == NULL) {
        free(m.set);
        free(m.rooms);
        return KC_ERR_MEMORY;
    }
    atomic_init(&m.set->users, 1);
    m.set->size = sizeof *m.set;
    memcpy(m.set->root_key, root_key, sizeof m.set->root_key);
    make(&m, pieces, keep);
    free(m.rooms);
    if (!m.has_memory) {
        kc_collateral_set_release(m.set);
        return KC_ERR_MEMORY;
    }
    *out = m.set;
    return KC_OK;
}

void kc_collateral_set_use(struct kc_collateral_set *set)
{
    if (set != NULL)
        atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
}

void kc_collateral_set_release(struct kc_collateral_set *set)
{
    if (set == NULL || atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < sizeof set->kept / sizeof set->kept[0]; i++)
        free(set->kept[i]);
    free(set->tcb_chain.der);
    free(set->qe_chain.der);
    free(set->pck_ca_chain.der);
    free(set->root_crl.der);
    free(set->pck_crl.der);
    free(set);
}
