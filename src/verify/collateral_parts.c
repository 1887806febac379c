#include "verify/collateral_parts.h"

#include <stdlib.h>
#include <string.h>

#include "verify/chain.h"
#include "verify/ecdsa.h"

/* Digits are twice the DER, PEM is less. */
#define CRL_TEXT_MAX (2 * (size_t)KC_CRL_MAX_SIZE + 64)

#define CHECKS(piece)                                                                              \
    {                                                                                              \
        "collateral." piece ".absent", "collateral." piece ".shape", "collateral." piece ".root",  \
            "collateral." piece ".link", "collateral." piece ".authority",                         \
            "collateral." piece ".issuer", "collateral." piece ".signature",                       \
            "collateral." piece ".not_yet", "collateral." piece ".expired",                        \
            "collateral." piece ".revoked"                                                         \
    }

static const struct {
    const char *name;
    const char *check[KC_COLLATERAL_REASON_COUNT];
} pieces[KC_PIECE_COUNT] = {
    [KC_PIECE_TCB_CHAIN] = {"tcb_chain", CHECKS("tcb_chain")},
    [KC_PIECE_QE_CHAIN] = {"qe_chain", CHECKS("qe_chain")},
    [KC_PIECE_TCB_INFO] = {"tcb_info", CHECKS("tcb_info")},
    [KC_PIECE_QE_IDENTITY] = {"qe_identity", CHECKS("qe_identity")},
    [KC_PIECE_ROOT_CRL] = {"crl.root", CHECKS("crl.root")},
    [KC_PIECE_PCK_CRL] = {"crl.pck", CHECKS("crl.pck")},
    [KC_PIECE_PCK_CA_CHAIN] = {"crl.pck_chain", CHECKS("crl.pck_chain")},
    [KC_PIECE_PCK] = {"pck", CHECKS("pck")},
    [KC_PIECE_PCK_CA] = {"pck_ca", CHECKS("pck_ca")},
    [KC_PIECE_ROOT] = {"root", CHECKS("root")},
};

const char *kc_collateral_check_name(enum kc_collateral_piece piece,
                                     enum kc_collateral_reason reason)
{
    return pieces[piece].check[reason];
}

const char *kc_collateral_piece_name(enum kc_collateral_piece piece)
{
    return pieces[piece].name;
}

static struct kc_pck_chain *chain_of(struct kc_collateral *c, enum kc_collateral_piece piece)
{
    if (piece == KC_PIECE_TCB_CHAIN)
        return &c->tcb_chain;
    return piece == KC_PIECE_QE_CHAIN ? &c->qe_chain : &c->pck_ca_chain;
}

size_t kc_collateral_tidy_pem(struct kc_bytes pem, uint8_t *room)
{
    size_t n = 0;
    for (size_t i = 0; i < pem.len; i++) {
        bool is_return = pem.ptr[i] == '\r' && i + 1 < pem.len && pem.ptr[i + 1] == '\n';
        bool is_empty_line = pem.ptr[i] == '\n' && (n == 0 || room[n - 1] == '\n');
        if (!is_return && !is_empty_line)
            room[n++] = pem.ptr[i];
    }
    return n;
}

enum kc_err kc_collateral_decode_chain(struct kc_bytes pem, uint8_t room[KC_COLLATERAL_PEM_MAX],
                                       struct kc_pck_chain *out, struct kc_error *error)
{
    out->count = 0;
    if (pem.len > KC_COLLATERAL_PEM_MAX)
        return kc_error_set(error, KC_ERR_ROOM, "the chain is larger than any of its kind",
                            pem.len);
    return kc_pck_chain_decode(kc_bytes_of(room, kc_collateral_tidy_pem(pem, room)), out, error);
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

static bool note_chain_fault(struct kc_collateral *c, enum kc_collateral_piece piece,
                             const struct kc_chain_verdict *verdict)
{
    static const enum kc_collateral_reason reasons[] = {
        [KC_CHAIN_SHAPE] = KC_COLLATERAL_SHAPE,
        [KC_CHAIN_ROOT] = KC_COLLATERAL_UNTRUSTED,
        [KC_CHAIN_LINK] = KC_COLLATERAL_LINK,
        [KC_CHAIN_AUTHORITY] = KC_COLLATERAL_AUTHORITY,
        [KC_CHAIN_SIGNATURE] = KC_COLLATERAL_SIGNATURE,
    };
    if (verdict->fault == KC_CHAIN_GOOD || verdict->fault == KC_CHAIN_NOT_YET ||
        verdict->fault == KC_CHAIN_EXPIRED)
        return true;
    kc_collateral_note(c, piece, reasons[verdict->fault], verdict->what, verdict->index);
    return false;
}

bool kc_collateral_judge_chain(struct kc_collateral *c, enum kc_collateral_piece piece,
                               struct kc_bytes pem, const struct kc_collateral_input *input)
{
    struct kc_pck_chain *chain = chain_of(c, piece);
    struct kc_error error = KC_ERROR_NONE;
    if (pem.ptr == NULL) {
        kc_collateral_note(c, piece, KC_COLLATERAL_ABSENT, "there is no issuer chain", 0);
        return false;
    }
    if (kc_collateral_decode_chain(pem, c->pem_room, chain, &error) != KC_OK) {
        kc_collateral_note(c, piece, KC_COLLATERAL_SHAPE, error.what, error.at);
        return false;
    }
    put_root_last(chain);
    struct kc_chain_verdict verdict =
        piece == KC_PIECE_PCK_CA_CHAIN
            ? kc_chain_verify_pck_ca(chain, input->root_key, input->now)
            : kc_chain_verify_tcb_signing(chain, input->root_key, input->now);
    if (!note_chain_fault(c, piece, &verdict)) {
        chain->count = 0;
        return false;
    }
    for (size_t i = 0; i < chain->count; i++)
        kc_collateral_judge_dates(c, piece, chain->certificate[i].not_before,
                                  chain->certificate[i].not_after, input->now);
    /* A CA may be certified anew with its key: the key and the name are what lists go by. */
    const struct kc_certificate *pck_ca = &input->pck_chain->certificate[1];
    if (piece == KC_PIECE_PCK_CA_CHAIN &&
        (!kc_bytes_equal(chain->certificate[0].subject, pck_ca->subject) ||
         memcmp(chain->certificate[0].public_key, pck_ca->public_key, 64) != 0))
        kc_collateral_note(c, piece, KC_COLLATERAL_ISSUER,
                           "it is the chain of another CA than the one that issued the PCK", 0);
    return true;
}

bool kc_collateral_make_room(struct kc_collateral *c, const struct kc_collateral_input *input)
{
    /* Larger ones are refused before the room is used. */
    if (input->pieces->root_crl.len <= CRL_TEXT_MAX)
        c->root_crl_room = malloc(input->pieces->root_crl.len + 1);
    if (input->pieces->pck_crl.len <= CRL_TEXT_MAX)
        c->pck_crl_room = malloc(input->pieces->pck_crl.len + 1);
    return (c->root_crl_room != NULL || input->pieces->root_crl.len > CRL_TEXT_MAX) &&
           (c->pck_crl_room != NULL || input->pieces->pck_crl.len > CRL_TEXT_MAX);
}

static bool decode_crl(struct kc_collateral *c, enum kc_collateral_piece piece,
                       struct kc_bytes text, struct kc_crl *crl)
{
    uint8_t *room = piece == KC_PIECE_ROOT_CRL ? c->root_crl_room : c->pck_crl_room;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_bytes der = {NULL, 0};
    if (text.len > CRL_TEXT_MAX) {
        kc_collateral_note(c, piece, KC_COLLATERAL_SHAPE, "it is larger than any such list", 0);
        return false;
    }
    enum kc_err err = kc_crl_unwrap(text, (struct kc_room){room, text.len}, &der, &error);
    if (err == KC_OK)
        err = kc_crl_decode(der, crl, &error);
    if (err != KC_OK)
        kc_collateral_note(c, piece, KC_COLLATERAL_SHAPE, error.what, error.at);
    return err == KC_OK;
}

bool kc_collateral_judge_crl(struct kc_collateral *c, enum kc_collateral_piece piece,
                             struct kc_bytes text, const struct kc_certificate *issuer,
                             const struct kc_collateral_input *input)
{
    struct kc_crl *crl = piece == KC_PIECE_ROOT_CRL ? &c->root_crl : &c->pck_crl;
    size_t before = 0;
    if (text.ptr == NULL) {
        kc_collateral_note(c, piece, KC_COLLATERAL_ABSENT, "there is no such revocation list", 0);
        return false;
    }
    if (!decode_crl(c, piece, text, crl))
        return false;
    before = c->fault_count;
    if (!kc_bytes_equal(crl->issuer, issuer->subject) ||
        !kc_bytes_equal(crl->authority_key_id, issuer->subject_key_id))
        kc_collateral_note(c, piece, KC_COLLATERAL_ISSUER,
                           "its issuer, or its authority key identifier, is not the CA's whose "
                           "certificates it should list",
                           0);
    if ((issuer->key_usage & KC_KEY_USAGE_CRL_SIGN) == 0)
        kc_collateral_note(c, piece, KC_COLLATERAL_AUTHORITY,
                           "the CA's key usage does not allow it to sign revocation lists", 0);
    if (!kc_ecdsa_p256_verify(issuer->public_key, crl->tbs, crl->signature))
        kc_collateral_note(c, piece, KC_COLLATERAL_SIGNATURE,
                           "its signature by the CA does not hold", 0);
    bool genuine = c->fault_count == before;
    kc_collateral_judge_dates(c, piece, crl->this_update, crl->next_update, input->now);
    return genuine;
}
