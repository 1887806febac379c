/*
 * Keyclave's verifier: whether attestation evidence (SGX and TDX quotes, SEV-SNP reports, in any of
 * their wrappings) is genuine, what it proves, and whether a policy accepts it.
 *
 *      struct keyclave_store *store = keyclave_store_new();
 *      struct keyclave_verdict *verdict = keyclave_verdict_new();
 *      keyclave_store_add(store, pieces, count, &error);
 *      const struct keyclave_evidence evidence = {.bytes = quote, .len = len, .now = time(NULL)};
 *      if (keyclave_verify(store, policy, &evidence, verdict) == KEYCLAVE_ACCEPTED)
 *          use(keyclave_verdict_bytes(verdict, "mrenclave"));
 *
 * The caller trusts the roots and the policy that he names, and the time that he gives. Evidence
 * and collateral may come from anybody. Nothing here reads a file, a network or a clock.
 *
 * A store and a policy serve many threads at once; a verdict is one thread's at a time. There is no
 * global state but two constants, of the curves P-256 and P-384, made at their first use.
 * docs/verification.md has every check, the policy's keys and the verdict's JSON.
 */
#ifndef KEYCLAVE_VERIFY_H
#define KEYCLAVE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KEYCLAVE_API __attribute__((visibility("default")))
#else
#define KEYCLAVE_API
#endif

/* What a verdict says; the numbers are the exit statuses of keyclave(1). */
enum keyclave_kind {
    KEYCLAVE_ACCEPTED = 0,
    KEYCLAVE_REFUSED = 1,  /* genuine, and the policy does not accept it */
    KEYCLAVE_INVALID = 2,  /* not genuine, or malformed */
    KEYCLAVE_UNJUDGED = 3, /* something that the judgement needs is missing */
};

enum keyclave_status {
    KEYCLAVE_OK = 0,
    KEYCLAVE_WRONG,     /* what was given is malformed, or does not hold: the error says what */
    KEYCLAVE_FULL,      /* the store has no room left */
    KEYCLAVE_NO_MEMORY, /* or the cryptographic library failed */
};

/* Why a call failed, in words; empty when it did not. Every parameter of this type may be NULL. */
struct keyclave_error {
    char text[256];
};

struct keyclave_store;
struct keyclave_policy;
struct keyclave_verdict;

/*
 * A store of trust: roots, collateral, and what earlier judgements found to be true for ever, so
 * that it costs once. Dates, revocation and policy are judged anew each time. A new one trusts the
 * roots of Intel and AMD. NULL without memory.
 */
KEYCLAVE_API struct keyclave_store *keyclave_store_new(void);
KEYCLAVE_API void keyclave_store_free(struct keyclave_store *store);

/*
 * Trusts one root and no other: its certificate in PEM, of Intel's or AMD's shape, such as that of
 * `keyclave sim root`. Empties the store. Not while other threads use it.
 */
KEYCLAVE_API enum keyclave_status keyclave_store_set_root(struct keyclave_store *store,
                                                          const char *pem, size_t len,
                                                          struct keyclave_error *error);

/*
 * A piece of collateral, by the name of its file: "tcb_info.json", "tcb_chain.pem",
 * "qe_identity.json", "qe_chain.pem", "root_ca_crl.der", "pck_crl.der", "pck_crl_chain.pem" of
 * Intel's; "vek.der", "ask_ark.pem", "auxblob", "ark_crl.der" of AMD's.
 */
struct keyclave_piece {
    const char *name;
    const void *bytes;
    size_t len;
};

/*
 * Adds the collateral of one platform, such as the contents of a folder; all is copied. It takes
 * the place of what the store had for that platform, if it is not older. WRONG, with the store as
 * before: a name is not known or stands twice, TCB info or QE identity is missing, a piece is
 * damaged, signed below another root, or older than the store's (by its date, or its evaluation
 * number), or a revocation list that the store has is missing. Dates are judged at each use, and
 * what any list has ever revoked, for whichever platform, stays revoked.
 */
KEYCLAVE_API enum keyclave_status keyclave_store_add(struct keyclave_store *store,
                                                     const struct keyclave_piece *pieces,
                                                     size_t count, struct keyclave_error *error);

/* Bytes of memory that the store holds. They are bounded: 64 platforms of each maker, 64 PCK
 * chains, 256 signatures; of these what was not used for long makes room. */
KEYCLAVE_API size_t keyclave_store_size(struct keyclave_store *store);

/* Which genuine evidence is accepted: a JSON object. WRONG names the key and what mends it. */
KEYCLAVE_API enum keyclave_status keyclave_policy_new(const char *json, size_t len,
                                                      struct keyclave_policy **out,
                                                      struct keyclave_error *error);
KEYCLAVE_API void keyclave_policy_free(struct keyclave_policy *policy);

/* Room for one verdict, to be used again and again: before the first one it is KEYCLAVE_UNJUDGED
 * and has nothing. NULL without memory. */
KEYCLAVE_API struct keyclave_verdict *keyclave_verdict_new(void);
KEYCLAVE_API void keyclave_verdict_free(struct keyclave_verdict *verdict);

struct keyclave_evidence {
    const void *bytes;     /* a quote, report, certificate and so on; binary or text */
    size_t len;            /* at most 1 MiB */
    const void *held_data; /* report data must be its SHA-256 and 32 zero bytes; NULL: not asked */
    size_t held_data_len;  /* 0 with NULL; else nothing is accepted */
    int64_t now;           /* seconds since 1970: dates are judged at this time */
};

/*
 * Judges. `policy` NULL: no debug, TCB UpToDate, any identity. The evidence is copied and may go
 * afterwards; what the verdict had before is gone. Known chains, binary evidence and a verdict that
 * was used for evidence of that size before: nothing is allocated but by OpenSSL for the while.
 */
KEYCLAVE_API enum keyclave_kind keyclave_verify(struct keyclave_store *store,
                                                const struct keyclave_policy *policy,
                                                const struct keyclave_evidence *evidence,
                                                struct keyclave_verdict *verdict);

/* All that is read from a verdict lives until it is used again, or freed. */
KEYCLAVE_API enum keyclave_kind keyclave_verdict_kind(const struct keyclave_verdict *verdict);

/* "accepted", "refused", "invalid", "unjudged". */
KEYCLAVE_API const char *keyclave_kind_name(enum keyclave_kind kind);

/* One check that failed. Texts are never NULL. */
struct keyclave_failure {
    const char *check; /* stable, "policy.mrenclave", "chain.expired" and so on */
    const char *expected;
    const char *actual;
    const char *hint; /* what mends it */
};

/* `index` is below the count. */
KEYCLAVE_API size_t keyclave_verdict_failure_count(const struct keyclave_verdict *verdict);
KEYCLAVE_API struct keyclave_failure
keyclave_verdict_failure(const struct keyclave_verdict *verdict, size_t index);

/* "sgx", "tdx", "snp"; and "sgx-quote-v3" and so on. NULL when the evidence has no known shape. */
KEYCLAVE_API const char *keyclave_verdict_tee(const struct keyclave_verdict *verdict);
KEYCLAVE_API const char *keyclave_verdict_format(const struct keyclave_verdict *verdict);

struct keyclave_bytes {
    const unsigned char *ptr; /* NULL: there is none */
    size_t len;
};

/*
 * Facts of genuine evidence, by the key of the policy that asks for them, without its "min_",
 * "max_", "allow_" or "require_": bytes "mrenclave", "mrsigner", "mrtd", "rtmr0", "measurement",
 * "report_data" and so on; numbers "isv_prod_id", "isv_svn", "guest_svn", "vmpl", "debug" and so
 * on, 0 and 1 being no and yes. None for evidence that is not genuine, or not of that kind; the
 * function for numbers then returns 0 and leaves `*out`, else 1.
 */
KEYCLAVE_API struct keyclave_bytes keyclave_verdict_bytes(const struct keyclave_verdict *verdict,
                                                          const char *name);
KEYCLAVE_API int keyclave_verdict_number(const struct keyclave_verdict *verdict, const char *name,
                                         uint64_t *out);

/* What Intel's collateral says of the platform. */
struct keyclave_tcb {
    const char *status;         /* "UpToDate", "SWHardeningNeeded" and so on */
    int64_t date;               /* of the platform's TCB level, seconds since 1970 */
    uint32_t evaluation_number; /* the lower one of TCB info and QE identity */
    int64_t issued;             /* the latest beginning of a piece */
    int64_t expires;            /* the earliest end */
    const char *expires_first;  /* whose that is: "crl.pck" and so on */
    int is_whole;               /* no piece was missing or of another time: it can be relied on */
};

/* 0 when it was not judged; `*out` is left then. Else 1. */
KEYCLAVE_API int keyclave_verdict_tcb(const struct keyclave_verdict *verdict,
                                      struct keyclave_tcb *out);

/* The whole verdict as the JSON of `keyclave verify --json`; the caller frees. NULL without
 * memory. */
KEYCLAVE_API char *keyclave_verdict_json(const struct keyclave_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
