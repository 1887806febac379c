#include "formats/tcb_status.h"

static const char *const names[KC_TCB_STATUS_COUNT] = {
    [KC_TCB_UP_TO_DATE] = "UpToDate",
    [KC_TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [KC_TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [KC_TCB_OUT_OF_DATE] = "OutOfDate",
    [KC_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [KC_TCB_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = "TDRelaunchAdvisedConfigurationNeeded",
    [KC_TCB_REVOKED] = "Revoked",
};

const char *kc_tcb_status_name(enum kc_tcb_status status)
{
    return names[status];
}

bool kc_tcb_status_from_text(struct kc_bytes text, enum kc_tcb_status *out)
{
    for (unsigned i = 0; i < KC_TCB_STATUS_COUNT; i++) {
        if (kc_bytes_equal(text, kc_bytes_of_text(names[i]))) {
            *out = (enum kc_tcb_status)i;
            return true;
        }
    }
    return false;
}
