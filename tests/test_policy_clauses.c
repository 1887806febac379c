/* Each clause on evidence that it is about, and on evidence that it is not. */
#include "test.h"

#include "verify/policy_clauses.h"

/* Hexadecimal of so many bytes: zeros, or a1 and zeros. */
#define Z15 "000000000000000000000000000000"
#define Z16 "00" Z15
#define Z32 Z16 Z16
#define Z48 Z16 Z16 Z16
#define A16 "a1" Z15
#define A32 A16 Z16
#define A48 A16 Z32
#define A64 A16 Z48

#define DAY   INT64_C(86400)
#define TODAY (20000 * DAY) /* 2024-10-04 */

/* Facts whose every value begins with a1, and a platform of the day before. */
static struct kc_verdict_facts facts_of(enum kc_tee tee)
{
    struct kc_verdict_facts facts = {.tee = tee, .judged_at = TODAY};
    facts.report.mrenclave[0] = facts.report.mrsigner[0] = facts.report.report_data[0] = 0xa1;
    facts.report.isv_prod_id = facts.report.isv_svn = 5;
    facts.td.mrtd[0] = facts.td.mrseam[0] = facts.td.mrconfigid[0] = facts.td.mrowner[0] = 0xa1;
    facts.td.mrownerconfig[0] = facts.td.report_data[0] = 0xa1;
    for (int i = 0; i < 4; i++)
        facts.td.rtmr[i][0] = 0xa1;
    facts.snp.report.measurement[0] = facts.snp.report.host_data[0] = 0xa1;
    facts.snp.report.id_key_digest[0] = facts.snp.report.author_key_digest[0] = 0xa1;
    facts.snp.report.report_data[0] = facts.snp.report.chip_id[0] = 0xa1;
    facts.snp.report.guest_svn = 5;
    facts.snp.report.policy = KC_SNP_POLICY_SMT;
    facts.snp.reported = (struct kc_snp_tcb){.snp = 5, .microcode = 5};
    facts.snp.endorsement.has_list = true;
    facts.snp.endorsement.list_issued = TODAY - 2 * DAY + 1;
    facts.snp.endorsement.list_expires = TODAY + DAY;
    facts.ppid[0] = 0xa1;
    facts.has_tcb = tee != KC_TEE_SNP;
    facts.tcb = (struct kc_verdict_tcb){
        .is_whole = true,
        .status = KC_TCB_SW_HARDENING_NEEDED,
        .platform = {KC_TCB_SW_HARDENING_NEEDED, TODAY - DAY, kc_bytes_of_text("[\"INTEL-SA-1\"]")},
        .qe = {KC_TCB_UP_TO_DATE, TODAY, {NULL, 0}},
        .tcb_info_evaluation_number = 6,
        .qe_identity_evaluation_number = 5,
        .oldest_issue = TODAY - 2 * DAY + 1,
    };
    return facts;
}

/* "key=state " of all that are asked for and do not hold. */
static void join(const char *json, const struct kc_verdict_facts *facts, char out[256])
{
    static struct kc_verdict v;
    struct kc_policy policy;
    struct kc_policy_error error;
    if (kc_policy_parse(kc_bytes_of_text(json), &policy, &error) != KC_OK)
        fail_msg("%s: %s %s", json, error.key, error.what);
    out[0] = '\0';
    for (size_t i = 0; i < kc_clause_count; i++) {
        v.text_len = 0;
        struct kc_clause_result result = kc_clause_judge(&kc_clauses[i], &policy, facts, &v);
        assert_non_null(result.expected);
        if (result.state == KC_CLAUSE_FAILS || result.state == KC_CLAUSE_UNJUDGED)
            snprintf(out + strlen(out), 256 - strlen(out), "%s%s%s", out[0] == '\0' ? "" : " ",
                     result.state == KC_CLAUSE_FAILS ? "" : "?", kc_clauses[i].check);
    }
}

static void expect(const char *json, enum kc_tee tee, const struct kc_verdict_facts *facts,
                   const char *want)
{
    char got[256];
    join(json, facts, got);
    if (strcmp(got, want) != 0)
        fail_msg("%s on %s: [%s], not [%s]", json, kc_tee_name(tee), got, want);
}

#define OPEN "\"tcb\": \"ignore\""

static const struct {
    const char *json, *sgx, *tdx, *snp; /* the checks that fail */
} rows[] = {
    {"{" OPEN "}", "", "", ""},
    {"{\"allow_debug\": false}", "policy.tcb", "policy.tcb", ""},
    {"{\"tcb\": [\"SWHardeningNeeded\"]}", "", "", "policy.tcb"},
    {"{" OPEN ", \"tee\": [\"tdx\", \"snp\"]}", "policy.tee", "", ""},
    {"{" OPEN ", \"mrenclave\": \"" A32 "\"}", "", "policy.mrenclave", "policy.mrenclave"},
    {"{" OPEN ", \"mrenclave\": [\"" Z32 "\"]}", "policy.mrenclave", "policy.mrenclave",
     "policy.mrenclave"},
    {"{" OPEN ", \"mrsigner\": [\"" Z32 "\", \"" A32 "\"]}", "", "policy.mrsigner",
     "policy.mrsigner"},
    {"{" OPEN ", \"isv_prod_id\": 5}", "", "policy.isv_prod_id", "policy.isv_prod_id"},
    {"{" OPEN ", \"isv_prod_id\": 4}", "policy.isv_prod_id", "policy.isv_prod_id",
     "policy.isv_prod_id"},
    {"{" OPEN ", \"min_isv_svn\": 0}", "", "policy.min_isv_svn", "policy.min_isv_svn"},
    {"{" OPEN ", \"min_isv_svn\": 6}", "policy.min_isv_svn", "policy.min_isv_svn",
     "policy.min_isv_svn"},
    {"{" OPEN ", \"mrtd\": \"" A48 "\"}", "policy.mrtd", "", "policy.mrtd"},
    {"{" OPEN ", \"rtmr0\": \"" Z48 "\"}", "policy.rtmr0", "policy.rtmr0", "policy.rtmr0"},
    {"{" OPEN ", \"rtmr3\": \"" A48 "\"}", "policy.rtmr3", "", "policy.rtmr3"},
    {"{" OPEN ", \"mrseam\": \"" Z48 "\"}", "policy.mrseam", "policy.mrseam", "policy.mrseam"},
    {"{" OPEN ", \"mrservicetd\": \"" Z48 "\"}", "policy.mrservicetd", "", "policy.mrservicetd"},
    {"{" OPEN ", \"require_sept_ve_disable\": true}", "policy.require_sept_ve_disable",
     "policy.require_sept_ve_disable", "policy.require_sept_ve_disable"},
    {"{" OPEN ", \"measurement\": \"" A48 "\"}", "policy.measurement", "policy.measurement", ""},
    {"{" OPEN ", \"host_data\": \"" Z32 "\"}", "policy.host_data", "policy.host_data",
     "policy.host_data"},
    {"{" OPEN ", \"min_guest_svn\": 5}", "policy.min_guest_svn", "policy.min_guest_svn", ""},
    {"{" OPEN ", \"min_snp_tcb\": {\"snp\": 5}}", "policy.min_snp_tcb", "policy.min_snp_tcb", ""},
    {"{" OPEN ", \"min_snp_tcb\": {\"tee\": 1}}", "policy.min_snp_tcb", "policy.min_snp_tcb",
     "policy.min_snp_tcb"},
    {"{" OPEN ", \"refuse_smt\": true}", "policy.refuse_smt", "policy.refuse_smt",
     "policy.refuse_smt"},
    {"{" OPEN ", \"platforms\": \"" A16 "\"}", "", "", "policy.platforms"},
    {"{" OPEN ", \"platforms\": [\"" Z16 "\", \"" A64 "\"]}", "policy.platforms",
     "policy.platforms", ""},
    {"{" OPEN ", \"report_data\": \"" A64 "\"}", "", "", ""},
    {"{" OPEN ", \"report_data\": \"" Z16 Z48 "\"}", "policy.report_data", "policy.report_data",
     "policy.report_data"},
    {"{" OPEN ", \"custom_claims\": {\"a\": \"\"}}", "policy.custom_claims", "policy.custom_claims",
     "policy.custom_claims"},
    {"{" OPEN ", \"advisories\": [\"INTEL-SA-1\"]}", "", "", "policy.advisories"},
    {"{" OPEN ", \"advisories\": []}", "policy.advisories", "policy.advisories",
     "policy.advisories"},
    {"{" OPEN ", \"min_tcb_date\": \"2024-10-03\"}", "", "", "policy.min_tcb_date"},
    {"{" OPEN ", \"min_tcb_date\": \"2024-10-03T00:00:01Z\"}", "policy.min_tcb_date",
     "policy.min_tcb_date", "policy.min_tcb_date"},
    {"{" OPEN ", \"min_evaluation_number\": 5}", "", "", "policy.min_evaluation_number"},
    {"{" OPEN ", \"min_evaluation_number\": 6}", "policy.min_evaluation_number",
     "policy.min_evaluation_number", "policy.min_evaluation_number"},
    {"{" OPEN ", \"max_collateral_age_days\": 2}", "", "", ""},
    {"{" OPEN ", \"max_collateral_age_days\": 1}", "policy.max_collateral_age_days",
     "policy.max_collateral_age_days", "policy.max_collateral_age_days"},
};

static void judges_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const want[] = {rows[i].sgx, rows[i].tdx, rows[i].snp};
        for (unsigned tee = 0; tee < KC_TEE_COUNT; tee++) {
            struct kc_verdict_facts facts = facts_of((enum kc_tee)tee);
            expect(rows[i].json, (enum kc_tee)tee, &facts, want[tee]);
        }
    }
}

/* What a flag of the evidence does. */
static void judges_flags(void **state)
{
    (void)state;
    struct kc_verdict_facts sgx = facts_of(KC_TEE_SGX);
    struct kc_verdict_facts tdx = facts_of(KC_TEE_TDX);
    struct kc_verdict_facts snp = facts_of(KC_TEE_SNP);
    sgx.report.attributes.flags = KC_SGX_FLAG_DEBUG;
    tdx.td.td_attributes = 1;
    snp.snp.report.policy = KC_SNP_POLICY_DEBUG | KC_SNP_POLICY_MIGRATE_MA;
    snp.snp.report.chip_id[0] = 0;
    snp.snp.report.vmpl = 2;
    expect("{" OPEN "}", KC_TEE_SGX, &sgx, "policy.debug");
    expect("{" OPEN "}", KC_TEE_TDX, &tdx, "policy.debug");
    expect("{" OPEN "}", KC_TEE_SNP, &snp,
           "policy.max_vmpl policy.migration_agent policy.masked_chip_id policy.debug");
    expect("{" OPEN ", \"allow_debug\": true, \"max_vmpl\": 2, \"allow_migration_agent\": true, "
           "\"allow_masked_chip_id\": true}",
           KC_TEE_SNP, &snp, "");
    expect("{" OPEN ", \"allow_debug\": true}", KC_TEE_SGX, &sgx, "");
    /* A hidden chip is none of a list, whatever the list has. */
    expect("{" OPEN ", \"allow_debug\": true, \"max_vmpl\": 3, \"allow_migration_agent\": true, "
           "\"allow_masked_chip_id\": true, \"platforms\": \"" Z16 Z48 "\"}",
           KC_TEE_SNP, &snp, "policy.platforms");
    tdx.td.td_attributes = KC_TD_ATTRIBUTES_SEPT_VE_DISABLE;
    expect("{" OPEN ", \"require_sept_ve_disable\": true}", KC_TEE_TDX, &tdx, "");
}

/* Who names an image wants no service domain that may carry it away. */
static void wants_no_service_domain_beside_mrtd(void **state)
{
    (void)state;
    struct kc_verdict_facts facts = facts_of(KC_TEE_TDX);
    facts.td.mrservicetd[0] = 0xa1;
    expect("{" OPEN "}", KC_TEE_TDX, &facts, "");
    expect("{" OPEN ", \"mrtd\": \"" A48 "\"}", KC_TEE_TDX, &facts, "policy.mrservicetd");
    expect("{" OPEN ", \"mrtd\": \"" A48 "\", \"mrservicetd\": \"" A48 "\"}", KC_TEE_TDX, &facts,
           "");
}

/* Without whole collateral a clause on it is unjudged, ignored or not; Revoked is always judged. */
static void needs_whole_collateral(void **state)
{
    (void)state;
    static const char clauses[] = "{" OPEN ", \"advisories\": [], \"min_evaluation_number\": 0}";
    struct kc_verdict_facts facts = facts_of(KC_TEE_SGX);
    for (int has_tcb = 0; has_tcb < 2; has_tcb++) {
        facts.has_tcb = has_tcb != 0;
        facts.tcb.is_whole = false;
        expect("{\"allow_debug\": true}", KC_TEE_SGX, &facts, "?policy.tcb");
        expect("{" OPEN "}", KC_TEE_SGX, &facts, "");
        expect(clauses, KC_TEE_SGX, &facts, "?policy.advisories ?policy.min_evaluation_number");
    }
    facts.tcb.status = KC_TCB_REVOKED;
    expect("{" OPEN "}", KC_TEE_SGX, &facts, "policy.tcb");
    facts = facts_of(KC_TEE_SGX);
    facts.tcb.has_no_advisories = true;
    expect(clauses, KC_TEE_SGX, &facts, "?policy.advisories");
    facts.tcb.status = KC_TCB_REVOKED;
    facts.tcb.is_whole = true;
    expect("{" OPEN "}", KC_TEE_SGX, &facts, "policy.tcb");
}

/* Of AMD's collateral: its revocation list, of this time. */
static void needs_amds_list(void **state)
{
    (void)state;
    static const char clause[] = "{" OPEN ", \"max_collateral_age_days\": 2}";
    struct kc_verdict_facts facts = facts_of(KC_TEE_SNP);
    facts.snp.endorsement.list_expires = TODAY - 1;
    expect(clause, KC_TEE_SNP, &facts, "?policy.max_collateral_age_days");
    facts = facts_of(KC_TEE_SNP);
    facts.snp.endorsement.list_issued = TODAY + 1;
    expect(clause, KC_TEE_SNP, &facts, "?policy.max_collateral_age_days");
    facts = facts_of(KC_TEE_SNP);
    facts.snp.endorsement.has_list = false;
    expect(clause, KC_TEE_SNP, &facts, "?policy.max_collateral_age_days");
    expect("{" OPEN "}", KC_TEE_SNP, &facts, "");
}

/* "key key" by which B accepts more than A. */
static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *keys;
    } pairs[] = {
        {"{" OPEN "}", "{" OPEN "}", ""},
        {"{" OPEN "}", "{\"allow_debug\": false}", ""},
        {"{\"allow_debug\": false}", "{" OPEN "}", "tcb"},
        {"{\"tcb\": [\"UpToDate\", \"OutOfDate\"]}", "{\"tcb\": [\"UpToDate\"]}", ""},
        {"{\"tcb\": [\"UpToDate\"]}", "{\"tcb\": [\"OutOfDate\"]}", "tcb"},
        {"{\"mrtd\": \"" A48 "\"}", "{\"mrtd\": [\"" A48 "\", \"" Z48 "\"]}", "mrtd"},
        {"{\"mrtd\": \"" A48 "\"}", "{\"mrseam\": \"" A48 "\"}", "mrtd mrservicetd"},
        {"{\"mrtd\": \"" A48 "\"}", "{\"mrtd\": \"" A48 "\", \"mrservicetd\": \"" Z48 "\"}", ""},
        {"{\"mrtd\": \"" A48 "\"}", "{\"mrtd\": \"" A48 "\", \"mrservicetd\": \"" A48 "\"}",
         "mrservicetd"},
        {"{\"isv_prod_id\": 1}", "{\"isv_prod_id\": 2}", "isv_prod_id"},
        {"{\"min_isv_svn\": 3}", "{\"min_isv_svn\": 2}", "min_isv_svn"},
        {"{\"min_isv_svn\": 2}", "{\"min_isv_svn\": 3}", ""},
        {"{\"max_vmpl\": 1}", "{\"max_vmpl\": 2}", "max_vmpl"},
        {"{\"allow_debug\": true}", "{\"max_vmpl\": 1}", "max_vmpl"},
        {"{\"max_collateral_age_days\": 3}", "{\"allow_debug\": false}", "max_collateral_age_days"},
        {"{\"require_single_socket\": true}", "{\"allow_debug\": false}", "require_single_socket"},
        {"{\"allow_debug\": false}", "{\"allow_debug\": true}", "allow_debug"},
        {"{\"advisories\": [\"A\"]}", "{\"advisories\": [\"A\", \"B\"]}", "advisories"},
        {"{\"advisories\": [\"A\"]}", "{\"advisories\": []}", ""},
        {"{\"custom_claims\": {\"a\": \"00\"}}", "{\"custom_claims\": {\"a\": \"01\"}}",
         "custom_claims"},
        {"{\"custom_claims\": {\"a\": \"00\"}}",
         "{\"custom_claims\": {\"b\": \"\", \"a\": \"00\"}}", ""},
        {"{\"platforms\": \"" A16 "\"}", "{\"platforms\": [\"" A16 "\", \"" A64 "\"]}",
         "platforms"},
        {"{\"min_snp_tcb\": {\"snp\": 2}}", "{\"min_snp_tcb\": {\"snp\": 1, \"tee\": 9}}",
         "min_snp_tcb"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct kc_policy policy[2];
        struct kc_policy_error error;
        char got[256] = "";
        assert_int_equal(kc_policy_parse(kc_bytes_of_text(pairs[i].a), &policy[0], &error), KC_OK);
        assert_int_equal(kc_policy_parse(kc_bytes_of_text(pairs[i].b), &policy[1], &error), KC_OK);
        for (size_t k = 0; k < kc_clause_count; k++) {
            if (kc_clause_allows_more(&kc_clauses[k], &policy[0], &policy[1]))
                snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
                         got[0] == '\0' ? "" : " ", kc_clauses[k].key);
        }
        if (strcmp(got, pairs[i].keys) != 0)
            fail_msg("%s and %s: [%s], not [%s]", pairs[i].a, pairs[i].b, got, pairs[i].keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_kind),
        cmocka_unit_test(judges_flags),
        cmocka_unit_test(wants_no_service_domain_beside_mrtd),
        cmocka_unit_test(needs_whole_collateral),
        cmocka_unit_test(needs_amds_list),
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
