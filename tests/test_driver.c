/* The host's driver against the core in this process and a simulated AESM service with faults. */
#include "aesm/aesm.h"
#include "host/driver.h"
#include "host/words.h"
#include "loader/enclave.h"
#include "platform_sim.h"
#include "sim/aesm_server.h"
#include "sim_folder.h"

struct world {
    char *folder;
    char *socket;
    struct kc_sim_state *state;
    struct kc_sim_aesm *service;
    struct test_machine machine;
    struct kc_enclave *enclave;
    struct kc_aesm aesm;
    struct kc_driver driver;
};

static void serve(struct world *w, enum kc_sim_aesm_fault fault, unsigned code)
{
    const struct kc_sim_aesm_options options = {fault, code};
    struct kc_error error = KC_ERROR_NONE;
    kc_sim_aesm_stop(w->service);
    w->service = NULL;
    assert_int_equal(kc_sim_aesm_start(w->state, w->socket, &options, &w->service, &error), KC_OK);
}

static int setup(void **out)
{
    struct world *w = calloc(1, sizeof *w);
    struct kc_error error = KC_ERROR_NONE;
    struct kc_driver_error driver_error;
    w->folder = test_new_folder();
    w->state = test_open_state(w->folder);
    assert_true(asprintf(&w->socket, "%s/aesm", w->folder) > 0);
    test_machine_init(&w->machine);
    w->machine.processor = *kc_sim_state_processor(w->state);
    assert_int_equal(kc_direct_load(&w->machine.platform, &w->enclave, &error), KC_OK);
    w->aesm = (struct kc_aesm){w->socket, 500};
    assert_int_equal(kc_driver_open(w->enclave, &w->aesm, 1700000000, &w->driver, &driver_error),
                     KC_OK);
    *out = w;
    return 0;
}

static int teardown(void **in)
{
    struct world *w = *in;
    kc_driver_close(&w->driver);
    kc_enclave_free(w->enclave);
    kc_sim_aesm_stop(w->service);
    kc_sim_state_free(w->state);
    test_remove_tree(w->folder);
    free(w->socket);
    free(w->folder);
    free(w);
    return 0;
}

static void test_report_and_evidence(void **in)
{
    struct world *w = *in;
    struct kc_driver_answer answer = {0};
    struct kc_driver_answer again = {0};
    struct kc_driver_error error;
    const struct kc_bytes none = {NULL, 0};
    serve(w, KC_SIM_AESM_NO_FAULT, 0);
    assert_int_equal(kc_driver_report(&w->driver, &answer, &error), KC_OK);
    assert_true(answer.body.len > KC_SGX_QUOTE_MIN_SIZE);
    assert_memory_equal(answer.body.ptr + 112, w->machine.secs.mrenclave, 32);
    assert_int_equal(
        kc_driver_evidence(&w->driver, kc_oe_format_uuid(KC_OE_SGX_ECDSA), none, &again, &error),
        KC_OK);
    assert_int_equal(again.body.len, 32 + answer.body.len + 126);
    assert_memory_equal(again.key, answer.key, sizeof answer.key);
    free(answer.body.ptr);
    free(again.body.ptr);
}

/* A failure leaves nothing behind: the next request works. */
static void test_faults(void **in)
{
    static const struct {
        enum kc_sim_aesm_fault fault;
        unsigned code;
        enum kc_err want;
        const char *text;
    } rows[] = {
        {KC_SIM_AESM_NOT_INITIALIZED_ONCE, 0, KC_OK, NULL},
        {KC_SIM_AESM_ERROR, 44, KC_ERR_REFUSED, "AESM error 44"},
        {KC_SIM_AESM_ERROR, 42, KC_ERR_REFUSED, "time and again (3)"},
        {KC_SIM_AESM_SILENT, 0, KC_ERR_TIMEOUT, "in time"},
        {KC_SIM_AESM_TRUNCATED, 0, KC_ERR_MALFORMED, "cut off"},
        {KC_SIM_AESM_HUGE, 0, KC_ERR_MALFORMED, "impossible length"},
        {KC_SIM_AESM_WRONG_QUOTE, 0, KC_ERR_REFUSED, "another enclave"},
        {KC_SIM_AESM_NO_FAULT, 0, KC_OK, NULL},
    };
    struct world *w = *in;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_driver_answer answer = {0};
        struct kc_driver_error error = {0};
        serve(w, rows[i].fault, rows[i].code);
        assert_int_equal(kc_driver_report(&w->driver, &answer, &error), rows[i].want);
        if (rows[i].want == KC_OK) {
            assert_non_null(answer.body.ptr);
        } else {
            assert_null(answer.body.ptr);
            assert_int_equal(error.code, rows[i].want);
            if (strstr(error.text, rows[i].text) == NULL)
                fail_msg("'%s' is not in: %s", rows[i].text, error.text);
        }
        free(answer.body.ptr);
    }
}

static void test_no_service(void **in)
{
    struct world *w = *in;
    struct kc_driver_answer answer = {0};
    struct kc_driver_error error;
    assert_int_equal(kc_driver_report(&w->driver, &answer, &error), KC_ERR_ABSENT);
    assert_non_null(strstr(error.text, w->socket));
}

static void test_the_enclaves_words(void **in)
{
    struct world *w = *in;
    static const uint8_t unknown[KC_OE_UUID_SIZE] = {1};
    struct kc_driver_answer answer = {0};
    struct kc_driver_error error;
    assert_int_equal(kc_driver_evidence(&w->driver, kc_oe_format_uuid(KC_OE_TDX_QUOTE_ECDSA),
                                        (struct kc_bytes){NULL, 0}, &answer, &error),
                     KC_ERR_REFUSED);
    assert_non_null(strstr(error.text, "TDX_QUOTE_ECDSA: this enclave does not make"));
    assert_int_equal(
        kc_driver_evidence(&w->driver, unknown, (struct kc_bytes){NULL, 0}, &answer, &error),
        KC_ERR_REFUSED);
    assert_non_null(strstr(error.text, "no evidence format has this UUID"));
    assert_int_equal(kc_driver_evidence(&w->driver, kc_oe_format_uuid(KC_OE_SGX_ECDSA),
                                        kc_bytes_of(unknown, 4), &answer, &error),
                     KC_ERR_REFUSED);
    assert_non_null(strstr(error.text, "takes no settings (4)"));
    struct kc_driver second;
    assert_int_equal(kc_driver_open(w->enclave, &w->aesm, 1700000000, &second, &error),
                     KC_ERR_REFUSED);
    assert_non_null(strstr(error.text, "may come only once"));
}

/* An enclave that answers nonsense: what each call gives is the next of these. */
struct nonsense {
    struct kc_enclave enclave;
    uint8_t bytes[1024];
    size_t len;
    enum kc_err err;
};

static enum kc_err speak(struct kc_enclave *enclave, struct kc_bytes in, struct kc_room out,
                         size_t *out_len, struct kc_error *error)
{
    const struct nonsense *n = (const struct nonsense *)enclave;
    (void)in;
    if (n->err != KC_OK)
        return kc_error_set(error, n->err, "it is dead", 0);
    assert_true(out.len >= n->len);
    memcpy(out.ptr, n->bytes, n->len);
    *out_len = n->len;
    return KC_OK;
}

static void go_away(struct kc_enclave *enclave)
{
    (void)enclave;
}

static void test_nonsense(void **in)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum kc_err err;
        enum kc_err want;
    } rows[] = {
        {"", 0, KC_OK, KC_ERR_STATE},
        {"\1", 1, KC_OK, KC_ERR_MALFORMED},
        {"\1\x80\0\0\0\0\0\0", 8, KC_OK, KC_ERR_MALFORMED},
        {"\x99\x80\0\0\0\0\0\0", 8, KC_OK, KC_ERR_MALFORMED},
        {"\3\x80\0\0\10\0\0\0\1\0\0\0\0\0\0\0", 16, KC_OK, KC_ERR_STATE}, /* wants for ever */
        {"\5\x80\0\0\10\2\0\0", 8 + 520, KC_OK, KC_ERR_MALFORMED},        /* an answer to START */
        {"", 0, KC_ERR_STATE, KC_ERR_STATE},
    };
    static const struct kc_enclave_ops ops = {speak, go_away};
    struct world *w = *in;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nonsense n = {.enclave = {.ops = &ops}, .len = rows[i].len, .err = rows[i].err};
        struct kc_driver driver;
        struct kc_driver_error error = {0};
        memcpy(n.bytes, rows[i].bytes, rows[i].len < 16 ? rows[i].len : 8);
        if (rows[i].len == 16)
            memcpy(n.bytes, rows[i].bytes, 16);
        assert_int_equal(kc_driver_open(&n.enclave, &w->aesm, 0, &driver, &error), rows[i].want);
        assert_true(error.text[0] != '\0');
    }
}

/* Every code has words of its own. */
static void test_words(void **unused)
{
    (void)unused;
    const char *unknown = kc_words_of_failure(0).what;
    for (uint32_t code = KC_REFUSAL_UNKNOWN_TYPE; code <= KC_REFUSAL_NOT_AWAITED; code++)
        assert_string_not_equal(kc_words_of_refusal(code).what, unknown);
    for (uint32_t code = KC_FAILURE_BUSY; code <= KC_FAILURE_QUOTE_BODY; code++)
        assert_string_not_equal(kc_words_of_failure(code).what, unknown);
    for (uint32_t code = KC_LOG_KEY_MADE; code <= KC_LOG_QUOTE_AGAIN; code++)
        assert_string_not_equal(kc_words_of_log(code), kc_words_of_log(99));
    assert_string_equal(kc_words_of_refusal(99).what, unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_report_and_evidence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_enclaves_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
