/*
 * Evidence in certificates: the TCG DICE extension 2.23.133.5.4.9 with
 * 60000([quote: bstr, claims: bstr]) (CCC interoperable RA-TLS), where claims is a CBOR map from
 * text to byte strings and report_data = SHA-256(claims) || 32 zero bytes.
 */
#ifndef KC_FORMATS_DICE_H
#define KC_FORMATS_DICE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

#define KC_DICE_TAG        60000
#define KC_DICE_CLAIMS_MAX 16

/* Content octets of 2.23.133.5.4.9. */
extern const uint8_t kc_dice_oid[6];

struct kc_dice_evidence {
    struct kc_bytes quote;  /* view */
    struct kc_bytes claims; /* view: the CBOR map as it stands */
};

KC_MUST_USE enum kc_err kc_dice_evidence_decode(struct kc_bytes bytes, struct kc_dice_evidence *out,
                                                struct kc_error *error);
void kc_dice_evidence_encode(struct kc_writer *w, const struct kc_dice_evidence *in);

struct kc_dice_claim {
    struct kc_bytes name;
    struct kc_bytes value;
};

struct kc_dice_claims {
    size_t count;
    struct kc_dice_claim claim[KC_DICE_CLAIMS_MAX];
};

/* Text keys, byte string values, none twice. Keys may be in any order (others write them so). */
KC_MUST_USE enum kc_err kc_dice_claims_decode(struct kc_bytes bytes, struct kc_dice_claims *out,
                                              struct kc_error *error);

/* The hash entry of "pubkey-hash": [algorithm, hash] with 1 SHA-256, 7 SHA-384, 8 SHA-512 (IANA
 * named information registry). The hash's length must be the algorithm's. */
KC_MUST_USE enum kc_err kc_dice_hash_entry_decode(struct kc_bytes bytes, uint64_t *algorithm,
                                                  struct kc_bytes *hash, struct kc_error *error);

#endif
