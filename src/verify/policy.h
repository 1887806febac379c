/*
 * The relying party's appraisal policy (RFC 9334, section 8.5): which genuine evidence it accepts.
 *
 * A policy is the relying party's own word and is trusted; it is still read strictly, for a
 * misspelt key that is skipped in silence is a check that is never made. It is a JSON object;
 * verify/policy_clauses.c has its keys, docs/verification.md explains them. All clauses must hold,
 * and one that is not about the evidence's TEE does not.
 */
#ifndef KC_VERIFY_POLICY_H
#define KC_VERIFY_POLICY_H

#include "base/bytes.h"
#include "base/error.h"
#include "formats/snp_report.h"
#include "formats/tcb_status.h"
#include "formats/tee.h"

#define KC_POLICY_MAX_SIZE       ((size_t)64 * 1024)
#define KC_POLICY_LIST_MAX       32 /* values in one list */
#define KC_POLICY_ADVISORIES_MAX 128
#define KC_POLICY_CLAIMS_MAX     16
#define KC_POLICY_ROOM           ((size_t)16 * 1024) /* what all lists hold together */

/* Values of one size, one after the other in the policy's room. */
struct kc_policy_list {
    uint16_t count; /* 0: not asked for */
    uint16_t at;
};

struct kc_policy_number {
    bool is_set; /* false: not asked for */
    uint64_t value;
};

struct kc_policy {
    uint32_t tees; /* bit 1 << kc_tee; 0: any */

    /* SGX */
    struct kc_policy_list mrenclave; /* 32 bytes each */
    struct kc_policy_list mrsigner;
    struct kc_policy_number isv_prod_id;
    struct kc_policy_number min_isv_svn;

    /* TDX; 48 bytes each */
    struct kc_policy_list mrtd;
    struct kc_policy_list rtmr[4];
    struct kc_policy_list mrconfigid;
    struct kc_policy_list mrowner;
    struct kc_policy_list mrownerconfig;
    struct kc_policy_list mrseam;
    struct kc_policy_list mrservicetd; /* not asked for beside `mrtd`: zeros */
    bool require_sept_ve_disable;

    /* SEV-SNP */
    struct kc_policy_list measurement; /* 48 */
    struct kc_policy_list host_data;   /* 32 */
    struct kc_policy_list id_key_digest;
    struct kc_policy_list author_key_digest;
    struct kc_policy_number min_guest_svn;
    struct kc_policy_number max_vmpl; /* not asked for: 0 */
    bool allow_migration_agent;
    bool allow_masked_chip_id;
    bool require_single_socket;
    bool refuse_smt;
    bool has_min_snp_tcb;
    struct kc_snp_tcb min_snp_tcb;

    /* of all */
    bool allow_debug;
    struct kc_policy_list report_data; /* 64 */
    struct kc_policy_list platforms;   /* 16: PPIDs and platform instance ids */
    struct kc_policy_list chips;       /* 64: chip ids; from the same key */
    struct kc_policy_list claims;      /* u16 and name, u16 and value: kc_policy_next_claim() */

    /* of Intel's collateral */
    bool tcb_named; /* the key is there: evidence without such a status is refused */
    bool tcb_ignored;
    uint32_t tcb_accepted;            /* bit 1 << status; 0 when ignored */
    bool has_advisories;              /* only those in the list are accepted, which may be none */
    struct kc_policy_list advisories; /* texts, each with its NUL */
    struct kc_policy_number min_tcb_date;
    struct kc_policy_number min_evaluation_number;
    struct kc_policy_number max_collateral_age_days;

    uint16_t room_len;
    uint8_t room[KC_POLICY_ROOM];
};

/* What holds where no policy is given: no debug, TCB UpToDate, any identity. */
extern const struct kc_policy kc_policy_default;

/* Where a policy is wrong and how to mend it. */
struct kc_policy_error {
    char key[48];     /* the key, cut to fit and printable; empty when it is about no key */
    const char *what; /* a literal */
    const char *mend; /* a literal */
    size_t line;      /* 1 and up for JSON that cannot be read; else 0 */
};

/* KC_ERR_MALFORMED with `error` filled; KC_ERR_MEMORY. `out` is written on success only. */
KC_MUST_USE enum kc_err kc_policy_parse(struct kc_bytes json, struct kc_policy *out,
                                        struct kc_policy_error *error);

/* Whether it names the code, or the signer, of SGX enclaves: without it anybody's own enclave will
 * do, and may claim what it likes. */
bool kc_policy_names_enclave(const struct kc_policy *policy);

/* The `i`th value of a list of values of `size` bytes; a view. */
struct kc_bytes kc_policy_value(const struct kc_policy *policy, const struct kc_policy_list *list,
                                size_t size, size_t i);

/* True when the list has this value. */
bool kc_policy_has_value(const struct kc_policy *policy, const struct kc_policy_list *list,
                         struct kc_bytes value);

/* Appends a value to the list, which must be the one that was last begun (its count is 0 or the
 * room's end is its own). False when the room is full. */
KC_MUST_USE bool kc_policy_add(struct kc_policy *policy, struct kc_policy_list *list,
                               struct kc_bytes value);

/* The next text of `advisories`, or claim of `claims`: start with `*at` of 0. False at the end. */
bool kc_policy_next_advisory(const struct kc_policy *policy, size_t *at, const char **out);
bool kc_policy_next_claim(const struct kc_policy *policy, size_t *at, struct kc_bytes *name,
                          struct kc_bytes *value);

#endif
