#include "client/attest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/base64.h"
#include "client/exchange.h"
#include "client/leaf.h"
#include "formats/json.h"

#define TARGET     "/v1/attest/evidence"
#define PROFILE    "kms-ratls/1"
#define ANSWER_MAX ((size_t)512 * 1024) /* room for collateral that a server may send along */
#define NONCE_TEXT 43                   /* base64url of 32 bytes */

struct answer {
    bool is_profile;
    struct kc_bytes evidence; /* base64url */
};

static void take_profile(struct kc_json *j, void *out)
{
    struct answer *answer = out;
    answer->is_profile = kc_bytes_equal(kc_json_string(j), kc_bytes_of_text(PROFILE));
}

static void take_evidence(struct kc_json *j, void *out)
{
    struct answer *answer = out;
    answer->evidence = kc_json_string(j);
}

static const struct kc_json_member members[] = {
    {"profile", "the answer names no profile", take_profile},
    {"evidence", "the answer has no evidence", take_evidence},
};

/* The evidence's bytes from an answer's body, to be freed; or NULL and why in `actual`. */
static uint8_t *read_evidence(struct kc_bytes body, size_t *len, const char **actual)
{
    struct kc_json j;
    struct answer answer = {0};
    struct kc_error error = KC_ERROR_NONE;
    kc_json_init(&j, body);
    (void)kc_json_members(&j, members, sizeof members / sizeof members[0], &answer);
    if (kc_json_done(&j, &error) != KC_OK) {
        *actual = error.what;
        return NULL;
    }
    if (!answer.is_profile) {
        *actual = "another profile";
        return NULL;
    }
    struct kc_room room = {NULL, kc_base64_decoded_max(answer.evidence.len)};
    room.ptr = malloc(room.len + 1);
    if (room.ptr == NULL)
        *actual = "no memory for the evidence";
    else if (kc_base64_decode(KC_BASE64_URL, answer.evidence, room, len) == KC_OK)
        return room.ptr;
    else
        *actual = "the evidence is not base64url";
    free(room.ptr);
    return NULL;
}

/* Statuses with which a service says that it cannot answer now. */
static bool is_passing(unsigned status)
{
    return status == 429 || status >= 500;
}

static void note_no_answer(struct kc_client_report *report, enum kc_err err,
                           const struct kc_error *error)
{
    bool is_wrong = err == KC_ERR_MALFORMED || err == KC_ERR_ROOM || err == KC_ERR_UNSUPPORTED;
    kc_client_report_own(report, KC_CLIENT_OWN_ANSWER,
                         is_wrong ? KC_CLIENT_FAILED : KC_CLIENT_NOT_MADE, error->what);
}

/* Asks for evidence over the nonce; its bytes, to be freed, or NULL after the report has why. */
static uint8_t *ask(struct kc_client_tls *tls, const struct kc_client_terms *terms,
                    const uint8_t nonce[KC_RATLS_NONCE_SIZE], int64_t deadline,
                    struct kc_client_report *report, size_t *len, enum kc_err *err,
                    struct kc_error *error)
{
    char text[NONCE_TEXT + 1];
    char body[128];
    char status[64];
    struct kc_client_reply reply = {0};
    uint8_t *evidence = NULL;
    const char *actual = "";
    kc_base64_encode(KC_BASE64_URL, kc_bytes_of(nonce, KC_RATLS_NONCE_SIZE), text);
    int n = snprintf(body, sizeof body, "{\"nonce\":\"%s\",\"format\":\"dice\"}", text);
    const struct kc_client_exchange exchange = {
        .method = KC_HTTP_POST,
        .target = kc_bytes_of_text(TARGET),
        .host = terms->host,
        .body = kc_bytes_of(body, (size_t)n),
        .answer_max = ANSWER_MAX,
    };
    *err = kc_client_exchange_run(tls, &exchange, deadline, &reply, error);
    if (*err != KC_OK) {
        note_no_answer(report, *err, error);
        return NULL;
    }
    if (!reply.keep_alive)
        tls->ended = true; /* nothing more may be sent here */
    if (reply.status == 200)
        evidence = read_evidence(kc_bytes_of(reply.body.ptr, reply.body.len), len, &actual);
    snprintf(status, sizeof status, "status %u", reply.status);
    kc_client_report_own(report, KC_CLIENT_OWN_ANSWER,
                         evidence != NULL           ? KC_CLIENT_HOLDS
                         : is_passing(reply.status) ? KC_CLIENT_NOT_MADE
                                                    : KC_CLIENT_FAILED,
                         reply.status != 200 ? status
                         : evidence != NULL  ? PROFILE
                                             : actual);
    kc_client_buffer_clear(&reply.body);
    return evidence;
}

/* Whose facts these are, and that nothing stands behind the quote: not even claims, which verify
 * takes for Open Enclave's. */
static bool check_quote(const struct kc_verdict *v, struct kc_client_report *report)
{
    const struct kc_verdict_facts *facts = &v->facts;
    size_t behind = facts->trailing_len + (facts->has_oe_claims ? facts->oe_claims.len : 0);
    bool is_sgx = facts->tee == KC_TEE_SGX;
    char text[48];
    kc_client_report_own(report, KC_CLIENT_OWN_TEE, is_sgx ? KC_CLIENT_HOLDS : KC_CLIENT_FAILED,
                         v->tee == NULL ? "" : v->tee);
    snprintf(text, sizeof text, "%zu bytes behind it", behind);
    kc_client_report_own(report, KC_CLIENT_OWN_WHOLE,
                         behind == 0 ? KC_CLIENT_HOLDS : KC_CLIENT_FAILED, text);
    return is_sgx;
}

/* (d) and (e), and once the evidence is genuine (f) to (k): true when these could be made. */
static bool judge(const struct kc_client_terms *terms, const struct kc_ratls_evidence *evidence,
                  const struct kc_ratls_connection *connection, struct kc_client_report *report)
{
    const struct kc_evidence quote = {.wrapping = KC_WRAPPING_QUOTE, .quote = evidence->quote};
    const struct kc_collateral_pieces *collateral = terms->collateral;
    if (collateral == NULL && terms->source != NULL)
        collateral = terms->source(terms->source_context, &quote);
    const struct kc_verify_input input = {
        .evidence = &quote,
        .root_key = terms->root_key,
        .now = terms->now,
        .policy = terms->policy,
        .collateral = collateral,
    };
    kc_verify(&input, &report->verdict);
    report->has_verdict = true;
    if (!report->verdict.genuine || !check_quote(&report->verdict, report))
        return false;
    report->is_held = kc_ratls_check_binding(evidence, report->verdict.facts.report.report_data,
                                             connection, &report->ratls);
    report->claims = evidence->claims;
    return true;
}

static void check(struct kc_client_tls *tls, const struct kc_client_terms *terms,
                  struct kc_bytes bytes, const uint8_t nonce[KC_RATLS_NONCE_SIZE],
                  struct kc_client_report *report)
{
    uint8_t exported[KC_RATLS_EXPORTED_SIZE] = {0};
    uint8_t *spki = NULL;
    size_t spki_len = 0;
    struct kc_ratls_connection connection = {
        .context = KC_RATLS_SERVER,
        .nonce = kc_bytes_of(nonce, KC_RATLS_NONCE_SIZE),
        .kms_id_rule = terms->rule,
    };
    struct kc_ratls_evidence evidence;
    memcpy(connection.kms_id, terms->kms_id, sizeof connection.kms_id);
    /* What could not be had stays empty, and fails its checks. */
    if (kc_client_tls_leaf_spki(tls, &spki, &spki_len) == KC_OK)
        connection.leaf_spki = kc_bytes_of(spki, spki_len);
    if (kc_client_tls_export(tls, connection.nonce, exported) == KC_OK)
        connection.exported = kc_bytes_of(exported, sizeof exported);
    if (kc_ratls_check_open(bytes, &connection, &evidence, &report->ratls) &&
        judge(terms, &evidence, &connection, report))
        kc_client_leaf_check(tls, report->claims.kms_id, report);
    OPENSSL_free(spki);
    kc_bytes_wipe(exported, sizeof exported);
}

/* (a). OpenSSL was told so; it is asked again, for all else rests on it. */
static bool check_session(const struct kc_client_tls *tls, struct kc_client_report *report)
{
    bool is_1_3 = SSL_version(tls->ssl) == TLS1_3_VERSION;
    bool is_full = SSL_session_reused(tls->ssl) == 0;
    kc_client_report_own(report, KC_CLIENT_OWN_VERSION, is_1_3 ? KC_CLIENT_HOLDS : KC_CLIENT_FAILED,
                         SSL_get_version(tls->ssl));
    kc_client_report_own(report, KC_CLIENT_OWN_FULL, is_full ? KC_CLIENT_HOLDS : KC_CLIENT_FAILED,
                         is_full ? "a full handshake" : "a resumed session");
    return is_1_3 && is_full;
}

enum kc_err kc_client_attest(struct kc_client_tls *tls, const struct kc_client_terms *terms,
                             int64_t deadline, struct kc_client_report *report,
                             struct kc_error *error)
{
    uint8_t nonce[KC_RATLS_NONCE_SIZE];
    size_t len = 0;
    enum kc_err err = KC_OK;
    if (!check_session(tls, report))
        return KC_OK;
    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        kc_client_report_own(report, KC_CLIENT_OWN_NONCE, KC_CLIENT_NOT_MADE, "none");
        return kc_error_set(error, KC_ERR_CRYPTO, "this machine gives no random bytes", 0);
    }
    kc_client_report_own(report, KC_CLIENT_OWN_NONCE, KC_CLIENT_HOLDS, "32 random bytes");
    uint8_t *evidence = ask(tls, terms, nonce, deadline, report, &len, &err, error);
    if (evidence != NULL)
        check(tls, terms, kc_bytes_of(evidence, len), nonce, report);
    free(evidence);
    return err;
}
