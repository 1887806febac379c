#include "formats/certificate.h"

#include "base/hex.h"
#include "der_tree.h"
#include "formats/pck_certificate.h"
#include "seed.h"

/*
 * The seed's PCK certificate, taken apart:
 *   0 tbsCertificate: 0 version, 1 serial, 2 algorithm, 3 issuer, 4 validity, 5 subject, 6 key,
 *     7 extensions [3]; in 7.0: 0 authority key id, 1 CRL distribution points, 2 subject key id,
 *     3 key usage, 4 basic constraints, 5 SGX
 *   1 algorithm, 2 signature
 */
enum change {
    REPLACE, /* the element, tag and all */
    CONTENT, /* what its length covers */
    DOUBLE,
    SWAP, /* with the next */
};

#define OK          KC_OK
#define MALFORMED   KC_ERR_MALFORMED
#define UNSUPPORTED KC_ERR_UNSUPPORTED
#define EXTENSIONS  "certificate: bad extensions"
#define ISSUER      "certificate: bad or empty issuer name"
#define SUBJECT     "certificate: bad subject name"
#define VALIDITY    "certificate: bad validity"
#define SIGNATURE   "certificate: bad ECDSA signature"
#define KEY         "certificate: bad public key"
#define SERIAL      "certificate: bad serial number"
#define VERSION     "certificate: bad version"
#define DIFFER      "certificate: signed and outer signature algorithm differ"
#define ALGORITHM   "certificate: bad signature algorithm"

/* An unknown extension, 1.2.3.4.5, with no content, and what else may follow its name. */
#define UNKNOWN(more) "300806042a030405" more
#define N20           "0102030405060708090a0b0c0d0e0f1011121314"

static const struct row {
    const char *name;
    const char *path;
    enum change change;
    const char *hex;
    enum kc_err want;
    const char *what;
} rows[] = {
    {"as it is", "0.1", CONTENT, "01", OK, NULL},

    {"version 1 written out", "0.0", REPLACE, "a003020100", MALFORMED,
     "certificate: default version written out"},
    {"version 1 left out", "0.0", REPLACE, "", UNSUPPORTED, "certificate: version 1, not 3"},
    {"version 2", "0.0", REPLACE, "a003020101", UNSUPPORTED, "certificate: a version other than 3"},
    {"version 4", "0.0", REPLACE, "a003020103", UNSUPPORTED, "certificate: a version other than 3"},
    {"version 3 in two octets", "0.0", REPLACE, "a00402020002", MALFORMED, VERSION},
    {"version 2 more than 2^32", "0.0", REPLACE, "a00702050100000002", MALFORMED, VERSION},
    {"two versions", "0.0", REPLACE, "a006020102020102", MALFORMED, VERSION},
    {"empty version", "0.0", REPLACE, "a000", MALFORMED, VERSION},

    {"serial of 20 octets", "0.1", CONTENT, N20, OK, NULL},
    {"serial of 20 octets and a lead", "0.1", CONTENT, "00ff02030405060708090a0b0c0d0e0f1011121314",
     OK, NULL},
    {"serial of 21 octets", "0.1", CONTENT, "7f" N20, MALFORMED,
     "certificate: serial number over 20 octets"},
    {"serial of 21 octets and a lead", "0.1", CONTENT, "00ff" N20, MALFORMED,
     "certificate: serial number over 20 octets"},
    {"serial negative", "0.1", CONTENT, "80", MALFORMED, "certificate: serial number not positive"},
    {"serial zero", "0.1", CONTENT, "00", MALFORMED, "certificate: serial number not positive"},
    {"serial padded", "0.1", CONTENT, "0001", MALFORMED, SERIAL},
    {"serial of no octet", "0.1", CONTENT, "", MALFORMED, SERIAL},
    {"no serial", "0.1", REPLACE, "", MALFORMED, SERIAL},

    {"inner algorithm SHA-384", "0.2.0", CONTENT, "2a8648ce3d040303", MALFORMED, DIFFER},
    {"outer algorithm SHA-384", "1.0", CONTENT, "2a8648ce3d040303", MALFORMED, DIFFER},
    {"outer algorithm with NULL", "1", REPLACE, "300c06082a8648ce3d0403020500", MALFORMED, DIFFER},
    {"inner algorithm with NULL", "0.2", REPLACE, "300c06082a8648ce3d0403020500", MALFORMED,
     DIFFER},
    {"inner algorithm empty", "0.2", REPLACE, "3000", MALFORMED, ALGORITHM},
    {"inner algorithm with a string", "0.2", REPLACE, "300706032a03040c0141", MALFORMED, ALGORITHM},
    {"algorithm with two parameters", "0.2", REPLACE, "300906032a030405000500", MALFORMED,
     ALGORITHM},

    {"issuer empty", "0.3", REPLACE, "3000", MALFORMED, ISSUER},
    {"subject empty", "0.5", REPLACE, "3000", OK, NULL},
    {"empty set", "0.5.0", REPLACE, "3100", MALFORMED, SUBJECT},
    {"two attributes in a set", "0.5.0.0", DOUBLE, "", MALFORMED, SUBJECT},
    {"two common names", "0.5.0", DOUBLE, "", MALFORMED, SUBJECT},
    {"two organisations", "0.5.1", DOUBLE, "", OK, NULL},
    {"names in another order", "0.5.0", SWAP, "", OK, NULL},
    {"common name empty", "0.5.0.0.1", REPLACE, "0c00", MALFORMED, SUBJECT},
    {"common name with NUL", "0.5.0.0.1", REPLACE, "0c03410042", MALFORMED, SUBJECT},
    {"common name overlong UTF-8", "0.5.0.0.1", REPLACE, "0c02c0af", MALFORMED, SUBJECT},
    {"common name overlong of three", "0.5.0.0.1", REPLACE, "0c03e0809f", MALFORMED, SUBJECT},
    {"common name overlong of four", "0.5.0.0.1", REPLACE, "0c04f0808080", MALFORMED, SUBJECT},
    {"common name with a surrogate", "0.5.0.0.1", REPLACE, "0c03eda080", MALFORMED, SUBJECT},
    {"common name above Unicode", "0.5.0.0.1", REPLACE, "0c04f4908080", MALFORMED, SUBJECT},
    {"common name cut in a character", "0.5.0.0.1", REPLACE, "0c02e282", MALFORMED, SUBJECT},
    {"common name of a lone continuation", "0.5.0.0.1", REPLACE, "0c0180", MALFORMED, SUBJECT},
    {"common name of F5", "0.5.0.0.1", REPLACE, "0c04f5808080", MALFORMED, SUBJECT},
    {"common name in UTF-8", "0.5.0.0.1", REPLACE, "0c09c3a4e282acf09f9880", OK, NULL},
    {"common name highest", "0.5.0.0.1", REPLACE, "0c04f48fbfbf", OK, NULL},
    {"common name printable", "0.5.0.0.1", REPLACE, "13024142", OK, NULL},
    {"common name printable with @", "0.5.0.0.1", REPLACE, "13024140", MALFORMED, SUBJECT},
    {"common name printable with NUL", "0.5.0.0.1", REPLACE, "13024100", MALFORMED, SUBJECT},
    {"common name IA5", "0.5.0.0.1", REPLACE, "16024140", OK, NULL},
    {"common name IA5, 8 bits", "0.5.0.0.1", REPLACE, "16024180", MALFORMED, SUBJECT},
    {"common name IA5 with NUL", "0.5.0.0.1", REPLACE, "16024100", MALFORMED, SUBJECT},
    {"common name of half a character", "0.5.0.0.1", REPLACE, "0c02c341", MALFORMED, SUBJECT},
    {"common name Teletex", "0.5.0.0.1", REPLACE, "140141", MALFORMED, SUBJECT},
    {"common name BMP", "0.5.0.0.1", REPLACE, "1e020041", MALFORMED, SUBJECT},
    {"common name in pieces", "0.5.0.0.1", REPLACE, "2c030c0141", MALFORMED, SUBJECT},
    {"attribute without value", "0.5.0.0.1", REPLACE, "", MALFORMED, SUBJECT},
    {"attribute with two values", "0.5.0.0.1", DOUBLE, "", MALFORMED, SUBJECT},
    {"issuer with two common names", "0.3.0", DOUBLE, "", MALFORMED, ISSUER},

    {"one date", "0.4.0", REPLACE, "", MALFORMED, VALIDITY},
    {"three dates", "0.4.0", DOUBLE, "", MALFORMED, VALIDITY},
    {"generalized time before 2050", "0.4.1", REPLACE, "180f32303330303531303230323630395a", OK,
     NULL},
    {"to 9999", "0.4.1", REPLACE, "180f39393939313233313233353935395a", OK, NULL},
    {"no seconds", "0.4.1", REPLACE, "170b333030353130323032365a", MALFORMED, VALIDITY},

    {"P-384 named", "0.6.0.1", CONTENT, "2b81040022", OK, NULL},
    {"compressed key", "0.6.1", CONTENT, "0002" N20 "0102030405060708090a0b0c", OK, NULL},
    {"key with unused bits", "0.6.1", CONTENT, "01fe", MALFORMED, KEY},
    {"key of no octet", "0.6.1", CONTENT, "", MALFORMED, KEY},
    {"key as octets", "0.6.1", REPLACE, "04020001", MALFORMED, KEY},
    {"key with more behind", "0.6.1", DOUBLE, "", MALFORMED, KEY},
    {"key algorithm without OID", "0.6.0", REPLACE, "3000", MALFORMED, KEY},
    {"key parameters broken", "0.6.0.1", REPLACE, "3003020001", MALFORMED, KEY},

    {"two keys", "0.6", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"unique id", "0.7", REPLACE, "81020041", MALFORMED, EXTENSIONS},
    {"no extensions", "0.7", REPLACE, "", OK, NULL},
    {"extensions twice", "0.7", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"extensions of nothing", "0.7.0", REPLACE, "3000", MALFORMED, EXTENSIONS},
    {"extensions in no sequence", "0.7.0", REPLACE, "", MALFORMED, EXTENSIONS},
    {"two lists", "0.7.0", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"an extension twice", "0.7.0.3", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"the SGX extension twice", "0.7.0.5", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"extensions in another order", "0.7.0.3", SWAP, "", OK, NULL},
    {"unknown extension", "0.7.0.3", REPLACE, UNKNOWN("0400"), OK, NULL},
    {"critical FALSE written out", "0.7.0.3.1", CONTENT, "00", MALFORMED, EXTENSIONS},
    {"critical 1", "0.7.0.3.1", CONTENT, "01", MALFORMED, EXTENSIONS},
    {"critical twice", "0.7.0.3.1", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"extension without value", "0.7.0.3.2", REPLACE, "", MALFORMED, EXTENSIONS},
    {"extension with two values", "0.7.0.3.2", DOUBLE, "", MALFORMED, EXTENSIONS},
    {"extension without OID", "0.7.0.3.0", REPLACE, "", MALFORMED, EXTENSIONS},

    {"key usage of no bits", "0.7.0.3.2", CONTENT, "030100", MALFORMED, EXTENSIONS},
    {"key usage with a zero bit behind", "0.7.0.3.2", CONTENT, "030205c0", MALFORMED, EXTENSIONS},
    {"key usage with an unused bit set", "0.7.0.3.2", CONTENT, "030207c0", MALFORMED, EXTENSIONS},
    {"key usage with a tenth bit", "0.7.0.3.2", CONTENT, "0303060040", MALFORMED, EXTENSIONS},
    {"key usage with the ninth", "0.7.0.3.2", CONTENT, "0303070080", OK, NULL},
    {"key usage with more behind", "0.7.0.3.2", CONTENT, "030206c000", MALFORMED, EXTENSIONS},
    {"key usage empty", "0.7.0.3.2", CONTENT, "", MALFORMED, EXTENSIONS},

    {"CA", "0.7.0.4.2", CONTENT, "30030101ff", OK, NULL},
    {"CA FALSE written out", "0.7.0.4.2", CONTENT, "3003010100", MALFORMED, EXTENSIONS},
    {"CA with a path length", "0.7.0.4.2", CONTENT, "30060101ff020100", OK, NULL},
    {"CA with the longest path", "0.7.0.4.2", CONTENT, "30070101ff020200ff", OK, NULL},
    {"CA with a longer path", "0.7.0.4.2", CONTENT, "30070101ff02020100", MALFORMED, EXTENSIONS},
    {"CA with a path of -1", "0.7.0.4.2", CONTENT, "30060101ff0201ff", MALFORMED, EXTENSIONS},
    {"CA with a path over 2^64", "0.7.0.4.2", CONTENT, "300e0101ff0209010000000000000000",
     MALFORMED, EXTENSIONS},
    {"path length without CA", "0.7.0.4.2", CONTENT, "3003020100", MALFORMED, EXTENSIONS},
    {"constraints with more inside", "0.7.0.4.2", CONTENT, "30050101ff0500", MALFORMED, EXTENSIONS},
    {"constraints with more behind", "0.7.0.4.2", CONTENT, "30000500", MALFORMED, EXTENSIONS},

    {"subject key id empty", "0.7.0.2.1", CONTENT, "0400", MALFORMED, EXTENSIONS},
    {"subject key id with more behind", "0.7.0.2.1", CONTENT, "04010104", MALFORMED, EXTENSIONS},
    {"subject key id critical", "0.7.0.2", REPLACE, "300d0603551d0e0101ff0403040101", MALFORMED,
     EXTENSIONS},
    {"authority key id critical", "0.7.0.0", REPLACE, "300f0603551d230101ff04053003800101",
     MALFORMED, EXTENSIONS},
    {"authority key id empty", "0.7.0.0.1", CONTENT, "30028000", MALFORMED, EXTENSIONS},
    {"authority key id without key", "0.7.0.0.1", CONTENT, "3000", MALFORMED, EXTENSIONS},
    {"authority by serial", "0.7.0.0.1", CONTENT, "3006800101820101", MALFORMED, EXTENSIONS},

    {"no distribution point", "0.7.0.1.1", CONTENT, "3000", MALFORMED, EXTENSIONS},
    {"distribution point of nothing", "0.7.0.1.1", CONTENT, "30023000", MALFORMED, EXTENSIONS},
    {"distribution point with reasons", "0.7.0.1.1", CONTENT, "300d300ba005a003860161810206c0",
     MALFORMED, EXTENSIONS},
    {"distribution point", "0.7.0.1.1", CONTENT, "30093007a005a003860161", OK, NULL},
    {"distribution point of 8 bits", "0.7.0.1.1", CONTENT, "30093007a005a003860180", MALFORMED,
     EXTENSIONS},

    {"alternative names", "0.7.0.1", REPLACE, "30120603551d11040b300982016187047f000001", OK, NULL},
    {"alternative name of nothing", "0.7.0.1", REPLACE, "300b0603551d11040430028200", MALFORMED,
     EXTENSIONS},
    {"alternative address of 3 octets", "0.7.0.1", REPLACE, "300e0603551d110407300587037f0000",
     MALFORMED, EXTENSIONS},
    {"alternative names of none", "0.7.0.1", REPLACE, "30090603551d1104023000", MALFORMED,
     EXTENSIONS},
    {"alternative name, directory", "0.7.0.1", REPLACE,
     "301a0603551d1104133011a40f300d310b3009060355040613025553", OK, NULL},
    {"alternative name, two in one", "0.7.0.1", REPLACE,
     "301c0603551d1104153013a411300d310b30090603550406130255530500", MALFORMED, EXTENSIONS},
    {"purposes", "0.7.0.1", REPLACE, "30130603551d25040c300a06082b06010505070301", OK, NULL},
    {"purposes of none", "0.7.0.1", REPLACE, "30090603551d2504023000", MALFORMED, EXTENSIONS},
    {"name constraints", "0.7.0.1.0", CONTENT, "551d1e", MALFORMED, EXTENSIONS},
    {"Netscape's type", "0.7.0.1.0", CONTENT, "6086480186f8420101", MALFORMED, EXTENSIONS},
    {"proxy certificate", "0.7.0.1.0", CONTENT, "2b0601050507010e", MALFORMED, EXTENSIONS},
    {"address blocks", "0.7.0.1.0", CONTENT, "2b06010505070107", MALFORMED, EXTENSIONS},

    {"r is 33 octets", "2.0.0", CONTENT, "01" N20 "0102030405060708090a0b0c", OK, NULL},
    {"r is negative", "2.0.0", CONTENT, "80", MALFORMED, SIGNATURE},
    {"r is padded", "2.0.0", CONTENT, "0001", MALFORMED, SIGNATURE},
    {"r alone", "2.0.1", REPLACE, "", MALFORMED, SIGNATURE},
    {"r, s and more", "2.0.1", DOUBLE, "", MALFORMED, SIGNATURE},
    {"signature of 67 octets each", "2.0.0", CONTENT, "01" N20 N20 N20 "010203040506", MALFORMED,
     SIGNATURE},
    {"two signatures", "2.0", DOUBLE, "", MALFORMED, SIGNATURE},
    {"signature with unused bits", "2", CONTENT, "0430020100", MALFORMED,
     "certificate: bad signature"},
    {"signature empty", "2", CONTENT, "00", MALFORMED, "certificate: bad signature"},
    {"no signature", "2", REPLACE, "", MALFORMED, "certificate: bad signature"},
    {"more behind the signature", "2", DOUBLE, "", MALFORMED,
     "certificate: bytes after the signature"},
};

struct seed {
    uint8_t *pem;
    struct kc_pck_chain chain;
    struct der_tree tree;
    uint8_t der[2 * KC_CERTIFICATE_MAX_SIZE];
};

static struct seed *open_seed(void)
{
    size_t len = 0;
    struct seed *seed = calloc(1, sizeof *seed);
    seed->pem = test_seed_chain(&len);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of(seed->pem, len), &seed->chain, NULL), KC_OK);
    return seed;
}

static void close_seed(struct seed *seed)
{
    free(seed->pem);
    free(seed);
}

static size_t apply(struct seed *seed, const struct row *row, uint8_t *value)
{
    struct kc_bytes leaf = seed->chain.certificate[0].der;
    size_t len = 0;
    memset(&seed->tree, 0, sizeof seed->tree);
    struct der_node *root = der_tree_read(&seed->tree, leaf.ptr, leaf.len);
    struct der_node *node = der_tree_find(root, row->path);
    assert_non_null(node);
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(row->hex), (struct kc_room){value, 128}, &len),
                     KC_OK);
    switch (row->change) {
    case REPLACE:
        der_tree_replace(node, value, len);
        break;
    case CONTENT:
        der_tree_set_content(node, value, len);
        break;
    case DOUBLE:
        der_tree_double(&seed->tree, node);
        break;
    case SWAP:
        der_tree_swap_with_next(node);
        break;
    }
    return (size_t)(der_tree_write(root, seed->der) - seed->der);
}

static void test_rows(void **state)
{
    (void)state;
    struct seed *seed = open_seed();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_certificate certificate;
        struct kc_error error = KC_ERROR_NONE;
        uint8_t value[128];
        size_t len = apply(seed, &rows[i], value);
        enum kc_err err = kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, &error);
        if (err != rows[i].want || (err != KC_OK && strcmp(error.what, rows[i].what) != 0))
            fail_msg("%s: %s, %s at %llu", rows[i].name, kc_error_name(err), error.what,
                     (unsigned long long)error.at);
    }
    close_seed(seed);
}

/* Cut anywhere, or with a byte behind: never a certificate; and nothing past the end is read. */
static void test_lengths(void **state)
{
    (void)state;
    struct seed *seed = open_seed();
    for (size_t i = 0; i < seed->chain.count; i++) {
        struct kc_bytes der = seed->chain.certificate[i].der;
        for (size_t len = 0; len <= der.len + 1; len++) {
            struct kc_certificate certificate;
            uint8_t *exact = calloc(1, len + (len == 0));
            memcpy(exact, der.ptr, len < der.len ? len : der.len);
            enum kc_err err = kc_certificate_decode(kc_bytes_of(exact, len), &certificate, NULL);
            assert_int_equal(err, len == der.len ? KC_OK : KC_ERR_MALFORMED);
            free(exact);
        }
    }
    close_seed(seed);
}

/* What `openssl x509 -text` says of the seed's leaf and its issuer. */
static void test_values(void **state)
{
    (void)state;
    struct seed *seed = open_seed();
    const struct kc_certificate *leaf = &seed->chain.certificate[0];
    const struct kc_certificate *ca = &seed->chain.certificate[1];
    assert_int_equal(leaf->der.len, 1269);
    assert_int_equal(leaf->tbs.len, 1180);
    assert_int_equal(leaf->serial.len, 20);
    assert_int_equal(leaf->serial.ptr[0], 0x06);
    assert_true(
        kc_bytes_equal(leaf->subject_common_name, kc_bytes_of_text("Intel SGX PCK Certificate")));
    assert_true(
        kc_bytes_equal(leaf->issuer_common_name, kc_bytes_of_text("Intel SGX PCK Platform CA")));
    assert_int_equal(leaf->not_before, 1683750369); /* 2023-05-10T20:26:09Z */
    assert_int_equal(leaf->not_after, 1904675169);  /* 2030-05-10T20:26:09Z */
    assert_true(leaf->key_is_p256 && leaf->signature_is_ecdsa_sha256);
    assert_int_equal(leaf->spki.len, 91);
    assert_memory_equal(leaf->spki.ptr + 27, leaf->public_key, 64);
    assert_true(leaf->has_basic_constraints && leaf->basic_constraints_critical);
    assert_false(leaf->is_ca);
    assert_int_equal(leaf->path_len, -1);
    assert_int_equal(leaf->key_usage, 0x03);
    assert_int_equal(leaf->subject_key_id.len, 20);
    assert_true(kc_bytes_equal(leaf->authority_key_id, ca->subject_key_id));
    assert_false(leaf->has_unknown_critical);
    assert_true(ca->is_ca);
    assert_int_equal(ca->path_len, 0);
    assert_int_equal(ca->key_usage, KC_KEY_USAGE_KEY_CERT_SIGN | KC_KEY_USAGE_CRL_SIGN);
    close_seed(seed);
}

static void test_find_extension(void **state)
{
    (void)state;
    static const uint8_t key_usage[] = {0x55, 0x1d, 0x0f};
    static const uint8_t absent[] = {0x55, 0x1d, 0x0d};
    struct seed *seed = open_seed();
    const struct kc_certificate *leaf = &seed->chain.certificate[0];
    struct kc_bytes value = {NULL, 0};
    bool critical = false;
    assert_true(kc_certificate_find_extension(leaf, kc_bytes_of(key_usage, 3), &value, &critical));
    assert_true(critical);
    assert_int_equal(value.len, 4);
    assert_memory_equal(value.ptr, "\x03\x02\x06\xc0", 4);
    assert_false(kc_certificate_find_extension(leaf, kc_bytes_of(absent, 3), &value, &critical));
    assert_false(kc_certificate_find_extension(leaf, kc_bytes_of(NULL, 0), &value, &critical));
    struct kc_certificate none = {.path_len = -1};
    assert_false(
        kc_certificate_find_extension(&none, kc_bytes_of(key_usage, 3), &value, &critical));
    close_seed(seed);
}

/* What only its syntax is read of: critical, nobody judges what it demands. */
static void test_critical(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool unknown;
    } extensions[] = {
        {"30130603551d25040c300a06082b06010505070301", false},
        {"30160603551d250101ff040c300a06082b06010505070301", true},
        {"300c0603551d1104053003820161", false},
        {"300f0603551d110101ff04053003820161", true},
        {"30080603551d36040102", false},
        {"300b0603551d360101ff040102", true},
    };
    struct seed *seed = open_seed();
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        uint8_t value[128];
        struct kc_certificate certificate;
        const struct row row = {"", "0.7.0.1", REPLACE, extensions[i].hex, KC_OK, NULL};
        size_t len = apply(seed, &row, value);
        assert_int_equal(kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, NULL),
                         KC_OK);
        assert_int_equal(certificate.has_unknown_critical, extensions[i].unknown);
    }
    close_seed(seed);
}

/* An unknown extension counts only when it is critical; 32 are read, 33 refused. */
static void test_unknown(void **state)
{
    (void)state;
    static const struct row critical = {"",    "0.7.0.3", REPLACE, "300b06042a0304050101ff0400",
                                        KC_OK, NULL};
    struct seed *seed = open_seed();
    uint8_t value[1024];
    struct kc_certificate certificate;
    size_t len = apply(seed, &critical, value);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, NULL), KC_OK);
    assert_true(certificate.has_unknown_critical);
    assert_false(certificate.has_key_usage);
    for (uint8_t count = 31; count <= 33; count++) {
        struct kc_bytes leaf = seed->chain.certificate[0].der;
        memset(&seed->tree, 0, sizeof seed->tree);
        struct der_node *root = der_tree_read(&seed->tree, leaf.ptr, leaf.len);
        for (uint8_t i = 0; i < count; i++) {
            const uint8_t one[] = {0x30, 0x08, 0x06, 0x04, 0x2a, 0x03, 0x04, i, 0x04, 0x00};
            memcpy(value + sizeof one * i, one, sizeof one);
        }
        der_tree_set_content(der_tree_find(root, "0.7.0"), value, (size_t)10 * count);
        len = (size_t)(der_tree_write(root, seed->der) - seed->der);
        assert_int_equal(kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, NULL),
                         count <= 32 ? KC_OK : KC_ERR_MALFORMED);
    }
    close_seed(seed);
}

/* ecdsa-with-SHA256 over a larger curve: a certificate, not of the profile. */
static void test_longer_signature(void **state)
{
    (void)state;
    static const char *const paths[] = {"2.0.0", "2.0.1"};
    struct seed *seed = open_seed();
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        uint8_t value[128];
        struct kc_certificate certificate;
        const struct row row = {"",    paths[i], CONTENT, "01" N20 "0102030405060708090a0b0c",
                                KC_OK, NULL};
        size_t len = apply(seed, &row, value);
        assert_int_equal(kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, NULL),
                         KC_OK);
        assert_false(certificate.signature_is_ecdsa_sha256);
        assert_true(kc_bytes_are_zero(kc_bytes_of(certificate.signature, 64)));
    }
    close_seed(seed);
}

/* As mbedTLS writes it, with NULL parameters in both places: a certificate, not of the profile. */
static void test_null_parameters(void **state)
{
    (void)state;
    static const uint8_t with_null[] = {0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                        0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};
    struct seed *seed = open_seed();
    struct kc_bytes leaf = seed->chain.certificate[0].der;
    struct kc_certificate certificate;
    struct der_node *root = der_tree_read(&seed->tree, leaf.ptr, leaf.len);
    der_tree_replace(der_tree_find(root, "0.2"), with_null, sizeof with_null);
    der_tree_replace(der_tree_find(root, "1"), with_null, sizeof with_null);
    size_t len = (size_t)(der_tree_write(root, seed->der) - seed->der);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(seed->der, len), &certificate, NULL), KC_OK);
    assert_false(certificate.signature_is_ecdsa_sha256);
    assert_true(kc_bytes_are_zero(kc_bytes_of(certificate.signature, 64)));
    close_seed(seed);
}

/* On failure `out` is left alone. */
static void test_output(void **state)
{
    (void)state;
    struct kc_certificate certificate;
    memset(&certificate, 0x5a, sizeof certificate);
    struct kc_certificate before = certificate;
    assert_int_equal(kc_certificate_decode(kc_bytes_of("\x30", 1), &certificate, NULL),
                     KC_ERR_MALFORMED);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(NULL, 0), &certificate, NULL),
                     KC_ERR_MALFORMED);
    assert_memory_equal(&certificate, &before, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_find_extension),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_critical),
        cmocka_unit_test(test_null_parameters),
        cmocka_unit_test(test_longer_signature),
        cmocka_unit_test(test_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
