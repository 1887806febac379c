/* What of a KDS's answers is taken, and which list stays. */
#include "collateral/sound.h"
#include "snp_list.h"

struct kds {
    struct snp_keys keys;
    struct snp_keys evil;
    struct snp_case c;
    struct kc_needs needs;
};

static int start(void **state)
{
    struct kds *k = calloc(1, sizeof *k);
    snp_keys_make(&k->keys);
    k->evil = k->keys;
    k->evil.key[SNP_ASK] = EVP_RSA_gen(4096);
    *state = k;
    return 0;
}

static int finish(void **state)
{
    struct kds *k = *state;
    EVP_PKEY_free(k->evil.key[SNP_ASK]);
    snp_keys_free(&k->keys);
    free(k);
    return 0;
}

static void make(struct kds *k, bool is_vlek, const struct snp_keys *keys)
{
    snp_case_start(&k->c, KC_SNP_MILAN, is_vlek);
    snp_case_make(&k->c, keys);
    k->needs = (struct kc_needs){.kind = KC_NEEDS_SNP,
                                 .product = KC_SNP_MILAN,
                                 .is_vlek = is_vlek,
                                 .tcb = {0, 3, 0, 8, 115}};
    memcpy(k->needs.chip_id, k->c.report.chip_id, sizeof k->needs.chip_id);
}

static struct kc_bundle bundle_of(const struct kds *k, const struct snp_list *list)
{
    struct kc_bundle bundle = {0};
    uint8_t pem[16384];
    assert_true(kc_bundle_put(&bundle, KC_BUNDLE_VEK,
                              kc_bytes_of(k->c.der[SNP_LEAF], k->c.der_len[SNP_LEAF])));
    assert_true(
        kc_bundle_put(&bundle, KC_BUNDLE_ASK_ARK, snp_case_pem(&k->c, SNP_ASK, SNP_ARK, pem)));
    if (list != NULL)
        assert_true(kc_bundle_put(&bundle, KC_BUNDLE_ARK_CRL, snp_list_bytes(list)));
    return bundle;
}

static struct snp_list list_at(const struct kds *k, int64_t issued, long revoked)
{
    struct snp_list list = snp_list_start(&k->c);
    list.this_update = issued;
    list.next_update = issued + 30 * 86400;
    list.revoked = revoked;
    snp_list_make(&list, &k->keys);
    return list;
}

static struct kc_fetch_trust trust_of(const struct kds *k)
{
    return (struct kc_fetch_trust){.amd_roots = &k->c.root, .amd_root_count = 1, .now = SNP_NOW};
}

static void expect(const struct kds *k, enum kc_fetch_part part, const struct kc_bundle *bundle,
                   const char *want)
{
    char why[KC_WEB_REASON_MAX];
    const struct kc_fetch_trust trust = trust_of(k);
    enum kc_err err = kc_sound_part(part, bundle, &k->needs, &trust, NULL, why);
    if (want == NULL ? err != KC_OK : err == KC_OK || strstr(why, want) == NULL)
        fail_msg("part %d: %s", (int)part, err == KC_OK ? "good" : why);
}

/* ARK is public: whoever answers can put an ASK or ASVK of his own beside it. */
static void judges_issuers_before_it_keeps_them(void **state)
{
    struct kds *k = *state;
    for (int is_vlek = 0; is_vlek < 2; is_vlek++) {
        make(k, is_vlek != 0, &k->keys);
        struct kc_bundle good = bundle_of(k, NULL);
        expect(k, KC_FETCH_AMD_CHAIN, &good, NULL);
        k->needs.is_vlek = !k->needs.is_vlek;
        expect(k, KC_FETCH_AMD_CHAIN, &good, "snp.chain.role");
        k->needs.is_vlek = !k->needs.is_vlek;
        k->needs.product = KC_SNP_GENOA;
        expect(k, KC_FETCH_AMD_CHAIN, &good, "snp.chain.role");
        kc_bundle_clear(&good);

        make(k, is_vlek != 0, &k->keys);
        k->c.certificate[SNP_ASK].key = SNP_ARK; /* another key, signed by nobody's ARK */
        k->c.certificate[SNP_ASK].signer = SNP_ASK;
        k->c.certificate[SNP_ASK].no_key_ids = true;
        snp_case_make(&k->c, &k->evil);
        struct kc_bundle forged = bundle_of(k, NULL);
        expect(k, KC_FETCH_AMD_CHAIN, &forged, "snp.chain");
        kc_bundle_clear(&forged);

        make(k, is_vlek != 0, &k->keys);
        k->c.certificate[SNP_ASK].not_after = "20251231235959Z";
        snp_case_make(&k->c, &k->keys);
        struct kc_bundle old = bundle_of(k, NULL);
        expect(k, KC_FETCH_AMD_CHAIN, &old, "snp.chain.dates");
        kc_bundle_clear(&old);
    }
}

static void judges_lists(void **state)
{
    struct kds *k = *state;
    make(k, false, &k->keys);
    struct snp_list list = list_at(k, SNP_NOW - 86400, 0);
    struct kc_bundle bundle = bundle_of(k, &list);
    expect(k, KC_FETCH_AMD_CRL, &bundle, NULL);
    expect(k, KC_FETCH_VCEK, &bundle, NULL);
    bundle.piece[KC_BUNDLE_ARK_CRL].ptr[bundle.piece[KC_BUNDLE_ARK_CRL].len - 1] ^= 1;
    expect(k, KC_FETCH_AMD_CRL, &bundle, "snp.crl: ");
    /* It is no fault of the others. */
    expect(k, KC_FETCH_AMD_CHAIN, &bundle, NULL);
    expect(k, KC_FETCH_VCEK, &bundle, NULL);
    kc_bundle_clear(&bundle);

    list = list_at(k, SNP_NOW - 40 * 86400, 0);
    bundle = bundle_of(k, &list);
    expect(k, KC_FETCH_AMD_CRL, &bundle, "snp.crl.dates");
    kc_bundle_clear(&bundle);

    /* What it revokes is no fault of the list. */
    list = list_at(k, SNP_NOW - 86400, SNP_SERIAL(SNP_ASK));
    bundle = bundle_of(k, &list);
    expect(k, KC_FETCH_AMD_CRL, &bundle, NULL);
    kc_bundle_clear(&bundle);
    bundle = bundle_of(k, NULL);
    expect(k, KC_FETCH_AMD_CRL, &bundle, "not there");
    kc_bundle_clear(&bundle);
}

/* Of the list that a cache has and the one that comes, the later one stays; and one that has not
 * ended, where none comes. */
static void keeps_the_newer_list(void **state)
{
    struct kds *k = *state;
    static const struct {
        int old_days, new_days; /* ago; 0: none */
        bool keeps;
    } rows[] = {{5, 9, true},   {9, 5, false},  {5, 0, true},
                {40, 9, false}, {40, 0, false}, {0, 5, false}};
    make(k, false, &k->keys);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct snp_list old_list = list_at(k, SNP_NOW - rows[i].old_days * 86400, 0x11111);
        struct snp_list new_list = list_at(k, SNP_NOW - rows[i].new_days * 86400, 0x22222);
        struct kc_bundle old = bundle_of(k, rows[i].old_days > 0 ? &old_list : NULL);
        struct kc_bundle new = bundle_of(k, rows[i].new_days > 0 ? &new_list : NULL);
        const struct kc_fetch_trust trust = trust_of(k);
        kc_sound_keep_newer(&new, &old, &k->needs, &trust);
        const struct kc_room *kept = &new.piece[KC_BUNDLE_ARK_CRL];
        const struct snp_list *want = rows[i].keeps          ? &old_list
                                      : rows[i].new_days > 0 ? &new_list
                                                             : NULL;
        if (want == NULL)
            assert_null(kept->ptr);
        else
            assert_true(kc_bytes_equal(kc_bytes_of(kept->ptr, kept->len), snp_list_bytes(want)));
        kc_bundle_clear(&old);
        kc_bundle_clear(&new);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_issuers_before_it_keeps_them),
        cmocka_unit_test(judges_lists),
        cmocka_unit_test(keeps_the_newer_list),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
