/*
 * WAL with synchronous=FULL: a commit returns after its fsync, so that an acknowledged change
 * outlives a crash of the machine. locking_mode=EXCLUSIVE: the lock is held as long as the file is
 * open, and goes with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/store/sqlite.h"

#define APPLICATION_ID  0x4b434c56 /* "KCLV" */
#define SCHEMA_VERSION  1
#define BUSY_TIMEOUT_MS 2000 /* a server that is just ending has let go by then */

static const char *const sql[KC_SQLITE_STATEMENT_COUNT] = {
    [KC_SQLITE_BEGIN] = "BEGIN IMMEDIATE",
    [KC_SQLITE_COMMIT] = "COMMIT",
    [KC_SQLITE_ROLLBACK] = "ROLLBACK",
    [KC_SQLITE_SAVEPOINT] = "SAVEPOINT change",
    [KC_SQLITE_RELEASE] = "RELEASE change",
    [KC_SQLITE_ROLLBACK_TO] = "ROLLBACK TO change",
    [KC_SQLITE_FETCH] = "SELECT blob, version FROM record WHERE class = ?1 AND name = ?2",
    [KC_SQLITE_SCAN] =
        "SELECT name FROM record WHERE class = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
    [KC_SQLITE_INSERT] = ("INSERT INTO record (class, name, version, blob) VALUES (?1, ?2, 1, ?4)"
                          " ON CONFLICT DO NOTHING"),
    [KC_SQLITE_UPDATE] = ("UPDATE record SET version = ?3 + 1, blob = ?4"
                          " WHERE class = ?1 AND name = ?2 AND version = ?3"),
};

static enum kc_err fail(struct kc_sqlite *s, struct kc_error *error)
{
    int code = sqlite3_errcode(s->db);
    uint64_t at = (uint64_t)sqlite3_extended_errcode(s->db);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return kc_error_set(error, KC_ERR_STATE, "another server has this store open", 0);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return kc_error_set(error, KC_ERR_MALFORMED, "this file is no sound database", at);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return kc_error_set(error, KC_ERR_REFUSED, "the store cannot be written here", at);
    case SQLITE_NOMEM:
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the store", at);
    case SQLITE_FULL:
        return kc_error_set(error, KC_ERR_IO, "the disk is full", at);
    default:
        return kc_error_set(error, KC_ERR_IO, "the store cannot be opened (SQLite's code)", at);
    }
}

static bool run(struct kc_sqlite *s, const char *text)
{
    return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* The number that a pragma or a query gives; false when it fails. */
static bool ask(struct kc_sqlite *s, const char *text, int64_t *out)
{
    sqlite3_stmt *q = NULL;
    bool good =
        sqlite3_prepare_v2(s->db, text, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW;
    if (good)
        *out = sqlite3_column_int64(q, 0);
    return sqlite3_finalize(q) == SQLITE_OK && good;
}

static bool make_schema(struct kc_sqlite *s)
{
    char text[512];
    sqlite3_snprintf((int)sizeof text, text,
                     "BEGIN;"
                     "CREATE TABLE record (class INTEGER NOT NULL, name TEXT NOT NULL,"
                     " version INTEGER NOT NULL, blob BLOB NOT NULL,"
                     " PRIMARY KEY (class, name)) STRICT;"
                     "PRAGMA application_id = %d; PRAGMA user_version = %d;"
                     "COMMIT;",
                     APPLICATION_ID, SCHEMA_VERSION);
    return run(s, text);
}

static enum kc_err open_schema(struct kc_sqlite *s, struct kc_error *error)
{
    int64_t id = 0;
    int64_t version = 0;
    int64_t tables = 0;
    if (!ask(s, "PRAGMA application_id", &id) || !ask(s, "PRAGMA user_version", &version) ||
        !ask(s, "SELECT count(*) FROM sqlite_schema", &tables))
        return fail(s, error);
    if (id == 0 && version == 0 && tables == 0)
        return make_schema(s) ? KC_OK : fail(s, error);
    if (id != APPLICATION_ID)
        return kc_error_set(error, KC_ERR_MALFORMED, "this database is not one of Keyclave's",
                            (uint64_t)id);
    if (version != SCHEMA_VERSION)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "this store was made by another version of Keyclave: its format",
                            (uint64_t)version);
    return KC_OK;
}

static enum kc_err prepare(struct kc_sqlite *s, struct kc_error *error)
{
    for (size_t i = 0; i < KC_SQLITE_STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statement[i],
                               NULL) != SQLITE_OK)
            return fail(s, error);
    }
    return KC_OK;
}

/* SQLite gives a new file the mode that the umask allows, and opens read-only what it cannot
 * write. */
static enum kc_err make_file(const char *path, struct kc_error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        bool denied = errno == EACCES || errno == EROFS || errno == EPERM;
        return kc_error_set(error, denied ? KC_ERR_REFUSED : KC_ERR_IO,
                            denied ? "the store cannot be written here"
                                   : "the store cannot be opened (errno)",
                            (uint64_t)errno);
    }
    close(fd);
    return KC_OK;
}

enum kc_err kc_store_open_sqlite(const char *path, struct kc_store **out, struct kc_error *error)
{
    enum kc_err err = make_file(path, error);
    if (err != KC_OK)
        return err;
    struct kc_sqlite *s = calloc(1, sizeof *s);
    if (s == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory for the store", 0);
    s->store.ops = &kc_sqlite_ops;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS) != SQLITE_OK ||
        !run(s, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                "PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT;"))
        err = fail(s, error);
    if (err == KC_OK)
        err = open_schema(s, error);
    if (err == KC_OK)
        err = prepare(s, error);
    if (err == KC_OK)
        *out = &s->store;
    else
        kc_store_free(&s->store);
    return err;
}
