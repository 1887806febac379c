#include "core/attestation.h"

#include <stdlib.h>
#include <string.h>

#include "formats/oe_claims.h"
#include "ratls/claims.h"

static const char event[] = "Attestation KMS example"; /* its NUL belongs to the claim */

/* Offsets in a report body (formats/sgx_report.h). */
#define AT_ATTRIBUTES  48
#define ATTRIBUTES_LEN 16
#define AT_MRENCLAVE   64
#define AT_REPORT_DATA 320
#define AT_BODY        48 /* of the body in a quote */

static void write_claims(struct kc_writer *w, const uint8_t key_hash[KC_SHA256_SIZE])
{
    struct kc_oe_claims claims = {
        .count = 2,
        .claim =
            {
                {kc_bytes_of_text("Event"), kc_bytes_of(event, sizeof event)},
                {kc_bytes_of_text("Public key hash"), kc_bytes_of(key_hash, KC_SHA256_SIZE)},
            },
    };
    kc_oe_claims_encode(w, &claims);
}

bool kc_attestation_target_is_clean(const uint8_t target[KC_SGX_TARGETINFO_SIZE])
{
    return target[49] == 0 && kc_bytes_are_zero(kc_bytes_of(target + 56, 8)) &&
           kc_bytes_are_zero(kc_bytes_of(target + 128, KC_SGX_TARGETINFO_SIZE - 128));
}

enum kc_failure kc_attestation_choose(const uint8_t uuid[KC_OE_UUID_SIZE], struct kc_bytes settings,
                                      struct kc_attestation *out, uint32_t *detail)
{
    enum kc_oe_format format = KC_OE_FORMAT_COUNT;
    if (!kc_oe_format_from_uuid(uuid, &format))
        return KC_FAILURE_FORMAT_UNKNOWN;
    if (format != KC_OE_SGX_ECDSA && format != KC_OE_LEGACY_REPORT_REMOTE &&
        format != KC_OE_RAW_SGX_QUOTE_ECDSA) {
        *detail = format;
        return KC_FAILURE_FORMAT;
    }
    if (settings.len != 0) {
        *detail = (uint32_t)settings.len;
        return KC_FAILURE_SETTINGS;
    }
    *out = (struct kc_attestation){.kind = KC_ATTESTATION_EVIDENCE, .format = format};
    return KC_FAILURE_NONE;
}

enum kc_err kc_attestation_of_claims(struct kc_bytes bytes, struct kc_attestation *out)
{
    struct kc_attestation what = {.kind = KC_ATTESTATION_CLAIMS};
    struct kc_ratls_claims claims = {0};
    enum kc_err err = kc_ratls_claims_decode(bytes, &claims, NULL);
    if (err == KC_OK)
        err = kc_ratls_report_data(bytes, what.claims_data);
    if (err == KC_OK)
        *out = what;
    return err;
}

bool kc_attestation_binds_key(const struct kc_attestation *what)
{
    return what->kind != KC_ATTESTATION_CLAIMS;
}

enum kc_err kc_attestation_report_data(const struct kc_attestation *what, const uint8_t *key_hash,
                                       uint8_t out[KC_SGX_REPORT_DATA_SIZE])
{
    uint8_t claims[KC_ATTESTATION_OVERHEAD];
    struct kc_writer w = kc_writer_of((struct kc_room){claims, sizeof claims});
    if (what->kind == KC_ATTESTATION_CLAIMS) {
        memcpy(out, what->claims_data, KC_SGX_REPORT_DATA_SIZE);
        return KC_OK;
    }
    memset(out, 0, KC_SGX_REPORT_DATA_SIZE);
    if (what->kind == KC_ATTESTATION_REPORT || what->format != KC_OE_SGX_ECDSA) {
        memcpy(out, key_hash, KC_SHA256_SIZE);
        return KC_OK;
    }
    write_claims(&w, key_hash);
    return kc_crypto_sha256(kc_writer_written(&w), out);
}

enum kc_failure kc_attestation_check_quote(const uint8_t body[KC_SGX_REPORT_BODY_SIZE],
                                           struct kc_bytes bytes, uint32_t *detail)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_sgx_quote quote;
    if (kc_sgx_quote_decode(bytes, &quote, &error) != KC_OK) {
        *detail = (uint32_t)error.at;
        return KC_FAILURE_QUOTE_SHAPE;
    }
    if (quote.trailing.len != 0) {
        *detail = (uint32_t)quote.trailing.len;
        return KC_FAILURE_QUOTE_TRAILING;
    }
    const uint8_t *got = quote.signed_part.ptr + AT_BODY;
    if (memcmp(got + AT_MRENCLAVE, body + AT_MRENCLAVE, KC_SGX_HASH_SIZE) != 0)
        return KC_FAILURE_QUOTE_MRENCLAVE;
    if (memcmp(got + AT_ATTRIBUTES, body + AT_ATTRIBUTES, ATTRIBUTES_LEN) != 0)
        return KC_FAILURE_QUOTE_ATTRIBUTES;
    if (memcmp(got + AT_REPORT_DATA, body + AT_REPORT_DATA, KC_SGX_REPORT_DATA_SIZE) != 0)
        return KC_FAILURE_QUOTE_REPORT_DATA;
    if (memcmp(got, body, KC_SGX_REPORT_BODY_SIZE) != 0)
        return KC_FAILURE_QUOTE_BODY;
    return KC_FAILURE_NONE;
}

/* What stands behind the attestation header (specification of Open Enclave's plugins). */
static void write_data(struct kc_writer *w, enum kc_oe_format format,
                       const uint8_t key_hash[KC_SHA256_SIZE], struct kc_bytes quote)
{
    struct kc_oe_report report = {.type = KC_OE_REPORT_REMOTE, .content = quote};
    if (format == KC_OE_LEGACY_REPORT_REMOTE) {
        kc_oe_report_encode(w, &report);
        return;
    }
    kc_writer_bytes(w, quote);
    if (format == KC_OE_SGX_ECDSA)
        write_claims(w, key_hash);
}

enum kc_err kc_attestation_evidence(enum kc_oe_format format,
                                    const uint8_t key_hash[KC_SHA256_SIZE], struct kc_bytes quote,
                                    struct kc_room *out)
{
    struct kc_oe_attestation_header header = {0};
    enum kc_err err = KC_ERR_MEMORY;
    size_t cap = quote.len + KC_ATTESTATION_OVERHEAD;
    uint8_t *data = malloc(cap);
    uint8_t *evidence = malloc(cap);
    if (data == NULL || evidence == NULL)
        goto out;
    struct kc_writer inner = kc_writer_of((struct kc_room){data, cap});
    write_data(&inner, format, key_hash, quote);
    memcpy(header.format_id, kc_oe_format_uuid(format), KC_OE_UUID_SIZE);
    header.data = kc_writer_written(&inner);
    struct kc_writer outer = kc_writer_of((struct kc_room){evidence, cap});
    kc_oe_attestation_header_encode(&outer, &header);
    err = kc_writer_failed(&inner) || kc_writer_failed(&outer) ? KC_ERR_ROOM : KC_OK;
    if (err == KC_OK) {
        *out = (struct kc_room){evidence, outer.len};
        evidence = NULL;
    }
out:
    free(data);
    free(evidence);
    return err;
}
