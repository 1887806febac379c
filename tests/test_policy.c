#include "test.h"

#include "verify/policy.h"

#define H64  "af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83"
#define H64U "AF3438654B544D7E94B6B538EAF58528A2136F6A107B95B4C442B0AFC9C98D83"
#define I64  "58272dd3db731d223107a2cd8a9522d84d25aaed904bf6b2345a8af9f9bfbf6d"

/* Every refusal names its key (or none) and says something of the kind of `what`. */
static void refuses_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *json, *key, *what;
    } rows[] = {
        {"", "", "not valid JSON"},
        {"{", "", "not valid JSON"},
        {"{\"allow_debug\": true} x", "", "not valid JSON"},
        {"[]", "", "not a JSON object"},
        {"null", "", "not a JSON object"},
        {"\"ignore\"", "", "not a JSON object"},
        {"{}", "", "empty"},
        {"{\"mrenclav\": \"" H64 "\"}", "mrenclav", "does not exist"},
        {"{\"MrEnclave\": \"" H64 "\"}", "MrEnclave", "does not exist"},
        {"{\"\": 1}", "", "does not exist"},
        {"{\"a\\nb\": 1}", "a?b", "does not exist"},
        {"{\"tcb\": \"ignore\", \"extra\": null}", "extra", "does not exist"},
        {"{\"allow_debug\": true, \"allow_debug\": false}", "allow_debug", "twice"},
        {"{\"mrenclave\": \"" H64 "\", \"mrenclave\": \"" I64 "\"}", "mrenclave", "twice"},
        {"{\"mrenclave\": 1}", "mrenclave", "neither a string nor a list"},
        {"{\"mrenclave\": null}", "mrenclave", "neither a string nor a list"},
        {"{\"mrenclave\": []}", "mrenclave", "empty list"},
        {"{\"mrenclave\": [1]}", "mrenclave", "neither a string nor a list"},
        {"{\"mrenclave\": [[\"" H64 "\"]]}", "", "nested"},
        {"{\"mrenclave\": \"\"}", "mrenclave", "64 characters"},
        {"{\"mrenclave\": \"" H64 "0\"}", "mrenclave", "64 characters"},
        {"{\"mrenclave\": \"0x" H64 "\"}", "mrenclave", "64 characters"},
        {"{\"mrenclave\": [\"" H64 "\", \"af\"]}", "mrenclave", "64 characters"},
        {"{\"mrsigner\": \"g8272dd3db731d223107a2cd8a9522d84d25aaed904bf6b2345a8af9f9bfbf6d\"}",
         "mrsigner", "no hexadecimal digit"},
        {"{\"mrsigner\": [\"" H64 "\", \"" H64U "\"]}", "mrsigner", "twice"},
        {"{\"isv_prod_id\": \"1\"}", "isv_prod_id", "whole number"},
        {"{\"isv_prod_id\": 1.0}", "isv_prod_id", "whole number"},
        {"{\"isv_prod_id\": true}", "isv_prod_id", "whole number"},
        {"{\"isv_prod_id\": -1}", "isv_prod_id", "out of range"},
        {"{\"isv_prod_id\": 65536}", "isv_prod_id", "out of range"},
        {"{\"min_isv_svn\": 65536}", "min_isv_svn", "out of range"},
        {"{\"min_isv_svn\": 99999999999999999999}", "", "out of range"},
        {"{\"min_isv_svn\": [1]}", "min_isv_svn", "whole number"},
        {"{\"allow_debug\": 1}", "allow_debug", "neither true nor false"},
        {"{\"allow_debug\": \"true\"}", "allow_debug", "neither true nor false"},
        {"{\"allow_debug\": null}", "allow_debug", "neither true nor false"},
        {"{\"tcb\": \"UpToDate\"}", "tcb", "neither \"ignore\" nor a list"},
        {"{\"tcb\": \"Ignore\"}", "tcb", "neither \"ignore\" nor a list"},
        {"{\"tcb\": true}", "tcb", "neither \"ignore\" nor a list"},
        {"{\"tcb\": []}", "tcb", "empty list"},
        {"{\"tcb\": [1]}", "tcb", "no string"},
        {"{\"tcb\": [\"ignore\"]}", "tcb", "does not exist"},
        {"{\"tcb\": [\"uptodate\"]}", "tcb", "does not exist"},
        {"{\"tcb\": [\"UpToDate\", \"UpToDate\"]}", "tcb", "twice"},
        {"{\"tcb\": [\"UpToDate\", \"Revoked\"]}", "tcb", "Revoked"},
        {"{\"tcb\": {\"status\": 1}}", "tcb", "neither \"ignore\" nor a list"},
        {"{\"allow_debug\": true, \"tcb\": \"ign\xff\"}", "", "UTF-8"},
        {"{\"tee\": \"sev\"}", "tee", "does not exist"},
        {"{\"tee\": []}", "tee", "empty list"},
        {"{\"tee\": [\"sgx\", \"sgx\"]}", "tee", "twice"},
        {"{\"mrtd\": \"" H64 "\"}", "mrtd", "96 characters"},
        {"{\"rtmr4\": \"" H64 "\"}", "rtmr4", "does not exist"},
        {"{\"host_data\": \"" H64 "00\"}", "host_data", "64 characters"},
        {"{\"report_data\": \"" H64 "\"}", "report_data", "128 characters"},
        {"{\"platforms\": \"" H64 "\"}", "platforms", "neither 32 nor 128"},
        {"{\"platforms\": [\"" I64 "\", 1]}", "platforms", "neither 32 nor 128"},
        {"{\"platforms\": []}", "platforms", "empty list"},
        {"{\"max_vmpl\": 4}", "max_vmpl", "out of range"},
        {"{\"min_guest_svn\": 4294967296}", "min_guest_svn", "out of range"},
        {"{\"max_collateral_age_days\": 36501}", "max_collateral_age_days", "out of range"},
        {"{\"min_tcb_date\": 20241113}", "min_tcb_date", "not a day"},
        {"{\"min_tcb_date\": \"2024-13-01\"}", "min_tcb_date", "not a day"},
        {"{\"min_tcb_date\": \"\"}", "min_tcb_date", "not a day"},
        {"{\"advisories\": \"INTEL-SA-00615\"}", "advisories", "no list"},
        {"{\"advisories\": [\"\"]}", "advisories", "no advisory"},
        {"{\"advisories\": [\"INTEL SA\"]}", "advisories", "no advisory"},
        {"{\"custom_claims\": {}}", "custom_claims", "no object"},
        {"{\"custom_claims\": {\"nonce\": 1}}", "custom_claims", "no string"},
        {"{\"custom_claims\": {\"nonce\": \"0\"}}", "custom_claims", "no hexadecimal"},
        {"{\"min_snp_tcb\": {}}", "min_snp_tcb", "no object"},
        {"{\"min_snp_tcb\": {\"snp\": 256}}", "min_snp_tcb", "0 to 255"},
        {"{\"min_snp_tcb\": {\"ucode\": 1}}", "min_snp_tcb", "does not exist"},
        {"{\"allow_migration_agent\": 1}", "allow_migration_agent", "neither true nor false"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "", "nested"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_policy policy = {.min_isv_svn = {true, 77}};
        struct kc_policy_error error;
        enum kc_err err = kc_policy_parse(kc_bytes_of_text(rows[i].json), &policy, &error);
        if (err != KC_ERR_MALFORMED || strcmp(error.key, rows[i].key) != 0 ||
            strstr(error.what, rows[i].what) == NULL || error.mend[0] == '\0')
            fail_msg("%s: %d, key '%s', what '%s', mend '%s'", rows[i].json, (int)err, error.key,
                     error.what, error.mend);
        assert_int_equal(policy.min_isv_svn.value, 77);
    }
}

static void accepts(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t mrenclaves, mrsigners;
        int prod_id, min_svn; /* -1: not asked for */
        bool debug, ignored;
        uint32_t accepted;
    } rows[] = {
        {"{\"allow_debug\": false}", 0, 0, -1, -1, false, false, 1},
        {"{\"allow_debug\": true, \"tcb\": \"ignore\"}", 0, 0, -1, -1, true, true, 0},
        {" {\"mrenclave\": \"" H64 "\"}\n", 1, 0, -1, -1, false, false, 1},
        {"{\"mrenclave\": \"" H64U "\"}", 1, 0, -1, -1, false, false, 1},
        {"{\"mrenclave\": [\"" I64 "\", \"" H64U "\"]}", 2, 0, -1, -1, false, false, 1},
        {"{\"mrsigner\": \"" I64 "\"}", 0, 1, -1, -1, false, false, 1},
        {"{\"isv_prod_id\": 0, \"min_isv_svn\": 65535}", 0, 0, 0, 65535, false, false, 1},
        {"{\"isv_prod_id\": 65535, \"min_isv_svn\": 0}", 0, 0, 65535, 0, false, false, 1},
        {"{\"tcb\": [\"OutOfDate\"]}", 0, 0, -1, -1, false, false, 1u << KC_TCB_OUT_OF_DATE},
        {"{\"tcb\": [\"UpToDate\", \"SWHardeningNeeded\", \"ConfigurationNeeded\", "
         "\"ConfigurationAndSWHardeningNeeded\", \"OutOfDate\", "
         "\"OutOfDateConfigurationNeeded\"]}",
         0, 0, -1, -1, false, false, 0x3f},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_policy policy;
        struct kc_policy_error error;
        if (kc_policy_parse(kc_bytes_of_text(rows[i].json), &policy, &error) != KC_OK)
            fail_msg("%s: '%s' %s", rows[i].json, error.key, error.what);
        assert_int_equal(policy.mrenclave.count, rows[i].mrenclaves);
        assert_int_equal(policy.mrsigner.count, rows[i].mrsigners);
        assert_int_equal(policy.isv_prod_id.is_set ? (int)policy.isv_prod_id.value : -1,
                         rows[i].prod_id);
        assert_int_equal(policy.min_isv_svn.is_set ? (int)policy.min_isv_svn.value : -1,
                         rows[i].min_svn);
        assert_int_equal(policy.allow_debug, rows[i].debug);
        assert_int_equal(policy.tcb_ignored, rows[i].ignored);
        assert_int_equal(policy.tcb_accepted, rows[i].accepted);
    }
}

static void reads_the_very_hash(void **state)
{
    (void)state;
    struct kc_policy policy;
    struct kc_policy_error error;
    assert_int_equal(
        kc_policy_parse(kc_bytes_of_text("{\"mrsigner\": [\"" I64 "\", \"" H64U "\"]}"), &policy,
                        &error),
        KC_OK);
    assert_int_equal(kc_policy_value(&policy, &policy.mrsigner, 32, 0).ptr[0], 0x58);
    assert_int_equal(kc_policy_value(&policy, &policy.mrsigner, 32, 0).ptr[31], 0x6d);
    assert_int_equal(kc_policy_value(&policy, &policy.mrsigner, 32, 1).ptr[0], 0xaf);
    assert_int_equal(kc_policy_value(&policy, &policy.mrsigner, 32, 1).ptr[31], 0x83);
}

/* 32 values fit, 33 do not; a file of more than 64 KiB is refused unread. */
static void bounds_lists_and_size(void **state)
{
    (void)state;
    struct kc_policy policy;
    struct kc_policy_error error;
    for (int count = KC_POLICY_LIST_MAX; count <= KC_POLICY_LIST_MAX + 1; count++) {
        char json[40 * 70] = "{\"mrenclave\": [";
        for (int i = 0; i < count; i++) {
            char entry[72];
            snprintf(entry, sizeof entry, "%s\"%064x\"", i == 0 ? "" : ",", (unsigned)i);
            strcat(json, entry);
        }
        strcat(json, "]}");
        enum kc_err err = kc_policy_parse(kc_bytes_of_text(json), &policy, &error);
        assert_int_equal(err, count <= KC_POLICY_LIST_MAX ? KC_OK : KC_ERR_MALFORMED);
    }
    assert_string_equal(error.key, "mrenclave");
    char *big = malloc(KC_POLICY_MAX_SIZE + 1);
    memset(big, ' ', KC_POLICY_MAX_SIZE + 1);
    assert_int_equal(kc_policy_parse(kc_bytes_of(big, KC_POLICY_MAX_SIZE + 1), &policy, &error),
                     KC_ERR_MALFORMED);
    assert_non_null(strstr(error.what, "64 KiB"));
    free(big);
}

static void default_is_strict(void **state)
{
    (void)state;
    assert_int_equal(kc_policy_default.mrenclave.count, 0);
    assert_false(kc_policy_default.allow_debug);
    assert_false(kc_policy_default.tcb_ignored);
    assert_int_equal(kc_policy_default.tcb_accepted, 1u << KC_TCB_UP_TO_DATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_by_name),     cmocka_unit_test(accepts),
        cmocka_unit_test(reads_the_very_hash), cmocka_unit_test(bounds_lists_and_size),
        cmocka_unit_test(default_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
