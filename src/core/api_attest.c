/*
 * /v1/attest/evidence: what proves to a client which code it talks to, and that its very connection
 * ends there (docs/protocol.md).
 */
#include "base/base64.h"
#include "core/api.h"
#include "core/api_json.h"
#include "core/certificates.h"
#include "core/state.h"
#include "core/tls.h"
#include "formats/dice.h"
#include "ratls/claims.h"

#include <stdlib.h>
#include <string.h>

#define NONCE_WRONG  "nonce: 16 to 64 bytes in base64 or base64url"
#define FORMAT_WRONG "format: dice or raw"

/* What a client asks for. */
struct request {
    bool has_nonce;
    bool raw;
    size_t nonce_len;
    uint8_t nonce[KC_RATLS_NONCE_MAX];
};

static void read_nonce(struct kc_json *j, void *out)
{
    struct request *request = out;
    uint8_t text_room[2 * KC_RATLS_NONCE_MAX];
    struct kc_room room = {text_room, sizeof text_room};
    struct kc_room nonce = {request->nonce, sizeof request->nonce};
    struct kc_bytes text = kc_json_text(j, &room);
    enum kc_err err = kc_base64_decode(KC_BASE64_URL, text, nonce, &request->nonce_len);
    if (err != KC_OK)
        err = kc_base64_decode(KC_BASE64, text, nonce, &request->nonce_len);
    request->has_nonce = err == KC_OK && request->nonce_len >= KC_RATLS_NONCE_MIN;
    if (!request->has_nonce)
        kc_json_fail(j, NONCE_WRONG);
}

static void read_format(struct kc_json *j, void *out)
{
    struct request *request = out;
    struct kc_bytes text = kc_json_string(j);
    request->raw = kc_bytes_equal(text, kc_bytes_of_text("raw"));
    if (!request->raw && !kc_bytes_equal(text, kc_bytes_of_text("dice")))
        kc_json_fail(j, FORMAT_WRONG);
}

static bool read_request(struct kc_exchange *x, struct request *out)
{
    static const struct kc_json_member members[] = {{"nonce", NULL, read_nonce},
                                                    {"format", NULL, read_format}};
    *out = (struct request){0};
    if (!kc_api_read(x, members, sizeof members / sizeof members[0], out))
        return false;
    if (!out->has_nonce)
        kc_exchange_refuse(x, 400, NONCE_WRONG);
    return out->has_nonce;
}

/* Adds what makes claims fresh: the nonce, and the secret that both ends of the connection share.
 */
static enum kc_err make_fresh(struct kc_exchange *x, const struct request *request,
                              struct kc_ratls_claims *claims)
{
    uint8_t exported[KC_RATLS_EXPORTED_SIZE];
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    struct kc_bytes nonce = kc_bytes_of(request->nonce, request->nonce_len);
    enum kc_err err = x->tls == NULL ? KC_ERR_STATE : kc_tls_export(x->tls, nonce, exported);
    if (err != KC_OK)
        return err;
    kc_ratls_spki_of_p256(kc_tls_public_key(x->core->tls), spki);
    claims->fresh = true;
    claims->nonce_len = nonce.len;
    memcpy(claims->nonce, nonce.ptr, nonce.len);
    err = kc_ratls_binder(kc_bytes_of(spki, sizeof spki), kc_bytes_of(exported, sizeof exported),
                          claims->tls_binder);
    kc_bytes_wipe(exported, sizeof exported);
    return err;
}

void kc_api_evidence_make_plan(struct kc_exchange *x)
{
    struct request request;
    struct kc_ratls_claims claims = {0};
    struct kc_writer w = kc_writer_of((struct kc_room){x->claims, sizeof x->claims});
    if (!read_request(x, &request))
        return;
    enum kc_err err = kc_certificates_claims(x->core, &claims);
    if (err == KC_OK)
        err = make_fresh(x, &request, &claims);
    if (err == KC_ERR_STATE) {
        kc_exchange_refuse(x, 421, "evidence needs TLS 1.3 and a full handshake: connect anew");
        return;
    }
    if (err == KC_OK)
        kc_ratls_claims_encode(&w, &claims);
    if (err != KC_OK || kc_writer_failed(&w)) {
        kc_exchange_refuse(x, 500, "the crypto library failed");
        return;
    }
    x->claims_len = w.len;
    x->quote_wanted = true;
}

/* A member whose value is bytes in base64url. */
static void write_member(struct kc_writer *w, const char *before, struct kc_bytes bytes)
{
    kc_api_text(w, before);
    size_t len = kc_base64_encoded_len(KC_BASE64_URL, bytes.len);
    /* The closing quote takes the place of the NUL. */
    uint8_t *text = kc_writer_room(w, len + 1);
    if (text == NULL)
        return;
    kc_base64_encode(KC_BASE64_URL, bytes, (char *)text);
    text[len] = '"';
}

/* `evidence` empty: quote and claims alone. */
static void answer(struct kc_exchange *x, struct kc_bytes evidence, struct kc_bytes quote,
                   struct kc_bytes claims, bool fresh)
{
    size_t size = 256 + kc_base64_encoded_len(KC_BASE64_URL, evidence.len) +
                  2 * kc_base64_encoded_len(KC_BASE64_URL, quote.len) +
                  2 * kc_base64_encoded_len(KC_BASE64_URL, claims.len);
    struct kc_writer w = kc_api_answer(x, size);
    kc_api_text(&w, "{\"profile\":\"kms-ratls/1\",\"fresh\":");
    kc_api_text(&w, fresh ? "true" : "false");
    if (evidence.len > 0)
        write_member(&w, ",\"evidence\":\"", evidence);
    write_member(&w, ",\"claims\":\"", claims);
    write_member(&w, ",\"quote\":\"", quote);
    write_member(&w, ",\"maa\":{\"quote\":\"", quote);
    write_member(&w, ",\"runtimeData\":{\"data\":\"", claims);
    kc_api_text(&w, ",\"dataType\":\"Binary\"}}}\n");
    kc_api_answered(x, &w, 200);
}

void kc_api_evidence_make_compute(struct kc_exchange *x)
{
    struct request request;
    const struct kc_dice_evidence dice = {kc_bytes_of(x->quote.ptr, x->quote.len),
                                          kc_bytes_of(x->claims, x->claims_len)};
    struct kc_writer size = KC_WRITER_COUNT;
    struct kc_room room = {NULL, 0};
    if (!read_request(x, &request))
        return;
    if (!request.raw) {
        kc_dice_evidence_encode(&size, &dice);
        room = (struct kc_room){malloc(size.len), size.len};
        if (room.ptr == NULL) {
            kc_exchange_refuse(x, 500, "out of memory");
            return;
        }
        struct kc_writer w = kc_writer_of(room);
        kc_dice_evidence_encode(&w, &dice);
    }
    answer(x, kc_bytes_of(room.ptr, room.len), dice.quote, dice.claims, true);
    free(room.ptr);
}

void kc_api_evidence_read_plan(struct kc_exchange *x)
{
    struct kc_room room = {NULL, 0};
    struct kc_dice_evidence dice;
    enum kc_err err = kc_certificates_evidence(x->core, &room);
    if (err == KC_OK)
        err = kc_dice_evidence_decode(kc_bytes_of(room.ptr, room.len), &dice, NULL);
    if (err == KC_OK)
        answer(x, kc_bytes_of(room.ptr, room.len), dice.quote, dice.claims, false);
    else
        kc_exchange_refuse(x, 503, "there is no certificate yet");
    free(room.ptr);
}
