/*
 * The store's thread. What waits together is done together: reads first, so that none sees what is
 * not durable yet, then all changes by one commit.
 */
#include <stdlib.h>
#include <string.h>

#include "host/server_state.h"
#include "host/store/store.h"

#define GROUP_MAX 64

static void note(struct kc_server *server, const char *what)
{
    kc_journal_text(server->options.journal, KC_JOURNAL_ERROR, what, "why",
                    kc_store_trouble(server->options.store));
}

static void fetch(struct kc_server *server, const struct kc_effect *wanted)
{
    uint8_t blob[KC_STORE_MAX];
    size_t len = 0;
    uint64_t version = 0; /* stands in the blob, too, where nobody can change it */
    struct kc_message record = {
        .type = KC_MESSAGE_RECORD, .conn = wanted->conn, .record = wanted->record};
    record.code = kc_store_fetch(server->options.store, &wanted->record,
                                 (struct kc_room){blob, sizeof blob}, &len, &version);
    record.body = kc_bytes_of(blob, len);
    if (record.code == KC_FOUND_FAILED)
        note(server, "the store did not give a record");
    kc_mailbox_message(server, &record);
}

static void scan(struct kc_server *server, const struct kc_effect *wanted)
{
    uint8_t names[KC_MESSAGE_IDS_MAX];
    struct kc_writer w = kc_writer_of((struct kc_room){names, sizeof names});
    struct kc_message ids = {.type = KC_MESSAGE_IDS, .conn = wanted->conn};
    ids.record.class = wanted->record.class;
    ids.code = kc_store_scan(server->options.store, &wanted->record, wanted->limit, &w, &ids.end);
    if (ids.code == KC_FOUND) {
        ids.body = kc_bytes_of(names, w.len);
    } else {
        ids.end = false;
        note(server, "the store did not list its records");
    }
    kc_mailbox_message(server, &ids);
}

static void commit(struct kc_server *server, const struct kc_effect *const *wanted, size_t count)
{
    struct kc_store_change changes[GROUP_MAX];
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct kc_store_change){wanted[i]->body, KC_STORED_FAILED};
    kc_store_commit(server->options.store, changes, count);
    for (size_t i = 0; i < count; i++) {
        struct kc_message stored = {
            .type = KC_MESSAGE_STORED, .conn = wanted[i]->conn, .code = changes[i].outcome};
        memcpy(stored.batch, wanted[i]->batch, sizeof stored.batch);
        failed = failed || changes[i].outcome == KC_STORED_FAILED ||
                 changes[i].outcome == KC_STORED_FULL;
        kc_mailbox_message(server, &stored);
    }
    if (failed)
        note(server, "the store did not take a change");
}

void kc_server_serve_store(struct kc_server_helper *helper, struct kc_server_job *jobs)
{
    const struct kc_effect *group[GROUP_MAX];
    size_t count = 0;
    for (const struct kc_server_job *job = jobs; job != NULL; job = job->next) {
        if (job->effect.type == KC_EFFECT_FETCH)
            fetch(helper->server, &job->effect);
        else if (job->effect.type == KC_EFFECT_SCAN)
            scan(helper->server, &job->effect);
    }
    for (const struct kc_server_job *job = jobs; job != NULL; job = job->next) {
        if (job->effect.type == KC_EFFECT_STORE)
            group[count++] = &job->effect;
        if (count == GROUP_MAX || (job->next == NULL && count > 0)) {
            commit(helper->server, group, count);
            count = 0;
        }
    }
}
