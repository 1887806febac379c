/*
 * Every message of the boundary, good and bad, said to the signed image in trap mode: a system
 * call, CPUID or RDTSC inside would end this process. Arguments: image and SIGSTRUCT.
 */
#include "loader/loader.h"
#include "platform_sim.h"
#include "test.h"

static const char *image_path;
static const char *sig_path;

struct talk {
    struct kc_enclave *enclave;
    uint8_t in[96 * 1024];
    uint8_t out[KC_CORE_FRAME_MAX];
    struct kc_effect last;
};

/* The type of the last effect; 0 when there was none. */
static uint16_t say(struct talk *talk, const struct kc_message *message)
{
    struct kc_frame_message frame;
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    struct kc_writer w = kc_writer_of((struct kc_room){talk->in, sizeof talk->in});
    kc_message_encode(&w, message);
    if (kc_enclave_call(talk->enclave, kc_writer_written(&w),
                        (struct kc_room){talk->out, sizeof talk->out}, &len, &error) != KC_OK)
        fail_msg("%s", error.what);
    struct kc_reader r = kc_reader_of(kc_bytes_of(talk->out, len));
    talk->last = (struct kc_effect){0};
    while (kc_frame_next(&r, &frame))
        assert_int_equal(kc_effect_decode(&frame, &talk->last), KC_OK);
    return talk->last.type;
}

static void hand_in_target(struct talk *talk, uint64_t id)
{
    static const uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0x9e};
    const struct kc_message message = {
        .type = KC_MESSAGE_TARGETINFO, .id = id, .body = {target, sizeof target}};
    assert_int_equal(say(talk, &message), KC_EFFECT_QUOTE_WANTED);
}

static void hand_in_quote(struct talk *talk, uint64_t id, uint16_t want)
{
    uint8_t quote[TEST_QUOTE_SIZE];
    struct kc_message message = {.type = KC_MESSAGE_QUOTE, .id = id, .body = {quote, sizeof quote}};
    test_quote_of(talk->last.body.ptr, quote);
    quote[400] ^= want == KC_EFFECT_FAILED;
    assert_int_equal(say(talk, &message), want);
    assert_int_equal(talk->last.id, id);
}

static void say_requests(struct talk *talk)
{
    static const enum kc_oe_format formats[] = {KC_OE_SGX_ECDSA, KC_OE_LEGACY_REPORT_REMOTE,
                                                KC_OE_RAW_SGX_QUOTE_ECDSA};
    struct kc_message message = {.type = KC_MESSAGE_GET_REPORT, .id = 1};
    assert_int_equal(say(talk, &message), KC_EFFECT_TARGET_WANTED);
    assert_int_equal(say(talk, &message), KC_EFFECT_REFUSED);
    hand_in_target(talk, 1);
    message = (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = 1, .code = 42};
    assert_int_equal(say(talk, &message), KC_EFFECT_TARGET_WANTED);
    hand_in_target(talk, 1);
    hand_in_quote(talk, 1, KC_EFFECT_REPORT);
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        message = (struct kc_message){.type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = 2};
        memcpy(message.format, kc_oe_format_uuid(formats[i]), sizeof message.format);
        assert_int_equal(say(talk, &message), KC_EFFECT_TARGET_WANTED);
        hand_in_target(talk, 2);
        hand_in_quote(talk, 2, i == 2 ? KC_EFFECT_FAILED : KC_EFFECT_EVIDENCE);
    }
    message.format[0] ^= 1;
    assert_int_equal(say(talk, &message), KC_EFFECT_FAILED);
    message = (struct kc_message){.type = KC_MESSAGE_TARGETINFO, .id = 3, .code = 30};
    assert_int_equal(say(talk, &message), KC_EFFECT_REFUSED);
}

static void test_every_message(void **unused)
{
    (void)unused;
    struct test_machine machine;
    const struct kc_emulator_options options = {.trap = true};
    struct kc_error error = KC_ERROR_NONE;
    struct talk *talk = calloc(1, sizeof *talk);
    size_t len = 0;
    test_machine_init(&machine);
    if (kc_emulator_load(image_path, sig_path, &machine.processor, &options, &talk->enclave,
                         &error) != KC_OK)
        fail_msg("%s: %s", image_path, error.what);
    struct kc_message message = {.type = KC_MESSAGE_TICK, .now = 1};
    assert_int_equal(say(talk, &message), KC_EFFECT_REFUSED);
    message = (struct kc_message){.type = KC_MESSAGE_START, .version = 9};
    assert_int_equal(say(talk, &message), KC_EFFECT_REFUSED);
    message.version = KC_BOUNDARY_VERSION;
    message.requests_max = 2;
    message.now = 1700000000;
    assert_int_equal(say(talk, &message), KC_EFFECT_READY);
    assert_int_equal(say(talk, &message), KC_EFFECT_REFUSED);
    message = (struct kc_message){.type = KC_MESSAGE_TICK, .now = 1700000001};
    assert_int_equal(say(talk, &message), 0);
    message.now = 1;
    assert_int_equal(say(talk, &message), KC_EFFECT_LOG);
    say_requests(talk);
    assert_int_equal(kc_enclave_call(talk->enclave, kc_bytes_of("\1\0\0\0\377\0\0\0", 8),
                                     (struct kc_room){talk->out, sizeof talk->out}, &len, &error),
                     KC_ERR_MALFORMED);
    kc_enclave_free(talk->enclave);
    free(talk);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_message)};
    if (argc != 3) {
        fprintf(stderr, "usage: %s IMAGE SIGSTRUCT\n", argv[0]);
        return 2;
    }
    image_path = argv[1];
    sig_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
