/* What stands around a quote: wrappings, claims, held data. */
#include "cli/inspect.h"
#include "formats/dice.h"
#include "formats/evidence_certificate.h"
#include "formats/oe_claims.h"

#define ARRAY(field) kc_bytes_of((field), sizeof(field))

static const char *const wrappings[] = {
    [KC_WRAPPING_QUOTE] = "a bare quote",
    [KC_WRAPPING_OE_REPORT] = "Open Enclave report header and quote",
    [KC_WRAPPING_OE_EVIDENCE] = "Open Enclave attestation header, then what its format says",
    [KC_WRAPPING_QUOTE_JSON] = "JSON with an Open Enclave report, as Azure's tools write it",
    [KC_WRAPPING_DICE] = "certificate with the TCG DICE extension (interoperable RA-TLS)",
    [KC_WRAPPING_OE_CERTIFICATE] = "certificate with an Open Enclave extension",
    [KC_WRAPPING_SNP_REPORT] = "a bare SEV-SNP report",
    [KC_WRAPPING_HCL_REPORT] = "Azure's wrapping of an SEV-SNP report",
};

static void show_certificate(struct kc_tree *tree, const struct kc_evidence *evidence)
{
    struct kc_certificate certificate;
    enum kc_evidence_extension kind;
    struct kc_bytes value;
    bool critical;
    json_t *section =
        kc_tree_section(tree, tree->root, "certificate", "carries the evidence, for TLS");
    if (kc_certificate_decode(evidence->certificate, &certificate, NULL) != KC_OK ||
        kc_evidence_certificate_find(&certificate, &kind, &value, &critical, NULL) != KC_OK)
        return;
    kc_tree_literal(tree, section, "extension", kc_evidence_certificate_oid(kind),
                    critical ? "where the evidence is; critical: Gramine and others refuse that"
                             : "where the evidence is; not critical");
    kc_inspect_certificate(tree, section, &certificate);
}

static void show_stated(struct kc_tree *tree, const struct kc_evidence *evidence)
{
    json_t *section = kc_tree_section(tree, tree->root, "stated",
                                      "what the JSON says in its own words; the quote decides");
    kc_tree_bytes(tree, section, "mrenclave", ARRAY(evidence->stated_mrenclave), "which program");
    kc_tree_bytes(tree, section, "mrsigner", ARRAY(evidence->stated_mrsigner), "whose");
    kc_tree_bytes(tree, section, "product_id", ARRAY(evidence->stated_product_id),
                  "product number, little endian");
    kc_tree_number(tree, section, "security_version", evidence->stated_security_version,
                   "security version of the program");
    kc_tree_number(tree, section, "attributes", evidence->stated_attributes,
                   "Open Enclave's: 1 debug, 2 remote, 3 both");
}

void kc_inspect_wrapping(struct kc_tree *tree, const struct kc_evidence *evidence)
{
    json_t *section = kc_tree_section(tree, tree->root, "evidence", "how the quote is wrapped");
    kc_tree_literal(tree, section, "wrapping", kc_evidence_wrapping_name(evidence->wrapping),
                    wrappings[evidence->wrapping]);
    kc_tree_literal(tree, section, "text", kc_evidence_text_name(evidence->text),
                    "how that is written down");
    if (evidence->has_oe_format) {
        kc_tree_literal(tree, section, "oe_format", kc_oe_format_name(evidence->oe_format),
                        "Open Enclave's name of the format");
        kc_tree_bytes(tree, section, "oe_format_uuid",
                      kc_bytes_of(kc_oe_format_uuid(evidence->oe_format), KC_OE_UUID_SIZE),
                      "as the header gives it");
    }
    if (evidence->certificate.len > 0)
        show_certificate(tree, evidence);
    if (evidence->has_stated_identity)
        show_stated(tree, evidence);
}

static void show_oe_claims(struct kc_tree *tree, struct kc_bytes buffer)
{
    struct kc_oe_claims claims;
    struct kc_error error = KC_ERROR_NONE;
    json_t *section = kc_tree_section(
        tree, tree->root, "custom_claims",
        "Open Enclave's: genuine only if report data starts with the SHA-256 of them all");
    if (kc_oe_claims_decode(buffer, &claims, &error) != KC_OK) {
        kc_tree_bytes(tree, section, "buffer", buffer,
                      buffer.len == 0 ? "no claims" : "not a list of named claims: as it stands");
        return;
    }
    for (size_t i = 0; i < claims.count; i++)
        kc_tree_item_bytes(tree, section, claims.claim[i].name, claims.claim[i].value,
                           "custom claim");
}

static const char *hash_meaning(struct kc_bytes entry)
{
    uint64_t algorithm = 0;
    struct kc_bytes hash = {0};
    if (kc_dice_hash_entry_decode(entry, &algorithm, &hash, NULL) != KC_OK)
        return "should be algorithm and hash of the certificate's key, and is not";
    return algorithm == 1   ? "SHA-256 of the certificate's key, behind CBOR's [1, hash]"
           : algorithm == 7 ? "SHA-384 of the certificate's key, behind CBOR's [7, hash]"
                            : "SHA-512 of the certificate's key, behind CBOR's [8, hash]";
}

static const char *claim_meaning(struct kc_bytes name, struct kc_bytes value)
{
    static const struct {
        const char *name;
        const char *means;
    } known[] = {
        {"nonce", "a number that the asking side chose: shows that the evidence is fresh"},
        {"kms-id", "SHA-256 of the service's identity key: which instance"},
        {"kms-ctx", "what the evidence is for"},
        {"tls-binder", "ties the evidence to one TLS connection"},
        {"wrap-key-hash", "hash of the key that secrets are to be wrapped with"},
    };
    if (kc_bytes_equal(name, kc_bytes_of_text("pubkey-hash")))
        return hash_meaning(value);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (kc_bytes_equal(name, kc_bytes_of_text(known[i].name)))
            return known[i].means;
    }
    return "a claim without a meaning known here";
}

static void show_dice_claims(struct kc_tree *tree, struct kc_bytes map)
{
    struct kc_dice_claims claims;
    struct kc_error error = KC_ERROR_NONE;
    json_t *section = kc_tree_section(
        tree, tree->root, "dice_claims",
        "the certificate's: genuine only if report data starts with the SHA-256 of the map");
    if (kc_dice_claims_decode(map, &claims, &error) != KC_OK) {
        kc_tree_literal(tree, section, "unreadable", error.what, "why they could not be read");
        kc_tree_number(tree, section, "unreadable_at", error.at, "offset");
        kc_tree_bytes(tree, section, "map", map, "as it stands");
        return;
    }
    for (size_t i = 0; i < claims.count; i++)
        kc_tree_item_bytes(tree, section, claims.claim[i].name, claims.claim[i].value,
                           claim_meaning(claims.claim[i].name, claims.claim[i].value));
}

void kc_inspect_claims(struct kc_tree *tree, const struct kc_evidence *evidence)
{
    if (evidence->has_oe_claims)
        show_oe_claims(tree, evidence->oe_claims);
    if (evidence->has_dice_claims)
        show_dice_claims(tree, evidence->dice_claims);
    if (evidence->has_held_data) {
        json_t *section =
            kc_tree_section(tree, tree->root, "held_data",
                            "what the enclave vouches for, if report data starts with its SHA-256");
        kc_tree_bytes(tree, section, "data", evidence->held_data, "EnclaveHeldDataHex");
    }
}
