#include "snp_pki.h"

static struct snp_keys keys;

static const enum kc_snp_check none = KC_SNP_CHECK_COUNT;

/* What a row changes; everything else is good. */
typedef void spoil(struct snp_case *c);

struct row {
    const char *name;
    spoil *spoil;
    enum kc_snp_check first; /* KC_SNP_CHECK_COUNT: accepted */
    enum kc_verdict_kind kind;
};

static void judge(const struct snp_case *c, struct kc_snp_verdict *v)
{
    struct kc_snp_input input = snp_case_input(c);
    kc_snp_judge(&input, v);
    assert_int_equal(v->kind == KC_VERDICT_ACCEPTED, v->first == none);
    assert_true(v->genuine || v->kind != KC_VERDICT_ACCEPTED);
    for (int i = 0; i < KC_SNP_CHECK_COUNT; i++) {
        if (v->what[i] != NULL) {
            assert_true(i >= (int)v->first);
            assert_true((v->made >> i & 1) != 0);
        }
    }
}

static void run(const struct row *rows, size_t count, enum kc_snp_product product, bool is_vlek)
{
    for (size_t i = 0; i < count; i++) {
        struct snp_case c;
        struct kc_snp_verdict v;
        snp_case_start(&c, product, is_vlek);
        if (rows[i].spoil != NULL)
            rows[i].spoil(&c);
        snp_case_make(&c, &keys);
        judge(&c, &v);
        if (v.first != rows[i].first || v.kind != rows[i].kind)
            fail_msg("%s: %s, %s (%s)", rows[i].name, kc_verdict_kind_name(v.kind),
                     v.first == none ? "no failure" : kc_snp_check_name(v.first),
                     v.first == none ? "" : v.what[v.first]);
    }
}

/* Each changes one thing. */
#define SPOIL(name, change)                                                                        \
    static void name(struct snp_case *c)                                                           \
    {                                                                                              \
        change;                                                                                    \
    }

SPOIL(report_short, c->len--)
SPOIL(report_version, c->report.version = 6)
SPOIL(report_old, c->report.version = 2)
SPOIL(report_new, c->report.version = 5)
SPOIL(report_first_byte, c->flip = 0x10)
SPOIL(report_last_byte, c->flip = KC_SNP_REPORT_SIGNED_SIZE - 1)
SPOIL(signature_r, c->flip = KC_SNP_REPORT_SIGNED_SIZE)
SPOIL(signature_s, c->flip = KC_SNP_REPORT_SIGNED_SIZE + 72)
SPOIL(signature_tail, c->flip = KC_SNP_REPORT_SIZE - 1)
SPOIL(no_leaf, c->certificate[SNP_LEAF].missing = true)
SPOIL(no_ask, c->certificate[SNP_ASK].missing = true)
SPOIL(no_ark, c->certificate[SNP_ARK].missing = true)
SPOIL(leaf_shape, c->certificate[SNP_LEAF].flip = 0)
SPOIL(leaf_signature, c->certificate[SNP_LEAF].flip = KC_CERTIFICATE_MAX_SIZE)
SPOIL(ask_signature, c->certificate[SNP_ASK].flip = KC_CERTIFICATE_MAX_SIZE)
SPOIL(ark_signature, c->certificate[SNP_ARK].flip = KC_CERTIFICATE_MAX_SIZE)
SPOIL(leaf_sha256, c->certificate[SNP_LEAF].digest = "SHA256")
SPOIL(leaf_salt, c->certificate[SNP_LEAF].salt = 32)
SPOIL(leaf_rsa, c->certificate[SNP_LEAF].key = SNP_ASK)
SPOIL(ask_p384, c->certificate[SNP_ASK].key = SNP_LEAF)
SPOIL(leaf_by_itself, c->certificate[SNP_LEAF].signer = SNP_LEAF)
SPOIL(leaf_by_ark, c->certificate[SNP_LEAF].signer = SNP_ARK)
SPOIL(ask_by_itself, c->certificate[SNP_ASK].signer = SNP_ASK;
      c->certificate[SNP_ASK].no_key_ids = true)
SPOIL(ark_by_ask, c->certificate[SNP_ARK].signer = SNP_ASK;
      c->certificate[SNP_ARK].no_key_ids = true)
SPOIL(ark_is_ask, c->certificate[SNP_ARK].key = SNP_ASK)
SPOIL(other_root, c->root = kc_amd_chain_roots[0])
SPOIL(root_of_genoa, c->root.product = KC_SNP_GENOA)
SPOIL(ark_name, c->certificate[SNP_ARK].subject = c->certificate[SNP_ARK].issuer = "ARK-Genoa")
SPOIL(ark_prefix, c->certificate[SNP_ARK].subject = "ARK")
SPOIL(ask_name, c->certificate[SNP_ASK].subject = "SEV-Genoa")
SPOIL(ask_asvk, c->certificate[SNP_ASK].subject = "SEV-VLEK-Milan")
SPOIL(ask_ask, c->certificate[SNP_ASK].subject = "SEV-Milan")
SPOIL(leaf_name, c->certificate[SNP_LEAF].subject = "SEV-VCEK2")
SPOIL(leaf_is_vlek, c->certificate[SNP_LEAF].subject = "SEV-VLEK")
SPOIL(leaf_is_vcek, c->certificate[SNP_LEAF].subject = "SEV-VCEK")
SPOIL(leaf_no_name, c->certificate[SNP_LEAF].subject = NULL)
SPOIL(leaf_issuer, c->certificate[SNP_LEAF].issuer = "SEV-Genoa")
SPOIL(ask_issuer, c->certificate[SNP_ASK].issuer = "ARK-Genoa")
SPOIL(ark_issuer, c->certificate[SNP_ARK].issuer = "ARK-Genoa")
SPOIL(ask_key_id, c->certificate[SNP_ASK].wrong_authority_key_id = true)
SPOIL(leaf_key_id, c->certificate[SNP_LEAF].no_key_ids = false;
      c->certificate[SNP_LEAF].wrong_authority_key_id = true)
SPOIL(leaf_key_id_right, c->certificate[SNP_LEAF].no_key_ids = false)
SPOIL(leaf_ca, c->certificate[SNP_LEAF].basic_constraints = "critical,CA:TRUE")
SPOIL(leaf_usage, c->certificate[SNP_LEAF].key_usage = "critical,keyCertSign")
SPOIL(leaf_usage_right, c->certificate[SNP_LEAF].key_usage = "critical,digitalSignature")
SPOIL(ask_no_ca, c->certificate[SNP_ASK].basic_constraints = NULL)
SPOIL(ask_not_critical, c->certificate[SNP_ASK].basic_constraints = "CA:TRUE,pathlen:0")
SPOIL(ask_no_usage, c->certificate[SNP_ASK].key_usage = NULL)
SPOIL(ask_usage, c->certificate[SNP_ASK].key_usage = "critical,cRLSign")
SPOIL(ark_no_ca, c->certificate[SNP_ARK].basic_constraints = NULL)
SPOIL(ark_path, c->certificate[SNP_ARK].basic_constraints = "critical,CA:TRUE,pathlen:0")
SPOIL(ark_usage, c->certificate[SNP_ARK].key_usage = "critical,digitalSignature")
SPOIL(leaf_critical, c->certificate[SNP_LEAF].critical = true)
SPOIL(ask_critical, c->certificate[SNP_ASK].critical = true)
SPOIL(ark_critical, c->certificate[SNP_ARK].critical = true)
SPOIL(leaf_early, c->certificate[SNP_LEAF].not_before = "20260101000001Z")
SPOIL(leaf_first_second, c->certificate[SNP_LEAF].not_before = "20260101000000Z")
SPOIL(ask_early, c->certificate[SNP_ASK].not_before = "20260101000001Z")
SPOIL(ark_early, c->certificate[SNP_ARK].not_before = "20260101000001Z")
SPOIL(leaf_late, c->certificate[SNP_LEAF].not_after = "20251231235959Z")
SPOIL(leaf_last_second, c->certificate[SNP_LEAF].not_after = "20260101000000Z")
SPOIL(ask_late, c->certificate[SNP_ASK].not_after = "20251231235959Z")
SPOIL(ark_late, c->certificate[SNP_ARK].not_after = "20251231235959Z")
SPOIL(vek_no_version, c->vek.version = -1)
SPOIL(vek_version, c->vek.version = 2)
SPOIL(vek_no_product, c->vek.product = NULL)
SPOIL(vek_product, c->vek.product = "Genoa")
SPOIL(vek_product_prefix, c->vek.product = "Mila")
SPOIL(vek_product_long, c->vek.product = "Milan-B0123456789")
SPOIL(vek_no_boot_loader, c->vek.part[1] = -1)
SPOIL(vek_no_microcode, c->vek.part[8] = -1)
SPOIL(vek_large, c->vek.part[8] = 256)
SPOIL(vek_reserved, c->vek.part[4] = 1)
SPOIL(vek_no_reserved, c->vek.part[4] = c->vek.part[7] = -1)
SPOIL(vek_fmc, c->vek.part[9] = 0)
SPOIL(vek_no_fmc, c->vek.part[9] = -1)
SPOIL(vek_no_chip, c->vek.chip_id_len = 0)
SPOIL(vek_chip_short, c->vek.chip_id_len = 63)
SPOIL(vek_chip_8, c->vek.chip_id_len = 8)
SPOIL(vek_chip_64, c->vek.chip_id_len = 64)
SPOIL(vek_csp, c->vek.csp_id = "CN=cloud.example")
SPOIL(vek_no_csp, c->vek.csp_id = NULL)
SPOIL(cpu_genoa, c->report.cpu_model = 0x11)
SPOIL(cpu_unknown, c->report.cpu_family = 0x1b)
SPOIL(key_vlek, c->report.signing_key = KC_SNP_KEY_VLEK)
SPOIL(key_vcek, c->report.signing_key = KC_SNP_KEY_VCEK)
SPOIL(key_none, c->report.signing_key = KC_SNP_KEY_NONE)
SPOIL(key_reserved, c->report.signing_key = 2)
SPOIL(chip_first, c->report.chip_id[0] ^= 1)
SPOIL(chip_last, c->report.chip_id[63] ^= 1)
SPOIL(chip_masked, memset(c->report.chip_id, 0, 64))
SPOIL(chip_masked_allowed, memset(c->report.chip_id, 0, 64); c->policy.allow_masked_chip_id = true)
SPOIL(chip_of_vlek, memset(c->report.chip_id, 0x77, 64))
SPOIL(tcb_boot_loader, c->report.reported_tcb += 1)
SPOIL(tcb_tee, c->report.reported_tcb += 1 << 8)
SPOIL(tcb_snp, c->report.reported_tcb -= UINT64_C(1) << 48)
SPOIL(tcb_microcode, c->report.reported_tcb -= UINT64_C(1) << 56)
SPOIL(tcb_fmc, c->report.reported_tcb -= 1)
SPOIL(tcb_turin_snp, c->report.reported_tcb -= UINT64_C(1) << 24)
SPOIL(tcb_reserved, c->report.reported_tcb += UINT64_C(1) << 16)
SPOIL(tcb_turin_layout, c->report.reported_tcb = 0x7300000008000301)
SPOIL(tcb_milan_layout, c->report.reported_tcb = 0x7308000000000003)
SPOIL(current_reserved, c->report.current_tcb += UINT64_C(1) << 40)
SPOIL(committed_reserved, c->report.committed_tcb += UINT64_C(1) << 40)
SPOIL(launch_reserved, c->report.launch_tcb += UINT64_C(1) << 40)
SPOIL(current_higher, c->report.current_tcb += UINT64_C(1) << 56)
SPOIL(vmpl_host, c->report.vmpl = KC_SNP_VMPL_HOST; c->policy.max_vmpl = 255)
SPOIL(vmpl_4, c->report.vmpl = 4; c->policy.max_vmpl = 255)
SPOIL(vmpl_1, c->report.vmpl = 1)
SPOIL(vmpl_1_allowed, c->report.vmpl = 1; c->policy.max_vmpl = 1)
SPOIL(vmpl_3, c->report.vmpl = 3; c->policy.max_vmpl = 2)
SPOIL(policy_bit_17, c->report.policy &= ~KC_SNP_POLICY_RESERVED_ONE)
SPOIL(policy_bit_26, c->report.policy |= UINT64_C(1) << 26)
SPOIL(policy_bit_63, c->report.policy |= UINT64_C(1) << 63)
SPOIL(policy_known, c->report.policy |= UINT64_C(0x3f0ffff))
SPOIL(debug, c->report.policy |= KC_SNP_POLICY_DEBUG)
SPOIL(debug_allowed, c->report.policy |= KC_SNP_POLICY_DEBUG; c->policy.allow_debug = true)
SPOIL(migration, c->report.policy |= KC_SNP_POLICY_MIGRATE_MA)
SPOIL(migration_allowed, c->report.policy |= KC_SNP_POLICY_MIGRATE_MA;
      c->policy.allow_migration_agent = true)
SPOIL(smt, c->policy.refuse_smt = true)
SPOIL(smt_off, c->report.policy &= ~KC_SNP_POLICY_SMT; c->policy.refuse_smt = true)
SPOIL(socket, c->policy.require_single_socket = true)
SPOIL(socket_single, c->report.policy |= KC_SNP_POLICY_SINGLE_SOCKET;
      c->policy.require_single_socket = true)

static const uint8_t wanted_data[64] = {0x5d, 0x5d};
static uint8_t right_data[64];

SPOIL(data_other, c->policy.report_data = wanted_data)
SPOIL(data_right, c->policy.report_data = right_data)

static void minimum(struct snp_case *c, struct kc_snp_tcb tcb)
{
    c->policy.has_minimum_tcb = true;
    c->policy.minimum_tcb = tcb;
}

SPOIL(minimum_equal, minimum(c, (struct kc_snp_tcb){0, 3, 0, 8, 115}))
SPOIL(minimum_lower, minimum(c, (struct kc_snp_tcb){0, 2, 0, 7, 9}))
SPOIL(minimum_boot_loader, minimum(c, (struct kc_snp_tcb){0, 4, 0, 8, 115}))
SPOIL(minimum_tee, minimum(c, (struct kc_snp_tcb){0, 3, 1, 8, 115}))
SPOIL(minimum_snp, minimum(c, (struct kc_snp_tcb){0, 3, 0, 9, 0}))
SPOIL(minimum_microcode, minimum(c, (struct kc_snp_tcb){0, 0, 0, 0, 116}))
SPOIL(minimum_fmc, minimum(c, (struct kc_snp_tcb){2, 0, 0, 0, 0}))
SPOIL(minimum_fmc_equal, minimum(c, (struct kc_snp_tcb){1, 3, 0, 8, 115}))

static const struct row vcek_rows[] = {
    {"good", NULL, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"version 2", report_old, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"version 5", report_new, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"version 6", report_version, KC_SNP_CHECK_REPORT, KC_VERDICT_UNJUDGED},
    {"report short", report_short, KC_SNP_CHECK_REPORT, KC_VERDICT_INVALID},
    {"bytes behind the signature", signature_tail, KC_SNP_CHECK_REPORT, KC_VERDICT_INVALID},
    {"report changed", report_first_byte, KC_SNP_CHECK_SIGNATURE, KC_VERDICT_INVALID},
    {"last signed byte", report_last_byte, KC_SNP_CHECK_SIGNATURE, KC_VERDICT_INVALID},
    {"r changed", signature_r, KC_SNP_CHECK_SIGNATURE, KC_VERDICT_INVALID},
    {"s changed", signature_s, KC_SNP_CHECK_SIGNATURE, KC_VERDICT_INVALID},
    {"no leaf", no_leaf, KC_SNP_CHECK_CERTIFICATES, KC_VERDICT_UNJUDGED},
    {"no ASK", no_ask, KC_SNP_CHECK_CERTIFICATES, KC_VERDICT_UNJUDGED},
    {"no ARK", no_ark, KC_SNP_CHECK_CERTIFICATES, KC_VERDICT_UNJUDGED},
    {"leaf is no DER", leaf_shape, KC_SNP_CHECK_CHAIN_SHAPE, KC_VERDICT_INVALID},
    {"leaf signed with SHA-256", leaf_sha256, KC_SNP_CHECK_CHAIN_SHAPE, KC_VERDICT_INVALID},
    {"leaf signed with other salt", leaf_salt, KC_SNP_CHECK_CHAIN_SHAPE, KC_VERDICT_INVALID},
    {"leaf signed by P-384", leaf_by_itself, KC_SNP_CHECK_CHAIN_SHAPE, KC_VERDICT_INVALID},
    {"other root", other_root, KC_SNP_CHECK_CHAIN_ROOT, KC_VERDICT_INVALID},
    {"ARK with another key", ark_is_ask, KC_SNP_CHECK_CHAIN_ROOT, KC_VERDICT_INVALID},
    {"root of another product", root_of_genoa, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK named for another", ark_name, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK named by a prefix", ark_prefix, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK named for another", ask_name, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"VCEK under ASVK", ask_asvk, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"VLEK under ASK", leaf_is_vlek, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf with another name", leaf_name, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf without a name", leaf_no_name, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf with an RSA key", leaf_rsa, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf is a CA", leaf_ca, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf may not sign", leaf_usage, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf may sign", leaf_usage_right, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"leaf critical", leaf_critical, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK with a P-384 key", ask_p384, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK no CA", ask_no_ca, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK's CA not critical", ask_not_critical, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK without usage", ask_no_usage, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK signs CRLs only", ask_usage, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ASK critical", ask_critical, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK no CA", ark_no_ca, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK's path length", ark_path, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK's usage", ark_usage, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"ARK critical", ark_critical, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"leaf's issuer", leaf_issuer, KC_SNP_CHECK_CHAIN_LINK, KC_VERDICT_INVALID},
    {"ASK's issuer", ask_issuer, KC_SNP_CHECK_CHAIN_LINK, KC_VERDICT_INVALID},
    {"ARK's issuer", ark_issuer, KC_SNP_CHECK_CHAIN_LINK, KC_VERDICT_INVALID},
    {"ASK's key id", ask_key_id, KC_SNP_CHECK_CHAIN_LINK, KC_VERDICT_INVALID},
    {"leaf's key id", leaf_key_id, KC_SNP_CHECK_CHAIN_LINK, KC_VERDICT_INVALID},
    {"leaf's key id right", leaf_key_id_right, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"leaf's signature", leaf_signature, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"ASK's signature", ask_signature, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"ARK's signature", ark_signature, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"leaf signed by ARK", leaf_by_ark, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"ASK signed by itself", ask_by_itself, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"ARK signed by ASK", ark_by_ask, KC_SNP_CHECK_CHAIN_SIGNATURE, KC_VERDICT_INVALID},
    {"no version", vek_no_version, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"version of extensions", vek_version, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"no product", vek_no_product, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"other product", vek_product, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"half a product", vek_product_prefix, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"product too long", vek_product_long, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"no boot loader", vek_no_boot_loader, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"no microcode", vek_no_microcode, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"microcode 256", vek_large, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"reserved part", vek_reserved, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"reserved parts absent", vek_no_reserved, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"FMC on Milan", vek_fmc, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"VCEK without chip", vek_no_chip, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"chip of 63 bytes", vek_chip_short, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"chip of 8 bytes on Milan", vek_chip_8, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"VCEK with a provider", vek_csp, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"leaf not yet valid", leaf_early, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"leaf's first second", leaf_first_second, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"ASK not yet valid", ask_early, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"ARK not yet valid", ark_early, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"leaf expired", leaf_late, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"leaf's last second", leaf_last_second, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"ASK expired", ask_late, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"ARK expired", ark_late, KC_SNP_CHECK_CHAIN_DATES, KC_VERDICT_INVALID},
    {"processor of Genoa", cpu_genoa, KC_SNP_CHECK_PRODUCT, KC_VERDICT_INVALID},
    {"unknown processor", cpu_unknown, KC_SNP_CHECK_PRODUCT, KC_VERDICT_INVALID},
    {"says VLEK", key_vlek, KC_SNP_CHECK_SIGNING_KEY, KC_VERDICT_INVALID},
    {"says no key", key_none, KC_SNP_CHECK_SIGNING_KEY, KC_VERDICT_INVALID},
    {"says a reserved key", key_reserved, KC_SNP_CHECK_SIGNING_KEY, KC_VERDICT_INVALID},
    {"other chip", chip_first, KC_SNP_CHECK_CHIP_ID, KC_VERDICT_INVALID},
    {"other chip at its end", chip_last, KC_SNP_CHECK_CHIP_ID, KC_VERDICT_INVALID},
    {"chip masked", chip_masked, KC_SNP_CHECK_MASKED_CHIP, KC_VERDICT_REFUSED},
    {"chip masked, allowed", chip_masked_allowed, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"reserved byte reported", tcb_reserved, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"Turin's layout", tcb_turin_layout, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"reserved byte current", current_reserved, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"reserved byte committed", committed_reserved, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"reserved byte at launch", launch_reserved, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"current above reported", current_higher, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"boot loader higher", tcb_boot_loader, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"TEE higher", tcb_tee, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"SNP lower", tcb_snp, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"microcode lower", tcb_microcode, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"host asked", vmpl_host, KC_SNP_CHECK_GUEST, KC_VERDICT_INVALID},
    {"VMPL 4", vmpl_4, KC_SNP_CHECK_GUEST, KC_VERDICT_INVALID},
    {"VMPL 1", vmpl_1, KC_SNP_CHECK_VMPL, KC_VERDICT_REFUSED},
    {"VMPL 1 allowed", vmpl_1_allowed, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"VMPL 3 of 2", vmpl_3, KC_SNP_CHECK_VMPL, KC_VERDICT_REFUSED},
    {"bit 17 zero", policy_bit_17, KC_SNP_CHECK_RESERVED, KC_VERDICT_REFUSED},
    {"bit 26", policy_bit_26, KC_SNP_CHECK_RESERVED, KC_VERDICT_REFUSED},
    {"bit 63", policy_bit_63, KC_SNP_CHECK_RESERVED, KC_VERDICT_REFUSED},
    {"known bits", policy_known, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"debug", debug, KC_SNP_CHECK_DEBUG, KC_VERDICT_REFUSED},
    {"debug allowed", debug_allowed, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"migration", migration, KC_SNP_CHECK_MIGRATION, KC_VERDICT_REFUSED},
    {"migration allowed", migration_allowed, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"SMT", smt, KC_SNP_CHECK_SMT, KC_VERDICT_REFUSED},
    {"no SMT", smt_off, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"sockets", socket, KC_SNP_CHECK_SOCKET, KC_VERDICT_REFUSED},
    {"single socket", socket_single, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"minimum equal", minimum_equal, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"minimum lower", minimum_lower, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"minimum boot loader", minimum_boot_loader, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"minimum TEE", minimum_tee, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"minimum SNP", minimum_snp, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"minimum microcode", minimum_microcode, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"minimum FMC on Milan", minimum_fmc, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"other report data", data_other, KC_SNP_CHECK_REPORT_DATA, KC_VERDICT_REFUSED},
    {"right report data", data_right, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
};

static const struct row vlek_rows[] = {
    {"good", NULL, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"with a chip id", chip_of_vlek, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"says VCEK", key_vcek, KC_SNP_CHECK_SIGNING_KEY, KC_VERDICT_INVALID},
    {"VLEK under ASK", ask_ask, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"VCEK under ASVK", leaf_is_vcek, KC_SNP_CHECK_CHAIN_ROLE, KC_VERDICT_INVALID},
    {"names a chip", vek_chip_64, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"names no provider", vek_no_csp, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"microcode lower", tcb_microcode, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
};

static const struct row turin_rows[] = {
    {"good", NULL, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"no FMC", vek_no_fmc, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"chip of 64 bytes", vek_chip_64, KC_SNP_CHECK_CHAIN_ENDORSED, KC_VERDICT_INVALID},
    {"other chip", chip_first, KC_SNP_CHECK_CHIP_ID, KC_VERDICT_INVALID},
    {"chip id with a tail", chip_last, KC_SNP_CHECK_CHIP_ID, KC_VERDICT_INVALID},
    {"FMC lower", tcb_fmc, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"SNP lower", tcb_turin_snp, KC_SNP_CHECK_TCB, KC_VERDICT_INVALID},
    {"Milan's layout", tcb_milan_layout, KC_SNP_CHECK_TCB_LAYOUT, KC_VERDICT_INVALID},
    {"minimum FMC", minimum_fmc, KC_SNP_CHECK_TCB_MINIMUM, KC_VERDICT_REFUSED},
    {"minimum equal", minimum_fmc_equal, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
};

static void test_vcek(void **state)
{
    (void)state;
    run(vcek_rows, COUNT_OF(vcek_rows), KC_SNP_MILAN, false);
}

static void test_vlek(void **state)
{
    (void)state;
    run(vlek_rows, COUNT_OF(vlek_rows), KC_SNP_MILAN, true);
    run(vlek_rows, 1, KC_SNP_GENOA, true);
    run(vlek_rows, 1, KC_SNP_TURIN, true);
}

static void test_turin(void **state)
{
    (void)state;
    run(turin_rows, COUNT_OF(turin_rows), KC_SNP_TURIN, false);
    run(turin_rows, 1, KC_SNP_GENOA, false);
}

/* The chip id as the specification has it, within an OCTET STRING of its own. */
static void test_wrapped_chip_id(void **state)
{
    (void)state;
    struct snp_case c;
    struct kc_snp_verdict v;
    snp_case_start(&c, KC_SNP_MILAN, false);
    c.vek.chip_id_wrapped = true;
    snp_case_make(&c, &keys);
    judge(&c, &v);
    assert_int_equal(v.kind, KC_VERDICT_ACCEPTED);
    assert_memory_equal(v.endorsement.chip_id, v.report.chip_id, 64);
}

static void test_facts(void **state)
{
    (void)state;
    struct snp_case c;
    struct kc_snp_verdict v;
    snp_case_start(&c, KC_SNP_TURIN, false);
    c.report.current_tcb += UINT64_C(1) << 56;
    snp_case_make(&c, &keys);
    judge(&c, &v);
    assert_true(v.genuine && v.has_report && v.has_endorsement && v.has_tcb);
    assert_int_equal(v.reported.fmc, 1);
    assert_int_equal(v.reported.boot_loader, 3);
    assert_int_equal(v.reported.snp, 8);
    assert_int_equal(v.reported.microcode, 115);
    assert_int_equal(v.current.microcode, 116);
    assert_int_equal(v.committed.microcode, 115);
    assert_int_equal(v.launch.microcode, 115);
    assert_string_equal(v.endorsement.product_name, "Turin");
    assert_string_equal(v.endorsement.csp_id, "");
    snp_case_start(&c, KC_SNP_MILAN, true);
    c.certificate[SNP_ASK].not_after = "20300101000000Z";
    c.certificate[SNP_ARK].not_before = "20250101000000Z";
    snp_case_make(&c, &keys);
    judge(&c, &v);
    assert_string_equal(v.endorsement.csp_id, "CN=cloud.example");
    assert_int_equal(v.endorsement.not_before, 1735689600);
    assert_int_equal(v.endorsement.not_after, 1893456000);
}

/* What was learned of a chain is used again; its dates are judged anew. */
static void test_endorsed(void **state)
{
    (void)state;
    struct snp_case c;
    struct kc_snp_verdict first;
    struct kc_snp_verdict again;
    snp_case_start(&c, KC_SNP_MILAN, false);
    snp_case_make(&c, &keys);
    judge(&c, &first);
    struct kc_snp_input input = snp_case_input(&c);
    input.certificates = (struct kc_amd_certificates){0};
    kc_snp_judge_endorsed(&input, &first.endorsement, &again);
    assert_int_equal(again.kind, KC_VERDICT_ACCEPTED);
    assert_int_equal(again.made, first.made);
    input.now = first.endorsement.not_after + 1;
    kc_snp_judge_endorsed(&input, &first.endorsement, &again);
    assert_int_equal(again.first, KC_SNP_CHECK_CHAIN_DATES);
    assert_int_equal(again.kind, KC_VERDICT_INVALID);
    input.now = SNP_NOW;
    c.bytes[0x50] ^= 1;
    kc_snp_judge_endorsed(&input, &first.endorsement, &again);
    assert_int_equal(again.first, KC_SNP_CHECK_SIGNATURE);
    input.report.len--;
    kc_snp_judge_endorsed(&input, &first.endorsement, &again);
    assert_int_equal(again.first, KC_SNP_CHECK_REPORT);
    assert_int_equal(again.kind, KC_VERDICT_INVALID);
}

static int make_keys(void **state)
{
    (void)state;
    memset(right_data, 0x5d, sizeof right_data);
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
        cmocka_unit_test(test_vcek),  cmocka_unit_test(test_vlek),
        cmocka_unit_test(test_turin), cmocka_unit_test(test_wrapped_chip_id),
        cmocka_unit_test(test_facts), cmocka_unit_test(test_endorsed),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
