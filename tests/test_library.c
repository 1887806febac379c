/* The installed header and the shared library, as a program outside of this tree has them. Evidence
 * and collateral are the simulated machine's. */
#include <keyclave/verify.h>

#include <pthread.h>
#include <time.h>

#include "collateral_case.h"
#include "seed.h"
#include "sim_leaf.h"
#include "test.h"

#define SEED_AT   1755236700 /* 2025-08-15T05:45:00Z */
#define LENIENT   "{\"allow_debug\": true, \"tcb\": \"ignore\"}"
#define MRENCLAVE "af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83"

static struct keyclave_policy *policy_of(const char *json)
{
    struct keyclave_policy *policy = NULL;
    struct keyclave_error error;
    if (keyclave_policy_new(json, strlen(json), &policy, &error) != KEYCLAVE_OK)
        fail_msg("%s", error.text);
    assert_string_equal(error.text, "");
    return policy;
}

/* "check check" */
static const char *checks(const struct keyclave_verdict *verdict)
{
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < keyclave_verdict_failure_count(verdict); i++) {
        struct keyclave_failure f = keyclave_verdict_failure(verdict, i);
        assert_true(f.expected != NULL && f.actual != NULL && strlen(f.hint) > 10);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : " ",
                 f.check);
    }
    return text;
}

static void judges_the_seed(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *json = test_read_file(TEST_VECTOR("seed/quote.json"), &len);
    struct keyclave_store *store = keyclave_store_new();
    struct keyclave_verdict *verdict = keyclave_verdict_new();
    struct keyclave_policy *lenient = policy_of(LENIENT);
    struct keyclave_evidence evidence = {.bytes = json, .len = len, .now = SEED_AT};
    uint8_t mrenclave[32];
    uint64_t number = 7;
    size_t n = 0;
    assert_int_equal(keyclave_verdict_kind(verdict), KEYCLAVE_UNJUDGED);
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_REFUSED);
    assert_string_equal(checks(verdict), "policy.debug policy.tcb");
    assert_int_equal(keyclave_verify(store, lenient, &evidence, verdict), KEYCLAVE_ACCEPTED);
    memset(json, 0, len); /* the verdict has its own copy */
    assert_string_equal(checks(verdict), "");
    assert_string_equal(keyclave_verdict_tee(verdict), "sgx");
    assert_string_equal(keyclave_verdict_format(verdict), "sgx-quote-v3");
    struct keyclave_bytes bytes = keyclave_verdict_bytes(verdict, "mrenclave");
    assert_int_equal(
        kc_hex_decode(kc_bytes_of_text(MRENCLAVE), (struct kc_room){mrenclave, 32}, &n), KC_OK);
    assert_int_equal(bytes.len, 32);
    assert_memory_equal(bytes.ptr, mrenclave, 32);
    assert_int_equal(keyclave_verdict_number(verdict, "debug", &number), 1);
    assert_int_equal(number, 1);
    assert_int_equal(keyclave_verdict_number(verdict, "isv_svn", &number), 1);
    assert_int_equal(keyclave_verdict_number(verdict, "vmpl", &number), 0);
    assert_int_equal(keyclave_verdict_number(verdict, "mrenclave", &number), 0);
    assert_null(keyclave_verdict_bytes(verdict, "mrtd").ptr);
    assert_null(keyclave_verdict_bytes(verdict, "isv_svn").ptr);
    struct keyclave_tcb tcb;
    assert_int_equal(keyclave_verdict_tcb(verdict, &tcb), 0);
    char *text = keyclave_verdict_json(verdict);
    assert_non_null(strstr(text, "\"verdict\": \"accepted\""));
    assert_non_null(strstr(text, MRENCLAVE));
    free(text);
    keyclave_policy_free(lenient);
    keyclave_verdict_free(verdict);
    keyclave_store_free(store);
    free(json);
}

static void says_what_it_cannot_read(void **state)
{
    (void)state;
    static uint8_t large[1024 * 1024 + 1];
    struct keyclave_store *store = keyclave_store_new();
    struct keyclave_verdict *verdict = keyclave_verdict_new();
    const struct {
        const void *bytes;
        size_t len;
    } rows[] = {{NULL, 0}, {"", 0}, {"\3\0", 2}, {"hello", 5}, {large, sizeof large}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct keyclave_evidence evidence = {.bytes = rows[i].bytes, .len = rows[i].len};
        enum keyclave_kind kind = keyclave_verify(store, NULL, &evidence, verdict);
        assert_int_equal(kind, KEYCLAVE_INVALID);
        assert_true(keyclave_verdict_failure_count(verdict) > 0);
        assert_null(keyclave_verdict_bytes(verdict, "mrenclave").ptr);
        char *text = keyclave_verdict_json(verdict);
        assert_non_null(strstr(text, "\"verdict\": \"invalid\""));
        free(text);
    }
    keyclave_verdict_free(verdict);
    keyclave_store_free(store);
    keyclave_verdict_free(NULL);
    keyclave_store_free(NULL);
    keyclave_policy_free(NULL);
}

static void refuses_wrong_policies(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *want;
    } rows[] = {
        {"", "line 1"},
        {"{}", "empty"},
        {"{\"mrenclave\": \"00\"}", "mrenclave"},
        {"{\"mrenklave\": \"00\"}", "mrenklave"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct keyclave_policy *policy = NULL;
        struct keyclave_error error;
        assert_int_equal(keyclave_policy_new(rows[i].json, strlen(rows[i].json), &policy, &error),
                         KEYCLAVE_WRONG);
        assert_null(policy);
        assert_non_null(strstr(error.text, rows[i].want));
        assert_int_equal(keyclave_policy_new(rows[i].json, strlen(rows[i].json), &policy, NULL),
                         KEYCLAVE_WRONG);
    }
}

/* The simulated machine's root, and what it serves. */
static struct keyclave_store *simulated_store(struct collateral_case *c)
{
    struct keyclave_store *store = keyclave_store_new();
    struct keyclave_error error;
    char *pem = kc_sim_state_root_pem(c->state);
    if (keyclave_store_set_root(store, pem, strlen(pem), &error) != KEYCLAVE_OK)
        fail_msg("%s", error.text);
    free(pem);
    return store;
}

static size_t pieces_of(struct collateral_case *c,
                        struct keyclave_piece out[KC_SIM_COLLATERAL_FILES])
{
    static const char *const names[] = {"tcb_info.json",   "tcb_chain.pem", "qe_identity.json",
                                        "root_ca_crl.der", "pck_crl.der",   "pck_crl_chain.pem"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_bytes bytes = case_bytes(c, names[i]);
        out[i] = (struct keyclave_piece){names[i], bytes.ptr, bytes.len};
    }
    return COUNT_OF(names);
}

static void judges_with_collateral(void **state)
{
    struct collateral_case *c = *state;
    struct keyclave_piece pieces[KC_SIM_COLLATERAL_FILES];
    uint8_t quote[KC_SIM_QUOTE_MAX];
    case_fresh(c);
    struct keyclave_store *store = simulated_store(c);
    struct keyclave_verdict *verdict = keyclave_verdict_new();
    struct keyclave_evidence evidence = {
        .bytes = quote, .len = sim_leaf_quote(c->state, quote), .now = CASE_AT};
    struct keyclave_tcb tcb;
    size_t count = pieces_of(c, pieces);
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_UNJUDGED);
    assert_int_equal(keyclave_store_add(store, pieces, count, NULL), KEYCLAVE_OK);
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_ACCEPTED);
    assert_int_equal(keyclave_verdict_tcb(verdict, &tcb), 1);
    assert_string_equal(tcb.status, "UpToDate");
    assert_true(tcb.is_whole && tcb.issued <= CASE_AT && tcb.expires > CASE_AT);
    assert_true(keyclave_store_size(store) < 1024 * 1024);

    /* What is read lives as long as the verdict, though the store has newer collateral by then. */
    assert_int_equal(keyclave_store_add(store, pieces, count, NULL), KEYCLAVE_OK);
    char *text = keyclave_verdict_json(verdict);
    assert_non_null(strstr(text, "\"status\": \"UpToDate\""));
    free(text);

    evidence.now = c->issued + 31 * DAY;
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_UNJUDGED);
    evidence.now = CASE_AT;
    evidence.held_data = "other";
    evidence.held_data_len = 5;
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_INVALID);
    assert_non_null(strstr(checks(verdict), "binding.held_data"));
    /* Bytes that the caller failed to get are no leave to skip the check. */
    evidence.held_data = NULL;
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_INVALID);
    evidence.held_data_len = 0;
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_ACCEPTED);
    evidence.bytes = NULL;
    assert_int_equal(keyclave_verify(store, NULL, &evidence, verdict), KEYCLAVE_INVALID);
    keyclave_verdict_free(verdict);
    keyclave_store_free(store);
}

static void refuses_wrong_pieces(void **state)
{
    struct collateral_case *c = *state;
    struct keyclave_piece pieces[KC_SIM_COLLATERAL_FILES + 1];
    struct keyclave_error error;
    case_fresh(c);
    struct keyclave_store *store = simulated_store(c);
    size_t count = pieces_of(c, pieces);
    const struct {
        struct keyclave_piece more;
        const char *want;
    } rows[] = {
        {{"tcb_info.json", "", 0}, "tcb_info.json stands twice"},
        {{"tcbinfo.json", "", 0}, "tcbinfo.json"},
        {{"qe_chain.pem", "", 0}, "collateral: "},
        {{"qe_chain.pem", NULL, 5}, "collateral: "},
        {{NULL, "", 0}, "no name"},
        {{"qe_chain.pem", "-----", 5}, "collateral: "},
        {{"vek.der", "0", 1}, "each by itself"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        pieces[count] = rows[i].more;
        assert_int_equal(keyclave_store_add(store, pieces, count + 1, &error), KEYCLAVE_WRONG);
        if (strstr(error.text, rows[i].want) == NULL)
            fail_msg("%zu: %s", i, error.text);
    }
    assert_int_equal(keyclave_store_add(store, pieces, 0, &error), KEYCLAVE_WRONG);
    assert_int_equal(keyclave_store_add(store, pieces, 1, &error), KEYCLAVE_WRONG);
    assert_int_equal(keyclave_store_set_root(store, "hello", 5, &error), KEYCLAVE_WRONG);
    assert_true(strlen(error.text) > 10);
    /* Intel's root did not sign it. */
    struct keyclave_store *intel = keyclave_store_new();
    assert_int_equal(keyclave_store_add(intel, pieces, count, &error), KEYCLAVE_WRONG);
    keyclave_store_free(intel);
    keyclave_store_free(store);
}

struct work {
    struct keyclave_store *store;
    struct keyclave_policy *policy;
    struct keyclave_evidence evidence;
    bool good;
};

static void *work(void *arg)
{
    struct work *w = arg;
    struct keyclave_verdict *verdict = keyclave_verdict_new();
    w->good = verdict != NULL;
    for (int i = 0; i < 200; i++)
        w->good = w->good &&
                  keyclave_verify(w->store, w->policy, &w->evidence, verdict) == KEYCLAVE_ACCEPTED;
    keyclave_verdict_free(verdict);
    return NULL;
}

static void serves_many_threads(void **state)
{
    enum { THREADS = 4 };
    struct collateral_case *c = *state;
    struct keyclave_piece pieces[KC_SIM_COLLATERAL_FILES];
    static uint8_t quote[THREADS][KC_SIM_QUOTE_MAX];
    struct work work_of[THREADS];
    pthread_t thread[THREADS];
    case_fresh(c);
    struct keyclave_store *store = simulated_store(c);
    struct keyclave_policy *policy = policy_of("{\"tee\": \"sgx\", \"tcb\": [\"UpToDate\"]}");
    size_t count = pieces_of(c, pieces);
    assert_int_equal(keyclave_store_add(store, pieces, count, NULL), KEYCLAVE_OK);
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(sim_leaf_renew(c->state, NULL));
        work_of[i] = (struct work){.store = store,
                                   .policy = policy,
                                   .evidence = {.bytes = quote[i],
                                                .len = sim_leaf_quote(c->state, quote[i]),
                                                .now = CASE_AT}};
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, work, &work_of[i]), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(keyclave_store_add(store, pieces, count, NULL), KEYCLAVE_OK);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_true(work_of[i].good);
    }
    keyclave_policy_free(policy);
    keyclave_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_the_seed),        cmocka_unit_test(says_what_it_cannot_read),
        cmocka_unit_test(refuses_wrong_policies), cmocka_unit_test(judges_with_collateral),
        cmocka_unit_test(refuses_wrong_pieces),   cmocka_unit_test(serves_many_threads),
    };
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
