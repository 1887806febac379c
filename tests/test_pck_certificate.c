#include "formats/pck_certificate.h"

#include "base/hex.h"
#include "base/pem.h"
#include "der_tree.h"
#include "seed.h"

static struct kc_pck_chain *decode_seed(void)
{
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    struct kc_error error = KC_ERROR_NONE;
    if (kc_pck_chain_decode(kc_bytes_of(pem, len), chain, &error) != KC_OK)
        fail_msg("%s at %llu", error.what, (unsigned long long)error.at);
    free(pem);
    return chain;
}

/* What `openssl asn1parse` shows of the seed's leaf. */
static void test_seed_extension(void **state)
{
    (void)state;
    static const uint8_t ppid[16] = {0x80, 0x91, 0x99, 0xcd, 0xd8, 0x39, 0x64, 0x25,
                                     0xf4, 0x0c, 0x12, 0xeb, 0xa8, 0xab, 0xa6, 0xa6};
    static const uint8_t components[16] = {11, 11, 3, 3, 255, 255, 1};
    static const uint8_t fmspc[6] = {0x00, 0x60, 0x6a};
    struct kc_pck_chain *chain = decode_seed();
    struct kc_pck_extension extension;
    assert_int_equal(chain->count, 3);
    assert_int_equal(kc_pck_extension_decode(&chain->certificate[0], &extension, NULL), KC_OK);
    assert_memory_equal(extension.ppid, ppid, sizeof ppid);
    assert_memory_equal(extension.component_svn, components, sizeof components);
    assert_memory_equal(extension.cpu_svn, components, sizeof components);
    assert_int_equal(extension.pce_svn, 13);
    assert_memory_equal(extension.fmspc, fmspc, sizeof fmspc);
    assert_int_equal(extension.sgx_type, KC_SGX_TYPE_SCALABLE);
    assert_true(extension.has_platform);
    assert_int_equal(extension.platform_instance_id[0], 0x7b);
    assert_int_equal(extension.platform_instance_id[15], 0xa4);
    assert_true(extension.dynamic_platform);
    assert_false(extension.cached_keys);
    assert_false(extension.smt_enabled);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(kc_pck_extension_decode(&chain->certificate[i], &extension, NULL),
                         KC_ERR_ABSENT);
    free(chain);
}

/*
 * The seed's SGX extension, 0.7.0.5.1.0 of the certificate, taken apart:
 *   0 PPID, 1 TCB (1.1.0 to 1.1.15 components, 1.1.16 PCESVN, 1.1.17 CPUSVN), 2 PCE-ID, 3 FMSPC,
 *   4 SGX type, 5 platform instance id, 6 configuration (6.1.0 to 6.1.2)
 * each a pair of .0 OID and .1 value.
 */
enum change {
    REPLACE,
    CONTENT,
    DOUBLE,
    SWAP,
};

#define N16 "00112233445566778899aabbccddeeff"
#define OID "2a864886f84d010d01"

static const struct row {
    const char *name;
    const char *path;
    enum change change;
    const char *hex;
    bool good;
} rows[] = {
    {"other PPID", "0.1", CONTENT, N16, true},
    {"PPID of 15", "0.1", CONTENT, "00112233445566778899aabbccddee", false},
    {"PPID of 17", "0.1", CONTENT, N16 "00", false},
    {"PPID as bits", "0.1", REPLACE, "0311" N16 "00", false},
    {"PPID with other OID", "0.0", CONTENT, OID "08", false},
    {"PPID with longer OID", "0.0", CONTENT, OID "0101", false},
    {"PPID with shorter OID", "0.0", CONTENT, OID, false},
    {"PPID with a third part", "0.1", DOUBLE, "", false},
    {"PPID without value", "0.1", REPLACE, "", false},
    {"no PPID", "0", REPLACE, "", false},
    {"PPID twice", "0", DOUBLE, "", false},
    {"PPID and TCB swapped", "0", SWAP, "", false},

    {"component 0", "1.1.0.1", CONTENT, "00", true},
    {"component 255", "1.1.0.1", CONTENT, "00ff", true},
    {"component 256", "1.1.0.1", CONTENT, "0100", false},
    {"component -1", "1.1.0.1", CONTENT, "ff", false},
    {"component padded", "1.1.0.1", CONTENT, "000b", false},
    {"component 2^32", "1.1.0.1", CONTENT, "0100000000", false},
    {"component as enumerated", "1.1.0.1", REPLACE, "0a010b", false},
    {"component with other OID", "1.1.0.0", CONTENT, OID "0202", false},
    {"component with OID of the configuration", "1.1.0.0", CONTENT, OID "0701", false},
    {"component left out", "1.1.15", REPLACE, "", false},
    {"component twice", "1.1.15", DOUBLE, "", false},
    {"components swapped", "1.1.3", SWAP, "", false},
    {"PCESVN 65535", "1.1.16.1", CONTENT, "00ffff", true},
    {"PCESVN 65536", "1.1.16.1", CONTENT, "010000", false},
    {"PCESVN left out", "1.1.16", REPLACE, "", false},
    {"CPUSVN of 15", "1.1.17.1", CONTENT, "00112233445566778899aabbccddee", false},
    {"CPUSVN of 17", "1.1.17.1", CONTENT, N16 "00", false},
    {"CPUSVN left out", "1.1.17", REPLACE, "", false},
    {"CPUSVN twice", "1.1.17", DOUBLE, "", false},
    {"TCB empty", "1.1", REPLACE, "3000", false},
    {"TCB left out", "1", REPLACE, "", false},

    {"PCE-ID of 1", "2.1", CONTENT, "00", false},
    {"PCE-ID of 3", "2.1", CONTENT, "000000", false},
    {"FMSPC of 5", "3.1", CONTENT, "00606a0000", false},
    {"FMSPC of 7", "3.1", CONTENT, "00606a00000000", false},
    {"PCE-ID and FMSPC swapped", "2", SWAP, "", false},

    {"type standard", "4.1", CONTENT, "00", true},
    {"type scalable with integrity", "4.1", CONTENT, "02", true},
    {"type 3", "4.1", CONTENT, "03", false},
    {"type -1", "4.1", CONTENT, "ff", false},
    {"type as integer", "4.1", REPLACE, "020101", false},
    {"type left out", "4", REPLACE, "", false},

    {"no instance id", "5", REPLACE, "", false},
    {"instance id twice", "5", DOUBLE, "", false},
    {"instance id of 15", "5.1", CONTENT, "00112233445566778899aabbccddee", false},
    {"no configuration", "6", REPLACE, "", false},
    {"configuration twice", "6", DOUBLE, "", false},
    {"configuration empty", "6.1", REPLACE, "3000", false},
    {"configuration of two flags", "6.1.2", REPLACE, "", false},
    {"configuration with a flag twice", "6.1.2", DOUBLE, "", false},
    {"flags swapped", "6.1.0", SWAP, "", false},
    {"flag 1", "6.1.0.1", CONTENT, "01", false},
    {"flag as integer", "6.1.0.1", REPLACE, "0201ff", false},
    {"SMT", "6.1.2.1", CONTENT, "ff", true},
    {"instance id and configuration swapped", "5", SWAP, "", false},

    {"empty", "", REPLACE, "3000", false},
    {"no sequence", "", REPLACE, "0500", false},
    {"nothing", "", REPLACE, "", false},
    {"two", "", DOUBLE, "", false},
};

static void change(struct der_tree *tree, struct der_node *node, const struct row *row,
                   uint8_t *value)
{
    size_t len = 0;
    struct kc_room room = {value, 64};
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(row->hex), room, &len), KC_OK);
    switch (row->change) {
    case REPLACE:
        der_tree_replace(node, value, len);
        break;
    case CONTENT:
        der_tree_set_content(node, value, len);
        break;
    case DOUBLE:
        der_tree_double(tree, node);
        break;
    case SWAP:
        der_tree_swap_with_next(node);
        break;
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct kc_pck_chain *chain = decode_seed();
    struct der_tree *tree = malloc(sizeof *tree);
    struct kc_bytes leaf = chain->certificate[0].der;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t value[64];
        uint8_t der[2048];
        struct kc_certificate certificate;
        struct kc_pck_extension extension;
        struct kc_error error = KC_ERROR_NONE;
        memset(tree, 0, sizeof *tree);
        struct der_node *root = der_tree_read(tree, leaf.ptr, leaf.len);
        struct der_node *node = der_tree_find(der_tree_find(root, "0.7.0.5.1.0"), rows[i].path);
        assert_non_null(node);
        change(tree, node, &rows[i], value);
        size_t len = (size_t)(der_tree_write(root, der) - der);
        assert_int_equal(kc_certificate_decode(kc_bytes_of(der, len), &certificate, &error), KC_OK);
        enum kc_err err = kc_pck_extension_decode(&certificate, &extension, &error);
        if (err != (rows[i].good ? KC_OK : KC_ERR_MALFORMED))
            fail_msg("%s: %s", rows[i].name, kc_error_name(err));
    }
    free(tree);
    free(chain);
}

/* As the Processor CA writes it: the first five alone. */
static void test_processor(void **state)
{
    (void)state;
    struct kc_pck_chain *chain = decode_seed();
    struct der_tree *tree = calloc(1, sizeof *tree);
    struct kc_bytes leaf = chain->certificate[0].der;
    struct kc_certificate certificate;
    struct kc_pck_extension extension;
    uint8_t der[2048];
    struct der_node *root = der_tree_read(tree, leaf.ptr, leaf.len);
    struct der_node *sgx = der_tree_find(root, "0.7.0.5.1.0");
    der_tree_replace(der_tree_find(sgx, "5"), NULL, 0);
    der_tree_replace(der_tree_find(sgx, "6"), NULL, 0);
    size_t len = (size_t)(der_tree_write(root, der) - der);
    assert_int_equal(kc_certificate_decode(kc_bytes_of(der, len), &certificate, NULL), KC_OK);
    assert_int_equal(kc_pck_extension_decode(&certificate, &extension, NULL), KC_OK);
    assert_false(extension.has_platform || extension.dynamic_platform);
    assert_int_equal(extension.pce_svn, 13);
    free(tree);
    free(chain);
}

/* What stands around the seed's certificates in the PEM. */
static const struct {
    const char *name;
    const char *before;
    const char *after;
    size_t after_len;
    size_t blocks; /* of the first certificate */
    enum kc_err want;
} pems[] = {
    {"one", "", "", 0, 1, KC_OK},
    {"one and NUL", "", "", 1, 1, KC_OK},
    {"four", "", "", 0, 4, KC_OK},
    {"four and NUL", "", "", 1, 4, KC_OK},
    {"none", "", "", 0, 0, KC_ERR_MALFORMED},
    {"NUL alone", "", "", 1, 0, KC_ERR_MALFORMED},
    {"five", "", "", 0, 5, KC_ERR_MALFORMED},
    {"two NULs", "", "\0", 2, 1, KC_ERR_MALFORMED},
    {"NUL and LF", "", "\0\n", 2, 1, KC_ERR_MALFORMED},
    {"text before", "x", "", 0, 1, KC_ERR_MALFORMED},
    {"LF before", "\n", "", 0, 1, KC_ERR_MALFORMED},
    {"text behind", "", "x", 1, 1, KC_ERR_MALFORMED},
    {"LF behind", "", "\n", 1, 1, KC_ERR_MALFORMED},
    {"a control character before", "\1", "", 0, 1, KC_ERR_MALFORMED},
};

static void test_pems(void **state)
{
    (void)state;
    struct kc_pck_chain *seed = decode_seed();
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    for (size_t i = 0; i < COUNT_OF(pems); i++) {
        uint8_t pem[16384];
        struct kc_writer w = kc_writer_of((struct kc_room){pem, sizeof pem});
        kc_writer_bytes(&w, kc_bytes_of_text(pems[i].before));
        for (size_t k = 0; k < pems[i].blocks; k++)
            kc_pem_write(&w, "CERTIFICATE", seed->certificate[0].der);
        kc_writer_copy(&w, pems[i].after, pems[i].after_len);
        enum kc_err err = kc_pck_chain_decode(kc_writer_written(&w), chain, NULL);
        if (err != pems[i].want || chain->count != (err == KC_OK ? pems[i].blocks : 0))
            fail_msg("%s: %s, %zu", pems[i].name, kc_error_name(err), chain->count);
    }
    free(chain);
    free(seed);
}

/* A block over the room for one, one that is no certificate, and one of another kind. */
static void test_other_blocks(void **state)
{
    (void)state;
    static uint8_t zeros[KC_CERTIFICATE_MAX_SIZE + 1];
    static uint8_t pem[8192];
    static const struct {
        const char *label;
        size_t len;
        enum kc_err want;
    } blocks[] = {
        {"CERTIFICATE", KC_CERTIFICATE_MAX_SIZE + 1, KC_ERR_ROOM},
        {"CERTIFICATE", KC_CERTIFICATE_MAX_SIZE, KC_ERR_MALFORMED},
        {"CERTIFICATE", 1, KC_ERR_MALFORMED},
        {"X509 CRL", 1, KC_ERR_MALFORMED},
    };
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        struct kc_writer w = kc_writer_of((struct kc_room){pem, sizeof pem});
        kc_pem_write(&w, blocks[i].label, kc_bytes_of(zeros, blocks[i].len));
        assert_int_equal(kc_pck_chain_decode(kc_writer_written(&w), chain, NULL), blocks[i].want);
        assert_int_equal(chain->count, 0);
    }
    free(chain);
}

/* All 29,424 single bits of the seed's PEM chain: none changed goes unnoticed in the DER. */
static void test_bits(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *seed = decode_seed();
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        pem[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool same = kc_pck_chain_decode(kc_bytes_of(pem, len), chain, NULL) == KC_OK &&
                    chain->count == seed->count;
        for (size_t i = 0; same && i < chain->count; i++)
            same = kc_bytes_equal(chain->certificate[i].der, seed->certificate[i].der);
        if (same)
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        pem[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(chain);
    free(seed);
    free(pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_processor),
        cmocka_unit_test(test_pems), cmocka_unit_test(test_other_blocks),
        cmocka_unit_test(test_bits), cmocka_unit_test(test_seed_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
