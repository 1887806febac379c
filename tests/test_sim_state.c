#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <openssl/x509v3.h>

#include "sim/state_parts.h"
#include "sim_folder.h"

static char *file_in(const char *folder, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/simulation/%s", folder, name) > 0);
    return path;
}

static const char *const names[] = {
    "fuse-secret.hex", "cpu-svn.hex",     "attestation-key.pem", "root-ca-key.pem",
    "root-ca.pem",     "platform-ca.pem", "platform-ca-key.pem", "pck-key.pem",
    "pck.pem",         "tcb-signing.pem", "tcb-signing-key.pem",
};

static void test_made_and_reopened(void **unused)
{
    (void)unused;
    char *folder = test_new_folder();
    char *path = NULL;
    struct stat status;
    assert_true(asprintf(&path, "%s/below", folder) > 0); /* not there yet */
    struct kc_sim_state *first = test_open_state(path);
    struct kc_sim_state *second = test_open_state(path);
    assert_memory_equal(kc_sim_state_processor(first), kc_sim_state_processor(second),
                        sizeof(struct kc_sim_processor));
    assert_memory_equal(kc_sim_state_root_key(first), kc_sim_state_root_key(second), 64);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *file = file_in(path, names[i]);
        assert_int_equal(stat(file, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        free(file);
    }
    kc_sim_state_free(first);
    kc_sim_state_free(second);
    test_remove_tree(folder);
    free(path);
    free(folder);
}

/* Two machines have nothing in common but their CPUSVN. */
static void test_machines_differ(void **unused)
{
    (void)unused;
    char *folders[2] = {test_new_folder(), test_new_folder()};
    struct kc_sim_state *states[2];
    for (size_t i = 0; i < 2; i++)
        states[i] = test_open_state(folders[i]);
    assert_memory_not_equal(states[0]->processor.fuse_secret, states[1]->processor.fuse_secret, 32);
    assert_memory_equal(states[0]->processor.cpu_svn, states[1]->processor.cpu_svn, 16);
    assert_memory_not_equal(states[0]->root_key, states[1]->root_key, 64);
    for (size_t i = 0; i < 2; i++) {
        kc_sim_state_free(states[i]);
        test_remove_tree(folders[i]);
        free(folders[i]);
    }
}

/* Eight processes open a folder that is not there: all of them get the same machine. */
static void test_made_at_once(void **unused)
{
    (void)unused;
    enum { PROCESSES = 8 };
    char *folder = test_new_folder();
    int pipes[2];
    uint8_t keys[PROCESSES][64];
    assert_int_equal(pipe(pipes), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct kc_sim_state *state = NULL;
            struct kc_error error = KC_ERROR_NONE;
            bool ok = kc_sim_state_open(folder, &state, &error) == KC_OK &&
                      write(pipes[1], kc_sim_state_root_key(state), 64) == 64;
            _exit(ok ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
        assert_int_equal(read(pipes[0], keys[i], 64), 64); /* atomic: below PIPE_BUF */
        assert_memory_equal(keys[0], keys[i], 64);
    }
    close(pipes[0]);
    close(pipes[1]);
    test_remove_tree(folder);
    free(folder);
}

enum damage { GONE, EMPTY, CUT, FLIPPED, LONGER, UNREADABLE };

static void damage_file(const char *path, enum damage damage)
{
    size_t len = 0;
    uint8_t *bytes = test_read_file(path, &len);
    assert_non_null(bytes);
    if (damage == GONE) {
        assert_int_equal(unlink(path), 0);
        free(bytes);
        return;
    }
    if (damage == UNREADABLE) { /* for root too: a folder instead of a file */
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        free(bytes);
        return;
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (damage == FLIPPED)
        bytes[len / 2] ^= 0x40; /* in base64 and in hex: another or a bad digit */
    fwrite(bytes, 1, damage == EMPTY ? 0 : damage == CUT ? len / 2 : len, file);
    if (damage == LONGER)
        fputs("00", file);
    fclose(file);
    free(bytes);
}

/* Every damaged file is refused by its name, and how to mend it stands behind. */
static void test_damage(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        enum damage damage;
        enum kc_err want;
    } rows[] = {
        {"fuse-secret.hex", GONE, KC_ERR_MALFORMED},
        {"fuse-secret.hex", EMPTY, KC_ERR_MALFORMED},
        {"fuse-secret.hex", CUT, KC_ERR_MALFORMED},
        {"fuse-secret.hex", FLIPPED, KC_ERR_MALFORMED},
        {"fuse-secret.hex", LONGER, KC_ERR_MALFORMED},
        {"fuse-secret.hex", UNREADABLE, KC_ERR_IO},
        {"cpu-svn.hex", CUT, KC_ERR_MALFORMED},
        {"attestation-key.pem", GONE, KC_ERR_MALFORMED},
        {"attestation-key.pem", CUT, KC_ERR_MALFORMED},
        {"attestation-key.pem", FLIPPED, KC_ERR_MALFORMED},
        {"root-ca-key.pem", FLIPPED, KC_ERR_MALFORMED},
        {"root-ca.pem", GONE, KC_ERR_MALFORMED},
        {"root-ca.pem", FLIPPED, KC_ERR_MALFORMED},
        {"platform-ca.pem", CUT, KC_ERR_MALFORMED},
        {"platform-ca-key.pem", EMPTY, KC_ERR_MALFORMED},
        {"pck.pem", FLIPPED, KC_ERR_MALFORMED},
        {"pck-key.pem", FLIPPED, KC_ERR_MALFORMED},
        {"tcb-signing.pem", FLIPPED, KC_ERR_MALFORMED},
        {"tcb-signing-key.pem", UNREADABLE, KC_ERR_IO},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *folder = test_new_folder();
        struct kc_sim_state *state = test_open_state(folder);
        struct kc_error error = KC_ERROR_NONE;
        char *path = file_in(folder, rows[i].name);
        kc_sim_state_free(state);
        damage_file(path, rows[i].damage);
        enum kc_err err = kc_sim_state_open(folder, &state, &error);
        if (err != rows[i].want || strstr(error.what, rows[i].name) == NULL)
            fail_msg("%s, damage %d: %s, '%s'", rows[i].name, rows[i].damage, kc_error_name(err),
                     error.what);
        if (err == KC_ERR_MALFORMED)
            assert_non_null(strstr(error.what, "remove the folder"));
        test_remove_tree(folder);
        free(path);
        free(folder);
    }
}

/* A certificate of another machine, sound in itself, is named. */
static void test_foreign_certificate(void **unused)
{
    (void)unused;
    char *folders[2] = {test_new_folder(), test_new_folder()};
    struct kc_error error = KC_ERROR_NONE;
    struct kc_sim_state *state = NULL;
    for (size_t i = 0; i < 2; i++)
        kc_sim_state_free(test_open_state(folders[i]));
    char *from = file_in(folders[0], "pck.pem");
    char *to = file_in(folders[1], "pck.pem");
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(kc_sim_state_open(folders[1], &state, &error), KC_ERR_MALFORMED);
    assert_non_null(strstr(error.what, "pck.pem"));
    for (size_t i = 0; i < 2; i++) {
        test_remove_tree(folders[i]);
        free(folders[i]);
    }
    free(from);
    free(to);
}

static void test_no_folder(void **unused)
{
    (void)unused;
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(kc_sim_state_open("/proc/1/nowhere", &state, &error), KC_ERR_IO);
    assert_null(state);
    assert_true(error.at != 0);
}

/* OpenSSL's own path validation accepts the chain of each leaf. */
static void test_chain_by_openssl(void **unused)
{
    (void)unused;
    static const struct {
        enum kc_sim_role leaf;
        const char *name;
    } rows[] = {
        {KC_SIM_PCK, "/CN=Simulated SGX PCK Certificate/O=Keyclave Simulation/L=Santa Clara/"
                     "ST=CA/C=US"},
        {KC_SIM_TCB_SIGNING, "/CN=Simulated SGX TCB Signing/O=Keyclave Simulation/L=Santa Clara/"
                             "ST=CA/C=US"},
    };
    char *folder = test_new_folder();
    struct kc_sim_state *state = test_open_state(folder);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        X509 *leaf = state->pki.certificate[rows[i].leaf];
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *context = X509_STORE_CTX_new();
        STACK_OF(X509) *middle = sk_X509_new_null();
        char name[200];
        X509_STORE_add_cert(store, state->pki.certificate[KC_SIM_ROOT_CA]);
        sk_X509_push(middle, state->pki.certificate[KC_SIM_PLATFORM_CA]);
        assert_int_equal(X509_STORE_CTX_init(context, store, leaf, middle), 1);
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
        if (X509_verify_cert(context) != 1)
            fail_msg("%s: %s", rows[i].name,
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
        X509_NAME_oneline(X509_get_subject_name(leaf), name, sizeof name);
        assert_string_equal(name, rows[i].name);
        sk_X509_free(middle);
        X509_STORE_CTX_free(context);
        X509_STORE_free(store);
    }
    kc_sim_state_free(state);
    test_remove_tree(folder);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_and_reopened),   cmocka_unit_test(test_machines_differ),
        cmocka_unit_test(test_made_at_once),        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_foreign_certificate), cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_chain_by_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
