#include "core/certificates.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "core/handlers.h"
#include "core/quotes.h"
#include "core/root.h"
#include "core/tls.h"
#include "formats/dice.h"
#include "ratls/certificate.h"

#define LISTENERS (KC_LISTENER_RATLS + 1)
/* Steps that one thread does before it leaves the rest to the next TICK: its effects are bounded,
 * whatever others bring meanwhile. */
#define STEPS_MAX 2

struct kc_certificates {
    uint32_t life;
    size_t name_count;
    struct kc_ratls_subject_name names[KC_RATLS_NAMES_MAX]; /* views of `name_bytes` */
    uint8_t name_bytes[KC_MESSAGE_NAMES_MAX];

    /* Under the core's lock. */
    bool in_hand;        /* a thread works */
    bool again;          /* another one came meanwhile */
    bool wanted;         /* renew, whatever the time is */
    size_t evidence_len; /* of the certificate in use; 0: there is none */
    uint8_t evidence[KC_RATLS_EVIDENCE_MAX];

    /* The working thread's alone. */
    uint64_t quote_id; /* 0: none is on its way */
    uint64_t asked_at;
    const struct kc_root *root; /* whose kms-id is in the claims on their way */
    uint8_t claims[KC_RATLS_CLAIMS_MAX];
    size_t claims_len;
    uint64_t next; /* when to renew */
    uint32_t wait; /* seconds after the last failure; 0: there was none since the last success */
    uint64_t not_after; /* of the certificate in use */
};

/* What is written with one quote. */
struct batch {
    const struct kc_root *root;
    uint64_t not_before, not_after;
    size_t evidence_len;
    uint8_t evidence[KC_RATLS_EVIDENCE_MAX];
    size_t leaf_len[LISTENERS];
    uint8_t leaf[LISTENERS][KC_RATLS_CERTIFICATE_MAX];
};

static const struct kc_root *root_of(const struct kc_core *core)
{
    return __atomic_load_n(&core->root, __ATOMIC_ACQUIRE);
}

static enum kc_failure failure_of(enum kc_err err)
{
    switch (err) {
    case KC_OK:
        return KC_FAILURE_NONE;
    case KC_ERR_MEMORY:
        return KC_FAILURE_MEMORY;
    case KC_ERR_CRYPTO:
        return KC_FAILURE_CRYPTO;
    case KC_ERR_ROOM: /* kc_quotes_begin: a quote that was given up still has the place */
        return KC_FAILURE_BUSY;
    default:
        return KC_FAILURE_CERTIFICATE;
    }
}

static bool read_names(struct kc_certificates *c, struct kc_bytes names)
{
    memcpy(c->name_bytes, names.ptr, names.len);
    struct kc_reader r = kc_reader_of(kc_bytes_of(c->name_bytes, names.len));
    while (r.left > 0) {
        struct kc_ratls_subject_name name = {.kind = kc_reader_u8(&r)};
        if (!kc_message_next_name(&r, &name.value) || c->name_count == KC_RATLS_NAMES_MAX ||
            (name.kind != KC_RATLS_NAME_DNS && name.kind != KC_RATLS_NAME_IP) ||
            !kc_ratls_subject_name_is_good(&name))
            return false;
        c->names[c->name_count++] = name;
    }
    return c->name_count > 0;
}

enum kc_err kc_certificates_new(struct kc_bytes names, uint32_t life, struct kc_certificates **out)
{
    if (names.len == 0 || names.len > KC_MESSAGE_NAMES_MAX)
        return KC_ERR_MALFORMED;
    struct kc_certificates *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KC_ERR_MEMORY;
    c->life = life;
    if (!read_names(c, names)) {
        kc_certificates_free(c);
        return KC_ERR_MALFORMED;
    }
    *out = c;
    return KC_OK;
}

void kc_certificates_free(struct kc_certificates *certificates)
{
    free(certificates);
}

enum kc_err kc_certificates_claims(const struct kc_core *core, struct kc_ratls_claims *out)
{
    const struct kc_root *root = root_of(core);
    struct kc_ratls_claims claims = {.context = KC_RATLS_SERVER};
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    kc_ratls_spki_of_p256(kc_tls_public_key(core->tls), spki);
    if (root != NULL)
        memcpy(claims.kms_id, root->kms_id, sizeof claims.kms_id);
    enum kc_err err = kc_ratls_key_hash(kc_bytes_of(spki, sizeof spki), claims.key_hash);
    if (err == KC_OK)
        *out = claims;
    return err;
}

static void note_failure(struct kc_certificates *c, uint64_t now, enum kc_failure failure,
                         struct kc_writer *effects)
{
    c->quote_id = 0;
    c->wait = c->wait == 0 ? KC_CERTIFICATES_RETRY_MIN : 2 * c->wait;
    if (c->wait > KC_CERTIFICATES_RETRY_MAX)
        c->wait = KC_CERTIFICATES_RETRY_MAX;
    c->next = now + c->wait;
    kc_handle_log(effects, KC_LOG_RENEWAL_FAILED, c->not_after, failure);
}

static void ask(struct kc_core *core, uint64_t now, struct kc_writer *effects)
{
    struct kc_certificates *c = core->certificates;
    struct kc_ratls_claims claims = {0};
    struct kc_writer w = kc_writer_of((struct kc_room){c->claims, sizeof c->claims});
    c->root = root_of(core);
    enum kc_err err = kc_certificates_claims(core, &claims);
    if (err == KC_OK) {
        kc_ratls_claims_encode(&w, &claims);
        c->claims_len = w.len;
        err = kc_quotes_begin(core, KC_QUOTE_CERTIFICATE, 0, kc_writer_written(&w), effects,
                              &c->quote_id);
    }
    c->asked_at = now;
    if (err != KC_OK)
        note_failure(c, now, failure_of(err), effects);
}

/* The leaf that a listener shows. */
static enum kc_err write_leaf(struct kc_core *core, const struct kc_ratls_leaf *common,
                              enum kc_listener listener, struct batch *batch)
{
    struct kc_ratls_leaf leaf = *common;
    struct kc_ratls_signer signer = {leaf.public_key, kc_tls_sign, core->tls};
    struct kc_room room = {batch->leaf[listener], sizeof batch->leaf[listener]};
    if (listener == KC_LISTENER_SERVICE && batch->root != NULL) {
        struct kc_root *root = core->root; /* the same, to sign with */
        signer = (struct kc_ratls_signer){root->identity_public, kc_root_sign, root};
    }
    if (RAND_bytes(leaf.serial, sizeof leaf.serial) != 1)
        return KC_ERR_CRYPTO;
    return kc_ratls_leaf_write(&leaf, &signer, room, &batch->leaf_len[listener], NULL);
}

static enum kc_err write_batch(struct kc_core *core, struct kc_bytes quote, uint64_t now,
                               struct batch *batch)
{
    const struct kc_certificates *c = core->certificates;
    const struct kc_dice_evidence evidence = {quote, kc_bytes_of(c->claims, c->claims_len)};
    struct kc_writer w = kc_writer_of((struct kc_room){batch->evidence, sizeof batch->evidence});
    uint64_t skew = c->life / 4 < KC_CERTIFICATES_SKEW ? c->life / 4 : KC_CERTIFICATES_SKEW;
    batch->root = c->root;
    batch->not_before = now > skew ? now - skew : 0;
    batch->not_after = batch->not_before + c->life;
    kc_dice_evidence_encode(&w, &evidence);
    batch->evidence_len = w.len;
    const struct kc_ratls_leaf leaf = {.public_key = kc_tls_public_key(core->tls),
                                       .not_before = (int64_t)batch->not_before,
                                       .not_after = (int64_t)batch->not_after,
                                       .names = c->names,
                                       .name_count = c->name_count,
                                       .quote = evidence.quote,
                                       .claims = evidence.claims};
    enum kc_err err = kc_writer_failed(&w) ? KC_ERR_ARGUMENT : KC_OK;
    for (int i = 0; i < LISTENERS && err == KC_OK; i++)
        err = write_leaf(core, &leaf, (enum kc_listener)i, batch);
    return err;
}

/* Both listeners show the new ones, or it is tried again. */
static enum kc_err use_batch(struct kc_core *core, const struct batch *batch)
{
    enum kc_err err = KC_OK;
    for (int i = 0; i < LISTENERS && err == KC_OK; i++) {
        struct kc_bytes issuer = {NULL, 0};
        if (i == KC_LISTENER_SERVICE && batch->root != NULL)
            issuer = kc_bytes_of(batch->root->certificate, batch->root->certificate_len);
        err = kc_tls_use(core->tls, (enum kc_listener)i,
                         kc_bytes_of(batch->leaf[i], batch->leaf_len[i]), issuer);
    }
    return err;
}

static void tell(const struct batch *batch, struct kc_writer *effects)
{
    struct kc_effect serving = {
        .type = KC_EFFECT_SERVING, .not_before = batch->not_before, .not_after = batch->not_after};
    if (batch->root != NULL)
        memcpy(serving.kms_id, batch->root->kms_id, sizeof serving.kms_id);
    kc_handle_log(effects, KC_LOG_CERTIFICATE, batch->not_before, batch->not_after);
    kc_effect_encode(effects, &serving);
}

static void renew_with(struct kc_core *core, struct kc_bytes quote, uint64_t now,
                       struct kc_writer *effects)
{
    struct kc_certificates *c = core->certificates;
    struct batch *batch = calloc(1, sizeof *batch);
    enum kc_err err = batch == NULL ? KC_ERR_MEMORY : KC_OK;
    if (err == KC_OK)
        err = write_batch(core, quote, now, batch);
    if (err == KC_OK)
        err = use_batch(core, batch);
    if (err == KC_OK) {
        pthread_mutex_lock(&core->lock);
        memcpy(c->evidence, batch->evidence, batch->evidence_len);
        c->evidence_len = batch->evidence_len;
        pthread_mutex_unlock(&core->lock);
        c->not_after = batch->not_after;
        c->next = batch->not_before + c->life / 2;
        c->wait = 0;
        tell(batch, effects);
    } else {
        note_failure(c, now, failure_of(err), effects);
    }
    free(batch);
}

/* Looks after the quote on its way. */
static void look(struct kc_core *core, uint64_t now, struct kc_writer *effects)
{
    struct kc_certificates *c = core->certificates;
    struct kc_room quote = {NULL, 0};
    enum kc_failure failure = KC_FAILURE_NONE;
    enum kc_quote_state state = kc_quotes_poll(core, c->quote_id, &quote, &failure);
    if (state == KC_QUOTE_MADE) {
        c->quote_id = 0;
        renew_with(core, kc_bytes_of(quote.ptr, quote.len), now, effects);
        free(quote.ptr);
    } else if (state == KC_QUOTE_FAILED) {
        note_failure(c, now, failure, effects);
    } else if (now >= c->asked_at + KC_CERTIFICATES_QUOTE_TIME) {
        kc_quotes_abandon(core, c->quote_id);
        note_failure(c, now, KC_FAILURE_TIME, effects);
    }
}

static void step(struct kc_core *core, struct kc_writer *effects)
{
    struct kc_certificates *c = core->certificates;
    pthread_mutex_lock(&core->lock);
    uint64_t now = core->now;
    bool wanted = c->wanted;
    c->wanted = false;
    pthread_mutex_unlock(&core->lock);
    if (c->quote_id != 0 && c->root != root_of(core)) {
        kc_quotes_abandon(core, c->quote_id);
        c->quote_id = 0;
        wanted = true;
    }
    if (c->quote_id != 0)
        look(core, now, effects);
    if (c->quote_id == 0 && (wanted || now >= c->next))
        ask(core, now, effects);
}

/* One thread at a time does what there is to do. */
static void work(struct kc_core *core, bool wanted, struct kc_writer *effects)
{
    struct kc_certificates *c = core->certificates;
    pthread_mutex_lock(&core->lock);
    bool busy = c->in_hand;
    c->in_hand = true;
    c->again = busy;
    c->wanted = c->wanted || wanted;
    pthread_mutex_unlock(&core->lock);
    bool more = !busy;
    for (int i = 0; more; i++) {
        step(core, effects);
        pthread_mutex_lock(&core->lock);
        more = c->again && i + 1 < STEPS_MAX;
        c->again = false;
        c->in_hand = more;
        pthread_mutex_unlock(&core->lock);
    }
}

void kc_certificates_renew(struct kc_core *core, struct kc_writer *effects)
{
    work(core, true, effects);
}

void kc_certificates_tick(struct kc_core *core, struct kc_writer *effects)
{
    work(core, false, effects);
}

void kc_certificates_quoted(struct kc_core *core, struct kc_writer *effects)
{
    work(core, false, effects);
}

enum kc_err kc_certificates_evidence(struct kc_core *core, struct kc_room *out)
{
    struct kc_certificates *c = core->certificates;
    struct kc_room room = {malloc(sizeof c->evidence), 0};
    if (room.ptr == NULL)
        return KC_ERR_MEMORY;
    pthread_mutex_lock(&core->lock);
    memcpy(room.ptr, c->evidence, c->evidence_len);
    room.len = c->evidence_len;
    pthread_mutex_unlock(&core->lock);
    if (room.len == 0) {
        free(room.ptr);
        return KC_ERR_STATE;
    }
    *out = room;
    return KC_OK;
}
