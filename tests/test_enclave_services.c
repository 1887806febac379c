/* The runtime's services, seen through the probe: reports, keys, randomness, libc, libcrypto. */
#include "probe/enclave_test.h"

#include <time.h>

static enum kc_err ask(struct kc_enclave *enclave, const void *in, size_t n, uint8_t *out,
                       size_t *len)
{
    return probe_call(enclave, kc_bytes_of(in, n), out, len);
}

static void test_crypto(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    assert_int_equal(probe_ask(enclave, PROBE_SIGN, 5, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_VERIFY, 0, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_GCM, 0, 0), 1);
    assert_int_equal(probe_ask(enclave, PROBE_RSA, 0, 0), 1);
    kc_enclave_free(enclave);
}

/* libcrypto's feature word is ours, not the processor's. */
static void test_features(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t in[4] = {PROBE_SUM, 1, 2, 3};
    uint8_t out[4096];
    uint32_t word[4];
    uint64_t sum = 0;
    size_t len = 0;
    assert_int_equal(ask(enclave, in, sizeof(in), out, &len), KC_OK);
    assert_int_equal(len, 24);
    memcpy(&sum, out, 8);
    memcpy(word, out + 8, 16);
    assert_int_equal(sum, 6);
    assert_int_equal(word[1] & (1u << 25 | 1u << 1), 1u << 25 | 1u << 1); /* AES-NI, PCLMULQDQ */
    assert_int_equal(word[1] & (1u << 30), 0);                            /* RDRAND */
    assert_int_equal(word[2] & (1u << 5), 1u << 5);                       /* AVX2 */
    assert_int_equal(word[2] & (1u << 16 | 1u << 18 | 1u << 19 | 1u << 29), 0);
    kc_enclave_free(enclave);
}

/* Same arithmetic as the simulated processor's, called natively. */
static void test_report(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t in[1 + 512 + 64] = {PROBE_REPORT};
    uint8_t want[KC_SGX_REPORT_SIZE];
    uint8_t out[4096];
    size_t len = 0;
    memset(in + 1, 0x31, 512);
    memset(in + 513, 0x42, 64);
    assert_int_equal(ask(enclave, in, sizeof(in), out, &len), KC_OK);
    assert_int_equal(len, KC_SGX_REPORT_SIZE);
    kc_sim_ereport(probe_processor(), &probe_emulator(enclave)->secs, in + 1, in + 513, want);
    assert_memory_equal(out, want, sizeof(want));
    assert_memory_equal(out + 64, kc_enclave_identity(enclave)->mrenclave, 32);

    in[0] = PROBE_SELF;
    assert_int_equal(ask(enclave, in, 1, out, &len), KC_OK);
    assert_int_equal(len, KC_SGX_REPORT_SIZE);
    kc_enclave_free(enclave);
}

static void test_seal_key(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t by_enclave[4096];
    uint8_t by_signer[4096];
    uint8_t again[4096];
    size_t len = 0;
    assert_int_equal(ask(enclave, (uint8_t[]){PROBE_SEALKEY, 1}, 2, by_enclave, &len), KC_OK);
    assert_int_equal(len, 16);
    assert_int_equal(ask(enclave, (uint8_t[]){PROBE_SEALKEY, 2}, 2, by_signer, &len), KC_OK);
    assert_int_equal(ask(enclave, (uint8_t[]){PROBE_SEALKEY, 1}, 2, again, &len), KC_OK);
    assert_memory_equal(by_enclave, again, 16);
    assert_memory_not_equal(by_enclave, by_signer, 16);
    kc_enclave_free(enclave);
}

static void test_random(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint8_t in[1] = {PROBE_RANDOM};
    uint8_t out[2][4096];
    size_t len = 0;
    assert_int_equal(ask(enclave, in, 1, out[0], &len), KC_OK);
    assert_int_equal(len, 32);
    assert_int_equal(ask(enclave, in, 1, out[1], &len), KC_OK);
    assert_memory_not_equal(out[0], out[1], 32);
    kc_enclave_free(enclave);
}

/* glibc is the oracle. */
static void test_text(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "-1",
        "  42",
        "+7",
        "3.14159",
        "1e10",
        "1e22",
        "1e23",
        "1e-5",
        "0.0001",
        "0.00001",
        "123456789012345678",
        "9007199254740993",
        "9007199254740992.5",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.48e-324",
        "1e-400",
        "0.1",
        "0.2",
        "0.3",
        "100000000000000016777215",
        "100000000000000016777216",
        "8.41e21",
        "9.5367431640625e-07",
        "5e-324",
        "1e",
        "1e+",
        "1.",
        ".5",
        ".",
        "-",
        "abc",
        "1x",
        "0x1f",
        "0777",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999",
        "1.00000000000000011102230246251565",
        "1.00000000000000011102230246251565404",
        "1.000000000000000111022302462515654042363166809",
        "6929495644600919.5",
        "3.518437208883201171875e13",
        "",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char in[128] = {PROBE_TEXT};
        char want[256];
        uint8_t out[4096];
        size_t len = 0;
        char *end = NULL;
        strcpy(in + 1, texts[i]);
        bool hex = strchr(texts[i], 'x') != NULL && texts[i][0] == '0';
        double real = hex ? 0 : strtod(texts[i], &end);
        snprintf(want, sizeof(want), "%.17g %d %lld", real, hex ? 1 : (int)(end - texts[i]),
                 strtoll(texts[i], NULL, 0));
        assert_int_equal(ask(enclave, in, 1 + strlen(texts[i]), out, &len), KC_OK);
        out[len] = 0;
        if (strcmp((char *)out, want) != 0)
            fail_msg("\"%s\": \"%s\", glibc \"%s\"", texts[i], (char *)out, want);
    }
    kc_enclave_free(enclave);
}

/* Doubles of random bits, written with 17 digits and read again. */
static void test_random_doubles(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 3000; i++) {
        char in[128] = {PROBE_TEXT};
        char want[256];
        uint8_t out[4096];
        size_t len = 0;
        double real = 0;
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        memcpy(&real, &seed, 8);
        if (real - real != 0)
            continue;
        int n = snprintf(in + 1, 100, "%.*g", 15 + i % 6, real);
        real = strtod(in + 1, NULL);
        if (real - real != 0)
            continue;
        snprintf(want, sizeof(want), "%.17g %d ", real, n);
        assert_int_equal(ask(enclave, in, (size_t)n + 1, out, &len), KC_OK);
        if (memcmp(out, want, strlen(want)) != 0)
            fail_msg("%s: %.40s, glibc %s", in + 1, (char *)out, want);
    }
    kc_enclave_free(enclave);
}

static void test_dates(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    static const int64_t times[] = {
        0,          -1,         951782399,   951782400,    951868799,    951868800,
        4107542399, 4107542400, 1755236700,  253402300799, -62135596800, 68169600,
        94694399,   94694400,   -2203891200, 1709164800,   1735603200};
    for (size_t i = 0; i < COUNT_OF(times) + 2000; i++) {
        int64_t at = i < COUNT_OF(times) ? times[i] : (int64_t)i * 86399 * 31 - 3000000000;
        uint8_t in[9] = {PROBE_DATE};
        uint8_t out[4096];
        size_t len = 0;
        struct tm tm;
        memcpy(in + 1, &at, 8);
        gmtime_r(&at, &tm);
        int want[] = {tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
                      tm.tm_min,  tm.tm_sec, tm.tm_wday, tm.tm_yday};
        assert_int_equal(ask(enclave, in, sizeof(in), out, &len), KC_OK);
        assert_int_equal(len, sizeof(want));
        if (memcmp(out, want, len) != 0)
            fail_msg("%lld", (long long)at);
    }
    kc_enclave_free(enclave);
}

/* src/http and llhttp in the image; their own tests run natively. */
static void test_http(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        uint16_t status;
        const char *path;
    } rows[] = {
        {"GET /v1/sys/health HTTP/1.1\r\nHost: kms\r\n\r\n", 0, "/v1/sys/health"},
        {"POST /a?b HTTP/1.1\r\nHost: kms\r\nContent-Length: 3\r\n\r\nabc", 0, "/a"},
        {"GET / HTTP/1.1\r\nHost : kms\r\n\r\n", 400, ""},
        {"GET / HTTP/2.0\r\nHost: kms\r\n\r\n", 505, ""},
    };
    struct kc_enclave *enclave = probe_load();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t in[256] = {PROBE_HTTP};
        uint8_t out[4096];
        uint16_t status = 1;
        size_t len = 0;
        size_t n = strlen(rows[i].request);
        memcpy(in + 1, rows[i].request, n);
        assert_int_equal(ask(enclave, in, 1 + n, out, &len), KC_OK);
        memcpy(&status, out, 2);
        assert_int_equal(status, rows[i].status);
        assert_int_equal(len, 2 + strlen(rows[i].path));
        assert_memory_equal(out + 2, rows[i].path, len - 2);
    }
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crypto),         cmocka_unit_test(test_features),
        cmocka_unit_test(test_report),         cmocka_unit_test(test_seal_key),
        cmocka_unit_test(test_random),         cmocka_unit_test(test_text),
        cmocka_unit_test(test_random_doubles), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
