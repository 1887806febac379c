/* The SQLite store: versions, groups, a crash in the middle, a full and a read-only disk. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/store/store.h"
#include "sim_folder.h"

struct world {
    char *folder;
    char *path;
    struct kc_store *store;
};

static struct kc_store *open_store(const char *path)
{
    struct kc_store *store = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_store_open_sqlite(path, &store, &error) != KC_OK)
        fail_msg("%s: %s (%llu)", path, error.what, (unsigned long long)error.at);
    return store;
}

static int setup(void **out)
{
    struct world *w = calloc(1, sizeof *w);
    w->folder = test_new_folder();
    assert_true(asprintf(&w->path, "%s/records.db", w->folder) > 0);
    w->store = open_store(w->path);
    *out = w;
    return 0;
}

static int teardown(void **in)
{
    struct world *w = *in;
    kc_store_free(w->store);
    test_remove_tree(w->folder);
    free(w->folder);
    free(w->path);
    free(w);
    return 0;
}

static struct kc_record_id id_of(uint8_t class, const char *name)
{
    struct kc_record_id id = {.class = class};
    if (*name != '\0')
        assert_true(kc_record_id_make(class, kc_bytes_of_text(name), &id));
    return id;
}

/* A list of writes in memory of its own. */
struct list {
    uint8_t bytes[KC_STORE_MAX];
    struct kc_writer w;
};

static void list_start(struct list *list)
{
    list->w = kc_writer_of((struct kc_room){list->bytes, sizeof list->bytes});
}

static void list_add(struct list *list, const char *name, uint64_t replaces, struct kc_bytes blob)
{
    const struct kc_store_write write = {id_of(KC_RECORD_KEY, name), replaces, blob};
    kc_store_write_encode(&list->w, &write);
    assert_false(kc_writer_failed(&list->w));
}

static enum kc_stored commit(struct kc_store *store, const struct list *list)
{
    struct kc_store_change change = {kc_writer_written(&list->w), KC_STORED_FAILED};
    kc_store_commit(store, &change, 1);
    return change.outcome;
}

static enum kc_stored put(struct kc_store *store, const char *name, uint64_t replaces,
                          const char *blob)
{
    struct list list;
    list_start(&list);
    list_add(&list, name, replaces, kc_bytes_of_text(blob));
    return commit(store, &list);
}

/* 0: there is none. */
static uint64_t version_of(struct kc_store *store, const char *name, const char *want)
{
    static uint8_t blob[KC_STORE_MAX];
    size_t len = 0;
    uint64_t version = 0;
    const struct kc_record_id id = id_of(KC_RECORD_KEY, name);
    enum kc_found found =
        kc_store_fetch(store, &id, (struct kc_room){blob, sizeof blob}, &len, &version);
    assert_int_not_equal(found, KC_FOUND_FAILED);
    if (found == KC_FOUND_NOTHING)
        return 0;
    if (want != NULL) {
        assert_int_equal(len, strlen(want));
        assert_memory_equal(blob, want, len);
    }
    return version;
}

static void test_versions(void **in)
{
    static const struct {
        const char *name;
        uint64_t replaces;
        const char *blob;
        enum kc_stored want;
        uint64_t version; /* afterwards */
        const char *is;
    } rows[] = {
        {"a", 1, "x", KC_STORED_CONFLICT, 0, NULL},
        {"a", 0, "one", KC_STORED_OK, 1, "one"},
        {"a", 0, "two", KC_STORED_CONFLICT, 1, "one"},
        {"a", 2, "two", KC_STORED_CONFLICT, 1, "one"},
        {"a", 1, "two", KC_STORED_OK, 2, "two"},
        {"a", 1, "three", KC_STORED_CONFLICT, 2, "two"},
        {"a", UINT64_MAX, "three", KC_STORED_CONFLICT, 2, "two"},
        {"A", 0, "other", KC_STORED_OK, 1, "other"},
    };
    struct world *w = *in;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(put(w->store, rows[i].name, rows[i].replaces, rows[i].blob), rows[i].want);
        assert_int_equal(version_of(w->store, rows[i].name, rows[i].is), rows[i].version);
    }
    /* The classes are apart. */
    const struct kc_record_id token = id_of(KC_RECORD_TOKEN, "a");
    uint8_t blob[16];
    size_t len = 0;
    uint64_t version = 0;
    assert_int_equal(
        kc_store_fetch(w->store, &token, (struct kc_room){blob, sizeof blob}, &len, &version),
        KC_FOUND_NOTHING);
}

static void test_all_or_none(void **in)
{
    struct world *w = *in;
    struct list list;
    list_start(&list);
    list_add(&list, "x", 0, kc_bytes_of_text("1"));
    list_add(&list, "y", 3, kc_bytes_of_text("1"));
    assert_int_equal(commit(w->store, &list), KC_STORED_CONFLICT);
    assert_int_equal(version_of(w->store, "x", NULL), 0);
    /* A list that is cut short is not half of one. */
    list_start(&list);
    list_add(&list, "x", 0, kc_bytes_of_text("1"));
    list_add(&list, "y", 0, kc_bytes_of_text("12345"));
    list.w.len -= 1;
    assert_int_equal(commit(w->store, &list), KC_STORED_FAILED);
    assert_int_equal(version_of(w->store, "x", NULL), 0);
}

/* Many in one transaction: each has its own outcome and sees those before it. */
static void test_group(void **in)
{
    static const struct {
        const char *name;
        uint64_t replaces;
        enum kc_stored want;
    } rows[] = {
        {"g", 0, KC_STORED_OK}, {"h", 7, KC_STORED_CONFLICT}, {"g", 0, KC_STORED_CONFLICT},
        {"g", 1, KC_STORED_OK}, {"i", 0, KC_STORED_OK},
    };
    struct world *w = *in;
    static struct list lists[COUNT_OF(rows)];
    struct kc_store_change changes[COUNT_OF(rows)];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        list_start(&lists[i]);
        list_add(&lists[i], rows[i].name, rows[i].replaces, kc_bytes_of_text("v"));
        changes[i] = (struct kc_store_change){kc_writer_written(&lists[i].w), KC_STORED_FAILED};
    }
    kc_store_commit(w->store, changes, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(changes[i].outcome, rows[i].want);
    assert_int_equal(version_of(w->store, "g", NULL), 2);
    assert_int_equal(version_of(w->store, "h", NULL), 0);
    assert_int_equal(version_of(w->store, "i", NULL), 1);
}

static void test_scan(void **in)
{
    static const struct {
        const char *after;
        uint32_t limit;
        size_t room;
        const char *want; /* names with a space behind each */
        bool end;
    } rows[] = {
        {"", 10, 100, "B a a.b b ", true}, {"", 4, 100, "B a a.b b ", true},
        {"", 3, 100, "B a a.b ", false},   {"a", 10, 100, "a.b b ", true},
        {"b", 10, 100, "", true},          {"", 0, 100, "", false},
        {"a0", 1, 100, "b ", true},        {"", 10, 7, "B a ", false},
        {"", 10, 8, "B a a.b ", false},
    };
    static const char *const names[] = {"b", "a.b", "B", "a"};
    struct world *w = *in;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(put(w->store, names[i], 0, "v"), KC_STORED_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t room[100];
        char got[100] = "";
        bool end = !rows[i].end;
        struct kc_writer out = kc_writer_of((struct kc_room){room, rows[i].room});
        const struct kc_record_id after = id_of(KC_RECORD_KEY, rows[i].after);
        assert_int_equal(kc_store_scan(w->store, &after, rows[i].limit, &out, &end), KC_FOUND);
        struct kc_reader r = kc_reader_of(kc_bytes_of(room, out.len));
        struct kc_bytes name;
        while (kc_message_next_name(&r, &name))
            sprintf(got + strlen(got), "%.*s ", (int)name.len, (const char *)name.ptr);
        assert_string_equal(got, rows[i].want);
        assert_int_equal(end, rows[i].end);
    }
}

static void test_reopen(void **in)
{
    struct world *w = *in;
    struct stat status;
    assert_int_equal(put(w->store, "k", 0, "v"), KC_STORED_OK);
    kc_store_free(w->store);
    w->store = open_store(w->path);
    assert_int_equal(version_of(w->store, "k", "v"), 1);
    assert_int_equal(stat(w->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* What a child process is told when it opens the store: locks are no matter between threads. */
static enum kc_err open_in_child(const char *path, uid_t user)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct kc_store *store = NULL;
        if (user != 0 && setuid(user) != 0)
            _exit(100);
        _exit((int)kc_store_open_sqlite(path, &store, NULL));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (enum kc_err)WEXITSTATUS(status);
}

static void test_one_server(void **in)
{
    struct world *w = *in;
    assert_int_equal(open_in_child(w->path, 0), KC_ERR_STATE);
    kc_store_free(w->store);
    w->store = NULL;
    assert_int_equal(open_in_child(w->path, 0), KC_OK);
}

static void spoil(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_wrong_files(void **in)
{
    static const struct {
        const char *sql; /* NULL: the file is text */
        enum kc_err want;
    } rows[] = {
        {"PRAGMA user_version = 2", KC_ERR_UNSUPPORTED},
        {"PRAGMA application_id = 5", KC_ERR_MALFORMED},
        {"PRAGMA application_id = 0", KC_ERR_MALFORMED},
        {NULL, KC_ERR_MALFORMED},
    };
    struct world *w = *in;
    kc_store_free(w->store);
    w->store = NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].sql != NULL) {
            spoil(w->path, rows[i].sql);
        } else {
            FILE *file = fopen(w->path, "wb");
            for (int line = 0; line < 100; line++)
                fputs("this is no database\n", file);
            fclose(file);
        }
        struct kc_error error = KC_ERROR_NONE;
        struct kc_store *store = NULL;
        assert_int_equal(kc_store_open_sqlite(w->path, &store, &error), rows[i].want);
        assert_null(store);
        assert_true(strlen(error.what) > 0);
    }
}

static void test_read_only(void **in)
{
    struct world *w = *in;
    kc_store_free(w->store);
    w->store = NULL;
    /* Root may write everything: as another user. */
    bool root = geteuid() == 0;
    assert_int_equal(chmod(w->path, 0444), 0);
    assert_int_equal(chmod(w->folder, 0555), 0);
    assert_int_equal(open_in_child(w->path, root ? 65534 : 0), KC_ERR_REFUSED);
    assert_int_equal(chmod(w->folder, 0700), 0);
}

/* A disk that takes no more than `limit` bytes of any file: what was stored stays, FULL is said,
 * and once there is room again all goes on. In a process of its own, for the limit's sake. */
static bool fill(const char *path)
{
    struct kc_store *store = open_store(path);
    struct rlimit limit = {256 * 1024, RLIM_INFINITY};
    static uint8_t blob[8192];
    enum kc_stored outcome = KC_STORED_OK;
    unsigned stored = 0;
    char name[16] = "";
    struct list list;
    signal(SIGXFSZ, SIG_IGN);
    bool good = setrlimit(RLIMIT_FSIZE, &limit) == 0;
    while (outcome == KC_STORED_OK && stored < 1000) {
        snprintf(name, sizeof name, "n%u", stored);
        list_start(&list);
        list_add(&list, name, 0, kc_bytes_of(blob, sizeof blob));
        outcome = commit(store, &list);
        stored += outcome == KC_STORED_OK;
    }
    good = good && outcome == KC_STORED_FULL && stored > 5 && stored < 100 &&
           strlen(kc_store_trouble(store)) > 0 && version_of(store, name, NULL) == 0 &&
           version_of(store, "n0", NULL) == 1;
    limit.rlim_cur = RLIM_INFINITY;
    good = good && setrlimit(RLIMIT_FSIZE, &limit) == 0 && commit(store, &list) == KC_STORED_OK;
    kc_store_free(store);
    return good;
}

static void test_full(void **in)
{
    struct world *w = *in;
    kc_store_free(w->store);
    w->store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fill(w->path) ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    w->store = open_store(w->path);
    assert_int_equal(version_of(w->store, "n0", NULL), 1);
}

/* Stores pairs for ever, and says the number of each once it is acknowledged. */
static _Noreturn void store_pairs(const char *path, int out)
{
    struct kc_store *store = open_store(path);
    for (uint32_t n = 0;; n++) {
        char name[16];
        struct list list;
        list_start(&list);
        snprintf(name, sizeof name, "l%u", n);
        list_add(&list, name, 0, kc_bytes_of_text("left"));
        snprintf(name, sizeof name, "r%u", n);
        list_add(&list, name, 0, kc_bytes_of_text("right"));
        if (commit(store, &list) != KC_STORED_OK || write(out, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

static void test_killed(void **in)
{
    struct world *w = *in;
    kc_store_free(w->store);
    w->store = NULL;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        store_pairs(w->path, ends[1]);
    close(ends[1]);
    uint32_t acknowledged = 0;
    while (acknowledged < 100)
        assert_int_equal(read(ends[0], &acknowledged, sizeof acknowledged), sizeof acknowledged);
    usleep(700); /* somewhere in the middle of one */
    assert_int_equal(kill(child, SIGKILL), 0);
    uint32_t n;
    while (read(ends[0], &n, sizeof n) == sizeof n)
        acknowledged = n;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    w->store = open_store(w->path);
    for (n = 0; n < acknowledged + 3; n++) {
        char left[16];
        char right[16];
        snprintf(left, sizeof left, "l%u", n);
        snprintf(right, sizeof right, "r%u", n);
        uint64_t version = version_of(w->store, left, "left");
        assert_int_equal(version_of(w->store, right, "right"), version);
        if (n <= acknowledged)
            assert_int_equal(version, 1);
    }
    assert_int_equal(put(w->store, "after", 0, "v"), KC_STORED_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_or_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_group, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reopen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_server, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
