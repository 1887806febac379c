/* Quotes of the simulated machine judged with a store of trust. */
#ifndef KC_TESTS_TRUST_CASE_H
#define KC_TESTS_TRUST_CASE_H

#include "collateral_case.h"
#include "sim_leaf.h"
#include "test.h"
#include "verify/trust.h"
#include "verify/verify.h"

struct leaf {
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len;
};

static inline struct kc_collateral_pieces trust_pieces(struct collateral_case *c)
{
    return (struct kc_collateral_pieces){
        .tcb_info = case_bytes(c, "tcb_info.json"),
        .qe_identity = case_bytes(c, "qe_identity.json"),
        .tcb_chain = case_bytes(c, "tcb_chain.pem"),
        .root_crl = case_bytes(c, "root_ca_crl.der"),
        .pck_crl = case_bytes(c, "pck_crl.der"),
        .pck_crl_chain = case_bytes(c, "pck_crl_chain.pem"),
    };
}

static inline struct kc_trust *trust_new(struct collateral_case *c)
{
    struct kc_trust *trust = kc_trust_new();
    assert_non_null(trust);
    kc_trust_set_roots(trust, c->root_key, NULL, 0);
    return trust;
}

static inline void trust_add(struct kc_trust *trust, struct collateral_case *c)
{
    struct kc_collateral_pieces pieces = trust_pieces(c);
    struct kc_error error = KC_ERROR_NONE;
    if (kc_trust_add(trust, &pieces, false, &error) != KC_OK)
        fail_msg("not added: %s", error.what);
}

static inline void trust_quote(struct collateral_case *c, struct leaf *leaf)
{
    leaf->len = sim_leaf_quote(c->state, leaf->quote);
    assert_int_not_equal(leaf->len, 0);
}

/* "accepted" or "invalid: check check". */
static inline void trust_judge(struct kc_trust *trust, const struct leaf *leaf, int64_t at,
                               char out[256])
{
    struct kc_evidence evidence;
    struct kc_verdict *v = malloc(sizeof *v);
    struct kc_error error = KC_ERROR_NONE;
    struct kc_verify_input input = {
        .evidence = &evidence, .now = at, .policy = &kc_policy_default, .store = trust};
    if (kc_evidence_view(kc_bytes_of(leaf->quote, leaf->len), &evidence, &error) == KC_OK) {
        kc_verify(&input, v);
        kc_evidence_clear(&evidence);
    } else {
        kc_verify_unreadable(&error, v);
    }
    snprintf(out, 256, "%s", kc_verdict_kind_name(v->kind));
    for (size_t i = 0; i < v->failure_count; i++)
        snprintf(out + strlen(out), 256 - strlen(out), "%s %s", i == 0 ? ":" : "",
                 v->failure[i].check);
    assert_int_equal(v->kind == KC_VERDICT_ACCEPTED, v->facts.has_tcb && v->failure_count == 0);
    kc_verdict_release(v);
    free(v);
}

static inline void trust_expect(struct kc_trust *trust, const struct leaf *leaf, int64_t at,
                                const char *want)
{
    char got[256];
    trust_judge(trust, leaf, at, got);
    assert_string_equal(got, want);
}

#endif
