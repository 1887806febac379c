#include "ear/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/types.h>

#include "base/base64.h"
#include "core/p256.h"
#include "ear/appraisal.h"
#include "formats/dice.h"

#define DEVELOPER "Keyclave"

/* One row a profile. A policy's id is a list of one in the draft, a text before it. */
static const struct names {
    const char *profile;
    const char *type; /* of the header */
    const char *verifier_id;
    const char *status;
    const char *vector;
    const char *policy_id;
    const char *evidence;
    const char *verdict;
    bool is_policy_listed;
    bool is_rating_in_verdict;
    bool is_nonce_padded;
} names[] = {
    [KC_EAR_DRAFT] = {"tag:ietf.org,2026:rats/ear#03", "eat+jwt", "ear_verifier_id", "ear_status",
                      "ear_trustworthiness_vector", "ear_appraisal_policy_ids",
                      "ear_veraison_annotated_evidence", "ear_veraison_policy_claims",
                      .is_policy_listed = true},
    [KC_EAR_DRAFT_04] = {"tag:ietf.org,2026:rats/ear#04", "eat+jwt", "ear_verifier_id",
                         "ear_status", "ear_trustworthiness_vector", "ear_appraisal_policy_ids",
                         "ear_attester_claims", "ear_verifier_claims", .is_policy_listed = true,
                         .is_rating_in_verdict = true},
    /* What these readers' own writers say; "eat+jwt" they take as well. */
    [KC_EAR_VERAISON] = {"tag:github.com,2023:veraison/ear", "JWT", "ear.verifier-id", "ear.status",
                         "ear.trustworthiness-vector", "ear.appraisal-policy-id",
                         "ear.veraison.annotated-evidence", "ear.veraison.policy-claims",
                         .is_nonce_padded = true},
};

/* What an appraisal is of. */
static const char *const labels[KC_TEE_COUNT] = {"SGX", "TDX", "SNP"};

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static bool is_nonce(struct kc_bytes bytes)
{
    return bytes.len >= KC_EAR_NONCE_MIN && bytes.len <= KC_EAR_NONCE_MAX;
}

/* NULL for one that is none, as without memory. */
static json_t *nonce_text(const struct names *n, struct kc_bytes nonce)
{
    char text[(KC_EAR_NONCE_MAX + 2) / 3 * 4 + 1];
    if (!is_nonce(nonce))
        return NULL;
    kc_base64_encode(KC_BASE64_URL, nonce, text);
    size_t len = kc_base64_encoded_len(KC_BASE64_URL, nonce.len);
    while (n->is_nonce_padded && len % 4 != 0)
        text[len++] = '=';
    text[len] = '\0';
    return json_string(text);
}

/* That of the evidence: false where it has none. */
static bool find_nonce(const struct kc_verdict *v, struct kc_bytes *out)
{
    struct kc_dice_claims claims;
    if (!v->genuine || !v->facts.has_dice_claims ||
        kc_dice_claims_decode(v->facts.dice_claims, &claims, NULL) != KC_OK)
        return false;
    for (size_t i = 0; i < claims.count; i++) {
        *out = claims.claim[i].value;
        if (kc_bytes_equal(claims.claim[i].name, kc_bytes_of_text("nonce")))
            return is_nonce(*out);
    }
    return false;
}

static json_t *vector_of(const struct kc_ear_appraisal *a, bool *ok)
{
    json_t *object = json_object();
    for (size_t i = 0; i < KC_EAR_CLAIM_COUNT; i++)
        set(object, kc_ear_claim_name((enum kc_ear_claim)i), json_integer(a->claim[i]), ok);
    return object;
}

/* The verdict in our own words. */
static json_t *verdict_of(const struct kc_ear_input *input, bool *ok)
{
    const struct kc_verdict *v = input->verdict;
    json_t *object = json_object();
    json_t *failures = json_array();
    for (size_t i = 0; i < v->failure_count; i++) {
        if (json_array_append_new(failures, json_string(v->failure[i].check)) != 0)
            *ok = false;
    }
    set(object, "verdict", json_string(kc_verdict_kind_name(v->kind)), ok);
    set(object, "failures", failures, ok);
    set(object, "judged_at", json_integer(input->judged_at), ok);
    return object;
}

/* In draft 04 each side has its claims: how its TCB is rated is not the attester's word. */
static void move_rating(json_t *evidence, json_t *verdict, bool *ok)
{
    json_t *rating = json_object_get(evidence, "tcb");
    if (rating == NULL)
        return;
    set(verdict, "tcb", json_incref(rating), ok);
    json_object_del(evidence, "tcb");
}

static json_t *appraisal_of(const struct kc_ear_input *input, bool *ok)
{
    const struct names *n = &names[input->profile];
    struct kc_ear_appraisal a;
    struct kc_bytes nonce = {NULL, 0};
    json_t *object = json_object();
    json_t *policy_id = json_string(input->policy_id);
    kc_ear_appraise(input->verdict, input->policy, &a);
    set(object, n->status, json_string(kc_ear_tier_name(a.status)), ok);
    set(object, n->vector, vector_of(&a, ok), ok);
    set(object, n->policy_id, n->is_policy_listed ? json_pack("[o]", policy_id) : policy_id, ok);
    if (find_nonce(input->verdict, &nonce))
        set(object, "eat_nonce", nonce_text(n, nonce), ok);
    json_t *verdict = verdict_of(input, ok);
    if (input->evidence != NULL && input->verdict->genuine) {
        json_t *evidence = json_deep_copy(input->evidence);
        if (n->is_rating_in_verdict)
            move_rating(evidence, verdict, ok);
        set(object, n->evidence, evidence, ok);
    }
    set(object, n->verdict, verdict, ok);
    return object;
}

static const char *label_of(const struct kc_verdict *v)
{
    enum kc_tee tee = KC_TEE_SGX;
    bool known = v->has_format && kc_tee_from_text(kc_bytes_of_text(v->tee), &tee);
    return known ? labels[tee] : "evidence";
}

json_t *kc_ear_claims(const struct kc_ear_input *input)
{
    const struct names *n = &names[input->profile];
    bool ok = true;
    json_t *claims = json_object();
    json_t *verifier = json_object();
    json_t *submods = json_object();
    set(verifier, "developer", json_string(DEVELOPER), &ok);
    set(verifier, "build", json_string(input->build), &ok);
    set(submods, label_of(input->verdict), appraisal_of(input, &ok), &ok);
    set(claims, "eat_profile", json_string(n->profile), &ok);
    set(claims, "iat", json_integer(input->issued), &ok);
    set(claims, "exp", json_integer(input->issued + input->valid), &ok);
    set(claims, n->verifier_id, verifier, &ok);
    if (input->nonce.len > 0)
        set(claims, "eat_nonce", nonce_text(n, input->nonce), &ok);
    set(claims, "submods", submods, &ok);
    if (ok)
        return claims;
    json_decref(claims);
    return NULL;
}

/* Base64url behind what stands in `token`; its length then. */
static size_t put_part(char *token, size_t len, struct kc_bytes bytes)
{
    kc_base64_encode(KC_BASE64_URL, bytes, token + len);
    return len + kc_base64_encoded_len(KC_BASE64_URL, bytes.len);
}

static enum kc_err sign(const char *header, const char *claims, EVP_PKEY *key, char **out)
{
    uint8_t signature[KC_P256_SIGNATURE_SIZE];
    size_t room = 0;
    const size_t lengths[] = {strlen(header), strlen(claims), sizeof signature};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        room += kc_base64_encoded_len(KC_BASE64_URL, lengths[i]) + 1;
    char *token = malloc(room);
    if (token == NULL)
        return KC_ERR_MEMORY;
    size_t len = put_part(token, 0, kc_bytes_of_text(header));
    token[len++] = '.';
    len = put_part(token, len, kc_bytes_of_text(claims));
    enum kc_err err = kc_p256_sign(key, kc_bytes_of(token, len), signature);
    if (err != KC_OK) {
        free(token);
        return err;
    }
    token[len++] = '.';
    put_part(token, len, kc_bytes_of(signature, sizeof signature));
    *out = token;
    return KC_OK;
}

enum kc_err kc_ear_sign(const struct kc_ear_input *input, EVP_PKEY *key, char **out)
{
    char id[KC_EAR_KEY_ID_ROOM];
    char header[128];
    enum kc_err err = kc_ear_key_id(key, id);
    if (err != KC_OK)
        return err;
    snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}",
             names[input->profile].type, id);
    json_t *claims = kc_ear_claims(input);
    char *text = claims == NULL ? NULL : json_dumps(claims, JSON_COMPACT | JSON_ENSURE_ASCII);
    err = text == NULL ? KC_ERR_MEMORY : sign(header, text, key, out);
    free(text);
    json_decref(claims);
    return err;
}
