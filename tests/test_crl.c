#include "base/pem.h"
#include "folder.h"
#include "formats/crl.h"
#include "make_crl.h"

static EVP_PKEY *key;

static int make_key(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return key == NULL;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static const struct {
    const char *name;
    enum crl_want want;
    enum kc_err err;
    const char *what;
} made[] = {
    {"good", CRL_GOOD, KC_OK, ""},
    {"nothing revoked", CRL_EMPTY, KC_OK, ""},
    {"dates from 2050 on", CRL_GENERALIZED, KC_OK, ""},
    {"version 1", CRL_VERSION_1, KC_ERR_UNSUPPORTED, "CRL: a version other than 2"},
    {"no number", CRL_NO_NUMBER, KC_ERR_MALFORMED,
     "CRL: no CRL number or no authority key identifier"},
    {"no key id", CRL_NO_KEY_ID, KC_ERR_MALFORMED,
     "CRL: no CRL number or no authority key identifier"},
    {"number twice", CRL_NUMBER_TWICE, KC_ERR_MALFORMED, "CRL: the same extension twice"},
    {"number critical", CRL_NUMBER_CRITICAL, KC_ERR_UNSUPPORTED,
     "CRL: a critical extension, or one outside Intel's profile"},
    {"delta", CRL_DELTA, KC_ERR_UNSUPPORTED,
     "CRL: a critical extension, or one outside Intel's profile"},
    {"other extension", CRL_OTHER_EXTENSION, KC_ERR_UNSUPPORTED,
     "CRL: a critical extension, or one outside Intel's profile"},
    {"reason removeFromCRL", CRL_REASON_REMOVED, KC_ERR_MALFORMED, "CRL: bad reason code"},
    {"reason critical", CRL_ENTRY_CRITICAL, KC_ERR_UNSUPPORTED,
     "CRL: an entry with an extension other than one reason code"},
    {"invalidity date", CRL_ENTRY_DATE, KC_ERR_UNSUPPORTED,
     "CRL: an entry with an extension other than one reason code"},
    {"entry of another issuer", CRL_ENTRY_ISSUER, KC_ERR_UNSUPPORTED,
     "CRL: an entry with an extension other than one reason code"},
    {"SHA-384", CRL_SHA384, KC_ERR_UNSUPPORTED,
     "CRL: the signature algorithm is not ecdsa-with-SHA256"},
    {"RSA", CRL_RSA, KC_ERR_UNSUPPORTED, "CRL: the signature algorithm is not ecdsa-with-SHA256"},
    {"no nextUpdate", CRL_NO_NEXT_UPDATE, KC_ERR_MALFORMED, "CRL: bad thisUpdate or nextUpdate"},
    {"serial 0", CRL_SERIAL_ZERO, KC_ERR_MALFORMED, "CRL: bad serial number of an entry"},
    {"serial negative", CRL_SERIAL_NEGATIVE, KC_ERR_MALFORMED,
     "CRL: bad serial number of an entry"},
    {"serial long", CRL_SERIAL_LONG, KC_ERR_MALFORMED, "CRL: bad serial number of an entry"},
};

static void test_made(void **state)
{
    (void)state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        struct kc_crl crl;
        struct kc_error error = KC_ERROR_NONE;
        size_t len = 0;
        uint8_t *der = make_crl(made[i].want, made[i].want == CRL_RSA ? rsa : key, &len);
        enum kc_err err = kc_crl_decode(kc_bytes_of(der, len), &crl, &error);
        if (err != made[i].err || strcmp(error.what, made[i].what) != 0)
            fail_msg("%s: %s, '%s' at %d", made[i].name, kc_error_name(err), error.what,
                     (int)error.at);
        OPENSSL_free(der);
    }
    EVP_PKEY_free(rsa);
}

static bool is_revoked(const struct kc_crl *crl, const char *octets, size_t len)
{
    return kc_crl_has_serial(crl, kc_bytes_of(octets, len));
}

static void test_fields(void **state)
{
    (void)state;
    struct kc_crl crl;
    size_t len = 0;
    uint8_t *der = make_crl(CRL_GOOD, key, &len);
    assert_int_equal(kc_crl_decode(kc_bytes_of(der, len), &crl, NULL), KC_OK);
    assert_int_equal(crl.this_update, CRL_THIS_UPDATE);
    assert_int_equal(crl.next_update, CRL_NEXT_UPDATE);
    assert_true(kc_bytes_equal(crl.number, kc_bytes_of("\x05", 1)));
    assert_true(kc_bytes_equal(crl.issuer_common_name, kc_bytes_of_text("Test CA")));
    assert_true(kc_bytes_equal(crl.authority_key_id, kc_bytes_of_text("01234567890123456789")));
    assert_int_equal(crl.revoked_count, 3);
    assert_true(is_revoked(&crl, "\x05", 1));
    assert_true(is_revoked(&crl,
                           "\x7f\xc3\x4e\x50\x23\xe7\x28\x92\x34\x35\xd6\x1a\xa4\xb8\x3c\x61\x81"
                           "\x66\xad\x35",
                           20));
    assert_true(is_revoked(&crl,
                           "\0\xff\xae\x6e\x97\x15\xfc\xa1\x3b\x87\xe3\x33\xe8\x26\x1e\xd6\xd9\x90"
                           "\xa9\x26\xad",
                           21));
    assert_false(is_revoked(&crl, "\x0a", 1)); /* a reason, not a serial */
    assert_false(is_revoked(&crl, "\0\x05", 2));
    assert_false(is_revoked(&crl, "", 0));
    OPENSSL_free(der);

    der = make_crl(CRL_EMPTY, key, &len);
    assert_int_equal(kc_crl_decode(kc_bytes_of(der, len), &crl, NULL), KC_OK);
    assert_int_equal(crl.revoked_count, 0);
    assert_false(is_revoked(&crl, "\x05", 1));
    OPENSSL_free(der);
}

/* tbs and r || s are what the key signed. */
static void test_signature(void **state)
{
    (void)state;
    struct kc_crl crl;
    size_t len = 0;
    uint8_t *sig_der = NULL;
    uint8_t *der = make_crl(CRL_GOOD, key, &len);
    assert_int_equal(kc_crl_decode(kc_bytes_of(der, len), &crl, NULL), KC_OK);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    assert_true(ECDSA_SIG_set0(sig, BN_bin2bn(crl.signature, 32, NULL),
                               BN_bin2bn(crl.signature + 32, 32, NULL)));
    int sig_len = i2d_ECDSA_SIG(sig, &sig_der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(ctx, sig_der, (size_t)sig_len, crl.tbs.ptr, crl.tbs.len), 1);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(sig_der);
    ECDSA_SIG_free(sig);
    OPENSSL_free(der);
}

/* Octets of a good list changed for as many others; the first place counts. */
static const struct {
    const char *name;
    const char *from;
    const char *to;
    size_t n;
    enum kc_err err;
    const char *what;
} edits[] = {
    {"set for sequence", "\x30\x82", "\x31\x82", 2, KC_ERR_MALFORMED,
     "CRL: not one DER sequence that fills its bytes"},
    {"version 3", "\x02\x01\x01", "\x02\x01\x02", 3, KC_ERR_UNSUPPORTED,
     "CRL: a version other than 2"},
    {"version negative", "\x02\x01\x01", "\x02\x01\xff", 3, KC_ERR_MALFORMED, "CRL: bad version"},
    {"version boolean", "\x02\x01\x01", "\x01\x01\x01", 3, KC_ERR_UNSUPPORTED,
     "CRL: a version other than 2"},
    {"inner algorithm", "\x06\x08\x2a", "\x06\x08\x2b", 3, KC_ERR_UNSUPPORTED,
     "CRL: the signature algorithm is not ecdsa-with-SHA256"},
    {"name not printable", "\x13\x02US", "\x13\x02U@", 4, KC_ERR_MALFORMED,
     "CRL: bad or empty issuer name"},
    {"name two values", "\x31\x0b\x30", "\x30\x0b\x30", 3, KC_ERR_MALFORMED,
     "CRL: bad or empty issuer name"},
    {"month 13", "250601", "251301", 6, KC_ERR_MALFORMED, "CRL: bad thisUpdate or nextUpdate"},
    {"date without Z", "000000Z", "000000z", 7, KC_ERR_MALFORMED,
     "CRL: bad thisUpdate or nextUpdate"},
    {"revocation date", "250531", "250532", 6, KC_ERR_MALFORMED,
     "CRL: bad revocation date of an entry"},
    {"serial padded", "\x02\x01\x05\x17", "\x02\x02\x00\x05", 4, KC_ERR_MALFORMED,
     "CRL: bad serial number of an entry"},
    {"reason not enumerated", "\x0a\x01\x01", "\x02\x01\x01", 3, KC_ERR_MALFORMED,
     "CRL: bad reason code"},
    {"reason 7", "\x0a\x01\x01", "\x0a\x01\x07", 3, KC_ERR_MALFORMED, "CRL: bad reason code"},
    {"reason 11", "\x0a\x01\x01", "\x0a\x01\x0b", 3, KC_ERR_MALFORMED, "CRL: bad reason code"},
    {"entry extension not octets", "\x04\x03\x0a", "\x03\x03\x0a", 3, KC_ERR_MALFORMED,
     "CRL: bad extension of an entry"},
    {"extensions [1]", "\xa0\x2f\x30", "\xa1\x2f\x30", 3, KC_ERR_MALFORMED,
     "CRL: no extensions where they must be"},
    {"negative number", "\x04\x03\x02\x01\x05", "\x04\x03\x02\x01\x85", 5, KC_ERR_MALFORMED,
     "CRL: bad CRL number or authority key identifier"},
    {"number not an integer", "\x04\x03\x02\x01\x05", "\x04\x03\x0a\x01\x05", 5, KC_ERR_MALFORMED,
     "CRL: bad CRL number or authority key identifier"},
    {"key id of another choice", "\x30\x16\x80\x14", "\x30\x16\x82\x14", 4, KC_ERR_MALFORMED,
     "CRL: bad CRL number or authority key identifier"},
};

static uint8_t *find(uint8_t *der, size_t len, const char *octets, size_t n)
{
    return memmem(der, len, octets, n);
}

static void test_edits(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *der = make_crl(CRL_GOOD, key, &len);
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        struct kc_crl crl;
        struct kc_error error = KC_ERROR_NONE;
        uint8_t *at = find(der, len, edits[i].from, edits[i].n);
        if (at == NULL)
            fail_msg("%s: the good list has no such octets", edits[i].name);
        memcpy(at, edits[i].to, edits[i].n);
        enum kc_err err = kc_crl_decode(kc_bytes_of(der, len), &crl, &error);
        memcpy(at, edits[i].from, edits[i].n);
        if (err != edits[i].err || strcmp(error.what, edits[i].what) != 0)
            fail_msg("%s: %s, '%s' at %d", edits[i].name, kc_error_name(err), error.what,
                     (int)error.at);
    }
    OPENSSL_free(der);
}

/* The end of the list: signature and what may not follow. */
static void test_end(void **state)
{
    (void)state;
    struct kc_crl crl;
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    uint8_t *der = make_crl(CRL_GOOD, key, &len);
    uint8_t *longer = calloc(1, len + 1);
    memcpy(longer, der, len);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(kc_crl_decode(kc_bytes_of(der, n), &crl, NULL), KC_ERR_MALFORMED);
    assert_int_equal(kc_crl_decode(kc_bytes_of(longer, len + 1), &crl, &error), KC_ERR_MALFORMED);
    assert_string_equal(error.what, "CRL: not one DER sequence that fills its bytes");

    /* The second algorithm, and the signature's own structure. */
    assert_int_equal(kc_crl_decode(kc_bytes_of(der, len), &crl, NULL), KC_OK);
    size_t end = (size_t)(crl.tbs.ptr + crl.tbs.len - der);
    error = KC_ERROR_NONE;
    longer[end + 5] ^= 1;
    assert_int_equal(kc_crl_decode(kc_bytes_of(longer, len), &crl, &error), KC_ERR_UNSUPPORTED);
    longer[end + 5] ^= 1;
    error = KC_ERROR_NONE;
    longer[end + 14] = 1; /* unused bits */
    assert_int_equal(kc_crl_decode(kc_bytes_of(longer, len), &crl, &error), KC_ERR_MALFORMED);
    assert_string_equal(error.what, "CRL: bad ECDSA signature");
    longer[end + 14] = 0;
    error = KC_ERROR_NONE;
    longer[end + 15] = 0x31;
    assert_int_equal(kc_crl_decode(kc_bytes_of(longer, len), &crl, &error), KC_ERR_MALFORMED);
    assert_string_equal(error.what, "CRL: bad ECDSA signature");
    free(longer);
    OPENSSL_free(der);
}

static void test_too_large(void **state)
{
    (void)state;
    struct kc_crl crl;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t *zeros = calloc(1, KC_CRL_MAX_SIZE + 1);
    assert_int_equal(kc_crl_decode(kc_bytes_of(zeros, KC_CRL_MAX_SIZE + 1), &crl, &error),
                     KC_ERR_MALFORMED);
    assert_string_equal(error.what, "CRL: too large");
    free(zeros);
}

/* What OpenSSL says of the same bytes, all of them used. */
static void check_with_openssl(const uint8_t *der, size_t len, const struct kc_crl *crl)
{
    const uint8_t *p = der;
    uint8_t *issuer = NULL;
    struct tm tm = {0};
    X509_CRL *other = d2i_X509_CRL(NULL, &p, (long)len);
    if (other == NULL || p != der + len)
        fail_msg("accepted, but OpenSSL refuses it");
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(other);
    assert_int_equal(list == NULL ? 0 : sk_X509_REVOKED_num(list), crl->revoked_count);
    int n = i2d_X509_NAME(X509_CRL_get_issuer(other), &issuer);
    assert_true(n > 0 && kc_bytes_equal(crl->issuer, kc_bytes_of(issuer, (size_t)n)));
    assert_int_equal(ASN1_TIME_to_tm(X509_CRL_get0_lastUpdate(other), &tm), 1);
    assert_int_equal(timegm(&tm), crl->this_update);
    assert_int_equal(ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(other), &tm), 1);
    assert_int_equal(timegm(&tm), crl->next_update);
    for (int i = 0; list != NULL && i < sk_X509_REVOKED_num(list); i++) {
        const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i));
        uint8_t *octets = NULL;
        int m = i2d_ASN1_INTEGER(serial, &octets);
        assert_true(kc_crl_has_serial(crl, kc_bytes_of(octets + 2, (size_t)m - 2)));
        OPENSSL_free(octets);
    }
    OPENSSL_free(issuer);
    X509_CRL_free(other);
}

/* A small generator with a fixed start: the same mutations in each run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

#define MUTATIONS 20000

static void test_against_openssl(void **state)
{
    (void)state;
    size_t accepted = 0;
    uint32_t random = 1;
    for (size_t i = 0; i < 3; i++) {
        size_t len = 0;
        uint8_t *der = make_crl(made[i].want, key, &len);
        uint8_t *copy = malloc(len);
        for (size_t k = 0; k < MUTATIONS; k++) {
            struct kc_crl crl;
            memcpy(copy, der, len);
            for (uint32_t changes = 1 + next_random(&random) % 2; changes > 0; changes--) {
                size_t at = next_random(&random) % len;
                uint32_t kind = next_random(&random) % 3;
                copy[at] = kind == 0   ? (uint8_t)next_random(&random)
                           : kind == 1 ? (uint8_t)(copy[at] + 1)
                                       : (uint8_t)(copy[at] ^ 1u << next_random(&random) % 8);
            }
            if (kc_crl_decode(kc_bytes_of(copy, len), &crl, NULL) == KC_OK) {
                check_with_openssl(copy, len, &crl);
                accepted++;
            }
        }
        free(copy);
        OPENSSL_free(der);
    }
    assert_true(accepted > 1000);
}

static enum kc_err unwrap(struct kc_bytes text, const uint8_t *der, size_t len, const char **what)
{
    uint8_t room[1024];
    struct kc_bytes out = {NULL, 0};
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err = kc_crl_unwrap(text, (struct kc_room){room, sizeof room}, &out, &error);
    *what = error.what;
    if (err == KC_OK)
        assert_true(kc_bytes_equal(out, kc_bytes_of(der, len)));
    return err;
}

static void test_unwrap(void **state)
{
    (void)state;
    static const char begin[] = "-----BEGIN X509 CRL-----\n";
    size_t len = 0;
    char text[2048];
    const char *what = NULL;
    uint8_t *der = make_crl(CRL_GOOD, key, &len);
    memcpy(text, der, len);
    text[len] = '\0';
    assert_int_equal(unwrap(kc_bytes_of(text, len), der, len, &what), KC_OK);
    assert_int_equal(unwrap(kc_bytes_of(text, len + 1), der, len, &what), KC_OK);

    struct kc_writer w = kc_writer_of((struct kc_room){(uint8_t *)text, sizeof text});
    kc_pem_write(&w, "X509 CRL", kc_bytes_of(der, len));
    kc_writer_zeros(&w, 1);
    assert_int_equal(unwrap(kc_bytes_of(text, w.len), der, len, &what), KC_OK);
    assert_int_equal(unwrap(kc_bytes_of(text, w.len - 1), der, len, &what), KC_OK);
    kc_writer_u8(&w, 'x');
    text[w.len - 2] = 'y';
    assert_int_equal(unwrap(kc_bytes_of(text, w.len), der, len, &what), KC_ERR_MALFORMED);
    assert_string_equal(what, "CRL: text after the PEM block");
    memcpy(text, begin, strlen(begin));
    text[12] = 'Y';
    assert_int_equal(unwrap(kc_bytes_of(text, w.len), der, len, &what), KC_ERR_MALFORMED);

    for (size_t i = 0; i < len; i++)
        sprintf(text + 2 * i, i % 2 == 0 ? "%02X" : "%02x", der[i]);
    assert_int_equal(unwrap(kc_bytes_of(text, 2 * len + 1), der, len, &what), KC_OK);
    assert_int_equal(unwrap(kc_bytes_of(text, 2 * len), der, len, &what), KC_OK);
    char lines[2048];
    size_t n = 0;
    for (size_t i = 0; i < 2 * len; i += 60)
        n += (size_t)sprintf(lines + n, "%.60s%s", text + i, i % 120 == 0 ? "\n" : "\r\n");
    assert_int_equal(unwrap(kc_bytes_of(lines, n), der, len, &what), KC_OK);
    assert_int_equal(unwrap(kc_bytes_of("\n\r\n", 3), der, len, &what), KC_ERR_MALFORMED);
    text[2] = 'g';
    assert_int_equal(unwrap(kc_bytes_of(text, 2 * len), der, len, &what), KC_ERR_MALFORMED);
    assert_string_equal(what, "CRL: neither DER nor PEM nor hexadecimal");
    assert_int_equal(unwrap(kc_bytes_of("", 0), der, len, &what), KC_ERR_MALFORMED);
    assert_string_equal(what, "CRL: empty");
    memset(text, '0' + 1, sizeof text);
    struct kc_bytes out;
    assert_int_equal(
        kc_crl_unwrap(kc_bytes_of(text, 20), (struct kc_room){(uint8_t *)text, 9}, &out, NULL),
        KC_ERR_ROOM);
    OPENSSL_free(der);
}

/* Intel's own, and every change of one bit of them against OpenSSL. */
static void check_genuine(const char *path)
{
    size_t len = 0;
    struct kc_crl crl;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t *der = test_read_file(path, &len);
    if (der == NULL)
        return;
    if (kc_crl_decode(kc_bytes_of(der, len), &crl, &error) != KC_OK)
        fail_msg("%s: %s at %d", path, error.what, (int)error.at);
    check_with_openssl(der, len, &crl);
    for (size_t bit = 0; bit < 8 * len && len < 1000; bit++) {
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (kc_crl_decode(kc_bytes_of(der, len), &crl, NULL) == KC_OK)
            check_with_openssl(der, len, &crl);
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(der);
}

static void test_genuine(void **state)
{
    (void)state;
    char **names = test_list(SHARED_VECTOR("dcap"));
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[512];
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/pck_crl.der"), names[i]);
        check_genuine(path);
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/root_ca_crl.der"), names[i]);
        check_genuine(path);
    }
    test_list_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),      cmocka_unit_test(test_fields),
        cmocka_unit_test(test_signature), cmocka_unit_test(test_edits),
        cmocka_unit_test(test_end),       cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_unwrap),    cmocka_unit_test(test_against_openssl),
        cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
