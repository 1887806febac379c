#include "core/dispatcher.h"

#include "core/certificates.h"
#include "core/handlers.h"
#include "core/session.h"

struct row {
    bool (*handle)(struct kc_core *, const struct kc_message *, struct kc_writer *);
    uint16_t type;
    uint8_t phases; /* in which it is allowed: bits of enum kc_core_phase */
    bool repeats;   /* may come more than once */
    uint32_t payload_min;
    uint32_t payload_max;
    uint32_t effects_max; /* bytes of effects at most */
    bool echoes;          /* and the payload's length beside it */
};

#define LOG_SIZE     (8 + 20) /* header included */
#define ANSWER_FIXED (8 + 8 + KC_PUBLIC_KEY_SIZE + KC_ATTESTATION_OVERHEAD)
/* READY, the root sealed anew, the certificate's quote. */
#define START_EFFECTS (64 + 128 + KC_MESSAGE_ROOT_MAX + KC_CERTIFICATES_EFFECTS_MAX)
#define TICK_EFFECTS  (LOG_SIZE + KC_CERTIFICATES_EFFECTS_MAX + KC_SESSIONS_TICK_EFFECTS_MAX)
/* QUOTE_WANTED, or FAILED and what certificates say to it: less. */
#define TARGET_EFFECTS (LOG_SIZE + 16 + KC_SGX_REPORT_SIZE)

/* OPEN: CLOSE for itself and for the one that it takes the place of. */
#define OPEN_EFFECTS 40
/* RECORD: found, the record's id, and the longest blob, which is the root's. */
#define RECORD_FIXED 14
#define RECORD_MAX   (RECORD_FIXED + KC_RECORD_NAME_MAX + KC_MESSAGE_ROOT_MAX)
_Static_assert(KC_RECORD_BLOB_MAX <= KC_MESSAGE_ROOT_MAX, "the root's blob is the longest");

/* The attack surface: every message that the host can send, and when. */
static const struct row table[] = {
    {kc_handle_start, KC_MESSAGE_START, KC_PHASE_NEW, false, KC_MESSAGE_START_FIXED,
     KC_MESSAGE_START_FIXED + KC_MESSAGE_NAMES_MAX + KC_MESSAGE_ROOT_MAX, START_EFFECTS, false},
    {kc_handle_tick, KC_MESSAGE_TICK, KC_PHASE_READY, true, 8, 8, TICK_EFFECTS, false},
    {kc_handle_get_report, KC_MESSAGE_GET_REPORT, KC_PHASE_READY, true, 8, 8, 64, false},
    {kc_handle_get_evidence, KC_MESSAGE_GET_EVIDENCE_WITH_PUB_KEY, KC_PHASE_READY, true,
     KC_MESSAGE_EVIDENCE_FIXED, KC_MESSAGE_EVIDENCE_FIXED + KC_MESSAGE_SETTINGS_MAX, 64, false},
    {kc_handle_targetinfo, KC_MESSAGE_TARGETINFO, KC_PHASE_READY, true, KC_MESSAGE_TARGET_FIXED,
     KC_MESSAGE_TARGET_FIXED + KC_SGX_TARGETINFO_SIZE, TARGET_EFFECTS, false},
    {kc_handle_quote, KC_MESSAGE_QUOTE, KC_PHASE_READY, true, KC_MESSAGE_TARGET_FIXED,
     KC_MESSAGE_TARGET_FIXED + KC_SGX_QUOTE_MAX_SIZE, ANSWER_FIXED, true},
    {kc_handle_open, KC_MESSAGE_OPEN, KC_PHASE_READY, true, 12, 12, OPEN_EFFECTS, false},
    {kc_handle_bytes, KC_MESSAGE_BYTES, KC_PHASE_READY, true, 9, 8 + KC_MESSAGE_BYTES_MAX,
     KC_SESSION_EFFECTS_MAX, false},
    {kc_handle_close, KC_MESSAGE_CLOSE, KC_PHASE_READY, true, 8, 8, 0, false},
    {kc_handle_resume, KC_MESSAGE_RESUME, KC_PHASE_READY, true, 8, 8, KC_SESSION_EFFECTS_MAX,
     false},
    {kc_handle_work, KC_MESSAGE_WORK, KC_PHASE_READY, true, 0, 0, 16, false},
    {kc_handle_record, KC_MESSAGE_RECORD, KC_PHASE_READY, true, RECORD_FIXED, RECORD_MAX,
     KC_SESSION_EFFECTS_MAX, false},
    {kc_handle_ids, KC_MESSAGE_IDS, KC_PHASE_READY, true, 16, 16 + KC_MESSAGE_IDS_MAX,
     KC_SESSION_EFFECTS_MAX, false},
    {kc_handle_stored, KC_MESSAGE_STORED, KC_PHASE_READY, true, 28, 28, KC_SESSION_EFFECTS_MAX,
     false},
};

/* What an unknown type is answered with: REFUSED, header included. */
#define REFUSED_SIZE (8 + 16)

static const struct row *find(uint16_t type)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].type == type)
            return &table[i];
    }
    return NULL;
}

enum kc_err kc_dispatcher_check(struct kc_bytes batch, size_t out_cap)
{
    struct kc_reader r = kc_reader_of(batch);
    struct kc_frame_message message;
    size_t needed = 0;
    if (batch.len > KC_CORE_FRAME_MAX || kc_frame_check(batch, KC_FRAME_MESSAGES_MAX) != KC_OK)
        return KC_ERR_MALFORMED;
    while (kc_frame_next(&r, &message)) {
        const struct row *row = find(message.type);
        needed += REFUSED_SIZE;
        if (row == NULL)
            continue;
        if (message.payload.len < row->payload_min || message.payload.len > row->payload_max)
            return KC_ERR_MALFORMED;
        needed += row->effects_max + (row->echoes ? message.payload.len : 0);
    }
    return needed > out_cap ? KC_ERR_ROOM : KC_OK;
}

/* Takes note of a message that may come once, so that of two threads one is refused. */
static enum kc_refusal admit(struct kc_core *core, const struct row *row)
{
    uint32_t bit = UINT32_C(1) << row->type;
    enum kc_refusal refusal = KC_REFUSAL_NONE;
    pthread_mutex_lock(&core->lock);
    if (!row->repeats && (core->seen & bit) != 0)
        refusal = KC_REFUSAL_REPEATED;
    else if ((row->phases & core->phase) == 0)
        refusal = KC_REFUSAL_NOT_NOW;
    else if (!row->repeats)
        core->seen |= bit;
    pthread_mutex_unlock(&core->lock);
    return refusal;
}

static void forget(struct kc_core *core, const struct row *row)
{
    pthread_mutex_lock(&core->lock);
    core->seen &= ~(UINT32_C(1) << row->type);
    pthread_mutex_unlock(&core->lock);
}

static void dispatch(struct kc_core *core, const struct kc_frame_message *frame,
                     struct kc_writer *effects)
{
    struct kc_message message = {0};
    const struct row *row = find(frame->type);
    enum kc_refusal refusal = KC_REFUSAL_UNKNOWN_TYPE;
    if (row != NULL)
        refusal =
            kc_message_decode(frame, &message) == KC_OK ? admit(core, row) : KC_REFUSAL_PAYLOAD;
    if (refusal != KC_REFUSAL_NONE)
        (void)kc_handle_refuse(effects, frame->type, refusal, 0);
    else if (!row->handle(core, &message, effects) && !row->repeats)
        forget(core, row);
}

void kc_dispatcher_run(struct kc_core *core, struct kc_bytes batch, struct kc_writer *effects)
{
    struct kc_reader r = kc_reader_of(batch);
    struct kc_frame_message message;
    while (kc_frame_next(&r, &message))
        dispatch(core, &message, effects);
}
