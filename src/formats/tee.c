#include "formats/tee.h"

static const char *const names[KC_TEE_COUNT] = {"sgx", "tdx", "snp"};

const char *kc_tee_name(enum kc_tee tee)
{
    return names[tee];
}

bool kc_tee_from_text(struct kc_bytes text, enum kc_tee *out)
{
    for (unsigned i = 0; i < KC_TEE_COUNT; i++) {
        if (kc_bytes_equal(text, kc_bytes_of_text(names[i]))) {
            *out = (enum kc_tee)i;
            return true;
        }
    }
    return false;
}
