/* Certificates with the TCG DICE extension (CCC interoperable RA-TLS): claims and key. */
#include <openssl/sha.h>
#include <string.h>

#include "formats/dice.h"
#include "verify/ecdsa.h"
#include "verify/judge.h"

/* IANA named information hash algorithms. */
#define NI_SHA256 1
#define NI_SHA384 7
#define NI_SHA512 8

/* SubjectPublicKeyInfo up to the uncompressed point (RFC 5480), and its whole length. */
static const struct {
    size_t len;
    uint8_t head[27];
    size_t head_len;
    bool (*is_point)(const uint8_t *key);
} key_kinds[] = {
    {91,
     {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
      0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04},
     27,
     kc_ecdsa_p256_is_point},
    {120,
     {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
      0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04},
     24,
     kc_ecdsa_p384_is_point},
};

static bool is_known_key(struct kc_bytes spki)
{
    for (size_t i = 0; i < sizeof key_kinds / sizeof key_kinds[0]; i++) {
        if (spki.len == key_kinds[i].len &&
            memcmp(spki.ptr, key_kinds[i].head, key_kinds[i].head_len) == 0)
            return key_kinds[i].is_point(spki.ptr + key_kinds[i].head_len);
    }
    return false;
}

/* The hash of the key as the entry wants it. Its length; 0 for an unknown algorithm. */
static size_t hash_spki(uint64_t algorithm, struct kc_bytes spki, uint8_t out[64])
{
    switch (algorithm) {
    case NI_SHA256:
        return kc_sha256(spki, out) ? 32 : 0;
    case NI_SHA384:
        return SHA384(spki.ptr, spki.len, out) != NULL ? 48 : 0;
    case NI_SHA512:
        return SHA512(spki.ptr, spki.len, out) != NULL ? 64 : 0;
    default:
        return 0;
    }
}

static void judge_key_hash(struct kc_judge *j, struct kc_bytes entry)
{
    struct kc_verdict *v = j->verdict;
    struct kc_error error = KC_ERROR_NONE;
    uint64_t algorithm = 0;
    struct kc_bytes hash = {NULL, 0};
    uint8_t want[64] = {0};
    if (kc_dice_hash_entry_decode(entry, &algorithm, &hash, &error) != KC_OK) {
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.pubkey_hash",
                      "[algorithm, hash] with 1 (SHA-256), 7 (SHA-384) or 8 (SHA-512)", error.what,
                      "the certificate binds no key that can be checked");
        return;
    }
    struct kc_bytes wanted =
        kc_bytes_of(want, hash_spki(algorithm, j->input->evidence->spki, want));
    if (wanted.len == 0 || !kc_bytes_equal(wanted, hash))
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.pubkey_hash", kc_verdict_hex(v, wanted),
                      kc_verdict_hex(v, hash),
                      "the enclave vouched for another key than this certificate's: the "
                      "connection may end at an impostor");
}

/* The claim of exactly this name; the decoder has refused maps with a name twice. */
static const struct kc_dice_claim *find(const struct kc_dice_claims *claims, const char *name)
{
    for (size_t i = 0; i < claims->count; i++) {
        if (kc_bytes_equal(claims->claim[i].name, kc_bytes_of_text(name)))
            return &claims->claim[i];
    }
    return NULL;
}

static void judge_claims(struct kc_judge *j, struct kc_bytes bytes)
{
    struct kc_dice_claims claims = {0};
    struct kc_error error = KC_ERROR_NONE;
    if (kc_dice_claims_decode(bytes, &claims, &error) != KC_OK) {
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.claims_shape",
                      "a CBOR map from text to byte strings, no key twice", error.what,
                      "claims that can be read in two ways bind nothing");
        return;
    }
    const struct kc_dice_claim *key = find(&claims, "pubkey-hash");
    if (key == NULL)
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.pubkey_hash",
                      "a claim \"pubkey-hash\" of this certificate's key", "absent",
                      "the evidence binds no key: anyone may have put it into a certificate of "
                      "his own");
    else
        judge_key_hash(j, key->value);
}

void kc_judge_dice(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const struct kc_evidence *evidence = j->input->evidence;
    uint8_t want[32] = {0};
    if (!is_known_key(evidence->spki))
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.key_kind",
                      "a P-256 or P-384 key in the certificate",
                      "another kind of key, or no point of its curve",
                      "make the certificate with a P-256 key");
    if (!kc_sha256(evidence->dice_claims, want) || memcmp(want, j->report_data, sizeof want) != 0)
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.dice_claims",
                      kc_verdict_hex(v, kc_bytes_of(want, sizeof want)),
                      kc_verdict_hex(v, kc_bytes_of(j->report_data, 32)),
                      "the enclave did not vouch for the claims of this certificate");
    judge_claims(j, evidence->dice_claims);
    v->facts.has_dice_claims = true;
    v->facts.dice_claims = evidence->dice_claims;
}
