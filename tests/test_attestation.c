/* What report_data binds, evidence to the byte, and quotes that are not of the report. */
#include "boundary.h"

#include <openssl/evp.h>
#include <pthread.h>

#define EVIDENCE_HEADER 32
#define CLAIMS_SIZE     126

struct answer {
    uint8_t key[KC_PUBLIC_KEY_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    uint8_t quote[TEST_QUOTE_SIZE];
    uint8_t body[TEST_QUOTE_SIZE + 512];
    size_t body_len;
};

static void sha256(const void *in, size_t len, uint8_t out[32])
{
    assert_int_equal(EVP_Digest(in, len, out, NULL, EVP_sha256(), NULL), 1);
}

/* Target info, report, quote: from a request to its answer. */
static void complete(struct boundary *b, uint64_t id, uint16_t want, struct answer *out)
{
    boundary_get_report_for_quote(b, id, out->report);
    test_quote_of(out->report, out->quote);
    const struct kc_effect *effect = boundary_say(
        b, (struct kc_message){
               .type = KC_MESSAGE_QUOTE, .id = id, .body = {out->quote, sizeof out->quote}});
    assert_int_equal(effect->type, want);
    assert_int_equal(effect->id, id);
    memcpy(out->key, effect->key.ptr, sizeof out->key);
    assert_true(effect->body.len <= sizeof out->body);
    memcpy(out->body, effect->body.ptr, effect->body.len);
    out->body_len = effect->body.len;
}

static void get_evidence(struct boundary *b, enum kc_oe_format format, struct answer *out)
{
    const struct kc_message message = message_evidence(7, kc_oe_format_uuid(format));
    assert_int_equal(boundary_say(b, message)->type, KC_EFFECT_TARGET_WANTED);
    complete(b, 7, KC_EFFECT_EVIDENCE, out);
}

/* report_data of the quote: `hash`, then 32 zeros. */
static void expect_bound(const struct answer *answer, const uint8_t hash[32])
{
    static const uint8_t zeros[32];
    assert_memory_equal(answer->quote + 368, hash, 32);
    assert_memory_equal(answer->quote + 400, zeros, 32);
}

static void test_report(void **unused)
{
    (void)unused;
    uint8_t hash[32];
    struct answer answer;
    struct boundary *b = boundary_new();
    boundary_start(b);
    const struct kc_message get = {.type = KC_MESSAGE_GET_REPORT, .id = 1};
    assert_int_equal(boundary_say(b, get)->type, KC_EFFECT_TARGET_WANTED);
    complete(b, 1, KC_EFFECT_REPORT, &answer);
    assert_int_equal(answer.body_len, sizeof answer.quote);
    assert_memory_equal(answer.body, answer.quote, sizeof answer.quote);
    assert_memory_equal(answer.key, "-----BEGIN PUBLIC KEY-----\n", 27);
    assert_memory_equal(answer.key + 426, "-----END PUBLIC KEY-----\n", 25);
    sha256(answer.key, sizeof answer.key, hash);
    expect_bound(&answer, hash);
    boundary_free(b);
}

/* One key for the life of the core, another for the next. */
static void test_key_is_made_once(void **unused)
{
    (void)unused;
    struct answer answers[3];
    struct boundary *b[2] = {boundary_new(), boundary_new()};
    const struct kc_message get = {.type = KC_MESSAGE_GET_REPORT, .id = 1};
    for (size_t i = 0; i < 3; i++) {
        struct boundary *with = b[i / 2];
        if (i != 1)
            boundary_start(with);
        boundary_say(with, get);
        boundary_say(with, message_target(1));
        assert_int_equal(with->count, i == 1 ? 1 : 2); /* KEY_MADE before QUOTE_WANTED */
        if (i != 1) {
            assert_int_equal(with->effect[0].type, KC_EFFECT_LOG);
            assert_int_equal(with->effect[0].code, KC_LOG_KEY_MADE);
        }
        boundary_say(with, (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = 1, .code = 5});
        boundary_say(with, get);
        complete(with, 1, KC_EFFECT_REPORT, &answers[i]);
    }
    assert_memory_equal(answers[0].key, answers[1].key, KC_PUBLIC_KEY_SIZE);
    assert_memory_not_equal(answers[0].key, answers[2].key, KC_PUBLIC_KEY_SIZE);
    boundary_free(b[0]);
    boundary_free(b[1]);
}

/* The serialised claims, written here a second time by hand (openenclave custom_claims.c). */
static void claims_of(const uint8_t key[KC_PUBLIC_KEY_SIZE], uint8_t out[CLAIMS_SIZE])
{
    static const uint8_t head[] = "\1\0\0\0\0\0\0\0"
                                  "\2\0\0\0\0\0\0\0"
                                  "\6\0\0\0\0\0\0\0"
                                  "\30\0\0\0\0\0\0\0"
                                  "Event\0"
                                  "Attestation KMS example\0"
                                  "\20\0\0\0\0\0\0\0"
                                  "\40\0\0\0\0\0\0\0"
                                  "Public key hash";
    assert_int_equal(sizeof head, CLAIMS_SIZE - 32);
    memcpy(out, head, sizeof head);
    sha256(key, KC_PUBLIC_KEY_SIZE, out + sizeof head);
}

static void expect_header(const struct answer *answer, const char *uuid)
{
    uint8_t want[EVIDENCE_HEADER] = {3};
    memcpy(want + 4, uuid, 16);
    want[24] = (uint8_t)(answer->body_len - EVIDENCE_HEADER);
    want[25] = (uint8_t)((answer->body_len - EVIDENCE_HEADER) >> 8);
    assert_memory_equal(answer->body, want, sizeof want);
}

static void test_sgx_ecdsa_to_the_byte(void **unused)
{
    (void)unused;
    uint8_t claims[CLAIMS_SIZE];
    uint8_t hash[32];
    struct answer answer;
    struct boundary *b = boundary_new();
    boundary_start(b);
    get_evidence(b, KC_OE_SGX_ECDSA, &answer);
    claims_of(answer.key, claims);
    assert_int_equal(answer.body_len, EVIDENCE_HEADER + TEST_QUOTE_SIZE + CLAIMS_SIZE);
    expect_header(&answer, "\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c");
    assert_memory_equal(answer.body + EVIDENCE_HEADER, answer.quote, TEST_QUOTE_SIZE);
    assert_memory_equal(answer.body + EVIDENCE_HEADER + TEST_QUOTE_SIZE, claims, CLAIMS_SIZE);
    sha256(claims, sizeof claims, hash);
    expect_bound(&answer, hash);
    boundary_free(b);
}

static void test_legacy_report_to_the_byte(void **unused)
{
    (void)unused;
    uint8_t hash[32];
    struct answer answer;
    uint8_t head[16] = {1, 0, 0, 0, 2, [8] = TEST_QUOTE_SIZE & 0xff, [9] = TEST_QUOTE_SIZE >> 8};
    struct boundary *b = boundary_new();
    boundary_start(b);
    get_evidence(b, KC_OE_LEGACY_REPORT_REMOTE, &answer);
    assert_int_equal(answer.body_len, EVIDENCE_HEADER + 16 + TEST_QUOTE_SIZE);
    expect_header(&answer, "\xc8\x30\x34\x54\xd9\x23\x4c\x2c\xa6\x91\xdf\x7d\xef\x46\x0a\x76");
    assert_memory_equal(answer.body + EVIDENCE_HEADER, head, sizeof head);
    assert_memory_equal(answer.body + EVIDENCE_HEADER + 16, answer.quote, TEST_QUOTE_SIZE);
    sha256(answer.key, sizeof answer.key, hash);
    expect_bound(&answer, hash);
    boundary_free(b);
}

static void test_raw_quote_to_the_byte(void **unused)
{
    (void)unused;
    uint8_t hash[32];
    struct answer answer;
    struct boundary *b = boundary_new();
    boundary_start(b);
    get_evidence(b, KC_OE_RAW_SGX_QUOTE_ECDSA, &answer);
    assert_int_equal(answer.body_len, EVIDENCE_HEADER + TEST_QUOTE_SIZE);
    expect_header(&answer, "\x19\x23\xd9\x1e\x12\xd2\x4c\x72\xb2\x20\x25\xcd\x8d\xac\xe8\x71");
    assert_memory_equal(answer.body + EVIDENCE_HEADER, answer.quote, TEST_QUOTE_SIZE);
    sha256(answer.key, sizeof answer.key, hash);
    expect_bound(&answer, hash);
    boundary_free(b);
}

static void expect_failed(const struct kc_effect *effect, enum kc_failure code, uint32_t detail)
{
    assert_int_equal(effect->type, KC_EFFECT_FAILED);
    assert_int_equal(effect->code, code);
    assert_int_equal(effect->detail, detail);
}

static void test_formats_refused(void **unused)
{
    (void)unused;
    static const enum kc_oe_format known[] = {KC_OE_SGX_LOCAL, KC_OE_SGX_EPID_LINKABLE,
                                              KC_OE_SGX_EPID_UNLINKABLE, KC_OE_TDX_QUOTE_ECDSA};
    static const enum kc_oe_format ours[] = {KC_OE_SGX_ECDSA, KC_OE_LEGACY_REPORT_REMOTE,
                                             KC_OE_RAW_SGX_QUOTE_ECDSA};
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct kc_message message = message_evidence(1, kc_oe_format_uuid(known[i]));
        expect_failed(boundary_say(b, message), KC_FAILURE_FORMAT, known[i]);
    }
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        struct kc_message message = message_evidence(1, kc_oe_format_uuid(ours[i]));
        message.body = kc_bytes_of(test_target, KC_MESSAGE_SETTINGS_MAX / 2);
        expect_failed(boundary_say(b, message), KC_FAILURE_SETTINGS, KC_MESSAGE_SETTINGS_MAX / 2);
    }
    const struct kc_message unknown = message_evidence(1, test_target);
    expect_failed(boundary_say(b, unknown), KC_FAILURE_FORMAT_UNKNOWN, 0);
    boundary_free(b);
}

/* Bytes of a correct quote changed, cut or added to: refused, and the request is over. */
static void test_wrong_quotes(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        size_t at; /* of the byte to change */
        int longer;
        enum kc_failure want;
        uint32_t detail;
    } rows[] = {
        {"version", 0, 0, KC_FAILURE_QUOTE_SHAPE, 2},
        {"length field", 432, 0, KC_FAILURE_QUOTE_SHAPE, 1024},
        {"cut", 4, -1, KC_FAILURE_QUOTE_SHAPE, 1023},
        {"one byte more", 4, 1, KC_FAILURE_QUOTE_TRAILING, 1},
        {"first byte of mrenclave", 112, 0, KC_FAILURE_QUOTE_MRENCLAVE, 0},
        {"last byte of mrenclave", 143, 0, KC_FAILURE_QUOTE_MRENCLAVE, 0},
        {"attribute flags", 96, 0, KC_FAILURE_QUOTE_ATTRIBUTES, 0},
        {"last byte of xfrm", 111, 0, KC_FAILURE_QUOTE_ATTRIBUTES, 0},
        {"first byte of report data", 368, 0, KC_FAILURE_QUOTE_REPORT_DATA, 0},
        {"last byte of the hash", 399, 0, KC_FAILURE_QUOTE_REPORT_DATA, 0},
        {"first of the zeros", 400, 0, KC_FAILURE_QUOTE_REPORT_DATA, 0},
        {"last of the zeros", 431, 0, KC_FAILURE_QUOTE_REPORT_DATA, 0},
        {"cpusvn", 48, 0, KC_FAILURE_QUOTE_BODY, 0},
        {"mrsigner", 176, 0, KC_FAILURE_QUOTE_BODY, 0},
        {"isv_svn", 306, 0, KC_FAILURE_QUOTE_BODY, 0},
        {"reserved byte", 367, 0, KC_FAILURE_QUOTE_BODY, 0},
    };
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t report[KC_SGX_REPORT_SIZE];
        uint8_t quote[TEST_QUOTE_SIZE + 1] = {0};
        struct kc_message in = {.type = KC_MESSAGE_QUOTE, .id = 3};
        boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 3});
        boundary_get_report_for_quote(b, 3, report);
        test_quote_of(report, quote);
        if (rows[i].longer == 0)
            quote[rows[i].at] ^= 1;
        in.body = kc_bytes_of(quote, (size_t)(TEST_QUOTE_SIZE + rows[i].longer));
        const struct kc_effect *effect = boundary_say(b, in);
        if (effect->type != KC_EFFECT_FAILED || effect->code != rows[i].want ||
            effect->detail != rows[i].detail)
            fail_msg("%s: effect %x, code %u, detail %u", rows[i].name, effect->type, effect->code,
                     effect->detail);
        assert_int_equal(boundary_say(b, in)->code, KC_REFUSAL_UNKNOWN_ID);
    }
    boundary_free(b);
}

/* The quote of one request is no answer to another that binds something else. */
static void test_quotes_cannot_be_swapped(void **unused)
{
    (void)unused;
    uint8_t report[2][KC_SGX_REPORT_SIZE];
    uint8_t quote[TEST_QUOTE_SIZE];
    struct boundary *b = boundary_new();
    boundary_start(b);
    boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 1});
    boundary_say(b, message_evidence(2, kc_oe_format_uuid(KC_OE_SGX_ECDSA)));
    boundary_get_report_for_quote(b, 1, report[0]);
    boundary_get_report_for_quote(b, 2, report[1]);
    for (size_t i = 0; i < 2; i++) {
        struct kc_message in = {
            .type = KC_MESSAGE_QUOTE, .id = i + 1, .body = {quote, sizeof quote}};
        test_quote_of(report[1 - i], quote);
        expect_failed(boundary_say(b, in), KC_FAILURE_QUOTE_REPORT_DATA, 0);
    }
    boundary_free(b);
}

/* 42 and 43: all again with a new target, three times at most. */
static void test_begin_again(void **unused)
{
    (void)unused;
    uint8_t report[KC_SGX_REPORT_SIZE];
    struct answer answer;
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (unsigned failures = 1; failures <= 3; failures++) {
        boundary_say(b, (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 9});
        for (unsigned i = 0; i < failures; i++) {
            struct kc_message in = {.type = KC_MESSAGE_QUOTE, .id = 9, .code = 42 + i % 2};
            boundary_get_report_for_quote(b, 9, report);
            const struct kc_effect *effect = boundary_say(b, in);
            if (i == 2) {
                expect_failed(effect, KC_FAILURE_TRIES, 3);
                continue;
            }
            assert_int_equal(effect->type, KC_EFFECT_TARGET_WANTED);
            assert_int_equal(b->effect[0].type, KC_EFFECT_LOG);
            assert_int_equal(b->effect[0].code, KC_LOG_QUOTE_AGAIN);
            assert_int_equal(b->effect[0].number2, 42 + i % 2);
        }
        if (failures < 3)
            complete(b, 9, KC_EFFECT_REPORT, &answer);
    }
    boundary_free(b);
}

/* Reserved bytes of the target info, and a processor that makes no report. */
static void test_bad_targets(void **unused)
{
    (void)unused;
    static const size_t reserved[] = {49, 56, 63, 128, 511};
    struct boundary *b = boundary_new();
    struct kc_message get = {.type = KC_MESSAGE_GET_REPORT, .id = 1};
    boundary_start(b);
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0};
        struct kc_message in = message_target(1);
        target[reserved[i]] = 1;
        in.body.ptr = target;
        boundary_say(b, get);
        expect_failed(boundary_say(b, in), KC_FAILURE_TARGET_RESERVED, 0);
    }
    b->machine.broken = true;
    boundary_say(b, get);
    expect_failed(boundary_say(b, message_target(1)), KC_FAILURE_PLATFORM, 0);
    boundary_free(b);
}

struct party {
    struct boundary *shared;
    uint64_t id;
    uint8_t key[KC_PUBLIC_KEY_SIZE];
};

/* One thread's conversation; cmocka's checks belong to the main thread, so it only fills `key`. */
static void *take_part(void *argument)
{
    struct party *party = argument;
    struct boundary *b = calloc(1, sizeof *b);
    b->core = party->shared->core;
    b->out = malloc(KC_CORE_FRAME_MAX);
    uint8_t in[4096];
    struct kc_message messages[2] = {{.type = KC_MESSAGE_GET_REPORT, .id = party->id},
                                     message_target(party->id)};
    struct kc_writer w = kc_writer_of((struct kc_room){in, sizeof in});
    kc_message_encode(&w, &messages[0]);
    kc_message_encode(&w, &messages[1]);
    if (boundary_send_bytes(b, kc_writer_written(&w)) == KC_OK) {
        uint8_t quote[TEST_QUOTE_SIZE];
        test_quote_of(b->effect[b->count - 1].body.ptr, quote);
        struct kc_message back = {
            .type = KC_MESSAGE_QUOTE, .id = party->id, .body = {quote, sizeof quote}};
        w = kc_writer_of((struct kc_room){in, sizeof in});
        kc_message_encode(&w, &back);
        if (boundary_send_bytes(b, kc_writer_written(&w)) == KC_OK &&
            b->effect[0].type == KC_EFFECT_REPORT)
            memcpy(party->key, b->effect[0].key.ptr, sizeof party->key);
    }
    free(b->out);
    free(b);
    return NULL;
}

/* Threads that need the key at the same time agree on one. */
static void test_threads_share_the_key(void **unused)
{
    (void)unused;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct party parties[THREADS] = {0};
    struct boundary *b = boundary_new();
    boundary_start(b);
    for (size_t i = 0; i < THREADS; i++) {
        parties[i].shared = b;
        parties[i].id = i;
        assert_int_equal(pthread_create(&threads[i], NULL, take_part, &parties[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_memory_equal(parties[0].key, "-----BEGIN PUBLIC KEY-----", 26);
    for (size_t i = 1; i < THREADS; i++)
        assert_memory_equal(parties[i].key, parties[0].key, KC_PUBLIC_KEY_SIZE);
    boundary_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_key_is_made_once),
        cmocka_unit_test(test_sgx_ecdsa_to_the_byte),
        cmocka_unit_test(test_legacy_report_to_the_byte),
        cmocka_unit_test(test_raw_quote_to_the_byte),
        cmocka_unit_test(test_formats_refused),
        cmocka_unit_test(test_wrong_quotes),
        cmocka_unit_test(test_quotes_cannot_be_swapped),
        cmocka_unit_test(test_begin_again),
        cmocka_unit_test(test_bad_targets),
        cmocka_unit_test(test_threads_share_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
