#include "core/handlers.h"

#include "base/time.h"
#include "core/effect.h"

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

/* With the lock held. */
static void set_time(struct kc_core *core, uint64_t now)
{
    core->now = now;
    if (core->platform->time_is != NULL)
        core->platform->time_is(core->platform->context, now);
}

bool kc_handle_start(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    struct kc_effect ready = {
        .type = KC_EFFECT_READY, .version = KC_BOUNDARY_VERSION, .requests_max = in->requests_max};
    if (in->version != KC_BOUNDARY_VERSION)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_VERSION, KC_BOUNDARY_VERSION);
    if (in->requests_max < 1 || in->requests_max > KC_CORE_REQUESTS_MAX)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_LIMIT, KC_CORE_REQUESTS_MAX);
    if (in->now > KC_TIME_MAX)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_LIMIT, KC_TIME_MAX);
    pthread_mutex_lock(&core->lock);
    core->requests.max = in->requests_max;
    set_time(core, in->now);
    core->phase = KC_PHASE_READY;
    pthread_mutex_unlock(&core->lock);
    kc_effect_encode(effects, &ready);
    return true;
}

bool kc_handle_tick(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    /* The clock cannot be put back: no message may take it where no date is. */
    if (in->now > KC_TIME_MAX)
        return kc_handle_refuse(effects, in->type, KC_REFUSAL_LIMIT, KC_TIME_MAX);
    pthread_mutex_lock(&core->lock);
    uint64_t kept = core->now;
    if (in->now > kept)
        set_time(core, in->now);
    pthread_mutex_unlock(&core->lock);
    if (in->now < kept)
        kc_handle_log(effects, KC_LOG_CLOCK_BACKWARDS, kept, in->now);
    return true;
}
