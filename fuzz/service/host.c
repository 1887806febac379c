#include <string.h>

#include "core/dispatcher.h"
#include "core/session.h"
#include "world.h"

#define MEMORY_MAX (96u * 1024 * 1024)

/* Of the sanitizer, where there is one. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static struct client *client_of(struct world *w, uint64_t conn)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        if (conn != 0 && w->client[i].conn == conn)
            return &w->client[i];
    }
    return NULL;
}

static struct ask *new_ask(struct world *w)
{
    struct ask *ask = &w->ask[0];
    for (size_t i = 0; i < ASKS && ask->type != 0; i++) {
        if (w->ask[i].type == 0 || w->ask[i].order < ask->order)
            ask = &w->ask[i];
    }
    return ask;
}

static void take_ask(struct world *w, const struct kc_effect *effect)
{
    struct ask *ask = new_ask(w);
    ask->type = effect->type;
    ask->order = ++w->asked;
    ask->conn = effect->conn;
    ask->id = effect->id;
    ask->record = effect->record;
    ask->limit = effect->limit;
    memcpy(ask->batch, effect->batch, sizeof ask->batch);
    FUZZ_CHECK(effect->body.len <= sizeof ask->body);
    ask->len = effect->body.len;
    if (ask->len > 0)
        memcpy(ask->body, effect->body.ptr, ask->len);
}

/* A key that a client was told of is not made again in this life, and no batch comes twice. */
static void check_store(struct world *w, const struct kc_effect *effect)
{
    struct kc_store_write write;
    struct kc_reader r = kc_reader_of(effect->body);
    size_t count = 0;
    for (; kc_store_write_next(&r, &write); count++) {
        FUZZ_CHECK(write.replaces == 0 || effect->conn == 0);
        for (unsigned i = 0; i < NAMES; i++) {
            struct kc_bytes name = kc_bytes_of_text(request_names[i]);
            if (write.id.class == KC_RECORD_KEY &&
                kc_bytes_equal(kc_bytes_of(write.id.name, write.id.name_len), name))
                FUZZ_CHECK((w->made >> i & 1) == 0);
        }
    }
    FUZZ_CHECK(kc_reader_done(&r) && count > 0 && count <= KC_EXCHANGE_WRITES_MAX + 1);
    for (unsigned i = 0; i < w->batches && i < 32; i++)
        FUZZ_CHECK(memcmp(w->batch_id[i], effect->batch, KC_BATCH_ID_SIZE) != 0);
    memcpy(w->batch_id[w->batches++ % 32], effect->batch, KC_BATCH_ID_SIZE);
    disk_note(&w->disk, effect->body);
}

static void take_of_client(struct client *client, const struct kc_effect *effect)
{
    if (client == NULL)
        return;
    if (effect->type != KC_EFFECT_RESUME_WANTED)
        FUZZ_CHECK(client->open || client->unsure);
    if (effect->type == KC_EFFECT_SEND && client->tls != NULL)
        FUZZ_CHECK(BIO_write(SSL_get_rbio(client->tls), effect->body.ptr, (int)effect->body.len) ==
                   (int)effect->body.len);
    else if (effect->type == KC_EFFECT_CLOSE)
        client->open = false;
    else if (effect->type == KC_EFFECT_RESUME_WANTED)
        client->resume = true;
}

static void learn(struct world *w, const struct kc_effect *effect)
{
    struct client *client = client_of(w, effect->conn);
    switch (effect->type) {
    case KC_EFFECT_READY:
        FUZZ_CHECK(!w->started);
        w->started = true;
        break;
    case KC_EFFECT_REFUSED:
        client = client_of(w, effect->number);
        if (effect->message == KC_MESSAGE_OPEN && client != NULL)
            client->unsure = true;
        break;
    case KC_EFFECT_SEND:
        FUZZ_CHECK(effect->body.len > 0 && effect->body.len <= KC_SEND_MAX);
        take_of_client(client, effect);
        break;
    case KC_EFFECT_CLOSE:
        FUZZ_CHECK(effect->code >= KC_CLOSE_DONE && effect->code <= KC_CLOSE_INTERNAL);
        take_of_client(client, effect);
        break;
    case KC_EFFECT_RESUME_WANTED:
        take_of_client(client, effect);
        break;
    case KC_EFFECT_WORK_WANTED:
        w->work++;
        break;
    case KC_EFFECT_STORE:
        check_store(w, effect);
        take_ask(w, effect);
        break;
    case KC_EFFECT_FETCH:
    case KC_EFFECT_SCAN:
    case KC_EFFECT_TARGET_WANTED:
    case KC_EFFECT_QUOTE_WANTED:
        take_ask(w, effect);
        break;
    case KC_EFFECT_SERVING:
        FUZZ_CHECK(effect->not_before < effect->not_after);
        w->serving = true;
        break;
    default:
        break;
    }
}

/* A root that is there stays, and no memory grows beyond what all limits together allow. */
static void check_state(struct world *w)
{
    const struct kc_root *root = w->core->root;
    FUZZ_CHECK(w->root == NULL || w->root == root);
    if (root != NULL && w->root == NULL) {
        secrets_add(root->key, sizeof root->key);
        w->root = root;
    }
    if (__sanitizer_get_current_allocated_bytes != NULL)
        FUZZ_CHECK(__sanitizer_get_current_allocated_bytes() < MEMORY_MAX);
}

/* What the dispatcher wants for this batch, to the byte. */
static size_t needed(struct kc_bytes batch)
{
    size_t low = 0;
    size_t high = KC_CORE_FRAME_MAX;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (kc_dispatcher_check(batch, middle) == KC_ERR_ROOM)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum kc_err call(struct world *w, struct kc_bytes batch, uint8_t *out, size_t cap)
{
    struct kc_frame_message frame;
    struct kc_effect effect;
    size_t len = SIZE_MAX;
    bool inside = hooks.inside;
    memset(out + cap, 0xe7, 64);
    hooks.inside = true;
    enum kc_err err = kc_core_ecall(w->core, batch, (struct kc_room){out, cap}, &len);
    hooks.inside = inside;
    if (err != KC_OK) {
        FUZZ_CHECK((err == KC_ERR_MALFORMED || err == KC_ERR_ROOM) && len == SIZE_MAX);
        return err;
    }
    FUZZ_CHECK(len <= cap);
    for (size_t i = 0; i < 64; i++)
        FUZZ_CHECK(out[cap + i] == 0xe7);
    check_state(w);
    secrets_check(kc_bytes_of(out, len));
    struct kc_reader r = kc_reader_of(kc_bytes_of(out, len));
    while (kc_frame_next(&r, &frame)) {
        FUZZ_CHECK(kc_effect_decode(&frame, &effect) == KC_OK);
        learn(w, &effect);
    }
    FUZZ_CHECK(r.left == 0);
    return KC_OK;
}

void host_flush(struct world *w)
{
    static uint8_t batch[BATCH_MAX];
    size_t len = w->queue.len;
    if (w->core == NULL || len == 0)
        return;
    memcpy(batch, w->queue_room, len);
    w->queue = kc_writer_of((struct kc_room){w->queue_room, BATCH_MAX});
    w->queued = 0;
    size_t cap = w->out_cap > 0 ? w->out_cap : needed(kc_bytes_of(batch, len));
    w->out_cap = 0;
    enum kc_err err = call(w, kc_bytes_of(batch, len), w->out, cap);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &w->client[i];
        client->unsure = client->unsure || err != KC_OK;
        client->open = client->open && !client->closing;
        client->closing = false;
    }
}

static void queued(struct world *w)
{
    if (++w->queued >= KC_FRAME_MESSAGES_MAX || !w->gather)
        host_flush(w);
}

void host_say(struct world *w, struct kc_message message)
{
    if (w->queue.len + message.body.len + message.names.len + 256 > BATCH_MAX)
        host_flush(w);
    kc_message_encode(&w->queue, &message);
    FUZZ_CHECK(!kc_writer_failed(&w->queue));
    queued(w);
}

void host_say_conn(struct world *w, uint16_t type, uint64_t conn)
{
    struct client *client = client_of(w, conn);
    if (type == KC_MESSAGE_CLOSE && client != NULL)
        client->closing = true;
    host_say(w, (struct kc_message){.type = type, .conn = conn});
}

/* `length` is what the header says. A message that is none of this host's making may be about
 * any connection. */
void host_raw(struct world *w, uint16_t type, struct kc_bytes payload, size_t length)
{
    if (w->queue.len + payload.len + 64 > BATCH_MAX)
        return;
    if (type >= KC_MESSAGE_OPEN && type <= KC_MESSAGE_CLOSE) {
        for (size_t i = 0; i < CLIENTS; i++)
            w->client[i].unsure = w->client[i].raw = true;
    }
    w->lied = w->reports = true;
    kc_frame_write_header(&w->queue, type, length);
    kc_writer_bytes(&w->queue, payload);
    queued(w);
}

void host_say_nested(struct world *w, struct kc_message message)
{
    uint8_t room[1024];
    struct kc_writer batch = kc_writer_of((struct kc_room){room, sizeof room});
    struct client *client = client_of(w, message.conn);
    kc_message_encode(&batch, &message);
    FUZZ_CHECK(!kc_writer_failed(&batch));
    if (client != NULL)
        client->unsure = true;
    struct kc_bytes bytes = kc_writer_written(&batch);
    FUZZ_CHECK(call(w, bytes, w->out_nested, needed(bytes)) == KC_OK);
}
