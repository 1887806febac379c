/*
 * Peers' past faults and the probes that found them, each as a row: quotes of the simulated
 * platform, SGX and TDX, with collateral that is signed again, judged from end to end. All statuses
 * but Revoked are accepted, so that nothing is refused for its rating by accident.
 */
#include "negative_changes.h"

#define ALL                                                                                        \
    "{\"tcb\":[\"UpToDate\",\"SWHardeningNeeded\",\"ConfigurationNeeded\",\"OutOfDate\","          \
    "\"ConfigurationAndSWHardeningNeeded\",\"OutOfDateConfigurationNeeded\"]}"
#define C "collateral."
static const struct {
    const char *name;
    bool is_tdx;
    change_fn *change;
    const char *verdict, *checks; /* accepted: the status */
} rows[] = {
    {"SGX", false, good, "accepted", "UpToDate"},
    {"TDX", true, good, "accepted", "UpToDate"},
    {"identity forged", false, identity_forged, "invalid", C "qe_identity.signature"},
    {"identity signed by nobody", false, identity_by_nobody, "invalid", C "qe_identity.signature"},
    {"identity: another signer", false, identity_of_another_signer, "invalid", "tcb.qe.mrsigner"},
    {"identity: another product", false, identity_of_another_product, "invalid",
     "tcb.qe.isv_prod_id"},
    {"lists swapped", false, lists_swapped, "invalid",
     C "crl.root.issuer " C "crl.root.signature " C "crl.pck.issuer " C "crl.pck.signature"},
    {"root's list badly signed", false, root_list_signature, "invalid", C "crl.root.signature"},
    {"PCK's list badly signed", true, pck_list_signature, "invalid", C "crl.pck.signature"},
    {"list: right name, wrong key", false, pck_list_other_key, "invalid", C "crl.pck.signature"},
    {"leaf revoked", true, revoked_leaf, "invalid", C "pck.revoked"},
    {"intermediate revoked", false, revoked_ca, "invalid",
     C "pck_ca.revoked " C "crl.pck_chain.revoked"},
    {"TCB signer revoked", true, revoked_signer, "invalid", C "tcb_chain.revoked"},
    {"root revoked", false, revoked_root, "invalid",
     C "root.revoked " C "tcb_chain.revoked " C "crl.pck_chain.revoked"},
    {"platform Revoked", false, platform_revoked, "refused", "policy.tcb"},
    {"TDX platform Revoked", true, platform_revoked, "refused", "policy.tcb"},
    {"QE Revoked", false, qe_revoked, "refused", "policy.tcb"},
    {"module Revoked", true, module_revoked, "refused", "policy.tcb"},
    {"QE Revoked, quote badly signed", false, revoked_qe_and_bad_signature, "invalid",
     "quote.signature"},
    {"quote badly signed", true, spoil_quote, "invalid", "quote.signature"},
    {"SGX's TCB info for TDX", true, info_of_sgx, "invalid", "tcb.tee"},
    {"TDX's TCB info for SGX", false, info_of_tdx, "invalid", "tcb.tee"},
    {"SGX's TCB info calls itself TDX's", false, info_of_tdx_in_name, "invalid",
     C "tcb_info.shape"},
    {"TDX's TCB info calls itself SGX's", true, info_of_sgx_in_name, "invalid", C "tcb_info.shape"},
    {"TD_QE for QE", false, identity_of_td_qe, "invalid", "tcb.qe.tee"},
    {"QE for TD_QE", true, identity_of_qe, "invalid", "tcb.qe.tee"},
    {"SGX's QE signs for a domain", true, qe_of_sgx, "invalid", "qe.mrsigner qe.isv_prod_id"},
    {"white space added", false, info_white_space, "invalid", C "tcb_info.signature"},
    {"signer without a CA above it", false, signer_alone, "invalid", C "tcb_chain.shape"},
    {"signer below the PCK's CA", false, signer_below_ca, "invalid", C "tcb_chain.shape"},
    {"signer: right name above, wrong key", false, signer_other_key, "invalid",
     C "tcb_chain.signature"},
    {"FMSPC", false, of_another_fmspc, "invalid", "tcb.fmspc"},
    {"FMSPC, TDX", true, of_another_fmspc, "invalid", "tcb.fmspc"},
    {"PCEID", false, of_another_pce, "invalid", "tcb.pce_id"},
    {"PCEID, TDX", true, of_another_pce, "invalid", "tcb.pce_id"},
    {"levels unsorted", false, levels_turned, "accepted", "UpToDate"},
    {"levels unsorted, TDX", true, levels_turned, "accepted", "UpToDate"},
    {"QE levels unsorted", false, qe_levels_turned, "accepted", "UpToDate"},
    {"QE below all levels", false, qe_below, "invalid", "tcb.qe.level"},
    {"status unknown", false, status_unknown, "invalid", C "tcb_info.shape"},
    {"name twice", true, member_twice, "invalid", C "tcb_info.shape"},
    {"15 components", false, fifteen_components, "invalid", C "tcb_info.shape"},
    {"no levels", false, no_levels, "invalid", C "tcb_info.shape"},
    {"deep JSON", false, deep_json, "invalid", C "tcb_info.shape"},
    {"huge list", false, list_huge, "invalid", C "crl.root.shape"},
    {"huge signature data", false, auth_length_huge, "invalid", "quote.shape"},
    {"huge authentication data", false, qe_auth_length_huge, "invalid", "quote.shape"},
    {"huge chain", false, chain_length_huge, "invalid", "quote.shape"},
    {"module of another signer", true, module_signer, "invalid", "tcb.module.mrsigner"},
    {"module unknown", true, module_unknown, "invalid", "tcb.module.identity"},
    {"module below all levels", true, module_below, "invalid", "tcb.module.level"},
    {"domain with debug", true, domain_debug, "refused", "policy.debug"},
    {"QE with debug", true, qe_is_debug, "invalid", "qe.debug"},
    {"QE's report data with a tail", true, qe_tail, "invalid", "qe.report_data_tail"},
    {"another vendor", true, vendor, "invalid", "qe.vendor"},
};

static void make_and_change(struct world *w, change_fn *change)
{
    case_fresh(w->c);
    take_sgx_quote(w);
    w->cut_wrong = false;
    if (w->is_tdx) {
        collateral_of_tdx(w->c);
        begin_tdx_quote(w);
    }
    change(w);
    if (w->is_tdx)
        sign_tdx_quote(w);
    if (w->cut_wrong)
        w->bytes[w->is_tdx ? 48 + 584 + 4 + 63 : 48 + 384 + 4 + 63] ^= 1;
}

static void judges_every_row(void **state)
{
    struct kc_policy policy;
    struct kc_policy_error error;
    struct kc_verdict *v = malloc(sizeof *v);
    struct world *w = calloc(1, sizeof *w);
    w->c = *state;
    assert_int_equal(kc_policy_parse(kc_bytes_of_text(ALL), &policy, &error), KC_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char got[1024] = "";
        w->is_tdx = rows[i].is_tdx;
        make_and_change(w, rows[i].change);
        judge(w, &policy, v);
        for (size_t k = 0; k < v->failure_count; k++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", k == 0 ? "" : " ",
                     v->failure[k].check);
        if (v->kind == KC_VERDICT_ACCEPTED)
            snprintf(got, sizeof got, "%s", kc_tcb_status_name(v->facts.tcb.status));
        if (strcmp(kc_verdict_kind_name(v->kind), rows[i].verdict) != 0 ||
            strcmp(got, rows[i].checks) != 0)
            fail_msg("%s: %s [%s], not %s [%s]", rows[i].name, kc_verdict_kind_name(v->kind), got,
                     rows[i].verdict, rows[i].checks);
    }
    free(w);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_every_row)};
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
