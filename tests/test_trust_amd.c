/* AMD's certificates and lists in a store of trust: whose they are, and what a later list does. */
#include "snp_list.h"
#include "verify/trust.h"

struct shop {
    struct snp_keys keys;
    struct snp_keys others; /* with a leaf of its own */
    struct snp_keys evil;   /* with an ASK and an ARK of its own */
    struct kc_trust *trust;
    struct snp_case c;
    uint8_t pem[16384];
    uint8_t evidence[16384];
};

static int open_shop(void **state)
{
    struct shop *s = calloc(1, sizeof *s);
    snp_keys_make(&s->keys);
    s->others = s->keys;
    s->others.key[SNP_LEAF] = EVP_EC_gen("P-384");
    s->evil = s->keys;
    s->evil.key[SNP_ASK] = EVP_RSA_gen(4096);
    s->evil.key[SNP_ARK] = EVP_RSA_gen(4096);
    *state = s;
    return 0;
}

static int close_shop(void **state)
{
    struct shop *s = *state;
    EVP_PKEY_free(s->others.key[SNP_LEAF]);
    EVP_PKEY_free(s->evil.key[SNP_ASK]);
    EVP_PKEY_free(s->evil.key[SNP_ARK]);
    snp_keys_free(&s->keys);
    free(s);
    return 0;
}

/* A new store that trusts the case's root, and a chip or provider of it. */
static struct shop *start(void **state, bool is_vlek)
{
    struct shop *s = *state;
    kc_trust_free(s->trust);
    s->trust = kc_trust_new();
    snp_case_start(&s->c, KC_SNP_MILAN, is_vlek);
    snp_case_make(&s->c, &s->keys);
    kc_trust_set_roots(s->trust, NULL, &s->c.root, 1);
    return s;
}

static void finish(struct shop *s)
{
    kc_trust_free(s->trust);
    s->trust = NULL;
}

static struct kc_amd_pieces whole(struct shop *s, const struct snp_case *c,
                                  const struct snp_list *list)
{
    return (struct kc_amd_pieces){
        .vek = kc_bytes_of(c->der[SNP_LEAF], c->der_len[SNP_LEAF]),
        .chain = snp_case_pem(c, SNP_ASK, SNP_ARK, s->pem),
        .list = list != NULL ? snp_list_bytes(list) : kc_bytes_of(NULL, 0),
    };
}

static void add(struct shop *s, const struct kc_amd_pieces *pieces, enum kc_err want)
{
    struct kc_error error = KC_ERROR_NONE;
    if (kc_trust_add_amd(s->trust, pieces, false, &error) != want)
        fail_msg("added: %s", error.what);
}

/* "accepted", or the verdict and the first failed check. */
static void expect(struct shop *s, struct kc_bytes bytes, int64_t now, const char *want)
{
    struct kc_evidence evidence;
    struct kc_verdict *v = calloc(1, sizeof *v);
    char got[128];
    const struct kc_verify_input input = {
        .evidence = &evidence, .now = now, .policy = &kc_policy_default, .store = s->trust};
    assert_int_equal(kc_evidence_view(bytes, &evidence, NULL), KC_OK);
    kc_verify(&input, v);
    snprintf(got, sizeof got, "%s%s%s", kc_verdict_kind_name(v->kind),
             v->failure_count > 0 ? " " : "", v->failure_count > 0 ? v->failure[0].check : "");
    assert_string_equal(got, want);
    kc_verdict_release(v);
    free(v);
}

static struct kc_bytes report_of(const struct snp_case *c)
{
    return kc_bytes_of(c->bytes, c->len);
}

static struct snp_list list_at(struct shop *s, int64_t issued, long revoked)
{
    struct snp_list list = snp_list_start(&s->c);
    list.this_update = issued;
    list.next_update = issued + 30 * 86400;
    list.revoked = revoked;
    snp_list_make(&list, &s->keys);
    return list;
}

/* Whatever is added later, and by whichever chip's certificates the list came. */
static void keeps_what_was_revoked(void **state)
{
    struct shop *s = start(state, false);
    struct snp_list old = list_at(s, SNP_NOW - 9 * 86400, 0);
    struct snp_list new = list_at(s, SNP_NOW - 86400, SNP_SERIAL(SNP_ASK));
    struct kc_amd_pieces pieces = whole(s, &s->c, &old);
    struct snp_case other;
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "accepted");
    pieces.list = snp_list_bytes(&new);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "invalid snp.chain.revoked");
    pieces.list = snp_list_bytes(&old);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "invalid snp.chain.revoked");
    pieces.list = kc_bytes_of(NULL, 0);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "invalid snp.chain.revoked");
    /* Judged at a time before that list, too. */
    expect(s, report_of(&s->c), SNP_NOW - 2 * 86400, "invalid snp.chain.revoked");
    /* Another TCB of the chip, whose certificates come without a list, in a table or not. */
    snp_case_start(&other, KC_SNP_MILAN, false);
    other.root = s->c.root;
    other.vek.part[8] = 116;
    other.report.reported_tcb += UINT64_C(1) << 56;
    snp_case_make(&other, &s->others);
    expect(s, snp_case_with_table(&other, s->evidence), SNP_NOW, "invalid snp.chain.revoked");
    pieces = whole(s, &other, NULL);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&other), SNP_NOW, "invalid snp.chain.revoked");
    finish(s);
}

/* A newer list takes the place of an expired one, of whichever chip's certificates. */
static void judges_by_the_newest_list(void **state)
{
    struct shop *s = start(state, false);
    struct snp_list expired = list_at(s, SNP_NOW - 40 * 86400, 0);
    struct snp_list new = list_at(s, SNP_NOW - 86400, 0);
    struct kc_amd_pieces pieces = whole(s, &s->c, &expired);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "unjudged snp.crl.dates");
    pieces = (struct kc_amd_pieces){.chain = snp_case_pem(&s->c, SNP_ASK, SNP_ARK, s->pem),
                                    .list = snp_list_bytes(&new)};
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "accepted");
    /* Then it is not of that time yet: the older one counts. */
    expect(s, report_of(&s->c), SNP_NOW - 20 * 86400, "accepted");
    finish(s);
}

static void refuses_what_is_nobodys(void **state)
{
    struct shop *s = start(state, false);
    struct snp_list list = list_at(s, SNP_NOW - 86400, 0);
    struct snp_case forged;
    struct kc_amd_pieces pieces = {.chain = snp_case_pem(&s->c, SNP_ASK, SNP_ARK, s->pem)};
    static uint8_t pem[16384];
    add(s, &pieces, KC_OK);
    snp_case_start(&forged, KC_SNP_MILAN, false);
    snp_case_make(&forged, &s->evil);
    const struct kc_amd_pieces wrong[] = {
        {.chain = snp_case_pem(&forged, SNP_ASK, SNP_ARK, pem)},
        {.chain = snp_case_pem(&s->c, SNP_ARK, SNP_ARK, s->pem)},
        {.table = kc_bytes_of("", 0)},
        {.list = snp_list_bytes(&list)},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        add(s, &wrong[i], KC_ERR_REFUSED);
    pieces.list = kc_bytes_of(list.der, list.len - 1);
    add(s, &pieces, KC_ERR_REFUSED);
    expect(s, snp_case_with_table(&s->c, s->evidence), SNP_NOW, "accepted");
    finish(s);
}

/* Certificates that do not fit a report say nothing against it: it brings its own. */
static void takes_the_reports_own_certificates(void **state)
{
    struct shop *s = start(state, false);
    struct snp_case forged;
    static uint8_t pem[16384];
    snp_case_start(&forged, KC_SNP_MILAN, false);
    snp_case_make(&forged, &s->evil);
    const struct kc_amd_pieces wrong = {.chain = snp_case_pem(&forged, SNP_ASK, SNP_ARK, pem)};
    assert_int_equal(kc_trust_add_amd(s->trust, &wrong, true, NULL), KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "unjudged snp.certificates");
    expect(s, snp_case_with_table(&s->c, s->evidence), SNP_NOW, "accepted");
    /* Not so a list that revokes. */
    struct snp_list list = list_at(s, SNP_NOW - 86400, SNP_SERIAL(SNP_ASK));
    const struct kc_amd_pieces revoking = {.chain = wrong.chain, .list = snp_list_bytes(&list)};
    assert_int_equal(kc_trust_add_amd(s->trust, &revoking, true, NULL), KC_OK);
    expect(s, snp_case_with_table(&s->c, s->evidence), SNP_NOW, "invalid snp.chain.revoked");
    finish(s);
}

/* Two providers' keys of one TCB: neither says anything about the other's reports. */
static void keeps_providers_apart(void **state)
{
    struct shop *s = start(state, true);
    struct snp_case b;
    snp_case_start(&b, KC_SNP_MILAN, true);
    b.root = s->c.root;
    b.vek.csp_id = "CN=other.example";
    snp_case_make(&b, &s->others);
    struct kc_amd_pieces pieces = whole(s, &s->c, NULL);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "accepted");
    expect(s, report_of(&b), SNP_NOW, "invalid snp.signature");
    expect(s, snp_case_with_table(&b, s->evidence), SNP_NOW, "accepted");
    pieces = whole(s, &b, NULL);
    add(s, &pieces, KC_OK);
    expect(s, report_of(&s->c), SNP_NOW, "accepted");
    expect(s, report_of(&b), SNP_NOW, "accepted");
    b.bytes[0x90] ^= 1;
    expect(s, report_of(&b), SNP_NOW, "invalid snp.signature");
    finish(s);
}

/* Certificates may be put in again after the roots were named anew: what went is gone for good. */
static void starts_anew_with_other_roots(void **state)
{
    struct shop *s = start(state, false);
    const struct kc_amd_pieces pieces = whole(s, &s->c, NULL);
    size_t full = 0;
    for (int i = 0; i < 3; i++) {
        kc_trust_set_roots(s->trust, NULL, &s->c.root, 1);
        add(s, &pieces, KC_OK);
        full = i == 0 ? kc_trust_size(s->trust) : full;
        assert_int_equal(kc_trust_size(s->trust), full);
    }
    finish(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_revoked),
        cmocka_unit_test(judges_by_the_newest_list),
        cmocka_unit_test(refuses_what_is_nobodys),
        cmocka_unit_test(takes_the_reports_own_certificates),
        cmocka_unit_test(keeps_providers_apart),
        cmocka_unit_test(starts_anew_with_other_roots),
    };
    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
