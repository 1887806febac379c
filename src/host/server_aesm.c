/*
 * The thread that asks the AESM service, which may take seconds, and the one that does slow work
 * inside the enclave. Both enter it on a TCS of their own.
 */
#include <string.h>

#include "aesm/aesm.h"
#include "host/server_state.h"

/* For the enclave, when the AESM service gave no code of its own. */
#define NO_AESM_CODE 0xffffffffu

static void note(struct kc_server *server, const struct kc_aesm_error *error)
{
    const struct kc_journal_field fields[] = {{"why", error->what, 0},
                                              {"code", NULL, error->code},
                                              {"mend", error->mend, 0},
                                              KC_JOURNAL_END};
    kc_journal_write(server->options.journal, KC_JOURNAL_WARNING, "the AESM service gave no quote",
                     fields);
}

static void serve_one(struct kc_server_helper *helper, const struct kc_effect *wanted)
{
    struct kc_server *server = helper->server;
    uint8_t answer[KC_AESM_QUOTE_MAX];
    size_t len = KC_SGX_TARGETINFO_SIZE;
    struct kc_aesm_error error = {0};
    enum kc_err err;
    struct kc_message message = {.type = KC_MESSAGE_TARGETINFO, .id = wanted->id};
    if (wanted->type == KC_EFFECT_TARGET_WANTED) {
        err = kc_aesm_init_quote(server->options.aesm, answer, &error);
    } else {
        message.type = KC_MESSAGE_QUOTE;
        err = kc_aesm_get_quote(server->options.aesm, wanted->body.ptr,
                                (struct kc_room){answer, sizeof answer}, &len, &error);
    }
    if (err == KC_OK) {
        message.body = kc_bytes_of(answer, len);
    } else {
        message.code = error.code == 0 ? NO_AESM_CODE : error.code;
        note(server, &error);
    }
    kc_server_say(server, &message, helper->in, helper->out);
}

void kc_server_serve_aesm(struct kc_server_helper *helper, struct kc_server_job *jobs)
{
    for (const struct kc_server_job *job = jobs; job != NULL; job = job->next)
        serve_one(helper, &job->effect);
}

void kc_server_serve_slow(struct kc_server_helper *helper, struct kc_server_job *jobs)
{
    const struct kc_message work = {.type = KC_MESSAGE_WORK};
    for (const struct kc_server_job *job = jobs; job != NULL; job = job->next)
        kc_server_say(helper->server, &work, helper->in, helper->out);
}
