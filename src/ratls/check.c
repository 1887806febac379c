#include "ratls/check.h"

#include <string.h>

#include "base/hex.h"
#include "formats/dice.h"

static const struct {
    const char *name;
    const char *hint;
} texts[KC_RATLS_CHECKS] = {
    [KC_RATLS_CHECK_EVIDENCE] = {"ratls.evidence",
                                 "the peer does not speak kms-ratls/1, or something on the way "
                                 "changed what it said"},
    [KC_RATLS_CHECK_CLAIMS] = {"ratls.claims",
                               "claims that can be read in two ways, or leave one out, bind "
                               "nothing; a peer of another version needs another client"},
    [KC_RATLS_CHECK_REPORT_DATA] = {"ratls.report_data",
                                    "the enclave did not vouch for these claims"},
    [KC_RATLS_CHECK_NONCE] = {"ratls.nonce", "the evidence was made for somebody else or earlier: "
                                             "it may be replayed"},
    [KC_RATLS_CHECK_PUBKEY_HASH] = {"ratls.pubkey_hash",
                                    "the enclave vouched for another key than the one that this "
                                    "connection showed: it may end at an impostor"},
    [KC_RATLS_CHECK_TLS_BINDER] = {"ratls.tls_binder",
                                   "the enclave is not the other end of this connection: somebody "
                                   "stands between, a proxy that ends TLS or an attacker"},
    [KC_RATLS_CHECK_KMS_CTX] = {"ratls.kms_ctx",
                                "the evidence was given in another role: it may be reflected"},
    [KC_RATLS_CHECK_KMS_ID] = {"ratls.kms_id",
                               "an enclave of the right code, but not the service that was meant: "
                               "if it was made anew on purpose, pin its new kms-id"},
};

void kc_ratls_check_start(struct kc_ratls_checks *checks)
{
    memset(checks, 0, sizeof *checks);
    for (enum kc_ratls_check_id id = 0; id < KC_RATLS_CHECKS; id++) {
        checks->check[id].name = texts[id].name;
        checks->check[id].hint = "";
    }
}

/* Literals fit; anything longer is cut. */
static void put(char out[KC_RATLS_TEXT_SIZE], const char *text)
{
    size_t n = strlen(text);
    if (n > KC_RATLS_TEXT_SIZE - 1)
        n = KC_RATLS_TEXT_SIZE - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

static void settle(struct kc_ratls_checks *checks, enum kc_ratls_check_id id, bool holds)
{
    checks->check[id].state = holds ? KC_RATLS_HOLDS : KC_RATLS_FAILED;
    checks->check[id].hint = holds ? "" : texts[id].hint;
}

static bool say(struct kc_ratls_checks *checks, enum kc_ratls_check_id id, const char *expected,
                const char *actual, bool holds)
{
    put(checks->check[id].expected, expected);
    put(checks->check[id].actual, actual);
    settle(checks, id, holds);
    return holds;
}

/* At most 64 bytes each. */
static void compare(struct kc_ratls_checks *checks, enum kc_ratls_check_id id,
                    struct kc_bytes expected, struct kc_bytes actual)
{
    kc_hex_encode_lower(expected, checks->check[id].expected);
    kc_hex_encode_lower(actual, checks->check[id].actual);
    settle(checks, id,
           expected.len == actual.len &&
               kc_bytes_equal_secret(expected.ptr, actual.ptr, expected.len));
}

static bool is_form(const struct kc_ratls_claims *claims,
                    const struct kc_ratls_connection *connection)
{
    return claims->fresh != connection->from_certificate &&
           kc_ratls_context_wraps(claims->context) == kc_ratls_context_wraps(connection->context);
}

static const char *form_text(bool fresh, bool wraps)
{
    if (wraps)
        return "the six keys of fresh claims with a wrapping key";
    return fresh ? "the five keys of fresh claims" : "the three keys of a certificate's claims";
}

bool kc_ratls_check_open(struct kc_bytes bytes, const struct kc_ratls_connection *connection,
                         struct kc_ratls_evidence *out, struct kc_ratls_checks *checks)
{
    struct kc_error error = KC_ERROR_NONE;
    struct kc_dice_evidence dice = {0};
    struct kc_ratls_claims claims = {0};
    const char *form =
        form_text(!connection->from_certificate, kc_ratls_context_wraps(connection->context));
    kc_ratls_check_start(checks);
    bool good = kc_dice_evidence_decode(bytes, &dice, &error) == KC_OK;
    if (!say(checks, KC_RATLS_CHECK_EVIDENCE, "60000([quote, claims])",
             good ? "60000([quote, claims])" : error.what, good))
        return false;
    if (kc_ratls_claims_decode(dice.claims, &claims, &error) != KC_OK)
        return say(checks, KC_RATLS_CHECK_CLAIMS, form, error.what, false);
    if (!say(checks, KC_RATLS_CHECK_CLAIMS, form,
             form_text(claims.fresh, kc_ratls_context_wraps(claims.context)),
             is_form(&claims, connection)))
        return false;
    *out = (struct kc_ratls_evidence){dice.quote, dice.claims, claims};
    return true;
}

static void check_report_data(const struct kc_ratls_evidence *evidence, const uint8_t *report_data,
                              struct kc_ratls_checks *checks)
{
    uint8_t want[KC_RATLS_REPORT_DATA_SIZE];
    if (kc_ratls_report_data(evidence->claims_bytes, want) != KC_OK)
        (void)say(checks, KC_RATLS_CHECK_REPORT_DATA, "the hash of the claims",
                  "SHA-256 failed on this machine", false);
    else
        compare(checks, KC_RATLS_CHECK_REPORT_DATA, kc_bytes_of(want, sizeof want),
                kc_bytes_of(report_data, KC_RATLS_REPORT_DATA_SIZE));
}

static void check_nonce(const struct kc_ratls_claims *claims,
                        const struct kc_ratls_connection *connection,
                        struct kc_ratls_checks *checks)
{
    if (connection->from_certificate)
        checks->check[KC_RATLS_CHECK_NONCE].state = KC_RATLS_NOT_ASKED;
    else if (connection->nonce.len < KC_RATLS_NONCE_MIN ||
             connection->nonce.len > KC_RATLS_NONCE_MAX)
        (void)say(checks, KC_RATLS_CHECK_NONCE, "an own nonce of 16 to 64 bytes",
                  "none that can be compared", false);
    else
        compare(checks, KC_RATLS_CHECK_NONCE, connection->nonce,
                kc_bytes_of(claims->nonce, claims->nonce_len));
}

static void check_key(const struct kc_ratls_claims *claims,
                      const struct kc_ratls_connection *connection, struct kc_ratls_checks *checks)
{
    uint8_t want[KC_RATLS_HASH_SIZE];
    if (kc_ratls_key_hash(connection->leaf_spki, want) != KC_OK)
        (void)say(checks, KC_RATLS_CHECK_PUBKEY_HASH, "the hash of the leaf's key",
                  "this connection showed no key", false);
    else
        compare(checks, KC_RATLS_CHECK_PUBKEY_HASH, kc_bytes_of(want, sizeof want),
                kc_bytes_of(claims->key_hash, sizeof claims->key_hash));
}

static void check_binder(const struct kc_ratls_claims *claims,
                         const struct kc_ratls_connection *connection,
                         struct kc_ratls_checks *checks)
{
    uint8_t want[KC_RATLS_HASH_SIZE];
    if (connection->from_certificate)
        checks->check[KC_RATLS_CHECK_TLS_BINDER].state = KC_RATLS_NOT_ASKED;
    else if (kc_ratls_binder(connection->leaf_spki, connection->exported, want) != KC_OK)
        (void)say(checks, KC_RATLS_CHECK_TLS_BINDER, "the hash of the leaf's key and the exporter",
                  "this connection gave no key or no exporter of 32 bytes", false);
    else
        compare(checks, KC_RATLS_CHECK_TLS_BINDER, kc_bytes_of(want, sizeof want),
                kc_bytes_of(claims->tls_binder, sizeof claims->tls_binder));
}

static void check_kms_id(const struct kc_ratls_claims *claims,
                         const struct kc_ratls_connection *connection,
                         struct kc_ratls_checks *checks)
{
    static const uint8_t zeros[KC_RATLS_HASH_SIZE];
    struct kc_bytes actual = kc_bytes_of(claims->kms_id, sizeof claims->kms_id);
    struct kc_ratls_check *check = &checks->check[KC_RATLS_CHECK_KMS_ID];
    bool initialised = !kc_bytes_are_zero(actual);
    switch (connection->kms_id_rule) {
    case KC_RATLS_KMS_ID_PINNED:
        if (kc_bytes_are_zero(kc_bytes_of(connection->kms_id, sizeof connection->kms_id))) {
            (void)say(checks, KC_RATLS_CHECK_KMS_ID, "a pinned kms-id", "none is pinned", false);
            return;
        }
        compare(checks, KC_RATLS_CHECK_KMS_ID,
                kc_bytes_of(connection->kms_id, sizeof connection->kms_id), actual);
        return;
    case KC_RATLS_KMS_ID_FIRST_CONTACT:
        compare(checks, KC_RATLS_CHECK_KMS_ID, actual, actual);
        if (!initialised)
            (void)say(checks, KC_RATLS_CHECK_KMS_ID, "the kms-id of an initialised service",
                      "zeros: nobody has initialised this service", false);
        return;
    case KC_RATLS_KMS_ID_UNINITIALISED:
        compare(checks, KC_RATLS_CHECK_KMS_ID, kc_bytes_of(zeros, sizeof zeros), actual);
        if (initialised)
            check->hint = "somebody has initialised this service already";
        return;
    }
}

bool kc_ratls_check_binding(const struct kc_ratls_evidence *evidence,
                            const uint8_t report_data[KC_RATLS_REPORT_DATA_SIZE],
                            const struct kc_ratls_connection *connection,
                            struct kc_ratls_checks *checks)
{
    const struct kc_ratls_claims *claims = &evidence->claims;
    check_report_data(evidence, report_data, checks);
    check_nonce(claims, connection, checks);
    check_key(claims, connection, checks);
    check_binder(claims, connection, checks);
    (void)say(checks, KC_RATLS_CHECK_KMS_CTX, kc_ratls_context_text(connection->context),
              kc_ratls_context_text(claims->context), claims->context == connection->context);
    check_kms_id(claims, connection, checks);
    return kc_ratls_check_first_failure(checks) == NULL;
}

const struct kc_ratls_check *kc_ratls_check_first_failure(const struct kc_ratls_checks *checks)
{
    for (enum kc_ratls_check_id id = 0; id < KC_RATLS_CHECKS; id++) {
        const struct kc_ratls_check *check = &checks->check[id];
        bool may_be_left_out = id == KC_RATLS_CHECK_NONCE || id == KC_RATLS_CHECK_TLS_BINDER;
        if (check->state != KC_RATLS_HOLDS &&
            !(may_be_left_out && check->state == KC_RATLS_NOT_ASKED))
            return check;
    }
    return NULL;
}
