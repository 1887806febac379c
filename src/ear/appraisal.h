/*
 * A verdict in the words of AR4SI (draft-ietf-rats-ar4si, sections 2.3 and 3.1): one of four tiers,
 * and how far each aspect of the attester is to be trusted. Pure.
 *
 * Trusts the verdict. Never: a tier above what the verdict says. Accepted is affirming or warning,
 * refused and invalid are contraindicated, unjudged is none. docs/verification.md has the mapping.
 */
#ifndef KC_EAR_APPRAISAL_H
#define KC_EAR_APPRAISAL_H

#include "verify/verify.h"

/* The smallest value of each; what lies below affirming says nothing of the attester. */
enum kc_ear_tier {
    KC_EAR_NONE = 0,
    KC_EAR_AFFIRMING = 2,
    KC_EAR_WARNING = 32,
    KC_EAR_CONTRAINDICATED = 96,
};

/* In the order of their keys in CBOR. */
enum kc_ear_claim {
    KC_EAR_INSTANCE_IDENTITY,
    KC_EAR_CONFIGURATION,
    KC_EAR_EXECUTABLES,
    KC_EAR_FILE_SYSTEM,
    KC_EAR_HARDWARE,
    KC_EAR_RUNTIME_OPAQUE,
    KC_EAR_STORAGE_OPAQUE,
    KC_EAR_SOURCED_DATA,
    KC_EAR_CLAIM_COUNT,
};

struct kc_ear_appraisal {
    enum kc_ear_tier status;
    int8_t claim[KC_EAR_CLAIM_COUNT]; /* 0: no claim is made */
};

/* "affirming" and so on; "instance-identity" and so on. */
const char *kc_ear_tier_name(enum kc_ear_tier tier);
const char *kc_ear_claim_name(enum kc_ear_claim claim);

/* `policy` is the one that the verdict was made by. */
void kc_ear_appraise(const struct kc_verdict *v, const struct kc_policy *policy,
                     struct kc_ear_appraisal *out);

#endif
