/*
 * Judges Intel's collateral: whether TCB info, QE identity and revocation lists are Intel's (or
 * the simulation's), of this time, and revoke nothing that a judgement rests on.
 *
 * Trusts the caller's root key and time alone; whoever brings the collateral may be the attester.
 * Only signed bytes are believed, exactly as they stand. Pure. Never: a TCB status, which is
 * verify/tcb.h's and may be asked for once nothing here failed.
 *
 * docs/verification.md lists the checks by their names.
 */
#ifndef KC_VERIFY_COLLATERAL_H
#define KC_VERIFY_COLLATERAL_H

#include "formats/crl.h"
#include "formats/pck_certificate.h"
#include "formats/qe_identity.h"
#include "formats/tcb_info.h"

/* A piece with a `ptr` of NULL is one that is not there. */
struct kc_collateral_pieces {
    struct kc_bytes tcb_info;      /* whole PCS bodies */
    struct kc_bytes qe_identity;   /* likewise */
    struct kc_bytes tcb_chain;     /* PEM: TCB signing and root, in either order */
    struct kc_bytes qe_chain;      /* likewise for the identity; not there: the same chain */
    struct kc_bytes root_crl;      /* DER, PEM or hexadecimal */
    struct kc_bytes pck_crl;       /* likewise */
    struct kc_bytes pck_crl_chain; /* PEM: PCK CA and root, in either order; may be missing */
    struct kc_bytes pck_chain;     /* PEM, for a quote that has none; read by kc_verify() alone */
};

struct kc_collateral_input {
    const struct kc_collateral_pieces *pieces;
    /* The PCK's own chain, for which kc_chain_verify_pck() found the same root key good. */
    const struct kc_pck_chain *pck_chain;
    const uint8_t *root_key; /* 64, x || y */
    int64_t now;
};

struct kc_collateral_fault {
    const char *check; /* stable dotted name, a literal: "collateral.tcb_info.signature" */
    const char *what;  /* a literal that says it in words */
    uint64_t at;       /* for ".shape": the offset; for chains: which certificate */
    bool is_absence;   /* the piece is not there */
    bool has_dates;    /* for ".expired" and ".not_yet": the piece is good from and to */
    int64_t from;
    int64_t to;
};

#define KC_COLLATERAL_FAULTS_MAX 40

/* When a piece is good. Of several certificates: while all of them are. */
struct kc_collateral_dates {
    const char *piece; /* its literal name, "crl.pck"; NULL: it is not there, or has no dates */
    int64_t from;
    int64_t to;
};

/* Collateral's pieces, and the certificates of the PCK chain: "pck", "pck_ca", "root". */
#define KC_COLLATERAL_PIECES 10

/* Four certificates of the largest size as PEM, and their empty lines. */
#define KC_COLLATERAL_PEM_MAX (24 * 1024)

enum kc_collateral_state {
    KC_COLLATERAL_BAD,        /* at least one check failed */
    KC_COLLATERAL_INCOMPLETE, /* none failed, and some could not be made: a piece is not there */
    KC_COLLATERAL_GOOD,
};

struct kc_collateral_set;

/* Views point into the pieces and what was made of them. About 3 KiB. */
struct kc_collateral {
    enum kc_collateral_state state;
    size_t
        fault_count; /* every check that failed; KC_COLLATERAL_FAULTS_MAX is more than there are */
    struct kc_collateral_fault fault[KC_COLLATERAL_FAULTS_MAX];
    size_t absent_count; /* of these faults, those that say that a piece is not there */

    /* TCB info and QE identity are genuine and nothing speaks against them: what is missing are
     * revocation lists, or pieces of this time. */
    bool is_signed;

    /* Decoded, or NULL; to be believed when `state` is GOOD, and as far as it goes when
     * `is_signed`. */
    const struct kc_tcb_info *tcb_info;
    const struct kc_qe_identity *qe_identity;
    const struct kc_crl *root_crl; /* genuine, or NULL */
    const struct kc_crl *pck_crl;

    /* The earliest end of validity and the latest beginning of all pieces, the PCK chain's
     * certificates included, and the literal names of these pieces ("crl.pck"). */
    int64_t expires;
    const char *expires_first;
    int64_t issued;
    const char *issued_last;
    struct kc_collateral_dates date[KC_COLLATERAL_PIECES]; /* each piece's own */

    struct kc_collateral_set *set; /* owned, when kc_collateral_judge() made it */
};

/* Judges all pieces. KC_OK says that `*out` (to be freed) has the findings, whatever they are;
 * KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_collateral_judge(const struct kc_collateral_input *input,
                                            struct kc_collateral **out);
void kc_collateral_free(struct kc_collateral *collateral);

/*
 * Decodes a PEM chain as files and servers have it: like kc_pck_chain_decode(), and with empty
 * lines and CR before LF, which are nothing that is signed. A quote's own chain is not read so.
 * `room` is used up to KC_COLLATERAL_PEM_MAX bytes and free again afterwards.
 */
KC_MUST_USE enum kc_err kc_collateral_decode_chain(struct kc_bytes pem,
                                                   uint8_t room[KC_COLLATERAL_PEM_MAX],
                                                   struct kc_pck_chain *out,
                                                   struct kc_error *error);

#endif
