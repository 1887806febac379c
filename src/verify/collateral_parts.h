/* Pieces of collateral, their checks' names, and the judgement of chains and lists: for the files
 * of this room alone. */
#ifndef KC_VERIFY_COLLATERAL_PARTS_H
#define KC_VERIFY_COLLATERAL_PARTS_H

#include "verify/collateral_set.h"

enum kc_collateral_piece {
    KC_PIECE_TCB_CHAIN,
    KC_PIECE_QE_CHAIN,
    KC_PIECE_TCB_INFO,
    KC_PIECE_QE_IDENTITY,
    KC_PIECE_ROOT_CRL,
    KC_PIECE_PCK_CRL,
    KC_PIECE_PCK_CA_CHAIN,
    KC_PIECE_PCK,
    KC_PIECE_PCK_CA,
    KC_PIECE_ROOT,
    KC_PIECE_COUNT,
};

enum kc_collateral_reason {
    KC_COLLATERAL_ABSENT,
    KC_COLLATERAL_SHAPE,
    KC_COLLATERAL_UNTRUSTED, /* under another root */
    KC_COLLATERAL_LINK,
    KC_COLLATERAL_AUTHORITY,
    KC_COLLATERAL_ISSUER, /* of a list: another CA's */
    KC_COLLATERAL_SIGNATURE,
    KC_COLLATERAL_NOT_YET,
    KC_COLLATERAL_EXPIRED,
    KC_COLLATERAL_REVOKED,
    KC_COLLATERAL_REASON_COUNT,
};

/* "collateral.crl.pck.expired", and of that "crl.pck": literals. */
const char *kc_collateral_check_name(enum kc_collateral_piece piece,
                                     enum kc_collateral_reason reason);
const char *kc_collateral_piece_name(enum kc_collateral_piece piece);

void kc_collateral_note(struct kc_collateral *c, enum kc_collateral_piece piece,
                        enum kc_collateral_reason reason, const char *what, uint64_t at);

/* For kc_collateral's `expires`, `issued` and `date` alone. */
void kc_collateral_note_dates(struct kc_collateral *c, enum kc_collateral_piece piece, int64_t from,
                              int64_t to);

/* The same, and both bounds. */
void kc_collateral_judge_dates(struct kc_collateral *c, enum kc_collateral_piece piece,
                               int64_t from, int64_t to, int64_t now);

/* Notes what is wrong with the chain. True when it holds but for its dates. */
bool kc_collateral_judge_chain(struct kc_collateral *c, enum kc_collateral_piece piece,
                               const struct kc_issuer_chain *chain, int64_t now);

/* The chain must be that of the CA which issued the PCK. */
void kc_collateral_judge_same_ca(struct kc_collateral *c, const struct kc_issuer_chain *chain,
                                 const struct kc_certificate *pck_ca);

/* True when the list is `issuer`'s, whatever its dates. */
KC_MUST_USE bool kc_collateral_judge_crl(struct kc_collateral *c, enum kc_collateral_piece piece,
                                         const struct kc_issued_crl *list,
                                         const struct kc_certificate *issuer, int64_t now,
                                         struct kc_signatures *known);

/* A PEM text without empty lines and without CR before LF, in `room` of its size. Its length. */
size_t kc_collateral_tidy_pem(struct kc_bytes pem, uint8_t *room);

#endif
