/*
 * What peers got wrong of trust domains alone, from end to end as in test_verify_negative.c: the
 * TDX module with collateral and without, a module that was replaced under the domain, and what the
 * host can do to the domain.
 */
#include "negative_case.h"

#define MRTD                                                                                       \
    "\"mrtd\":\"a10000000000000000000000000000000000000000000000"                                  \
    "000000000000000000000000000000000000000000000000\""
#define SIMPLE "{\"tcb\":\"ignore\"," MRTD "}"
#define SEPT   "{" EVERY_STATUS ",\"require_sept_ve_disable\":true}"
#define IMAGE  "{" EVERY_STATUS "," MRTD "}"
#define UP     "{\"tcb\":[\"UpToDate\"]}"

/* In the domain's report `td`. */
#define ON_DOMAIN(name, change)                                                                    \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        struct kc_td_report *td = &w->quote.td;                                                    \
        change;                                                                                    \
    }

enum { SVN, VERSION, MICROCODE }; /* of TEE_TCB_SVN and TEE_TCB_SVN2 */

ON_DOMAIN(module_revoked, td->tee_tcb_svn[SVN] = 3)
ON_DOMAIN(module_old, td->tee_tcb_svn[SVN] = 4)
ON_DOMAIN(module_below, td->tee_tcb_svn[SVN] = 1)
ON_DOMAIN(module_unknown, td->tee_tcb_svn[VERSION] = 2)
ON_DOMAIN(microcode_below, td->tee_tcb_svn[MICROCODE] = 5)
ON_DOMAIN(module_signer, td->mrsignerseam[0] = 1)
ON_DOMAIN(module_attributes, td->seam_attributes[7] = 0x80)
ON_DOMAIN(module_both, td->mrsignerseam[47] = 1; td->seam_attributes[0] = 1)
ON_DOMAIN(module_of_version_0, td->tee_tcb_svn[VERSION] = 0)
ON_DOMAIN(old_signer, td->tee_tcb_svn[VERSION] = 0; td->mrsignerseam[0] = 1)
ON_DOMAIN(old_attributes, td->tee_tcb_svn[VERSION] = 0; td->seam_attributes[0] = 1)

/* The module that is loaded now is UpToDate, unless a change says otherwise. */
ON_DOMAIN(now_old, td->tee_tcb_svn[SVN] = td->tee_tcb_svn2[SVN] = 4)
ON_DOMAIN(now_microcode_old, td->tee_tcb_svn[SVN] = 4; td->tee_tcb_svn2[MICROCODE] = 5)
ON_DOMAIN(now_unknown, td->tee_tcb_svn[SVN] = 4; td->tee_tcb_svn2[VERSION] = 2)

ON_DOMAIN(sept_set, td->td_attributes |= KC_TD_ATTRIBUTES_SEPT_VE_DISABLE)
ON_DOMAIN(image, td->mrtd[0] = 0xa1)
ON_DOMAIN(another_image, td->mrtd[0] = 0xa2)
ON_DOMAIN(service, td->mrtd[0] = 0xa1; td->mrservicetd[47] = 1)

#define UP_TO_DATE   "\"2025-01-01T00:00:00Z\",\"tcbStatus\":\"UpToDate\""
#define TO_CONFIGURE "\"2025-01-01T00:00:00Z\",\"tcbStatus\":\"ConfigurationNeeded\""

static void old_and_to_configure(struct world *w)
{
    module_old(w);
    case_edit(w->c, "tcb_info.json", UP_TO_DATE, TO_CONFIGURE);
}

static void old_and_old_qe(struct world *w)
{
    module_old(w);
    w->quote.qe_report.isv_svn = 7;
}

static void old_and_badly_signed(struct world *w)
{
    module_old(w);
    w->badly_signed = true;
}

#define ALONE(name, change)                                                                        \
    static void name(struct world *w)                                                              \
    {                                                                                              \
        image(w);                                                                                  \
        change(w);                                                                                 \
        w->without_collateral = true;                                                              \
    }

ALONE(alone, good)
ALONE(alone_signer, module_signer)
ALONE(alone_attributes, module_attributes)
ALONE(alone_both, module_both)
ALONE(alone_old_signer, old_signer)
ALONE(alone_service, service)
ALONE(alone_other_image, another_image)

static void write_td10(struct world *w)
{
    static const uint8_t descriptor[] = {KC_TDX_QUOTE_TD10, 0, 0x48, 0x02, 0, 0};
    memcpy(w->bytes + 48, descriptor, sizeof descriptor);
}

static void write_td15(struct world *w)
{
    static const uint8_t descriptor[] = {KC_TDX_QUOTE_TD15, 0, 0x88, 0x02, 0, 0};
    memcpy(w->bytes + 48, descriptor, sizeof descriptor);
}

static void called_1_0(struct world *w)
{
    w->patch = write_td10;
}

static void called_1_5(struct world *w)
{
    w->patch = write_td15;
}

static const struct row rows[] = {
    {"good, by its image", TDX, image, "accepted", "UpToDate", IMAGE},
    {"another image", TDX, another_image, "refused", "policy.mrtd", IMAGE},
    {"1.5 that calls itself 1.0", TDX_15, called_1_0, "invalid", "quote.shape", NULL},
    {"1.0 that calls itself 1.5", TDX_5, called_1_5, "invalid", "quote.shape", NULL},

    {"module Revoked", TDX, module_revoked, "refused", "policy.tcb", NULL},
    {"module OutOfDate", TDX_4 | TDX_5, module_old, "accepted", "OutOfDate", NULL},
    {"module OutOfDate, refused", TDX, module_old, "refused", "policy.tcb", UP},
    {"module below all levels", TDX, module_below, "invalid", "tcb.module.level", NULL},
    {"module unknown", TDX, module_unknown, "invalid", "tcb.module.identity", NULL},
    {"module of another signer", TDX, module_signer, "invalid", "tcb.module.mrsigner", NULL},
    {"module's attributes", TDX, module_attributes, "invalid", "tcb.module.attributes", NULL},
    {"module's signer and attributes", TDX, module_both, "invalid",
     "tcb.module.mrsigner tcb.module.attributes", NULL},
    {"module of version 0", TDX, module_of_version_0, "accepted", "UpToDate", NULL},
    {"module of version 0, another signer", TDX, old_signer, "invalid", "tcb.module.mrsigner",
     NULL},
    {"module of version 0, attributes", TDX, old_attributes, "invalid", "tcb.module.attributes",
     NULL},
    {"microcode below all levels", TDX, microcode_below, "invalid", "tcb.level", NULL},

    {"relaunch advised", TDX_15, module_old, "accepted", "TDRelaunchAdvised", NULL},
    {"relaunch advised, and configuration", TDX_15, old_and_to_configure, "accepted",
     "TDRelaunchAdvisedConfigurationNeeded", NULL},
    {"no relaunch of 1.0", TDX_4 | TDX_5, old_and_to_configure, "accepted",
     "OutOfDateConfigurationNeeded", NULL},
    {"relaunch: module of now is old", TDX_15, now_old, "accepted", "OutOfDate", NULL},
    {"relaunch: microcode of now is old", TDX_15, now_microcode_old, "accepted", "OutOfDate", NULL},
    {"relaunch: module of now is unknown", TDX_15, now_unknown, "invalid", "tcb.module.identity",
     NULL},
    {"relaunch: QE is old", TDX_15, old_and_old_qe, "accepted", "OutOfDate", NULL},
    {"relaunch: quote badly signed", TDX_15, old_and_badly_signed, "invalid", "quote.signature",
     NULL},

    {"alone: good", TDX, alone, "accepted", "", SIMPLE},
    {"alone: module of another signer", TDX, alone_signer, "invalid", "tcb.module.mrsigner",
     SIMPLE},
    {"alone: module's attributes", TDX, alone_attributes, "invalid", "tcb.module.attributes",
     SIMPLE},
    {"alone: module's signer and attributes", TDX, alone_both, "invalid",
     "tcb.module.mrsigner tcb.module.attributes", SIMPLE},
    {"alone: module of version 0, another signer", TDX, alone_old_signer, "invalid",
     "tcb.module.mrsigner", SIMPLE},
    {"alone: service domain", TDX_15, alone_service, "refused", "policy.mrservicetd", SIMPLE},
    {"alone: another image", TDX, alone_other_image, "refused", "policy.mrtd", SIMPLE},
    {"alone: TCB asked for", TDX, alone, "unjudged", "policy.tcb", IMAGE},

    {"SEPT_VE_DISABLE clear", TDX, good, "refused", "policy.require_sept_ve_disable", SEPT},
    {"SEPT_VE_DISABLE set", TDX, sept_set, "accepted", "UpToDate", SEPT},
    {"SEPT_VE_DISABLE of an enclave", SGX, good, "refused", "policy.require_sept_ve_disable", SEPT},
    {"service domain", TDX_15, service, "refused", "policy.mrservicetd", IMAGE},
    {"service domain, no image asked for", TDX_15, service, "accepted", "UpToDate", NULL},
};

static void judges_every_row(void **state)
{
    run_rows(*state, rows, COUNT_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_every_row)};
    return cmocka_run_group_tests(tests, case_set_up, case_tear_down);
}
