/*
 * The SQLite store, for its own files: sqlite.c reads and writes, sqlite_open.c opens.
 */
#ifndef KC_HOST_STORE_SQLITE_H
#define KC_HOST_STORE_SQLITE_H

#include <sqlite3.h>

#include "host/store/store.h"

enum kc_sqlite_statement {
    KC_SQLITE_BEGIN,
    KC_SQLITE_COMMIT,
    KC_SQLITE_ROLLBACK,
    KC_SQLITE_SAVEPOINT,
    KC_SQLITE_RELEASE,
    KC_SQLITE_ROLLBACK_TO,
    KC_SQLITE_FETCH,
    KC_SQLITE_SCAN,
    KC_SQLITE_INSERT,
    KC_SQLITE_UPDATE,
    KC_SQLITE_STATEMENT_COUNT,
};

struct kc_sqlite {
    struct kc_store store;
    sqlite3 *db;
    sqlite3_stmt *statement[KC_SQLITE_STATEMENT_COUNT];
    char trouble[256]; /* kept, for what follows a failure changes sqlite3_errmsg() */
};

extern const struct kc_store_ops kc_sqlite_ops;

#endif
