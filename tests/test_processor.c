#include "test.h"

#include "base/hex.h"
#include "sim/cmac.h"
#include "sim/processor.h"

static void unhex(const char *text, uint8_t *out, size_t len)
{
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, len}, &n), KC_OK);
    assert_int_equal(n, len);
}

/* RFC 4493, section 4. */
static void test_cmac_rfc4493(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *mac;
    } rows[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[16], message[64], want[16], got[16];
    unhex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof key);
    unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
          message, sizeof message);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unhex(rows[i].mac, want, sizeof want);
        kc_cmac_aes128(key, kc_bytes_of(message, rows[i].len), got);
        assert_memory_equal(got, want, sizeof want);
    }
}

/* RFC 4231, test case 2. */
static void test_hmac_rfc4231(void **state)
{
    (void)state;
    uint8_t want[32], got[32];
    unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", want, sizeof want);
    kc_hmac_sha256(kc_bytes_of_text("Jefe"), kc_bytes_of_text("what do ya want for nothing?"), got);
    assert_memory_equal(got, want, sizeof want);
}

/* Where the tables below change one byte. */
enum place { NOTHING, PROCESSOR, SECS, REQUEST };

struct machine {
    struct kc_sim_processor processor;
    struct kc_sim_secs secs;
    uint8_t request[KC_SGX_KEYREQUEST_SIZE];
};

static struct machine machine_with(uint16_t name, uint16_t policy)
{
    struct machine m = {0};
    memset(m.processor.fuse_secret, 0x5a, sizeof m.processor.fuse_secret);
    memset(m.processor.cpu_svn, 5, sizeof m.processor.cpu_svn);
    memset(m.secs.mrenclave, 0x11, sizeof m.secs.mrenclave);
    memset(m.secs.mrsigner, 0x22, sizeof m.secs.mrsigner);
    memset(m.secs.config_id, 0x33, sizeof m.secs.config_id);
    m.secs.attributes =
        (struct kc_sgx_attributes){KC_SGX_FLAG_INIT | KC_SGX_FLAG_DEBUG | KC_SGX_FLAG_MODE64BIT, 7};
    m.secs.misc_select = 1;
    m.secs.isv_prod_id = 9;
    m.secs.isv_svn = 4;
    m.secs.config_svn = 2;
    m.request[0] = (uint8_t)name;
    m.request[1] = (uint8_t)(name >> 8);
    m.request[2] = (uint8_t)policy;
    m.request[3] = (uint8_t)(policy >> 8);
    m.request[4] = 4;
    memset(m.request + 8, 5, 16);     /* CPUSVN */
    memset(m.request + 24, 0xff, 16); /* attribute mask */
    memset(m.request + 72, 0xff, 4);  /* MISCMASK */
    return m;
}

static void change(struct machine *m, enum place place, size_t offset, uint8_t with)
{
    uint8_t *bytes = place == PROCESSOR ? (uint8_t *)&m->processor
                     : place == SECS    ? (uint8_t *)&m->secs
                                        : m->request;
    if (place != NOTHING)
        bytes[offset] ^= with;
}

/* Which changes give another SEAL key: all those that the SDM names, and no others. */
static void test_seal_dependencies(void **state)
{
    (void)state;
    enum { E = KC_SGX_KEY_POLICY_MRENCLAVE, S = KC_SGX_KEY_POLICY_MRSIGNER };
    static const struct {
        const char *name;
        uint16_t policy;
        enum place place;
        size_t offset;
        uint8_t with;
        bool other_key;
    } rows[] = {
        {"nothing", E, NOTHING, 0, 0, false},
        {"fuse secret", E, PROCESSOR, offsetof(struct kc_sim_processor, fuse_secret) + 31, 1, true},
        {"newer processor", E, PROCESSOR, offsetof(struct kc_sim_processor, cpu_svn), 2, false},
        {"MRENCLAVE, by policy", E, SECS, offsetof(struct kc_sim_secs, mrenclave), 1, true},
        {"MRENCLAVE, not in policy", S, SECS, offsetof(struct kc_sim_secs, mrenclave), 1, false},
        {"MRSIGNER, by policy", S, SECS, offsetof(struct kc_sim_secs, mrsigner) + 31, 1, true},
        {"MRSIGNER, not in policy", E, SECS, offsetof(struct kc_sim_secs, mrsigner), 1, false},
        {"product id", E, SECS, offsetof(struct kc_sim_secs, isv_prod_id), 1, true},
        {"newer enclave", E, SECS, offsetof(struct kc_sim_secs, isv_svn), 1, false},
        {"config id, not in policy", E, SECS, offsetof(struct kc_sim_secs, config_id), 1, false},
        {"DEBUG", E, SECS, offsetof(struct kc_sim_secs, attributes.flags), 2, true},
        {"XFRM", E, SECS, offsetof(struct kc_sim_secs, attributes.xfrm), 4, true},
        {"MISCSELECT", E, SECS, offsetof(struct kc_sim_secs, misc_select), 1, true},
        {"policy", E, REQUEST, 2, E | S, true},
        {"older ISVSVN", E, REQUEST, 4, 1 ^ 4, true},
        {"older CPUSVN", E, REQUEST, 8 + 15, 1, true},
        {"attribute mask", E, REQUEST, 24 + 1, 1, true},
        {"KEYID", E, REQUEST, 40 + 31, 1, true},
        {"MISCMASK", E, REQUEST, 72, 1, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct machine m = machine_with(KC_SGX_KEY_SEAL, rows[i].policy);
        uint8_t before[16], after[16];
        assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, before), 0);
        change(&m, rows[i].place, rows[i].offset, rows[i].with);
        if (kc_sim_egetkey(&m.processor, &m.secs, m.request, after) != 0)
            fail_msg("%s: refused", rows[i].name);
        if ((memcmp(before, after, 16) != 0) != rows[i].other_key)
            fail_msg("%s: the key must %schange", rows[i].name, rows[i].other_key ? "" : "not ");
    }
}

/* A mask frees what it leaves out, INIT and DEBUG excepted. */
static void test_seal_masks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t offset;
        uint8_t with;
        bool other_key;
    } rows[] = {
        {"DEBUG", offsetof(struct kc_sim_secs, attributes.flags), 2, true},
        {"MODE64BIT", offsetof(struct kc_sim_secs, attributes.flags), 4, false},
        {"XFRM", offsetof(struct kc_sim_secs, attributes.xfrm), 4, false},
        {"MISCSELECT", offsetof(struct kc_sim_secs, misc_select), 1, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct machine m = machine_with(KC_SGX_KEY_SEAL, KC_SGX_KEY_POLICY_MRENCLAVE);
        uint8_t before[16], after[16];
        memset(m.request + 24, 0, 16);
        memset(m.request + 72, 0, 4);
        assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, before), 0);
        change(&m, SECS, rows[i].offset, rows[i].with);
        assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, after), 0);
        if ((memcmp(before, after, 16) != 0) != rows[i].other_key)
            fail_msg("%s: the key must %schange", rows[i].name, rows[i].other_key ? "" : "not ");
    }
}

static void test_egetkey_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t key_name;
        uint16_t policy;
        enum place place;
        size_t offset;
        uint8_t with;
        uint32_t want;
    } rows[] = {
        {"seal", 4, 1, NOTHING, 0, 0, 0},
        {"report", 3, 0, NOTHING, 0, 0, 0},
        {"report, SVNs not looked at", 3, 0, REQUEST, 5, 0xff, 0},
        {"neither policy", 4, 0, NOTHING, 0, 0, 0},
        {"ISVSVN above current", 4, 1, REQUEST, 4, 1, KC_SIM_INVALID_ISVSVN},
        {"ISVSVN far above", 4, 1, REQUEST, 5, 0x80, KC_SIM_INVALID_ISVSVN},
        {"CPUSVN above in one byte", 4, 1, REQUEST, 8 + 7, 3, KC_SIM_INVALID_CPUSVN},
        {"CPUSVN above in the last", 4, 1, REQUEST, 8 + 15, 0xf0, KC_SIM_INVALID_CPUSVN},
        {"launch key", 0, 0, NOTHING, 0, 0, KC_SIM_INVALID_ATTRIBUTE},
        {"provision key", 1, 0, NOTHING, 0, 0, KC_SIM_INVALID_ATTRIBUTE},
        {"provision seal key", 2, 0, NOTHING, 0, 0, KC_SIM_INVALID_ATTRIBUTE},
        {"provision key, granted", 1, 0, SECS, offsetof(struct kc_sim_secs, attributes.flags), 0x10,
         0},
        {"launch key, granted", 0, 0, SECS, offsetof(struct kc_sim_secs, attributes.flags), 0x20,
         0},
        {"key name 5", 5, 0, NOTHING, 0, 0, KC_SIM_INVALID_KEYNAME},
        {"key name 0x104", 0x104, 1, NOTHING, 0, 0, KC_SIM_INVALID_KEYNAME},
        {"policy bit 6", 4, 0x41, NOTHING, 0, 0, KC_SIM_FAULT},
        {"policy bit 15", 4, 0x8001, NOTHING, 0, 0, KC_SIM_FAULT},
        {"CONFIGID without KSS", 4, 8, NOTHING, 0, 0, KC_SIM_FAULT},
        {"CONFIGSVN without KSS", 4, 1, REQUEST, 76, 1, KC_SIM_FAULT},
        {"CET mask", 4, 1, REQUEST, 6, 1, KC_SIM_FAULT},
        {"reserved byte 7", 4, 1, REQUEST, 7, 1, KC_SIM_FAULT},
        {"reserved byte 78", 4, 1, REQUEST, 78, 1, KC_SIM_FAULT},
        {"reserved byte 511", 3, 0, REQUEST, 511, 0x80, KC_SIM_FAULT},
    };
    static const uint8_t zeros[16];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct machine m = machine_with(rows[i].key_name, rows[i].policy);
        uint8_t key[16];
        change(&m, rows[i].place, rows[i].offset, rows[i].with);
        memset(key, 0xaa, sizeof key);
        uint32_t got = kc_sim_egetkey(&m.processor, &m.secs, m.request, key);
        if (got != rows[i].want)
            fail_msg("%s: %u, not %u", rows[i].name, got, rows[i].want);
        if ((memcmp(key, zeros, 16) == 0) != (got != 0))
            fail_msg("%s: the key is zero exactly on failure", rows[i].name);
    }
}

/* Key separation and sharing (KSS): the policy bits that it brings. */
static void test_egetkey_kss(void **state)
{
    (void)state;
    struct machine m = machine_with(KC_SGX_KEY_SEAL, 1 | 4 | 8);
    uint8_t first[16], second[16];
    m.secs.attributes.flags |= KC_SGX_FLAG_KSS;
    assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, first), 0);
    m.secs.isv_prod_id++; /* left out by NOISVPRODID */
    assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, second), 0);
    assert_memory_equal(first, second, 16);
    m.secs.config_id[63] ^= 1;
    assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, second), 0);
    assert_memory_not_equal(first, second, 16);
    m.request[76] = 3; /* the enclave's is 2 */
    assert_int_equal(kc_sim_egetkey(&m.processor, &m.secs, m.request, second),
                     KC_SIM_INVALID_ISVSVN);
}

static void target_of(const struct kc_sim_secs *secs, uint8_t out[KC_SGX_TARGETINFO_SIZE])
{
    memset(out, 0, KC_SGX_TARGETINFO_SIZE);
    memcpy(out, secs->mrenclave, 32);
    memcpy(out + 32, &secs->attributes.flags, 8);
    memcpy(out + 40, &secs->attributes.xfrm, 8);
    memcpy(out + 50, &secs->config_svn, 2);
    memcpy(out + 52, &secs->misc_select, 4);
    memcpy(out + 64, secs->config_id, 64);
}

/* As a target checks a report: its report key for the KEYID that stands in it. */
static bool mac_holds(const struct kc_sim_processor *processor, const struct kc_sim_secs *target,
                      const uint8_t report[KC_SGX_REPORT_SIZE])
{
    uint8_t request[KC_SGX_KEYREQUEST_SIZE] = {KC_SGX_KEY_REPORT};
    uint8_t key[16], mac[16];
    memcpy(request + 40, report + 384, 32);
    assert_int_equal(kc_sim_egetkey(processor, target, request, key), 0);
    kc_cmac_aes128(key, kc_bytes_of(report, KC_SGX_REPORT_BODY_SIZE), mac);
    return memcmp(mac, report + 416, 16) == 0;
}

static void test_ereport(void **state)
{
    (void)state;
    struct machine m = machine_with(KC_SGX_KEY_REPORT, 0);
    struct kc_sim_secs other = m.secs;
    uint8_t target[KC_SGX_TARGETINFO_SIZE], report[KC_SGX_REPORT_SIZE], data[64];
    memset(other.mrenclave, 0x77, sizeof other.mrenclave);
    memset(data, 0xdd, sizeof data);
    target_of(&other, target);
    kc_sim_ereport(&m.processor, &m.secs, target, data, report);

    static const struct {
        const char *name;
        size_t offset, len;
        uint8_t fill;
    } fields[] = {
        {"CPUSVN", 0, 16, 5},        {"reserved", 20, 28, 0},     {"MRENCLAVE", 64, 32, 0x11},
        {"reserved", 96, 32, 0},     {"MRSIGNER", 128, 32, 0x22}, {"reserved", 160, 32, 0},
        {"CONFIGID", 192, 64, 0x33}, {"reserved", 262, 58, 0},    {"report data", 320, 64, 0xdd},
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        for (size_t k = 0; k < fields[i].len; k++) {
            if (report[fields[i].offset + k] != fields[i].fill)
                fail_msg("%s, byte %zu", fields[i].name, k);
        }
    }
    assert_memory_equal(report + 16, "\1\0\0\0", 4);
    assert_memory_equal(report + 48, "\7\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0", 16);
    assert_memory_equal(report + 256, "\11\0\4\0\2\0", 6);

    assert_true(mac_holds(&m.processor, &other, report));
    assert_false(mac_holds(&m.processor, &m.secs, report)); /* another target */
    for (size_t i = 0; i < KC_SGX_REPORT_SIZE; i++) {
        report[i] ^= 0x10;
        if (mac_holds(&m.processor, &other, report))
            fail_msg("byte %zu changed and the MAC held", i);
        report[i] ^= 0x10;
    }
    struct kc_sim_processor elsewhere = m.processor;
    elsewhere.fuse_secret[0] ^= 1;
    assert_false(mac_holds(&elsewhere, &other, report));
    struct kc_sim_processor updated = m.processor;
    updated.cpu_svn[3]++;
    assert_false(mac_holds(&updated, &other, report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmac_rfc4493),      cmocka_unit_test(test_hmac_rfc4231),
        cmocka_unit_test(test_seal_dependencies), cmocka_unit_test(test_seal_masks),
        cmocka_unit_test(test_egetkey_refusals),  cmocka_unit_test(test_egetkey_kss),
        cmocka_unit_test(test_ereport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
