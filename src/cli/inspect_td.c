/* The report of a TDX trust domain, field by field. */
#include "cli/inspect.h"
#include "cli/inspect_bits.h"

#define ARRAY(field) kc_bytes_of((field), sizeof(field))

/* TDATTRIBUTES (Intel TDX Module ABI, 3.4.1) */
static const struct kc_inspect_bit attributes[] = {
    {0x1, "DEBUG", "a debug domain: the host can read and change its memory"},
    {0xfe, "TUD", "other bits under which the domain's memory is open to the host"},
    {UINT64_C(1) << 27, "LASS", "linear address space separation"},
    {UINT64_C(1) << 28, "SEPT_VE_DISABLE", "the host cannot inject exceptions on memory accesses"},
    {UINT64_C(1) << 29, "MIGRATABLE", "a service domain may migrate it"},
    {UINT64_C(1) << 30, "PKS", "may use supervisor protection keys"},
    {UINT64_C(1) << 31, "KL", "may use key locker"},
    {UINT64_C(1) << 62, "TPA", "is a TDX provisioning agent"},
    {UINT64_C(1) << 63, "PERFMON", "may use performance monitoring"},
};

static void show_rtmrs(struct kc_tree *tree, json_t *section, const struct kc_td_report *td)
{
    static const char *const names[] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
    static const char *const means[] = {
        "measured while it started; by convention the firmware's configuration",
        "by convention boot loader and kernel",
        "by convention the kernel's command line, initial memory and applications",
        "free for use by what runs in the domain",
    };
    for (size_t i = 0; i < 4; i++)
        kc_tree_bytes(tree, section, names[i], ARRAY(td->rtmr[i]), means[i]);
}

static void show_module(struct kc_tree *tree, json_t *section, const struct kc_td_report *td)
{
    kc_tree_bytes(tree, section, "tee_tcb_svn", ARRAY(td->tee_tcb_svn),
                  "TCB of the platform: the module's SVN, the module's version, microcode, ...");
    kc_tree_bytes(tree, section, "mrseam", ARRAY(td->mrseam), "which TDX module");
    kc_tree_bytes(tree, section, "mrsignerseam", ARRAY(td->mrsignerseam),
                  "who signed the module; zeros are Intel");
    kc_tree_bytes(tree, section, "seam_attributes", ARRAY(td->seam_attributes),
                  "of the module; zeros in production");
}

void kc_inspect_td_report(struct kc_tree *tree, json_t *section, const struct kc_td_report *td,
                          bool is_15)
{
    bool debug = (td->td_attributes & KC_TD_ATTRIBUTES_TUD) != 0;
    show_module(tree, section, td);
    json_t *bits = kc_tree_section(
        tree, section, "td_attributes",
        debug ? "how it was launched; debug bits are set: WHAT IT HOLDS IS OPEN TO ITS HOST"
              : "how it was launched");
    kc_tree_mask(tree, bits, "bits", td->td_attributes, "all of them, as one number");
    kc_inspect_bits(tree, bits, attributes, sizeof attributes / sizeof attributes[0],
                    td->td_attributes);
    kc_tree_mask(tree, section, "xfam", td->xfam, "what of the processor's state it may use");
    kc_tree_bytes(tree, section, "mrtd", ARRAY(td->mrtd),
                  "hash of what it was launched with: which virtual firmware");
    show_rtmrs(tree, section, td);
    kc_tree_bytes(tree, section, "mrconfigid", ARRAY(td->mrconfigid),
                  "chosen at launch: which configuration");
    kc_tree_bytes(tree, section, "mrowner", ARRAY(td->mrowner), "chosen at launch: whose");
    kc_tree_bytes(tree, section, "mrownerconfig", ARRAY(td->mrownerconfig),
                  "chosen at launch: which configuration of the owner's");
    kc_tree_bytes(tree, section, "report_data", ARRAY(td->report_data),
                  "chosen by what runs in the domain: what it binds to this quote");
    if (!is_15)
        return;
    kc_tree_bytes(tree, section, "tee_tcb_svn2", ARRAY(td->tee_tcb_svn2),
                  "TCB of the module that runs now, which may be newer than at launch");
    kc_tree_bytes(tree, section, "mrservicetd", ARRAY(td->mrservicetd),
                  "which service domains are bound to it, such as for migration; zeros: none");
}
