#include "verify/collateral.h"

#include <stdlib.h>
#include <string.h>

#include "verify/collateral_parts.h"

_Static_assert(KC_COLLATERAL_PIECES == KC_PIECE_COUNT, "there is one date for each piece");

void kc_collateral_note(struct kc_collateral *c, enum kc_collateral_piece piece,
                        enum kc_collateral_reason reason, const char *what, uint64_t at)
{
    if (c->fault_count == KC_COLLATERAL_FAULTS_MAX)
        return;
    c->fault[c->fault_count++] =
        (struct kc_collateral_fault){.check = kc_collateral_check_name(piece, reason),
                                     .what = what,
                                     .at = at,
                                     .is_absence = reason == KC_COLLATERAL_ABSENT};
    if (reason == KC_COLLATERAL_ABSENT)
        c->absent_count++;
}

void kc_collateral_note_dates(struct kc_collateral *c, enum kc_collateral_piece piece, int64_t from,
                              int64_t to)
{
    const char *name = kc_collateral_piece_name(piece);
    struct kc_collateral_dates *own = &c->date[piece];
    if (own->piece == NULL || from > own->from)
        own->from = from;
    if (own->piece == NULL || to < own->to)
        own->to = to;
    own->piece = name;
    if (c->expires_first == NULL || to < c->expires) {
        c->expires = to;
        c->expires_first = name;
    }
    if (c->issued_last == NULL || from > c->issued) {
        c->issued = from;
        c->issued_last = name;
    }
}

void kc_collateral_judge_dates(struct kc_collateral *c, enum kc_collateral_piece piece,
                               int64_t from, int64_t to, int64_t now)
{
    size_t before = c->fault_count;
    kc_collateral_note_dates(c, piece, from, to);
    if (now < from)
        kc_collateral_note(c, piece, KC_COLLATERAL_NOT_YET, "it is not valid yet at this time", 0);
    if (now > to)
        kc_collateral_note(c, piece, KC_COLLATERAL_EXPIRED, "it has expired by this time", 0);
    for (size_t i = before; i < c->fault_count; i++) {
        c->fault[i].has_dates = true;
        c->fault[i].from = from;
        c->fault[i].to = to;
    }
}

/* Of what the signer's chain, where it is not good, has its own fault: then its key says nothing.
 */
static void judge_signature(struct kc_collateral *c, enum kc_collateral_piece piece, bool is_signed,
                            const struct kc_issuer_chain *signer)
{
    if (signer->count > 0 && !is_signed)
        kc_collateral_note(c, piece, KC_COLLATERAL_SIGNATURE,
                           "its signature by the TCB signing certificate does not hold", 0);
}

static void judge_tcb_info(struct kc_collateral *c, const struct kc_collateral_set *s, int64_t now)
{
    if (!s->has_tcb_info) {
        kc_collateral_note(c, KC_PIECE_TCB_INFO, KC_COLLATERAL_ABSENT, "there is no TCB info", 0);
        return;
    }
    if (s->tcb_info_error.code != KC_OK) {
        kc_collateral_note(c, KC_PIECE_TCB_INFO, KC_COLLATERAL_SHAPE, s->tcb_info_error.what,
                           s->tcb_info_error.at);
        return;
    }
    c->tcb_info = &s->tcb_info;
    judge_signature(c, KC_PIECE_TCB_INFO, s->tcb_info_is_signed, &s->tcb_chain);
    kc_collateral_judge_dates(c, KC_PIECE_TCB_INFO, s->tcb_info.issue_date, s->tcb_info.next_update,
                              now);
}

static void judge_qe_identity(struct kc_collateral *c, const struct kc_collateral_set *s,
                              int64_t now)
{
    if (!s->has_qe_identity) {
        kc_collateral_note(c, KC_PIECE_QE_IDENTITY, KC_COLLATERAL_ABSENT, "there is no QE identity",
                           0);
        return;
    }
    if (s->qe_identity_error.code != KC_OK) {
        kc_collateral_note(c, KC_PIECE_QE_IDENTITY, KC_COLLATERAL_SHAPE, s->qe_identity_error.what,
                           s->qe_identity_error.at);
        return;
    }
    c->qe_identity = &s->qe_identity;
    judge_signature(c, KC_PIECE_QE_IDENTITY, s->qe_identity_is_signed,
                    s->qe_chain.is_there ? &s->qe_chain : &s->tcb_chain);
    kc_collateral_judge_dates(c, KC_PIECE_QE_IDENTITY, s->qe_identity.issue_date,
                              s->qe_identity.next_update, now);
}

static bool is_noted(const struct kc_collateral *c, const char *check)
{
    for (size_t i = 0; i < c->fault_count; i++) {
        if (c->fault[i].check == check)
            return true;
    }
    return false;
}

/* Whose chain's first certificate, or root, a genuine list may revoke; once is enough. */
static void judge_revoked(struct kc_collateral *c, const struct kc_crl *crl,
                          enum kc_collateral_piece piece, const struct kc_certificate *certificate)
{
    if (crl != NULL && kc_crl_has_serial(crl, certificate->serial) &&
        !is_noted(c, kc_collateral_check_name(piece, KC_COLLATERAL_REVOKED)))
        kc_collateral_note(c, piece, KC_COLLATERAL_REVOKED,
                           "its issuer's revocation list has its serial number", 0);
}

/* Lists that are NULL are not there, or not genuine. */
static void judge_revocations(struct kc_collateral *c, const struct kc_collateral_set *s,
                              const struct kc_certificate *pck, const struct kc_crl *root_crl,
                              const struct kc_crl *pck_crl)
{
    const struct {
        enum kc_collateral_piece piece;
        const struct kc_issuer_chain *chain;
    } chains[] = {
        {KC_PIECE_TCB_CHAIN, &s->tcb_chain},
        {KC_PIECE_QE_CHAIN, &s->qe_chain},
        {KC_PIECE_PCK_CA_CHAIN, &s->pck_ca_chain},
    };
    judge_revoked(c, pck_crl, KC_PIECE_PCK, &pck[0]);
    judge_revoked(c, root_crl, KC_PIECE_PCK_CA, &pck[1]);
    judge_revoked(c, root_crl, KC_PIECE_ROOT, &pck[2]);
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        for (size_t k = 0; k < chains[i].chain->count; k++)
            judge_revoked(c, root_crl, chains[i].piece, &chains[i].chain->certificate[k]);
    }
}

static bool is_signed(const struct kc_collateral *c, const struct kc_collateral_set *s)
{
    for (size_t i = 0; i < c->fault_count; i++) {
        if (!c->fault[i].is_absence && !c->fault[i].has_dates)
            return false;
    }
    return c->tcb_info != NULL && c->qe_identity != NULL && s->tcb_chain.count > 0;
}

static void close_findings(struct kc_collateral *c, const struct kc_collateral_set *s)
{
    if (c->fault_count > c->absent_count)
        c->state = KC_COLLATERAL_BAD;
    else
        c->state = c->absent_count > 0 ? KC_COLLATERAL_INCOMPLETE : KC_COLLATERAL_GOOD;
    c->is_signed = is_signed(c, s);
}

/* The newest of this time; what is no list of this issuer is judged where there is no other. */
static const struct kc_issued_crl *choose(const struct kc_issued_crl *own,
                                          const struct kc_issued_crl *newest,
                                          const struct kc_certificate *issuer, int64_t now)
{
    if (newest == NULL || newest == own)
        return own;
    if (!own->is_there || own->error.code != KC_OK ||
        !kc_bytes_equal(own->crl.issuer, issuer->subject))
        return newest;
    bool is_newer = newest->crl.this_update > own->crl.this_update;
    return is_newer && newest->crl.this_update <= now ? newest : own;
}

/* NULL: it is not there, or not genuine. */
static const struct kc_crl *judge_list(struct kc_collateral *c, enum kc_collateral_piece piece,
                                       const struct kc_issued_crl *list,
                                       const struct kc_certificate *issuer, int64_t now,
                                       struct kc_signatures *known)
{
    return kc_collateral_judge_crl(c, piece, list, issuer, now, known) ? &list->crl : NULL;
}

void kc_collateral_judge_set(const struct kc_collateral_set *s, const struct kc_certificate pck[3],
                             const struct kc_newest_lists *lists, int64_t now,
                             struct kc_signatures *known, struct kc_collateral *out)
{
    static const enum kc_collateral_piece places[] = {KC_PIECE_PCK, KC_PIECE_PCK_CA, KC_PIECE_ROOT};
    static const struct kc_newest_lists none = {NULL, NULL};
    const struct kc_newest_lists *newest = lists != NULL ? lists : &none;
    struct kc_collateral *c = out;
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < 3; i++)
        kc_collateral_note_dates(c, places[i], pck[i].not_before, pck[i].not_after);
    kc_collateral_judge_chain(c, KC_PIECE_TCB_CHAIN, &s->tcb_chain, now);
    if (s->qe_chain.is_there)
        kc_collateral_judge_chain(c, KC_PIECE_QE_CHAIN, &s->qe_chain, now);
    if (s->pck_ca_chain.is_there &&
        kc_collateral_judge_chain(c, KC_PIECE_PCK_CA_CHAIN, &s->pck_ca_chain, now))
        kc_collateral_judge_same_ca(c, &s->pck_ca_chain, &pck[1]);
    judge_tcb_info(c, s, now);
    judge_qe_identity(c, s, now);
    c->root_crl = judge_list(c, KC_PIECE_ROOT_CRL, choose(&s->root_crl, newest->root, &pck[2], now),
                             &pck[2], now, known);
    c->pck_crl = judge_list(c, KC_PIECE_PCK_CRL, choose(&s->pck_crl, newest->pck, &pck[1], now),
                            &pck[1], now, known);
    judge_revocations(c, s, pck, c->root_crl, c->pck_crl);
    /* One that is not of this time yet revokes all the same. */
    if (newest->root != NULL && c->root_crl != &newest->root->crl)
        judge_revocations(c, s, pck, &newest->root->crl, NULL);
    if (newest->pck != NULL && c->pck_crl != &newest->pck->crl)
        judge_revocations(c, s, pck, NULL, &newest->pck->crl);
    close_findings(c, s);
}

enum kc_err kc_collateral_judge(const struct kc_collateral_input *input, struct kc_collateral **out)
{
    struct kc_collateral *c = calloc(1, sizeof *c);
    struct kc_collateral_set *set = NULL;
    if (c == NULL ||
        kc_collateral_set_make(input->pieces, input->root_key, false, NULL, &set) != KC_OK) {
        free(c);
        return KC_ERR_MEMORY;
    }
    if (input->pck_chain->count == 3) {
        kc_collateral_judge_set(set, input->pck_chain->certificate, NULL, input->now, NULL, c);
    } else {
        kc_collateral_note(c, KC_PIECE_PCK, KC_COLLATERAL_SHAPE, "there is no whole PCK chain", 0);
        close_findings(c, set);
    }
    c->set = set;
    *out = c;
    return KC_OK;
}

void kc_collateral_free(struct kc_collateral *c)
{
    if (c == NULL)
        return;
    kc_collateral_set_release(c->set);
    free(c);
}
