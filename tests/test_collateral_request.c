/* What is asked for, where, and the issuer chains that come in headers. */
#include "collateral/issuer_chain.h"
#include "collateral/request.h"
#include "folder.h"
#include "test.h"

static const struct {
    const char *url;
    bool want;
} bases[] = {
    {"https://api.trustedservices.intel.com", true},
    {"https://pccs.example.org:8081", true},
    {"https://pccs.example.org:8081/", true},
    {"http://127.0.0.1:1/some/path", true},
    {"http://[::1]:8080", true},
    {"", false},
    {"pccs.example.org", false},
    {"ftp://pccs.example.org", false},
    {"file:///etc/passwd", false},
    {"https://", false},
    {"https:///x", false},
    {"https://:1", false},
    {"https://user@pccs.example.org", false},
    {"https://pccs.example.org?x=1", false},
    {"https://pccs.example.org#x", false},
    {"https://pccs.example.org/../x", false},
    {"https://pccs.example.org//x", false},
    {"https://pccs.example.org/%2e", false},
    {"https://pccs.example.org:99999", false},
    {"https://pccs example.org", false},
    {"https://pccs.example.org\r\nX: y", false},
};

static void knows_bases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        if (kc_web_is_base(bases[i].url) != bases[i].want)
            fail_msg("%s", bases[i].url);
    }
}

#define INTEL "https://api.trustedservices.intel.com"
#define CHIP                                                                                       \
    "0102030405060708000000000000000000000000000000000000000000000000"                             \
    "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
    enum kc_fetch_part part;
    enum kc_needs_kind kind;
    bool is_platform_ca;
    bool is_vlek;
    enum kc_snp_product product;
    const char *base;
    const char *want;
} urls[] = {
    {KC_FETCH_TCB, KC_NEEDS_SGX, true, false, 0, INTEL,
     INTEL "/sgx/certification/v4/tcb?fmspc=00906ED50000"},
    {KC_FETCH_TCB, KC_NEEDS_TDX, true, false, 0, "http://a:1/",
     "http://a:1/tdx/certification/v4/tcb?fmspc=00906ED50000"},
    {KC_FETCH_QE, KC_NEEDS_TDX, true, false, 0, "https://a:8081/sgx/certification/v4/",
     "https://a:8081/tdx/certification/v4/qe/identity"},
    {KC_FETCH_ROOT_CRL, KC_NEEDS_SGX, true, false, 0, INTEL "/sgx/certification/v4",
     "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"},
    {KC_FETCH_QE, KC_NEEDS_SGX, true, false, 0, "http://a/b",
     "http://a/b/sgx/certification/v4/qe/identity"},
    {KC_FETCH_QE, KC_NEEDS_TDX, true, false, 0, "http://a",
     "http://a/tdx/certification/v4/qe/identity"},
    {KC_FETCH_PCK_CRL, KC_NEEDS_TDX, true, false, 0, "http://a",
     "http://a/sgx/certification/v4/pckcrl?ca=platform&encoding=der"},
    {KC_FETCH_PCK_CRL, KC_NEEDS_SGX, false, false, 0, "http://a",
     "http://a/sgx/certification/v4/pckcrl?ca=processor&encoding=der"},
    {KC_FETCH_ROOT_CRL, KC_NEEDS_SGX, true, false, 0, "http://a",
     "http://a/sgx/certification/v4/rootcacrl"},
    {KC_FETCH_ROOT_CRL, KC_NEEDS_SGX, true, false, 0, INTEL,
     "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"},
    {KC_FETCH_ROOT_CRL, KC_NEEDS_TDX, true, false, 0, INTEL "/",
     "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"},
    {KC_FETCH_ROOT_CRL, KC_NEEDS_TDX, true, false, 0, INTEL ".example.org",
     INTEL ".example.org/sgx/certification/v4/rootcacrl"},
    {KC_FETCH_VCEK, KC_NEEDS_SNP, false, false, KC_SNP_MILAN, "http://a",
     "http://a/vcek/v1/Milan/" CHIP "?blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115"},
    {KC_FETCH_VCEK, KC_NEEDS_SNP, false, false, KC_SNP_TURIN, "http://a",
     "http://a/vcek/v1/Turin/0102030405060708"
     "?fmcSPL=01&blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115"},
    {KC_FETCH_AMD_CHAIN, KC_NEEDS_SNP, false, false, KC_SNP_GENOA, "http://a/",
     "http://a/vcek/v1/Genoa/cert_chain"},
    {KC_FETCH_AMD_CHAIN, KC_NEEDS_SNP, false, true, KC_SNP_MILAN, "http://a",
     "http://a/vlek/v1/Milan/cert_chain"},
    {KC_FETCH_AMD_CRL, KC_NEEDS_SNP, false, false, KC_SNP_TURIN, "http://a",
     "http://a/vcek/v1/Turin/crl"},
    {KC_FETCH_AMD_CRL, KC_NEEDS_SNP, false, true, KC_SNP_GENOA, "http://a/",
     "http://a/vlek/v1/Genoa/crl"},
};

static void builds_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct kc_needs needs = {
            .kind = urls[i].kind,
            .fmspc = {0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00},
            .is_platform_ca = urls[i].is_platform_ca,
            .is_vlek = urls[i].is_vlek,
            .chip_id = {1, 2, 3, 4, 5, 6, 7, 8},
            .tcb = {.fmc = 1, .boot_loader = 3, .tee = 0, .snp = 8, .microcode = 115},
        };
        char url[KC_WEB_URL_MAX];
        assert_true(kc_request_url(urls[i].part, &needs, urls[i].product, urls[i].base, url));
        assert_string_equal(url, urls[i].want);
    }
}

static void refuses_long_urls(void **state)
{
    (void)state;
    struct kc_needs needs = {.kind = KC_NEEDS_SGX};
    char base[KC_WEB_URL_MAX];
    char url[KC_WEB_URL_MAX];
    memset(base, 'a', sizeof base);
    base[sizeof base - 1] = '\0';
    assert_false(kc_request_url(KC_FETCH_TCB, &needs, KC_SNP_UNKNOWN, base, url));
}

static const struct {
    const char *in;
    const char *want; /* NULL: refused */
} chains[] = {
    {"", ""},
    {"abc", "abc"},
    {"a%0Ab", "a\nb"},
    {"a%0ab%2Bc%2fd%3D", "a\nb+c/d="},
    {"-----BEGIN%20CERTIFICATE-----%0Aa+b%0A-----END%20CERTIFICATE-----%0A",
     "-----BEGIN CERTIFICATE-----\na+b\n-----END CERTIFICATE-----\n"},
    {"-----BEGIN+CERTIFICATE-----%0Aa%2Bb%0A-----END+CERTIFICATE-----",
     "-----BEGIN CERTIFICATE-----\na+b\n-----END CERTIFICATE-----"},
    {"%0D%0A", "\r\n"},
    {"%", NULL},
    {"%0", NULL},
    {"a%", NULL},
    {"%zz", NULL},
    {"%00", NULL},
    {"%7f", NULL},
    {"%ff", NULL},
    {"a\tb", NULL},
    {"%25", "%"},
};

static void decodes_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(chains); i++) {
        uint8_t out[128];
        size_t len = 0;
        enum kc_err err = kc_issuer_chain_decode(kc_bytes_of_text(chains[i].in),
                                                 (struct kc_room){out, sizeof out}, &len, NULL);
        if ((err == KC_OK) != (chains[i].want != NULL) ||
            (err == KC_OK &&
             (len != strlen(chains[i].want) || memcmp(out, chains[i].want, len) != 0)))
            fail_msg("'%s'", chains[i].in);
        if (err == KC_OK && len > 0)
            assert_int_equal(kc_issuer_chain_decode(kc_bytes_of_text(chains[i].in),
                                                    (struct kc_room){out, len - 1}, &len, NULL),
                             KC_ERR_ROOM);
    }
}

/* What quotes of real platforms need: the folder's own pieces, named by expect.json. */
static void reads_needs(void **state)
{
    (void)state;
    char **names = test_list(SHARED_VECTOR("dcap"));
    size_t count = 0;
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[1024];
        size_t len = 0;
        struct kc_evidence evidence;
        struct kc_needs needs;
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/quote.bin"), names[i]);
        uint8_t *quote = test_read_file(path, &len);
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/expect.json"), names[i]);
        size_t n = 0;
        char *expect = (char *)test_read_file(path, &n);
        if (quote == NULL || expect == NULL ||
            kc_evidence_open(kc_bytes_of(quote, len), &evidence, NULL) != KC_OK) {
            free(quote);
            free(expect);
            continue;
        }
        if (kc_needs_of_evidence(&evidence, &needs, NULL) == KC_OK) {
            const char *fmspc = strstr(expect, "\"fmspc\": \"");
            char hex[13];
            for (size_t k = 0; k < 6; k++)
                snprintf(hex + 2 * k, 3, "%02X", needs.fmspc[k]);
            if (fmspc != NULL)
                assert_memory_equal(fmspc + 10, hex, 12);
            if (strstr(expect, "\"pck_ca\"") != NULL)
                assert_int_equal(strstr(expect, "PCK Platform CA") != NULL, needs.is_platform_ca);
            assert_int_equal(needs.kind == KC_NEEDS_TDX, strstr(expect, "\"kind\": \"TDX") != NULL);
            kc_needs_clear(&needs);
            count++;
        }
        kc_evidence_clear(&evidence);
        free(quote);
        free(expect);
    }
    test_list_free(names);
    assert_true(count > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_bases),       cmocka_unit_test(builds_urls),
        cmocka_unit_test(refuses_long_urls), cmocka_unit_test(decodes_chains),
        cmocka_unit_test(reads_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
