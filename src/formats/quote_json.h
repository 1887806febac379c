/*
 * The JSON form in which Open Enclave's tools print a quote for the Azure attestation service,
 * and in which the mission document prints its own: keys, order and encodings are those of
 * tests/vectors/seed/quote.json.
 */
#ifndef KC_FORMATS_QUOTE_JSON_H
#define KC_FORMATS_QUOTE_JSON_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_QUOTE_JSON_MAX_SIZE (512 * 1024)

struct kc_quote_json {
    uint32_t type;             /* "Type": 2, an Open Enclave remote report */
    uint8_t mrenclave[32];     /* "MrEnclaveHex", upper case */
    uint8_t mrsigner[32];      /* "MrSignerHex" */
    uint8_t product_id[16];    /* "ProductIdHex": little endian, zero padded */
    uint32_t security_version; /* "SecurityVersion" */
    uint64_t attributes;       /* "Attributes": Open Enclave's, 1 debug, 2 remote */
    uint8_t *quote;            /* "QuoteHex": report header and quote; owned */
    size_t quote_len;
    uint8_t *held_data; /* "EnclaveHeldDataHex"; owned; NULL when there is none */
    size_t held_data_len;
};

/*
 * Reads the JSON. Unknown keys, missing keys, duplicates and wrong types are refused by name.
 * On success the caller frees with kc_quote_json_clear; on failure there is nothing to free.
 */
KC_MUST_USE enum kc_err kc_quote_json_decode(struct kc_bytes text, struct kc_quote_json *out,
                                             struct kc_error *error);

/* Writes the JSON, with a newline at its end and a NUL behind that, to a buffer that the caller
 * frees with free(). */
KC_MUST_USE enum kc_err kc_quote_json_encode(const struct kc_quote_json *in, char **out,
                                             size_t *out_len, struct kc_error *error);

void kc_quote_json_clear(struct kc_quote_json *json);

/* Fills everything but `held_data` from an Open Enclave remote report (copied). */
KC_MUST_USE enum kc_err kc_quote_json_from_report(struct kc_bytes oe_report,
                                                  struct kc_quote_json *out,
                                                  struct kc_error *error);

#endif
