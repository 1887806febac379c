/*
 * Collateral in one file, to travel to machines without a network and to lie in a cache.
 *
 *      0    8  "KCBUNDL1"
 *      then for each piece that is there, in the order of enum kc_bundle_piece:
 *           1  the piece's number
 *           4  length n, little endian, at most KC_BUNDLE_PIECE_MAX
 *           n  the file's bytes
 *      32      SHA-256 of all before it
 *
 * One encoding, nothing behind it. The hash finds damage and is no proof: every piece is signed by
 * its maker and judged by verify. Trusts nobody.
 */
#ifndef KC_COLLATERAL_BUNDLE_H
#define KC_COLLATERAL_BUNDLE_H

#include "base/writer.h"
#include "verify/amd_pieces.h"
#include "verify/collateral.h"

/* The files of a folder of collateral (docs/verification.md). Numbers are written: never change. */
enum kc_bundle_piece {
    KC_BUNDLE_TCB_INFO,
    KC_BUNDLE_TCB_CHAIN,
    KC_BUNDLE_QE_IDENTITY,
    KC_BUNDLE_QE_CHAIN,
    KC_BUNDLE_ROOT_CRL,
    KC_BUNDLE_PCK_CRL,
    KC_BUNDLE_PCK_CRL_CHAIN,
    KC_BUNDLE_PCK_CHAIN,
    KC_BUNDLE_VEK,
    KC_BUNDLE_ASK_ARK,
    KC_BUNDLE_TABLE,
    KC_BUNDLE_ARK_CRL,
    KC_BUNDLE_PIECES,
};

#define KC_BUNDLE_PIECE_MAX ((size_t)1024 * 1024)
#define KC_BUNDLE_MAX       ((size_t)KC_BUNDLE_PIECES * (KC_BUNDLE_PIECE_MAX + 5) + 40)

/* A piece with a `ptr` of NULL is not there; an empty one is there and damaged. Owned. */
struct kc_bundle {
    struct kc_room piece[KC_BUNDLE_PIECES];
};

/* "tcb_info.json" and so on. */
const char *kc_bundle_file_name(enum kc_bundle_piece piece);

/* True for bytes that begin as a bundle does, and as nothing else of ours. */
bool kc_bundle_is(struct kc_bytes bytes);

/* KC_ERR_MALFORMED, KC_ERR_MEMORY; then `out` has nothing. */
KC_MUST_USE enum kc_err kc_bundle_decode(struct kc_bytes bytes, struct kc_bundle *out,
                                         struct kc_error *error);

/* A bundle, or a file of Open Enclave endorsements. As kc_bundle_decode(); KC_ERR_UNSUPPORTED: it
 * is no bundle, and the error says why it is no endorsements either. */
KC_MUST_USE enum kc_err kc_bundle_open(struct kc_bytes bytes, struct kc_bundle *out,
                                       struct kc_error *error);

/* KC_ERR_ROOM: too little room, or a piece is too long; KC_ERR_CRYPTO. With KC_WRITER_COUNT the
 * size. */
KC_MUST_USE enum kc_err kc_bundle_encode(struct kc_writer *w, const struct kc_bundle *bundle);

/* Puts a copy of `bytes` in a piece's place. False without memory. */
KC_MUST_USE bool kc_bundle_put(struct kc_bundle *bundle, enum kc_bundle_piece piece,
                               struct kc_bytes bytes);

/* What verify takes: views. */
struct kc_collateral_pieces kc_bundle_intel(const struct kc_bundle *bundle);
struct kc_amd_pieces kc_bundle_amd(const struct kc_bundle *bundle);

void kc_bundle_clear(struct kc_bundle *bundle);

#endif
