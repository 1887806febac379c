/* SEV-SNP reports, their certificate table, and Azure's wrapping of them. */
#include "cli/inspect.h"
#include "cli/inspect_bits.h"
#include "formats/amd_certificate.h"
#include "formats/snp_certificates.h"

#define ARRAY(field) kc_bytes_of((field), sizeof(field))

static const struct kc_inspect_bit policy_bits[] = {
    {KC_SNP_POLICY_SMT, "SMT", "may run with simultaneous multithreading"},
    {KC_SNP_POLICY_RESERVED_ONE, "RESERVED_ONE", "must be set"},
    {KC_SNP_POLICY_MIGRATE_MA, "MIGRATE_MA", "a migration agent may be bound to it"},
    {KC_SNP_POLICY_DEBUG, "DEBUG", "a debug guest: the host can read and change its memory"},
    {KC_SNP_POLICY_SINGLE_SOCKET, "SINGLE_SOCKET", "runs on one socket alone"},
    {KC_SNP_POLICY_CXL_ALLOW, "CXL_ALLOW", "may use CXL memory"},
    {KC_SNP_POLICY_MEM_AES_256_XTS, "MEM_AES_256_XTS", "memory only under AES-256-XTS"},
    {KC_SNP_POLICY_RAPL_DIS, "RAPL_DIS", "only where power cannot be measured finely"},
    {KC_SNP_POLICY_CIPHERTEXT_HIDING, "CIPHERTEXT_HIDING", "only where ciphertext is hidden"},
    {KC_SNP_POLICY_PAGE_SWAP_DISABLE, "PAGE_SWAP_DISABLE", "pages are not moved or swapped"},
};

static const struct kc_inspect_bit platform_bits[] = {
    {0x1, "SMT_EN", "simultaneous multithreading is on"},
    {0x2, "TSME_EN", "transparent memory encryption is on"},
    {0x4, "ECC_EN", "memory has error correction"},
    {0x8, "RAPL_DIS", "power cannot be measured finely"},
    {0x10, "CIPHERTEXT_HIDING_DRAM_EN", "ciphertext of memory is hidden"},
    {0x20, "ALIAS_CHECK_COMPLETE", "memory was checked for aliases"},
};

static void show_identity(struct kc_tree *tree, json_t *section, const struct kc_snp_report *r)
{
    kc_tree_bytes(tree, section, "measurement", ARRAY(r->measurement),
                  "hash of what it was launched with: which image");
    kc_tree_bytes(tree, section, "host_data", ARRAY(r->host_data), "chosen by the host at launch");
    kc_tree_bytes(tree, section, "id_key_digest", ARRAY(r->id_key_digest),
                  "whose key signed the id block; zeros: none was given");
    kc_tree_flag(tree, section, "author_key_enabled", r->author_key_enabled,
                 "whether the next one counts");
    kc_tree_bytes(tree, section, "author_key_digest", ARRAY(r->author_key_digest),
                  "whose key certified the id key");
    kc_tree_bytes(tree, section, "family_id", ARRAY(r->family_id), "of the id block");
    kc_tree_bytes(tree, section, "image_id", ARRAY(r->image_id), "of the id block");
    kc_tree_number(tree, section, "guest_svn", r->guest_svn, "security version, of the id block");
    kc_tree_number(tree, section, "vmpl", r->vmpl,
                   r->vmpl == KC_SNP_VMPL_HOST
                       ? "the host asked for this report, with report data of its own"
                       : "privilege level that asked for the report; 0 is the highest");
    kc_tree_bytes(tree, section, "report_data", ARRAY(r->report_data),
                  "chosen by who asked: what it binds to this report");
    kc_tree_bytes(tree, section, "report_id", ARRAY(r->report_id), "of this guest, till it ends");
    kc_tree_bytes(tree, section, "report_id_ma", ARRAY(r->report_id_ma),
                  "of its migration agent; all ones: none");
}

static void show_tcb(struct kc_tree *tree, json_t *section, const char *name, uint64_t raw,
                     enum kc_snp_product product, const char *means)
{
    struct kc_snp_tcb tcb;
    json_t *parts = kc_tree_section(tree, section, name, means);
    kc_tree_mask(tree, parts, "raw", raw, "as it stands");
    if (!kc_snp_report_read_tcb(raw, product, &tcb))
        return;
    if (product == KC_SNP_TURIN)
        kc_tree_number(tree, parts, "fmc", tcb.fmc, "firmware of the security processor's start");
    kc_tree_number(tree, parts, "boot_loader", tcb.boot_loader, "security processor's boot loader");
    kc_tree_number(tree, parts, "tee", tcb.tee, "security processor's system");
    kc_tree_number(tree, parts, "snp", tcb.snp, "SNP firmware");
    kc_tree_number(tree, parts, "microcode", tcb.microcode, "lowest of all cores");
}

static void show_firmware(struct kc_tree *tree, json_t *section, const char *name,
                          const struct kc_snp_firmware *firmware, const char *means)
{
    json_t *parts = kc_tree_section(tree, section, name, means);
    kc_tree_number(tree, parts, "major", firmware->major, "ABI version");
    kc_tree_number(tree, parts, "minor", firmware->minor, "ABI version");
    kc_tree_number(tree, parts, "build", firmware->build, "build");
}

static void show_machine(struct kc_tree *tree, json_t *section, const struct kc_snp_report *r)
{
    json_t *platform = kc_tree_section(tree, section, "platform_info", "how the machine is set up");
    kc_inspect_bits(tree, platform, platform_bits, sizeof platform_bits / sizeof platform_bits[0],
                    r->platform_info);
    kc_tree_literal(tree, section, "product", kc_snp_report_product_name(r->product),
                    "by family and model, which reports of version 2 do not have; layouts of TCB "
                    "versions go by it");
    kc_tree_bytes(tree, section, "chip_id", ARRAY(r->chip_id),
                  r->chip_id_masked ? "which chip; hidden by the host" : "which chip");
    show_tcb(tree, section, "current_tcb", r->current_tcb, r->product, "what runs now");
    show_tcb(tree, section, "reported_tcb", r->reported_tcb, r->product,
             "what the signing key is derived from: its certificate must say the same");
    show_tcb(tree, section, "committed_tcb", r->committed_tcb, r->product,
             "below this the machine cannot go back");
    show_tcb(tree, section, "launch_tcb", r->launch_tcb, r->product, "when the guest was launched");
    show_firmware(tree, section, "current_firmware", &r->current, "what runs now");
    show_firmware(tree, section, "committed_firmware", &r->committed,
                  "below this the machine cannot go back");
    if (r->version < 5)
        return;
    kc_tree_mask(tree, section, "launch_mitigations", r->launch_mitigations,
                 "in force when the guest was launched");
    kc_tree_mask(tree, section, "current_mitigations", r->current_mitigations, "in force now");
}

static void show_certificate(struct kc_tree *tree, json_t *parent, const char *name,
                             struct kc_bytes der, const char *means)
{
    struct kc_amd_certificate certificate;
    struct kc_amd_vek vek;
    if (der.len == 0)
        return;
    json_t *section = kc_tree_section(tree, parent, name, means);
    if (kc_amd_certificate_decode(der, &certificate, NULL) != KC_OK) {
        kc_tree_bytes(tree, section, "der", der, "not a certificate of AMD's profile");
        return;
    }
    kc_tree_text(tree, section, "subject", certificate.x509.subject_common_name, "whose key");
    kc_tree_time(tree, section, "not_before", certificate.x509.not_before, "first second");
    kc_tree_time(tree, section, "not_after", certificate.x509.not_after, "last second");
    if (kc_amd_vek_decode(&certificate, &vek, NULL) != KC_OK)
        return;
    kc_tree_text(tree, section, "product_name", vek.product_name, "which processors");
    if (vek.chip_id.len > 0)
        kc_tree_bytes(tree, section, "chip_id", vek.chip_id, "which chip");
    if (vek.csp_id.len > 0)
        kc_tree_text(tree, section, "csp_id", vek.csp_id, "which provider");
}

static void show_table(struct kc_tree *tree, struct kc_bytes table)
{
    struct kc_snp_certificates certificates;
    json_t *section = kc_tree_section(tree, tree->root, "certificate_table",
                                      "came with the report from the host; nobody vouches for it");
    if (kc_snp_certificates_decode(table, &certificates, NULL) != KC_OK) {
        kc_tree_bytes(tree, section, "bytes", table, "no certificate table: as it stands");
        return;
    }
    show_certificate(tree, section, "vcek", certificates.vcek, "the chip's key");
    show_certificate(tree, section, "vlek", certificates.vlek, "the provider's key");
    show_certificate(tree, section, "ask", certificates.ask, "issued it: ASK or ASVK");
    show_certificate(tree, section, "ark", certificates.ark, "AMD's root");
    if (certificates.others > 0)
        kc_tree_number(tree, section, "others", certificates.others, "entries of unknown kinds");
}

static void show_hcl(struct kc_tree *tree, const struct kc_hcl_report *hcl)
{
    json_t *section =
        kc_tree_section(tree, tree->root, "hcl", "Azure's paravisor; not signed as a whole");
    kc_tree_number(tree, section, "version", hcl->version, "of the wrapping");
    kc_tree_number(tree, section, "hash", hcl->hash, "1 SHA-256, 2 SHA-384, 3 SHA-512");
    kc_tree_bytes(tree, section, "json", hcl->json,
                  "genuine only if report data begins with its hash");
    kc_tree_number(tree, section, "padding", hcl->padding.len, "bytes behind it");
}

void kc_inspect_snp(struct kc_tree *tree, const struct kc_evidence *evidence,
                    const struct kc_snp_report *report)
{
    json_t *section = kc_tree_section(tree, tree->root, "report",
                                      "of an SEV-SNP guest, signed by a key of the chip's");
    bool debug = (report->policy & KC_SNP_POLICY_DEBUG) != 0;
    kc_tree_number(tree, section, "version", report->version, "of the report's layout");
    show_identity(tree, section, report);
    json_t *policy = kc_tree_section(
        tree, section, "policy",
        debug ? "how it was launched; DEBUG is set: WHAT THIS GUEST HOLDS IS OPEN TO ITS HOST"
              : "how it was launched");
    kc_tree_mask(tree, policy, "bits", report->policy, "all of them, as one number");
    kc_tree_number(tree, policy, "abi_major", report->policy >> 8 & 0xff, "least ABI version");
    kc_tree_number(tree, policy, "abi_minor", report->policy & 0xff, "least ABI version");
    kc_inspect_bits(tree, policy, policy_bits, sizeof policy_bits / sizeof policy_bits[0],
                    report->policy & ~UINT64_C(0xffff));
    show_machine(tree, section, report);
    kc_tree_literal(tree, section, "signing_key",
                    report->signing_key == KC_SNP_KEY_VCEK   ? "VCEK"
                    : report->signing_key == KC_SNP_KEY_VLEK ? "VLEK"
                                                             : "none",
                    "the chip's own key, or one that AMD gave the provider");
    kc_tree_bytes(tree, section, "signature", ARRAY(report->signature),
                  "of the first 672 bytes, ECDSA P-384 r || s, big endian");
    if (evidence->wrapping == KC_WRAPPING_HCL_REPORT)
        show_hcl(tree, &evidence->hcl);
    if (evidence->snp_table.len > 0)
        show_table(tree, evidence->snp_table);
}
