/*
 * Judges an AMD SEV-SNP attestation report: made by a genuine processor of AMD, by firmware of the
 * TCB that it reports, for a guest that the relying party accepts.
 *
 * Report and certificates come from the guest or its host, and are believed only as far as the
 * chain to a trusted ARK and the report's signature carry. The policy is applied to genuine reports
 * alone. Pure: no I/O, no clock, nothing formatted; also runs inside the enclave.
 */
#ifndef KC_VERIFY_SNP_H
#define KC_VERIFY_SNP_H

#include "verify/amd_chain.h"
#include "verify/verify.h"

/* In the order in which they are made. From KC_SNP_CHECK_RESERVED on they are the policy's. */
enum kc_snp_check {
    KC_SNP_CHECK_REPORT,       /* snp.report: the report is well formed */
    KC_SNP_CHECK_CERTIFICATES, /* snp.certificates: the whole chain is there */
    KC_SNP_CHECK_CHAIN_SHAPE,  /* snp.chain.shape, and so on: enum kc_amd_fault */
    KC_SNP_CHECK_CHAIN_ROOT,
    KC_SNP_CHECK_CHAIN_ROLE,
    KC_SNP_CHECK_CHAIN_LINK,
    KC_SNP_CHECK_CHAIN_SIGNATURE,
    KC_SNP_CHECK_CHAIN_ENDORSED,
    KC_SNP_CHECK_LIST,        /* snp.crl: the revocation list, where there is one, is ARK's */
    KC_SNP_CHECK_REVOKED,     /* snp.chain.revoked: it has none of the chain */
    KC_SNP_CHECK_CHAIN_DATES, /* snp.chain.dates: all three are valid at the time */
    KC_SNP_CHECK_PRODUCT,     /* snp.product: the report's processor is the chain's */
    KC_SNP_CHECK_SIGNING_KEY, /* snp.signing-key: the report names the kind of key it is given */
    KC_SNP_CHECK_SIGNATURE,   /* snp.signature: of the report */
    KC_SNP_CHECK_CHIP_ID,     /* snp.chip-id: the chip is the VCEK certificate's */
    KC_SNP_CHECK_TCB_LAYOUT,  /* snp.tcb.layout: its TCB versions are of the product's layout */
    KC_SNP_CHECK_TCB,         /* snp.tcb: reported_tcb is the certificate's */
    KC_SNP_CHECK_GUEST,       /* snp.guest: a guest asked for it, not the host */
    KC_SNP_CHECK_LIST_DATES,  /* snp.crl.dates: it is of this time; else unjudged */
    KC_SNP_CHECK_RESERVED,    /* snp.policy.reserved: the guest policy has known bits alone */
    KC_SNP_CHECK_DEBUG,       /* snp.policy.debug */
    KC_SNP_CHECK_MIGRATION,   /* snp.policy.migration-agent */
    KC_SNP_CHECK_SMT,         /* snp.policy.smt */
    KC_SNP_CHECK_SOCKET,      /* snp.policy.single-socket */
    KC_SNP_CHECK_VMPL,        /* snp.vmpl */
    KC_SNP_CHECK_MASKED_CHIP, /* snp.chip-id.masked: the host hides which chip it is */
    KC_SNP_CHECK_TCB_MINIMUM, /* snp.tcb.minimum */
    KC_SNP_CHECK_REPORT_DATA, /* snp.report-data */
    KC_SNP_CHECK_COUNT,
};

/* "snp.report" and so on: stable. Never NULL for a valid check. */
const char *kc_snp_check_name(enum kc_snp_check check);

/* What to do about a failure of this check. Never NULL for a valid check. */
const char *kc_snp_check_hint(enum kc_snp_check check);

/* Of the relying party; all zero is the strictest but for SMT, sockets and TCB. */
struct kc_snp_policy {
    bool allow_debug;
    bool allow_migration_agent;
    bool refuse_smt;            /* the guest must forbid simultaneous multithreading */
    bool require_single_socket; /* the guest must be confined to one socket */
    bool allow_masked_chip_id;  /* under a VCEK; a VLEK's report need not name a chip */
    uint8_t max_vmpl;           /* the least privileged level that may ask, 0 to 3 */
    bool has_minimum_tcb;
    struct kc_snp_tcb minimum_tcb; /* reported_tcb has each part at least so high */
    const uint8_t *report_data;    /* 64 bytes that the report must bear, or NULL */
};

struct kc_snp_input {
    struct kc_bytes report;                  /* KC_SNP_REPORT_SIZE bytes */
    struct kc_amd_certificates certificates; /* DER; what is missing is empty */
    const struct kc_amd_root *roots;
    size_t root_count;
    int64_t now; /* seconds since 1970; dates are judged at this time */
    const struct kc_snp_policy *policy;
};

struct kc_snp_verdict {
    enum kc_verdict_kind kind;
    bool genuine; /* every check before the list's dates holds: the facts below may be believed */
    enum kc_snp_check first;              /* the first failed check; KC_SNP_CHECK_COUNT: none */
    const char *what[KC_SNP_CHECK_COUNT]; /* NULL, or how that check failed: a literal */
    uint64_t at;                          /* offset or number that belongs to the first one */
    uint32_t made;                        /* bit n: check n was made to its end */

    bool has_report;
    struct kc_snp_report report; /* views into the input */
    bool has_endorsement;
    struct kc_amd_endorsement endorsement; /* of a genuine chain, whatever its dates */
    bool has_tcb; /* the four below were taken apart by the product's layout */
    struct kc_snp_tcb reported;
    struct kc_snp_tcb current;
    struct kc_snp_tcb committed;
    struct kc_snp_tcb launch;
};

/* Judges. `out` is overwritten as a whole. */
void kc_snp_judge(const struct kc_snp_input *input, struct kc_snp_verdict *out);

/*
 * The same with what kc_amd_chain_verify() said earlier about these certificates, in place of
 * `input->certificates` and `input->roots`; the dates are judged anew.
 */
void kc_snp_judge_endorsed(const struct kc_snp_input *input,
                           const struct kc_amd_endorsement *endorsement,
                           struct kc_snp_verdict *out);

#endif
