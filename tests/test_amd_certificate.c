/* What one changed octet makes of a good certificate; verdicts on whole chains: test_snp.c. */
#include "formats/amd_certificate.h"

#include "test.h"

#define LEAF SOURCE_ROOT "/fuzz/corpus/amd_certificate/milan_vcek_leaf"
#define ASK  SOURCE_ROOT "/fuzz/corpus/amd_certificate/milan_vcek_ask"

#define PATTERN(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static const struct row {
    const char *name;
    const char *file;
    const uint8_t *pattern; /* NULL: nothing is changed */
    size_t pattern_len;
    int offset; /* of the changed octet, from the pattern's start */
    uint8_t value;
    bool last; /* the pattern's last place, not its first */
    enum kc_err want;
} rows[] = {
    {"good leaf", LEAF, NULL, 0, 0, 0, false, KC_OK},
    {"good ASK", ASK, NULL, 0, 0, 0, false, KC_OK},
    {"version 2", ASK, PATTERN(0xa0, 3, 2, 1, 2), 4, 1, false, KC_ERR_UNSUPPORTED},
    {"no version", ASK, PATTERN(0xa0, 3, 2, 1, 2), 0, 0xa1, false, KC_ERR_MALFORMED},
    {"serial number negative", ASK, PATTERN(2, 3, 1, 0, 0), 2, 0x81, false, KC_ERR_MALFORMED},
    {"serial number padded", ASK, PATTERN(2, 3, 1, 0, 0), 2, 0, false, KC_ERR_MALFORMED},
    {"other salt", ASK, PATTERN(0xa2, 3, 2, 1, 0x30), 4, 0x20, false, KC_ERR_UNSUPPORTED},
    {"outer algorithm", ASK, PATTERN(0xa2, 3, 2, 1, 0x30), 4, 0x20, true, KC_ERR_MALFORMED},
    {"other curve", LEAF, PATTERN(0x2b, 0x81, 4, 0, 0x22), 4, 0x23, false, KC_ERR_UNSUPPORTED},
    {"compressed point", LEAF, PATTERN(3, 0x62, 0, 4), 3, 2, false, KC_ERR_UNSUPPORTED},
    {"exponent 65539", ASK, PATTERN(2, 3, 1, 0, 1), 4, 3, false, KC_ERR_UNSUPPORTED},
    {"modulus even", ASK, PATTERN(2, 3, 1, 0, 1), -1, 0, false, KC_ERR_UNSUPPORTED},
    {"modulus small", ASK, PATTERN(2, 0x82, 2, 1, 0), 5, 1, false, KC_ERR_UNSUPPORTED},
    {"date without Z", ASK, PATTERN('0', '0', 'Z'), 2, '0', false, KC_ERR_MALFORMED},
    {"key usage as AMD's", ASK, PATTERN(3, 2, 2, 4), 2, 1, false, KC_OK},
    {"key usage cut off", ASK, PATTERN(3, 2, 2, 4), 2, 3, false, KC_ERR_MALFORMED},
    {"key usage of 9 unused bits", ASK, PATTERN(3, 2, 2, 4), 2, 9, false, KC_ERR_MALFORMED},
    {"key usage for nothing", ASK, PATTERN(3, 2, 2, 4), 3, 0, false, KC_ERR_MALFORMED},
    {"key usage of another tag", ASK, PATTERN(3, 2, 2, 4), 0, 4, false, KC_ERR_MALFORMED},
    {"one extension twice", ASK, PATTERN(0x55, 0x1d, 0x0e), 2, 0x23, false, KC_ERR_MALFORMED},
    {"name constraints", ASK, PATTERN(0x55, 0x1d, 0x0e), 2, 0x1e, false, KC_ERR_MALFORMED},
    {"CA flag no boolean", ASK, PATTERN(0x30, 6, 1, 1, 0xff), 4, 1, false, KC_ERR_MALFORMED},
    {"signature in bits", ASK, PATTERN(3, 0x82, 2, 1, 0), 4, 1, true, KC_ERR_MALFORMED},
};

static uint8_t *place(uint8_t *bytes, size_t len, const struct row *row)
{
    uint8_t *found = NULL;
    for (size_t i = 0; i + row->pattern_len <= len; i++) {
        if (memcmp(bytes + i, row->pattern, row->pattern_len) == 0 && (found == NULL || row->last))
            found = bytes + i;
    }
    assert_non_null(found);
    return found + row->offset;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = 0;
        struct kc_amd_certificate certificate;
        uint8_t *bytes = test_read_file(rows[i].file, &len);
        assert_non_null(bytes);
        if (rows[i].pattern != NULL)
            *place(bytes, len, &rows[i]) = rows[i].value;
        enum kc_err err = kc_amd_certificate_decode(kc_bytes_of(bytes, len), &certificate, NULL);
        if (err != rows[i].want)
            fail_msg("%s: %s", rows[i].name, kc_error_name(err));
        if (err == KC_OK && strcmp(rows[i].file, ASK) == 0)
            assert_int_equal(certificate.x509.key_usage, KC_KEY_USAGE_KEY_CERT_SIGN);
        free(bytes);
    }
}

/* No certificate is another one with octets missing or more. */
static void test_lengths(void **state)
{
    (void)state;
    size_t len = 0;
    struct kc_amd_certificate certificate;
    uint8_t *bytes = test_read_file(LEAF, &len);
    assert_non_null(bytes);
    for (size_t n = 0; n <= len + 1; n++) {
        enum kc_err err = kc_amd_certificate_decode(kc_bytes_of(bytes, n), &certificate, NULL);
        assert_int_equal(err, n == len ? KC_OK : KC_ERR_MALFORMED);
    }
    free(bytes);
}

static void test_extensions(void **state)
{
    (void)state;
    size_t len = 0;
    struct kc_amd_certificate certificate;
    struct kc_amd_vek vek;
    uint8_t *leaf = test_read_file(LEAF, &len);
    assert_int_equal(kc_amd_certificate_decode(kc_bytes_of(leaf, len), &certificate, NULL), KC_OK);
    assert_int_equal(kc_amd_vek_decode(&certificate, &vek, NULL), KC_OK);
    assert_true(certificate.key_is_p384);
    assert_true(kc_bytes_equal(vek.product_name, kc_bytes_of_text("Milan-B0")));
    assert_int_equal(vek.chip_id.len, 64);
    assert_int_equal(vek.tcb.microcode, 115);
    free(leaf);
    uint8_t *ask = test_read_file(ASK, &len);
    assert_int_equal(kc_amd_certificate_decode(kc_bytes_of(ask, len), &certificate, NULL), KC_OK);
    assert_int_equal(kc_amd_vek_decode(&certificate, &vek, NULL), KC_ERR_ABSENT);
    free(ask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
