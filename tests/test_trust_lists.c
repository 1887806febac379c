/* What collateral has taken away, no other collateral brings back to a store: revoked keys, and
 * TCBs that were good once. */
#include "collateral_spoil.h"
#include "trust_case.h"

static const char revoked[] = "invalid: collateral.pck.revoked";

static void add_refused(struct kc_trust *trust, struct collateral_case *c, const char *why)
{
    struct kc_collateral_pieces pieces = trust_pieces(c);
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_trust_add(trust, &pieces, false, &error), KC_ERR_REFUSED);
    if (strstr(error.what, why) == NULL)
        fail_msg("refused for: %s", error.what);
}

/* Collateral of `days` ago, with or without a list that revokes the PCK. */
static void fresh_at(struct collateral_case *c, int64_t days, bool revokes)
{
    int64_t issued = c->issued;
    c->issued -= days * DAY;
    case_fresh(c);
    if (revokes)
        case_make_crl(c, "pck_crl.der", KC_SIM_PLATFORM_CA, c->state->pki.key[KC_SIM_PLATFORM_CA],
                      c->state->pki.certificate[KC_SIM_PCK], c->issued, c->issued + 30 * DAY);
    c->issued = issued;
}

/* The list of another CA below the same root, with its chain, in place of the Platform CA's. */
static void use_another_ca(struct collateral_case *c)
{
    struct kc_sim_pki *pki = &c->state->pki;
    X509 *platform_ca = pki->certificate[KC_SIM_PLATFORM_CA];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const struct cert_change change = {.common_name = "Simulated SGX PCK Processor CA", .key = key};
    X509 *other = case_change(c, KC_SIM_PLATFORM_CA, &change);
    pki->certificate[KC_SIM_PLATFORM_CA] = other;
    case_make_crl(c, "pck_crl.der", KC_SIM_PLATFORM_CA, key, NULL, c->issued, c->issued + 30 * DAY);
    case_put_chain(c, "pck_crl_chain.pem", other, pki->certificate[KC_SIM_ROOT_CA]);
    pki->certificate[KC_SIM_PLATFORM_CA] = platform_ca;
    EVP_PKEY_free(key);
    X509_free(other);
}

/* Not by way of another CA's list. */
static void keeps_revocations_of_each_ca(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    fresh_at(c, 1, true);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, revoked);
    fresh_at(c, 0, false);
    use_another_ca(c);
    trust_add(trust, c);
    /* That CA's list says nothing of this PCK; its own CA's does. */
    char got[256];
    trust_judge(trust, &leaf, CASE_AT, got);
    assert_non_null(strstr(got, "collateral.pck.revoked"));
    fresh_at(c, 2, false);
    struct kc_sim_collateral_file *old = case_file(c, "pck_crl.der");
    uint8_t *list = malloc(old->len);
    size_t len = old->len;
    memcpy(list, old->ptr, len);
    fresh_at(c, 0, false);
    case_put(c, "pck_crl.der", list, len);
    add_refused(trust, c, "older");
    fresh_at(c, 0, false);
    trust_add(trust, c); /* newer, and it does not revoke */
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    kc_trust_free(trust);
}

/* Nor where the list's CA is known from the evidence alone. */
static void keeps_revocations_without_a_chain(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    fresh_at(c, 1, true);
    crl_chain_absent(c);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, revoked);
    fresh_at(c, 1, false);
    case_put(c, "pck_crl.der", NULL, 0);
    crl_chain_absent(c);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, revoked);
    kc_trust_free(trust);
}

static struct kc_bytes info_for(struct collateral_case *c, const uint8_t fmspc[6])
{
    char *info = sim_leaf_tcb_info(c->state, case_bytes(c, "tcb_info.json"), fmspc);
    assert_non_null(info);
    case_put(c, "tcb_info.json", info, strlen(info));
    return case_bytes(c, "tcb_info.json");
}

/* A list that came with one platform's collateral counts for all. */
static void revokes_for_every_platform(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    const uint8_t fmspc[6] = {0, 0x90, 0, 0, 0, 7};
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    fresh_at(c, 5, false);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT, "accepted");
    fresh_at(c, 0, false);
    ca_revoked(c);
    (void)info_for(c, fmspc);
    trust_add(trust, c);
    trust_expect(trust, &leaf, CASE_AT,
                 "invalid: collateral.pck_ca.revoked collateral.crl.pck_chain.revoked");
    kc_trust_free(trust);
}

/* A list that is not of this time yet revokes; else the older one is judged by. */
static void obeys_lists_of_tomorrow(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    const uint8_t fmspc[6] = {0, 0x90, 0, 0, 0, 9};
    case_fresh(c);
    trust_quote(c, &leaf);
    for (int revokes = 0; revokes < 2; revokes++) {
        struct kc_trust *trust = trust_new(c);
        fresh_at(c, 0, false);
        trust_add(trust, c);
        fresh_at(c, -3, revokes != 0);
        (void)info_for(c, fmspc);
        trust_add(trust, c);
        trust_expect(trust, &leaf, CASE_AT, revokes != 0 ? revoked : "accepted");
        kc_trust_free(trust);
    }
}

/* A newer list serves where a set's own has expired. */
static void judges_by_the_newest_list(void **state)
{
    struct collateral_case *c = *state;
    struct leaf leaf;
    const uint8_t fmspc[6] = {0, 0x90, 0, 0, 0, 8};
    case_fresh(c);
    trust_quote(c, &leaf);
    struct kc_trust *trust = trust_new(c);
    fresh_at(c, 29, false);
    int64_t at = c->issued + 2 * DAY;
    struct kc_bytes lists[2] = {case_bytes(c, "pck_crl.der"), case_bytes(c, "root_ca_crl.der")};
    uint8_t *copies[2];
    for (size_t i = 0; i < 2; i++) {
        copies[i] = malloc(lists[i].len);
        memcpy(copies[i], lists[i].ptr, lists[i].len);
    }
    fresh_at(c, 0, false);
    case_put(c, "pck_crl.der", copies[0], lists[0].len);
    case_put(c, "root_ca_crl.der", copies[1], lists[1].len);
    trust_add(trust, c);
    trust_expect(trust, &leaf, at,
                 "unjudged: collateral.crl.root.expired collateral.crl.pck.expired policy.tcb");
    fresh_at(c, 0, false);
    (void)info_for(c, fmspc);
    trust_add(trust, c);
    trust_expect(trust, &leaf, at, "accepted");
    kc_trust_free(trust);
}

/* Intel signs several evaluation numbers with dates of today. */
static void keeps_the_higher_evaluation(void **state)
{
    struct collateral_case *c = *state;
    static const char *const files[] = {"tcb_info.json", "qe_identity.json"};
    case_fresh(c);
    struct kc_trust *trust = trust_new(c);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        fresh_at(c, 1, false);
        case_edit(c, files[i], "\"tcbEvaluationDataNumber\":1", "\"tcbEvaluationDataNumber\":9");
        kc_trust_set_roots(trust, c->root_key, NULL, 0);
        trust_add(trust, c);
        fresh_at(c, 0, false);
        add_refused(trust, c, "lower evaluation number");
        case_edit(c, files[i], "\"tcbEvaluationDataNumber\":1", "\"tcbEvaluationDataNumber\":10");
        trust_add(trust, c);
    }
    kc_trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_revocations_of_each_ca),
        cmocka_unit_test(keeps_revocations_without_a_chain),
        cmocka_unit_test(revokes_for_every_platform),
        cmocka_unit_test(obeys_lists_of_tomorrow),
        cmocka_unit_test(judges_by_the_newest_list),
        cmocka_unit_test(keeps_the_higher_evaluation),
    };
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
