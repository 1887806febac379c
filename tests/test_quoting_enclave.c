#include <time.h>

#include "formats/pck_certificate.h"
#include "formats/sgx_quote.h"
#include "sim/pki.h"
#include "sim/quoting_enclave.h"
#include "sim_folder.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"

struct fixture {
    char *folder;
    struct kc_sim_state *state;
    struct kc_sim_secs secs;
    uint8_t target[512];
    uint8_t report_data[64];
    uint8_t report[432];
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    f->secs.attributes = (struct kc_sgx_attributes){KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7};
    f->secs.isv_svn = 3;
    memset(f->secs.mrenclave, 0x5c, 32);
    memset(f->report_data, 0xd0, 64);
    kc_sim_qe_target_info(f->target);
    kc_sim_ereport(kc_sim_state_processor(f->state), &f->secs, f->target, f->report_data,
                   f->report);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

static uint32_t make_quote(struct fixture *f)
{
    return kc_sim_qe_quote(f->state, f->report, (struct kc_room){f->quote, sizeof f->quote},
                           &f->len);
}

static void test_quote_holds(void **state)
{
    struct fixture *f = *state;
    struct kc_sgx_quote quote;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_pck_chain *chain = calloc(1, sizeof *chain);
    uint8_t bound[96], hash[32];
    assert_int_equal(make_quote(f), KC_SIM_QE_OK);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(f->quote, f->len), &quote, &error), KC_OK);
    assert_int_equal(quote.trailing.len, 0);
    assert_memory_equal(f->quote + 48, f->report, 384);
    assert_memory_equal(quote.qe_vendor_id, kc_sgx_quote_intel_vendor_id, 16);
    assert_int_equal(quote.qe_report.isv_prod_id, 1);
    assert_int_equal(quote.qe_report.isv_svn, 8);
    assert_int_equal(quote.qe_report.attributes.flags, 0x15);
    assert_int_equal(quote.qe_report.mrsigner[0], 0x8c);

    assert_true(
        kc_ecdsa_p256_verify(quote.attestation_key.ptr, quote.signed_part, quote.signature.ptr));
    assert_int_equal(kc_pck_chain_decode(quote.cert_data, chain, &error), KC_OK);
    struct kc_chain_verdict verdict =
        kc_chain_verify_pck(chain, kc_sim_state_root_key(f->state), (int64_t)time(NULL));
    if (verdict.fault != KC_CHAIN_GOOD)
        fail_msg("certificate %zu: %s", verdict.index, verdict.what);
    assert_int_equal(kc_chain_verify_pck(chain, kc_chain_intel_root_key, (int64_t)time(NULL)).fault,
                     KC_CHAIN_ROOT);
    assert_true(kc_ecdsa_p256_verify(chain->certificate[0].public_key, quote.qe_report_bytes,
                                     quote.qe_report_signature.ptr));
    memcpy(bound, quote.attestation_key.ptr, 64);
    assert_int_equal(quote.qe_auth_data.len, 32);
    memcpy(bound + 64, quote.qe_auth_data.ptr, 32);
    assert_true(kc_sha256(kc_bytes_of(bound, sizeof bound), hash));
    assert_memory_equal(quote.qe_report.report_data, hash, 32);
    assert_true(kc_bytes_are_zero(kc_bytes_of(quote.qe_report.report_data + 32, 32)));

    struct kc_pck_extension extension;
    assert_int_equal(kc_pck_extension_decode(&chain->certificate[0], &extension, &error), KC_OK);
    assert_memory_equal(extension.component_svn, kc_sim_platform.component_svn, 16);
    assert_memory_equal(extension.cpu_svn, kc_sim_platform.component_svn, 16);
    assert_memory_equal(extension.fmspc, kc_sim_platform.fmspc, 6);
    assert_int_equal(extension.pce_svn, kc_sim_platform.pce_svn);
    assert_int_equal(extension.sgx_type, KC_SGX_TYPE_SCALABLE);
    assert_true(extension.has_platform);
    free(chain);
}

/* The MAC covers the body; KEYID chooses the key. */
static void test_changed_report(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof f->report; i += 13) {
        f->report[i] ^= 1;
        if (make_quote(f) != KC_SIM_QE_INVALID_REPORT)
            fail_msg("byte %zu changed and a quote came", i);
        f->report[i] ^= 1;
    }
    assert_int_equal(f->len, 0);
    assert_int_equal(make_quote(f), KC_SIM_QE_OK);
}

/* Every field of the TARGETINFO that a report key depends on. */
static void test_wrong_target(void **state)
{
    struct fixture *f = *state;
    static const size_t offsets[] = {0, 31, 32, 40, 50, 52, 64, 127};
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        f->target[offsets[i]] ^= 2;
        kc_sim_ereport(kc_sim_state_processor(f->state), &f->secs, f->target, f->report_data,
                       f->report);
        if (make_quote(f) != KC_SIM_QE_INVALID_REPORT)
            fail_msg("target info byte %zu changed and a quote came", offsets[i]);
        f->target[offsets[i]] ^= 2;
    }
}

static void test_other_machine(void **state)
{
    struct fixture *f = *state;
    char *folder = test_new_folder();
    struct kc_sim_state *other = test_open_state(folder);
    kc_sim_ereport(kc_sim_state_processor(other), &f->secs, f->target, f->report_data, f->report);
    assert_int_equal(make_quote(f), KC_SIM_QE_INVALID_REPORT);
    kc_sim_state_free(other);
    test_remove_tree(folder);
    free(folder);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(make_quote(f), KC_SIM_QE_OK);
    size_t len = f->len;
    f->len = 0;
    assert_int_equal(
        kc_sim_qe_quote(f->state, f->report, (struct kc_room){f->quote, len - 1}, &f->len),
        KC_SIM_QE_UNEXPECTED);
    assert_int_equal(f->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quote_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_target, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
