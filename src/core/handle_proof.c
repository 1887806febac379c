/* GET_REPORT, GET_EVIDENCE_WITH_PUB_KEY, and the answers of the host that they and the core's own
 * requests (quotes.h) wait for. */
#include <stdlib.h>
#include <string.h>

#include "core/effect.h"
#include "core/handlers.h"
#include "core/quotes.h"

#define TRIES_MAX 3

/* AESM's codes for an attestation key that is not there or not valid any more: begin again with
 * the target info (sgx_error.h of Intel's SDK has the same meanings). */
#define KEY_NOT_INITIALIZED   42
#define KEY_CERT_DATA_INVALID 43

static bool fail(struct kc_writer *effects, uint64_t id, enum kc_failure code, uint32_t detail)
{
    struct kc_effect effect = {.type = KC_EFFECT_FAILED, .id = id, .code = code, .detail = detail};
    kc_effect_encode(effects, &effect);
    return true;
}

static bool want(struct kc_writer *effects, uint16_t type, uint64_t id, struct kc_bytes body)
{
    struct kc_effect effect = {.type = type, .id = id, .body = body};
    kc_effect_encode(effects, &effect);
    return true;
}

static enum kc_failure failure_of(enum kc_err err)
{
    return err == KC_ERR_MEMORY ? KC_FAILURE_MEMORY : KC_FAILURE_CRYPTO;
}

/* Parks a new request, unless `failure` says already that it cannot be met. */
static bool begin(struct kc_core *core, const struct kc_message *in,
                  const struct kc_attestation *what, enum kc_failure failure, uint32_t detail,
                  struct kc_writer *effects)
{
    struct kc_request *entry = NULL;
    if ((in->id & KC_REQUEST_ID_OWN) != 0)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_LIMIT, KC_REQUEST_ID_OWN - 1);
    pthread_mutex_lock(&core->lock);
    bool in_use = kc_requests_find(&core->requests, in->id) != NULL;
    if (!in_use && failure == KC_FAILURE_NONE) {
        entry = kc_requests_free_entry(&core->requests, 0);
        if (entry != NULL)
            *entry =
                (struct kc_request){.state = KC_REQUEST_WANTS_TARGET, .id = in->id, .what = *what};
    }
    size_t max = core->requests.max;
    pthread_mutex_unlock(&core->lock);
    if (in_use)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_ID_IN_USE, in->id);
    if (failure != KC_FAILURE_NONE)
        return fail(effects, in->id, failure, detail);
    if (entry == NULL)
        return fail(effects, in->id, KC_FAILURE_BUSY, (uint32_t)max);
    return want(effects, KC_EFFECT_TARGET_WANTED, in->id, (struct kc_bytes){NULL, 0});
}

bool kc_handle_get_report(struct kc_core *core, const struct kc_message *in,
                          struct kc_writer *effects)
{
    const struct kc_attestation report = {.kind = KC_ATTESTATION_REPORT};
    return begin(core, in, &report, KC_FAILURE_NONE, 0, effects);
}

bool kc_handle_get_evidence(struct kc_core *core, const struct kc_message *in,
                            struct kc_writer *effects)
{
    struct kc_attestation what = {0};
    uint32_t detail = 0;
    enum kc_failure failure = kc_attestation_choose(in->format, in->body, &what, &detail);
    return begin(core, in, &what, failure, detail, effects);
}

/* The request that awaits exactly this message; from here on this thread's alone. */
static struct kc_request *take(struct kc_core *core, const struct kc_message *in,
                               enum kc_request_state awaits, struct kc_writer *effects)
{
    enum kc_refusal refusal = KC_REFUSAL_NONE;
    pthread_mutex_lock(&core->lock);
    struct kc_request *entry = kc_requests_find(&core->requests, in->id);
    if (entry == NULL)
        refusal = KC_REFUSAL_UNKNOWN_ID;
    else if (entry->state != awaits)
        refusal = KC_REFUSAL_NOT_AWAITED;
    else
        entry->state = KC_REQUEST_BUSY;
    pthread_mutex_unlock(&core->lock);
    if (refusal == KC_REFUSAL_NONE)
        return entry;
    kc_handle_refuse(effects, in->type, refusal, in->id);
    return NULL;
}

/* Parks it again. False: nobody waits for it any more, and its place is free. */
static bool give_back(struct kc_core *core, struct kc_request *entry, enum kc_request_state state)
{
    pthread_mutex_lock(&core->lock);
    bool wanted = !entry->abandoned;
    entry->state = state;
    if (!wanted)
        kc_requests_end(entry);
    pthread_mutex_unlock(&core->lock);
    return wanted;
}

static void end(struct kc_core *core, struct kc_request *entry)
{
    pthread_mutex_lock(&core->lock);
    kc_requests_end(entry);
    pthread_mutex_unlock(&core->lock);
}

/*
 * The key pair, made at first need. Generation takes long, so the lock is not held: of two threads
 * that find none, the first to finish gives its key and the other's is thrown away.
 */
static enum kc_err need_key(struct kc_core *core, const struct kc_rsa_key **out,
                            struct kc_writer *effects)
{
    struct kc_rsa_key *made = NULL;
    pthread_mutex_lock(&core->lock);
    *out = core->key;
    pthread_mutex_unlock(&core->lock);
    if (*out != NULL)
        return KC_OK;
    enum kc_err err = kc_crypto_rsa_generate(&made);
    if (err != KC_OK)
        return err;
    pthread_mutex_lock(&core->lock);
    bool first = core->key == NULL;
    if (first)
        core->key = made;
    *out = core->key;
    pthread_mutex_unlock(&core->lock);
    if (first)
        kc_handle_log(effects, KC_LOG_KEY_MADE, KC_RSA_BITS, 0);
    else
        kc_crypto_rsa_free(made);
    return KC_OK;
}

/* A report over what the request binds, for the enclave that the host names: whoever that is
 * learns nothing but what any reader of the quote may know. */
static enum kc_failure make_report(struct kc_core *core, struct kc_request *request,
                                   const uint8_t *target, uint8_t report[KC_SGX_REPORT_SIZE],
                                   struct kc_writer *effects)
{
    const struct kc_rsa_key *key = NULL;
    uint8_t report_data[KC_SGX_REPORT_DATA_SIZE];
    enum kc_err err = KC_OK;
    if (kc_attestation_binds_key(&request->what))
        err = need_key(core, &key, effects);
    if (err == KC_OK)
        err = kc_attestation_report_data(&request->what, key == NULL ? NULL : key->pem_hash,
                                         report_data);
    if (err != KC_OK)
        return failure_of(err);
    if (core->platform->report(core->platform->context, target, report_data, report) != KC_OK)
        return KC_FAILURE_PLATFORM;
    memcpy(request->report_body, report, sizeof request->report_body);
    request->tries++;
    return KC_FAILURE_NONE;
}

/* The quote is that of our report: wraps it as the request wants and lets it out. */
static bool answer(struct kc_core *core, const struct kc_attestation *what, uint64_t id,
                   struct kc_bytes quote, struct kc_writer *effects)
{
    const struct kc_rsa_key *key = core->key; /* there since the report was made */
    struct kc_room evidence = {NULL, 0};
    struct kc_effect effect = {.type = KC_EFFECT_REPORT,
                               .id = id,
                               .key = kc_bytes_of(key->pem, sizeof key->pem),
                               .body = quote};
    if (what->kind == KC_ATTESTATION_EVIDENCE) {
        enum kc_err err = kc_attestation_evidence(what->format, key->pem_hash, quote, &evidence);
        if (err != KC_OK)
            return fail(effects, id, failure_of(err), 0);
        effect.type = KC_EFFECT_EVIDENCE;
        effect.body = kc_bytes_of(evidence.ptr, evidence.len);
    }
    kc_effect_encode(effects, &effect);
    free(evidence.ptr);
    return true;
}

/* The request is over, by a failure or with its quote. */
static bool conclude(struct kc_core *core, struct kc_request *request, struct kc_bytes quote,
                     enum kc_failure failure, uint32_t detail, struct kc_writer *effects)
{
    struct kc_attestation what = request->what;
    uint64_t id = request->id;
    if (what.kind == KC_ATTESTATION_CLAIMS) {
        kc_quotes_conclude(core, request, quote, failure, detail, effects);
        return true;
    }
    end(core, request);
    if (failure != KC_FAILURE_NONE)
        return fail(effects, id, failure, detail);
    return answer(core, &what, id, quote, effects);
}

bool kc_handle_targetinfo(struct kc_core *core, const struct kc_message *in,
                          struct kc_writer *effects)
{
    uint8_t report[KC_SGX_REPORT_SIZE];
    enum kc_failure failure = KC_FAILURE_NONE;
    uint32_t detail = 0;
    struct kc_request *request = take(core, in, KC_REQUEST_WANTS_TARGET, effects);
    if (request == NULL)
        return false;
    if (in->code != 0) {
        failure = KC_FAILURE_TARGET;
        detail = in->code;
    } else if (!kc_attestation_target_is_clean(in->body.ptr)) {
        failure = KC_FAILURE_TARGET_RESERVED;
    } else {
        failure = make_report(core, request, in->body.ptr, report, effects);
    }
    if (failure != KC_FAILURE_NONE)
        return conclude(core, request, (struct kc_bytes){NULL, 0}, failure, detail, effects);
    if (!give_back(core, request, KC_REQUEST_WANTS_QUOTE))
        return true;
    return want(effects, KC_EFFECT_QUOTE_WANTED, in->id, kc_bytes_of(report, sizeof report));
}

static bool begin_again(struct kc_core *core, struct kc_request *request,
                        const struct kc_message *in, struct kc_writer *effects)
{
    if (request->tries >= TRIES_MAX)
        return conclude(core, request, (struct kc_bytes){NULL, 0}, KC_FAILURE_TRIES, request->tries,
                        effects);
    if (!give_back(core, request, KC_REQUEST_WANTS_TARGET))
        return true;
    kc_handle_log(effects, KC_LOG_QUOTE_AGAIN, in->id, in->code);
    return want(effects, KC_EFFECT_TARGET_WANTED, in->id, (struct kc_bytes){NULL, 0});
}

bool kc_handle_quote(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    enum kc_failure failure = KC_FAILURE_NONE;
    uint32_t detail = in->code;
    struct kc_request *request = take(core, in, KC_REQUEST_WANTS_QUOTE, effects);
    if (request == NULL)
        return false;
    if (in->code == KEY_NOT_INITIALIZED || in->code == KEY_CERT_DATA_INVALID)
        return begin_again(core, request, in, effects);
    if (in->code != 0)
        failure = KC_FAILURE_QUOTE;
    else
        failure = kc_attestation_check_quote(request->report_body, in->body, &detail);
    return conclude(core, request, in->body, failure, detail, effects);
}
