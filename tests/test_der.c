#include "formats/der.h"

#include "base/hex.h"
#include "test.h"

/* What to call: each reads one value of its kind and must use up the input. */
enum kind {
    BOOL,
    INT,
    UINT, /* to 65535 */
    ENUM, /* to 2 */
    BIG,  /* two octets */
    OID,
    BITS,
    ALIGNED,
    OCTETS, /* exactly two */
    TIME,
    ANY,
    ENTER, /* a SEQUENCE, whose content is not looked at */
};

static const struct {
    const char *name;
    enum kind kind;
    const char *hex;
    bool good;
    int64_t want;
} cases[] = {
    {"true", BOOL, "0101ff", true, 1},
    {"false", BOOL, "010100", true, 0},
    {"true as 1", BOOL, "010101", false, 0},
    {"true as fe", BOOL, "0101fe", false, 0},
    {"boolean of no octet", BOOL, "0100", false, 0},
    {"boolean of two", BOOL, "0102ffff", false, 0},
    {"boolean cut", BOOL, "0101", false, 0},
    {"no tag", BOOL, "", false, 0},
    {"no length", BOOL, "01", false, 0},

    {"zero", INT, "020100", true, 1},
    {"negative", INT, "020180", true, 1},
    {"two octets", INT, "02020080", true, 2},
    {"two octets, negative", INT, "0202ff7f", true, 2},
    {"no octets", INT, "0200", false, 0},
    {"leading zero", INT, "0202007f", false, 0},
    {"zero twice", INT, "02020000", false, 0},
    {"leading ones", INT, "0202ff80", false, 0},
    {"other tag", INT, "0a0100", false, 0},
    {"trailing", INT, "02010000", false, 0},

    {"0", UINT, "020100", true, 0},
    {"127", UINT, "02017f", true, 127},
    {"128", UINT, "02020080", true, 128},
    {"65535", UINT, "020300ffff", true, 65535},
    {"65536", UINT, "0203010000", false, 0},
    {"-1", UINT, "0201ff", false, 0},
    {"-128", UINT, "020180", false, 0},
    {"5 octets", UINT, "02050080000000", false, 0},
    {"6 octets", UINT, "020601000000ffff", false, 0},
    {"9 octets that wrap", UINT, "0209010000000000000001", false, 0},

    {"enumerated 2", ENUM, "0a0102", true, 2},
    {"enumerated 3", ENUM, "0a0103", false, 0},
    {"enumerated with a lead", ENUM, "0a020001", false, 0},
    {"enumerated as integer", ENUM, "020101", false, 0},

    {"big 0", BIG, "020100", true, 0},
    {"big 1", BIG, "020101", true, 1},
    {"big 8000", BIG, "0203008000", true, 0x8000},
    {"big ffff", BIG, "020300ffff", true, 0xffff},
    {"big 3 octets", BIG, "0203010000", false, 0},
    {"big negative", BIG, "0202ffff", false, 0},
    {"big none", BIG, "0200", false, 0},
    {"big padded", BIG, "0202007f", false, 0},

    {"oid", OID, "0603551d0f", true, 3},
    {"oid of large arcs", OID, "06048fffff7f", true, 4},
    {"oid of nothing", OID, "0600", false, 0},
    {"oid cut", OID, "0602550f", true, 2},
    {"oid ends in the middle", OID, "06025580", false, 0},
    {"oid with a padded arc", OID, "060455800f0f", false, 0},
    {"oid with a padded first arc", OID, "0602800f", false, 0},

    {"first bit", BITS, "03020780", true, 1},
    {"digitalSignature, nonRepudiation", BITS, "030206c0", true, 3},
    {"keyCertSign, cRLSign", BITS, "03020106", true, 0x60},
    {"ninth bit", BITS, "0303070080", true, 0x100},
    {"32 bits", BITS, "03050000000001", true, 0x80000000},
    {"33 bits", BITS, "0306070000000080", false, 0},
    {"no bits", BITS, "030100", false, 0},
    {"no octet at all", BITS, "0300", false, 0},
    {"a trailing zero bit", BITS, "0303078000", false, 0},
    {"last bit zero", BITS, "03020680", false, 0},
    {"last octet zero", BITS, "0303008000", false, 0},
    {"unused bit set", BITS, "030207c0", false, 0},
    {"8 unused", BITS, "03020880", false, 0},
    {"unused of nothing", BITS, "030107", false, 0},
    {"constructed", BITS, "230403020780", false, 0},

    {"aligned", ALIGNED, "030300abcd", true, 2},
    {"aligned, empty", ALIGNED, "030100", true, 0},
    {"aligned, but 4 unused", ALIGNED, "030204a0", false, 0},

    {"octets", OCTETS, "0402abcd", true, 0xabcd},
    {"one octet", OCTETS, "0401ab", false, 0},
    {"three octets", OCTETS, "0403abcdef", false, 0},
    {"octets in pieces", OCTETS, "24060401ab0401cd", false, 0},

    {"1970", TIME, "170d3730303130313030303030305a", true, 0},
    {"1950", TIME, "170d3530303130313030303030305a", true, -631152000},
    {"2049", TIME, "170d3439313233313233353935395a", true, 2524607999},
    {"2050", TIME, "180f32303530303130313030303030305a", true, 2524608000},
    {"9999", TIME, "180f39393939313233313233353935395a", true, 253402300799},
    {"leap day", TIME, "170d3234303232393030303030305a", true, 1709164800},
    {"no leap day", TIME, "170d3233303232393030303030305a", false, 0},
    {"2049 generalized", TIME, "180f32303439313233313233353935395a", true, 2524607999},
    {"year 0", TIME, "180f30303030303130313030303030305a", false, 0},
    {"month 13", TIME, "170d3234313330313030303030305a", false, 0},
    {"day 0", TIME, "170d3234303130303030303030305a", false, 0},
    {"hour 24", TIME, "170d3234303130313234303030305a", false, 0},
    {"second 60", TIME, "170d3234303130313030303036305a", false, 0},
    {"no seconds", TIME, "170b323430313031303030305a", false, 0},
    {"no Z", TIME, "170c323430313031303030303030", false, 0},
    {"z", TIME, "170d3234303130313030303030307a", false, 0},
    {"offset", TIME, "17113234303130313030303030302b30303030", false, 0},
    {"a space for a digit", TIME, "170d3234303130312030303030305a", false, 0},
    {"a sign for a digit", TIME, "170d3234303130312b30303030305a", false, 0},
    {"colon after nine", TIME, "170d32343031303130303030303a5a", false, 0},
    {"year :0", TIME, "170d3a30303130313030303030305a", false, 0},
    {"month 1/", TIME, "170d3234312f30313030303030305a", false, 0},
    {"fraction", TIME, "181132303530303130313030303030302e355a", false, 0},
    {"time of nothing", TIME, "1700", false, 0},
    {"other tag for time", TIME, "040d3730303130313030303030305a", false, 0},

    {"empty sequence", ENTER, "3000", true, 0},
    {"sequence of 128", ENTER, "3081800000", false, 0},
    {"indefinite", ENTER, "30800000", false, 0},
    {"long form for 0", ENTER, "308100", false, 0},
    {"length with a leading zero", ENTER, "30820001ff", false, 0},
    {"four octets of length", ENTER, "308400000001ff", false, 0},
    {"length of all ones", ENTER, "30ffffffff", false, 0},
    {"largest length", ENTER, "3083ffffff", false, 0},
    {"length cut", ENTER, "3082ff", false, 0},
    {"one octet short", ENTER, "3002ff", false, 0},

    {"any: null cut", ANY, "300a3008310602010001010005", false, 0},
    {"any: second null cut", ANY, "30083106020100050005", false, 0},
    {"any: sequence of set", ANY, "300731050201000500", true, 9},
    {"any: high tag number in one octet", ANY, "1f00", false, 0},
    {"any: bad enumerated inside", ANY, "30040a020001", false, 0},
    {"any: null with content", ANY, "3003050100", false, 0},
    {"any: constructed octets", ANY, "3005240304010a", false, 0},
    {"any: primitive sequence", ANY, "1000", false, 0},
    {"any: high tag number", ANY, "1f810100", false, 0},
    {"any: end of contents", ANY, "0000", false, 0},
    {"any: child longer than parent", ANY, "30030203000000", false, 0},
    {"any: bad integer inside", ANY, "300402020001", false, 0},
    {"any: bad bits inside", ANY, "300403020701", false, 0},
    {"any: bad oid inside", ANY, "3003060180", false, 0},
    {"any: bad boolean inside", ANY, "3003010101", false, 0},
    {"any: context primitive", ANY, "80020000", true, 4},
    {"any: context constructed", ANY, "a0020500", true, 4},
    {"any: context constructed, broken", ANY, "a0020501", false, 0},
};

static int64_t read_value(enum kind kind, struct kc_reader *r)
{
    uint8_t pair[2] = {0, 0};
    struct kc_reader inner;
    switch (kind) {
    case BOOL:
        return kc_der_boolean(r);
    case INT:
        return (int64_t)kc_der_integer(r).len;
    case UINT:
        return kc_der_uint(r, KC_DER_INTEGER, 65535);
    case ENUM:
        return kc_der_uint(r, KC_DER_ENUMERATED, 2);
    case BIG:
        kc_der_big_uint(r, pair, 2);
        return pair[0] << 8 | pair[1];
    case OID:
        return (int64_t)kc_der_oid(r).len;
    case BITS:
        return kc_der_named_bits(r);
    case ALIGNED:
        return (int64_t)kc_der_octet_aligned_bits(r).len;
    case OCTETS:
        kc_der_octets(r, pair, 2);
        return pair[0] << 8 | pair[1];
    case TIME:
        return kc_der_time(r);
    case ANY:
        return (int64_t)kc_der_any(r).len;
    case ENTER:
        inner = kc_der_enter(r, KC_DER_SEQUENCE);
        return (int64_t)inner.left;
    }
    return -1;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t der[64];
        size_t len = 0;
        struct kc_room room = {der, sizeof der};
        assert_int_equal(kc_hex_decode(kc_bytes_of_text(cases[i].hex), room, &len), KC_OK);
        /* A copy of the very size, so that a read past the end is seen by the sanitizers. */
        uint8_t *exact = malloc(len + (len == 0));
        memcpy(exact, der, len);
        struct kc_reader r = kc_reader_of(kc_bytes_of(exact, len));
        int64_t got = read_value(cases[i].kind, &r);
        int64_t want = kc_reader_failed(&r) ? 0 : got;
        if (cases[i].good)
            want = cases[i].want;
        if (kc_reader_done(&r) != cases[i].good || got != want)
            fail_msg("%s: %s, %lld", cases[i].name, kc_reader_done(&r) ? "accepted" : "refused",
                     (long long)got);
        free(exact);
    }
}

/* One form of each length, at every border between two forms. */
static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        uint8_t head[5];
        size_t head_len;
        size_t content;
        bool good;
    } lengths[] = {
        {{0x30, 0x7f}, 2, 127, true},
        {{0x30, 0x81, 0x01}, 3, 1, false},
        {{0x30, 0x81, 0x7f}, 3, 127, false},
        {{0x30, 0x81, 0x80}, 3, 128, true},
        {{0x30, 0x82, 0x00, 0x80}, 4, 128, false},
        {{0x30, 0x81, 0xff}, 3, 255, true},
        {{0x30, 0x82, 0x00, 0xff}, 4, 255, false},
        {{0x30, 0x82, 0x01, 0x00}, 4, 256, true},
        {{0x30, 0x83, 0x00, 0x01, 0x00}, 5, 256, false},
    };
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        uint8_t der[300] = {0};
        memcpy(der, lengths[i].head, lengths[i].head_len);
        size_t len = lengths[i].head_len + lengths[i].content;
        struct kc_reader r = kc_reader_of(kc_bytes_of(der, len));
        struct kc_reader inner = kc_der_enter(&r, KC_DER_SEQUENCE);
        if (kc_reader_done(&r) != lengths[i].good ||
            inner.left != (lengths[i].good ? lengths[i].content : 0))
            fail_msg("length %zu", i);
    }
}

/* Sixteen levels are read, seventeen refused, and a million do not overflow the stack. */
static void test_depth(void **state)
{
    (void)state;
    uint8_t nested[64];
    for (size_t levels = 1; levels <= 20; levels++) {
        for (size_t i = 0; i < levels; i++) {
            nested[2 * i] = 0x30;
            nested[2 * i + 1] = (uint8_t)(2 * (levels - 1 - i));
        }
        struct kc_reader r = kc_reader_of(kc_bytes_of(nested, 2 * levels));
        (void)kc_der_any(&r);
        assert_int_equal(kc_reader_done(&r), levels <= 16);
    }
    size_t len = 1u << 20;
    uint8_t *deep = malloc(len);
    for (size_t i = 0; i + 5 <= len; i += 5) {
        size_t rest = len - i - 5;
        deep[i] = 0x30;
        deep[i + 1] = 0x83;
        deep[i + 2] = (uint8_t)(rest >> 16);
        deep[i + 3] = (uint8_t)(rest >> 8);
        deep[i + 4] = (uint8_t)rest;
    }
    struct kc_reader r = kc_reader_of(kc_bytes_of(deep, len));
    (void)kc_der_any(&r);
    assert_true(kc_reader_failed(&r));
    free(deep);
}

/* The offset in an error is that of the element which is wrong, however deep. */
static void test_offsets(void **state)
{
    (void)state;
    static const uint8_t der[] = {0x30, 0x07, 0x30, 0x05, 0x05, 0x00, 0x01, 0x01, 0x02};
    struct kc_reader r = kc_reader_of(kc_bytes_of(der, sizeof der));
    (void)kc_der_any(&r);
    assert_true(kc_reader_failed(&r));
    assert_int_equal(r.at, 6);
}

/* After a failure every reader gives nothing and stays where it was. */
static void test_sticky(void **state)
{
    (void)state;
    static const uint8_t der[] = {0x02, 0x01, 0x05, 0x02, 0x01, 0x06};
    struct kc_reader r = kc_reader_of(kc_bytes_of(der, sizeof der));
    uint8_t out[2] = {1, 1};
    assert_int_equal(kc_der_uint(&r, KC_DER_INTEGER, 9), 5);
    assert_false(kc_der_boolean(&r));
    assert_int_equal(kc_der_peek(&r), 0);
    assert_int_equal(kc_der_uint(&r, KC_DER_INTEGER, 9), 0);
    kc_der_octets(&r, out, 2);
    assert_int_equal(out[0] + out[1], 0);
    assert_null(kc_der_any(&r).ptr);
    assert_null(kc_der_element(&r, KC_DER_INTEGER).ptr);
    assert_int_equal(r.at, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),  cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_depth),  cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
