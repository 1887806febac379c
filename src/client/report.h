/*
 * What a client found out of a peer: every check of kms-ratls/1 by its letter and name, the outcome
 * of all of them, and the facts that they prove.
 *
 * A report begins with no check made and is closed once. Its outcome is "ok" when every row holds
 * and in no other way.
 */
#ifndef KC_CLIENT_REPORT_H
#define KC_CLIENT_REPORT_H

#include <keyclave/client.h>

#include "ratls/check.h"
#include "verify/verify.h"

/* Checks that are neither of ratls/check.h nor of verify. */
enum kc_client_own {
    KC_CLIENT_OWN_VERSION,
    KC_CLIENT_OWN_FULL,
    KC_CLIENT_OWN_NONCE,
    KC_CLIENT_OWN_ANSWER,
    KC_CLIENT_OWN_TEE, /* this and the next one after the verdict */
    KC_CLIENT_OWN_WHOLE,
    KC_CLIENT_OWN_LEAF, /* after all others */
    KC_CLIENT_OWNS,
};

#define KC_CLIENT_TEXT_SIZE 160
#define KC_CLIENT_ROWS_MAX  (KC_CLIENT_OWNS + KC_RATLS_CHECKS + 2 + KC_VERDICT_FAILURES_MAX)

struct kc_client_own_check {
    enum kc_client_state state;
    char actual[KC_CLIENT_TEXT_SIZE];
};

/* Holds pointers into itself: never copy. */
struct kc_client_report {
    struct kc_client_own_check own[KC_CLIENT_OWNS];
    struct kc_ratls_checks ratls;
    bool is_held; /* all that ratls/check.h checks, by its own word */
    bool has_verdict;
    struct kc_verdict verdict;

    /* The peer's claims and certificates, to be believed when `is_bound`. */
    struct kc_ratls_claims claims;
    bool has_leaf;
    int64_t leaf_not_before;
    int64_t leaf_not_after;
    const char *leaf_issuer; /* "self" or "service" */
    uint8_t *service;        /* the identity's certificate, DER, owned; NULL: not shown */
    size_t service_len;

    /* Written when it is closed. */
    enum kc_client_status outcome;
    bool is_bound; /* the evidence is genuine and of this connection, whoever the peer is */
    size_t count;
    struct kc_client_check row[KC_CLIENT_ROWS_MAX];
};

void kc_client_report_start(struct kc_client_report *report);

/* `actual` is cut to fit, and what is not printable ASCII becomes '?': it may be the peer's. */
void kc_client_report_own(struct kc_client_report *report, enum kc_client_own check,
                          enum kc_client_state state, const char *actual);

/* Lists all checks and decides. */
void kc_client_report_close(struct kc_client_report *report);

/* The first row that does not hold; NULL when all do. */
const struct kc_client_check *kc_client_report_first_failure(const struct kc_client_report *report);

/* As keyclave/client.h has them. `error` is what the call failed with, or "". */
char *kc_client_report_write_json(const struct kc_client_report *report, const char *error);
char *kc_client_report_write_text(const struct kc_client_report *report, const char *error);

/* The identity's certificate in PEM; NULL without one or without memory. */
char *kc_client_report_service_pem(const struct kc_client_report *report);

void kc_client_report_clear(struct kc_client_report *report);

#endif
