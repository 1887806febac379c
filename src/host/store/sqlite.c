#include "host/store/sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void note_trouble(struct kc_sqlite *s)
{
    sqlite3_snprintf((int)sizeof s->trouble, s->trouble, "%s (%d)", sqlite3_errmsg(s->db),
                     sqlite3_extended_errcode(s->db));
}

/* errno of the last write that failed, be it to the database or to its log. */
static int write_errno(const struct kc_sqlite *s)
{
    sqlite3_file *wal = NULL;
    int os = 0;
    (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal != NULL && wal->pMethods != NULL)
        (void)wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &os);
    if (os == 0)
        (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_LAST_ERRNO, &os);
    return os;
}

/* What the last failure means to whoever wanted to store something. */
static enum kc_stored judge(struct kc_sqlite *s)
{
    int code = sqlite3_errcode(s->db);
    note_trouble(s);
    if (code == SQLITE_FULL || code == SQLITE_READONLY)
        return KC_STORED_FULL;
    if (sqlite3_extended_errcode(s->db) != SQLITE_IOERR_WRITE)
        return KC_STORED_FAILED;
    int os = write_errno(s); /* SQLite calls ENOSPC alone FULL */
    return os == EDQUOT || os == EFBIG || os == EROFS ? KC_STORED_FULL : KC_STORED_FAILED;
}

static bool step(struct kc_sqlite *s, enum kc_sqlite_statement which)
{
    int result = sqlite3_step(s->statement[which]);
    sqlite3_reset(s->statement[which]);
    return result == SQLITE_DONE;
}

static bool bind_id(sqlite3_stmt *statement, const struct kc_record_id *id)
{
    return sqlite3_bind_int(statement, 1, id->class) == SQLITE_OK &&
           sqlite3_bind_text(statement, 2, id->name, id->name_len, SQLITE_STATIC) == SQLITE_OK;
}

static enum kc_found sqlite_fetch(struct kc_store *store, const struct kc_record_id *id,
                                  struct kc_room blob, size_t *blob_len, uint64_t *version)
{
    struct kc_sqlite *s = (struct kc_sqlite *)store;
    sqlite3_stmt *q = s->statement[KC_SQLITE_FETCH];
    enum kc_found found = KC_FOUND_FAILED;
    int result = bind_id(q, id) ? sqlite3_step(q) : SQLITE_ERROR;
    if (result == SQLITE_DONE) {
        found = KC_FOUND_NOTHING;
    } else if (result == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(q, 0);
        size_t len = (size_t)sqlite3_column_bytes(q, 0);
        if (bytes != NULL && len <= blob.len) {
            memcpy(blob.ptr, bytes, len);
            *blob_len = len;
            *version = (uint64_t)sqlite3_column_int64(q, 1);
            found = KC_FOUND;
        }
    }
    if (found == KC_FOUND_FAILED)
        note_trouble(s);
    sqlite3_reset(q);
    return found;
}

static enum kc_found sqlite_scan(struct kc_store *store, const struct kc_record_id *after,
                                 uint32_t limit, struct kc_writer *names, bool *end)
{
    struct kc_sqlite *s = (struct kc_sqlite *)store;
    sqlite3_stmt *q = s->statement[KC_SQLITE_SCAN];
    int result = SQLITE_ERROR;
    /* One more than is wanted tells whether something comes after. */
    if (bind_id(q, after) && sqlite3_bind_int64(q, 3, (int64_t)limit + 1) == SQLITE_OK)
        result = sqlite3_step(q);
    uint32_t count = 0;
    while (result == SQLITE_ROW) {
        struct kc_bytes name =
            kc_bytes_of(sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
        if (count == limit || names->cap - names->len < name.len + 1)
            break;
        kc_message_write_name(names, name);
        count++;
        result = sqlite3_step(q);
    }
    bool good = result == SQLITE_DONE || result == SQLITE_ROW;
    if (!good)
        note_trouble(s);
    *end = result == SQLITE_DONE;
    sqlite3_reset(q);
    return good ? KC_FOUND : KC_FOUND_FAILED;
}

static enum kc_stored write_one(struct kc_sqlite *s, const struct kc_store_write *write)
{
    enum kc_sqlite_statement which = write->replaces == 0 ? KC_SQLITE_INSERT : KC_SQLITE_UPDATE;
    sqlite3_stmt *q = s->statement[which];
    if (write->replaces >= INT64_MAX) /* no record has got so far */
        return KC_STORED_CONFLICT;
    if (!bind_id(q, &write->id) ||
        sqlite3_bind_int64(q, 3, (int64_t)write->replaces) != SQLITE_OK ||
        sqlite3_bind_blob(q, 4, write->blob.ptr, (int)write->blob.len, SQLITE_STATIC) != SQLITE_OK)
        return judge(s);
    if (!step(s, which))
        return judge(s);
    return sqlite3_changes(s->db) == 1 ? KC_STORED_OK : KC_STORED_CONFLICT;
}

/* One list inside the transaction; what it did is undone unless all of it fits. */
static enum kc_stored write_list(struct kc_sqlite *s, struct kc_bytes list)
{
    struct kc_reader r = kc_reader_of(list);
    struct kc_store_write write;
    enum kc_stored outcome = KC_STORED_OK;
    if (!step(s, KC_SQLITE_SAVEPOINT))
        return judge(s);
    while (outcome == KC_STORED_OK && kc_store_write_next(&r, &write))
        outcome = write_one(s, &write);
    if (outcome == KC_STORED_OK && !kc_reader_done(&r))
        outcome = KC_STORED_FAILED;
    if (outcome != KC_STORED_OK && !step(s, KC_SQLITE_ROLLBACK_TO))
        return judge(s);
    if (!step(s, KC_SQLITE_RELEASE))
        return judge(s);
    return outcome;
}

static enum kc_stored commit_all(struct kc_sqlite *s, struct kc_store_change *changes, size_t count)
{
    enum kc_stored result = KC_STORED_OK;
    if (!step(s, KC_SQLITE_BEGIN))
        return judge(s);
    for (size_t i = 0; i < count; i++) {
        changes[i].outcome = write_list(s, changes[i].list);
        /* Without room, or for other reasons, SQLite may have ended the transaction. */
        if (changes[i].outcome != KC_STORED_OK && changes[i].outcome != KC_STORED_CONFLICT) {
            result = changes[i].outcome;
            break;
        }
    }
    if (result == KC_STORED_OK && !step(s, KC_SQLITE_COMMIT))
        result = judge(s);
    if (result != KC_STORED_OK && sqlite3_get_autocommit(s->db) == 0)
        (void)step(s, KC_SQLITE_ROLLBACK);
    return result;
}

static void sqlite_commit(struct kc_store *store, struct kc_store_change *changes, size_t count)
{
    struct kc_sqlite *s = (struct kc_sqlite *)store;
    enum kc_stored together = commit_all(s, changes, count);
    if (together == KC_STORED_OK)
        return;
    /* One may have spoilt it for all: each by itself. */
    for (size_t i = 0; i < count; i++) {
        enum kc_stored alone = count == 1 ? together : commit_all(s, &changes[i], 1);
        if (alone != KC_STORED_OK)
            changes[i].outcome = alone;
    }
}

static const char *sqlite_trouble(const struct kc_store *store)
{
    return ((const struct kc_sqlite *)store)->trouble;
}

static void sqlite_free(struct kc_store *store)
{
    struct kc_sqlite *s = (struct kc_sqlite *)store;
    for (size_t i = 0; i < KC_SQLITE_STATEMENT_COUNT; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db);
    free(s);
}

const struct kc_store_ops kc_sqlite_ops = {sqlite_fetch, sqlite_scan, sqlite_commit, sqlite_trouble,
                                           sqlite_free};
