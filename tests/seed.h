/* The mission document's quote, tests/vectors/seed/quote.json, and the PEM chain inside it. */
#ifndef KC_TESTS_SEED_H
#define KC_TESTS_SEED_H

#include "base/hex.h"
#include "test.h"

#define SEED_REPORT_SIZE 4746 /* Open Enclave report header of 16 bytes, and quote */
#define SEED_QUOTE_SIZE  4730
#define SEED_CERT_AT     1052 /* where the PEM chain stands in the quote */

/* Where "-----BEGIN" stands, or the length where it does not. */
static inline size_t test_find_pem(const uint8_t *bytes, size_t len)
{
    const char *marker = "-----BEGIN";
    size_t n = strlen(marker);
    for (size_t i = 0; i + n <= len; i++) {
        if (memcmp(bytes + i, marker, n) == 0)
            return i;
    }
    return len;
}

/* What "QuoteHex" holds, report header and quote; the caller frees. */
static inline uint8_t *test_seed_quote(size_t *len)
{
    size_t json_len = 0;
    uint8_t *json = test_read_file(TEST_VECTOR("seed/quote.json"), &json_len);
    assert_non_null(json);
    const char *key = "\"QuoteHex\": \"";
    const char *hex = strstr((const char *)json, key);
    assert_non_null(hex);
    hex += strlen(key);
    size_t digits = strcspn(hex, "\"");
    uint8_t *quote = malloc(digits / 2 + 1);
    struct kc_room room = {quote, digits / 2};
    assert_int_equal(kc_hex_decode(kc_bytes_of(hex, digits), room, len), 0);
    free(json);
    return quote;
}

/* The quote alone, with `extra` zero bytes behind it; the caller frees. */
static inline uint8_t *test_seed_sgx_quote(size_t extra)
{
    size_t len = 0;
    uint8_t *report = test_seed_quote(&len);
    assert_int_equal(len, SEED_REPORT_SIZE);
    uint8_t *quote = calloc(1, SEED_QUOTE_SIZE + extra);
    memcpy(quote, report + SEED_REPORT_SIZE - SEED_QUOTE_SIZE, SEED_QUOTE_SIZE);
    free(report);
    return quote;
}

/* The PEM chain of the quote, as long as it stands there (with its NUL); the caller frees. */
static inline uint8_t *test_seed_chain(size_t *len)
{
    size_t quote_len = 0;
    uint8_t *quote = test_seed_quote(&quote_len);
    size_t at = test_find_pem(quote, quote_len);
    assert_true(at < quote_len);
    *len = quote_len - at;
    memmove(quote, quote + at, *len);
    return quote;
}

#endif
