#include <string.h>

#include "base/time.h"
#include "host/server_state.h"
#include "host/words.h"

static enum kc_journal_level level_of(uint32_t code)
{
    switch (code) {
    case KC_LOG_RECORD_DAMAGED:
    case KC_LOG_RECORD_OLD:
    case KC_LOG_STORE_LIED:
    case KC_LOG_RENEWAL_FAILED:
    case KC_LOG_STORE_FULL:
        return KC_JOURNAL_ERROR;
    case KC_LOG_CLOCK_BACKWARDS:
    case KC_LOG_QUOTE_AGAIN:
        return KC_JOURNAL_WARNING;
    default:
        return KC_JOURNAL_INFO;
    }
}

static const char *date(uint64_t seconds, char text[KC_TIME_TEXT_SIZE])
{
    text[0] = '\0';
    if (seconds <= (uint64_t)KC_TIME_MAX)
        kc_time_format((int64_t)seconds, text);
    return text;
}

static void take_log(struct kc_server *server, const struct kc_effect *effect)
{
    char first[KC_TIME_TEXT_SIZE];
    char second[KC_TIME_TEXT_SIZE];
    struct kc_journal_field fields[] = {{"code", NULL, effect->code},
                                        {"first", NULL, effect->number},
                                        {"second", NULL, effect->number2},
                                        KC_JOURNAL_END};
    if (effect->code == KC_LOG_CERTIFICATE || effect->code == KC_LOG_RENEWAL_FAILED)
        fields[1].text = date(effect->number, first);
    if (effect->code == KC_LOG_CERTIFICATE)
        fields[2].text = date(effect->number2, second);
    kc_journal_write(server->options.journal, level_of(effect->code), kc_words_of_log(effect->code),
                     fields);
}

static void take_serving(struct kc_server *server, const struct kc_effect *effect)
{
    pthread_mutex_lock(&server->lock);
    server->serving = true;
    memcpy(server->kms_id, effect->kms_id, sizeof server->kms_id);
    pthread_mutex_unlock(&server->lock);
    kc_server_wake(server);
}

/* Messages about a connection that has just ended are refused; that is no news. */
static void take_refused(struct kc_server *server, struct kc_server_worker *self,
                         const struct kc_effect *effect)
{
    const struct kc_journal_field fields[] = {{"message", NULL, effect->message},
                                              {"code", NULL, effect->code},
                                              {"number", NULL, effect->number},
                                              KC_JOURNAL_END};
    kc_journal_write(server->options.journal, KC_JOURNAL_DEBUG,
                     kc_words_of_refusal(effect->code).what, fields);
    struct kc_connection *c = NULL;
    if (effect->message == KC_MESSAGE_START) {
        pthread_mutex_lock(&server->lock);
        server->refused = true;
        server->refusal = *effect;
        pthread_mutex_unlock(&server->lock);
    }
    if (effect->message == KC_MESSAGE_OPEN && self != NULL)
        c = kc_connection_find(self, effect->number);
    if (c != NULL)
        kc_connection_lose(c);
}

static void take_failed(struct kc_server *server, const struct kc_effect *effect)
{
    const struct kc_journal_field fields[] = {
        {"code", NULL, effect->code}, {"detail", NULL, effect->detail}, KC_JOURNAL_END};
    kc_journal_write(server->options.journal, KC_JOURNAL_WARNING,
                     kc_words_of_failure(effect->code).what, fields);
}

static void take(struct kc_server *server, struct kc_server_worker *self,
                 const struct kc_effect *effect)
{
    struct kc_connection *c = NULL;
    switch (effect->type) {
    case KC_EFFECT_SEND:
    case KC_EFFECT_CLOSE:
    case KC_EFFECT_RESUME_WANTED:
        if (kc_mailbox_owner(server, effect->conn) != self)
            kc_mailbox_effect(server, effect);
        else if ((c = kc_connection_find(self, effect->conn)) != NULL)
            kc_connection_act(c, effect);
        break;
    case KC_EFFECT_FETCH:
    case KC_EFFECT_SCAN:
    case KC_EFFECT_STORE:
        kc_helper_give(&server->store, effect);
        break;
    case KC_EFFECT_TARGET_WANTED:
    case KC_EFFECT_QUOTE_WANTED:
        kc_helper_give(&server->aesm, effect);
        break;
    case KC_EFFECT_WORK_WANTED:
        kc_helper_give(&server->slow, effect);
        break;
    case KC_EFFECT_LOG:
        take_log(server, effect);
        break;
    case KC_EFFECT_SERVING:
        take_serving(server, effect);
        break;
    case KC_EFFECT_REFUSED:
        take_refused(server, self, effect);
        break;
    case KC_EFFECT_FAILED:
        take_failed(server, effect);
        break;
    case KC_EFFECT_READY:
        pthread_mutex_lock(&server->lock);
        server->started = true;
        pthread_mutex_unlock(&server->lock);
        break;
    default: /* REPORT and EVIDENCE: not asked for */
        break;
    }
}

void kc_server_take_effects(struct kc_server *server, struct kc_server_worker *self,
                            struct kc_bytes frame)
{
    struct kc_reader r = kc_reader_of(frame);
    struct kc_frame_message message;
    struct kc_effect effect;
    if (frame.len > 0 && kc_frame_check(frame, SIZE_MAX) != KC_OK) {
        kc_journal_write(server->options.journal, KC_JOURNAL_ERROR,
                         "the enclave's effects are not a frame", NULL);
        return;
    }
    while (kc_frame_next(&r, &message)) {
        if (kc_effect_decode(&message, &effect) == KC_OK)
            take(server, self, &effect);
        else
            kc_journal_number(server->options.journal, KC_JOURNAL_ERROR,
                              "an effect of the enclave cannot be read", "type", message.type);
    }
}
