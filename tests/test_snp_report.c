#include "folder.h"
#include "formats/snp_report.h"

static struct kc_snp_report make(uint32_t version)
{
    struct kc_snp_report in = {
        .version = version,
        .guest_svn = 0x01020304,
        .policy = KC_SNP_POLICY_SMT | KC_SNP_POLICY_RESERVED_ONE | 0x1f,
        .vmpl = 3,
        .current_tcb = UINT64_C(0x4417000000000a0b),
        .platform_info = 0x25,
        .author_key_enabled = true,
        .signing_key = KC_SNP_KEY_VLEK,
        .reported_tcb = 2,
        .cpu_family = 0x1a,
        .cpu_model = 0x02,
        .cpu_stepping = 0x01,
        .committed_tcb = 3,
        .current = {1, 2, 3},
        .committed = {4, 5, 6},
        .launch_tcb = 4,
        .launch_mitigations = 5,
        .current_mitigations = 6,
    };
    memset(in.family_id, 0x11, sizeof in.family_id);
    memset(in.image_id, 0x12, sizeof in.image_id);
    memset(in.report_data, 0x13, sizeof in.report_data);
    memset(in.measurement, 0x14, sizeof in.measurement);
    memset(in.host_data, 0x15, sizeof in.host_data);
    memset(in.id_key_digest, 0x16, sizeof in.id_key_digest);
    memset(in.author_key_digest, 0x17, sizeof in.author_key_digest);
    memset(in.report_id, 0x18, sizeof in.report_id);
    memset(in.report_id_ma, 0x19, sizeof in.report_id_ma);
    memset(in.chip_id, 0x1a, sizeof in.chip_id);
    for (size_t i = 0; i < sizeof in.signature; i++)
        in.signature[i] = (uint8_t)(i + 1);
    return in;
}

static void encode(const struct kc_snp_report *in, uint8_t out[KC_SNP_REPORT_SIZE])
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, KC_SNP_REPORT_SIZE});
    kc_snp_report_encode(&w, in);
    assert_false(kc_writer_failed(&w));
    assert_int_equal(w.len, KC_SNP_REPORT_SIZE);
}

/* Offsets written down apart from the code. */
static const struct {
    size_t at;
    uint8_t value;
} octets[] = {
    {0x000, 5},    {0x004, 4},    {0x007, 1},    {0x008, 0x1f}, {0x00a, 3},    {0x010, 0x11},
    {0x020, 0x12}, {0x030, 3},    {0x034, 1},    {0x038, 0x0b}, {0x03f, 0x44}, {0x040, 0x25},
    {0x048, 5},    {0x04c, 0},    {0x050, 0x13}, {0x08f, 0x13}, {0x090, 0x14}, {0x0c0, 0x15},
    {0x0e0, 0x16}, {0x110, 0x17}, {0x140, 0x18}, {0x160, 0x19}, {0x180, 2},    {0x188, 0x1a},
    {0x189, 0x02}, {0x18a, 0x01}, {0x18b, 0},    {0x1a0, 0x1a}, {0x1df, 0x1a}, {0x1e0, 3},
    {0x1e8, 1},    {0x1e9, 2},    {0x1ea, 3},    {0x1ec, 4},    {0x1ed, 5},    {0x1ee, 6},
    {0x1f0, 4},    {0x1f8, 5},    {0x200, 6},    {0x208, 0},    {0x2a0, 48},   {0x2cf, 1},
    {0x2d0, 0},    {0x2e8, 96},   {0x317, 49},   {0x318, 0},    {0x49f, 0},
};

static void test_offsets(void **state)
{
    (void)state;
    uint8_t bytes[KC_SNP_REPORT_SIZE];
    struct kc_snp_report in = make(5);
    encode(&in, bytes);
    for (size_t i = 0; i < COUNT_OF(octets); i++)
        if (bytes[octets[i].at] != octets[i].value)
            fail_msg("at %zx: %x", octets[i].at, bytes[octets[i].at]);
}

static void test_both_ways(void **state)
{
    (void)state;
    for (uint32_t version = 2; version <= 5; version++) {
        uint8_t bytes[KC_SNP_REPORT_SIZE];
        uint8_t again[KC_SNP_REPORT_SIZE];
        struct kc_snp_report in = make(version);
        struct kc_snp_report out;
        encode(&in, bytes);
        assert_int_equal(kc_snp_report_decode(kc_bytes_of(bytes, sizeof bytes), &out, NULL), KC_OK);
        assert_int_equal(out.version, version);
        assert_true(out.policy == in.policy);
        assert_true(out.author_key_enabled);
        assert_false(out.chip_id_masked);
        assert_int_equal(out.signing_key, KC_SNP_KEY_VLEK);
        assert_int_equal(out.product, version < 3 ? KC_SNP_UNKNOWN : KC_SNP_TURIN);
        assert_int_equal(out.cpu_family, version < 3 ? 0 : 0x1a);
        assert_int_equal(out.launch_mitigations, version < 5 ? 0 : 5);
        assert_int_equal(out.current_mitigations, version < 5 ? 0 : 6);
        assert_int_equal(out.committed.major, 6);
        assert_memory_equal(out.signature, in.signature, sizeof in.signature);
        assert_ptr_equal(out.signed_part.ptr, bytes);
        assert_int_equal(out.signed_part.len, KC_SNP_REPORT_SIGNED_SIZE);
        encode(&out, again);
        assert_memory_equal(again, bytes, sizeof bytes);
    }
}

static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum kc_err err;
    const char *what;
} changes[] = {
    {"version 1", 0, 1, KC_ERR_UNSUPPORTED, "SNP report: the version is not 2 to 5"},
    {"version 6", 0, 6, KC_ERR_UNSUPPORTED, "SNP report: the version is not 2 to 5"},
    {"version 0x105", 1, 1, KC_ERR_UNSUPPORTED, "SNP report: the version is not 2 to 5"},
    {"algorithm 0", 0x34, 0, KC_ERR_UNSUPPORTED,
     "SNP report: the signature algorithm is not 1 (ECDSA P-384, SHA-384)"},
    {"algorithm 2", 0x34, 2, KC_ERR_UNSUPPORTED,
     "SNP report: the signature algorithm is not 1 (ECDSA P-384, SHA-384)"},
    {"r of 385 bits", 0x2d0, 1, KC_ERR_MALFORMED, "SNP report: signature over 384 bits"},
    {"r of 576 bits", 0x2e7, 0x80, KC_ERR_MALFORMED, "SNP report: signature over 384 bits"},
    {"s of 385 bits", 0x318, 1, KC_ERR_MALFORMED, "SNP report: signature over 384 bits"},
    {"s of 576 bits", 0x32f, 0x80, KC_ERR_MALFORMED, "SNP report: signature over 384 bits"},
    {"a byte behind s", 0x330, 1, KC_ERR_MALFORMED, "SNP report: bytes behind the signature"},
    {"the last byte", 0x49f, 1, KC_ERR_MALFORMED, "SNP report: bytes behind the signature"},
    {"a reserved, signed byte", 0x29f, 1, KC_OK, ""},
    {"a reserved signing key", 0x48, 3 << 2, KC_OK, ""},
};

static void test_changes(void **state)
{
    (void)state;
    uint8_t bytes[KC_SNP_REPORT_SIZE + 1] = {0};
    struct kc_snp_report report = make(3);
    encode(&report, bytes);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct kc_error error = KC_ERROR_NONE;
        uint8_t kept = bytes[changes[i].at];
        bytes[changes[i].at] = changes[i].value;
        enum kc_err err =
            kc_snp_report_decode(kc_bytes_of(bytes, KC_SNP_REPORT_SIZE), &report, &error);
        bytes[changes[i].at] = kept;
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("%s: %s, '%s'", changes[i].name, kc_error_name(err), error.what);
    }
    for (size_t len = 0; len <= sizeof bytes; len++)
        assert_int_equal(kc_snp_report_decode(kc_bytes_of(bytes, len), &report, NULL),
                         len == KC_SNP_REPORT_SIZE ? KC_OK : KC_ERR_MALFORMED);
}

static const struct {
    uint8_t family;
    uint8_t model;
    enum kc_snp_product product;
    const char *name;
} products[] = {
    {0x19, 0x01, KC_SNP_MILAN, "Milan"},     {0x19, 0x0f, KC_SNP_MILAN, "Milan"},
    {0x19, 0x11, KC_SNP_GENOA, "Genoa"},     {0x19, 0x1f, KC_SNP_GENOA, "Genoa"},
    {0x19, 0xa0, KC_SNP_GENOA, "Genoa"},     {0x19, 0xaf, KC_SNP_GENOA, "Genoa"},
    {0x19, 0x20, KC_SNP_UNKNOWN, "unknown"}, {0x19, 0xb0, KC_SNP_UNKNOWN, "unknown"},
    {0x1a, 0x02, KC_SNP_TURIN, "Turin"},     {0x1a, 0x11, KC_SNP_TURIN, "Turin"},
    {0x1a, 0x12, KC_SNP_UNKNOWN, "unknown"}, {0x17, 0x01, KC_SNP_UNKNOWN, "unknown"},
};

static void test_products(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(products); i++) {
        uint8_t bytes[KC_SNP_REPORT_SIZE];
        struct kc_snp_report report = make(3);
        report.cpu_family = products[i].family;
        report.cpu_model = products[i].model;
        encode(&report, bytes);
        assert_int_equal(kc_snp_report_decode(kc_bytes_of(bytes, sizeof bytes), &report, NULL),
                         KC_OK);
        assert_int_equal(report.product, products[i].product);
        assert_string_equal(kc_snp_report_product_name(report.product), products[i].name);
    }
}

static const struct {
    uint64_t raw;
    enum kc_snp_product product;
    bool good;
    struct kc_snp_tcb want;
} tcbs[] = {
    {UINT64_C(0xdb18000000000004), KC_SNP_MILAN, true, {0, 4, 0, 24, 219}},
    {UINT64_C(0x541700000000010a), KC_SNP_GENOA, true, {0, 10, 1, 23, 84}},
    {UINT64_C(0x4408000000000003), KC_SNP_UNKNOWN, true, {0, 3, 0, 8, 68}},
    {UINT64_C(0x4400000004010201), KC_SNP_TURIN, true, {1, 2, 1, 4, 68}},
    {UINT64_C(0x4400000004010201), KC_SNP_MILAN, false, {0}},
    {UINT64_C(0x0000010000000000), KC_SNP_MILAN, false, {0}},
    {UINT64_C(0x0000000000010000), KC_SNP_GENOA, false, {0}},
    {UINT64_C(0xdb18000000000004), KC_SNP_TURIN, false, {0}},
    {UINT64_C(0x0000000100000000), KC_SNP_TURIN, false, {0}},
};

static void test_tcb(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tcbs); i++) {
        struct kc_snp_tcb tcb = {0};
        assert_int_equal(kc_snp_report_read_tcb(tcbs[i].raw, tcbs[i].product, &tcb), tcbs[i].good);
        assert_memory_equal(&tcb, &tcbs[i].want, sizeof tcb);
    }
}

static void test_covers(void **state)
{
    (void)state;
    const struct kc_snp_tcb base = {5, 5, 5, 5, 5};
    assert_true(kc_snp_report_tcb_covers(&base, &base));
    for (int i = 0; i < 5; i++) {
        uint8_t parts[5] = {5, 5, 5, 5, 5};
        parts[i] = 6;
        struct kc_snp_tcb more = {parts[0], parts[1], parts[2], parts[3], parts[4]};
        assert_true(kc_snp_report_tcb_covers(&more, &base));
        assert_false(kc_snp_report_tcb_covers(&base, &more));
    }
}

static void test_genuine(void **state)
{
    (void)state;
    size_t count = 0;
    char **names = test_list(SHARED_VECTOR("snp"));
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[512];
        size_t len = 0;
        uint8_t again[KC_SNP_REPORT_SIZE];
        struct kc_snp_report report;
        struct kc_snp_tcb tcb;
        struct kc_error error = KC_ERROR_NONE;
        snprintf(path, sizeof path, SHARED_VECTOR("snp/%s/report.bin"), names[i]);
        uint8_t *bytes = test_read_file(path, &len);
        if (bytes == NULL)
            continue;
        if (kc_snp_report_decode(kc_bytes_of(bytes, len), &report, &error) != KC_OK)
            fail_msg("%s: %s (%d)", names[i], error.what, (int)error.at);
        assert_true(kc_snp_report_read_tcb(report.reported_tcb, report.product, &tcb));
        assert_true((report.policy & KC_SNP_POLICY_RESERVED_ONE) != 0);
        if (report.version >= 3)
            assert_int_equal(report.product,
                             strstr(names[i], "genoa") ? KC_SNP_GENOA : KC_SNP_MILAN);
        encode(&report, again);
        assert_memory_equal(again, bytes, len);
        free(bytes);
        count++;
    }
    test_list_free(names);
    assert_true(count >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets), cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_products),
        cmocka_unit_test(test_tcb),     cmocka_unit_test(test_covers),
        cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
