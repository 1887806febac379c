/*
 * The clauses of a policy: one table, which reading, judging, explaining, writing and comparing
 * policies go by. A clause that stands here is one that all of them know.
 */
#ifndef KC_VERIFY_POLICY_CLAUSES_H
#define KC_VERIFY_POLICY_CLAUSES_H

#include "verify/policy.h"
#include "verify/verify.h"

enum kc_clause_kind {
    KC_CLAUSE_LIST,    /* the evidence's bytes are among the values */
    KC_CLAUSE_EQUAL,   /* a number is this one */
    KC_CLAUSE_MINIMUM, /* at least */
    KC_CLAUSE_MAXIMUM, /* at most */
    KC_CLAUSE_ALLOW,   /* what the evidence does is refused, unless true */
    KC_CLAUSE_REQUIRE, /* what the evidence does not do is refused, if true */
    KC_CLAUSE_TEES,    /* these are of their own kind each */
    KC_CLAUSE_PLATFORMS,
    KC_CLAUSE_SNP_TCB,
    KC_CLAUSE_CLAIMS,
    KC_CLAUSE_TCB,
    KC_CLAUSE_ADVISORIES,
};

#define KC_CLAUSE_OF_SGX   (1u << KC_TEE_SGX)
#define KC_CLAUSE_OF_TDX   (1u << KC_TEE_TDX)
#define KC_CLAUSE_OF_SNP   (1u << KC_TEE_SNP)
#define KC_CLAUSE_OF_INTEL (KC_CLAUSE_OF_SGX | KC_CLAUSE_OF_TDX)
#define KC_CLAUSE_OF_ALL   (KC_CLAUSE_OF_INTEL | KC_CLAUSE_OF_SNP)

struct kc_clause {
    const char *key;   /* in the policy */
    const char *check; /* "policy.mrenclave": in verdicts, stable */
    enum kc_clause_kind kind;
    uint32_t tees;    /* bit 1 << kc_tee: which evidence it is about */
    size_t at;        /* where struct kc_policy has it */
    uint64_t size;    /* LIST: bytes of a value. Numbers: the largest. */
    bool is_time;     /* a number of seconds, written as a date */
    bool needs_tcb;   /* judged by collateral: unjudged without */
    const char *hint; /* what mends a failure */

    /* What the evidence has; the one of the kind is there. */
    struct kc_bytes (*bytes)(const struct kc_verdict_facts *facts);
    uint64_t (*number)(const struct kc_verdict_facts *facts);
    bool (*flag)(const struct kc_verdict_facts *facts);
    const char *clear; /* flags in words: when it is not so, */
    const char *set;   /* and when it is */
};

extern const struct kc_clause kc_clauses[];
extern const size_t kc_clause_count;

/* Whether what `needs_tcb` asks for is there: whole collateral of Intel's, or AMD's revocation
 * list, of this time. */
bool kc_clause_has_collateral(const struct kc_verdict_facts *facts);

/* Whether the clause could be judged by these facts. TCB info of version 2 names no advisories:
 * that there are none is not known. */
bool kc_clause_can_be_judged(const struct kc_clause *clause, const struct kc_verdict_facts *facts);

/* Views into a policy, of the clause's kind. */
const struct kc_policy_list *kc_clause_list(const struct kc_clause *clause,
                                            const struct kc_policy *policy);
const struct kc_policy_number *kc_clause_number(const struct kc_clause *clause,
                                                const struct kc_policy *policy);
bool kc_clause_flag(const struct kc_clause *clause, const struct kc_policy *policy);

/* True when the policy names it: then evidence that it is not about is refused. */
bool kc_clause_is_named(const struct kc_clause *clause, const struct kc_policy *policy);

enum kc_clause_state {
    KC_CLAUSE_NOT_ASKED, /* anything would do, or it is not about this evidence */
    KC_CLAUSE_HOLDS,
    KC_CLAUSE_FAILS,
    KC_CLAUSE_UNJUDGED, /* what it goes by is not known */
};

struct kc_clause_result {
    enum kc_clause_state state;
    const char *expected; /* literals, or in the texts of `v` */
    const char *actual;   /* NULL where the evidence has no such thing */
    const char *hint;     /* of a failure */
};

/* Judges one clause by the facts of genuine evidence; the texts go into `v`. */
struct kc_clause_result kc_clause_judge(const struct kc_clause *clause,
                                        const struct kc_policy *policy,
                                        const struct kc_verdict_facts *facts, struct kc_verdict *v);

/* What the policy expects, in words; they go into `v`. */
const char *kc_clause_expected(const struct kc_clause *clause, const struct kc_policy *policy,
                               struct kc_verdict *v);

/* False when no evidence of this TEE can be accepted: it is left out of "tee", or a clause that is
 * not about it is named. */
bool kc_clause_accepts_tee(const struct kc_policy *policy, enum kc_tee tee);

/* True when `b` accepts something by this clause that `a` does not. */
bool kc_clause_allows_more(const struct kc_clause *clause, const struct kc_policy *a,
                           const struct kc_policy *b);

#endif
