/*
 * The stages of a judgement: for the files of this room alone. Each notes its failures in the
 * verdict and marks its stage; none trusts that an earlier one held.
 */
#ifndef KC_VERIFY_JUDGE_H
#define KC_VERIFY_JUDGE_H

#include "formats/pck_certificate.h"
#include "formats/quote.h"
#include "verify/trust_use.h"
#include "verify/verdict.h"

struct kc_judge {
    const struct kc_verify_input *input;
    struct kc_verdict *verdict;
    enum kc_tee tee;
    struct kc_quote quote;      /* SGX and TDX */
    const uint8_t *report_data; /* 64: what the attested code chose */

    /* What is trusted and known: the store's, or the input's own. */
    const uint8_t *root_key; /* 64, or NULL */
    const struct kc_amd_root *amd_roots;
    size_t amd_root_count;
    struct kc_signatures *signatures;
    struct kc_bytes given_pck_chain; /* PEM, from the collateral; or `ptr` is NULL */
    struct kc_bytes given_issuers;
    struct kc_collateral_set *set; /* held */

    /* The PCK chain: decoded into room that is owned, or known and held. */
    struct kc_pck_chain *chain;
    struct kc_known_chain *known;
    const struct kc_certificate *certificate; /* of whichever it is */
    size_t certificate_count;
    struct kc_pck_extension extension; /* of the first one, where `has_chain` */
    bool has_chain;   /* it was decoded, and its first certificate is of the profile */
    bool chain_holds; /* up to the trusted root, dates aside */
};

/* A failure of weight KC_WEIGHT_GENUINE. */
void kc_judge_fail(struct kc_judge *j, enum kc_stage stage, const char *check, const char *expected,
                   const char *actual, const char *hint);

/* KC_STAGE_SHAPE. False: there is nothing more to judge. */
KC_MUST_USE bool kc_judge_shape(struct kc_judge *j);
/* In place of these four, all stages up to KC_STAGE_QUOTE for SEV-SNP reports. */
KC_MUST_USE bool kc_judge_snp(struct kc_judge *j);
/* KC_STAGE_CHAIN */
void kc_judge_chain(struct kc_judge *j);
/* KC_STAGE_QE_REPORT and KC_STAGE_ATTESTATION_KEY; wants `has_chain` decided. */
void kc_judge_quoting_enclave(struct kc_judge *j);
/* KC_STAGE_QUOTE */
void kc_judge_quote_signature(struct kc_judge *j);
/* Lets the store remember a chain whose key has signed a quote: public chains alone are anybody's.
 */
void kc_judge_remember_chain(struct kc_judge *j);
/* KC_STAGE_BINDING */
void kc_judge_binding(struct kc_judge *j);
/* The part of it that is about certificates with the DICE extension. */
void kc_judge_dice(struct kc_judge *j);
/* KC_STAGE_COLLATERAL; wants all before it to be made. */
void kc_judge_collateral(struct kc_judge *j);
/* KC_STAGE_POLICY; only for genuine evidence. */
void kc_judge_policy(struct kc_judge *j);

#endif
