/* A store of trust: what it remembers never changes a verdict, and what it holds is bounded. */
#include <pthread.h>
#include <time.h>

#include "trust_case.h"

#define LEAVES 10

/* Each time twice: what is remembered by then must not change it. */
static void judges_anew_what_time_changes(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    trust_expect(trust, &leaf, CASE_AT, "unjudged: policy.tcb");
    trust_add(trust, c);
    const struct {
        int64_t days;
        const char *want;
    } rows[] = {
        {1, "accepted"},
        {31, "unjudged: collateral.tcb_info.expired collateral.qe_identity.expired "
             "collateral.crl.root.expired collateral.crl.pck.expired policy.tcb"},
        {1, "accepted"},
        {-1, "unjudged: collateral.tcb_info.not_yet collateral.qe_identity.not_yet "
             "collateral.crl.root.not_yet collateral.crl.pck.not_yet policy.tcb"},
        {8 * 365, "invalid: chain.expired"},
        {-9 * 365, "invalid: chain.not_yet"},
        {1, "accepted"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        trust_expect(trust, &leaf, c->issued + rows[i].days * DAY, rows[i].want);
        trust_expect(trust, &leaf, c->issued + rows[i].days * DAY, rows[i].want);
    }
    kc_trust_free(trust);
}

static void obeys_a_newer_list(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    const struct {
        void (*spoil)(struct collateral_case *);
        const char *want;
    } rows[] = {
        {leaf_revoked, "invalid: collateral.pck.revoked"},
        {ca_revoked, "invalid: collateral.pck_ca.revoked collateral.crl.pck_chain.revoked"},
        {signer_revoked, "invalid: collateral.tcb_chain.revoked"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        case_fresh(c);
        trust_quote(c, &leaf);
        struct kc_trust *trust = trust_new(c);
        trust_add(trust, c);
        trust_expect(trust, &leaf, CASE_AT, "accepted");
        rows[i].spoil(c);
        trust_add(trust, c);
        trust_expect(trust, &leaf, CASE_AT, rows[i].want);
        case_fresh(c);
        trust_add(trust, c);
        trust_expect(trust, &leaf, CASE_AT, "accepted");
        kc_trust_free(trust);
    }
}

/* Damaged collateral does not take the place of good one, but for `for_all`. */
static void refuses_damaged_collateral(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    static const char *const names[] = {"tcb_info.json", "qe_identity.json",  "tcb_chain.pem",
                                        "pck_crl.der",   "pck_crl_chain.pem", "root_ca_crl.der"};
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    trust_add(trust, c);
    size_t before = kc_trust_size(trust);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_sim_collateral_file *file = case_file(c, names[i]);
        struct kc_error error = KC_ERROR_NONE;
        file->ptr[file->len / 2] ^= 1;
        struct kc_collateral_pieces pieces = trust_pieces(c);
        assert_int_equal(kc_trust_add(trust, &pieces, false, &error), KC_ERR_REFUSED);
        assert_true(strlen(error.what) > 10);
        assert_int_equal(kc_trust_size(trust), before);
        file->ptr[file->len / 2] ^= 1;
    }
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    case_file(c, "tcb_info.json")->ptr[20] ^= 1;
    struct kc_collateral_pieces pieces = trust_pieces(c);
    struct kc_trust *other = trust_new(c);
    assert_int_equal(kc_trust_add(other, &pieces, true, NULL), KC_OK);
    char got[256];
    trust_judge(other, &leaf, CASE_AT, got);
    assert_int_equal(strncmp(got, "invalid: collateral.tcb_info.", 29), 0);
    kc_trust_free(other);
    kc_trust_free(trust);
}

static void remembers_nothing_of_other_roots(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    const uint8_t other[64] = {1};
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = kc_trust_new();
    const uint8_t *roots[] = {NULL, other};
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        kc_trust_set_roots(trust, roots[i], NULL, 0);
        size_t before = kc_trust_size(trust);
        trust_expect(trust, &leaf, CASE_AT, "invalid: chain.root");
        assert_int_equal(kc_trust_size(trust), before);
    }
    /* A root that is taken away takes all with it that was known under it. */
    kc_trust_set_roots(trust, c->root_key, NULL, 0);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    kc_trust_set_roots(trust, other, NULL, 0);
    trust_expect(trust, &leaf, CASE_AT, "invalid: chain.root");
    kc_trust_free(trust);
}

/* Collateral may be put in again after the roots were named anew: what went is gone for good. */
static void starts_anew_with_other_roots(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    for (int i = 0; i < 3; i++) {
        kc_trust_set_roots(trust, c->root_key, NULL, 0);
        trust_expect(trust, &leaf, CASE_AT, "unjudged: policy.tcb");
        trust_add(trust, c);
        trust_expect(trust, &leaf, CASE_AT, "accepted");
    }
    kc_trust_free(trust);
}

/* What was revoked or rated down stays so: older pieces, and sets without a list that the store
 * has, are no news. */
static void refuses_what_is_older(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    static const char revoked[] = "invalid: collateral.pck.revoked";
    static const char *const names[] = {"tcb_info.json", "qe_identity.json", "pck_crl.der",
                                        "root_ca_crl.der"};
    const int64_t issued = c->issued;
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    leaf_revoked(c);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, revoked);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_error error = KC_ERROR_NONE;
        c->issued = issued - DAY;
        case_fresh(c);
        struct kc_bytes old = case_bytes(c, names[i]);
        uint8_t *copy = malloc(old.len);
        memcpy(copy, old.ptr, old.len);
        c->issued = issued;
        case_fresh(c);
        case_put(c, names[i], copy, old.len);
        struct kc_collateral_pieces pieces = trust_pieces(c);
        assert_int_equal(kc_trust_add(trust, &pieces, false, &error), KC_ERR_REFUSED);
        assert_non_null(strstr(error.what, "older"));
        trust_expect(trust, &leaf, CASE_AT, revoked);
    }
    case_fresh(c);
    struct kc_collateral_pieces pieces = trust_pieces(c);
    pieces.pck_crl = kc_bytes_of(NULL, 0);
    assert_int_equal(kc_trust_add(trust, &pieces, false, NULL), KC_ERR_REFUSED);
    trust_expect(trust, &leaf, CASE_AT, revoked);
    c->issued = issued + DAY / 2;
    case_fresh(c);
    trust_add(trust, c);
    c->issued = issued;
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    kc_trust_free(trust);
}

/* A known quote with one bit changed is another quote. */
static void knows_the_whole_of_it(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    char got[256];
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    for (size_t i = 0; i < leaf.len; i += i < 1100 ? 3 : 31) {
        leaf.quote[i] ^= 4;
        trust_judge(trust, &leaf, CASE_AT, got);
        if (strcmp(got, "accepted") == 0)
            fail_msg("accepted with a change at %zu", i);
        leaf.quote[i] ^= 4;
    }
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    kc_trust_free(trust);
}

/* Leaves come and go; the store stays within its bounds and forgets no collateral. */
static void forgets_what_was_not_used(void **state)
{
    struct collateral_case *c = *state;
    struct leaf first;
    struct leaf leaf;
    case_fresh(c);
    trust_quote(c, &first);
    struct kc_trust *trust = trust_new(c);
    trust_add(trust, c);
    trust_expect(trust, &first, CASE_AT, "accepted");
    size_t full = 0;
    for (int i = 0; i < 2 * KC_TRUST_CHAINS_MAX; i++) {
        assert_true(sim_leaf_renew(c->state, NULL));
        trust_quote(c, &leaf);
        trust_expect(trust, &leaf, CASE_AT, "accepted");
        if (i == KC_TRUST_CHAINS_MAX)
            full = kc_trust_size(trust);
    }
    assert_in_range(kc_trust_size(trust), full - 4096, full + 4096);
    trust_expect(trust, &first, CASE_AT, "accepted");
    kc_trust_free(trust);
}

/* Ten platforms, each with collateral of its own: under 1 MiB, and each finds its own. */
static void holds_ten_platforms(void **state)
{
    struct collateral_case *c = *state;
    struct leaf *leaf = calloc(LEAVES, sizeof *leaf);
    uint8_t fmspc[6] = {0, 0x90, 0, 0, 0, 0};
    case_fresh(c);
    struct kc_trust *trust = trust_new(c);
    EVP_PKEY *old_key = c->state->pki.key[KC_SIM_PCK];
    X509 *old = c->state->pki.certificate[KC_SIM_PCK];
    for (uint8_t i = 0; i < LEAVES; i++) {
        fmspc[2] = i;
        EVP_PKEY_up_ref(old_key);
        X509_up_ref(old);
        c->state->pki.key[KC_SIM_PCK] = old_key;
        c->state->pki.certificate[KC_SIM_PCK] = old;
        assert_true(sim_leaf_renew(c->state, fmspc));
        trust_quote(c, &leaf[i]);
        trust_expect(trust, &leaf[i], CASE_AT, "unjudged: policy.tcb");
        case_fresh(c);
        char *info = sim_leaf_tcb_info(c->state, case_bytes(c, "tcb_info.json"), fmspc);
        assert_non_null(info);
        case_put(c, "tcb_info.json", info, strlen(info));
        trust_add(trust, c);
        EVP_PKEY_free(c->state->pki.key[KC_SIM_PCK]);
        X509_free(c->state->pki.certificate[KC_SIM_PCK]);
    }
    c->state->pki.key[KC_SIM_PCK] = old_key;
    c->state->pki.certificate[KC_SIM_PCK] = old;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < LEAVES; i++)
            trust_expect(trust, &leaf[i], CASE_AT, "accepted");
    }
    assert_in_range(kc_trust_size(trust), 1, 1024 * 1024 - 1);
    printf("ten platforms: %zu bytes\n", kc_trust_size(trust));
    kc_trust_free(trust);
    free(leaf);
}

struct work {
    struct kc_trust *trust;
    const struct leaf *leaf;
    size_t count;
    int64_t at;
    bool good;
};

static void *work(void *arg)
{
    struct work *w = arg;
    struct kc_verdict *v = malloc(sizeof *v);
    w->good = v != NULL;
    for (size_t i = 0; w->good && i < 400; i++) {
        const struct leaf *leaf = &w->leaf[i * 7 % w->count];
        struct kc_evidence evidence;
        w->good = kc_evidence_view(kc_bytes_of(leaf->quote, leaf->len), &evidence, NULL) == KC_OK;
        struct kc_verify_input input = {
            .evidence = &evidence, .now = w->at, .policy = &kc_policy_default, .store = w->trust};
        kc_verify(&input, v);
        w->good = w->good && v->kind == KC_VERDICT_ACCEPTED;
        kc_verdict_release(v);
    }
    free(v);
    return NULL;
}

/* Four threads with more leaves than are remembered, while collateral is put in anew. */
static void serves_many_threads(void **state)
{
    enum { THREADS = 4, MANY = KC_TRUST_CHAINS_MAX + 30 };
    struct collateral_case *c = *state;
    struct leaf *leaf = calloc(MANY, sizeof *leaf);
    struct work work_of[THREADS];
    pthread_t thread[THREADS];
    case_fresh(c);
    struct kc_trust *trust = trust_new(c);
    trust_add(trust, c);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(sim_leaf_renew(c->state, NULL));
        trust_quote(c, &leaf[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        work_of[i] = (struct work){trust, leaf, i % 2 == 0 ? MANY : 5, CASE_AT, false};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &work_of[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        trust_add(trust, c);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_true(work_of[i].good);
    }
    kc_trust_free(trust);
    free(leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_anew_what_time_changes),
        cmocka_unit_test(obeys_a_newer_list),
        cmocka_unit_test(refuses_damaged_collateral),
        cmocka_unit_test(remembers_nothing_of_other_roots),
        cmocka_unit_test(starts_anew_with_other_roots),
        cmocka_unit_test(refuses_what_is_older),
        cmocka_unit_test(knows_the_whole_of_it),
        cmocka_unit_test(forgets_what_was_not_used),
        cmocka_unit_test(holds_ten_platforms),
        cmocka_unit_test(serves_many_threads),
    };
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
