#include "ratls/certificate.h"

#include <string.h>

#include "base/hex.h"
#include "formats/certificate.h"
#include "formats/der_writer.h"
#include "formats/dice.h"
#include "ratls/tbs.h"

/* 9999-12-31T23:59:59Z */
#define NO_END INT64_C(253402300799)

/* Hexadecimal digits of the kms-id in the identity's name. */
#define NAME_DIGITS 16

static enum kc_err refuse(struct kc_error *error, const char *what, uint64_t at)
{
    return kc_error_set(error, KC_ERR_ARGUMENT, what, at);
}

static bool party_init(struct kc_ratls_party *party, const uint8_t *public_key)
{
    kc_ratls_spki_of_p256(public_key, party->spki);
    return kc_ratls_key_hash(kc_bytes_of(party->spki, sizeof party->spki), party->key_id) == KC_OK;
}

static void name_service(struct kc_ratls_party *party)
{
    static const char prefix[] = "Keyclave service ";
    memcpy(party->common_name, prefix, sizeof prefix);
    kc_hex_encode_lower(kc_bytes_of(party->key_id, NAME_DIGITS / 2),
                        party->common_name + sizeof prefix - 1);
}

static void name_leaf(struct kc_ratls_party *party, enum kc_ratls_context context)
{
    static const char server[] = "Keyclave server";
    static const char client[] = "Keyclave client";
    memcpy(party->common_name, context == KC_RATLS_SERVER ? server : client, sizeof server);
}

/* Ecdsa-Sig-Value (RFC 3279, 2.2.3) in a BIT STRING. */
static void write_signature(struct kc_writer *w, const uint8_t signature[64])
{
    size_t bits = kc_der_writer_begin(w, KC_DER_BIT_STRING);
    kc_writer_u8(w, 0);
    size_t pair = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_big_uint(w, kc_bytes_of(signature, 32));
    kc_der_writer_big_uint(w, kc_bytes_of(signature + 32, 32));
    kc_der_writer_end(w, pair);
    kc_der_writer_end(w, bits);
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING } */
static enum kc_err write_certificate(const struct kc_ratls_tbs *tbs,
                                     const struct kc_ratls_signer *signer, struct kc_room out,
                                     size_t *out_len, struct kc_error *error)
{
    uint8_t signature[64] = {0};
    struct kc_writer w = kc_writer_of(out);
    size_t certificate = kc_der_writer_begin(&w, KC_DER_SEQUENCE);
    kc_ratls_tbs_write(&w, tbs);
    if (kc_writer_failed(&w))
        return kc_error_set(error, KC_ERR_ROOM, "certificate: the room is too small", out.len);
    enum kc_err err = signer->sign(
        signer->context, kc_bytes_of(out.ptr + certificate, w.len - certificate), signature);
    if (err != KC_OK)
        return kc_error_set(error, err, "certificate: its signer failed", 0);
    kc_writer_copy(&w, kc_ratls_tbs_algorithm, sizeof kc_ratls_tbs_algorithm);
    write_signature(&w, signature);
    kc_der_writer_end(&w, certificate);
    if (kc_writer_failed(&w))
        return kc_error_set(error, KC_ERR_ROOM, "certificate: the room is too small", out.len);
    *out_len = w.len;
    return KC_OK;
}

static bool is_time(int64_t seconds)
{
    return seconds >= 0 && seconds <= NO_END;
}

static enum kc_err check_shape(const struct kc_ratls_leaf *leaf, struct kc_error *error)
{
    const struct kc_dice_evidence evidence = {leaf->quote, leaf->claims};
    struct kc_writer size = KC_WRITER_COUNT;
    if (!is_time(leaf->not_before) || !is_time(leaf->not_after) ||
        leaf->not_after <= leaf->not_before ||
        leaf->not_after - leaf->not_before > KC_RATLS_LEAF_VALIDITY_MAX)
        return refuse(error, "leaf: not valid for 1 second to 24 hours", 0);
    if (leaf->name_count == 0 || leaf->name_count > KC_RATLS_NAMES_MAX)
        return refuse(error, "leaf: 1 to 16 names or addresses are needed; there are",
                      leaf->name_count);
    for (size_t i = 0; i < leaf->name_count; i++) {
        if (!kc_ratls_subject_name_is_good(&leaf->names[i]))
            return refuse(error, "leaf: no host name or IP address (the first is 0):", i);
    }
    kc_dice_evidence_encode(&size, &evidence);
    if (size.len < KC_RATLS_EVIDENCE_MIN || size.len > KC_RATLS_EVIDENCE_MAX)
        return refuse(error, "leaf: evidence is not of 256 to 8192 bytes but", size.len);
    return KC_OK;
}

static enum kc_err check_claims(struct kc_ratls_tbs *tbs, bool issued, struct kc_error *error)
{
    struct kc_ratls_claims claims = {0};
    enum kc_err err = kc_ratls_claims_decode(tbs->leaf->claims, &claims, error);
    if (err != KC_OK)
        return err;
    if (claims.fresh)
        return refuse(error, "leaf: fresh claims belong to one connection, not to a certificate",
                      0);
    if (memcmp(claims.key_hash, tbs->subject.key_id, sizeof claims.key_hash) != 0)
        return refuse(error, "leaf: \"pubkey-hash\" is not that of its key", 0);
    if (issued && memcmp(claims.kms_id, tbs->issuer.key_id, sizeof claims.kms_id) != 0)
        return refuse(error, "leaf: \"kms-id\" is not that of the identity that issues it", 0);
    tbs->context = claims.context;
    return KC_OK;
}

enum kc_err kc_ratls_leaf_write(const struct kc_ratls_leaf *leaf,
                                const struct kc_ratls_signer *signer, struct kc_room out,
                                size_t *out_len, struct kc_error *error)
{
    struct kc_ratls_tbs tbs = {
        .leaf = leaf,
        .serial = leaf->serial,
        .not_before = leaf->not_before,
        .not_after = leaf->not_after,
    };
    bool issued = memcmp(leaf->public_key, signer->public_key, 64) != 0;
    enum kc_err err = check_shape(leaf, error);
    if (err != KC_OK)
        return err;
    if (!party_init(&tbs.subject, leaf->public_key) || !party_init(&tbs.issuer, signer->public_key))
        return kc_error_set(error, KC_ERR_CRYPTO, "leaf: SHA-256 failed", 0);
    err = check_claims(&tbs, issued, error);
    if (err != KC_OK)
        return err;
    name_leaf(&tbs.subject, tbs.context);
    if (issued)
        name_service(&tbs.issuer);
    else
        name_leaf(&tbs.issuer, tbs.context);
    return write_certificate(&tbs, signer, out, out_len, error);
}

enum kc_err kc_ratls_service_write(const struct kc_ratls_signer *signer, int64_t not_before,
                                   struct kc_room out, size_t *out_len, struct kc_error *error)
{
    struct kc_ratls_tbs tbs = {.not_before = not_before, .not_after = NO_END};
    if (!is_time(not_before))
        return refuse(error, "service identity: begins before 1970 or after the year 9999", 0);
    if (!party_init(&tbs.subject, signer->public_key))
        return kc_error_set(error, KC_ERR_CRYPTO, "service identity: SHA-256 failed", 0);
    name_service(&tbs.subject);
    tbs.issuer = tbs.subject;
    tbs.serial = tbs.subject.key_id;
    return write_certificate(&tbs, signer, out, out_len, error);
}

enum kc_err kc_ratls_service_check(struct kc_bytes der, const uint8_t kms_id[KC_RATLS_HASH_SIZE],
                                   struct kc_error *error)
{
    struct kc_certificate certificate;
    uint8_t hash[KC_RATLS_HASH_SIZE];
    enum kc_err err = kc_certificate_decode(der, &certificate, error);
    if (err != KC_OK)
        return err;
    const char *what = NULL;
    if (!certificate.key_is_p256 || kc_ratls_key_hash(certificate.spki, hash) != KC_OK)
        what = "service identity: its key is not on P-256";
    else if (!kc_bytes_equal_secret(hash, kms_id, sizeof hash))
        what = "service identity: its key has another hash than the kms-id";
    else if (!certificate.is_ca || certificate.path_len != 0 ||
             !certificate.basic_constraints_critical)
        what = "service identity: no CA of path length 0";
    else if (!certificate.has_key_usage || certificate.key_usage != KC_KEY_USAGE_KEY_CERT_SIGN)
        what = "service identity: its key usage is not to sign certificates alone";
    else if (certificate.has_unknown_critical)
        what = "service identity: has a critical extension that is not known";
    return what == NULL ? KC_OK : kc_error_set(error, KC_ERR_REFUSED, what, 0);
}
