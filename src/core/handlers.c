#include "core/handlers.h"

#include "base/time.h"
#include "core/certificates.h"
#include "core/effect.h"
#include "core/session.h"

bool kc_handle_refuse(struct kc_writer *effects, uint16_t type, enum kc_refusal code,
                      uint64_t number)
{
    struct kc_effect effect = {
        .type = KC_EFFECT_REFUSED, .message = type, .code = code, .number = number};
    kc_effect_encode(effects, &effect);
    return false;
}

void kc_handle_log(struct kc_writer *effects, enum kc_log code, uint64_t first, uint64_t second)
{
    struct kc_effect effect = {
        .type = KC_EFFECT_LOG, .code = code, .number = first, .number2 = second};
    kc_effect_encode(effects, &effect);
}

void kc_handle_set_time(struct kc_core *core, uint64_t now)
{
    __atomic_store_n(&core->now, now, __ATOMIC_RELAXED); /* sessions read it without the lock */
    if (core->platform->time_is != NULL)
        core->platform->time_is(core->platform->context, now);
}

bool kc_handle_tick(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    /* The clock cannot be put back: no message may take it where no date is. */
    if (in->now > KC_TIME_MAX)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_LIMIT, KC_TIME_MAX);
    pthread_mutex_lock(&core->lock);
    uint64_t kept = core->now;
    if (in->now > kept)
        kc_handle_set_time(core, in->now);
    pthread_mutex_unlock(&core->lock);
    if (in->now < kept)
        kc_handle_log(effects, KC_LOG_CLOCK_BACKWARDS, kept, in->now);
    if (core->certificates != NULL)
        kc_certificates_tick(core, effects);
    kc_sessions_tick(core, effects);
    return true;
}
