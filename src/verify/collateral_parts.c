#include "verify/collateral_parts.h"

#include <string.h>

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
    if (verdict->fault == KC_CHAIN_GOOD)
        return true;
    kc_collateral_note(c, piece, reasons[verdict->fault], verdict->what, verdict->index);
    return false;
}

bool kc_collateral_judge_chain(struct kc_collateral *c, enum kc_collateral_piece piece,
                               const struct kc_issuer_chain *chain, int64_t now)
{
    if (!chain->is_there) {
        kc_collateral_note(c, piece, KC_COLLATERAL_ABSENT, "there is no issuer chain", 0);
        return false;
    }
    if (chain->error.code != KC_OK) {
        kc_collateral_note(c, piece, KC_COLLATERAL_SHAPE, chain->error.what, chain->error.at);
        return false;
    }
    if (!note_chain_fault(c, piece, &chain->verdict))
        return false;
    for (size_t i = 0; i < chain->count; i++)
        kc_collateral_judge_dates(c, piece, chain->certificate[i].not_before,
                                  chain->certificate[i].not_after, now);
    return true;
}

/* A CA may be certified anew with its key: the key and the name are what lists go by. */
void kc_collateral_judge_same_ca(struct kc_collateral *c, const struct kc_issuer_chain *chain,
                                 const struct kc_certificate *pck_ca)
{
    if (!kc_bytes_equal(chain->certificate[0].subject, pck_ca->subject) ||
        memcmp(chain->certificate[0].public_key, pck_ca->public_key, 64) != 0)
        kc_collateral_note(c, KC_PIECE_PCK_CA_CHAIN, KC_COLLATERAL_ISSUER,
                           "it is the chain of another CA than the one that issued the PCK", 0);
}

/* What was found when the set was made, if it was by this very key. */
static bool is_signed(const struct kc_issued_crl *list, const struct kc_certificate *issuer,
                      struct kc_signatures *known)
{
    if (list->is_checked && memcmp(list->key, issuer->public_key, sizeof list->key) == 0)
        return list->is_good;
    return kc_signatures_verify(known, issuer->public_key, list->crl.tbs, list->crl.signature);
}

bool kc_collateral_judge_crl(struct kc_collateral *c, enum kc_collateral_piece piece,
                             const struct kc_issued_crl *list, const struct kc_certificate *issuer,
                             int64_t now, struct kc_signatures *known)
{
    const struct kc_crl *crl = &list->crl;
    size_t before = c->fault_count;
    if (!list->is_there) {
        kc_collateral_note(c, piece, KC_COLLATERAL_ABSENT, "there is no such revocation list", 0);
        return false;
    }
    if (list->error.code != KC_OK) {
        kc_collateral_note(c, piece, KC_COLLATERAL_SHAPE, list->error.what, list->error.at);
        return false;
    }
    if (!kc_bytes_equal(crl->issuer, issuer->subject) ||
        !kc_bytes_equal(crl->authority_key_id, issuer->subject_key_id))
        kc_collateral_note(c, piece, KC_COLLATERAL_ISSUER,
                           "its issuer, or its authority key identifier, is not the CA's whose "
                           "certificates it should list",
                           0);
    if ((issuer->key_usage & KC_KEY_USAGE_CRL_SIGN) == 0)
        kc_collateral_note(c, piece, KC_COLLATERAL_AUTHORITY,
                           "the CA's key usage does not allow it to sign revocation lists", 0);
    if (!is_signed(list, issuer, known))
        kc_collateral_note(c, piece, KC_COLLATERAL_SIGNATURE,
                           "its signature by the CA does not hold", 0);
    bool genuine = c->fault_count == before;
    kc_collateral_judge_dates(c, piece, crl->this_update, crl->next_update, now);
    return genuine;
}
