/* START: the limits, the clock, and the service if one is asked for: all of it or nothing. */
#include "base/time.h"
#include "core/certificates.h"
#include "core/handlers.h"
#include "core/records.h"
#include "core/root.h"
#include "core/session.h"
#include "core/tls.h"

#define LIFE_MIN 60
#define LIFE_MAX 86400

struct service {
    struct kc_tls *tls;
    struct kc_certificates *certificates;
    struct kc_records *records;
    struct kc_root *root;
    struct kc_sessions *sessions;
    bool root_is_old; /* sealed at values that are not the platform's current ones */
};

static void let_go(struct service *service)
{
    kc_sessions_free(service->sessions);
    kc_certificates_free(service->certificates);
    kc_tls_free(service->tls);
    kc_records_free(service->records);
    kc_root_free(service->root);
}

/* What is wrong with the message itself; `number` is what REFUSED tells. */
static enum kc_refusal judge(const struct kc_message *in, uint64_t *number)
{
    const struct {
        bool good;
        enum kc_refusal refusal;
        uint64_t number;
    } rules[] = {
        {in->version == KC_BOUNDARY_VERSION, KC_REFUSAL_VERSION, KC_BOUNDARY_VERSION},
        {in->requests_max >= 1 && in->requests_max <= KC_CORE_REQUESTS_MAX, KC_REFUSAL_LIMIT,
         KC_CORE_REQUESTS_MAX},
        {in->now <= KC_TIME_MAX, KC_REFUSAL_LIMIT, KC_TIME_MAX},
        {in->sessions_max <= KC_CORE_SESSIONS_MAX, KC_REFUSAL_LIMIT, KC_CORE_SESSIONS_MAX},
        {in->sessions_max == 0 ||
             (in->certificate_life >= LIFE_MIN && in->certificate_life <= LIFE_MAX),
         KC_REFUSAL_LIMIT, LIFE_MAX},
        {in->sessions_max > 0 ||
             (in->certificate_life == 0 && in->names.len == 0 && in->body.len == 0),
         KC_REFUSAL_PAYLOAD, 0},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        *number = rules[i].number;
        if (!rules[i].good)
            return rules[i].refusal;
    }
    return KC_REFUSAL_NONE;
}

static enum kc_refusal refusal_of(enum kc_err err, enum kc_refusal otherwise, uint64_t *number)
{
    *number = err == KC_ERR_MEMORY ? KC_FAILURE_MEMORY : KC_FAILURE_CRYPTO;
    if (err == KC_OK)
        return KC_REFUSAL_NONE;
    if (err == KC_ERR_MEMORY || err == KC_ERR_CRYPTO)
        return KC_REFUSAL_FAILED;
    *number = 0;
    return otherwise;
}

static enum kc_refusal make_service(const struct kc_platform *platform, const struct kc_message *in,
                                    struct service *out, uint64_t *number)
{
    bool current = true;
    enum kc_err err = kc_certificates_new(in->names, in->certificate_life, &out->certificates);
    if (err != KC_OK)
        return refusal_of(err, KC_REFUSAL_NAMES, number);
    if (in->body.len > 0)
        err = kc_root_open(platform, in->body, &out->root, &current);
    if (err != KC_OK)
        return refusal_of(err, KC_REFUSAL_ROOT, number);
    out->root_is_old = !current;
    err = kc_tls_new(&out->tls);
    if (err == KC_OK)
        err = kc_records_new(&out->records);
    if (err == KC_OK)
        err = kc_sessions_new(in->sessions_max, &out->sessions);
    return refusal_of(err, KC_REFUSAL_FAILED, number);
}

static void open_for_all(struct kc_core *core, const struct kc_message *in,
                         const struct service *service)
{
    pthread_mutex_lock(&core->lock);
    core->requests.max = in->requests_max;
    core->tls = service->tls;
    core->certificates = service->certificates;
    core->records = service->records;
    core->sessions = service->sessions;
    __atomic_store_n(&core->root, service->root, __ATOMIC_RELEASE);
    kc_handle_set_time(core, in->now);
    core->phase = KC_PHASE_READY;
    pthread_mutex_unlock(&core->lock);
}

bool kc_handle_start(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    const struct kc_effect ready = {
        .type = KC_EFFECT_READY, .version = KC_BOUNDARY_VERSION, .requests_max = in->requests_max};
    struct service service = {0};
    uint64_t number = 0;
    enum kc_refusal refusal = judge(in, &number);
    if (refusal == KC_REFUSAL_NONE && in->sessions_max > 0)
        refusal = make_service(core->platform, in, &service, &number);
    if (refusal != KC_REFUSAL_NONE) {
        let_go(&service);
        return kc_handle_refuse(effects, in->type, refusal, number);
    }
    open_for_all(core, in, &service);
    kc_effect_encode(effects, &ready);
    if (service.root_is_old)
        kc_root_reseal(core, effects);
    if (in->sessions_max > 0)
        kc_certificates_renew(core, effects);
    return true;
}
