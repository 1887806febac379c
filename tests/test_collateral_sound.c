/* What of a server's answer, or of a cache, is taken: nothing unsigned, nothing older than what was
 * there. */
#include "collateral/sound.h"
#include "collateral_case.h"
#include "test.h"

static const struct {
    enum kc_bundle_piece piece;
    const char *file;
} files[] = {
    {KC_BUNDLE_TCB_INFO, "tcb_info.json"},          {KC_BUNDLE_TCB_CHAIN, "tcb_chain.pem"},
    {KC_BUNDLE_QE_IDENTITY, "qe_identity.json"},    {KC_BUNDLE_QE_CHAIN, "tcb_chain.pem"},
    {KC_BUNDLE_ROOT_CRL, "root_ca_crl.der"},        {KC_BUNDLE_PCK_CRL, "pck_crl.der"},
    {KC_BUNDLE_PCK_CRL_CHAIN, "pck_crl_chain.pem"},
};

static const enum kc_bundle_piece bodies[] = {KC_BUNDLE_TCB_INFO, KC_BUNDLE_QE_IDENTITY,
                                              KC_BUNDLE_ROOT_CRL, KC_BUNDLE_PCK_CRL};

static struct kc_bundle bundle_of(struct collateral_case *c)
{
    struct kc_bundle bundle = {0};
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_true(kc_bundle_put(&bundle, files[i].piece, case_bytes(c, files[i].file)));
    return bundle;
}

static struct kc_bundle bundle_at(struct collateral_case *c, int64_t issued)
{
    int64_t before = c->issued;
    c->issued = issued;
    case_fresh(c);
    c->issued = before;
    return bundle_of(c);
}

static struct kc_needs needs_of(struct collateral_case *c)
{
    static const enum kc_sim_role roles[] = {KC_SIM_PCK, KC_SIM_PLATFORM_CA, KC_SIM_ROOT_CA};
    struct kc_needs needs = {0};
    char *pem = kc_sim_pki_chain_pem(&c->state->pki, roles, 3);
    assert_int_equal(kc_needs_of_pck(kc_bytes_of_text(pem), false, &needs, NULL), KC_OK);
    free(pem);
    return needs;
}

static struct kc_fetch_trust trust_of(const struct collateral_case *c)
{
    return (struct kc_fetch_trust){.root_key = c->root_key, .now = CASE_AT};
}

static bool is_same(const struct kc_bundle *a, const struct kc_bundle *b,
                    enum kc_bundle_piece piece)
{
    return a->piece[piece].len == b->piece[piece].len &&
           memcmp(a->piece[piece].ptr, b->piece[piece].ptr, a->piece[piece].len) == 0;
}

/* A piece whose chain a server keeps to itself is not judged, and so not good. */
static void takes_nothing_without_its_signer(void **state)
{
    struct collateral_case *c = *state;
    struct kc_fetch_trust trust = trust_of(c);
    struct kc_sound_dates dates;
    char why[KC_WEB_REASON_MAX];
    case_fresh(c);
    struct kc_needs needs = needs_of(c);
    struct kc_bundle bundle = bundle_of(c);
    assert_int_equal(kc_sound_all(&bundle, &needs, &trust, &dates, why), KC_OK);
    static const enum kc_bundle_piece chains[] = {KC_BUNDLE_TCB_CHAIN, KC_BUNDLE_QE_CHAIN};
    static const enum kc_fetch_part parts[] = {KC_FETCH_TCB, KC_FETCH_QE};
    for (size_t i = 0; i < COUNT_OF(chains); i++) {
        struct kc_bundle bare = bundle;
        bare.piece[chains[i]] = (struct kc_room){NULL, 0};
        assert_int_equal(kc_sound_part(parts[i], &bare, &needs, &trust, NULL, why), KC_ERR_ABSENT);
        assert_true(strlen(why) > 10);
        assert_int_equal(kc_sound_all(&bare, &needs, &trust, NULL, why), KC_ERR_ABSENT);
    }
    kc_bundle_clear(&bundle);
    kc_needs_clear(&needs);
}

/* A server that is behind, or plays back what it has, brings back no piece; newer ones are taken.
 */
static void keeps_what_is_newer(void **state)
{
    struct collateral_case *c = *state;
    struct kc_fetch_trust trust = trust_of(c);
    char why[KC_WEB_REASON_MAX];
    case_fresh(c);
    struct kc_needs needs = needs_of(c);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct kc_bundle new = bundle_at(c, c->issued);
        struct kc_bundle old = bundle_at(c, c->issued - DAY);
        struct kc_bundle fetched = bundle_at(c, c->issued);
        struct kc_bundle kept = bundle_at(c, c->issued - DAY);
        for (size_t k = 0; k < COUNT_OF(bodies); k++) {
            bool is_behind = k == i;
            struct kc_bundle *from = is_behind ? &old : &new;
            struct kc_bundle *other = is_behind ? &new : &old;
            const struct kc_room *f = &from->piece[bodies[k]];
            const struct kc_room *o = &other->piece[bodies[k]];
            assert_true(kc_bundle_put(&fetched, bodies[k], kc_bytes_of(f->ptr, f->len)));
            assert_true(kc_bundle_put(&kept, bodies[k], kc_bytes_of(o->ptr, o->len)));
        }
        kc_sound_keep_newer(&fetched, &kept, &needs, &trust);
        for (size_t k = 0; k < COUNT_OF(bodies); k++)
            assert_true(is_same(&fetched, &new, bodies[k]));
        assert_int_equal(kc_sound_all(&fetched, &needs, &trust, NULL, why), KC_OK);
        kc_bundle_clear(&new);
        kc_bundle_clear(&old);
        kc_bundle_clear(&fetched);
        kc_bundle_clear(&kept);
    }
    kc_needs_clear(&needs);
}

static void copy_piece(struct kc_bundle *to, const struct kc_bundle *from,
                       enum kc_bundle_piece piece)
{
    const struct kc_room *room = &from->piece[piece];
    assert_true(kc_bundle_put(to, piece, kc_bytes_of(room->ptr, room->len)));
}

static struct kc_bundle copy_of(const struct kc_bundle *bundle)
{
    struct kc_bundle copy = {0};
    for (int i = 0; i < KC_BUNDLE_PIECES; i++) {
        if (bundle->piece[i].ptr != NULL)
            copy_piece(&copy, bundle, (enum kc_bundle_piece)i);
    }
    return copy;
}

/* That one piece in a cache has ended opens no door for an older one of another. */
static void keeps_what_is_newer_beside_what_ended(void **state)
{
    struct collateral_case *c = *state;
    struct kc_fetch_trust trust = trust_of(c);
    case_fresh(c);
    struct kc_needs needs = needs_of(c);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct kc_bundle ended = bundle_at(c, c->issued - 60 * DAY);
        struct kc_bundle new = bundle_at(c, c->issued);
        struct kc_bundle kept = copy_of(&new);
        struct kc_bundle behind = bundle_at(c, c->issued - DAY);
        struct kc_bundle fetched = copy_of(&behind);
        copy_piece(&kept, &ended, bodies[i]);
        kc_sound_keep_newer(&fetched, &kept, &needs, &trust);
        for (size_t k = 0; k < COUNT_OF(bodies); k++)
            assert_true(is_same(&fetched, k == i ? &behind : &new, bodies[k]));
        kc_bundle_clear(&ended);
        kc_bundle_clear(&new);
        kc_bundle_clear(&kept);
        kc_bundle_clear(&fetched);
        kc_bundle_clear(&behind);
    }
    kc_needs_clear(&needs);
}

/* A date of today says nothing where the evaluation number is a lower one. */
static void keeps_the_higher_evaluation(void **state)
{
    struct collateral_case *c = *state;
    struct kc_fetch_trust trust = trust_of(c);
    static const char *const names[] = {"tcb_info.json", "qe_identity.json"};
    case_fresh(c);
    struct kc_needs needs = needs_of(c);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int64_t issued = c->issued;
        c->issued -= DAY;
        case_fresh(c);
        case_edit(c, names[i], "\"tcbEvaluationDataNumber\":1", "\"tcbEvaluationDataNumber\":2");
        struct kc_bundle kept = bundle_of(c);
        struct kc_bundle higher = copy_of(&kept);
        c->issued = issued;
        struct kc_bundle new = bundle_at(c, c->issued);
        struct kc_bundle fetched = copy_of(&new);
        kc_sound_keep_newer(&fetched, &kept, &needs, &trust);
        for (size_t k = 0; k < 2; k++)
            assert_true(is_same(&fetched, k == i ? &higher : &new, bodies[k]));
        kc_bundle_clear(&kept);
        kc_bundle_clear(&higher);
        kc_bundle_clear(&fetched);
        kc_bundle_clear(&new);
    }
    kc_needs_clear(&needs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_nothing_without_its_signer),
        cmocka_unit_test(keeps_what_is_newer),
        cmocka_unit_test(keeps_what_is_newer_beside_what_ended),
        cmocka_unit_test(keeps_the_higher_evaluation),
    };
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
