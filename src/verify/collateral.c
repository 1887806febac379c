#include "verify/collateral.h"

#include <stdlib.h>
#include <string.h>

#include "verify/collateral_parts.h"
#include "verify/ecdsa.h"

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

static void judge_signature(struct kc_collateral *c, enum kc_collateral_piece piece,
                            const struct kc_signed_json *body, const struct kc_pck_chain *signer)
{
    if (signer != NULL && !kc_ecdsa_p256_verify(signer->certificate[0].public_key,
                                                body->signed_part, body->signature))
        kc_collateral_note(c, piece, KC_COLLATERAL_SIGNATURE,
                           "its signature by the TCB signing certificate does not hold", 0);
}

/* `signer` is NULL where the chain is not good: its fault is noted, and its key says nothing. */
static void judge_tcb_info(struct kc_collateral *c, const struct kc_collateral_input *input,
                           const struct kc_pck_chain *signer)
{
    struct kc_error error = KC_ERROR_NONE;
    if (input->pieces->tcb_info.ptr == NULL) {
        kc_collateral_note(c, KC_PIECE_TCB_INFO, KC_COLLATERAL_ABSENT, "there is no TCB info", 0);
        return;
    }
    if (kc_tcb_info_decode(input->pieces->tcb_info, &c->tcb_info, &error) != KC_OK) {
        kc_collateral_note(c, KC_PIECE_TCB_INFO, KC_COLLATERAL_SHAPE, error.what, error.at);
        return;
    }
    c->has_tcb_info = true;
    judge_signature(c, KC_PIECE_TCB_INFO, &c->tcb_info.body, signer);
    kc_collateral_judge_dates(c, KC_PIECE_TCB_INFO, c->tcb_info.issue_date, c->tcb_info.next_update,
                              input->now);
}

static void judge_qe_identity(struct kc_collateral *c, const struct kc_collateral_input *input,
                              const struct kc_pck_chain *signer)
{
    struct kc_error error = KC_ERROR_NONE;
    if (input->pieces->qe_identity.ptr == NULL) {
        kc_collateral_note(c, KC_PIECE_QE_IDENTITY, KC_COLLATERAL_ABSENT, "there is no QE identity",
                           0);
        return;
    }
    if (kc_qe_identity_decode(input->pieces->qe_identity, &c->qe_identity, &error) != KC_OK) {
        kc_collateral_note(c, KC_PIECE_QE_IDENTITY, KC_COLLATERAL_SHAPE, error.what, error.at);
        return;
    }
    c->has_qe_identity = true;
    judge_signature(c, KC_PIECE_QE_IDENTITY, &c->qe_identity.body, signer);
    kc_collateral_judge_dates(c, KC_PIECE_QE_IDENTITY, c->qe_identity.issue_date,
                              c->qe_identity.next_update, input->now);
}

/* Whose chain's first certificate, or root, a genuine list may revoke. */
static void judge_revoked(struct kc_collateral *c, const struct kc_crl *crl,
                          enum kc_collateral_piece piece, const struct kc_certificate *certificate)
{
    if (crl != NULL && kc_crl_has_serial(crl, certificate->serial))
        kc_collateral_note(c, piece, KC_COLLATERAL_REVOKED,
                           "its issuer's revocation list has its serial number", 0);
}

/* Chains that are NULL are not there, or not of their kind. */
static void judge_revocations(struct kc_collateral *c, const struct kc_pck_chain *pck,
                              const struct kc_crl *root_crl, const struct kc_crl *pck_crl)
{
    const struct {
        enum kc_collateral_piece piece;
        const struct kc_pck_chain *chain;
    } chains[] = {
        {KC_PIECE_TCB_CHAIN, &c->tcb_chain},
        {KC_PIECE_QE_CHAIN, &c->qe_chain},
        {KC_PIECE_PCK_CA_CHAIN, &c->pck_ca_chain},
    };
    judge_revoked(c, pck_crl, KC_PIECE_PCK, &pck->certificate[0]);
    judge_revoked(c, root_crl, KC_PIECE_PCK_CA, &pck->certificate[1]);
    judge_revoked(c, root_crl, KC_PIECE_ROOT, &pck->certificate[2]);
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        for (size_t k = 0; k < chains[i].chain->count; k++)
            judge_revoked(c, root_crl, chains[i].piece, &chains[i].chain->certificate[k]);
    }
}

static void judge_all(struct kc_collateral *c, const struct kc_collateral_input *input)
{
    const struct kc_pck_chain *pck = input->pck_chain;
    const struct kc_pck_chain *tcb_signer = NULL;
    const struct kc_pck_chain *qe_signer = NULL;
    for (size_t i = 0; i < pck->count; i++)
        kc_collateral_note_dates(c,
                                 i == 0               ? KC_PIECE_PCK
                                 : i + 1 < pck->count ? KC_PIECE_PCK_CA
                                                      : KC_PIECE_ROOT,
                                 pck->certificate[i].not_before, pck->certificate[i].not_after);
    if (kc_collateral_judge_chain(c, KC_PIECE_TCB_CHAIN, input->pieces->tcb_chain, input))
        tcb_signer = &c->tcb_chain;
    if (input->pieces->qe_chain.ptr == NULL)
        qe_signer = tcb_signer;
    else if (kc_collateral_judge_chain(c, KC_PIECE_QE_CHAIN, input->pieces->qe_chain, input))
        qe_signer = &c->qe_chain;
    if (input->pieces->pck_crl_chain.ptr != NULL)
        kc_collateral_judge_chain(c, KC_PIECE_PCK_CA_CHAIN, input->pieces->pck_crl_chain, input);
    judge_tcb_info(c, input, tcb_signer);
    judge_qe_identity(c, input, qe_signer);
    bool has_root_crl = kc_collateral_judge_crl(c, KC_PIECE_ROOT_CRL, input->pieces->root_crl,
                                                &pck->certificate[2], input);
    bool has_pck_crl = kc_collateral_judge_crl(c, KC_PIECE_PCK_CRL, input->pieces->pck_crl,
                                               &pck->certificate[1], input);
    judge_revocations(c, pck, has_root_crl ? &c->root_crl : NULL, has_pck_crl ? &c->pck_crl : NULL);
}

static bool is_signed(const struct kc_collateral *c)
{
    for (size_t i = 0; i < c->fault_count; i++) {
        if (!c->fault[i].is_absence && !c->fault[i].has_dates)
            return false;
    }
    return c->has_tcb_info && c->has_qe_identity && c->tcb_chain.count > 0;
}

enum kc_err kc_collateral_judge(const struct kc_collateral_input *input, struct kc_collateral **out)
{
    struct kc_collateral *c = calloc(1, sizeof *c);
    if (c == NULL || !kc_collateral_make_room(c, input)) {
        kc_collateral_free(c);
        return KC_ERR_MEMORY;
    }
    if (input->pck_chain->count == 3)
        judge_all(c, input);
    else
        kc_collateral_note(c, KC_PIECE_PCK, KC_COLLATERAL_SHAPE, "there is no whole PCK chain", 0);
    if (c->fault_count > c->absent_count)
        c->state = KC_COLLATERAL_BAD;
    else
        c->state = c->absent_count > 0 ? KC_COLLATERAL_INCOMPLETE : KC_COLLATERAL_GOOD;
    c->is_signed = is_signed(c);
    *out = c;
    return KC_OK;
}

void kc_collateral_free(struct kc_collateral *c)
{
    if (c == NULL)
        return;
    free(c->root_crl_room);
    free(c->pck_crl_room);
    free(c);
}
