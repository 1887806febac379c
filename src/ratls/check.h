/*
 * The relying party's own part of kms-ratls/1: does evidence speak of this connection, this nonce
 * and this service? Checks (c) and (f) to (k) of the protocol; docs/protocol.md has them all.
 *
 * What is compared comes from two sides that must not be mixed. The evidence is the peer's. What
 * it is held to (struct kc_ratls_connection) the relying party knows by itself: its own nonce, its
 * own TLS session's leaf and exporter, the kms-id that it pinned. That the quote is genuine and of
 * an acceptable enclave is verify's part: report_data must come from a verdict that says so.
 *
 * Fail closed: a check that could not be made has not held, and zeros in the connection's struct
 * ask for all of them.
 */
#ifndef KC_RATLS_CHECK_H
#define KC_RATLS_CHECK_H

#include "ratls/claims.h"

/* In the order in which they are made. */
enum kc_ratls_check_id {
    KC_RATLS_CHECK_EVIDENCE,    /* (c) 60000([quote, claims]) and no more */
    KC_RATLS_CHECK_CLAIMS,      /* (c) exactly the keys of the form that was asked for */
    KC_RATLS_CHECK_REPORT_DATA, /* (f) the quote vouches for these claims: all 64 bytes */
    KC_RATLS_CHECK_NONCE,       /* (g) fresh */
    KC_RATLS_CHECK_PUBKEY_HASH, /* (h) this connection's leaf */
    KC_RATLS_CHECK_TLS_BINDER,  /* (i) this connection */
    KC_RATLS_CHECK_KMS_CTX,     /* (j) said in the role that the peer has here */
    KC_RATLS_CHECK_KMS_ID,      /* (k) this service */
    KC_RATLS_CHECKS,
};

enum kc_ratls_state {
    KC_RATLS_NOT_MADE, /* an earlier one failed so that there was nothing to check */
    KC_RATLS_FAILED,
    KC_RATLS_HOLDS,
    KC_RATLS_NOT_ASKED, /* nonce and binder of a certificate's evidence */
};

/* Hexadecimal of 64 bytes and its NUL. */
#define KC_RATLS_TEXT_SIZE 132

struct kc_ratls_check {
    enum kc_ratls_state state;
    const char *name;                  /* stable, "ratls.evidence" and so on */
    char expected[KC_RATLS_TEXT_SIZE]; /* empty where nothing was compared */
    char actual[KC_RATLS_TEXT_SIZE];
    const char *hint; /* what it means when it failed, a literal; empty otherwise */
};

enum kc_ratls_kms_id_rule {
    KC_RATLS_KMS_ID_PINNED,        /* must be `kms_id` */
    KC_RATLS_KMS_ID_FIRST_CONTACT, /* any service's that has been initialised; pin it then */
    KC_RATLS_KMS_ID_UNINITIALISED, /* must be zeros: who comes to initialise meets a new service */
};

/* What the relying party knows of its own connection. */
struct kc_ratls_connection {
    enum kc_ratls_context context; /* in which role the peer speaks */
    bool from_certificate;         /* the evidence of a certificate: proves neither that it is
                                      fresh nor who holds the other end */
    struct kc_bytes leaf_spki;     /* of the peer's leaf, DER */
    struct kc_bytes nonce;
    struct kc_bytes exported; /* binder.h */
    enum kc_ratls_kms_id_rule kms_id_rule;
    uint8_t kms_id[KC_RATLS_HASH_SIZE];
};

/* Views point into the evidence. */
struct kc_ratls_evidence {
    struct kc_bytes quote;
    struct kc_bytes claims_bytes;
    struct kc_ratls_claims claims;
};

struct kc_ratls_checks {
    struct kc_ratls_check check[KC_RATLS_CHECKS];
};

/* None made, each by its name: for who lists them before there is any evidence. */
void kc_ratls_check_start(struct kc_ratls_checks *checks);

/*
 * Begins anew and makes (c). False: nothing of the evidence may be used, `out` is as it was and
 * `checks` says why.
 */
KC_MUST_USE bool kc_ratls_check_open(struct kc_bytes bytes,
                                     const struct kc_ratls_connection *connection,
                                     struct kc_ratls_evidence *out, struct kc_ratls_checks *checks);

/*
 * Makes (f) to (k), each of them, whether an earlier one holds or not. `report_data` is that of
 * `evidence->quote`. True when every check of the protocol that this room makes holds, those of
 * kc_ratls_check_open() included; it begins as false and nothing else makes it true.
 */
KC_MUST_USE bool kc_ratls_check_binding(const struct kc_ratls_evidence *evidence,
                                        const uint8_t report_data[KC_RATLS_REPORT_DATA_SIZE],
                                        const struct kc_ratls_connection *connection,
                                        struct kc_ratls_checks *checks);

/* The first that did not hold, in the protocol's order; NULL when all that were asked do. */
const struct kc_ratls_check *kc_ratls_check_first_failure(const struct kc_ratls_checks *checks);

#endif
