#include "core/effect.h"
#include "core/frame.h"
#include "core/message.h"
#include "test.h"

struct frame_row {
    const char *name;
    const char *bytes;
    size_t len;
    enum kc_err want;
};

#define ROW(name, bytes, want)                                                                     \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, want                                                       \
    }

static const struct frame_row frames[] = {
    ROW("empty batch", "", KC_ERR_MALFORMED),
    ROW("one without payload", "\1\0\0\0\0\0\0\0", KC_OK),
    ROW("one with payload", "\1\0\0\0\2\0\0\0ab", KC_OK),
    ROW("two", "\1\0\0\0\1\0\0\0a\2\0\0\0\0\0\0\0", KC_OK),
    ROW("unknown type is the dispatcher's", "\377\177\0\0\0\0\0\0", KC_OK),
    ROW("cut in the type", "\1", KC_ERR_MALFORMED),
    ROW("cut in the length", "\1\0\0\0\2\0\0", KC_ERR_MALFORMED),
    ROW("payload one short", "\1\0\0\0\2\0\0\0a", KC_ERR_MALFORMED),
    ROW("byte behind", "\1\0\0\0\1\0\0\0ab", KC_ERR_MALFORMED),
    ROW("second is cut", "\1\0\0\0\1\0\0\0a\2\0\0\0\1\0\0\0", KC_ERR_MALFORMED),
    ROW("zero field low", "\1\0\1\0\0\0\0\0", KC_ERR_MALFORMED),
    ROW("zero field high", "\1\0\0\200\0\0\0\0", KC_ERR_MALFORMED),
    ROW("length of 4 GiB", "\1\0\0\0\377\377\377\377ab", KC_ERR_MALFORMED),
    ROW("length that wraps to here", "\1\0\0\0\370\377\377\377", KC_ERR_MALFORMED),
};

static void test_check(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        struct kc_bytes frame = kc_bytes_of(frames[i].bytes, frames[i].len);
        if (kc_frame_check(frame, 2) != frames[i].want)
            fail_msg("%s", frames[i].name);
    }
}

static void test_count_is_bounded(void **unused)
{
    (void)unused;
    uint8_t frame[3 * KC_FRAME_HEADER_SIZE] = {1, [8] = 1, [16] = 1};
    assert_int_equal(kc_frame_check(kc_bytes_of(frame, sizeof frame), 3), KC_OK);
    assert_int_equal(kc_frame_check(kc_bytes_of(frame, sizeof frame), 2), KC_ERR_MALFORMED);
}

static void test_next(void **unused)
{
    (void)unused;
    struct kc_reader r = kc_reader_of(kc_bytes_of("\1\0\0\0\1\0\0\0a\2\0\0\0\0\0\0\0", 17));
    struct kc_frame_message message = {0};
    assert_true(kc_frame_next(&r, &message));
    assert_int_equal(message.type, 1);
    assert_true(kc_bytes_equal(message.payload, kc_bytes_of("a", 1)));
    assert_true(kc_frame_next(&r, &message));
    assert_int_equal(message.type, 2);
    assert_int_equal(message.payload.len, 0);
    assert_false(kc_frame_next(&r, &message));
}

static const uint8_t filled[KC_PUBLIC_KEY_SIZE] = {1, 2, 3};

static const struct kc_message messages[] = {
    {.type = KC_MESSAGE_START, .version = 1, .requests_max = 64, .now = 1700000000},
    {.type = KC_MESSAGE_START,
     .version = 1,
     .requests_max = 64,
     .sessions_max = 9,
     .certificate_life = 60,
     .names = {filled, 4},
     .body = {filled, 7}},
    {.type = KC_MESSAGE_TICK, .now = UINT64_MAX},
    {.type = KC_MESSAGE_GET_REPORT, .id = 0x0102030405060708},
    {.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = 1, .format = {9, [15] = 8}},
    {.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = 1, .body = {filled, 3}},
    {.type = KC_MESSAGE_TARGETINFO, .id = 2, .body = {filled, KC_SGX_TARGETINFO_SIZE}},
    {.type = KC_MESSAGE_TARGETINFO, .id = 2, .code = 30},
    {.type = KC_MESSAGE_QUOTE, .id = 3, .body = {filled, 1}},
    {.type = KC_MESSAGE_QUOTE, .id = 3, .code = 42},
    {.type = KC_MESSAGE_OPEN, .conn = 0x10001, .listener = KC_LISTENER_RATLS},
    {.type = KC_MESSAGE_BYTES, .conn = 0x10001, .body = {filled, 9}},
    {.type = KC_MESSAGE_CLOSE, .conn = 0x10001},
    {.type = KC_MESSAGE_RESUME, .conn = 0x10001},
    {.type = KC_MESSAGE_WORK},
    {.type = KC_MESSAGE_RECORD, .conn = 2, .record = {KC_RECORD_KEY, 1, "k"}, .body = {filled, 9}},
    {.type = KC_MESSAGE_RECORD,
     .conn = 2,
     .record = {KC_RECORD_TOKEN, 2, "ab"},
     .code = KC_FOUND_NOTHING},
    {.type = KC_MESSAGE_IDS, .conn = 2, .record.class = KC_RECORD_KEY, .body = {filled, 3}},
    {.type = KC_MESSAGE_IDS, .conn = 2, .record.class = KC_RECORD_KEY, .end = true},
    {.type = KC_MESSAGE_IDS, .conn = 2, .record.class = KC_RECORD_KEY, .code = KC_FOUND_FAILED},
    {.type = KC_MESSAGE_STORED, .conn = 2, .batch = {7, [15] = 8}, .code = KC_STORED_CONFLICT},
};

/* The one message of a batch. */
static struct kc_frame_message only(struct kc_bytes frame)
{
    struct kc_frame_message message = {0};
    struct kc_reader r = kc_reader_of(frame);
    assert_int_equal(kc_frame_check(frame, 1), KC_OK);
    assert_true(kc_frame_next(&r, &message));
    return message;
}

static void test_messages_round_trip(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        const struct kc_message *in = &messages[i];
        struct kc_message out = {0};
        uint8_t buffer[1024];
        struct kc_writer w = kc_writer_of((struct kc_room){buffer, sizeof buffer});
        kc_message_encode(&w, in);
        struct kc_frame_message frame = only(kc_writer_written(&w));
        assert_int_equal(kc_message_decode(&frame, &out), KC_OK);
        assert_int_equal(out.type, in->type);
        assert_int_equal(out.version, in->version);
        assert_int_equal(out.requests_max, in->requests_max);
        assert_int_equal(out.now, in->now);
        assert_int_equal(out.id, in->id);
        assert_int_equal(out.code, in->code);
        assert_memory_equal(out.format, in->format, sizeof in->format);
        assert_int_equal(out.sessions_max, in->sessions_max);
        assert_int_equal(out.certificate_life, in->certificate_life);
        assert_true(kc_bytes_equal(out.names, in->names));
        assert_int_equal(out.conn, in->conn);
        assert_int_equal(out.listener, in->listener);
        assert_true(kc_record_id_equal(&out.record, &in->record));
        assert_int_equal(out.end, in->end);
        assert_memory_equal(out.batch, in->batch, sizeof in->batch);
        assert_true(kc_bytes_equal(out.body, in->body));
    }
}

struct payload_row {
    const char *name;
    uint16_t type;
    size_t len; /* of a payload that starts with `first` and goes on with zeros */
    uint8_t first;
    uint8_t code; /* at offset 8 */
    enum kc_err want;
};

static const struct payload_row payloads[] = {
    {"type 0", 0, 0, 0, 0, KC_ERR_UNSUPPORTED},
    {"type 15", 15, 8, 0, 0, KC_ERR_UNSUPPORTED},
    {"an effect's type", KC_EFFECT_READY, 8, 0, 0, KC_ERR_UNSUPPORTED},
    {"start short", KC_MESSAGE_START, 31, 1, 0, KC_ERR_MALFORMED},
    {"start long", KC_MESSAGE_START, 33, 1, 0, KC_ERR_MALFORMED},
    {"open short", KC_MESSAGE_OPEN, 11, 1, 0, KC_ERR_MALFORMED},
    {"open long", KC_MESSAGE_OPEN, 13, 1, 0, KC_ERR_MALFORMED},
    {"bytes without a number", KC_MESSAGE_BYTES, 7, 1, 0, KC_ERR_MALFORMED},
    {"close long", KC_MESSAGE_CLOSE, 9, 1, 0, KC_ERR_MALFORMED},
    {"resume long", KC_MESSAGE_RESUME, 9, 1, 0, KC_ERR_MALFORMED},
    {"work long", KC_MESSAGE_WORK, 1, 0, 0, KC_ERR_MALFORMED},
    {"record of no class", KC_MESSAGE_RECORD, 15, 0, 0, KC_ERR_MALFORMED},
    {"ids with a blank that is set", KC_MESSAGE_IDS, 16, 0, 1, KC_ERR_MALFORMED},
    {"stored long", KC_MESSAGE_STORED, 29, 0, 0, KC_ERR_MALFORMED},
    {"tick short", KC_MESSAGE_TICK, 7, 1, 0, KC_ERR_MALFORMED},
    {"tick long", KC_MESSAGE_TICK, 9, 1, 0, KC_ERR_MALFORMED},
    {"report without id", KC_MESSAGE_GET_REPORT, 0, 0, 0, KC_ERR_MALFORMED},
    {"report long", KC_MESSAGE_GET_REPORT, 9, 0, 0, KC_ERR_MALFORMED},
    {"evidence cut in the format", KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, 23, 0, 0,
     KC_ERR_MALFORMED},
    {"target without bytes", KC_MESSAGE_TARGETINFO, 12, 0, 0, KC_ERR_MALFORMED},
    {"target short", KC_MESSAGE_TARGETINFO, 12 + 511, 0, 0, KC_ERR_MALFORMED},
    {"target long", KC_MESSAGE_TARGETINFO, 12 + 513, 0, 0, KC_ERR_MALFORMED},
    {"target beside a code", KC_MESSAGE_TARGETINFO, 12 + 512, 0, 1, KC_ERR_MALFORMED},
    {"target cut in the code", KC_MESSAGE_TARGETINFO, 11, 0, 1, KC_ERR_MALFORMED},
    {"quote without bytes", KC_MESSAGE_QUOTE, 12, 0, 0, KC_ERR_MALFORMED},
    {"quote beside a code", KC_MESSAGE_QUOTE, 13, 0, 42, KC_ERR_MALFORMED},
    {"quote cut in the code", KC_MESSAGE_QUOTE, 9, 0, 42, KC_ERR_MALFORMED},
};

static void test_message_refusals(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        uint8_t bytes[1024] = {payloads[i].first, [8] = payloads[i].code};
        struct kc_frame_message frame = {payloads[i].type, {bytes, payloads[i].len}};
        struct kc_message out = {0};
        if (kc_message_decode(&frame, &out) != payloads[i].want)
            fail_msg("%s", payloads[i].name);
        assert_int_equal(out.type, 0);
    }
}

static const struct kc_effect effects[] = {
    {.type = KC_EFFECT_READY, .version = 1, .requests_max = 3},
    {.type = KC_EFFECT_REFUSED, .message = 9, .code = KC_REFUSAL_ID_IN_USE, .number = 77},
    {.type = KC_EFFECT_TARGET_WANTED, .id = 5},
    {.type = KC_EFFECT_QUOTE_WANTED, .id = 5, .body = {filled, KC_SGX_REPORT_SIZE}},
    {.type = KC_EFFECT_REPORT, .id = 5, .key = {filled, KC_PUBLIC_KEY_SIZE}, .body = {filled, 9}},
    {.type = KC_EFFECT_EVIDENCE, .id = 5, .key = {filled, KC_PUBLIC_KEY_SIZE}, .body = {filled, 9}},
    {.type = KC_EFFECT_FAILED, .id = 5, .code = KC_FAILURE_QUOTE, .detail = 30},
    {.type = KC_EFFECT_LOG, .code = KC_LOG_QUOTE_AGAIN, .number = 1, .number2 = 2},
    {.type = KC_EFFECT_SEND, .conn = 3, .body = {filled, 9}},
    {.type = KC_EFFECT_CLOSE, .conn = 3, .code = KC_CLOSE_TLS},
    {.type = KC_EFFECT_RESUME_WANTED, .conn = 3},
    {.type = KC_EFFECT_WORK_WANTED},
    {.type = KC_EFFECT_FETCH, .conn = 3, .record = {KC_RECORD_KEY, 1, "k"}},
    {.type = KC_EFFECT_SCAN, .conn = 3, .record = {.class = KC_RECORD_KEY}, .limit = 5},
    {.type = KC_EFFECT_STORE, .conn = 3, .batch = {7, [15] = 8}, .body = {filled, 9}},
    {.type = KC_EFFECT_SERVING, .kms_id = {1, [31] = 2}, .not_before = 5, .not_after = 6},
};

static void test_effects_round_trip(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(effects); i++) {
        const struct kc_effect *in = &effects[i];
        struct kc_effect out = {0};
        uint8_t buffer[1024];
        struct kc_writer w = kc_writer_of((struct kc_room){buffer, sizeof buffer});
        kc_effect_encode(&w, in);
        struct kc_frame_message frame = only(kc_writer_written(&w));
        assert_int_equal(kc_effect_decode(&frame, &out), KC_OK);
        assert_int_equal(out.type, in->type);
        assert_int_equal(out.version, in->version);
        assert_int_equal(out.requests_max, in->requests_max);
        assert_int_equal(out.message, in->message);
        assert_int_equal(out.code, in->code);
        assert_int_equal(out.detail, in->detail);
        assert_int_equal(out.number, in->number);
        assert_int_equal(out.number2, in->number2);
        assert_int_equal(out.id, in->id);
        assert_true(kc_bytes_equal(out.key, in->key));
        assert_true(kc_bytes_equal(out.body, in->body));
        assert_int_equal(out.conn, in->conn);
        assert_true(kc_record_id_equal(&out.record, &in->record));
        assert_int_equal(out.limit, in->limit);
        assert_memory_equal(out.batch, in->batch, sizeof in->batch);
        assert_memory_equal(out.kms_id, in->kms_id, sizeof in->kms_id);
        assert_int_equal(out.not_before, in->not_before);
        assert_int_equal(out.not_after, in->not_after);
    }
}

static void test_store_writes_round_trip(void **unused)
{
    (void)unused;
    const struct kc_store_write in[] = {
        {{KC_RECORD_KEY, 2, "k1"}, 0, {filled, 9}},
        {{KC_RECORD_TOKEN, 1, "a"}, 77, {filled, 1}},
    };
    uint8_t buffer[256];
    struct kc_store_write out;
    struct kc_writer w = kc_writer_of((struct kc_room){buffer, sizeof buffer});
    for (size_t i = 0; i < COUNT_OF(in); i++)
        kc_store_write_encode(&w, &in[i]);
    struct kc_reader r = kc_reader_of(kc_writer_written(&w));
    for (size_t i = 0; i < COUNT_OF(in); i++) {
        assert_true(kc_store_write_next(&r, &out));
        assert_true(kc_record_id_equal(&out.id, &in[i].id));
        assert_int_equal(out.replaces, in[i].replaces);
        assert_true(kc_bytes_equal(out.blob, in[i].blob));
    }
    assert_false(kc_store_write_next(&r, &out));
    assert_true(kc_reader_done(&r));
    for (size_t cut = 1; cut < w.len; cut++) { /* a list that is cut short ends and is not done */
        r = kc_reader_of(kc_bytes_of(buffer, w.len - cut));
        while (kc_store_write_next(&r, &out))
            ;
        assert_true(cut == 16 || !kc_reader_done(&r));
    }
}

static void test_record_names(void **unused)
{
    (void)unused;
    char long_name[KC_RECORD_NAME_MAX + 2];
    memset(long_name, 'a', sizeof long_name);
    long_name[KC_RECORD_NAME_MAX + 1] = 0;
    const struct {
        const char *name;
        bool want;
    } rows[] = {
        {"a", true},   {"A-Z_0.9", true},  {"", false},           {".", false},
        {"..", false}, {".a", false},      {"a/b", false},        {"a b", false},
        {"Ã©", false}, {long_name, false}, {long_name + 1, true},
    };
    struct kc_record_id id;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(kc_record_id_make(KC_RECORD_KEY, kc_bytes_of_text(rows[i].name), &id),
                         rows[i].want);
}

/* No payload of these lengths is an effect of the fixed sizes. */
static void test_effect_refusals(void **unused)
{
    (void)unused;
    static const uint8_t zeros[1024];
    static const struct {
        uint16_t type;
        size_t len;
        enum kc_err want;
    } rows[] = {
        {0x8000, 8, KC_ERR_UNSUPPORTED},
        {0x8011, 8, KC_ERR_UNSUPPORTED},
        {KC_EFFECT_SEND, 7, KC_ERR_MALFORMED},
        {KC_EFFECT_CLOSE, 11, KC_ERR_MALFORMED},
        {KC_EFFECT_WORK_WANTED, 1, KC_ERR_MALFORMED},
        {KC_EFFECT_FETCH, 10, KC_ERR_MALFORMED}, /* no class is 0 */
        {KC_EFFECT_STORE, 23, KC_ERR_MALFORMED},
        {KC_EFFECT_SERVING, 47, KC_ERR_MALFORMED},
        {KC_EFFECT_READY, 7, KC_ERR_MALFORMED},
        {KC_EFFECT_READY, 9, KC_ERR_MALFORMED},
        {KC_EFFECT_REFUSED, 15, KC_ERR_MALFORMED},
        {KC_EFFECT_TARGET_WANTED, 9, KC_ERR_MALFORMED},
        {KC_EFFECT_QUOTE_WANTED, 8 + 431, KC_ERR_MALFORMED},
        {KC_EFFECT_QUOTE_WANTED, 8 + 433, KC_ERR_MALFORMED},
        {KC_EFFECT_REPORT, 8 + 511, KC_ERR_MALFORMED},
        {KC_EFFECT_EVIDENCE, 7, KC_ERR_MALFORMED},
        {KC_EFFECT_FAILED, 17, KC_ERR_MALFORMED},
        {KC_EFFECT_LOG, 19, KC_ERR_MALFORMED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_frame_message frame = {rows[i].type, {zeros, rows[i].len}};
        struct kc_effect out = {0};
        assert_int_equal(kc_effect_decode(&frame, &out), rows[i].want);
    }
}

/* What has no payload of its own cannot be encoded by mistake. */
static void test_encoders_refuse_unknown_types(void **unused)
{
    (void)unused;
    struct kc_writer w = KC_WRITER_COUNT;
    kc_message_encode(&w, &(struct kc_message){.type = 99});
    assert_true(kc_writer_failed(&w));
    w = KC_WRITER_COUNT;
    kc_effect_encode(&w, &(struct kc_effect){.type = 99});
    assert_true(kc_writer_failed(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_count_is_bounded),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_messages_round_trip),
        cmocka_unit_test(test_message_refusals),
        cmocka_unit_test(test_effects_round_trip),
        cmocka_unit_test(test_store_writes_round_trip),
        cmocka_unit_test(test_record_names),
        cmocka_unit_test(test_effect_refusals),
        cmocka_unit_test(test_encoders_refuse_unknown_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
