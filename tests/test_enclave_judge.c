/* The verifier inside the image, in trap mode: the verdict is the native one, and nothing that SGX
 * forbids is executed. In child processes, for the trap ends them. */
#include "probe/enclave_test.h"

#include <sys/wait.h>

#include "base/time.h"
#include "base/writer.h"
#include "collateral_case.h"
#include "probe/probe_judge.h"
#include "seed.h"
#include "sim/quoting_enclave.h"
#include "verify/chain.h"
#include "verify/verify.h"

#define FRAME_MAX ((size_t)256 * 1024)
#define SEED_AT   "2025-08-15T05:45:00Z"
#define ACCEPTING "{\"allow_debug\": true, \"tcb\": \"ignore\"}"
#define OTHER                                                                                      \
    "{\"mrenclave\": \"1111111111111111111111111111111111111111111111111111111111111111\"}"

struct request {
    int64_t now;
    const uint8_t *root_key;
    struct kc_bytes part[PROBE_JUDGE_PARTS];
};

struct fixture {
    struct collateral_case *c;
    uint8_t *seed; /* quote JSON */
    size_t seed_len;
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t quote_len;
};

static void make_quote(struct fixture *f)
{
    struct kc_sim_secs secs = {.mrenclave = {0x4b, 0x43},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t report_data[KC_SGX_REPORT_DATA_SIZE] = {0};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(f->c->state), &secs, target, report_data, report);
    assert_int_equal(kc_sim_qe_quote(f->c->state, report,
                                     (struct kc_room){f->quote, sizeof f->quote}, &f->quote_len),
                     KC_SIM_QE_OK);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    void *c = NULL;
    assert_int_equal(case_set_up(&c), 0);
    f->c = c;
    f->seed = test_read_file(TEST_VECTOR("seed/quote.json"), &f->seed_len);
    assert_non_null(f->seed);
    make_quote(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    void *c = f->c;
    case_tear_down(&c);
    free(f->seed);
    free(f);
    return 0;
}

/* What each row changes about the simulated quote with its whole collateral, or the seed quote. */
static void nothing(struct fixture *f, struct request *r)
{
    (void)f, (void)r;
}

static void no_collateral(struct fixture *f, struct request *r)
{
    (void)f;
    for (size_t i = PROBE_JUDGE_TCB_INFO; i < PROBE_JUDGE_PARTS; i++)
        r->part[i] = kc_bytes_of(NULL, 0);
}

static void no_list(struct fixture *f, struct request *r)
{
    (void)f;
    r->part[PROBE_JUDGE_PCK_CRL] = kc_bytes_of(NULL, 0);
}

static void much_later(struct fixture *f, struct request *r)
{
    (void)f;
    r->now += 60 * DAY;
}

static void other_enclave(struct fixture *f, struct request *r)
{
    (void)f;
    r->part[PROBE_JUDGE_POLICY] = kc_bytes_of_text(OTHER);
}

static void other_root(struct fixture *f, struct request *r)
{
    (void)f;
    r->root_key = kc_chain_intel_root_key;
}

static void forged(struct fixture *f, struct request *r)
{
    (void)r;
    f->quote[112] ^= 1; /* MRENCLAVE */
}

static void lists_swapped(struct fixture *f, struct request *r)
{
    (void)f;
    struct kc_bytes list = r->part[PROBE_JUDGE_PCK_CRL];
    r->part[PROBE_JUDGE_PCK_CRL] = r->part[PROBE_JUDGE_ROOT_CRL];
    r->part[PROBE_JUDGE_ROOT_CRL] = list;
}

static void rubbish(struct fixture *f, struct request *r)
{
    (void)f;
    r->part[PROBE_JUDGE_EVIDENCE] = kc_bytes_of_text("rubbish");
}

static void seed(struct fixture *f, struct request *r)
{
    no_collateral(f, r);
    assert_int_equal(kc_time_parse(kc_bytes_of_text(SEED_AT), &r->now), KC_OK);
    r->root_key = kc_chain_intel_root_key;
    r->part[PROBE_JUDGE_EVIDENCE] = kc_bytes_of(f->seed, f->seed_len);
}

static void seed_with_debug(struct fixture *f, struct request *r)
{
    seed(f, r);
    r->part[PROBE_JUDGE_POLICY] = kc_bytes_of_text(ACCEPTING);
}

static const struct {
    const char *name;
    void (*change)(struct fixture *f, struct request *r);
    enum kc_tcb_status status;
    enum kc_verdict_kind kind;
    const char *check; /* one of the failures; NULL: there is none */
} rows[] = {
    {"the seed quote", seed_with_debug, 0, KC_VERDICT_ACCEPTED, NULL},
    {"the seed quote, no debug", seed, 0, KC_VERDICT_REFUSED, "policy.debug"},
    {"with collateral", nothing, KC_TCB_UP_TO_DATE, KC_VERDICT_ACCEPTED, NULL},
    {"out of date", nothing, KC_TCB_OUT_OF_DATE, KC_VERDICT_REFUSED, "policy.tcb"},
    {"another enclave", other_enclave, 0, KC_VERDICT_REFUSED, "policy.mrenclave"},
    {"no collateral", no_collateral, 0, KC_VERDICT_UNJUDGED, "policy.tcb"},
    {"no revocation list", no_list, 0, KC_VERDICT_UNJUDGED, "collateral.crl.pck.absent"},
    {"old collateral", much_later, 0, KC_VERDICT_UNJUDGED, "collateral.tcb_info.expired"},
    {"swapped lists", lists_swapped, 0, KC_VERDICT_INVALID, "collateral.crl.pck.issuer"},
    {"under another root", other_root, 0, KC_VERDICT_INVALID, "chain.root"},
    {"forged", forged, 0, KC_VERDICT_INVALID, "quote.signature"},
    {"rubbish", rubbish, 0, KC_VERDICT_INVALID, "evidence.shape"},
};

static struct kc_bytes frame_of(const struct request *r, uint8_t *room)
{
    struct kc_writer w = kc_writer_of((struct kc_room){room, FRAME_MAX});
    kc_writer_u8(&w, PROBE_JUDGE);
    kc_writer_u32(&w, 1);
    kc_writer_u64(&w, (uint64_t)r->now);
    kc_writer_copy(&w, r->root_key, 64);
    for (size_t i = 0; i < PROBE_JUDGE_PARTS; i++) {
        kc_writer_u32(&w, (uint32_t)r->part[i].len);
        if (r->part[i].len > 0)
            kc_writer_bytes(&w, r->part[i]);
    }
    assert_false(kc_writer_failed(&w));
    return kc_writer_written(&w);
}

static struct request request_of(struct fixture *f, enum kc_tcb_status status)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_sim_collateral_options options = {f->c->issued, 30, status, false};
    kc_sim_collateral_clear(f->c->file);
    assert_int_equal(kc_sim_collateral_make(f->c->state, &options, f->c->file, &error), KC_OK);
    make_quote(f);
    return (struct request){
        .now = f->c->issued + DAY,
        .root_key = f->c->root_key,
        .part = {[PROBE_JUDGE_EVIDENCE] = {f->quote, f->quote_len},
                 [PROBE_JUDGE_TCB_INFO] = case_bytes(f->c, "tcb_info.json"),
                 [PROBE_JUDGE_QE_IDENTITY] = case_bytes(f->c, "qe_identity.json"),
                 [PROBE_JUDGE_TCB_CHAIN] = case_bytes(f->c, "tcb_chain.pem"),
                 [PROBE_JUDGE_ROOT_CRL] = case_bytes(f->c, "root_ca_crl.der"),
                 [PROBE_JUDGE_PCK_CRL] = case_bytes(f->c, "pck_crl.der"),
                 [PROBE_JUDGE_PCK_CRL_CHAIN] = case_bytes(f->c, "pck_crl_chain.pem")},
    };
}

static bool has_check(const uint8_t *answer, size_t len, const char *check)
{
    for (size_t at = 2; at < len; at += strlen((const char *)answer + at) + 1) {
        if (strcmp((const char *)answer + at, check) == 0)
            return true;
    }
    return false;
}

/* The image's answer is `want`. Its exit status: 0 it is, 2 it is another, 1 no answer; 70 comes
 * from the trap. */
static int in_child(struct kc_bytes frame, struct kc_bytes want)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct kc_enclave *enclave = NULL;
        struct kc_error error = KC_ERROR_NONE;
        uint8_t answer[4096];
        size_t len = 0;
        if (probe_try(PROBE_IMAGE, PROBE_SIG, false, true, &enclave, &error) != KC_OK ||
            probe_call(enclave, frame, answer, &len) != KC_OK)
            _exit(1);
        _exit(kc_bytes_equal(kc_bytes_of(answer, len), want) ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_judges_as_natively(void **state)
{
    struct fixture *f = *state;
    uint8_t *room = malloc(FRAME_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t native[4096];
        struct request request = request_of(f, rows[i].status);
        rows[i].change(f, &request);
        struct kc_bytes frame = frame_of(&request, room);
        size_t len = probe_judge(frame, native);
        if (len < 2 || native[0] != rows[i].kind)
            fail_msg("%s: natively %s", rows[i].name,
                     len < 2 ? "no answer" : kc_verdict_kind_name((enum kc_verdict_kind)native[0]));
        if (rows[i].check == NULL ? native[1] != 0 : !has_check(native, len, rows[i].check))
            fail_msg("%s: natively without %s: %s", rows[i].name, rows[i].check,
                     (const char *)native + 2);
        int status = in_child(frame, kc_bytes_of(native, len));
        if (status != 0)
            fail_msg("%s: inside %d", rows[i].name, status);
    }
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_judges_as_natively, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
