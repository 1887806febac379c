#include "ratls/tbs.h"

#include <string.h>

#include "formats/der_writer.h"
#include "formats/dice.h"

const uint8_t kc_ratls_tbs_algorithm[12] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
static const uint8_t oid_organization[] = {0x55, 0x04, 0x0a};
static const uint8_t oid_subject_key_id[] = {0x55, 0x1d, 0x0e};
static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t oid_subject_alt_name[] = {0x55, 0x1d, 0x11};
static const uint8_t oid_basic_constraints[] = {0x55, 0x1d, 0x13};
static const uint8_t oid_authority_key_id[] = {0x55, 0x1d, 0x23};
static const uint8_t oid_extended_key_usage[] = {0x55, 0x1d, 0x25};
static const uint8_t oid_server_auth[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
static const uint8_t oid_client_auth[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};

/* keyUsage, each one bit (RFC 5280, 4.2.1.3). */
static const uint8_t digital_signature = 0x80;
static const uint8_t key_cert_sign = 0x04;

static void write_attribute(struct kc_writer *w, struct kc_bytes type, const char *value)
{
    size_t set = kc_der_writer_begin(w, KC_DER_SET);
    size_t attribute = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_element(w, KC_DER_OID, type);
    kc_der_writer_element(w, KC_DER_UTF8_STRING, kc_bytes_of_text(value));
    kc_der_writer_end(w, attribute);
    kc_der_writer_end(w, set);
}

static void write_name(struct kc_writer *w, const struct kc_ratls_party *party)
{
    size_t name = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    write_attribute(w, kc_bytes_of(oid_organization, sizeof oid_organization), "Keyclave");
    write_attribute(w, kc_bytes_of(oid_common_name, sizeof oid_common_name), party->common_name);
    kc_der_writer_end(w, name);
}

/* An open Extension. */
struct extension {
    size_t whole;
    size_t value;
};

static struct extension begin_extension(struct kc_writer *w, const uint8_t *oid, size_t oid_len,
                                        bool critical)
{
    struct extension extension = {0};
    extension.whole = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_element(w, KC_DER_OID, kc_bytes_of(oid, oid_len));
    if (critical)
        kc_der_writer_true(w);
    extension.value = kc_der_writer_begin(w, KC_DER_OCTET_STRING);
    return extension;
}

static void end_extension(struct kc_writer *w, struct extension extension)
{
    kc_der_writer_end(w, extension.value);
    kc_der_writer_end(w, extension.whole);
}

static void write_basic_constraints(struct kc_writer *w, bool is_ca)
{
    static const uint8_t no_ca_below = 0;
    struct extension extension =
        begin_extension(w, oid_basic_constraints, sizeof oid_basic_constraints, true);
    size_t constraints = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    if (is_ca) {
        kc_der_writer_true(w);
        kc_der_writer_big_uint(w, kc_bytes_of(&no_ca_below, 1));
    }
    kc_der_writer_end(w, constraints);
    end_extension(w, extension);
}

static void write_key_usage(struct kc_writer *w, const uint8_t *usage)
{
    uint8_t unused = 0;
    while ((*usage >> unused & 1) == 0)
        unused++;
    struct extension extension = begin_extension(w, oid_key_usage, sizeof oid_key_usage, true);
    kc_der_writer_bits(w, kc_bytes_of(usage, 1), unused);
    end_extension(w, extension);
}

static void write_key_ids(struct kc_writer *w, const struct kc_ratls_tbs *in)
{
    struct extension subject =
        begin_extension(w, oid_subject_key_id, sizeof oid_subject_key_id, false);
    kc_der_writer_element(w, KC_DER_OCTET_STRING,
                          kc_bytes_of(in->subject.key_id, sizeof in->subject.key_id));
    end_extension(w, subject);
    struct extension authority =
        begin_extension(w, oid_authority_key_id, sizeof oid_authority_key_id, false);
    size_t sequence = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_element(w, KC_DER_CONTEXT(0),
                          kc_bytes_of(in->issuer.key_id, sizeof in->issuer.key_id));
    kc_der_writer_end(w, sequence);
    end_extension(w, authority);
}

static void write_purpose(struct kc_writer *w, enum kc_ratls_context context)
{
    const uint8_t *purpose = context == KC_RATLS_SERVER ? oid_server_auth : oid_client_auth;
    struct extension extension =
        begin_extension(w, oid_extended_key_usage, sizeof oid_extended_key_usage, false);
    size_t purposes = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_element(w, KC_DER_OID, kc_bytes_of(purpose, sizeof oid_server_auth));
    kc_der_writer_end(w, purposes);
    end_extension(w, extension);
}

/* Not critical: OpenSSL and mbedTLS refuse what is critical and unknown to them. */
static void write_evidence(struct kc_writer *w, const struct kc_ratls_leaf *leaf)
{
    const struct kc_dice_evidence evidence = {leaf->quote, leaf->claims};
    struct extension extension = begin_extension(w, kc_dice_oid, sizeof kc_dice_oid, false);
    kc_dice_evidence_encode(w, &evidence);
    end_extension(w, extension);
}

static void write_extensions(struct kc_writer *w, const struct kc_ratls_tbs *in)
{
    const struct kc_ratls_leaf *leaf = in->leaf;
    size_t tagged = kc_der_writer_begin(w, KC_DER_CONTEXT_CONSTRUCTED(3));
    size_t list = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    write_basic_constraints(w, leaf == NULL);
    write_key_usage(w, leaf == NULL ? &key_cert_sign : &digital_signature);
    if (leaf != NULL) {
        write_purpose(w, in->context);
        struct extension names =
            begin_extension(w, oid_subject_alt_name, sizeof oid_subject_alt_name, false);
        kc_ratls_subject_name_write_all(w, leaf->names, leaf->name_count);
        end_extension(w, names);
    }
    write_key_ids(w, in);
    if (leaf != NULL)
        write_evidence(w, leaf);
    kc_der_writer_end(w, list);
    kc_der_writer_end(w, tagged);
}

/* Positive, and as long in every certificate: RFC 5280, 4.1.2.2. */
static void write_serial(struct kc_writer *w, const uint8_t serial[KC_RATLS_SERIAL_SIZE])
{
    uint8_t octets[KC_RATLS_SERIAL_SIZE];
    memcpy(octets, serial, sizeof octets);
    octets[0] = (uint8_t)((octets[0] & 0x3f) | 0x40);
    kc_der_writer_big_uint(w, kc_bytes_of(octets, sizeof octets));
}

void kc_ratls_tbs_write(struct kc_writer *w, const struct kc_ratls_tbs *in)
{
    static const uint8_t version_3 = 2;
    size_t tbs = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    size_t version = kc_der_writer_begin(w, KC_DER_CONTEXT_CONSTRUCTED(0));
    kc_der_writer_big_uint(w, kc_bytes_of(&version_3, 1));
    kc_der_writer_end(w, version);
    write_serial(w, in->serial);
    kc_writer_copy(w, kc_ratls_tbs_algorithm, sizeof kc_ratls_tbs_algorithm);
    write_name(w, &in->issuer);
    size_t validity = kc_der_writer_begin(w, KC_DER_SEQUENCE);
    kc_der_writer_time(w, in->not_before);
    kc_der_writer_time(w, in->not_after);
    kc_der_writer_end(w, validity);
    write_name(w, &in->subject);
    kc_writer_copy(w, in->subject.spki, sizeof in->subject.spki);
    write_extensions(w, in);
    kc_der_writer_end(w, tbs);
}
