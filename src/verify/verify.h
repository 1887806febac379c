/*
 * The judgement: evidence, a trusted root, a time and a policy go in, a verdict comes out.
 *
 * Trusts nobody but its caller: all evidence is the enemy's until every signature up to the given
 * root holds. Pure: no I/O and no clock, no formatting but hexadecimal, so that an enclave can
 * judge another. Never: a verdict on part of the checks, a policy applied to evidence that is not
 * genuine, a claim given out as true before all of it is proved.
 *
 * docs/verification.md lists every check with its reason.
 */
#ifndef KC_VERIFY_VERIFY_H
#define KC_VERIFY_VERIFY_H

#include "formats/evidence.h"
#include "formats/quote.h"
#include "formats/tee.h"
#include "verify/amd_pieces.h"
#include "verify/collateral.h"
#include "verify/policy.h"
#include "verify/trust.h"

enum kc_verdict_kind {
    KC_VERDICT_INVALID,  /* not genuine, or malformed */
    KC_VERDICT_UNJUDGED, /* something that the judgement needs is missing */
    KC_VERDICT_REFUSED,  /* genuine, and the policy does not accept it */
    KC_VERDICT_ACCEPTED,
};

/* "invalid", "unjudged", "refused", "accepted". */
const char *kc_verdict_kind_name(enum kc_verdict_kind kind);

/* The stages of a judgement, in their order. Accepted means that every one holds. In brackets what
 * SEV-SNP reports have in their place. */
enum kc_stage {
    KC_STAGE_SHAPE,           /* the quote is one that we know, whole */
    KC_STAGE_CHAIN,           /* PCK [VCEK or VLEK] certificates up to the trusted root, valid at
                                 the time */
    KC_STAGE_QE_REPORT,       /* the PCK signed the Quoting Enclave's report; it is a known QE [the
                                 certificate is of this processor and TCB] */
    KC_STAGE_ATTESTATION_KEY, /* that report binds the key that signed the quote [nothing] */
    KC_STAGE_QUOTE,           /* the quote's [report's] signature */
    KC_STAGE_BINDING,         /* what the wrapping and the caller say the quote binds */
    KC_STAGE_COLLATERAL,      /* collateral, where given: it is Intel's, and what it says */
    KC_STAGE_POLICY,
    KC_STAGE_COUNT,
};

enum kc_stage_state {
    KC_STAGE_NOT_MADE, /* could not be tried, or stopped half way */
    KC_STAGE_FAILED,
    KC_STAGE_HOLDS,
};

/* What a failed check means for the verdict; the gravest one decides. */
enum kc_verdict_weight {
    KC_WEIGHT_POLICY,   /* refused */
    KC_WEIGHT_UNJUDGED, /* a clause of the policy, or all of it, could not be judged */
    KC_WEIGHT_GENUINE,  /* invalid */
};

struct kc_verdict_failure {
    const char *check; /* stable dotted name, a literal */
    enum kc_verdict_weight weight;
    const char *expected; /* these three are literals or point into the verdict's text */
    const char *actual;
    const char *hint;
};

#define KC_VERDICT_FAILURES_MAX 80
#define KC_VERDICT_TEXT_SIZE    (16 * 1024)

/* What the collateral says of the platform; there only once every signature holds. */
struct kc_verdict_tcb {
    bool is_whole; /* no piece was missing or of another time: a policy may accept by this */
    enum kc_tcb_status status; /* all parts together */
    size_t level;              /* of TCB info, the highest being 0 */
    struct kc_tcb_rating platform;
    enum kc_tcb_status sgx_platform; /* TDX: of the first level that the SGX part reaches */
    uint8_t module_version;          /* TDX */
    bool has_module; /* TDX modules of version 1 and up; older ones are not rated apart */
    struct kc_tcb_rating module;
    struct kc_tcb_rating qe;
    uint32_t tcb_info_evaluation_number;
    uint32_t qe_identity_evaluation_number;
    bool has_no_advisories; /* TCB info is of version 2, which names none */
    int64_t issued;         /* the latest beginning of a piece */
    int64_t oldest_issue;   /* of TCB info, QE identity and the PCK's list: the earliest */
    int64_t expires;
    const char *expires_first; /* which piece's end that is */
    struct kc_collateral_dates collateral[KC_COLLATERAL_PIECES];
};

/* What an SEV-SNP report says, and the certificate of the key that signed it. */
struct kc_verdict_snp {
    struct kc_snp_report report;
    struct kc_amd_endorsement endorsement;
    struct kc_snp_tcb reported;
    struct kc_snp_tcb current;
    struct kc_snp_tcb committed;
    struct kc_snp_tcb launch;
    struct kc_bytes hcl_json; /* of an HCL report: report data begins with its hash */
};

/* Facts of genuine evidence; views point into the evidence and the caller's input. */
struct kc_verdict_facts {
    enum kc_tee tee;
    int64_t judged_at;                /* kc_verify_input's now */
    struct kc_sgx_report_body report; /* SGX; else zeros, as `td` and `snp` are */
    struct kc_td_report td;           /* TDX */
    bool td_is_15;                    /* its body is of TDX 1.5 */
    struct kc_verdict_snp snp;
    uint16_t qe_svn;
    uint16_t pce_svn;
    uint16_t qe_isv_svn;
    uint8_t fmspc[6];
    uint8_t pce_id[2];
    uint8_t ppid[16];
    bool has_platform_instance; /* of PCK certificates by the Platform CA */
    uint8_t platform_instance_id[16];
    bool has_oe_claims;
    struct kc_bytes oe_claims; /* the custom claims buffer that report_data hashes */
    bool has_dice_claims;
    struct kc_bytes dice_claims;
    bool has_tcb;
    struct kc_verdict_tcb tcb;
    size_t trailing_len; /* bytes after the quote or report that nothing signs or binds */
};

/* Filled by the functions below; holds pointers into itself: never copy. About 17 KiB. */
struct kc_verdict {
    enum kc_verdict_kind kind;
    enum kc_stage_state stage[KC_STAGE_COUNT];
    size_t failure_count;
    struct kc_verdict_failure failure[KC_VERDICT_FAILURES_MAX];

    bool has_format; /* the quote's shape was recognised: the names below are not NULL */
    const char *format;
    const char *tee;
    const char *root_name; /* common name of the trusted root that the chain ends in, or NULL */
    bool held_data_judged; /* the caller's or the JSON's held data were compared */

    bool genuine; /* every stage but the policy holds: `facts` may be believed */
    struct kc_verdict_facts facts;

    struct kc_collateral_set *held; /* of a store: what `facts.tcb` views */

    bool overflowed; /* more failures than room; counts as not genuine */
    size_t text_len;
    char text[KC_VERDICT_TEXT_SIZE];
};

struct kc_verify_input {
    const struct kc_evidence *evidence;
    bool has_held_data;
    struct kc_bytes held_data; /* report_data must be its SHA-256 and 32 zero bytes */
    const uint8_t *root_key;   /* 64: the one trusted root of SGX and TDX, x || y; NULL: none */
    const struct kc_amd_root *amd_roots; /* those of SEV-SNP */
    size_t amd_root_count;               /* 0: none */
    int64_t now;                         /* seconds since 1970; dates are judged at this time */
    const struct kc_policy *policy;
    const struct kc_collateral_pieces *collateral; /* Intel's; NULL: TCB levels are not judged */
    struct kc_amd_pieces amd; /* certificates for SEV-SNP reports; zeros: none but the evidence's */
    struct kc_trust *store;   /* its roots and collateral, in place of those here; or NULL */
};

/* Judges. `out` is overwritten as a whole. What was judged with a store is given back by
 * kc_verdict_release() before that, or before the verdict goes. */
void kc_verify(const struct kc_verify_input *input, struct kc_verdict *out);

/* Gives back what the verdict holds of a store: texts stay, views into collateral do not. */
void kc_verdict_release(struct kc_verdict *v);

/*
 * The verdict on bytes that kc_evidence_open refused with `error`: unjudged for a form that we
 * know and do not judge (KC_ERR_UNSUPPORTED) or without memory, else invalid.
 */
void kc_verify_unreadable(const struct kc_error *error, struct kc_verdict *out);

#endif
