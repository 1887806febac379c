#include <string.h>

#include "world.h"

struct ask *answer_oldest(struct world *w)
{
    struct ask *oldest = NULL;
    for (size_t i = 0; i < ASKS; i++) {
        struct ask *ask = &w->ask[i];
        if (ask->type != 0 && (oldest == NULL || ask->order < oldest->order))
            oldest = ask;
    }
    return oldest;
}

static struct kc_message record_of(const struct world *w, const struct ask *ask)
{
    const struct disk_blob *there = disk_find(&w->disk, &ask->record);
    return (struct kc_message){.type = KC_MESSAGE_RECORD,
                               .conn = ask->conn,
                               .record = ask->record,
                               .code = there != NULL ? KC_FOUND : KC_FOUND_NOTHING,
                               .body = disk_bytes(&w->disk, there)};
}

/* At most `most` names; says whether they are the last. */
static struct kc_message names_of(const struct world *w, const struct ask *ask, uint32_t most,
                                  struct kc_writer *names)
{
    struct kc_record_id last = ask->record;
    struct kc_message message = {
        .type = KC_MESSAGE_IDS, .conn = ask->conn, .record = {.class = ask->record.class}};
    size_t next = disk_next(&w->disk, last.class, &last);
    while (next != DISK_RECORDS && most-- > 0) {
        last = w->disk.blob[w->disk.record[next]].id;
        kc_message_write_name(names, kc_bytes_of(last.name, last.name_len));
        next = disk_next(&w->disk, last.class, &last);
    }
    message.end = next == DISK_RECORDS;
    message.body = kc_writer_written(names);
    return message;
}

static struct kc_message stored_of(const struct ask *ask, uint32_t code)
{
    struct kc_message message = {.type = KC_MESSAGE_STORED, .conn = ask->conn, .code = code};
    memcpy(message.batch, ask->batch, sizeof message.batch);
    return message;
}

void answer_honestly(struct world *w, struct ask *ask)
{
    answer_somehow(w, ask, 0, 0);
}

/* --- lies of each kind; those that change nothing of the message are other kinds' --- */

static void answer_fetch(struct world *w, const struct ask *ask, unsigned how, unsigned number)
{
    static uint8_t spoilt[KC_MESSAGE_ROOT_MAX];
    struct kc_message message = record_of(w, ask);
    const struct disk_blob *other =
        w->disk.blobs > 0 ? &w->disk.blob[number % w->disk.blobs] : NULL;
    w->lied = w->lied || how != 0;
    switch (how) {
    case 1:
        message.code = KC_FOUND_NOTHING;
        message.body.len = 0;
        break;
    case 2:
    case 3:
        message.code = how == 2 ? KC_FOUND_FAILED : 7;
        message.body.len = 0;
        break;
    case 4: /* flipped */
    case 5: /* cut off */
        if (message.body.len == 0)
            break;
        memcpy(spoilt, message.body.ptr, message.body.len);
        spoilt[number % message.body.len] ^= (uint8_t)(1 << (number >> 8) % 8);
        message.body.ptr = spoilt;
        if (how == 5)
            message.body.len = number % message.body.len;
        break;
    case 6: /* another one's, an older one, one that was never stored */
        message.body = disk_bytes(&w->disk, other);
        message.code = KC_FOUND;
        break;
    case 7: /* nobody asked for that */
        if (other != NULL) {
            message.record = other->id;
            message.body = disk_bytes(&w->disk, other);
            message.code = KC_FOUND;
        }
        break;
    default:
        break;
    }
    host_say(w, message);
}

static void answer_scan(struct world *w, const struct ask *ask, unsigned how, unsigned number)
{
    static uint8_t room[KC_MESSAGE_IDS_MAX];
    struct kc_writer names = kc_writer_of((struct kc_room){room, sizeof room});
    char name[KC_RECORD_NAME_MAX];
    struct kc_message message =
        names_of(w, ask, how == 1 && number % 4 < ask->limit ? number % 4 : ask->limit, &names);
    switch (how) {
    case 2:
        message.code = KC_FOUND_FAILED;
        break;
    case 3:
        message.code = KC_FOUND_NOTHING;
        break;
    case 4: /* invented, out of order */
        kc_message_write_name(&names, kc_bytes_of_text(number % 2 == 0 ? "0" : "zz"));
        break;
    case 5: /* of other characters, empty */
        kc_message_write_name(&names, kc_bytes_of_text(number % 2 == 0 ? "a/b" : ""));
        break;
    case 6: /* as many as go, and more than asked for perhaps */
        names.len = 0;
        memset(name, 'y', sizeof name);
        for (unsigned i = 0; names.len + sizeof name < sizeof room; i++) {
            name[1] = (char)('a' + i / 26);
            name[2] = (char)('a' + i % 26);
            kc_message_write_name(&names, kc_bytes_of(name, 3 + number % 124));
        }
        message.end = number >= 0x8000;
        break;
    case 7:
        message.record.class = (uint8_t)number % 4;
        break;
    case 8: /* cut off */
        kc_message_write_name(&names, kc_bytes_of_text("zz"));
        names.len -= 1;
        break;
    case 9:
        message.end = !message.end;
        break;
    default:
        break;
    }
    message.body = kc_writer_written(&names);
    if (message.code != KC_FOUND)
        message.body.len = 0;
    host_say(w, message);
}

static void answer_store(struct world *w, const struct ask *ask, unsigned how, unsigned number)
{
    struct kc_bytes list = kc_bytes_of(ask->body, ask->len);
    bool stores = how == 0 || how == 4 || how == 5 || (how == 7 && number % 2 == 0) || how > 8;
    struct kc_message message =
        stored_of(ask, stores ? (uint32_t)disk_store(&w->disk, list) : KC_STORED_OK);
    switch (how) {
    case 1:
    case 2:
    case 3: /* and nothing was */
        message.code = how;
        break;
    case 4: /* a lost answer */
    case 5:
        message.code = how == 4 ? KC_STORED_FAILED : KC_STORED_CONFLICT;
        break;
    case 6: /* says ok, and has not */
        w->lied = true;
        break;
    case 7: /* of another batch, and that says nothing of this one */
        message.batch[number % sizeof message.batch] ^= 1;
        break;
    case 8:
        message.code = 4 + number;
        break;
    default:
        break;
    }
    host_say(w, message);
}

static void answer_target(struct world *w, const struct ask *ask, unsigned how, unsigned number)
{
    uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0x9e};
    struct kc_message message = {
        .type = KC_MESSAGE_TARGETINFO, .id = ask->id, .body = kc_bytes_of(target, sizeof target)};
    if (how == 1) {
        message.code = 1 + number;
        message.body.len = 0;
    } else if (how == 2) {
        target[number % sizeof target] ^= 1;
    } else if (how == 3) {
        message.id += number % 3;
    }
    host_say(w, message);
}

static void answer_quote(struct world *w, const struct ask *ask, unsigned how, unsigned number)
{
    static uint8_t quote[KC_SGX_QUOTE_MAX_SIZE];
    struct kc_message message = {.type = KC_MESSAGE_QUOTE, .id = ask->id};
    message.body = kc_bytes_of(quote, TEST_QUOTE_SIZE);
    test_quote_of(ask->body, quote);
    switch (how) {
    case 1:
    case 2: /* the attestation key is not ready, or another failure */
        message.code = how == 1 ? 42 + number % 2 : 1 + number % 40;
        message.body.len = 0;
        break;
    case 3:
        quote[number % TEST_QUOTE_SIZE] ^= (uint8_t)(1 << (number >> 12) % 8);
        break;
    case 4: /* of another report */
        test_quote_of(w->ask[number % ASKS].body, quote);
        break;
    case 5:
        message.body.len = number % (2 * TEST_QUOTE_SIZE);
        break;
    case 6: /* a long one */
        message.body.len = TEST_QUOTE_SIZE - 4 + number % (KC_SGX_QUOTE_MAX_SIZE - TEST_QUOTE_SIZE);
        for (unsigned i = 0; i < 4; i++) {
            quote[432 + i] = (uint8_t)((message.body.len - 436) >> 8 * i);
            quote[1016 + i] = (uint8_t)((message.body.len - 1020) >> 8 * i);
        }
        break;
    default:
        break;
    }
    host_say(w, message);
}

/* 16: to another connection; 17: twice; 18: never; 19: later. */
void answer_somehow(struct world *w, struct ask *ask, unsigned how, unsigned number)
{
    static struct ask now;
    const uint16_t type = ask->type;
    if (type == 0 || how == 19)
        return;
    now = *ask;
    ask->type = 0;
    if (how == 18)
        return;
    if (how == 16)
        now.conn = w->client[number % CLIENTS].conn;
    w->lied = w->lied || how == 16;
    for (unsigned i = 0; i < (how == 17 ? 2u : 1u); i++) {
        unsigned way = how >= 16 ? 0 : how;
        if (type == KC_EFFECT_FETCH)
            answer_fetch(w, &now, way, number);
        else if (type == KC_EFFECT_SCAN)
            answer_scan(w, &now, way, number);
        else if (type == KC_EFFECT_STORE)
            answer_store(w, &now, way, number);
        else if (type == KC_EFFECT_TARGET_WANTED)
            answer_target(w, &now, way, number);
        else
            answer_quote(w, &now, way, number);
    }
}
