/* The simulated PCS: what it answers, and its faults. Over HTTP: tests/e2e_collateral.sh. */
#include "formats/crl.h"
#include "formats/tcb_info.h"
#include "sim/pcs_answer.h"
#include "sim_folder.h"
#include "test.h"

#define NOW  INT64_C(1790000000)
#define ROOT "/sgx/certification/v4/"

static const struct {
    const char *text;
    const char *want; /* "KIND LEFT PIECE"; NULL: none */
} faults[] = {
    {"404", "1 all -"},
    {"429:3", "2 3 -"},
    {"500:1@tcb", "3 1 tcb"},
    {"pem@pckcrl", "14 all pckcrl"},
    {"wrong-chain@identity", "9 all identity"},
    {"expired@rootcacrl", "11 all rootcacrl"},
    {"", NULL},
    {"200", NULL},
    {"404 ", NULL},
    {"404:", NULL},
    {"404:0", NULL},
    {"404:-1", NULL},
    {"404:1x", NULL},
    {"404:99999999999999999999999", NULL},
    {"404@", NULL},
    {"404@tcbs", NULL},
    {"404@tcb:1", NULL},
    {"4045", NULL},
};

static void reads_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct kc_sim_pcs_fault fault;
        bool ok = kc_sim_pcs_fault_parse(faults[i].text, &fault);
        char got[64];
        char left[24] = "all";
        if (ok && fault.left != UINT64_MAX)
            snprintf(left, sizeof left, "%llu", (unsigned long long)fault.left);
        if (ok)
            snprintf(got, sizeof got, "%d %s %s", (int)fault.kind, left,
                     fault.piece == NULL ? "-" : fault.piece);
        if (ok != (faults[i].want != NULL) || (ok && strcmp(got, faults[i].want) != 0))
            fail_msg("'%s' gives %s", faults[i].text, ok ? got : "nothing");
    }
}

static void takes_faults_in_order(void **state)
{
    (void)state;
    struct kc_sim_pcs_fault list[] = {{KC_SIM_PCS_FAILING, 1, "tcb"},
                                      {KC_SIM_PCS_TOO_MANY, 2, NULL}};
    static const struct {
        const char *path;
        enum kc_sim_pcs_kind want;
    } rows[] = {
        {ROOT "qe/identity", KC_SIM_PCS_TOO_MANY},
        {ROOT "tcb", KC_SIM_PCS_FAILING},
        {"tcb", KC_SIM_PCS_TOO_MANY},
        {ROOT "tcb", KC_SIM_PCS_NONE},
        {ROOT "pckcrl", KC_SIM_PCS_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(
            kc_sim_pcs_fault_take(list, COUNT_OF(list), kc_bytes_of_text(rows[i].path)),
            rows[i].want);
}

static const struct {
    const char *path;
    const char *query;
    enum kc_sim_pcs_kind fault;
    unsigned status;
    const char *type;
    const char *begins; /* the body */
    const char *chain;  /* the header's name; NULL: none */
} answers[] = {
    {ROOT "tcb", "fmspc=0053494d0000", KC_SIM_PCS_NONE, 200, "application/json",
     "{\"tcbInfo\":{\"id\":\"SGX\",\"version\":3,", "TCB-Info-Issuer-Chain"},
    {ROOT "tcb", "update=standard&fmspc=0053494D0000", KC_SIM_PCS_NONE, 200, "application/json",
     "{\"tcbInfo\":", "TCB-Info-Issuer-Chain"},
    {ROOT "tcb", "fmspc=0053494d0000", KC_SIM_PCS_NO_CHAIN, 200, "application/json",
     "{\"tcbInfo\":", NULL},
    {ROOT "tcb", "fmspc=00906ED50000", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
    {ROOT "tcb", "fmspc=0053494d00", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "tcb", "fmspc=0053494d000000", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "tcb", "", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "qe/identity", "", KC_SIM_PCS_NONE, 200, "application/json",
     "{\"enclaveIdentity\":{\"id\":\"QE\",\"version\":2,", "SGX-Enclave-Identity-Issuer-Chain"},
    {ROOT "pckcrl", "ca=platform&encoding=der", KC_SIM_PCS_NONE, 200, "application/pkix-crl",
     "\x30\x82", "SGX-PCK-CRL-Issuer-Chain"},
    {ROOT "pckcrl", "ca=platform", KC_SIM_PCS_NONE, 200, "application/x-pem-file",
     "-----BEGIN X509 CRL-----\n", "SGX-PCK-CRL-Issuer-Chain"},
    {ROOT "pckcrl", "ca=platform&encoding=der", KC_SIM_PCS_HEX, 200, "application/pkix-crl", "3082",
     "SGX-PCK-CRL-Issuer-Chain"},
    {ROOT "pckcrl", "ca=processor&encoding=der", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
    {ROOT "pckcrl", "ca=root", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "pckcrl", "encoding=der", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "pckcrl", "ca=platform&encoding=xml", KC_SIM_PCS_NONE, 400, NULL, NULL, NULL},
    {ROOT "rootcacrl", "", KC_SIM_PCS_NONE, 200, "application/pkix-crl", "3082", NULL},
    {"/tdx/certification/v4/tcb", "fmspc=0053494d0000", KC_SIM_PCS_NONE, 200, "application/json",
     "{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3,", "TCB-Info-Issuer-Chain"},
    {"/tdx/certification/v4/qe/identity", "", KC_SIM_PCS_NONE, 200, "application/json",
     "{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"version\":2,", "SGX-Enclave-Identity-Issuer-Chain"},
    {"/tdx/certification/v4/pckcrl", "ca=platform", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
    {"/sgx/certification/v3/qe/identity", "", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
    {ROOT "tcb/", "fmspc=0053494d0000", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
    {"/", "", KC_SIM_PCS_NONE, 404, NULL, NULL, NULL},
};

static struct kc_sim_pcs_answer ask(const struct kc_sim_state *sim, const char *path,
                                    const char *query, enum kc_sim_pcs_kind fault)
{
    static const struct kc_sim_pcs_platform platform = {KC_TCB_UP_TO_DATE, 30};
    struct kc_sim_pcs_answer answer;
    assert_true(kc_sim_pcs_answer(sim, &platform, fault, kc_bytes_of_text(path),
                                  kc_bytes_of_text(query), NOW, &answer));
    return answer;
}

static int open_state(void **state)
{
    char *path = test_new_folder();
    *state = test_open_state(path);
    test_remove_tree(path);
    free(path);
    return 0;
}

static int close_state(void **state)
{
    kc_sim_state_free(*state);
    return 0;
}

static void answers_as_intel(void **state)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct kc_sim_pcs_answer got =
            ask(*state, answers[i].path, answers[i].query, answers[i].fault);
        const char *begins = answers[i].begins == NULL ? "" : answers[i].begins;
        bool ok = got.status == answers[i].status && got.body_len >= strlen(begins) &&
                  (got.body_len == 0) == (answers[i].begins == NULL) &&
                  (got.body_len == 0 || memcmp(got.body, begins, strlen(begins)) == 0) &&
                  (got.chain_name == NULL) == (answers[i].chain == NULL) &&
                  (got.chain_name == NULL || strcmp(got.chain_name, answers[i].chain) == 0) &&
                  (got.content_type == NULL) == (answers[i].type == NULL) &&
                  (got.content_type == NULL || strcmp(got.content_type, answers[i].type) == 0);
        if (!ok)
            fail_msg("%s?%s: %u", answers[i].path, answers[i].query, got.status);
        if (got.chain != NULL)
            assert_ptr_equal(strstr(got.chain, "-----BEGIN%20CERTIFICATE-----%0A"), got.chain);
        kc_sim_pcs_answer_clear(&got);
    }
}

static void spoils_content(void **state)
{
    static const char query[] = "fmspc=0053494d0000";
    struct kc_sim_pcs_answer good = ask(*state, ROOT "tcb", query, KC_SIM_PCS_NONE);
    struct kc_sim_pcs_answer bad = ask(*state, ROOT "tcb", query, KC_SIM_PCS_WRONG_CHAIN);
    struct kc_tcb_info info;
    assert_string_not_equal(good.chain, bad.chain);
    assert_int_equal(kc_tcb_info_decode(kc_bytes_of(good.body, good.body_len), &info, NULL), KC_OK);
    assert_true(info.issue_date == NOW - 3600 && info.next_update == NOW - 3600 + 30 * 86400);
    kc_sim_pcs_answer_clear(&bad);
    bad = ask(*state, ROOT "tcb", query, KC_SIM_PCS_EXPIRED);
    assert_int_equal(kc_tcb_info_decode(kc_bytes_of(bad.body, bad.body_len), &info, NULL), KC_OK);
    assert_true(info.next_update < NOW);
    kc_sim_pcs_answer_clear(&bad);
    bad = ask(*state, ROOT "tcb", query, KC_SIM_PCS_HUGE);
    assert_int_equal(bad.body_len - good.body_len, 4 * 1024 * 1024);
    kc_sim_pcs_answer_clear(&bad);
    kc_sim_pcs_answer_clear(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_faults),
        cmocka_unit_test(takes_faults_in_order),
        cmocka_unit_test(answers_as_intel),
        cmocka_unit_test(spoils_content),
    };
    return cmocka_run_group_tests(tests, open_state, close_state);
}
