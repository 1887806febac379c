#include "host/driver.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aesm/aesm.h"
#include "core/core.h"
#include "core/message.h"
#include "host/words.h"
#include "loader/loader.h"

#define IN_SIZE (KC_SGX_QUOTE_MAX_SIZE + 1024)
/* Twice as many rounds as the enclave's own limit of tries can take. */
#define ROUNDS_MAX 16
/* For the enclave, when the AESM service gave no code of its own. */
#define NO_AESM_CODE 0xffffffffu

/* What the conversation about one request has come to. */
struct talk {
    bool over;
    enum kc_err err; /* once over */
    struct kc_message next;
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t quote[KC_AESM_QUOTE_MAX];
    enum kc_err aesm_err; /* the AESM failure that the enclave was told of */
    struct kc_aesm_error aesm_error;
};

__attribute__((format(printf, 3, 4))) static enum kc_err
set_error(struct kc_driver_error *error, enum kc_err code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return code;
}

/* "who: what (number)" and on a second line how to mend it. */
static enum kc_err set_words(struct kc_driver_error *error, const char *who, struct kc_words words,
                             uint64_t number)
{
    char detail[32] = "";
    if (number != 0)
        snprintf(detail, sizeof detail, " (%" PRIu64 ")", number);
    return set_error(error, KC_ERR_REFUSED, "%s: %s%s%s%s", who, words.what, detail,
                     words.mend[0] == '\0' ? "" : "\n  ", words.mend);
}

static enum kc_err set_aesm_error(const struct kc_driver *driver, const struct talk *talk,
                                  struct kc_driver_error *error)
{
    const struct kc_aesm_error *e = &talk->aesm_error;
    const char *reason = e->os_error == 0 ? "" : strerror(e->os_error);
    char code[32] = "";
    if (e->code != 0)
        snprintf(code, sizeof code, " (AESM error %u)", e->code);
    return set_error(error, talk->aesm_err, "%s: %s%s%s%s\n  %s", driver->aesm->socket_path,
                     e->what, code, *reason == '\0' ? "" : ": ", reason, e->mend);
}

/* One message in, its effects decoded one by one. */
static enum kc_err send_message(struct kc_driver *driver, const struct kc_message *message,
                                struct kc_reader *effects, struct kc_driver_error *error)
{
    struct kc_writer w = kc_writer_of(driver->in);
    struct kc_error call_error = KC_ERROR_NONE;
    size_t len = 0;
    kc_message_encode(&w, message);
    if (kc_writer_failed(&w))
        return set_error(error, KC_ERR_ROOM, "a message of more than %u bytes", IN_SIZE);
    enum kc_err err =
        kc_enclave_call(driver->enclave, kc_writer_written(&w), driver->out, &len, &call_error);
    if (err != KC_OK)
        return set_error(error, err, "enclave: %s", call_error.what);
    struct kc_bytes frame = kc_bytes_of(driver->out.ptr, len);
    /* A message may have no effect: that is an empty frame. */
    if (len > 0 && kc_frame_check(frame, KC_FRAME_MESSAGES_MAX) != KC_OK)
        return set_error(error, KC_ERR_MALFORMED, "enclave: effects that are not a frame");
    *effects = kc_reader_of(frame);
    return KC_OK;
}

static void fetch_target(const struct kc_driver *driver, uint64_t id, struct talk *talk)
{
    talk->next = (struct kc_message){.type = KC_MESSAGE_TARGETINFO, .id = id};
    talk->aesm_err = kc_aesm_init_quote(driver->aesm, talk->target, &talk->aesm_error);
    if (talk->aesm_err == KC_OK)
        talk->next.body = kc_bytes_of(talk->target, sizeof talk->target);
    else
        talk->next.code = talk->aesm_error.code == 0 ? NO_AESM_CODE : talk->aesm_error.code;
}

static void fetch_quote(const struct kc_driver *driver, const struct kc_effect *wanted,
                        struct talk *talk)
{
    size_t len = 0;
    talk->next = (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = wanted->id};
    talk->aesm_err = kc_aesm_get_quote(driver->aesm, wanted->body.ptr,
                                       (struct kc_room){talk->quote, sizeof talk->quote}, &len,
                                       &talk->aesm_error);
    if (talk->aesm_err == KC_OK)
        talk->next.body = kc_bytes_of(talk->quote, len);
    else
        talk->next.code = talk->aesm_error.code == 0 ? NO_AESM_CODE : talk->aesm_error.code;
}

static enum kc_err keep_answer(const struct kc_effect *effect, struct kc_driver_answer *out,
                               struct kc_driver_error *error)
{
    if (out == NULL)
        return set_error(error, KC_ERR_MALFORMED, "enclave: an answer that nobody asked for");
    uint8_t *body = malloc(effect->body.len + 1);
    if (body == NULL)
        return set_error(error, KC_ERR_MEMORY, "out of memory");
    memcpy(body, effect->body.ptr, effect->body.len);
    memcpy(out->key, effect->key.ptr, sizeof out->key);
    out->body.ptr = body;
    out->body.len = effect->body.len;
    return KC_OK;
}

/* The request has failed: the AESM service's words where it was the reason, else the enclave's. */
static enum kc_err tell_failure(const struct kc_driver *driver, const struct kc_effect *effect,
                                const struct talk *talk, struct kc_driver_error *error)
{
    bool is_aesm = effect->code == KC_FAILURE_TARGET || effect->code == KC_FAILURE_QUOTE;
    struct kc_words words = kc_words_of_failure(effect->code);
    if (is_aesm && talk->aesm_err != KC_OK)
        return set_aesm_error(driver, talk, error);
    if (effect->code == KC_FAILURE_FORMAT && effect->detail < KC_OE_FORMAT_COUNT)
        return set_words(error, kc_oe_format_name(effect->detail), words, 0);
    return set_words(error, "enclave", words, effect->detail);
}

static void act(struct kc_driver *driver, const struct kc_effect *effect, struct talk *talk,
                struct kc_driver_answer *out, struct kc_driver_error *error)
{
    switch (effect->type) {
    case KC_EFFECT_TARGET_WANTED:
        fetch_target(driver, effect->id, talk);
        return;
    case KC_EFFECT_QUOTE_WANTED:
        fetch_quote(driver, effect, talk);
        return;
    case KC_EFFECT_REPORT:
    case KC_EFFECT_EVIDENCE:
        talk->err = keep_answer(effect, out, error);
        break;
    case KC_EFFECT_READY:
        talk->err = KC_OK;
        break;
    case KC_EFFECT_FAILED:
        talk->err = tell_failure(driver, effect, talk, error);
        break;
    default: /* REFUSED: LOG does not come here, the decoder knows no other */
        talk->err = set_words(error, "the enclave refuses a message",
                              kc_words_of_refusal(effect->code), effect->number);
        break;
    }
    talk->over = true;
}

/* From a message to its answer, through everything that the enclave wants on the way. */
static enum kc_err converse(struct kc_driver *driver, struct talk *talk,
                            struct kc_driver_answer *out, struct kc_driver_error *error)
{
    struct kc_frame_message frame;
    struct kc_effect effect;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct kc_reader effects;
        struct kc_message message = talk->next;
        talk->next.type = 0;
        enum kc_err err = send_message(driver, &message, &effects, error);
        if (err != KC_OK)
            return err;
        while (!talk->over && kc_frame_next(&effects, &frame)) {
            if (kc_effect_decode(&frame, &effect) != KC_OK)
                return set_error(error, KC_ERR_MALFORMED,
                                 "enclave: an effect of type 0x%04x that "
                                 "cannot be read",
                                 frame.type);
            if (effect.type != KC_EFFECT_LOG)
                act(driver, &effect, talk, out, error);
            else if (driver->log != NULL)
                driver->log(kc_words_of_log(effect.code), effect.number, effect.number2);
        }
        if (talk->over)
            return talk->err;
        if (talk->next.type == 0)
            break;
    }
    return set_error(error, KC_ERR_STATE, "enclave: neither answers nor wants anything");
}

static enum kc_err run(struct kc_driver *driver, const struct kc_message *message,
                       struct kc_driver_answer *out, struct kc_driver_error *error)
{
    struct talk *talk = calloc(1, sizeof *talk);
    if (talk == NULL)
        return set_error(error, KC_ERR_MEMORY, "out of memory");
    talk->next = *message;
    enum kc_err err = converse(driver, talk, out, error);
    free(talk);
    return err;
}

enum kc_err kc_driver_open(struct kc_enclave *enclave, const struct kc_aesm *aesm, uint64_t now,
                           struct kc_driver *out, struct kc_driver_error *error)
{
    const struct kc_message start = {.type = KC_MESSAGE_START,
                                     .version = KC_BOUNDARY_VERSION,
                                     .requests_max = KC_CORE_REQUESTS_MAX,
                                     .now = now};
    struct kc_driver driver = {
        .enclave = enclave,
        .aesm = aesm,
        .in = {malloc(IN_SIZE), IN_SIZE},
        .out = {malloc(KC_CORE_FRAME_MAX), KC_CORE_FRAME_MAX},
    };
    enum kc_err err = KC_ERR_MEMORY;
    if (driver.in.ptr == NULL || driver.out.ptr == NULL)
        set_error(error, err, "out of memory");
    else
        err = run(&driver, &start, NULL, error);
    if (err == KC_OK)
        *out = driver;
    else
        kc_driver_close(&driver);
    return err;
}

void kc_driver_close(struct kc_driver *driver)
{
    free(driver->in.ptr);
    free(driver->out.ptr);
    driver->in = driver->out = (struct kc_room){NULL, 0};
}

enum kc_err kc_driver_report(struct kc_driver *driver, struct kc_driver_answer *out,
                             struct kc_driver_error *error)
{
    const struct kc_message message = {.type = KC_MESSAGE_GET_REPORT, .id = ++driver->last_id};
    return run(driver, &message, out, error);
}

enum kc_err kc_driver_evidence(struct kc_driver *driver, const uint8_t format[KC_OE_UUID_SIZE],
                               struct kc_bytes settings, struct kc_driver_answer *out,
                               struct kc_driver_error *error)
{
    struct kc_message message = {
        .type = KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, .id = ++driver->last_id, .body = settings};
    memcpy(message.format, format, sizeof message.format);
    return run(driver, &message, out, error);
}
