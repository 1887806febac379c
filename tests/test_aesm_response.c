#include "test.h"

#include "aesm/messages.pb-c.h"
#include "aesm/response.h"
#include "base/writer.h"

/* Messages as bytes, written without protobuf-c: a field is its tag, its length, its content. */
static void put_varint(struct kc_writer *w, uint64_t n)
{
    while (n >= 0x80) {
        kc_writer_u8(w, (uint8_t)(n | 0x80));
        n >>= 7;
    }
    kc_writer_u8(w, (uint8_t)n);
}

static void put_bytes(struct kc_writer *w, unsigned field, struct kc_bytes bytes)
{
    put_varint(w, field << 3 | 2);
    put_varint(w, bytes.len);
    kc_writer_bytes(w, bytes);
}

static void put_number(struct kc_writer *w, unsigned field, uint64_t n)
{
    put_varint(w, field << 3);
    put_varint(w, n);
}

/* A response with `code` and, unless `len` is negative, `len` bytes in field 2. */
static struct kc_bytes make_answer(struct kc_room room, unsigned field, uint32_t code,
                                   const uint8_t *bytes, long len)
{
    static uint8_t inner[70000];
    struct kc_writer v = kc_writer_of((struct kc_room){inner, sizeof inner});
    struct kc_writer w = kc_writer_of(room);
    put_number(&v, 1, code);
    if (len >= 0)
        put_bytes(&v, 2, kc_bytes_of(bytes, (size_t)len));
    put_bytes(&w, field, kc_writer_written(&v));
    assert_false(kc_writer_failed(&w));
    return kc_writer_written(&w);
}

static void test_init_quote(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned field;
        uint32_t code;
        long len;
        enum kc_err want;
        uint32_t want_code;
    } rows[] = {
        {"good", 15, 0, 512, KC_OK, 0},
        {"no target info", 15, 0, -1, KC_ERR_MALFORMED, 0},
        {"empty target info", 15, 0, 0, KC_ERR_MALFORMED, 0},
        {"one byte short", 15, 0, 511, KC_ERR_MALFORMED, 0},
        {"one byte long", 15, 0, 513, KC_ERR_MALFORMED, 0},
        {"an error with a target info", 15, 1, 512, KC_ERR_REFUSED, 1},
        {"no platform library", 15, 41, -1, KC_ERR_REFUSED, 41},
        {"not initialised", 15, 42, -1, KC_ERR_STATE, 42},
        {"answer to GetQuoteSizeEx", 16, 0, -1, KC_ERR_MALFORMED, 0},
        {"answer to GetQuoteEx", 17, 0, 512, KC_ERR_MALFORMED, 0},
        {"unsupported", 20, 7, -1, KC_ERR_REFUSED, 7},
        {"a field that is not known", 99, 0, 512, KC_ERR_MALFORMED, 0},
    };
    uint8_t content[513];
    uint8_t room[1024];
    memset(content, 0xc4, sizeof content);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t target_info[512] = {0};
        struct kc_aesm_error error = {0};
        struct kc_bytes message = make_answer((struct kc_room){room, sizeof room}, rows[i].field,
                                              rows[i].code, content, rows[i].len);
        enum kc_err err = kc_aesm_response_init_quote(message, target_info, &error);
        if (err != rows[i].want || error.code != rows[i].want_code)
            fail_msg("%s: %s, code %u", rows[i].name, kc_error_name(err), error.code);
        assert_int_equal(target_info[511], err == KC_OK ? 0xc4 : 0);
        if (err != KC_OK)
            assert_true(error.what[0] != '\0' && error.mend[0] != '\0');
    }
}

static void test_quote(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned field;
        uint32_t code;
        long len;      /* of the answer's quote field */
        uint32_t says; /* the length of the signature data, at offset 432 */
        size_t room;   /* ours */
        enum kc_err want;
        size_t want_len;
    } rows[] = {
        {"exact", 17, 0, 1000, 564, 1000, KC_OK, 1000},
        {"padded", 17, 0, 8192, 564, 4096, KC_OK, 1000},
        {"nothing signed", 17, 0, 436, 0, 4096, KC_OK, 436},
        {"one byte missing", 17, 0, 999, 564, 4096, KC_ERR_MALFORMED, 0},
        {"length of 4 GiB", 17, 0, 8192, UINT32_MAX, 4096, KC_ERR_MALFORMED, 0},
        {"length that wraps to 0", 17, 0, 8192, UINT32_MAX - 435, 4096, KC_ERR_MALFORMED, 0},
        {"no length", 17, 0, 435, 0, 4096, KC_ERR_MALFORMED, 0},
        {"empty", 17, 0, 0, 0, 4096, KC_ERR_MALFORMED, 0},
        {"absent", 17, 0, -1, 0, 4096, KC_ERR_MALFORMED, 0},
        {"larger than our room", 17, 0, 8192, 4097 - 436, 4096, KC_ERR_ROOM, 0},
        {"just our room", 17, 0, 8192, 4096 - 436, 4096, KC_OK, 4096},
        {"an error with a quote", 17, 47, 1000, 564, 4096, KC_ERR_REFUSED, 0},
        {"42", 17, 42, -1, 0, 4096, KC_ERR_STATE, 0},
        {"43", 17, 43, -1, 0, 4096, KC_ERR_STATE, 0},
        {"another answer", 15, 0, 1000, 564, 4096, KC_ERR_MALFORMED, 0},
    };
    static uint8_t content[8192];
    static uint8_t room[70000];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t quote[4096] = {0};
        size_t len = 0;
        struct kc_aesm_error error = {0};
        memset(content, 0xab, sizeof content);
        for (size_t k = 0; k < 4; k++)
            content[432 + k] = (uint8_t)(rows[i].says >> (8 * k));
        struct kc_bytes message = make_answer((struct kc_room){room, sizeof room}, rows[i].field,
                                              rows[i].code, content, rows[i].len);
        enum kc_err err =
            kc_aesm_response_quote(message, (struct kc_room){quote, rows[i].room}, &len, &error);
        if (err != rows[i].want || len != rows[i].want_len)
            fail_msg("%s: %s, %zu bytes", rows[i].name, kc_error_name(err), len);
        assert_memory_equal(quote, content, len);
        for (size_t k = len; k < sizeof quote; k++)
            assert_int_equal(quote[k], 0);
    }
}

/* Bytes that are no message, and messages that lack what proto2 requires. */
static void test_garbage(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        uint8_t bytes[16];
    } rows[] = {
        {"empty message", 0, {0}},
        {"tag cut off", 1, {0x8a}},
        {"length cut off", 2, {0x8a, 0x01}},
        {"length beyond the end", 4, {0x8a, 0x01, 0x7f, 0x00}},
        {"length of 2^64 - 1",
         12,
         {0x8a, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
        {"no error code", 3, {0x8a, 0x01, 0x00}},
        {"a number where a message belongs", 3, {0x88, 0x01, 0x05}},
        {"field number 0", 2, {0x02, 0x00}},
        {"wire type 7", 2, {0x8f, 0x01}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[512];
        size_t len = 0;
        struct kc_aesm_error error = {0};
        struct kc_bytes message = kc_bytes_of(rows[i].bytes, rows[i].len);
        if (kc_aesm_response_quote(message, (struct kc_room){out, sizeof out}, &len, &error) !=
            KC_ERR_MALFORMED)
            fail_msg("%s: taken for a quote", rows[i].name);
        if (kc_aesm_response_init_quote(message, out, &error) != KC_ERR_MALFORMED)
            fail_msg("%s: taken for a target info", rows[i].name);
    }
}

static void test_att_key_id(void **state)
{
    (void)state;
    uint8_t id[KC_AESM_ATT_KEY_ID_SIZE];
    kc_aesm_att_key_id(id);
    assert_memory_equal(id, "\0\0\0\0\x20\0\x8c\x4f\x57\x75", 10);
    assert_memory_equal(id + 54, "\1\0\0\0", 4);  /* product id, behind 48 bytes of MRSIGNER */
    assert_memory_equal(id + 154, "\2\0\0\0", 4); /* algorithm: the last of 158 bytes */
    for (size_t i = 158; i < sizeof id; i++)
        assert_int_equal(id[i], 0);
}

static void test_describe(void **state)
{
    (void)state;
    static const uint32_t known[] = {0, 1, 2, 3, 12, 13, 24, 29, 30, 38, 41, 42, 43, 44, 46, 47};
    struct kc_aesm_error unknown = kc_aesm_describe(4711);
    assert_int_equal(unknown.code, 4711);
    assert_true(unknown.mend[0] != '\0');
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct kc_aesm_error error = kc_aesm_describe(known[i]);
        assert_int_equal(error.code, known[i]);
        assert_string_not_equal(error.what, unknown.what);
        assert_true(error.mend[0] != '\0');
    }
}

/* The wire form of our own requests, by hand: field numbers are the interface. */
static void test_request_fields(void **state)
{
    (void)state;
    uint8_t packed[64];
    uint8_t id[2] = {0xaa, 0xbb};
    Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
    Kc__Aesm__InitQuoteRequest init = KC__AESM__INIT_QUOTE_REQUEST__INIT;
    Kc__Aesm__QuoteRequest quote = KC__AESM__QUOTE_REQUEST__INIT;
    init.has_att_key_id = true;
    init.att_key_id = (ProtobufCBinaryData){2, id};
    init.wants_pub_key_id = true;
    init.has_buf_size = true;
    init.buf_size = 32;
    init.has_timeout_ms = true;
    init.timeout_ms = 5;
    request.init_quote = &init;
    size_t len = kc__aesm__request__pack(&request, packed);
    static const uint8_t want_init[] = {0x7a, 10, 0x0a, 2, 0xaa, 0xbb, 0x18, 1, 0x20, 32, 0x48, 5};
    assert_int_equal(len, sizeof want_init);
    assert_memory_equal(packed, want_init, sizeof want_init);

    request.init_quote = NULL;
    request.quote = &quote;
    quote.report = (ProtobufCBinaryData){2, id};
    quote.has_att_key_id = true;
    quote.att_key_id = (ProtobufCBinaryData){2, id};
    quote.buf_size = 7;
    quote.has_timeout_ms = true;
    quote.timeout_ms = 5;
    len = kc__aesm__request__pack(&request, packed);
    static const uint8_t want_quote[] = {0x8a, 0x01, 12,   0x0a, 2, 0xaa, 0xbb, 0x12,
                                         2,    0xaa, 0xbb, 0x20, 7, 0x48, 5};
    assert_int_equal(len, sizeof want_quote);
    assert_memory_equal(packed, want_quote, sizeof want_quote);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_quote), cmocka_unit_test(test_quote),
        cmocka_unit_test(test_garbage),    cmocka_unit_test(test_att_key_id),
        cmocka_unit_test(test_describe),   cmocka_unit_test(test_request_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
