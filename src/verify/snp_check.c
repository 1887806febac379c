/* Names and hints of the checks. */
#include "verify/snp.h"

static const struct {
    const char *name;
    const char *hint;
} texts[KC_SNP_CHECK_COUNT] = {
    [KC_SNP_CHECK_REPORT] = {"snp.report", "give the 1184 bytes of the report as the firmware "
                                           "wrote them (configfs: outblob)"},
    [KC_SNP_CHECK_CERTIFICATES] = {"snp.certificates",
                                   "give VCEK or VLEK, ASK or ASVK, and ARK: from configfs' "
                                   "auxblob, or from AMD's key distribution service"},
    [KC_SNP_CHECK_CHAIN_SHAPE] = {"snp.chain.shape",
                                  "fetch the certificates from AMD's key distribution service"},
    [KC_SNP_CHECK_CHAIN_ROOT] = {"snp.chain.root",
                                 "only AMD's ARK of Milan, Genoa and Turin are trusted"},
    [KC_SNP_CHECK_CHAIN_ROLE] = {"snp.chain.role",
                                 "give leaf, ASK (for a VCEK) or ASVK (for a VLEK), ARK, all of "
                                 "one product"},
    [KC_SNP_CHECK_CHAIN_LINK] = {"snp.chain.link",
                                 "give the ASK or ASVK that issued the leaf, of its product"},
    [KC_SNP_CHECK_CHAIN_SIGNATURE] = {"snp.chain.signature",
                                      "a certificate is forged or damaged: fetch it anew"},
    [KC_SNP_CHECK_CHAIN_ENDORSED] = {"snp.chain.endorsed",
                                     "fetch the VCEK or VLEK certificate anew"},
    [KC_SNP_CHECK_LIST] = {"snp.crl", "fetch the list of the report's product from AMD's key "
                                      "distribution service"},
    [KC_SNP_CHECK_REVOKED] = {"snp.chain.revoked",
                              "AMD takes this certificate for lost: fetch the chain anew, and the "
                              "leaf that it issued; if AMD still gives out this one, trust no "
                              "report under it"},
    [KC_SNP_CHECK_LIST_DATES] = {"snp.crl.dates", "fetch the list anew, or judge at the time that "
                                                  "it is of"},
    [KC_SNP_CHECK_CHAIN_DATES] = {"snp.chain.dates",
                                  "fetch certificates that are valid at this time, or judge at "
                                  "the time of the report"},
    [KC_SNP_CHECK_PRODUCT] = {"snp.product",
                              "give the certificates of the processor that made the report"},
    [KC_SNP_CHECK_SIGNING_KEY] = {"snp.signing-key",
                                  "give the VCEK certificate for a report that VCEK signed, the "
                                  "VLEK certificate for one that VLEK signed"},
    [KC_SNP_CHECK_SIGNATURE] = {"snp.signature",
                                "the report is forged or damaged, or the certificate is of "
                                "another chip or TCB"},
    [KC_SNP_CHECK_CHIP_ID] = {"snp.chip-id", "give the certificate of the chip that made the "
                                             "report"},
    [KC_SNP_CHECK_TCB_LAYOUT] = {"snp.tcb.layout", "a report of this product has reserved bytes "
                                                   "of zero in its TCB versions"},
    [KC_SNP_CHECK_TCB] = {"snp.tcb", "give the certificate for the report's reported_tcb"},
    [KC_SNP_CHECK_GUEST] = {"snp.guest", "let the guest ask for the report: the host chose this "
                                         "one's report data"},
    [KC_SNP_CHECK_RESERVED] = {"snp.policy.reserved",
                               "launch the guest with a policy that sets bit 17 and none above "
                               "25"},
    [KC_SNP_CHECK_DEBUG] = {"snp.policy.debug",
                            "launch the guest without the debug bit (19) in its policy"},
    [KC_SNP_CHECK_MIGRATION] = {"snp.policy.migration-agent",
                                "launch the guest without the migration bit (18) in its policy"},
    [KC_SNP_CHECK_SMT] = {"snp.policy.smt", "launch the guest without the SMT bit (16) in its "
                                            "policy"},
    [KC_SNP_CHECK_SOCKET] = {"snp.policy.single-socket",
                             "launch the guest with the single socket bit (20) in its policy"},
    [KC_SNP_CHECK_VMPL] = {"snp.vmpl", "ask for the report at a more privileged VMPL, or allow "
                                       "this one"},
    [KC_SNP_CHECK_MASKED_CHIP] = {"snp.chip-id.masked",
                                  "let the host show the chip id, or allow reports without it"},
    [KC_SNP_CHECK_TCB_MINIMUM] = {"snp.tcb.minimum",
                                  "update the platform's firmware and microcode, and commit them"},
    [KC_SNP_CHECK_REPORT_DATA] = {"snp.report-data",
                                  "ask for a report with the data that the relying party chose"},
};

const char *kc_snp_check_name(enum kc_snp_check check)
{
    return texts[check].name;
}

const char *kc_snp_check_hint(enum kc_snp_check check)
{
    return texts[check].hint;
}
