#include "formats/dice.h"

#include "formats/cbor.h"

const uint8_t kc_dice_oid[6] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x09};

static enum kc_err refuse(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_MALFORMED, what, at);
}

enum kc_err kc_dice_evidence_decode(struct kc_bytes bytes, struct kc_dice_evidence *out,
                                    struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(bytes);
    uint64_t tag = kc_cbor_read_tag(&r);
    if (kc_reader_failed(&r))
        return refuse(error, "DICE evidence: does not begin with a CBOR tag", 0);
    if (tag != KC_DICE_TAG)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "DICE evidence: the CBOR tag is not 60000 (quote and claims)", tag);
    uint64_t count = kc_cbor_read_array(&r);
    if (kc_reader_failed(&r) || count != 2)
        return refuse(error, "DICE evidence: not an array of two, quote and claims", r.at);
    struct kc_dice_evidence evidence = {0};
    evidence.quote = kc_cbor_read_bytes(&r);
    evidence.claims = kc_cbor_read_bytes(&r);
    if (kc_reader_failed(&r))
        return refuse(
            error, "DICE evidence: quote or claims are no byte string in its shortest form", r.at);
    if (!kc_reader_done(&r))
        return refuse(error, "DICE evidence: bytes follow the array", r.at);
    *out = evidence;
    return KC_OK;
}

void kc_dice_evidence_encode(struct kc_writer *w, const struct kc_dice_evidence *in)
{
    kc_cbor_write_tag(w, KC_DICE_TAG);
    kc_cbor_write_array(w, 2);
    kc_cbor_write_bytes(w, in->quote);
    kc_cbor_write_bytes(w, in->claims);
}

static enum kc_err read_claim(struct kc_reader *r, struct kc_dice_claims *claims,
                              struct kc_error *error)
{
    size_t at = r->at;
    struct kc_dice_claim claim = {0};
    claim.name = kc_cbor_read_text(r);
    if (kc_reader_failed(r))
        return refuse(error, "claims: a key is no text in its shortest form", at);
    claim.value = kc_cbor_read_bytes(r);
    if (kc_reader_failed(r))
        return refuse(error, "claims: a value is no byte string in its shortest form", at);
    for (size_t i = 0; i < claims->count; i++) {
        if (kc_bytes_equal(claims->claim[i].name, claim.name))
            return refuse(error, "claims: a key stands twice", at);
    }
    claims->claim[claims->count++] = claim;
    return KC_OK;
}

enum kc_err kc_dice_claims_decode(struct kc_bytes bytes, struct kc_dice_claims *out,
                                  struct kc_error *error)
{
    struct kc_dice_claims claims = {0};
    struct kc_reader r = kc_reader_of(bytes);
    uint64_t pairs = kc_cbor_read_map(&r);
    if (kc_reader_failed(&r))
        return refuse(error, "claims: not a CBOR map of definite length", 0);
    if (pairs > KC_DICE_CLAIMS_MAX)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "claims: more than 16", pairs);
    for (uint64_t i = 0; i < pairs; i++) {
        enum kc_err err = read_claim(&r, &claims, error);
        if (err != KC_OK)
            return err;
    }
    if (!kc_reader_done(&r))
        return refuse(error, "claims: bytes follow the map", r.at);
    *out = claims;
    return KC_OK;
}

/* Bytes of a hash of the IANA named information registry; 0 when we do not know it. */
static size_t hash_size(uint64_t algorithm)
{
    switch (algorithm) {
    case 1:
        return 32;
    case 7:
        return 48;
    case 8:
        return 64;
    default:
        return 0;
    }
}

enum kc_err kc_dice_hash_entry_decode(struct kc_bytes bytes, uint64_t *algorithm,
                                      struct kc_bytes *hash, struct kc_error *error)
{
    struct kc_reader r = kc_reader_of(bytes);
    uint64_t count = kc_cbor_read_array(&r);
    uint64_t id = kc_cbor_read_uint(&r);
    struct kc_bytes value = kc_cbor_read_bytes(&r);
    if (!kc_reader_done(&r) || count != 2)
        return refuse(error, "hash entry: not an array of two, algorithm and hash", r.at);
    if (hash_size(id) == 0)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "hash entry: the algorithm is not 1, 7 or 8 (SHA-256, -384, -512)", id);
    if (value.len != hash_size(id))
        return refuse(error, "hash entry: the hash has not its algorithm's length", value.len);
    *algorithm = id;
    *hash = value;
    return KC_OK;
}
