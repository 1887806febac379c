#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "formats/qe_identity.h"
#include "formats/tcb_info.h"
#include "sim/collateral.h"
#include "sim/state_parts.h"
#include "sim_folder.h"
#include "verify/ecdsa.h"

struct fixture {
    char *folder;
    struct kc_sim_state *state;
    struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES];
};

static struct kc_sim_collateral_options options_now(enum kc_tcb_status status)
{
    return (struct kc_sim_collateral_options){(int64_t)time(NULL), 30, status, false};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct kc_error error = KC_ERROR_NONE;
    struct kc_sim_collateral_options options = options_now(KC_TCB_UP_TO_DATE);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    assert_int_equal(kc_sim_collateral_make(f->state, &options, f->files, &error), KC_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_sim_collateral_clear(f->files);
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

static struct kc_bytes file_of(struct fixture *f, const char *name)
{
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++) {
        if (strcmp(f->files[i].name, name) == 0)
            return kc_bytes_of(f->files[i].ptr, f->files[i].len);
    }
    fail_msg("there is no %s", name);
    return kc_bytes_of(NULL, 0);
}

/* Certificates of a PEM file, leaf first. */
static size_t read_chain(struct kc_bytes pem, X509 *out[3])
{
    size_t n = 0;
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    while (n < 3 && (out[n] = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
        n++;
    BIO_free(in);
    return n;
}

static void test_chains(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t count;
        enum kc_sim_role first;
    } rows[] = {
        {"root_ca.pem", 1, KC_SIM_ROOT_CA},
        {"tcb_chain.pem", 2, KC_SIM_TCB_SIGNING},
        {"pck_crl_chain.pem", 2, KC_SIM_PLATFORM_CA},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        X509 *chain[3] = {NULL, NULL, NULL};
        size_t n = read_chain(file_of(f, rows[i].name), chain);
        if (n != rows[i].count)
            fail_msg("%s: %zu certificates", rows[i].name, n);
        assert_int_equal(X509_cmp(chain[0], f->state->pki.certificate[rows[i].first]), 0);
        assert_int_equal(X509_cmp(chain[n - 1], f->state->pki.certificate[KC_SIM_ROOT_CA]), 0);
        for (size_t k = 0; k < n; k++)
            X509_free(chain[k]);
    }
}

/* OpenSSL's path validation of the PCK with both lists: complete, signed, in time. */
static int verify_pck(struct fixture *f, int64_t at)
{
    const char *names[] = {"pck_crl.der", "root_ca_crl.der"};
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *middle = sk_X509_new_null();
    X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_bytes der = file_of(f, names[i]);
        const uint8_t *next = der.ptr;
        X509_CRL *crl = d2i_X509_CRL(NULL, &next, (long)der.len);
        assert_non_null(crl);
        assert_ptr_equal(next, der.ptr + der.len);
        ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
        AUTHORITY_KEYID *key_id =
            X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
        assert_non_null(number);
        assert_non_null(key_id);
        assert_non_null(key_id->keyid);
        AUTHORITY_KEYID_free(key_id);
        ASN1_INTEGER_free(number);
        X509_STORE_add_crl(store, crl);
        X509_CRL_free(crl);
    }
    X509_STORE_add_cert(store, f->state->pki.certificate[KC_SIM_ROOT_CA]);
    sk_X509_push(middle, f->state->pki.certificate[KC_SIM_PLATFORM_CA]);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                                X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)at);
    assert_int_equal(
        X509_STORE_CTX_init(context, store, f->state->pki.certificate[KC_SIM_PCK], middle), 1);
    X509_verify_cert(context);
    int result = X509_STORE_CTX_get_error(context);
    sk_X509_free(middle);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}

static void test_crls_by_openssl(void **state)
{
    struct fixture *f = *state;
    int64_t now = (int64_t)time(NULL);
    assert_int_equal(verify_pck(f, now + 10), X509_V_OK);
    assert_int_equal(verify_pck(f, now + 31 * 86400), X509_V_ERR_CRL_HAS_EXPIRED);
    assert_int_equal(verify_pck(f, now - 3600), X509_V_ERR_CRL_NOT_YET_VALID);
}

/* Both objects are what our strict readers take, signed over their very bytes. */
static void test_signed_json(void **state)
{
    struct fixture *f = *state;
    uint8_t key[64];
    struct kc_error error = KC_ERROR_NONE;
    struct kc_tcb_info *info = calloc(1, sizeof *info);
    struct kc_qe_identity *identity = calloc(1, sizeof *identity);
    assert_true(kc_sim_pki_public_key(f->state->pki.key[KC_SIM_TCB_SIGNING], key));
    if (kc_tcb_info_decode(file_of(f, "tcb_info.json"), info, &error) != KC_OK ||
        kc_qe_identity_decode(file_of(f, "qe_identity.json"), identity, &error) != KC_OK)
        fail_msg("%s at %llu", error.what, (unsigned long long)error.at);
    const struct kc_signed_json *bodies[] = {&info->body, &identity->body};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct kc_bytes part = bodies[i]->signed_part;
        assert_true(kc_ecdsa_p256_verify(key, part, bodies[i]->signature));
        part.len--;
        assert_false(kc_ecdsa_p256_verify(key, part, bodies[i]->signature));
    }
    assert_int_equal(info->tee, KC_TCB_INFO_SGX);
    assert_int_equal(info->version, 3);
    assert_memory_equal(info->fmspc, kc_sim_platform.fmspc, 6);
    assert_memory_equal(info->pce_id, kc_sim_platform.pce_id, 2);
    assert_int_equal(info->next_update - info->issue_date, 30 * 86400);
    assert_int_equal(identity->next_update, info->next_update);
    assert_int_equal(identity->levels.level[identity->levels.order[0]].isv_svn, 8);
    assert_memory_equal(identity->mrsigner, "\x8c\x4f\x57\x75", 4);
    free(identity);
    free(info);
}

/* The status of the first level that the platform reaches. */
static enum kc_tcb_status status_of_platform(const struct kc_tcb_info *info)
{
    for (size_t i = 0; i < info->level_count; i++) {
        const struct kc_tcb_level *level = &info->level[info->order[i]];
        bool reached = kc_sim_platform.pce_svn >= level->pce_svn;
        for (size_t k = 0; k < 16; k++)
            reached = reached && kc_sim_platform.component_svn[k] >= level->sgx[k];
        if (reached)
            return level->rating.status;
    }
    return KC_TCB_STATUS_COUNT;
}

static void test_statuses(void **state)
{
    struct fixture *f = *state;
    struct kc_tcb_info *info = calloc(1, sizeof *info);
    for (enum kc_tcb_status status = 0; status < KC_TCB_STATUS_COUNT; status++) {
        struct kc_sim_collateral_options options = options_now(status);
        struct kc_error error = KC_ERROR_NONE;
        bool of_relaunch = status == KC_TCB_TD_RELAUNCH_ADVISED ||
                           status == KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
        kc_sim_collateral_clear(f->files);
        enum kc_err err = kc_sim_collateral_make(f->state, &options, f->files, &error);
        assert_int_equal(err, of_relaunch ? KC_ERR_ARGUMENT : KC_OK);
        if (of_relaunch)
            continue;
        assert_int_equal(kc_tcb_info_decode(file_of(f, "tcb_info.json"), info, &error), KC_OK);
        assert_int_equal(status_of_platform(info), status);
    }
    free(info);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    static const struct kc_sim_collateral_options rows[] = {
        {1700000000, 0, KC_TCB_UP_TO_DATE, false},
        {1700000000, 36501, KC_TCB_UP_TO_DATE, false},
        {-1, 30, KC_TCB_UP_TO_DATE, false},
        {253402300799, 1, KC_TCB_UP_TO_DATE, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES];
        struct kc_error error = KC_ERROR_NONE;
        if (kc_sim_collateral_make(f->state, &rows[i], files, &error) != KC_ERR_ARGUMENT)
            fail_msg("row %zu was taken", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_chains, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crls_by_openssl, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signed_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_statuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
