/* Messages about connections: each names one, and is for the session that was opened with it. */
#include "core/handlers.h"
#include "core/root.h"
#include "core/sessions.h"

static bool refuse(const struct kc_message *in, enum kc_refusal refusal, struct kc_writer *effects)
{
    return kc_handle_refuse(effects, in->type, refusal, in->conn);
}

/* The session for this thread; NULL, and REFUSED said. */
static struct kc_session *take(struct kc_core *core, const struct kc_message *in,
                               struct kc_writer *effects)
{
    struct kc_session *s = NULL;
    enum kc_refusal refusal = KC_REFUSAL_NOT_NOW;
    if (core->sessions != NULL)
        refusal = kc_sessions_take(core, in->conn, effects, &s);
    if (refusal == KC_REFUSAL_NONE)
        return s;
    (void)refuse(in, refusal, effects);
    return NULL;
}

bool kc_handle_open(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    enum kc_refusal refusal = KC_REFUSAL_NOT_NOW;
    if (in->listener > KC_LISTENER_RATLS)
        refusal = KC_REFUSAL_PAYLOAD;
    else if (core->sessions != NULL)
        refusal = kc_sessions_open(core, in->conn, (enum kc_listener)in->listener, effects);
    return refusal == KC_REFUSAL_NONE || refuse(in, refusal, effects);
}

bool kc_handle_close(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    enum kc_refusal refusal = KC_REFUSAL_NOT_NOW;
    if (core->sessions != NULL)
        refusal = kc_sessions_close(core, in->conn);
    return refusal == KC_REFUSAL_NONE || refuse(in, refusal, effects);
}

bool kc_handle_bytes(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    struct kc_session *s = take(core, in, effects);
    if (s == NULL)
        return false;
    s->pipe.fresh = in->body;
    kc_session_run(s);
    return true;
}

/* An exchange that waits looks whether what it waits for is there: quotes come on any thread. */
bool kc_handle_resume(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    struct kc_session *s = take(core, in, effects);
    if (s == NULL)
        return false;
    if (s->state == KC_SESSION_WAIT)
        s->state = KC_SESSION_STEP;
    kc_session_run(s);
    return true;
}

/* RECORD, IDS, STORED: for an exchange that waits, which says whether for this. */
static bool answer(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects,
                   enum kc_refusal (*give)(struct kc_exchange *, const struct kc_message *,
                                           struct kc_writer *))
{
    enum kc_refusal refusal = KC_REFUSAL_NOT_AWAITED;
    struct kc_session *s = take(core, in, effects);
    if (s == NULL)
        return false;
    if (s->state == KC_SESSION_WAIT)
        refusal = give(&s->desk->x, in, effects);
    if (refusal != KC_REFUSAL_NONE) {
        kc_sessions_give_back(s);
        return refuse(in, refusal, effects);
    }
    s->state = KC_SESSION_STEP;
    kc_session_run(s);
    return true;
}

bool kc_handle_record(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    return answer(core, in, effects, kc_exchange_take_record);
}

bool kc_handle_ids(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    return answer(core, in, effects, kc_exchange_take_ids);
}

/* Connection 0 is the enclave itself: its root, sealed anew. */
bool kc_handle_stored(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    if (in->conn != 0)
        return answer(core, in, effects, kc_exchange_take_stored);
    enum kc_refusal refusal = kc_root_stored(core, in, effects);
    return refusal == KC_REFUSAL_NONE || refuse(in, refusal, effects);
}

bool kc_handle_work(struct kc_core *core, const struct kc_message *in, struct kc_writer *effects)
{
    struct kc_effect resume = {.type = KC_EFFECT_RESUME_WANTED};
    if (core->sessions == NULL)
        return refuse(in, KC_REFUSAL_NOT_NOW, effects);
    if (kc_slow_work(core->sessions, &resume.conn))
        kc_effect_encode(effects, &resume);
    return true;
}
