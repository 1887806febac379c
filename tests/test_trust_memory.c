/*
 * What a store of trust remembers, and what it must not: evidence that is forged may cost a
 * judgement its time, and pushes nothing out that was learned from genuine evidence.
 */
#include "base/base64.h"
#include "snp_list.h"
#include "trust_case.h"
#include "verify/trust_parts.h"

/* Counts what is there. */
static size_t chains_of(const struct kc_trust *trust)
{
    size_t count = 0;
    for (size_t i = 0; i < KC_TRUST_CHAINS_MAX; i++)
        count += trust->chain[i] != NULL;
    return count;
}

static size_t signatures_of(const struct kc_trust *trust)
{
    size_t count = 0;
    for (size_t i = 0; i < KC_TRUST_SIGNATURES_MAX; i++)
        count += trust->signature[i].used != 0;
    return count;
}

static size_t keys_of(const struct kc_trust *trust)
{
    size_t count = 0;
    for (size_t i = 0; i < KC_TRUST_KEYS_MAX; i++)
        count += trust->key[i].ready != NULL;
    return count;
}

static size_t endorsements_of(const struct kc_trust *trust)
{
    size_t count = 0;
    for (size_t i = 0; i < KC_TRUST_AMD_MAX; i++)
        count += trust->endorsement[i].used != 0;
    return count;
}

static bool is_known(struct kc_trust *trust, struct kc_bytes text)
{
    struct kc_known_chain *chain = kc_trust_get_chain(trust, text);
    kc_known_chain_release(chain);
    return chain != NULL;
}

static struct kc_sgx_quote parts_of(const struct leaf *leaf)
{
    struct kc_sgx_quote quote;
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(leaf->quote, leaf->len), &quote, NULL), KC_OK);
    return quote;
}

static void write_parts(const struct kc_sgx_quote *quote, struct leaf *out)
{
    struct kc_writer w = kc_writer_of((struct kc_room){out->quote, sizeof out->quote});
    kc_sgx_quote_encode(&w, quote);
    assert_false(kc_writer_failed(&w));
    out->len = w.len;
}

/* A store that has judged one genuine quote with collateral. */
struct scene {
    struct collateral_case *c;
    struct kc_trust *trust;
    struct leaf known;
    struct kc_bytes text; /* its chain */
    size_t signatures;
    size_t keys;
};

static void start(void **state, struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->c = *state;
    case_fresh(s->c);
    trust_quote(s->c, &s->known);
    s->trust = trust_new(s->c);
    trust_add(s->trust, s->c);
    struct collateral_case *c = s->c;
    trust_expect(s->trust, &s->known, CASE_AT, "accepted");
    s->text = parts_of(&s->known).cert_data;
    assert_true(is_known(s->trust, s->text));
    assert_int_equal(chains_of(s->trust), 1);
    s->signatures = signatures_of(s->trust);
    s->keys = keys_of(s->trust);
}

static void expect_forged(struct scene *s, const struct leaf *leaf, const char *want)
{
    struct collateral_case *c = s->c;
    trust_expect(s->trust, leaf, CASE_AT, want);
}

/* As it was before the forged ones came. */
static void finish(struct scene *s)
{
    struct collateral_case *c = s->c;
    assert_int_equal(chains_of(s->trust), 1);
    assert_int_equal(signatures_of(s->trust), s->signatures);
    assert_int_equal(keys_of(s->trust), s->keys);
    assert_true(is_known(s->trust, s->text));
    trust_expect(s->trust, &s->known, CASE_AT, "accepted");
    kc_trust_free(s->trust);
}

/* One block of PEM, in lines of 64 or 76 characters. */
static void put_block(struct kc_writer *w, struct kc_bytes der, bool is_wide)
{
    size_t step = is_wide ? 57 : 48;
    char line[80];
    kc_writer_bytes(w, kc_bytes_of_text("-----BEGIN CERTIFICATE-----\n"));
    for (size_t i = 0; i < der.len; i += step) {
        size_t n = der.len - i < step ? der.len - i : step;
        kc_base64_encode(KC_BASE64, kc_bytes_of(der.ptr + i, n), line);
        kc_writer_bytes(w, kc_bytes_of_text(line));
        kc_writer_u8(w, '\n');
    }
    kc_writer_bytes(w, kc_bytes_of_text("-----END CERTIFICATE-----"));
}

/* Text number `n` of the same three certificates: their order, their lines, what joins them. */
#define TEXTS (6 * 8 * 4)
static void put_text(struct kc_writer *w, const struct kc_pck_chain *chain, unsigned n)
{
    static const uint8_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned i = 0; i < 3; i++) {
        put_block(w, chain->certificate[order[n % 6][i]].der, (n / 6 >> i & 1) != 0);
        if (i == 2 || (n / 48 >> i & 1) == 0)
            kc_writer_u8(w, '\n');
    }
}
_Static_assert(TEXTS > 2 * KC_TRUST_CHAINS_MAX, "enough to push out every chain");

/* Whoever has a public chain can write it in many ways. */
static void quotes_badly_signed_push_out_nothing(void **state)
{
    struct scene s;
    struct leaf forged;
    uint8_t text[8192];
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    start(state, &s);
    assert_int_equal(kc_pck_chain_decode(s.text, chain, NULL), KC_OK);
    for (unsigned i = 0; i < TEXTS; i++) {
        struct kc_writer w = kc_writer_of((struct kc_room){text, sizeof text});
        struct kc_sgx_quote quote = parts_of(&s.known);
        put_text(&w, chain, i);
        quote.cert_data = kc_writer_written(&w);
        quote.report.report_data[0] ^= 1;
        write_parts(&quote, &forged);
        expect_forged(&s, &forged, "invalid: quote.signature");
    }
    free(chain);
    finish(&s);
}

/* Another's public chain, under a report that no PCK signed. */
static void reports_badly_signed_push_out_nothing(void **state)
{
    struct scene s;
    struct leaf forged;
    start(state, &s);
    for (unsigned i = 0; i < 2 * KC_TRUST_SIGNATURES_MAX; i++) {
        struct kc_sgx_quote quote = parts_of(&s.known);
        memcpy(quote.qe_report.cpu_svn, &i, sizeof i);
        write_parts(&quote, &forged);
        expect_forged(&s, &forged, "invalid: qe.signature");
    }
    finish(&s);
}

/* Chains of PKIs of the attacker's own: all of it holds, but for the root. */
static void chains_of_other_roots_push_out_nothing(void **state)
{
    struct scene s;
    struct leaf forged;
    static const enum kc_sim_role roles[] = {KC_SIM_PCK, KC_SIM_PLATFORM_CA, KC_SIM_ROOT_CA};
    start(state, &s);
    struct kc_sim_pki own = s.c->state->pki;
    for (unsigned i = 0; i < KC_TRUST_KEYS_MAX; i++) {
        assert_int_equal(kc_sim_pki_make(s.c->issued, &s.c->state->pki), KC_OK);
        trust_quote(s.c, &forged);
        char *pem = kc_sim_pki_chain_pem(&s.c->state->pki, roles, 3);
        expect_forged(&s, &forged, "invalid: chain.root");
        assert_false(is_known(s.trust, kc_bytes_of_text(pem)));
        free(pem);
        kc_sim_pki_clear(&s.c->state->pki);
    }
    s.c->state->pki = own;
    finish(&s);
}

/* The machine's PCK, to be put back. */
struct pck {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct pck take_pck(struct collateral_case *c)
{
    struct kc_sim_pki *pki = &c->state->pki;
    struct pck pck = {pki->key[KC_SIM_PCK], pki->certificate[KC_SIM_PCK]};
    EVP_PKEY_up_ref(pck.key);
    X509_up_ref(pck.certificate);
    return pck;
}

static void put_pck(struct collateral_case *c, struct pck pck)
{
    struct kc_sim_pki *pki = &c->state->pki;
    EVP_PKEY_free(pki->key[KC_SIM_PCK]);
    X509_free(pki->certificate[KC_SIM_PCK]);
    pki->key[KC_SIM_PCK] = pck.key;
    pki->certificate[KC_SIM_PCK] = pck.certificate;
}

/* Public chains of many machines, under quotes that none of them made: what Intel signed may be
 * remembered as such, and no more. */
static void chains_of_other_machines_push_out_nothing(void **state)
{
    struct scene s;
    struct leaf forged;
    start(state, &s);
    struct pck own = take_pck(s.c);
    for (unsigned i = 0; i < KC_TRUST_CHAINS_MAX + 1; i++) {
        assert_true(sim_leaf_renew(s.c->state, NULL));
        trust_quote(s.c, &forged);
        struct kc_sgx_quote quote = parts_of(&forged);
        quote.qe_report.cpu_svn[0] ^= 1;
        write_parts(&quote, &forged);
        expect_forged(&s, &forged, "invalid: qe.signature");
    }
    put_pck(s.c, own);
    s.signatures = signatures_of(s.trust);
    finish(&s);
}

/* A key of the attacker's own under a public chain: the quote's signature holds, and the QE never
 * vouched for that key. */
static void keys_of_nobody_push_out_nothing(void **state)
{
    struct scene s;
    struct leaf forged;
    start(state, &s);
    for (unsigned i = 0; i < KC_TRUST_KEYS_MAX; i++) {
        struct kc_sgx_quote quote = parts_of(&s.known);
        EVP_PKEY *key = kc_sim_pki_new_key();
        uint8_t public_key[64];
        uint8_t signature[64];
        assert_true(kc_sim_pki_public_key(key, public_key));
        assert_true(kc_sim_pki_sign(key, quote.signed_part, signature));
        quote.attestation_key = kc_bytes_of(public_key, 64);
        quote.signature = kc_bytes_of(signature, 64);
        write_parts(&quote, &forged);
        expect_forged(&s, &forged, "invalid: qe.binding");
        EVP_PKEY_free(key);
    }
    finish(&s);
}

static bool is_seen(const struct kc_signatures *known, const uint8_t public_key[64])
{
    bool found = false;
    for (size_t i = 0; i < KC_SIGNATURES_SEEN; i++)
        found = found || (known->seen[i].ready != NULL &&
                          memcmp(known->seen[i].public_key, public_key, 64) == 0);
    return found;
}

/* A key that was asked about waits in another place for a signature of its own; then it has one. */
static void keys_without_signatures_have_no_place(void **state)
{
    static const uint8_t no_point[64] = {1};
    static const uint8_t message[] = "signed";
    struct scene s;
    start(state, &s);
    struct kc_signatures *known = kc_trust_signatures(s.trust);
    struct kc_bytes text = kc_bytes_of(message, sizeof message);
    for (unsigned i = 0; i < 3; i++) {
        EVP_PKEY *key = kc_sim_pki_new_key();
        uint8_t public_key[64];
        uint8_t signature[64];
        uint8_t bad[64];
        assert_true(kc_sim_pki_public_key(key, public_key));
        assert_true(kc_sim_pki_sign(key, text, signature));
        memcpy(bad, signature, sizeof bad);
        bad[63] ^= 1;
        assert_true(kc_signatures_is_point(known, public_key));
        assert_false(kc_signatures_is_point(known, no_point));
        assert_true(is_seen(known, public_key));
        assert_false(is_seen(known, no_point));
        assert_false(kc_signatures_verify_once(known, public_key, text, bad));
        assert_int_equal(keys_of(s.trust), s.keys + i);
        assert_true(kc_signatures_verify_once(known, public_key, text, signature));
        assert_true(kc_signatures_verify_once(known, public_key, text, signature));
        assert_int_equal(keys_of(s.trust), s.keys + i + 1);
        EVP_PKEY_free(key);
    }
    s.keys += 3;
    finish(&s);
}

/* What is genuine is remembered, once its chain is of the time it is judged at. */
static void remembers_what_is_genuine(void **state)
{
    struct scene s;
    struct leaf leaf;
    start(state, &s);
    struct collateral_case *c = s.c;
    struct pck own = take_pck(c);
    assert_true(sim_leaf_renew(c->state, NULL));
    trust_quote(c, &leaf);
    put_pck(c, own);
    trust_expect(s.trust, &leaf, c->issued + 8 * 365 * DAY, "invalid: chain.expired");
    assert_int_equal(chains_of(s.trust), 1);
    trust_expect(s.trust, &leaf, CASE_AT, "accepted");
    assert_int_equal(chains_of(s.trust), 2);
    kc_trust_free(s.trust);
}

/* SEV-SNP: what is remembered is found by a hash of all certificates, a report's own among them. */
static struct snp_keys keys;

struct snp_scene {
    struct snp_case c;
    struct kc_trust *trust;
    uint8_t bytes[32768];
    size_t len; /* of report and table */
};

static void expect_snp(struct snp_scene *s, size_t len, const char *want)
{
    struct kc_evidence evidence;
    struct kc_verdict *v = malloc(sizeof *v);
    char got[256];
    const struct kc_verify_input input = {
        .evidence = &evidence, .now = SNP_NOW, .policy = &kc_policy_default, .store = s->trust};
    assert_int_equal(kc_evidence_view(kc_bytes_of(s->bytes, len), &evidence, NULL), KC_OK);
    kc_verify(&input, v);
    snprintf(got, sizeof got, "%s%s%s", kc_verdict_kind_name(v->kind),
             v->failure_count > 0 ? ": " : "", v->failure_count > 0 ? v->failure[0].check : "");
    assert_string_equal(got, want);
    kc_verdict_release(v);
    free(v);
}

static void start_snp(struct snp_scene *s)
{
    memset(s, 0, sizeof *s);
    snp_case_start(&s->c, KC_SNP_MILAN, false);
    snp_case_make(&s->c, &keys);
    s->trust = kc_trust_new();
    kc_trust_set_roots(s->trust, NULL, &s->c.root, 1);
    s->len = snp_case_with_table(&s->c, s->bytes).len;
    expect_snp(s, s->len, "accepted");
    assert_int_equal(endorsements_of(s->trust), 1);
}

static void finish_snp(struct snp_scene *s)
{
    kc_trust_free(s->trust);
    free(s);
}

/* A public table with bytes behind it is another table: the report must be genuine. */
static void forged_reports_push_out_nothing(void **state)
{
    /* Where each is spoilt, and what comes of it. */
    static const struct {
        size_t at;
        const char *want;
    } spoils[] = {
        {0x90, "invalid: snp.signature"},
        {KC_SNP_REPORT_SIGNED_SIZE, "invalid: snp.signature"},
        {KC_SNP_REPORT_SIZE - 1, "invalid: snp.report"},
        {0x34, "unjudged: snp.report"},
        {0x30, "invalid: snp.signature"},
    };
    struct snp_scene *s = malloc(sizeof *s);
    struct kc_stored_endorsement *known = NULL;
    uint8_t id[32];
    (void)state;
    start_snp(s);
    for (size_t i = 0; i < KC_TRUST_AMD_MAX; i++)
        known = s->trust->endorsement[i].used != 0 ? &s->trust->endorsement[i] : known;
    memcpy(id, known->id, sizeof id);
    for (size_t i = 0; i < 2 * KC_TRUST_AMD_MAX; i++) {
        size_t k = i % COUNT_OF(spoils);
        s->bytes[spoils[k].at] ^= 1;
        expect_snp(s, s->len + 1 + i, spoils[k].want);
        s->bytes[spoils[k].at] ^= 1;
    }
    assert_int_equal(endorsements_of(s->trust), 1);
    assert_memory_equal(known->id, id, sizeof id);
    expect_snp(s, s->len, "accepted");
    assert_int_equal(endorsements_of(s->trust), 1);
    finish_snp(s);
}

/* Nor do tables of an ARK of the attacker's own. */
static void tables_of_other_roots_push_out_nothing(void **state)
{
    struct snp_scene *s = malloc(sizeof *s);
    struct snp_keys own = keys; /* ASK's key is ARK's there */
    struct snp_case c;
    (void)state;
    start_snp(s);
    own.key[SNP_ASK] = keys.key[SNP_ARK];
    own.key[SNP_ARK] = keys.key[SNP_ASK];
    snp_case_start(&c, KC_SNP_MILAN, false);
    snp_case_make(&c, &own);
    size_t len = snp_case_with_table(&c, s->bytes).len;
    for (size_t i = 0; i < 2 * KC_TRUST_AMD_MAX; i++)
        expect_snp(s, len + i, "invalid: snp.chain.root");
    assert_int_equal(endorsements_of(s->trust), 1);
    finish_snp(s);
}

static int set_up(void **state)
{
    snp_keys_make(&keys);
    return case_set_up(state);
}

static int tear_down(void **state)
{
    snp_keys_free(&keys);
    return case_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_badly_signed_push_out_nothing),
        cmocka_unit_test(reports_badly_signed_push_out_nothing),
        cmocka_unit_test(chains_of_other_roots_push_out_nothing),
        cmocka_unit_test(chains_of_other_machines_push_out_nothing),
        cmocka_unit_test(keys_of_nobody_push_out_nothing),
        cmocka_unit_test(keys_without_signatures_have_no_place),
        cmocka_unit_test(remembers_what_is_genuine),
        cmocka_unit_test(forged_reports_push_out_nothing),
        cmocka_unit_test(tables_of_other_roots_push_out_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
