#include "aesm/frame.h"
#include "aesm/messages.pb-c.h"
#include "aesm/response.h"
#include "sim/aesm_answer.h"
#include "sim/quoting_enclave.h"
#include "sim_folder.h"

struct fixture {
    char *folder;
    struct kc_sim_state *state;
    struct kc_sim_aesm_answers answers;
    uint8_t key_id[KC_AESM_ATT_KEY_ID_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
};

static int set_up(void **state)
{
    static const uint8_t report_data[64] = {1};
    uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
    struct kc_sim_secs secs = {.attributes = {KC_SGX_FLAG_INIT, 3}};
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    f->answers.state = f->state;
    atomic_init(&f->answers.asked_for_quote, false);
    kc_aesm_att_key_id(f->key_id);
    kc_sim_qe_target_info(target_info);
    kc_sim_ereport(kc_sim_state_processor(f->state), &secs, target_info, report_data, f->report);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

/* The service's answer to `request`; to be freed with kc__aesm__response__free_unpacked. */
static Kc__Aesm__Response *ask(struct fixture *f, const Kc__Aesm__Request *request)
{
    uint8_t packed[4096];
    struct kc_room answer = {NULL, 0};
    size_t len = kc__aesm__request__pack(request, packed);
    assert_true(kc_sim_aesm_answer(&f->answers, kc_bytes_of(packed, len), &answer));
    Kc__Aesm__Response *response = kc__aesm__response__unpack(NULL, answer.len, answer.ptr);
    assert_non_null(response);
    free(answer.ptr);
    return response;
}

static void test_quote_requests(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t report_len;
        size_t key_id_len; /* 0: absent */
        bool other_key;
        uint32_t buf_size;
        uint32_t want;
    } rows[] = {
        {"good", 432, 256, false, 8192, 0},
        {"larger buffer", 432, 256, false, 16384, 0},
        {"report one byte short", 431, 256, false, 8192, 3},
        {"no report", 0, 256, false, 8192, 3},
        {"no key id", 432, 0, false, 8192, 3},
        {"short key id", 432, 158, false, 8192, 3},
        {"another signer's key", 432, 256, true, 8192, 38},
        {"no buffer", 432, 256, false, 0, 3},
        {"buffer one byte short", 432, 256, false, 8191, 3},
        {"buffer that no frame holds", 432, 256, false, KC_AESM_FRAME_MAX, 3},
        {"buffer of 4 GiB", 432, 256, false, UINT32_MAX, 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
        Kc__Aesm__QuoteRequest quote = KC__AESM__QUOTE_REQUEST__INIT;
        f->key_id[10] ^= rows[i].other_key ? 1 : 0;
        quote.report = (ProtobufCBinaryData){rows[i].report_len, f->report};
        quote.has_att_key_id = rows[i].key_id_len > 0;
        quote.att_key_id = (ProtobufCBinaryData){rows[i].key_id_len, f->key_id};
        quote.buf_size = rows[i].buf_size;
        request.quote = &quote;
        Kc__Aesm__Response *response = ask(f, &request);
        f->key_id[10] ^= rows[i].other_key ? 1 : 0;
        assert_non_null(response->quote);
        if (response->quote->error_code != rows[i].want)
            fail_msg("%s: %u", rows[i].name, response->quote->error_code);
        assert_int_equal(response->quote->has_quote, rows[i].want == 0);
        if (rows[i].want == 0) /* padded to the buffer, as Intel's service does */
            assert_int_equal(response->quote->quote.len, rows[i].buf_size);
        kc__aesm__response__free_unpacked(response, NULL);
    }
}

static void test_init_requests(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t key_id_len;
        bool wants_key_id;
        uint64_t buf_size; /* 0: absent */
        uint32_t want;
        size_t want_key_id;
    } rows[] = {
        {"good", 256, true, 32, 0, 32},
        {"size only", 256, false, 0, 0, 0},
        {"no room for the key id", 256, true, 31, 3, 0},
        {"no room said", 256, true, 0, 3, 0},
        {"no key asked for", 0, true, 32, 3, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
        Kc__Aesm__InitQuoteRequest init = KC__AESM__INIT_QUOTE_REQUEST__INIT;
        init.has_att_key_id = rows[i].key_id_len > 0;
        init.att_key_id = (ProtobufCBinaryData){rows[i].key_id_len, f->key_id};
        init.wants_pub_key_id = rows[i].wants_key_id;
        init.has_buf_size = rows[i].buf_size > 0;
        init.buf_size = rows[i].buf_size;
        request.init_quote = &init;
        Kc__Aesm__Response *response = ask(f, &request);
        const Kc__Aesm__InitQuoteResponse *answer = response->init_quote;
        assert_non_null(answer);
        if (answer->error_code != rows[i].want || answer->pub_key_id.len != rows[i].want_key_id)
            fail_msg("%s: %u", rows[i].name, answer->error_code);
        assert_int_equal(answer->target_info.len, rows[i].want == 0 ? 512 : 0);
        kc__aesm__response__free_unpacked(response, NULL);
    }
}

/* The size that is told is enough for the quote. */
static void test_quote_size(void **state)
{
    struct fixture *f = *state;
    uint8_t quote[KC_SIM_QUOTE_MAX];
    size_t len = 0;
    Kc__Aesm__Request request = KC__AESM__REQUEST__INIT;
    Kc__Aesm__QuoteSizeRequest size = KC__AESM__QUOTE_SIZE_REQUEST__INIT;
    size.has_att_key_id = true;
    size.att_key_id = (ProtobufCBinaryData){sizeof f->key_id, f->key_id};
    request.quote_size = &size;
    Kc__Aesm__Response *response = ask(f, &request);
    assert_non_null(response->quote_size);
    assert_int_equal(response->quote_size->error_code, 0);
    assert_int_equal(
        kc_sim_qe_quote(f->state, f->report, (struct kc_room){quote, sizeof quote}, &len), 0);
    assert_true(response->quote_size->quote_size >= len);
    kc__aesm__response__free_unpacked(response, NULL);
}

/* Requests of the protocol that only its other half knows, and bytes that are none. */
static void test_others(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t len;
        uint8_t bytes[8];
        bool answered;
    } rows[] = {
        {"empty", 0, {0}, true},
        {"SelectAttKeyID", 3, {0x9a, 0x01, 0x00}, true},
        {"tag cut off", 1, {0x9a}, false},
        {"length beyond the end", 3, {0x8a, 0x01, 0x05}, false},
        {"a quote request without its fields", 3, {0x8a, 0x01, 0x00}, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_room answer = {NULL, 0};
        bool answered =
            kc_sim_aesm_answer(&f->answers, kc_bytes_of(rows[i].bytes, rows[i].len), &answer);
        if (answered != rows[i].answered)
            fail_msg("%s: %s", rows[i].name, answered ? "answered" : "no answer");
        if (answered) {
            uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
            struct kc_aesm_error error = {0};
            assert_int_equal(kc_aesm_response_init_quote(kc_bytes_of(answer.ptr, answer.len),
                                                         target_info, &error),
                             KC_ERR_REFUSED);
            assert_non_null(strstr(error.what, "does not know this request"));
        }
        free(answer.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quote_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_init_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_quote_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
