/*
 * kms-ratls/1 from one end to the other, on quotes that are genuine under the simulated root: what
 * an enclave composes a relying party accepts, by verify and by its own checks, and nothing else.
 */
#include <time.h>

#include "formats/dice.h"
#include "ratls/certificate.h"
#include "ratls/check.h"
#include "sim/pki.h"
#include "sim/quoting_enclave.h"
#include "sim/state_parts.h"
#include "sim_folder.h"
#include "verify/verify.h"

#define MRENCLAVE_BYTE 0x4b

struct fixture {
    char *folder;
    struct kc_sim_state *state;
    EVP_PKEY *key; /* the leaf's */
    uint8_t point[64];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    struct kc_ratls_claims claims;
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    struct kc_bytes encoded; /* claims */
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t quote_len;
    struct kc_policy policy;
    struct kc_ratls_connection connection;
    struct kc_verdict verdict;
    struct kc_ratls_checks checks;
};

static const uint8_t nonce[KC_RATLS_NONCE_SIZE] = "a nonce of exactly 32 characters";
static const uint8_t exported[KC_RATLS_EXPORTED_SIZE] = "exported by this very connection";

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    f->key = kc_sim_pki_new_key();
    assert_true(kc_sim_pki_public_key(f->key, f->point));
    kc_ratls_spki_of_p256(f->point, f->spki);
    f->policy = kc_policy_default;
    f->policy.tcb_ignored = true;
    f->policy.mrenclave.count = 1; /* the first 32 bytes of the room */
    f->policy.room_len = 32;
    f->policy.room[0] = MRENCLAVE_BYTE;
    struct kc_bytes spki = kc_bytes_of(f->spki, sizeof f->spki);
    f->connection = (struct kc_ratls_connection){
        .leaf_spki = spki,
        .nonce = kc_bytes_of(nonce, sizeof nonce),
        .exported = kc_bytes_of(exported, sizeof exported),
        .kms_id = {1, 2, 3},
    };
    f->claims =
        (struct kc_ratls_claims){.fresh = true, .nonce_len = sizeof nonce, .kms_id = {1, 2, 3}};
    memcpy(f->claims.nonce, nonce, sizeof nonce);
    assert_int_equal(kc_ratls_key_hash(spki, f->claims.key_hash), KC_OK);
    assert_int_equal(
        kc_ratls_binder(spki, kc_bytes_of(exported, sizeof exported), f->claims.tls_binder), KC_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    EVP_PKEY_free(f->key);
    free(f);
    return 0;
}

/* The enclave's side: encodes the claims and has them quoted. */
static void quote_claims(struct fixture *f)
{
    struct kc_sim_secs secs = {.mrenclave = {MRENCLAVE_BYTE},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report_data[KC_RATLS_REPORT_DATA_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){f->map, sizeof f->map});
    kc_ratls_claims_encode(&w, &f->claims);
    f->encoded = kc_writer_written(&w);
    assert_int_equal(kc_ratls_report_data(f->encoded, report_data), KC_OK);
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(f->state), &secs, target, report_data, report);
    assert_int_equal(kc_sim_qe_quote(f->state, report, (struct kc_room){f->quote, sizeof f->quote},
                                     &f->quote_len),
                     KC_SIM_QE_OK);
}

static enum kc_verdict_kind judge(struct fixture *f, const struct kc_evidence *evidence,
                                  const struct kc_bytes *held_data)
{
    const struct kc_verify_input input = {
        .evidence = evidence,
        .has_held_data = held_data != NULL,
        .held_data = held_data != NULL ? *held_data : kc_bytes_of(NULL, 0),
        .root_key = kc_sim_state_root_key(f->state),
        .now = (int64_t)time(NULL),
        .policy = &f->policy,
    };
    kc_verify(&input, &f->verdict);
    return f->verdict.kind;
}

/* The relying party's side, (c) to (k): "" when it accepts, else the check or stage that refused.
 */
static const char *meet(struct fixture *f)
{
    uint8_t bytes[KC_SIM_QUOTE_MAX + KC_RATLS_CLAIMS_MAX + 16];
    const struct kc_dice_evidence dice = {kc_bytes_of(f->quote, f->quote_len), f->encoded};
    struct kc_ratls_evidence evidence;
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_dice_evidence_encode(&w, &dice);
    if (!kc_ratls_check_open(kc_writer_written(&w), &f->connection, &evidence, &f->checks))
        return kc_ratls_check_first_failure(&f->checks)->name;
    const struct kc_evidence quote = {.wrapping = KC_WRAPPING_QUOTE, .quote = evidence.quote};
    if (judge(f, &quote, &evidence.claims_bytes) != KC_VERDICT_ACCEPTED)
        return f->verdict.failure[0].check;
    if (!kc_ratls_check_binding(&evidence, f->verdict.facts.report.report_data, &f->connection,
                                &f->checks))
        return kc_ratls_check_first_failure(&f->checks)->name;
    return "";
}

static void test_fresh(void **state)
{
    struct fixture *f = *state;
    quote_claims(f);
    assert_string_equal(meet(f), "");
    f->policy.room[0] ^= 1;
    assert_string_equal(meet(f), "policy.mrenclave");
    f->policy.room[0] ^= 1;
    f->quote[400] ^= 1; /* in report_data: nobody signed it so */
    assert_string_equal(meet(f), "quote.signature");
    f->quote[400] ^= 1;
    assert_string_equal(meet(f), "");
}

/* A host that changes what the enclave said after it was quoted. */
static void test_changed_claims(void **state)
{
    struct fixture *f = *state;
    quote_claims(f);
    f->map[f->encoded.len - 1] ^= 1;
    assert_string_equal(meet(f), "binding.held_data");
}

/* Evidence that is genuine, but of another connection, time, role or service. */
static void test_other_evidence(void **state)
{
    struct fixture *f = *state;
    const struct kc_ratls_claims good = f->claims;
    f->claims.tls_binder[0] ^= 1;
    quote_claims(f);
    assert_string_equal(meet(f), "ratls.tls_binder");
    f->claims = good;
    f->claims.nonce[0] ^= 1;
    quote_claims(f);
    assert_string_equal(meet(f), "ratls.nonce");
    f->claims = good;
    f->claims.context = KC_RATLS_CLIENT;
    quote_claims(f);
    assert_string_equal(meet(f), "ratls.kms_ctx");
    f->claims = good;
    f->claims.kms_id[31] ^= 1;
    quote_claims(f);
    assert_string_equal(meet(f), "ratls.kms_id");
}

static enum kc_err sign(void *context, struct kc_bytes message, uint8_t signature[64])
{
    struct fixture *f = context;
    return kc_sim_pki_sign(f->key, message, signature) ? KC_OK : KC_ERR_CRYPTO;
}

/* The leaf as `keyclave verify` judges it, and as a reader of kms-ratls/1 does. */
static void test_certificate(void **state)
{
    struct fixture *f = *state;
    static const struct kc_ratls_subject_name name = {KC_RATLS_NAME_DNS,
                                                      {(const uint8_t *)"localhost", 9}};
    uint8_t der[KC_RATLS_CERTIFICATE_MAX];
    size_t n = 0;
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    f->claims.fresh = false;
    f->claims.nonce_len = 0;
    f->connection.from_certificate = true;
    quote_claims(f);
    const int64_t now = (int64_t)time(NULL);
    const struct kc_ratls_leaf leaf = {.public_key = f->point,
                                       .not_before = now,
                                       .not_after = now + 3600,
                                       .names = &name,
                                       .name_count = 1,
                                       .quote = kc_bytes_of(f->quote, f->quote_len),
                                       .claims = f->encoded};
    const struct kc_ratls_signer signer = {f->point, sign, f};
    assert_int_equal(
        kc_ratls_leaf_write(&leaf, &signer, (struct kc_room){der, sizeof der}, &n, &error), KC_OK);
    assert_int_equal(kc_evidence_open(kc_bytes_of(der, n), &evidence, &error), KC_OK);
    assert_int_equal(evidence.wrapping, KC_WRAPPING_DICE);
    if (judge(f, &evidence, NULL) != KC_VERDICT_ACCEPTED)
        fail_msg("%s", f->verdict.failure[0].check);
    assert_true(kc_bytes_equal(f->verdict.facts.dice_claims, f->encoded));
    kc_evidence_clear(&evidence);
    assert_string_equal(meet(f), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_evidence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_certificate, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
