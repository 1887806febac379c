#include "verify/chain.h"

#include <dirent.h>

#include <jansson.h>

#include "pki.h"
#include "seed.h"

#define SEED_TIME 1755236700 /* 2025-08-15T05:45:00Z */
/* The made chains: leaf 2024 to 2030, CAs from 2023. */
#define NOW          SEED_TIME
#define LEAF_START   1704067200
#define LEAF_END     1924992000
#define CA_START     1672531200
#define SEED         0x5347585f50434b01u
#define PLATFORM_CA  "Simulated SGX PCK Platform CA"
#define PROCESSOR_CA "Simulated SGX PCK Processor CA"
#define ROOT_CA      "Simulated SGX Root CA"
#define CA           "critical,CA:TRUE"
#define SIGN_CERTS   "critical,keyCertSign,cRLSign"

static struct kc_chain_verdict judge(const struct pki *pki, int64_t now)
{
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    struct kc_error error = KC_ERROR_NONE;
    if (pki_chain(pki, chain, &error) != KC_OK)
        fail_msg("%s at %llu", error.what, (unsigned long long)error.at);
    uint8_t root_key[64];
    memcpy(root_key, chain->certificate[2].public_key, sizeof root_key);
    struct kc_chain_verdict verdict = kc_chain_verify_pck(chain, root_key, now);
    free(chain);
    return verdict;
}

/* One spoiled certificate in an otherwise good chain. */
typedef void spoil(struct pki_spec *spec);

#define SPOIL(name, change)                                                                        \
    static void name(struct pki_spec *spec)                                                        \
    {                                                                                              \
        spec->change;                                                                              \
    }

SPOIL(rename_intel_leaf, subject = "Intel SGX PCK Certificate")
SPOIL(rename_longer, subject = "Simulated SGX PCK Certificate2")
SPOIL(rename_prefixed, subject = "x Simulated SGX PCK Certificate")
SPOIL(rename_bare, subject = "SGX PCK Certificate")
SPOIL(rename_maker, subject = "Simulated ")
SPOIL(rename_none, subject = NULL)
SPOIL(rename_tcb_signing, subject = "Simulated SGX TCB Signing")
SPOIL(rename_other, subject = "Simulated SGX Other CA")
SPOIL(issuer_processor, issuer = PROCESSOR_CA)
SPOIL(issuer_root, issuer = ROOT_CA)
SPOIL(issuer_platform, issuer = PLATFORM_CA)
SPOIL(key_p384, key = PKI_P384)
SPOIL(key_rsa, key = PKI_RSA)
SPOIL(digest_sha384, digest = "SHA384")
SPOIL(digest_sha512, digest = "SHA512")
SPOIL(no_constraints, basic_constraints = NULL)
SPOIL(constraints_ca, basic_constraints = CA)
SPOIL(constraints_path_0, basic_constraints = CA ",pathlen:0")
SPOIL(constraints_leaf, basic_constraints = "critical,CA:FALSE")
SPOIL(constraints_optional, basic_constraints = "CA:TRUE,pathlen:0")
SPOIL(no_usage, key_usage = NULL)
SPOIL(usage_crl_only, key_usage = "critical,cRLSign")
SPOIL(usage_sign_only, key_usage = "critical,digitalSignature")
SPOIL(usage_certs, key_usage = SIGN_CERTS)
SPOIL(usage_both, key_usage = "critical,digitalSignature,keyCertSign")
SPOIL(usage_crl_too, key_usage = "critical,digitalSignature,cRLSign")
SPOIL(usage_agreement, key_usage = "critical,keyAgreement")
SPOIL(no_subject_id, no_subject_key_id = true)
SPOIL(no_authority_id, no_authority_key_id = true)
SPOIL(wrong_authority_id, wrong_authority_key_id = true)
SPOIL(signed_by_nobody, wrong_signer = true)
SPOIL(no_sgx, sgx = PKI_SGX_NONE)
SPOIL(sgx_processor, sgx = PKI_SGX_PROCESSOR)
SPOIL(sgx_platform, sgx = PKI_SGX_PLATFORM)
SPOIL(ends_2024, not_after = "20241231235959Z")
SPOIL(ends_now, not_after = "20250815054500Z")
SPOIL(ended_before, not_after = "20250815054459Z")
SPOIL(starts_now, not_before = "20250815054500Z")
SPOIL(starts_after, not_before = "20250815054501Z")
SPOIL(starts_2050, not_before = "20500101000000Z")

static void unknown_critical(struct pki_spec *spec)
{
    spec->more_oid = "1.2.3.4.5";
    spec->more_critical = true;
}

static void unknown_plain(struct pki_spec *spec)
{
    spec->more_oid = "1.2.3.4.5";
}

static const struct {
    const char *name;
    size_t which;
    spoil *spoil;
    enum kc_chain_fault want;
    size_t index;
} cases[] = {
    {"an unknown extension that is not critical", 0, unknown_plain, KC_CHAIN_GOOD, 0},
    {"no path length at the root", 2, constraints_ca, KC_CHAIN_GOOD, 0},
    {"no path length at the intermediate", 1, constraints_ca, KC_CHAIN_GOOD, 0},
    {"leaf: first second", 0, starts_now, KC_CHAIN_GOOD, 0},
    {"leaf: last second", 0, ends_now, KC_CHAIN_GOOD, 0},

    {"leaf: Intel's name in a simulated chain", 0, rename_intel_leaf, KC_CHAIN_SHAPE, 0},
    {"leaf: longer name", 0, rename_longer, KC_CHAIN_SHAPE, 0},
    {"leaf: prefixed name", 0, rename_prefixed, KC_CHAIN_SHAPE, 0},
    {"leaf: no maker", 0, rename_bare, KC_CHAIN_SHAPE, 0},
    {"leaf: maker alone", 0, rename_maker, KC_CHAIN_SHAPE, 0},
    {"leaf: no common name", 0, rename_none, KC_CHAIN_SHAPE, 0},
    {"leaf: TCB signing", 0, rename_tcb_signing, KC_CHAIN_SHAPE, 0},
    {"intermediate: other name", 1, rename_other, KC_CHAIN_SHAPE, 1},
    {"root: other name", 2, rename_other, KC_CHAIN_SHAPE, 2},
    {"root: no common name", 2, rename_none, KC_CHAIN_SHAPE, 2},
    {"leaf: P-384 key", 0, key_p384, KC_CHAIN_SHAPE, 0},
    {"leaf: RSA key", 0, key_rsa, KC_CHAIN_SHAPE, 0},
    {"intermediate: P-384 key", 1, key_p384, KC_CHAIN_SHAPE, 0},
    {"root: RSA key", 2, key_rsa, KC_CHAIN_SHAPE, 1},
    {"leaf: SHA-384", 0, digest_sha384, KC_CHAIN_SHAPE, 0},
    {"intermediate: SHA-512", 1, digest_sha512, KC_CHAIN_SHAPE, 1},
    {"root: SHA-384", 2, digest_sha384, KC_CHAIN_SHAPE, 2},
    {"leaf: unknown critical extension", 0, unknown_critical, KC_CHAIN_SHAPE, 0},
    {"intermediate: unknown critical extension", 1, unknown_critical, KC_CHAIN_SHAPE, 1},
    {"root: unknown critical extension", 2, unknown_critical, KC_CHAIN_SHAPE, 2},
    {"leaf: no basic constraints", 0, no_constraints, KC_CHAIN_SHAPE, 0},
    {"intermediate: no basic constraints", 1, no_constraints, KC_CHAIN_SHAPE, 1},
    {"leaf: no key usage", 0, no_usage, KC_CHAIN_SHAPE, 0},
    {"intermediate: no key usage", 1, no_usage, KC_CHAIN_SHAPE, 1},
    {"root: no key usage", 2, no_usage, KC_CHAIN_SHAPE, 2},
    {"leaf: no subject key id", 0, no_subject_id, KC_CHAIN_SHAPE, 0},
    {"leaf: no authority key id", 0, no_authority_id, KC_CHAIN_SHAPE, 0},
    {"root: no authority key id", 2, no_authority_id, KC_CHAIN_SHAPE, 2},
    {"leaf: no SGX extension", 0, no_sgx, KC_CHAIN_SHAPE, 0},
    {"leaf: no platform data from the Platform CA", 0, sgx_processor, KC_CHAIN_SHAPE, 0},
    {"intermediate: SGX extension", 1, sgx_platform, KC_CHAIN_SHAPE, 1},
    {"root: SGX extension", 2, sgx_processor, KC_CHAIN_SHAPE, 2},

    {"leaf: issued by the Processor CA's name", 0, issuer_processor, KC_CHAIN_LINK, 0},
    {"leaf: issued by the root's name", 0, issuer_root, KC_CHAIN_LINK, 0},
    {"intermediate: self-issued", 1, issuer_platform, KC_CHAIN_LINK, 1},
    {"root: not self-issued", 2, issuer_platform, KC_CHAIN_LINK, 2},
    {"leaf: wrong authority key id", 0, wrong_authority_id, KC_CHAIN_LINK, 0},
    {"intermediate: wrong authority key id", 1, wrong_authority_id, KC_CHAIN_LINK, 1},
    {"root: wrong authority key id", 2, wrong_authority_id, KC_CHAIN_LINK, 2},

    {"leaf: CA", 0, constraints_ca, KC_CHAIN_AUTHORITY, 0},
    {"leaf: may issue", 0, usage_certs, KC_CHAIN_AUTHORITY, 0},
    {"leaf: may sign and issue", 0, usage_both, KC_CHAIN_AUTHORITY, 0},
    {"leaf: may sign CRLs", 0, usage_crl_too, KC_CHAIN_AUTHORITY, 0},
    {"leaf: key agreement alone", 0, usage_agreement, KC_CHAIN_AUTHORITY, 0},
    {"intermediate: no CA", 1, constraints_leaf, KC_CHAIN_AUTHORITY, 1},
    {"intermediate: basic constraints not critical", 1, constraints_optional, KC_CHAIN_AUTHORITY,
     1},
    {"intermediate: only CRLs", 1, usage_crl_only, KC_CHAIN_AUTHORITY, 1},
    {"intermediate: only signatures", 1, usage_sign_only, KC_CHAIN_AUTHORITY, 1},
    {"root: no CA", 2, constraints_leaf, KC_CHAIN_AUTHORITY, 2},
    {"root: path length 0", 2, constraints_path_0, KC_CHAIN_AUTHORITY, 2},
    {"root: only CRLs", 2, usage_crl_only, KC_CHAIN_AUTHORITY, 2},

    {"leaf: signed by another key", 0, signed_by_nobody, KC_CHAIN_SIGNATURE, 0},
    {"intermediate: signed by another key", 1, signed_by_nobody, KC_CHAIN_SIGNATURE, 1},
    {"root: signed by another key", 2, signed_by_nobody, KC_CHAIN_SIGNATURE, 2},

    {"leaf: not yet, by a second", 0, starts_after, KC_CHAIN_NOT_YET, 0},
    {"intermediate: not yet", 1, starts_after, KC_CHAIN_NOT_YET, 1},
    {"root: not before 2050", 2, starts_2050, KC_CHAIN_NOT_YET, 2},
    {"leaf: expired by a second", 0, ended_before, KC_CHAIN_EXPIRED, 0},
    {"intermediate: expired", 1, ends_2024, KC_CHAIN_EXPIRED, 1},
    {"root: expired", 2, ends_2024, KC_CHAIN_EXPIRED, 2},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pki_spec spec[PKI_LEN];
        struct pki pki;
        pki_seed(SEED);
        pki_specs(spec);
        cases[i].spoil(&spec[cases[i].which]);
        pki_make(spec, &pki);
        struct kc_chain_verdict verdict = judge(&pki, NOW);
        if (verdict.fault != cases[i].want || verdict.index != cases[i].index)
            fail_msg("%s: fault %d at %zu: %s", cases[i].name, (int)verdict.fault, verdict.index,
                     verdict.what);
        pki_clear(&pki);
    }
}

static void make_good(struct pki *pki)
{
    struct pki_spec spec[PKI_LEN];
    pki_seed(SEED);
    pki_specs(spec);
    pki_make(spec, pki);
}

/* Both bounds of every certificate, and which comes first where two faults meet. */
static void test_times(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        enum kc_chain_fault want;
        size_t index;
    } times[] = {
        {INT64_MIN, KC_CHAIN_NOT_YET, 0},    {0, KC_CHAIN_NOT_YET, 0},
        {CA_START - 1, KC_CHAIN_NOT_YET, 0}, {LEAF_START - 1, KC_CHAIN_NOT_YET, 0},
        {LEAF_START, KC_CHAIN_GOOD, 0},      {LEAF_END, KC_CHAIN_GOOD, 0},
        {LEAF_END + 1, KC_CHAIN_EXPIRED, 0}, {INT64_MAX, KC_CHAIN_EXPIRED, 0},
    };
    struct pki pki;
    make_good(&pki);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct kc_chain_verdict verdict = judge(&pki, times[i].now);
        if (verdict.fault != times[i].want || verdict.index != times[i].index)
            fail_msg("%lld: fault %d at %zu", (long long)times[i].now, (int)verdict.fault,
                     verdict.index);
    }
    pki_clear(&pki);
}

static void test_processor_ca(void **state)
{
    (void)state;
    struct pki_spec spec[PKI_LEN];
    struct pki pki;
    pki_seed(SEED);
    pki_specs(spec);
    spec[0].issuer = spec[1].subject = PROCESSOR_CA;
    pki_make(spec, &pki);
    struct kc_chain_verdict verdict = judge(&pki, NOW);
    assert_int_equal(verdict.fault, KC_CHAIN_SHAPE); /* platform data without the Platform CA */
    pki_clear(&pki);
    spec[0].sgx = PKI_SGX_PROCESSOR;
    pki_make(spec, &pki);
    assert_int_equal(judge(&pki, NOW).fault, KC_CHAIN_GOOD);
    pki_clear(&pki);
}

/* The root counts by its whole key: another with the same name, or one bit more or less, is
 * another root. */
static void test_roots(void **state)
{
    (void)state;
    struct pki pki;
    make_good(&pki);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(pki_chain(&pki, chain, NULL), KC_OK);
    uint8_t key[64];
    memcpy(key, chain->certificate[2].public_key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] ^= 0x80;
        assert_int_equal(kc_chain_verify_pck(chain, key, NOW).fault, KC_CHAIN_ROOT);
        key[i] ^= 0x80;
    }
    assert_int_equal(kc_chain_verify_pck(chain, kc_chain_intel_root_key, NOW).fault, KC_CHAIN_ROOT);
    assert_int_equal(kc_chain_verify_pck(chain, key, NOW).fault, KC_CHAIN_GOOD);
    free(chain);
    pki_clear(&pki);
}

/* A leaf key that is no point of the curve verifies nothing, and is no key. */
static void test_leaf_point(void **state)
{
    (void)state;
    struct pki pki;
    make_good(&pki);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(pki_chain(&pki, chain, NULL), KC_OK);
    chain->certificate[0].public_key[63] ^= 1;
    struct kc_chain_verdict verdict =
        kc_chain_verify_pck(chain, chain->certificate[2].public_key, NOW);
    assert_int_equal(verdict.fault, KC_CHAIN_SHAPE);
    assert_int_equal(verdict.index, 0);
    free(chain);
    pki_clear(&pki);
}

/* Certificates of a good chain in other orders and numbers. */
static void test_orders(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        size_t order[KC_PCK_CHAIN_MAX];
    } orders[] = {
        {1, {0}},          {2, {0, 1}},    {2, {0, 2}},       {3, {0, 2, 1}}, {3, {1, 0, 2}},
        {3, {2, 1, 0}},    {3, {1, 2, 0}}, {3, {0, 1, 1}},    {3, {0, 0, 2}}, {3, {0, 2, 2}},
        {4, {0, 1, 2, 2}}, {3, {2, 2, 2}}, {4, {0, 1, 1, 2}}, {3, {0, 0, 0}}, {3, {1, 1, 2}},
    };
    struct pki pki;
    make_good(&pki);
    struct kc_pck_chain *good = malloc(sizeof *good);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(pki_chain(&pki, good, NULL), KC_OK);
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        chain->count = orders[i].count;
        for (size_t k = 0; k < chain->count; k++)
            chain->certificate[k] = good->certificate[orders[i].order[k]];
        struct kc_chain_verdict verdict =
            kc_chain_verify_pck(chain, good->certificate[2].public_key, NOW);
        if (verdict.fault != KC_CHAIN_SHAPE)
            fail_msg("order %zu: fault %d", i, (int)verdict.fault);
    }
    chain->count = 0;
    assert_int_equal(kc_chain_verify_pck(chain, good->certificate[2].public_key, NOW).fault,
                     KC_CHAIN_SHAPE);
    free(chain);
    free(good);
    pki_clear(&pki);
}

static void test_seed(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of(pem, len), chain, NULL), KC_OK);
    struct kc_chain_verdict verdict =
        kc_chain_verify_pck(chain, kc_chain_intel_root_key, SEED_TIME);
    if (verdict.fault != KC_CHAIN_GOOD)
        fail_msg("%zu: %s", verdict.index, verdict.what);
    assert_int_equal(kc_chain_verify_pck(chain, kc_chain_intel_root_key, 1683750368).fault,
                     KC_CHAIN_NOT_YET);
    assert_int_equal(kc_chain_verify_pck(chain, kc_chain_intel_root_key, 1904675170).fault,
                     KC_CHAIN_EXPIRED);
    free(chain);
    free(pem);
}

/* The time that a case of the shared data is to be judged at. */
static int64_t case_time(const char *folder)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/expect.json", folder);
    json_t *expect = json_load_file(path, 0, NULL);
    assert_non_null(expect);
    int64_t at = json_integer_value(json_object_get(expect, "at_unix"));
    json_decref(expect);
    return at;
}

/* Judges the chain in `folder`/quote.bin; false where the quote carries none. */
static bool judge_case(const char *folder, struct kc_pck_chain *chain)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    char path[1024];
    size_t len = 0;
    size_t stop = 0;
    snprintf(path, sizeof path, "%s/quote.bin", folder);
    uint8_t *quote = test_read_file(path, &len);
    assert_non_null(quote);
    size_t start = test_find_pem(quote, len);
    for (size_t i = start; i + sizeof end - 1 <= len; i++) {
        if (memcmp(quote + i, end, sizeof end - 1) == 0)
            stop = i + sizeof end - 1;
    }
    if (stop == 0) {
        free(quote);
        return false;
    }
    struct kc_error error = KC_ERROR_NONE;
    if (kc_pck_chain_decode(kc_bytes_of(quote + start, stop - start), chain, &error) != KC_OK)
        fail_msg("%s: %s at %llu", folder, error.what, (unsigned long long)error.at);
    struct kc_chain_verdict verdict =
        kc_chain_verify_pck(chain, kc_chain_intel_root_key, case_time(folder));
    if (verdict.fault != KC_CHAIN_GOOD)
        fail_msg("%s: certificate %zu: %s", folder, verdict.index, verdict.what);
    free(quote);
    return true;
}

/* Every chain of real hardware that we have: all hold under Intel's root. */
static void test_real_chains(void **state)
{
    (void)state;
    DIR *cases_folder = opendir(SHARED_VECTOR("dcap"));
    size_t judged = 0;
    if (cases_folder == NULL)
        skip();
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    for (struct dirent *e = readdir(cases_folder); e != NULL; e = readdir(cases_folder)) {
        char folder[768];
        if (e->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof folder, "%s/%s", SHARED_VECTOR("dcap"), e->d_name);
        judged += judge_case(folder, chain);
    }
    closedir(cases_folder);
    free(chain);
    printf("%zu chains of real hardware\n", judged);
    assert_true(judged >= 20);
}

/* The built-in key is that of the root which the shared data trusts. */
static void test_intel_root(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *pem = test_read_file(SHARED_VECTOR("dcap/sgx3-seed-icx-2025-08/root_ca.pem"), &len);
    if (pem == NULL)
        skip();
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of(pem, len), chain, NULL), KC_OK);
    assert_memory_equal(chain->certificate[0].public_key, kc_chain_intel_root_key, 64);
    free(chain);
    free(pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),        cmocka_unit_test(test_times),
        cmocka_unit_test(test_processor_ca), cmocka_unit_test(test_roots),
        cmocka_unit_test(test_leaf_point),   cmocka_unit_test(test_orders),
        cmocka_unit_test(test_seed),         cmocka_unit_test(test_real_chains),
        cmocka_unit_test(test_intel_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
