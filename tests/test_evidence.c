#include "base/base64.h"
#include "base/pem.h"
#include "evidence_certificates.h"
#include "formats/dice.h"
#include "formats/evidence.h"
#include "formats/quote_json.h"
#include "seed.h"
#include "test.h"

/* The seed's parts, for all tests. */
static uint8_t *report; /* header and quote */
static const uint8_t *quote;
static const char claims[] = "claims of a caller";

static int set_up(void **state)
{
    (void)state;
    size_t len = 0;
    report = test_seed_quote(&len);
    quote = report + 16;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(report);
    return 0;
}

static struct kc_bytes quote_bytes(void)
{
    return kc_bytes_of(quote, SEED_QUOTE_SIZE);
}

/* An attestation header around `data` and `more`; for free(). */
static uint8_t *oe_evidence(enum kc_oe_format format, struct kc_bytes data, struct kc_bytes more,
                            size_t *len)
{
    uint8_t *body = malloc(data.len + more.len + 1);
    memcpy(body, data.ptr, data.len);
    if (more.len > 0)
        memcpy(body + data.len, more.ptr, more.len);
    struct kc_oe_attestation_header header = {.data = kc_bytes_of(body, data.len + more.len)};
    memcpy(header.format_id, kc_oe_format_uuid(format), KC_OE_UUID_SIZE);
    *len = KC_OE_ATTESTATION_HEADER_SIZE + header.data.len;
    uint8_t *out = malloc(*len);
    struct kc_writer w = kc_writer_of((struct kc_room){out, *len});
    kc_oe_attestation_header_encode(&w, &header);
    assert_false(kc_writer_failed(&w));
    free(body);
    return out;
}

static struct kc_evidence open_good(struct kc_bytes bytes, enum kc_evidence_wrapping wrapping,
                                    enum kc_evidence_text text)
{
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_evidence_open(bytes, &evidence, &error) != KC_OK)
        fail_msg("%s: %s", kc_evidence_wrapping_name(wrapping), error.what);
    assert_string_equal(kc_evidence_wrapping_name(evidence.wrapping),
                        kc_evidence_wrapping_name(wrapping));
    assert_string_equal(kc_evidence_text_name(evidence.text), kc_evidence_text_name(text));
    assert_true(kc_bytes_equal(evidence.quote, quote_bytes()));
    return evidence;
}

/* Nothing but a quote is found; the input may go away before it. */
static void expect_plain(struct kc_bytes bytes, enum kc_evidence_wrapping wrapping,
                         enum kc_evidence_text text)
{
    struct kc_evidence evidence = open_good(bytes, wrapping, text);
    assert_false(evidence.has_oe_format || evidence.has_oe_claims || evidence.has_dice_claims ||
                 evidence.has_held_data || evidence.has_stated_identity);
    assert_int_equal(evidence.spki.len + evidence.certificate.len, 0);
    kc_evidence_clear(&evidence);
    assert_null(evidence.quote.ptr);
}

/* `bytes` in hex or base64, lines of `line` characters (0: one line); for free(). */
static char *as_text(struct kc_bytes bytes, enum kc_evidence_text kind, enum kc_base64 alphabet,
                     size_t line, const char *end)
{
    char *flat = malloc(bytes.len * 2 + 8);
    char *out = malloc(bytes.len * 6 + 64);
    size_t n = 0;
    if (kind == KC_EVIDENCE_HEX)
        kc_hex_encode_lower(bytes, flat);
    else
        kc_base64_encode(alphabet, bytes, flat);
    for (size_t i = 0; flat[i] != '\0'; i++) {
        out[n++] = flat[i];
        if (line > 0 && i % line == line - 1) {
            memcpy(out + n, end, strlen(end));
            n += strlen(end);
        }
    }
    out[n] = '\0';
    free(flat);
    return out;
}

static void expect_text(struct kc_bytes bytes, enum kc_evidence_wrapping wrapping)
{
    static const char *const ends[] = {"\n", "\r\n"};
    static const size_t lines[] = {0, 60, 64, 76};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        for (size_t k = 0; k < COUNT_OF(ends); k++) {
            char *hex = as_text(bytes, KC_EVIDENCE_HEX, KC_BASE64, lines[i], ends[k]);
            expect_plain(kc_bytes_of_text(hex), wrapping, KC_EVIDENCE_HEX);
            free(hex);
            char *standard = as_text(bytes, KC_EVIDENCE_BASE64, KC_BASE64, lines[i], ends[k]);
            expect_plain(kc_bytes_of_text(standard), wrapping, KC_EVIDENCE_BASE64);
            free(standard);
            char *url = as_text(bytes, KC_EVIDENCE_BASE64, KC_BASE64_URL, lines[i], ends[k]);
            expect_plain(kc_bytes_of_text(url), wrapping, KC_EVIDENCE_BASE64);
            free(url);
        }
    }
}

static void test_quote_and_report(void **state)
{
    (void)state;
    struct kc_bytes whole = kc_bytes_of(report, SEED_REPORT_SIZE);
    expect_plain(quote_bytes(), KC_WRAPPING_QUOTE, KC_EVIDENCE_BINARY);
    expect_plain(whole, KC_WRAPPING_OE_REPORT, KC_EVIDENCE_BINARY);
    expect_text(quote_bytes(), KC_WRAPPING_QUOTE);
    expect_text(whole, KC_WRAPPING_OE_REPORT);
}

static void test_spaces_around(void **state)
{
    (void)state;
    char *hex = as_text(quote_bytes(), KC_EVIDENCE_HEX, KC_BASE64, 0, "");
    char *spaced = malloc(strlen(hex) + 16);
    sprintf(spaced, " \r\n\t%s \n\n", hex);
    expect_plain(kc_bytes_of_text(spaced), KC_WRAPPING_QUOTE, KC_EVIDENCE_HEX);
    sprintf(spaced, "0x%s\n", hex);
    expect_plain(kc_bytes_of_text(spaced), KC_WRAPPING_QUOTE, KC_EVIDENCE_HEX);
    free(spaced);
    free(hex);
}

/* Bytes behind a bare quote stay with it: whether they are claims, formats cannot know. */
static void test_trailing(void **state)
{
    (void)state;
    struct kc_evidence evidence;
    uint8_t *longer = test_seed_sgx_quote(7);
    assert_int_equal(kc_evidence_open(kc_bytes_of(longer, SEED_QUOTE_SIZE + 7), &evidence, NULL),
                     KC_OK);
    assert_int_equal(evidence.quote.len, SEED_QUOTE_SIZE + 7);
    assert_false(evidence.has_oe_claims);
    kc_evidence_clear(&evidence);
    free(longer);
}

static void test_json(void **state)
{
    (void)state;
    size_t n = 0;
    uint8_t *text = test_read_file(TEST_VECTOR("seed/quote.json"), &n);
    struct kc_evidence evidence =
        open_good(kc_bytes_of(text, n), KC_WRAPPING_QUOTE_JSON, KC_EVIDENCE_JSON);
    assert_true(evidence.has_held_data && evidence.has_stated_identity);
    assert_int_equal(evidence.held_data.len, 512);
    assert_int_equal(evidence.stated_mrenclave[0], 0xaf);
    assert_int_equal(evidence.stated_mrsigner[0], 0x58);
    assert_int_equal(evidence.stated_product_id[0], 1);
    assert_int_equal(evidence.stated_security_version, 1);
    assert_int_equal(evidence.stated_attributes, 3);
    kc_evidence_clear(&evidence);
    free(text);
}

static void test_oe_evidence(void **state)
{
    (void)state;
    size_t len = 0;
    struct kc_bytes none = {0};
    struct kc_bytes more = kc_bytes_of_text(claims);
    uint8_t *bytes = oe_evidence(KC_OE_SGX_ECDSA, quote_bytes(), more, &len);
    struct kc_evidence evidence =
        open_good(kc_bytes_of(bytes, len), KC_WRAPPING_OE_EVIDENCE, KC_EVIDENCE_BINARY);
    assert_true(evidence.has_oe_format && evidence.has_oe_claims);
    assert_int_equal(evidence.oe_format, KC_OE_SGX_ECDSA);
    assert_true(kc_bytes_equal(evidence.oe_claims, more));
    kc_evidence_clear(&evidence);
    free(bytes);

    bytes = oe_evidence(KC_OE_SGX_ECDSA, quote_bytes(), none, &len);
    char *hex = as_text(kc_bytes_of(bytes, len), KC_EVIDENCE_HEX, KC_BASE64, 60, "\n");
    evidence = open_good(kc_bytes_of_text(hex), KC_WRAPPING_OE_EVIDENCE, KC_EVIDENCE_HEX);
    assert_true(evidence.has_oe_claims);
    assert_int_equal(evidence.oe_claims.len, 0);
    kc_evidence_clear(&evidence);
    free(hex);
    free(bytes);

    bytes =
        oe_evidence(KC_OE_LEGACY_REPORT_REMOTE, kc_bytes_of(report, SEED_REPORT_SIZE), none, &len);
    evidence = open_good(kc_bytes_of(bytes, len), KC_WRAPPING_OE_EVIDENCE, KC_EVIDENCE_BINARY);
    assert_int_equal(evidence.oe_format, KC_OE_LEGACY_REPORT_REMOTE);
    assert_false(evidence.has_oe_claims);
    kc_evidence_clear(&evidence);
    free(bytes);

    bytes = oe_evidence(KC_OE_RAW_SGX_QUOTE_ECDSA, quote_bytes(), none, &len);
    evidence = open_good(kc_bytes_of(bytes, len), KC_WRAPPING_OE_EVIDENCE, KC_EVIDENCE_BINARY);
    assert_int_equal(evidence.oe_format, KC_OE_RAW_SGX_QUOTE_ECDSA);
    assert_false(evidence.has_oe_claims);
    kc_evidence_clear(&evidence);
    free(bytes);
}

static void test_oe_formats_refused(void **state)
{
    (void)state;
    static const enum kc_oe_format formats[] = {KC_OE_SGX_LOCAL, KC_OE_SGX_EPID_LINKABLE,
                                                KC_OE_SGX_EPID_UNLINKABLE};
    struct kc_evidence evidence;
    struct kc_bytes none = {0};
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct kc_error error = KC_ERROR_NONE;
        uint8_t *bytes = oe_evidence(formats[i], quote_bytes(), none, &len);
        assert_int_equal(kc_evidence_open(kc_bytes_of(bytes, len), &evidence, &error),
                         KC_ERR_UNSUPPORTED);
        assert_non_null(strstr(error.what, kc_oe_format_name(formats[i])));
        free(bytes);
    }
    uint8_t *bytes = oe_evidence(KC_OE_SGX_ECDSA, quote_bytes(), none, &len);
    bytes[4] ^= 1;
    assert_int_equal(kc_evidence_open(kc_bytes_of(bytes, len), &evidence, NULL),
                     KC_ERR_UNSUPPORTED);
    bytes[4] ^= 1;
    assert_int_equal(kc_evidence_open(kc_bytes_of(bytes, len - 1), &evidence, NULL),
                     KC_ERR_MALFORMED);
    free(bytes);
    bytes = oe_evidence(KC_OE_SGX_ECDSA, kc_bytes_of(quote, SEED_QUOTE_SIZE - 1), none, &len);
    assert_int_equal(kc_evidence_open(kc_bytes_of(bytes, len), &evidence, NULL), KC_ERR_MALFORMED);
    free(bytes);
}

static const struct {
    const char *name;
    const char *text;
    size_t len; /* 0: up to the NUL */
    enum kc_err want;
    const char *says;
} refused[] = {
    {"nothing", "", 0, KC_ERR_MALFORMED, "empty"},
    {"white space", " \n", 0, KC_ERR_MALFORMED, "neither quote"},
    {"a zero byte", "\0", 1, KC_ERR_MALFORMED, "neither quote"},
    {"zeros", "\0\0\0\0\0\0\0\0\0", 9, KC_ERR_MALFORMED, "neither quote"},
    {"high bytes", "\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc", 8, KC_ERR_MALFORMED, "neither quote"},
    {"an angle", "<xml>", 0, KC_ERR_MALFORMED, "neither quote"},
    {"an array", "[]", 0, KC_ERR_MALFORMED, "neither quote"},
    {"seven bytes", "\3\0\2\0\0\0\0", 7, KC_ERR_MALFORMED, "less than 8"},
    {"version 6", "\6\0\0\0\0\0\0\0", 8, KC_ERR_MALFORMED, "begins with a version"},
    {"version 0x103", "\3\1\0\0\0\0\0\0", 8, KC_ERR_MALFORMED, "begins with a version"},
    {"odd hex", "03000200000000000", 0, KC_ERR_MALFORMED, "like hexadecimal"},
    {"hex with a space inside", "0300 0200", 0, KC_ERR_MALFORMED, "like hexadecimal"},
    {"hex with 0x twice", "0x0x03000200", 0, KC_ERR_MALFORMED, "like hexadecimal"},
    {"0x and nothing", "0x", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"hex with a lone CR", "0300\r0200", 0, KC_ERR_MALFORMED, "like hexadecimal"},
    {"hex of nothing known", "00112233", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"hex of hex", "3033303030323030", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"hex of JSON", "7b7d", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"hex that begins with a letter", "a3000200", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"base64 with a padding too many", "AwACAAAAAAAA=", 0, KC_ERR_MALFORMED, "like base64"},
    {"both alphabets", "AwAC-+AA", 0, KC_ERR_MALFORMED, "like base64"},
    {"base64 with a space", "AwAC AA==", 0, KC_ERR_MALFORMED, "like base64"},
    {"base64 of hex", "MDMwMDAyMDA=", 0, KC_ERR_MALFORMED, "nothing that is known"},
    {"one base64 character", "A", 0, KC_ERR_MALFORMED, "like base64"},
    {"JSON of something else", "{\"a\":1}", 0, KC_ERR_UNSUPPORTED, "another kind"},
    {"JSON with a key of others", "{\"a\":1,\"Type\":2}", 0, KC_ERR_MALFORMED, "a key other than"},
    {"JSON of nothing", "{}", 0, KC_ERR_MALFORMED, "is missing"},
    {"JSON cut", "{", 0, KC_ERR_MALFORMED, "not valid JSON"},
    {"a PEM key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 0,
     KC_ERR_UNSUPPORTED, "another kind"},
    {"PEM of no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0,
     KC_ERR_MALFORMED, "certificate"},
    {"PEM cut", "-----BEGIN CERTIFICATE-----\nAAAA\n", 0, KC_ERR_MALFORMED, ""},
    {"DER of no certificate", "\x30\x80\0\0", 4, KC_ERR_MALFORMED, "certificate"},
    {"local report", "\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16, KC_ERR_UNSUPPORTED, "a local"},
    {"report of another size", "\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0", 16, KC_ERR_MALFORMED,
     "report_size"},
    {"endorsements", "\1\0\0\0\2\0\0\0\x9b\x32\0\0\x09\0\0\0", 16, KC_ERR_UNSUPPORTED,
     "endorsements"},
    {"attestation header cut", "\3\0\0\0\xa3\xa2\x1e\x87", 8, KC_ERR_MALFORMED, "32 bytes"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct kc_evidence evidence;
        struct kc_error error = KC_ERROR_NONE;
        size_t len = refused[i].len != 0 ? refused[i].len : strlen(refused[i].text);
        enum kc_err err = kc_evidence_open(kc_bytes_of(refused[i].text, len), &evidence, &error);
        if (err != refused[i].want || error.code != err ||
            strstr(error.what, refused[i].says) == NULL)
            fail_msg("%s: %s (%s)", refused[i].name, kc_error_name(err), error.what);
    }
}

static void test_size_limit(void **state)
{
    (void)state;
    struct kc_evidence evidence;
    uint8_t *bytes = test_seed_sgx_quote(KC_EVIDENCE_MAX_SIZE);
    assert_int_equal(kc_evidence_open(kc_bytes_of(bytes, KC_EVIDENCE_MAX_SIZE), &evidence, NULL),
                     KC_OK);
    kc_evidence_clear(&evidence);
    assert_int_equal(
        kc_evidence_open(kc_bytes_of(bytes, KC_EVIDENCE_MAX_SIZE + 1), &evidence, NULL),
        KC_ERR_MALFORMED);
    free(bytes);
}

/* DICE evidence as an extension's value; for free(). */
static uint8_t *dice_value(size_t *len)
{
    struct kc_dice_evidence dice = {quote_bytes(), kc_bytes_of_text(claims)};
    struct kc_writer count = KC_WRITER_COUNT;
    kc_dice_evidence_encode(&count, &dice);
    uint8_t *out = malloc(count.len);
    struct kc_writer w = kc_writer_of((struct kc_room){out, count.len});
    kc_dice_evidence_encode(&w, &dice);
    *len = w.len;
    return out;
}

static void test_dice_certificate(void **state)
{
    (void)state;
    size_t value_len = 0;
    size_t len = 0;
    uint8_t *value = dice_value(&value_len);
    const struct test_extension extension = {"2.23.133.5.4.9", kc_bytes_of(value, value_len)};
    uint8_t *der = test_evidence_certificate(&extension, 1, &len);
    struct kc_evidence evidence =
        open_good(kc_bytes_of(der, len), KC_WRAPPING_DICE, KC_EVIDENCE_BINARY);
    assert_true(evidence.has_dice_claims);
    assert_true(kc_bytes_equal(evidence.dice_claims, kc_bytes_of_text(claims)));
    assert_true(kc_bytes_equal(evidence.certificate, kc_bytes_of(der, len)));
    assert_int_equal(evidence.spki.len, 91); /* of any P-256 key */
    kc_evidence_clear(&evidence);

    /* The same in PEM, alone and with another block behind it. */
    char *pem = malloc(len * 4);
    struct kc_writer w = kc_writer_of((struct kc_room){(uint8_t *)pem, len * 4});
    kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(der, len));
    evidence = open_good(kc_writer_written(&w), KC_WRAPPING_DICE, KC_EVIDENCE_PEM);
    kc_evidence_clear(&evidence);
    kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(der, len));
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_evidence_open(kc_writer_written(&w), &evidence, &error), KC_ERR_MALFORMED);
    assert_non_null(strstr(error.what, "follows the first"));
    free(pem);
    free(der);
    free(value);
}

static void test_oe_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *oid;
        bool is_report;
    } kinds[] = {
        {"1.3.6.1.4.1.311.105.1", true},
        {"1.2.840.113556.10.1.1", true},
        {"1.3.6.1.4.1.311.105.2", false},
        {"1.2.840.113556.10.1.2", false},
    };
    size_t evidence_len = 0;
    uint8_t *bytes =
        oe_evidence(KC_OE_SGX_ECDSA, quote_bytes(), kc_bytes_of_text(claims), &evidence_len);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t len = 0;
        struct kc_bytes value = kinds[i].is_report ? kc_bytes_of(report, SEED_REPORT_SIZE)
                                                   : kc_bytes_of(bytes, evidence_len);
        const struct test_extension extension = {kinds[i].oid, value};
        uint8_t *der = test_evidence_certificate(&extension, 1, &len);
        struct kc_evidence evidence =
            open_good(kc_bytes_of(der, len), KC_WRAPPING_OE_CERTIFICATE, KC_EVIDENCE_BINARY);
        assert_int_equal(evidence.has_oe_format, !kinds[i].is_report);
        assert_int_equal(evidence.has_oe_claims, !kinds[i].is_report);
        assert_int_equal(evidence.spki.len, 91);
        kc_evidence_clear(&evidence);
        free(der);
    }
    free(bytes);
}

static void test_certificates_refused(void **state)
{
    (void)state;
    struct kc_bytes whole = kc_bytes_of(report, SEED_REPORT_SIZE);
    const struct test_extension extensions[] = {
        {"1.3.6.1.4.1.311.105.1", whole},
        {"1.2.840.113556.10.1.1", whole},
        {"0.6.9.42.840.113741.1337.6", quote_bytes()},
        {"2.23.133.5.4.9", quote_bytes()},
    };
    static const struct {
        size_t first;
        size_t count;
        enum kc_err want;
        const char *says;
    } rows[] = {
        {0, 0, KC_ERR_MALFORMED, "carries no evidence"},
        {0, 2, KC_ERR_MALFORMED, "more than one extension"},
        {2, 1, KC_ERR_UNSUPPORTED, "Gramine"},
        {3, 1, KC_ERR_MALFORMED, "CBOR tag"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_evidence evidence;
        struct kc_error error = KC_ERROR_NONE;
        size_t len = 0;
        uint8_t *der = test_evidence_certificate(extensions + rows[i].first, rows[i].count, &len);
        assert_int_equal(kc_evidence_open(kc_bytes_of(der, len), &evidence, &error), rows[i].want);
        if (strstr(error.what, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, error.what);
        free(der);
    }
}

static const struct {
    const char *path;
    enum kc_err want;
    enum kc_evidence_wrapping wrapping;
    enum kc_evidence_text text;
} files[] = {
    {SHARED_VECTOR("seed/quote.json"), KC_OK, KC_WRAPPING_QUOTE_JSON, KC_EVIDENCE_JSON},
    {SHARED_VECTOR("open-enclave/evidence.bin"), KC_OK, KC_WRAPPING_QUOTE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("open-enclave/endorsements.bin"), KC_ERR_UNSUPPORTED, 0, 0},
    {SHARED_VECTOR("open-enclave/sgx_report_bad.bin"), KC_OK, KC_WRAPPING_OE_REPORT,
     KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("open-enclave/sgx_cert_ec_bad.der"), KC_OK, KC_WRAPPING_OE_CERTIFICATE,
     KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("open-enclave/sgx_cert_rsa_bad.der"), KC_OK, KC_WRAPPING_OE_CERTIFICATE,
     KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/both.der"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/crit_ext.der"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/kms_cert.der"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/legacy_proper_oid.der"), KC_ERR_UNSUPPORTED, 0, 0},
    {SHARED_VECTOR("ratls/ok_legacy_only.der"), KC_ERR_UNSUPPORTED, 0, 0},
    {SHARED_VECTOR("ratls/ok_p384_sha384.der"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/rsa_like_p521.der"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_BINARY},
    {SHARED_VECTOR("ratls/gramine-cert.pem"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_PEM},
    {SHARED_VECTOR("ratls/rats-tls-cert.pem"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_PEM},
    {SHARED_VECTOR("ratls/intel-sgxsdk-cert.pem"), KC_OK, KC_WRAPPING_DICE, KC_EVIDENCE_PEM},
};

static void test_shared_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct kc_evidence evidence;
        struct kc_error error = KC_ERROR_NONE;
        size_t n = 0;
        uint8_t *bytes = test_read_file(files[i].path, &n);
        if (bytes == NULL)
            skip();
        enum kc_err err = kc_evidence_open(kc_bytes_of(bytes, n), &evidence, &error);
        free(bytes);
        if (err != files[i].want)
            fail_msg("%s: %s at %zu", files[i].path, error.what, (size_t)error.at);
        if (err != KC_OK)
            continue;
        assert_int_equal(evidence.wrapping, files[i].wrapping);
        assert_int_equal(evidence.text, files[i].text);
        kc_evidence_clear(&evidence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_and_report),
        cmocka_unit_test(test_spaces_around),
        cmocka_unit_test(test_trailing),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_oe_evidence),
        cmocka_unit_test(test_oe_formats_refused),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_dice_certificate),
        cmocka_unit_test(test_oe_certificates),
        cmocka_unit_test(test_certificates_refused),
        cmocka_unit_test(test_shared_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
