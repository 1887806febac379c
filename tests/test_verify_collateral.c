/* Collateral that is spoilt in one way each, most of it signed again: the check that must fail. */
#include "collateral_spoil_qe.h"

struct row {
    const char *name;
    spoil_fn *spoil;
    const char *checks; /* every failure, without "collateral.", in the order of the list */
    int64_t days;       /* judged so many days after it was issued; 0: one */
};

#define ALL_ABSENT                                                                                 \
    "tcb_chain.absent tcb_info.absent qe_identity.absent crl.root.absent crl.pck.absent"

static const struct row rows[] = {
    {"good", nothing, "", 0},
    {"root first", root_first, "", 0},
    {"list as digits", crl_as_digits, "", 0},
    {"no chain of the list", crl_chain_absent, "", 0},
    {"white space outside", white_space_outside, "", 0},
    {"last second", tcb_info_last_second, "", 0},
    {"last day", nothing, "", 30},
    {"leaf in the root's list", leaf_in_root_crl, "", 0},

    {"TCB info: signature", bad_tcb_signature, "tcb_info.signature", 0},
    {"TCB info: white space", white_space, "tcb_info.signature", 0},
    {"TCB info: by the root", signed_by_the_root, "tcb_info.signature", 0},
    {"TCB info: name twice", name_twice, "tcb_info.shape", 0},
    {"TCB info: unknown status", unknown_status, "tcb_info.shape", 0},
    {"TCB info: tcbType", tcb_type, "tcb_info.shape", 0},
    {"TCB info: expired", tcb_info_expired, "tcb_info.expired", 0},
    {"TCB info: not yet", tcb_info_not_yet, "tcb_info.not_yet", 0},
    {"bodies swapped", bodies_swapped, "tcb_info.shape qe_identity.shape", 0},

    {"identity: signature", bad_qe_signature, "qe_identity.signature", 0},
    {"identity: forged", forged_identity, "qe_identity.signature", 0},
    {"identity: signed by nobody", identity_of_nobody, "qe_identity.signature", 0},
    {"identity: white space", white_space_in_identity, "qe_identity.signature", 0},
    {"identity: expired", identity_expired, "qe_identity.expired", 0},
    {"identity: not yet", identity_not_yet, "qe_identity.not_yet", 0},

    {"signer: expired", signer_expired, "tcb_chain.expired", 0},
    {"signer: not yet", signer_not_yet, "tcb_chain.not_yet", 0},
    {"signer: name", signer_named_otherwise, "tcb_chain.shape", 0},
    {"signer: CA", signer_is_ca, "tcb_chain.authority", 0},
    {"signer: may issue", signer_may_issue, "tcb_chain.authority", 0},
    {"signer: may not sign", signer_may_not_sign, "tcb_chain.authority", 0},
    {"signer: no key id", signer_without_key_id, "tcb_chain.shape", 0},
    {"signer: by another key", signer_by_another_key, "tcb_chain.signature", 0},
    {"signer: has another key", signer_has_another_key, "tcb_info.signature qe_identity.signature",
     0},
    {"signer: another root", another_root, "tcb_chain.root", 0},
    {"signer: another's, trusted root", trusted_root_on_top, "tcb_chain.link", 0},
    {"signer: below the CA", signer_below_the_ca, "tcb_chain.shape", 0},
    {"signer: no root", no_root, "tcb_chain.shape", 0},
    {"signer: a PCK", pck_as_signer, "tcb_chain.shape", 0},

    {"identity's chain: good", qe_chain_good, "", 0},
    {"identity's chain: root first", qe_chain_root_first, "", 0},
    {"identity's chain: expired", qe_chain_expired, "qe_chain.expired", 0},
    {"identity's chain: not yet", qe_chain_not_yet, "qe_chain.not_yet", 0},
    {"identity's chain: revoked", qe_chain_revoked, "qe_chain.revoked", 0},
    {"identity's chain: name", qe_chain_named_otherwise, "qe_chain.shape", 0},
    {"identity's chain: no key id", qe_chain_without_key_id, "qe_chain.shape", 0},
    {"identity's chain: no root", qe_chain_no_root, "qe_chain.shape", 0},
    {"identity's chain: empty", qe_chain_empty, "qe_chain.shape", 0},
    {"identity's chain: another root", qe_chain_of_another_root, "qe_chain.root", 0},
    {"identity's chain: another's, trusted root", qe_chain_below_trusted_root, "qe_chain.link", 0},
    {"identity's chain: by another key", qe_chain_by_another_key, "qe_chain.signature", 0},
    {"identity's chain: has another key", qe_chain_has_another_key, "qe_identity.signature", 0},
    {"identity's chain: may not sign", qe_chain_may_not_sign, "qe_chain.authority", 0},
    {"identity's chain: may issue", qe_chain_may_issue, "qe_chain.authority", 0},
    {"identity's chain: CA", qe_chain_is_ca, "qe_chain.authority", 0},
    {"identity's chain alone", qe_chain_alone, "tcb_chain.absent", 0},

    {"lists swapped", crls_swapped,
     "crl.root.issuer crl.root.signature crl.pck.issuer crl.pck.signature", 0},
    {"root list: signature", root_crl_signature, "crl.root.signature", 0},
    {"PCK list: signature", pck_crl_signature, "crl.pck.signature", 0},
    {"PCK list: another key", pck_crl_of_another_key, "crl.pck.signature", 0},
    {"PCK list: by the root", pck_crl_by_the_root, "crl.pck.signature", 0},
    {"PCK list: trailing", crl_trailing, "crl.pck.shape", 0},
    {"root list: empty", crl_empty, "crl.root.shape", 0},
    {"root list: huge", crl_huge, "crl.root.shape", 0},
    {"root list: expired", root_crl_expired, "crl.root.expired", 0},
    {"root list: not yet", root_crl_not_yet, "crl.root.not_yet", 0},
    {"PCK list: expired", pck_crl_expired, "crl.pck.expired", 0},
    {"PCK list: not yet", pck_crl_not_yet, "crl.pck.not_yet", 0},
    {"list's chain: processor CA", crl_chain_of_processor_ca, "crl.pck_chain.issuer", 0},
    {"list's chain: expired", crl_chain_expired, "crl.pck_chain.expired", 0},
    {"list's chain: not yet", crl_chain_not_yet, "crl.pck_chain.not_yet", 0},
    {"list's chain: name", crl_chain_named_otherwise, "crl.pck_chain.shape", 0},
    {"list's chain: another root", crl_chain_of_another_root, "crl.pck_chain.root", 0},
    {"list's chain: another's, trusted root", crl_chain_below_trusted_root, "crl.pck_chain.link",
     0},
    {"list's chain: by another key", crl_chain_by_another_key, "crl.pck_chain.signature", 0},
    {"list's chain: no CA", crl_chain_no_ca, "crl.pck_chain.authority", 0},
    {"CA may not sign lists", ca_may_not_sign_lists, "crl.pck.authority", 0},
    {"root may not sign lists", root_may_not_sign_lists, "crl.root.authority", 0},

    {"leaf revoked", leaf_revoked, "pck.revoked", 0},
    {"leaf revoked long ago", leaf_revoked_long_ago, "crl.pck.expired pck.revoked", 0},
    {"CA revoked", ca_revoked, "pck_ca.revoked crl.pck_chain.revoked", 0},
    {"signer revoked", signer_revoked, "tcb_chain.revoked", 0},
    {"root revoked", root_revoked, "root.revoked tcb_chain.revoked crl.pck_chain.revoked", 0},

    {"all expired", nothing,
     "tcb_info.expired qe_identity.expired crl.root.expired crl.pck.expired", 31},
    {"all not yet", nothing,
     "tcb_info.not_yet qe_identity.not_yet crl.root.not_yet crl.pck.not_yet", -1},
    {"all absent", all_absent, ALL_ABSENT, 0},
    {"lists absent", crls_absent, "crl.root.absent crl.pck.absent", 0},
    {"absent and bad", absent_and_bad, "tcb_info.signature crl.pck.absent", 0},
};

static struct kc_collateral *judge(struct collateral_case *c, int64_t days)
{
    struct kc_collateral *out = NULL;
    struct kc_collateral_pieces pieces = {
        .tcb_info = case_bytes(c, "tcb_info.json"),
        .qe_identity = case_bytes(c, "qe_identity.json"),
        .tcb_chain = case_bytes(c, "tcb_chain.pem"),
        .qe_chain = case_bytes(c, CASE_QE_CHAIN),
        .root_crl = case_bytes(c, "root_ca_crl.der"),
        .pck_crl = case_bytes(c, "pck_crl.der"),
        .pck_crl_chain = case_bytes(c, "pck_crl_chain.pem"),
    };
    struct kc_collateral_input input = {
        .pieces = &pieces,
        .pck_chain = &c->pck,
        .root_key = c->root_key,
        .now = c->issued + (days == 0 ? 1 : days) * DAY,
    };
    assert_int_equal(kc_collateral_judge(&input, &out), KC_OK);
    return out;
}

static void finds_what_is_wrong(void **state)
{
    struct collateral_case *c = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char got[2048] = "";
        case_fresh(c);
        rows[i].spoil(c);
        struct kc_collateral *found = judge(c, rows[i].days);
        bool bad = false;
        for (size_t k = 0; k < found->fault_count; k++) {
            const char *check = found->fault[k].check + strlen("collateral.");
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", k == 0 ? "" : " ", check);
            bad = bad || strstr(check, ".absent") == NULL;
        }
        if (strcmp(got, rows[i].checks) != 0)
            fail_msg("%s: [%s], not [%s]", rows[i].name, got, rows[i].checks);
        enum kc_collateral_state want = bad                         ? KC_COLLATERAL_BAD
                                        : rows[i].checks[0] != '\0' ? KC_COLLATERAL_INCOMPLETE
                                                                    : KC_COLLATERAL_GOOD;
        if (found->state != want)
            fail_msg("%s: state %d, not %d", rows[i].name, (int)found->state, (int)want);
        kc_collateral_free(found);
    }
}

static const struct kc_collateral_dates *date_of(const struct kc_collateral *found,
                                                 const char *piece)
{
    for (size_t i = 0; i < KC_COLLATERAL_PIECES; i++) {
        if (found->date[i].piece != NULL && strcmp(found->date[i].piece, piece) == 0)
            return &found->date[i];
    }
    return NULL;
}

/* Every piece has its own dates, and the whole's are the narrowest of them. */
static void knows_each_pieces_dates(void **state)
{
    struct collateral_case *c = *state;
    static const char *const daily[] = {"tcb_info", "qe_identity", "crl.root", "crl.pck"};
    case_fresh(c);
    struct kc_collateral *found = judge(c, 0);
    const struct kc_collateral_dates *pck = date_of(found, "pck");
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(daily); i++) {
        const struct kc_collateral_dates *date = date_of(found, daily[i]);
        if (date == NULL || date->from != c->issued || date->to != c->issued + 30 * DAY)
            fail_msg("%s: from %ld to %ld", daily[i], date == NULL ? 0 : (long)date->from,
                     date == NULL ? 0 : (long)date->to);
    }
    assert_non_null(pck);
    assert_int_equal(pck->from, c->pck.certificate[0].not_before);
    assert_int_equal(pck->to, c->pck.certificate[0].not_after);
    assert_non_null(date_of(found, "tcb_chain"));
    assert_non_null(date_of(found, "crl.pck_chain"));
    assert_non_null(date_of(found, "pck_ca"));
    assert_non_null(date_of(found, "root"));
    assert_null(date_of(found, "qe_chain"));
    for (size_t i = 0; i < KC_COLLATERAL_PIECES; i++) {
        if (found->date[i].piece == NULL)
            continue;
        count++;
        assert_true(found->date[i].from <= found->issued && found->date[i].to >= found->expires);
    }
    assert_int_equal(count, KC_COLLATERAL_PIECES - 1);
    kc_collateral_free(found);
}

/* Whichever piece ends first is named. */
static void knows_the_first_to_expire(void **state)
{
    struct collateral_case *c = *state;
    static const struct {
        spoil_fn *spoil;
        const char *name;
    } ends[] = {
        {tcb_info_expired, "tcb_info"}, {identity_expired, "qe_identity"},
        {root_crl_expired, "crl.root"}, {pck_crl_expired, "crl.pck"},
        {signer_expired, "tcb_chain"},  {crl_chain_expired, "crl.pck_chain"},
        {qe_chain_expired, "qe_chain"},
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        case_fresh(c);
        ends[i].spoil(c);
        struct kc_collateral *found = judge(c, 0);
        assert_string_equal(found->expires_first, ends[i].name);
        assert_int_equal(found->expires, CASE_AT - 1);
        assert_int_equal(date_of(found, ends[i].name)->to, CASE_AT - 1);
        kc_collateral_free(found);
    }
    case_fresh(c);
    tcb_info_not_yet(c);
    struct kc_collateral *found = judge(c, 0);
    assert_string_equal(found->issued_last, "tcb_info");
    assert_int_equal(found->issued, CASE_AT + 1);
    assert_true(found->fault[0].has_dates && found->fault[0].from == CASE_AT + 1 &&
                found->fault[0].to == c->issued + 30 * DAY);
    kc_collateral_free(found);
}

/* The identity's own chain is judged in its place. */
static void takes_another_identity_chain(void **state)
{
    struct collateral_case *c = *state;
    struct kc_collateral *out = NULL;
    struct kc_sim_pki other;
    case_fresh(c);
    assert_int_equal(kc_sim_pki_make(c->issued, &other), KC_OK);
    static const enum kc_sim_role roles[] = {KC_SIM_TCB_SIGNING, KC_SIM_ROOT_CA};
    char *good = kc_sim_pki_chain_pem(&c->state->pki, roles, 2);
    char *bad = kc_sim_pki_chain_pem(&other, roles, 2);
    for (int i = 0; i < 2; i++) {
        struct kc_collateral_pieces pieces = {
            .tcb_info = case_bytes(c, "tcb_info.json"),
            .qe_identity = case_bytes(c, "qe_identity.json"),
            .tcb_chain = case_bytes(c, "tcb_chain.pem"),
            .qe_chain = kc_bytes_of_text(i == 0 ? good : bad),
            .root_crl = case_bytes(c, "root_ca_crl.der"),
            .pck_crl = case_bytes(c, "pck_crl.der"),
        };
        struct kc_collateral_input input = {
            .pieces = &pieces,
            .pck_chain = &c->pck,
            .root_key = c->root_key,
            .now = CASE_AT,
        };
        assert_int_equal(kc_collateral_judge(&input, &out), KC_OK);
        assert_int_equal(out->fault_count, i);
        if (i == 1)
            assert_string_equal(out->fault[0].check, "collateral.qe_chain.root");
        kc_collateral_free(out);
    }
    free(good);
    free(bad);
    kc_sim_pki_clear(&other);
}

/* Hexadecimal digits of a signature are the same in both cases; all else is signed, or strict. */
static bool is_same_digit(uint8_t was, uint8_t is)
{
    return was >= 'a' && was <= 'f' && is == (was ^ 0x20);
}

/* One bit of each byte, another one from byte to byte. */
static void notices_every_changed_byte(void **state)
{
    struct collateral_case *c = *state;
    static const char *const names[] = {"tcb_info.json", "qe_identity.json",  "tcb_chain.pem",
                                        "pck_crl.der",   "pck_crl_chain.pem", "root_ca_crl.der",
                                        CASE_QE_CHAIN};
    case_fresh(c);
    qe_chain_good(c);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct kc_sim_collateral_file *file = case_file(c, names[i]);
        size_t signature_at = file->len - (i < 2 ? 130 : 0);
        for (size_t k = 0; k < file->len; k++) {
            uint8_t was = file->ptr[k];
            file->ptr[k] ^= (uint8_t)(1u << k % 8);
            bool same = k >= signature_at && is_same_digit(was, file->ptr[k]);
            struct kc_collateral *found = judge(c, 0);
            if ((found->state == KC_COLLATERAL_GOOD) != same)
                fail_msg("%s: byte %zu, %02x to %02x: state %d", names[i], k, was, file->ptr[k],
                         (int)found->state);
            kc_collateral_free(found);
            file->ptr[k] = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_wrong),
        cmocka_unit_test(knows_each_pieces_dates),
        cmocka_unit_test(knows_the_first_to_expire),
        cmocka_unit_test(takes_another_identity_chain),
        cmocka_unit_test(notices_every_changed_byte),
    };
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
