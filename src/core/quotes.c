#include "core/quotes.h"

#include <stdlib.h>
#include <string.h>

#include "core/certificates.h"
#include "core/state.h"

/* With the lock held. */
static struct kc_request *find_own(struct kc_core *core, uint64_t id)
{
    return (id & KC_REQUEST_ID_OWN) == 0 ? NULL : kc_requests_find(&core->requests, id);
}

/* With the lock held. */
static struct kc_request *take_place(struct kc_core *core, enum kc_quote_for purpose)
{
    if (purpose == KC_QUOTE_CERTIFICATE)
        return kc_requests_certificate_entry(&core->requests);
    size_t kept = purpose == KC_QUOTE_AUTHENTICATED ? 0 : core->requests.max / 4;
    return kc_requests_free_entry(&core->requests, kept);
}

enum kc_err kc_quotes_begin(struct kc_core *core, enum kc_quote_for purpose, uint64_t conn,
                            struct kc_bytes claims, struct kc_writer *effects, uint64_t *id)
{
    struct kc_effect wanted = {.type = KC_EFFECT_TARGET_WANTED};
    struct kc_attestation what = {0};
    enum kc_err err = kc_attestation_of_claims(claims, &what);
    if (err != KC_OK)
        return err;
    pthread_mutex_lock(&core->lock);
    struct kc_request *entry = take_place(core, purpose);
    if (entry != NULL) {
        wanted.id = KC_REQUEST_ID_OWN | ++core->requests.own;
        *entry = (struct kc_request){.state = KC_REQUEST_WANTS_TARGET,
                                     .id = wanted.id,
                                     .what = what,
                                     .purpose = purpose,
                                     .conn = conn};
    }
    pthread_mutex_unlock(&core->lock);
    if (entry == NULL)
        return KC_ERR_ROOM;
    kc_effect_encode(effects, &wanted);
    *id = wanted.id;
    return KC_OK;
}

enum kc_quote_state kc_quotes_poll(struct kc_core *core, uint64_t id, struct kc_room *quote,
                                   enum kc_failure *failure)
{
    enum kc_quote_state state = KC_QUOTE_FAILED;
    *failure = KC_FAILURE_NONE;
    pthread_mutex_lock(&core->lock);
    struct kc_request *entry = find_own(core, id);
    if (entry != NULL && entry->state == KC_REQUEST_MADE) {
        state = KC_QUOTE_MADE;
        *quote = entry->quote;
        entry->quote = (struct kc_room){NULL, 0};
        kc_requests_end(entry);
    } else if (entry != NULL && entry->state == KC_REQUEST_FAILED) {
        *failure = entry->failure;
        kc_requests_end(entry);
    } else if (entry != NULL) {
        state = KC_QUOTE_WAITS;
    }
    pthread_mutex_unlock(&core->lock);
    return state;
}

void kc_quotes_abandon(struct kc_core *core, uint64_t id)
{
    pthread_mutex_lock(&core->lock);
    struct kc_request *entry = find_own(core, id);
    if (entry != NULL && entry->state == KC_REQUEST_BUSY)
        entry->abandoned = true;
    else if (entry != NULL)
        kc_requests_end(entry);
    pthread_mutex_unlock(&core->lock);
}

static void tell(struct kc_core *core, enum kc_quote_for purpose, uint64_t conn,
                 struct kc_writer *effects)
{
    if (purpose == KC_QUOTE_CERTIFICATE)
        kc_certificates_quoted(core, effects);
    else if (conn != 0)
        kc_effect_encode(effects,
                         &(struct kc_effect){.type = KC_EFFECT_RESUME_WANTED, .conn = conn});
}

void kc_quotes_conclude(struct kc_core *core, struct kc_request *request, struct kc_bytes quote,
                        enum kc_failure failure, uint32_t detail, struct kc_writer *effects)
{
    struct kc_room copy = {NULL, 0};
    enum kc_quote_for purpose = request->purpose;
    uint64_t conn = request->conn;
    uint64_t id = request->id;
    if (failure == KC_FAILURE_NONE) {
        copy.ptr = malloc(quote.len);
        if (copy.ptr == NULL)
            failure = KC_FAILURE_MEMORY;
    }
    if (copy.ptr != NULL) {
        memcpy(copy.ptr, quote.ptr, quote.len);
        copy.len = quote.len;
    }
    pthread_mutex_lock(&core->lock);
    bool wanted = !request->abandoned;
    request->state = failure == KC_FAILURE_NONE ? KC_REQUEST_MADE : KC_REQUEST_FAILED;
    request->failure = failure;
    request->quote = copy;
    if (!wanted)
        kc_requests_end(request);
    pthread_mutex_unlock(&core->lock);
    if (failure != KC_FAILURE_NONE)
        kc_effect_encode(
            effects, &(struct kc_effect){
                         .type = KC_EFFECT_FAILED, .id = id, .code = failure, .detail = detail});
    if (wanted)
        tell(core, purpose, conn, effects);
}
