/*
 * /v1/attest/evidence over connections of real TLS, as a client of kms-ratls/1 uses it: what it is
 * given holds for its nonce and its own connection, and for no other.
 */
#include <jansson.h>

#include "base/base64.h"
#include "core/certificates.h"
#include "core/exchange.h"
#include "formats/dice.h"
#include "quoted.h"
#include "ratls/check.h"
#include "service_tls.h"

#define NONCE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* 0 to 31 */

/* One client and the server's end of its connection. */
struct line {
    SSL_CTX *context;
    SSL *client;
    SSL *server;
    uint64_t quoted_at;
    struct kc_exchange x;
};

static void line_open(struct quoted *f, struct line *line, bool finish)
{
    *line = (struct line){.context = SSL_CTX_new(TLS_client_method())};
    line->client = service_client(line->context);
    assert_int_equal(kc_tls_open(f->b->core->tls, KC_LISTENER_SERVICE, &line->server), KC_OK);
    BIO_up_ref(SSL_get_rbio(line->client));
    BIO_up_ref(SSL_get_wbio(line->client));
    SSL_set_bio(line->server, SSL_get_wbio(line->client), SSL_get_rbio(line->client));
    for (int i = 0; i < 4 && finish; i++) {
        (void)SSL_do_handshake(line->client);
        (void)SSL_do_handshake(line->server);
    }
    assert_int_equal(SSL_is_init_finished(line->server), finish ? 1 : 0);
}

static void line_close(struct line *line)
{
    kc_exchange_end(&line->x);
    SSL_free(line->client);
    SSL_free(line->server);
    SSL_CTX_free(line->context);
}

/* Steps the exchange and decodes the effects of it. */
static enum kc_step step(struct quoted *f, struct line *line)
{
    struct kc_writer w = kc_writer_of((struct kc_room){f->b->out, KC_CORE_FRAME_MAX});
    enum kc_step result = kc_exchange_step(&line->x, &w);
    boundary_decode(f->b, w.len);
    return result;
}

/* Sends a request; what the first steps come to. */
static enum kc_step request(struct quoted *f, struct line *line, enum kc_http_method method,
                            const char *body)
{
    kc_exchange_end(&line->x);
    line->x = (struct kc_exchange){.core = f->b->core,
                                   .conn = 0x10000,
                                   .tls = line->server,
                                   .method = method,
                                   .path = kc_bytes_of_text("/v1/attest/evidence"),
                                   .quoted_at = &line->quoted_at};
    enum kc_step result = step(f, line);
    if (result != KC_STEP_BODY)
        return result;
    line->x.body = kc_bytes_of_text(body);
    return step(f, line);
}

/* POST, through the quote, to the answer; the caller frees. */
static json_t *post(struct quoted *f, struct line *line, const char *body)
{
    uint8_t report[KC_SGX_REPORT_SIZE];
    assert_int_equal(request(f, line, KC_HTTP_POST, body), KC_STEP_WAIT);
    uint64_t id = quoted_wanted(f);
    quoted_hand_in_target(f, id, report);
    quoted_hand_in_quote(f, id, report);
    assert_int_equal(quoted_find(f, KC_EFFECT_RESUME_WANTED)->conn, 0x10000);
    assert_int_equal(step(f, line), KC_STEP_ANSWERED);
    assert_int_equal(line->x.status, 200);
    json_t *answer = json_loadb((const char *)line->x.answer.ptr, line->x.answer_len,
                                JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(answer);
    return answer;
}

/* A member in base64url; the caller frees. */
static uint8_t *bytes_of(const json_t *object, const char *name, size_t *len)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    uint8_t *bytes = malloc(kc_base64_decoded_max(strlen(text)));
    struct kc_room room = {bytes, kc_base64_decoded_max(strlen(text))};
    assert_int_equal(kc_base64_decode(KC_BASE64_URL, kc_bytes_of_text(text), room, len), KC_OK);
    return bytes;
}

/* Checks (c) to (k) as a client on `line` makes them: "" when all hold. */
static const char *judge(const struct quoted *f, const struct line *line, const json_t *answer,
                         struct kc_bytes nonce, const uint8_t *kms_id)
{
    static char failure[64];
    uint8_t exported[KC_RATLS_EXPORTED_SIZE];
    uint8_t *spki = NULL;
    size_t len = 0;
    struct kc_ratls_checks checks;
    struct kc_ratls_evidence opened;
    struct kc_verdict verdict;
    X509 *leaf = SSL_get1_peer_certificate(line->client);
    int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);
    assert_int_equal(
        SSL_export_keying_material(line->client, exported, sizeof exported, KC_RATLS_EXPORTER_LABEL,
                                   KC_RATLS_EXPORTER_LABEL_LEN, nonce.ptr, nonce.len, 1),
        1);
    struct kc_ratls_connection connection = {
        .context = KC_RATLS_SERVER,
        .leaf_spki = kc_bytes_of(spki, (size_t)spki_len),
        .nonce = nonce,
        .exported = kc_bytes_of(exported, sizeof exported),
        .kms_id_rule = KC_RATLS_KMS_ID_UNINITIALISED,
    };
    if (kms_id != NULL) {
        connection.kms_id_rule = KC_RATLS_KMS_ID_PINNED;
        memcpy(connection.kms_id, kms_id, sizeof connection.kms_id);
    }
    uint8_t *bytes = bytes_of(answer, "evidence", &len);
    bool held = false;
    failure[0] = '\0';
    if (kc_ratls_check_open(kc_bytes_of(bytes, len), &connection, &opened, &checks)) {
        const struct kc_evidence quote = {.wrapping = KC_WRAPPING_QUOTE, .quote = opened.quote};
        const struct kc_verify_input input = {.evidence = &quote,
                                              .root_key = kc_sim_state_root_key(f->state),
                                              .now = (int64_t)f->now,
                                              .policy = &f->policy};
        kc_verify(&input, &verdict);
        assert_int_equal(verdict.kind, KC_VERDICT_ACCEPTED);
        held =
            kc_ratls_check_binding(&opened, verdict.facts.report.report_data, &connection, &checks);
    }
    if (!held)
        snprintf(failure, sizeof failure, "%s", kc_ratls_check_first_failure(&checks)->name);
    free(bytes);
    OPENSSL_free(spki);
    X509_free(leaf);
    return failure;
}

static void expect_text(const json_t *object, const char *name, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(object, name)), want);
}

/* The parts of an answer are those of its evidence. */
static void expect_parts(const json_t *answer, bool fresh)
{
    struct kc_dice_evidence dice;
    size_t len[3];
    uint8_t *evidence = bytes_of(answer, "evidence", &len[0]);
    uint8_t *quote = bytes_of(answer, "quote", &len[1]);
    uint8_t *claims = bytes_of(answer, "claims", &len[2]);
    const json_t *maa = json_object_get(answer, "maa");
    const json_t *data = json_object_get(maa, "runtimeData");
    assert_int_equal(kc_dice_evidence_decode(kc_bytes_of(evidence, len[0]), &dice, NULL), KC_OK);
    assert_true(kc_bytes_equal(dice.quote, kc_bytes_of(quote, len[1])));
    assert_true(kc_bytes_equal(dice.claims, kc_bytes_of(claims, len[2])));
    assert_int_equal(json_object_size(answer), 6);
    assert_int_equal(json_is_true(json_object_get(answer, "fresh")), fresh);
    expect_text(answer, "profile", "kms-ratls/1");
    expect_text(maa, "quote", json_string_value(json_object_get(answer, "quote")));
    expect_text(data, "data", json_string_value(json_object_get(answer, "claims")));
    expect_text(data, "dataType", "Binary");
    free(evidence);
    free(quote);
    free(claims);
}

/* Every way to write a nonce. */
static void test_fresh(void **state)
{
    static const struct {
        const char *name, *nonce;
        size_t len;
    } rows[] = {
        {"32 bytes in base64url", NONCE, 32},
        {"32 bytes in base64", NONCE "=", 32},
        {"the shortest", "-_-_-_-_-_-_-_-_-_-_-w", 16},
        {"the shortest in base64", "+/+/+/+/+/+/+/+/+/+/+w==", 16},
        {"escaped slashes", "+\\/+\\/+\\/+\\/+\\/+\\/+\\/+\\/+\\/+\\/+w==", 16},
        {"the longest", NONCE NONCE "", 64},
    };
    struct quoted *f = *state;
    quoted_serve(f, quoted_wanted(f));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[256];
        uint8_t nonce[64];
        struct line line;
        char text[100];
        memset(nonce, 0xff, sizeof nonce);
        for (size_t k = 0; k < sizeof nonce; k++)
            nonce[k] = rows[i].len == 16 ? (uint8_t)(k % 3 == 0   ? 0xfb
                                                     : k % 3 == 1 ? 0xff
                                                                  : 0xbf)
                                         : (uint8_t)(k % 32);
        snprintf(text, sizeof text, "%s", rows[i].nonce);
        if (rows[i].len == 64)
            kc_base64_encode(KC_BASE64_URL, kc_bytes_of(nonce, 64), text);
        snprintf(body, sizeof body, "{\"nonce\": \"%s\", \"later\": [1, {}]}", text);
        line_open(f, &line, true);
        json_t *answer = post(f, &line, body);
        const char *failure = judge(f, &line, answer, kc_bytes_of(nonce, rows[i].len), NULL);
        if (failure[0] != '\0')
            fail_msg("%s: %s", rows[i].name, failure);
        expect_parts(answer, true);
        json_decref(answer);
        line_close(&line);
    }
}

static void test_after_init(void **state)
{
    struct quoted *f = *state;
    struct line line;
    uint8_t nonce[32];
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)i;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    const struct kc_root *root = quoted_initialise(f);
    json_t *answer = post(f, &line, "{\"nonce\":\"" NONCE "\",\"format\":\"dice\"}");
    assert_string_equal(judge(f, &line, answer, kc_bytes_of(nonce, 32), root->kms_id), "");
    json_decref(answer);
    line_close(&line);
}

/* Evidence is for one connection and one nonce. */
static void test_bound(void **state)
{
    struct quoted *f = *state;
    struct line line, other;
    uint8_t nonce[32];
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)i;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    line_open(f, &other, true);
    json_t *answer = post(f, &line, "{\"nonce\":\"" NONCE "\"}");
    assert_string_equal(judge(f, &line, answer, kc_bytes_of(nonce, 32), NULL), "");
    assert_string_equal(judge(f, &other, answer, kc_bytes_of(nonce, 32), NULL), "ratls.tls_binder");
    nonce[0] ^= 1;
    assert_string_equal(judge(f, &line, answer, kc_bytes_of(nonce, 32), NULL), "ratls.nonce");
    json_decref(answer);
    line_close(&line);
    line_close(&other);
}

/* Quote and claims alone. */
static void test_raw(void **state)
{
    struct quoted *f = *state;
    struct line line;
    size_t len = 0;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    json_t *answer = post(f, &line, "{\"format\":\"raw\",\"nonce\":\"" NONCE "\"}");
    assert_int_equal(json_object_size(answer), 5);
    assert_null(json_object_get(answer, "evidence"));
    uint8_t *claims = bytes_of(answer, "claims", &len);
    assert_true(
        kc_bytes_equal(kc_bytes_of(claims, len), kc_bytes_of(line.x.claims, line.x.claims_len)));
    free(claims);
    json_decref(answer);
    line_close(&line);
}

/* Nothing is kept: the same nonce again is another quote, and no more than one a minute. */
static void test_again(void **state)
{
    static const char body[] = "{\"nonce\":\"" NONCE "\"}";
    struct quoted *f = *state;
    struct line line;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    json_decref(post(f, &line, body));
    assert_int_equal(request(f, &line, KC_HTTP_POST, body), KC_STEP_ANSWERED);
    assert_int_equal(line.x.status, 429);
    assert_int_equal(line.x.retry_after, 60);
    quoted_tick(f, f->now + 60);
    json_decref(post(f, &line, body));
    line_close(&line);
}

static void expect_refused(struct quoted *f, struct line *line, const char *body, unsigned status)
{
    if (request(f, line, KC_HTTP_POST, body) != KC_STEP_ANSWERED || line->x.status != status ||
        f->b->count != 0)
        fail_msg("%s: status %u", body, line->x.status);
    json_t *answer = json_loadb((const char *)line->x.answer.ptr, line->x.answer_len, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(answer, "errors")), 1);
    json_decref(answer);
}

static void test_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "null",
        "{}",
        "[]",
        "{\"nonce\":1}",
        "{\"nonce\":\"\"}",
        "{\"nonce\":\"AAECAwQFBgcICQoLDA0O\"}",   /* 15 bytes */
        "{\"nonce\":\"" NONCE NONCE "AAA\"}",     /* 66 */
        "{\"nonce\":\"AAECAwQFBgcICQoLDA0OD\"}",  /* cut short */
        "{\"nonce\":\"AAECAwQFBgcICQoLDA0ODx\"}", /* bits that are not used */
        "{\"nonce\":\"AAEC AwQFBgcICQoLDA0ODw\"}",
        "{\"nonce\":\"" NONCE "\",\"nonce\":\"" NONCE "\"}",
        "{\"nonce\":\"" NONCE "\",\"format\":\"oe\"}",
        "{\"nonce\":\"" NONCE "\",\"format\":1}",
        "{\"nonce\":\"" NONCE "\"} x",
    };
    struct quoted *f = *state;
    struct line line;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        expect_refused(f, &line, bodies[i], 400);
    json_decref(post(f, &line, "{\"nonce\":\"" NONCE "\"}")); /* none of them counted */
    line_close(&line);
    /* Where the exporter has nothing to give. */
    line_open(f, &line, false);
    expect_refused(f, &line, "{\"nonce\":\"" NONCE "\"}", 421);
    line_close(&line);
}

/* The host refuses the quote: 503, and the connection may ask anew. */
static void test_no_quote(void **state)
{
    struct quoted *f = *state;
    struct line line;
    quoted_serve(f, quoted_wanted(f));
    line_open(f, &line, true);
    assert_int_equal(request(f, &line, KC_HTTP_POST, "{\"nonce\":\"" NONCE "\"}"), KC_STEP_WAIT);
    boundary_say(f->b, (struct kc_message){
                           .type = KC_MESSAGE_TARGETINFO, .id = quoted_wanted(f), .code = 24});
    assert_int_equal(step(f, &line), KC_STEP_ANSWERED);
    assert_int_equal(line.x.status, 503);
    json_decref(post(f, &line, "{\"nonce\":\"" NONCE "\"}"));
    line_close(&line);
}

static void test_of_the_certificate(void **state)
{
    struct quoted *f = *state;
    struct line line = {0};
    struct kc_room evidence = {NULL, 0};
    size_t len = 0;
    assert_int_equal(request(f, &line, KC_HTTP_GET, ""), KC_STEP_ANSWERED);
    assert_int_equal(line.x.status, 503);
    quoted_tick(f, f->now + KC_CERTIFICATES_QUOTE_TIME);
    quoted_tick(f, f->now + KC_CERTIFICATES_RETRY_MIN);
    quoted_serve(f, quoted_wanted(f));
    assert_int_equal(request(f, &line, KC_HTTP_GET, ""), KC_STEP_ANSWERED);
    assert_int_equal(line.x.status, 200);
    json_t *answer = json_loadb((const char *)line.x.answer.ptr, line.x.answer_len, 0, NULL);
    expect_parts(answer, false);
    uint8_t *bytes = bytes_of(answer, "evidence", &len);
    assert_int_equal(kc_certificates_evidence(f->b->core, &evidence), KC_OK);
    assert_true(kc_bytes_equal(kc_bytes_of(bytes, len), kc_bytes_of(evidence.ptr, evidence.len)));
    free(bytes);
    free(evidence.ptr);
    json_decref(answer);
    kc_exchange_end(&line.x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fresh, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_after_init, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_bound, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_raw, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_again, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_refused, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_no_quote, quoted_setup, quoted_teardown),
        cmocka_unit_test_setup_teardown(test_of_the_certificate, quoted_setup, quoted_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
