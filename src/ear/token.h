/*
 * EAR: a verdict as a signed token that others can read (draft-ietf-rats-ear, JWT with ES256).
 *
 * Whoever trusts the key believes the verdict; it says nothing about freshness beyond its nonce,
 * `iat` and `exp`, and binds no channel. Never: a claim of evidence that is not genuine, the
 * platform's identifiers.
 */
#ifndef KC_EAR_TOKEN_H
#define KC_EAR_TOKEN_H

#include <jansson.h>

#include "verify/verify.h"

struct evp_pkey_st;

enum kc_ear_profile {
    KC_EAR_DRAFT,    /* draft-ietf-rats-ear-03: names with underscores */
    KC_EAR_DRAFT_04, /* its successor: other names for the claims of both sides */
    KC_EAR_VERAISON, /* what veraison's and Trustee's readers take: names with dots */
};

/* Bytes of a nonce (RFC 9711, section 4.1). */
#define KC_EAR_NONCE_MIN 8
#define KC_EAR_NONCE_MAX 64

struct kc_ear_input {
    enum kc_ear_profile profile;
    const struct kc_verdict *verdict;
    const struct kc_policy *policy; /* the verdict's */
    const char *policy_id;
    const char *build;      /* name and version of the verifier */
    int64_t judged_at;      /* seconds since 1970: the time that the verdict is of */
    int64_t issued;         /* the same of now, by the clock */
    int64_t valid;          /* seconds from then on */
    struct kc_bytes nonce;  /* the relying party's; of no length: none */
    const json_t *evidence; /* what genuine evidence proves, an object; NULL: left out */
};

/* The claims alone. NULL without memory, or for a nonce of another length. */
json_t *kc_ear_claims(const struct kc_ear_input *input);

/* The signed token, three parts with dots and a NUL, which the caller frees. KC_ERR_MEMORY,
 * KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_ear_sign(const struct kc_ear_input *input, struct evp_pkey_st *key,
                                    char **out);

/* Characters of a key's id, and a NUL: base64url of SHA-256, the key's thumbprint (RFC 7638). */
#define KC_EAR_KEY_ID_ROOM 44

/* KC_ERR_MEMORY, KC_ERR_CRYPTO. */
KC_MUST_USE enum kc_err kc_ear_key_id(const struct evp_pkey_st *key, char out[KC_EAR_KEY_ID_ROOM]);

/* The public half as a JWK Set of one, JSON with a NUL, which the caller frees. As above. */
KC_MUST_USE enum kc_err kc_ear_key_set(const struct evp_pkey_st *key, char **out);

/* Bytes of a key's file. */
#define KC_EAR_KEY_FILE_MAX ((size_t)64 * 1024)

/* An EC P-256 private key in PEM, not encrypted; the caller frees it (EVP_PKEY_free).
 * KC_ERR_MALFORMED for any other, with words that mend it; KC_ERR_MEMORY. */
KC_MUST_USE enum kc_err kc_ear_key_read(struct kc_bytes pem, struct evp_pkey_st **out,
                                        struct kc_error *error);

#endif
