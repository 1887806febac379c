/*
 * Peers' past faults and the probes that found them, each as a row: quotes of the simulated
 * platform, of every version and body, with collateral that is signed again, judged from end to
 * end. All statuses but Revoked are accepted, so that nothing is refused for its rating by
 * accident. What is TDX's alone is in test_verify_negative_tdx.c.
 */
#include "negative_changes.h"

#define C "collateral."
static const struct row rows[] = {
    {"good", EVERY, good, "accepted", "UpToDate", NULL},

    {"identity forged", EVERY, identity_forged, "invalid", C "qe_identity.signature", NULL},
    {"identity signed by nobody", EVERY, identity_by_nobody, "invalid", C "qe_identity.signature",
     NULL},
    {"identity: another signer", EVERY, identity_of_another_signer, "invalid", "tcb.qe.mrsigner",
     NULL},
    {"identity: another product", EVERY, identity_of_another_product, "invalid",
     "tcb.qe.isv_prod_id", NULL},
    {"lists swapped", EVERY, lists_swapped, "invalid",
     C "crl.root.issuer " C "crl.root.signature " C "crl.pck.issuer " C "crl.pck.signature", NULL},
    {"root's list badly signed", EVERY, root_list_signature, "invalid", C "crl.root.signature",
     NULL},
    {"PCK's list badly signed", EVERY, pck_list_signature, "invalid", C "crl.pck.signature", NULL},
    {"list: right name, wrong key", EVERY, pck_list_other_key, "invalid", C "crl.pck.signature",
     NULL},
    {"leaf revoked", EVERY, revoked_leaf, "invalid", C "pck.revoked", NULL},
    {"intermediate revoked", EVERY, revoked_ca, "invalid",
     C "pck_ca.revoked " C "crl.pck_chain.revoked", NULL},
    {"TCB signer revoked", EVERY, revoked_signer, "invalid", C "tcb_chain.revoked", NULL},
    {"root revoked", EVERY, revoked_root, "invalid",
     C "root.revoked " C "tcb_chain.revoked " C "crl.pck_chain.revoked", NULL},
    {"platform Revoked", EVERY, platform_revoked, "refused", "policy.tcb", NULL},
    {"QE Revoked", EVERY, qe_revoked, "refused", "policy.tcb", NULL},
    {"QE Revoked, quote badly signed", EVERY, revoked_qe_and_bad_signature, "invalid",
     "quote.signature", NULL},
    {"quote badly signed", EVERY, spoil_quote, "invalid", "quote.signature", NULL},
    {"descriptor not signed", WITH_5, without_descriptor, "invalid", "quote.signature", NULL},

    {"SGX's TCB info for TDX", TDX, info_of_sgx, "invalid", "tcb.tee", NULL},
    {"TDX's TCB info for SGX", SGX, info_of_tdx, "invalid", "tcb.tee", NULL},
    {"SGX's TCB info calls itself TDX's", SGX, info_of_tdx_in_name, "invalid", C "tcb_info.shape",
     NULL},
    {"TDX's TCB info calls itself SGX's", TDX, info_of_sgx_in_name, "invalid", C "tcb_info.shape",
     NULL},
    {"TD_QE for QE", SGX, identity_of_td_qe, "invalid", "tcb.qe.tee", NULL},
    {"QE for TD_QE", TDX, identity_of_qe, "invalid", "tcb.qe.tee", NULL},
    {"SGX's QE signs for a domain", TDX, qe_of_sgx, "invalid", "qe.mrsigner qe.isv_prod_id", NULL},
    {"TDX's QE signs for an enclave", SGX, qe_of_tdx, "invalid", "qe.mrsigner qe.isv_prod_id",
     NULL},

    {"white space added", EVERY, info_white_space, "invalid", C "tcb_info.signature", NULL},
    {"signer without a CA above it", EVERY, signer_alone, "invalid", C "tcb_chain.shape", NULL},
    {"signer below the PCK's CA", EVERY, signer_below_ca, "invalid", C "tcb_chain.shape", NULL},
    {"signer: right name above, wrong key", EVERY, signer_other_key, "invalid",
     C "tcb_chain.signature", NULL},
    {"FMSPC", EVERY, of_another_fmspc, "invalid", "tcb.fmspc", NULL},
    {"PCEID", EVERY, of_another_pce, "invalid", "tcb.pce_id", NULL},
    {"levels unsorted", EVERY, levels_turned, "accepted", "UpToDate", NULL},
    {"QE levels unsorted", EVERY, qe_levels_turned, "accepted", "UpToDate", NULL},
    {"platform below all levels", EVERY, components_below, "invalid", "tcb.level", NULL},
    {"PCE below all levels", EVERY, pce_below, "invalid", "tcb.level", NULL},
    {"QE below all levels", EVERY, qe_below, "invalid", "tcb.qe.level", NULL},
    {"status unknown", EVERY, status_unknown, "invalid", C "tcb_info.shape", NULL},
    {"name twice", EVERY, member_twice, "invalid", C "tcb_info.shape", NULL},
    {"15 components", EVERY, fifteen_components, "invalid", C "tcb_info.shape", NULL},
    {"no levels", EVERY, no_levels, "invalid", C "tcb_info.shape", NULL},
    {"deep JSON", EVERY, deep_json, "invalid", C "tcb_info.shape", NULL},
    {"huge list", EVERY, list_huge, "invalid", C "crl.root.shape", NULL},

    {"huge signature data", EVERY, signature_data_huge, "invalid", "quote.shape", NULL},
    {"no signature data", EVERY, signature_data_empty, "invalid", "quote.shape", NULL},
    {"huge outer data", LATER, outer_data_huge, "invalid", "quote.shape", NULL},
    {"huge authentication data", EVERY, qe_auth_huge, "invalid", "quote.shape", NULL},
    {"huge chain", EVERY, chain_huge, "invalid", "quote.shape", NULL},
    {"TEE type is the other's", EVERY, tee_of_the_other, "invalid", "quote.shape", NULL},
    {"TEE type unknown", EVERY, tee_unknown, "invalid", "quote.shape", NULL},
    {"body type is the other's", WITH_5, body_of_the_other, "invalid", "quote.shape", NULL},
    {"body type unknown", WITH_5, body_unknown, "invalid", "quote.shape", NULL},
    {"body size is one less", WITH_5, body_size_less, "invalid", "quote.shape", NULL},
    {"huge body size", WITH_5, body_size_huge, "invalid", "quote.shape", NULL},
    {"no body size", WITH_5, body_size_none, "invalid", "quote.shape", NULL},

    {"enclave with debug", SGX, enclave_debug, "refused", "policy.debug", NULL},
    {"domain with debug", TDX, domain_debug, "refused", "policy.debug", NULL},
    {"domain open to the host", TDX, domain_open, "refused", "policy.debug", NULL},
    {"QE with debug", EVERY, qe_is_debug, "invalid", "qe.debug", NULL},
    {"QE's MISCSELECT", EVERY, qe_misc_select, "invalid", "tcb.qe.misc_select", NULL},
    {"QE's attributes", EVERY, qe_attributes, "invalid", "tcb.qe.attributes", NULL},
    {"QE's report badly signed", EVERY, qe_report_signature, "invalid", "qe.signature", NULL},
    {"QE vouches for another key", EVERY, key_of_nobody, "invalid", "qe.binding", NULL},
    {"QE's report data with a tail", EVERY, qe_tail, "invalid", "qe.report_data_tail", NULL},
    {"another vendor", EVERY, vendor, "invalid", "qe.vendor", NULL},
};

static void judges_every_row(void **state)
{
    run_rows(*state, rows, COUNT_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_every_row)};
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
