/*
 * SEV-SNP reports that are wrong in one way each, judged from end to end: the whole verdict, with
 * the exact list of failed checks under their public names. test_snp.c and test_snp_list.c have the
 * many ways in which one check fails; here each name that docs/verification.md lists has a row.
 */
#include "snp_list.h"
#include "verify/verify.h"

struct world {
    struct snp_case c;
    struct snp_list list;
    size_t list_cut; /* so many bytes of it are there; 0: all */
    bool is_table;   /* certificates come behind the report, not in files */
};

typedef void spoil(struct world *w);

struct row {
    const char *name;
    spoil *spoil;
    bool is_vlek;
    const char *verdict;
    const char *checks;
};

static struct snp_keys keys;

#define SPOIL(name, change)                                                                        \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        struct snp_case *c = &w->c;                                                                \
        struct snp_list *list = &w->list;                                                          \
        (void)c, (void)list;                                                                       \
        change;                                                                                    \
    }

SPOIL(good, (void)w)
SPOIL(report_tail, c->flip = KC_SNP_REPORT_SIZE - 1)
SPOIL(report_version, c->report.version = 6)
SPOIL(algorithm, c->flip = 0x34)
SPOIL(algorithm_and_no_leaf, c->flip = 0x34; c->certificate[SNP_LEAF].missing = true)
SPOIL(no_leaf, c->certificate[SNP_LEAF].missing = true)
SPOIL(no_ask, c->certificate[SNP_ASK].missing = true)
SPOIL(no_ark, c->certificate[SNP_ARK].missing = true)
SPOIL(leaf_no_der, c->certificate[SNP_LEAF].flip = 0)
SPOIL(leaf_sha256, c->certificate[SNP_LEAF].digest = "SHA256")
SPOIL(ask_salt, c->certificate[SNP_ASK].salt = 32)
SPOIL(leaf_no_der_in_table, c->certificate[SNP_LEAF].flip = 0; w->is_table = true)
SPOIL(leaf_sha256_in_table, c->certificate[SNP_LEAF].digest = "SHA256"; w->is_table = true)
SPOIL(good_table, w->is_table = true)
SPOIL(other_root, c->root = kc_amd_chain_roots[0])
SPOIL(ask_name, c->certificate[SNP_ASK].subject = "SEV-Genoa")
SPOIL(leaf_ca, c->certificate[SNP_LEAF].basic_constraints = "critical,CA:TRUE")
SPOIL(leaf_under_ask, c->certificate[SNP_ASK].subject = "SEV-Milan")
SPOIL(leaf_issuer, c->certificate[SNP_LEAF].issuer = "SEV-Genoa")
SPOIL(ask_key_id, c->certificate[SNP_ASK].wrong_authority_key_id = true)
SPOIL(leaf_signature, c->certificate[SNP_LEAF].flip = KC_CERTIFICATE_MAX_SIZE)
SPOIL(leaf_by_ark, c->certificate[SNP_LEAF].signer = SNP_ARK)
SPOIL(ark_signature, c->certificate[SNP_ARK].flip = KC_CERTIFICATE_MAX_SIZE)
SPOIL(vek_product, c->vek.product = "Genoa")
SPOIL(vek_no_chip, c->vek.chip_id_len = 0)
SPOIL(vek_no_csp, c->vek.csp_id = NULL)
SPOIL(list_by_ask, list->signer = SNP_ASK)
SPOIL(list_of_genoa, list->issuer = "ARK-Genoa")
SPOIL(list_no_der, w->list_cut = 5)
SPOIL(ask_revoked, list->revoked = SNP_SERIAL(SNP_ASK))
SPOIL(ark_revoked, list->revoked = SNP_SERIAL(SNP_ARK))
SPOIL(ask_revoked_long_ago, list->revoked = SNP_SERIAL(SNP_ASK); list->next_update = SNP_NOW - 1)
SPOIL(list_expired, list->next_update = SNP_NOW - 1)
SPOIL(list_not_yet, list->this_update = SNP_NOW + 1)
SPOIL(leaf_early, c->certificate[SNP_LEAF].not_before = "20260101000001Z")
SPOIL(ask_late, c->certificate[SNP_ASK].not_after = "20251231235959Z")
SPOIL(ark_late, c->certificate[SNP_ARK].not_after = "20251231235959Z")
SPOIL(cpu_genoa, c->report.cpu_model = 0x11)
SPOIL(key_none, c->report.signing_key = KC_SNP_KEY_NONE)
SPOIL(key_vcek, c->report.signing_key = KC_SNP_KEY_VCEK)
SPOIL(key_vlek, c->report.signing_key = KC_SNP_KEY_VLEK)
SPOIL(report_changed, c->flip = 0x90)
SPOIL(signature_changed, c->flip = KC_SNP_REPORT_SIGNED_SIZE)
SPOIL(chip, c->report.chip_id[0] ^= 1)
SPOIL(tcb_reserved, c->report.reported_tcb += 1 << 16)
SPOIL(launch_reserved, c->report.launch_tcb += UINT64_C(1) << 40)
SPOIL(tcb_lower, c->report.reported_tcb -= UINT64_C(1) << 56)
SPOIL(host, c->report.vmpl = KC_SNP_VMPL_HOST)
SPOIL(policy_bit_17, c->report.policy &= ~KC_SNP_POLICY_RESERVED_ONE)
SPOIL(policy_bit_26, c->report.policy |= UINT64_C(1) << 26)
SPOIL(chip_and_tcb, c->report.chip_id[0] ^= 1; c->report.reported_tcb -= UINT64_C(1) << 56)
SPOIL(ask_late_and_forged, c->certificate[SNP_ASK].not_after = "20251231235959Z"; c->flip = 0x90)
SPOIL(debug, c->report.policy |= KC_SNP_POLICY_DEBUG)
SPOIL(migration, c->report.policy |= KC_SNP_POLICY_MIGRATE_MA)
SPOIL(chip_masked, memset(c->report.chip_id, 0, 64))
SPOIL(vmpl_1, c->report.vmpl = 1)
SPOIL(debug_and_reserved, c->report.policy |= KC_SNP_POLICY_DEBUG | UINT64_C(1) << 26)
SPOIL(list_expired_and_debug, list->next_update = SNP_NOW - 1;
      c->report.policy |= KC_SNP_POLICY_DEBUG)
SPOIL(debug_and_forged, c->report.policy |= KC_SNP_POLICY_DEBUG; c->flip = 0x90)

static const struct row rows[] = {
    {"good", good, false, "accepted", ""},
    {"good, by a VLEK", good, true, "accepted", ""},
    {"good, with a table", good_table, false, "accepted", ""},
    {"good, with a table, by a VLEK", good_table, true, "accepted", ""},
    {"bytes behind the signature", report_tail, false, "invalid", "snp.report"},
    {"version 6", report_version, false, "unjudged", "snp.report"},
    {"another algorithm", algorithm, false, "unjudged", "snp.report"},
    {"another algorithm, no leaf", algorithm_and_no_leaf, false, "unjudged",
     "snp.report snp.certificates"},
    {"no leaf", no_leaf, false, "unjudged", "snp.certificates"},
    {"no ASK", no_ask, false, "unjudged", "snp.certificates"},
    {"no ARK", no_ark, false, "unjudged", "snp.certificates"},
    {"leaf is no DER", leaf_no_der, false, "invalid", "snp.certificates snp.chain.shape"},
    {"leaf signed with SHA-256", leaf_sha256, false, "invalid", "snp.certificates snp.chain.shape"},
    {"ASK signed with another salt", ask_salt, false, "invalid",
     "snp.certificates snp.chain.shape"},
    {"leaf in the table is no DER", leaf_no_der_in_table, false, "invalid", "snp.chain.shape"},
    {"leaf in the table signed with SHA-256", leaf_sha256_in_table, false, "invalid",
     "snp.chain.shape"},
    {"another root", other_root, false, "invalid", "snp.chain.root"},
    {"ASK of Genoa", ask_name, false, "invalid", "snp.chain.role"},
    {"leaf is a CA", leaf_ca, false, "invalid", "snp.chain.role"},
    {"VLEK under ASK", leaf_under_ask, true, "invalid", "snp.chain.role"},
    {"leaf's issuer", leaf_issuer, false, "invalid", "snp.chain.link"},
    {"ASK's key id", ask_key_id, false, "invalid", "snp.chain.link"},
    {"leaf badly signed", leaf_signature, false, "invalid", "snp.chain.signature"},
    {"leaf signed by ARK", leaf_by_ark, false, "invalid", "snp.chain.signature"},
    {"ARK badly signed", ark_signature, false, "invalid", "snp.chain.signature"},
    {"leaf of another product", vek_product, false, "invalid", "snp.chain.endorsed"},
    {"VCEK without a chip", vek_no_chip, false, "invalid", "snp.chain.endorsed"},
    {"VLEK without a provider", vek_no_csp, true, "invalid", "snp.chain.endorsed"},
    {"list by ASK", list_by_ask, false, "invalid", "snp.crl"},
    {"list of Genoa", list_of_genoa, false, "invalid", "snp.crl"},
    {"list is no DER", list_no_der, false, "invalid", "snp.crl"},
    {"ASK revoked", ask_revoked, false, "invalid", "snp.chain.revoked"},
    {"ASVK revoked", ask_revoked, true, "invalid", "snp.chain.revoked"},
    {"ARK revoked", ark_revoked, false, "invalid", "snp.chain.revoked"},
    {"ASK revoked long ago", ask_revoked_long_ago, false, "invalid", "snp.chain.revoked"},
    {"leaf not yet valid", leaf_early, false, "invalid", "snp.chain.dates"},
    {"ASK expired", ask_late, false, "invalid", "snp.chain.dates"},
    {"ARK expired", ark_late, false, "invalid", "snp.chain.dates"},
    {"processor of Genoa", cpu_genoa, false, "invalid", "snp.product"},
    {"says no key", key_none, false, "invalid", "snp.signing-key"},
    {"says VLEK", key_vlek, false, "invalid", "snp.signing-key"},
    {"says VCEK", key_vcek, true, "invalid", "snp.signing-key"},
    {"report changed", report_changed, false, "invalid", "snp.signature"},
    {"signature changed", signature_changed, false, "invalid", "snp.signature"},
    {"another chip", chip, false, "invalid", "snp.chip-id"},
    {"reserved byte reported", tcb_reserved, false, "invalid", "snp.tcb.layout"},
    {"reserved byte at launch", launch_reserved, false, "invalid", "snp.tcb.layout"},
    {"another TCB", tcb_lower, false, "invalid", "snp.tcb"},
    {"host asked", host, false, "invalid", "snp.guest"},
    {"list expired", list_expired, false, "unjudged", "snp.crl.dates"},
    {"list not yet", list_not_yet, false, "unjudged", "snp.crl.dates"},
    {"bit 17 clear", policy_bit_17, false, "refused", "snp.policy.reserved"},
    {"bit 26 set", policy_bit_26, false, "refused", "snp.policy.reserved"},

    {"another chip and TCB", chip_and_tcb, false, "invalid", "snp.chip-id snp.tcb"},
    {"ASK expired, report changed", ask_late_and_forged, false, "invalid",
     "snp.chain.dates snp.signature"},
    {"debug", debug, false, "refused", "policy.debug"},
    {"migration agent", migration, false, "refused", "policy.migration_agent"},
    {"chip hidden", chip_masked, false, "refused", "policy.masked_chip_id"},
    {"VMPL 1", vmpl_1, false, "refused", "policy.max_vmpl"},
    {"debug and bit 26", debug_and_reserved, false, "refused", "snp.policy.reserved policy.debug"},
    {"list expired, and debug", list_expired_and_debug, false, "refused",
     "snp.crl.dates policy.debug"},
    {"debug, report changed", debug_and_forged, false, "invalid", "snp.signature"},
};

/* Certificates as files, without those that are missing. */
static struct kc_amd_pieces files(const struct world *w)
{
    static uint8_t pem[16384];
    const struct snp_case *c = &w->c;
    size_t from = c->certificate[SNP_ASK].missing ? SNP_ARK : SNP_ASK;
    size_t to = c->certificate[SNP_ARK].missing ? SNP_ASK : SNP_ARK;
    struct kc_amd_pieces pieces = {.list = snp_list_bytes(&w->list)};
    if (w->is_table)
        return pieces;
    if (!c->certificate[SNP_LEAF].missing)
        pieces.vek = kc_bytes_of(c->der[SNP_LEAF], c->der_len[SNP_LEAF]);
    pieces.chain = snp_case_pem(c, from, to, pem);
    return pieces;
}

static void judge(const struct world *w, struct kc_verdict *v)
{
    static uint8_t with_table[16384];
    const struct snp_case *c = &w->c;
    struct kc_bytes bytes = {c->bytes, c->len};
    struct kc_evidence evidence;
    const struct kc_verify_input input = {.evidence = &evidence,
                                          .amd_roots = &c->root,
                                          .amd_root_count = 1,
                                          .now = c->now,
                                          .policy = &kc_policy_default,
                                          .amd = files(w)};
    if (w->is_table)
        bytes = snp_case_with_table(c, with_table);
    struct kc_error error = KC_ERROR_NONE;
    if (kc_evidence_view(bytes, &evidence, &error) == KC_OK)
        kc_verify(&input, v);
    else
        kc_verify_unreadable(&error, v);
}

static void make(struct world *w, const struct row *row)
{
    memset(w, 0, sizeof *w);
    snp_case_start(&w->c, KC_SNP_MILAN, row->is_vlek);
    w->list = snp_list_start(&w->c);
    row->spoil(w);
    snp_case_make(&w->c, &keys);
    snp_list_make(&w->list, &keys);
    if (w->list_cut > 0)
        w->list.len = w->list_cut;
}

static void judges_every_row(void **state)
{
    struct world *w = malloc(sizeof *w);
    struct kc_verdict *v = malloc(sizeof *v);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char got[1024] = "";
        make(w, &rows[i]);
        judge(w, v);
        for (size_t k = 0; k < v->failure_count; k++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", k == 0 ? "" : " ",
                     v->failure[k].check);
        if (strcmp(kc_verdict_kind_name(v->kind), rows[i].verdict) != 0 ||
            strcmp(got, rows[i].checks) != 0)
            fail_msg("%s: %s [%s], not %s [%s]", rows[i].name, kc_verdict_kind_name(v->kind), got,
                     rows[i].verdict, rows[i].checks);
    }
    free(w);
    free(v);
}

/* What others' programs and policies go by: a name that changes breaks them. */
static void names_are_stable(void **state)
{
    static const char *const names[KC_SNP_CHECK_COUNT] = {
        [KC_SNP_CHECK_REPORT] = "snp.report",
        [KC_SNP_CHECK_CERTIFICATES] = "snp.certificates",
        [KC_SNP_CHECK_CHAIN_SHAPE] = "snp.chain.shape",
        [KC_SNP_CHECK_CHAIN_ROOT] = "snp.chain.root",
        [KC_SNP_CHECK_CHAIN_ROLE] = "snp.chain.role",
        [KC_SNP_CHECK_CHAIN_LINK] = "snp.chain.link",
        [KC_SNP_CHECK_CHAIN_SIGNATURE] = "snp.chain.signature",
        [KC_SNP_CHECK_CHAIN_ENDORSED] = "snp.chain.endorsed",
        [KC_SNP_CHECK_LIST] = "snp.crl",
        [KC_SNP_CHECK_REVOKED] = "snp.chain.revoked",
        [KC_SNP_CHECK_CHAIN_DATES] = "snp.chain.dates",
        [KC_SNP_CHECK_PRODUCT] = "snp.product",
        [KC_SNP_CHECK_SIGNING_KEY] = "snp.signing-key",
        [KC_SNP_CHECK_SIGNATURE] = "snp.signature",
        [KC_SNP_CHECK_CHIP_ID] = "snp.chip-id",
        [KC_SNP_CHECK_TCB_LAYOUT] = "snp.tcb.layout",
        [KC_SNP_CHECK_TCB] = "snp.tcb",
        [KC_SNP_CHECK_GUEST] = "snp.guest",
        [KC_SNP_CHECK_LIST_DATES] = "snp.crl.dates",
        [KC_SNP_CHECK_RESERVED] = "snp.policy.reserved",
        [KC_SNP_CHECK_DEBUG] = "snp.policy.debug",
        [KC_SNP_CHECK_MIGRATION] = "snp.policy.migration-agent",
        [KC_SNP_CHECK_SMT] = "snp.policy.smt",
        [KC_SNP_CHECK_SOCKET] = "snp.policy.single-socket",
        [KC_SNP_CHECK_VMPL] = "snp.vmpl",
        [KC_SNP_CHECK_MASKED_CHIP] = "snp.chip-id.masked",
        [KC_SNP_CHECK_TCB_MINIMUM] = "snp.tcb.minimum",
        [KC_SNP_CHECK_REPORT_DATA] = "snp.report-data",
    };
    (void)state;
    for (int i = 0; i < KC_SNP_CHECK_COUNT; i++) {
        assert_non_null(names[i]);
        assert_string_equal(kc_snp_check_name((enum kc_snp_check)i), names[i]);
        assert_true(strlen(kc_snp_check_hint((enum kc_snp_check)i)) > 0);
    }
}

/* Up to those of which kc_verify's policy has clauses of its own. */
static void every_name_has_a_row(void **state)
{
    (void)state;
    for (int i = 0; i <= KC_SNP_CHECK_RESERVED; i++) {
        const char *name = kc_snp_check_name((enum kc_snp_check)i);
        size_t k = 0;
        while (k < COUNT_OF(rows) && strcmp(rows[k].checks, name) != 0)
            k++;
        if (k == COUNT_OF(rows))
            fail_msg("no row fails by %s alone", name);
    }
}

static int make_keys(void **state)
{
    (void)state;
    snp_keys_make(&keys);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    snp_keys_free(&keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_stable),
        cmocka_unit_test(every_name_has_a_row),
        cmocka_unit_test(judges_every_row),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
