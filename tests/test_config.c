/* The server's configuration and its log. */
#include <unistd.h>

#include "host/config.h"
#include "host/journal.h"
#include "sim_folder.h"

static void test_values(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        enum kc_err want;
    } rows[] = {
        {"listen", "127.0.0.1:8200", KC_OK},
        {"listen", "0.0.0.0:0", KC_OK},
        {"listen", "[::1]:65535", KC_OK},
        {"listen", "127.0.0.1", KC_ERR_ARGUMENT},
        {"listen", "127.0.0.1:", KC_ERR_ARGUMENT},
        {"listen", "127.0.0.1:65536", KC_ERR_ARGUMENT},
        {"listen", "127.0.0.1:+1", KC_ERR_ARGUMENT},
        {"listen", "127.0.0.1: 1", KC_ERR_ARGUMENT},
        {"listen", "127.1:80", KC_ERR_ARGUMENT},
        {"listen", "::1:8200", KC_ERR_ARGUMENT},
        {"listen", "[]:8200", KC_ERR_ARGUMENT},
        {"listen", "localhost:8200", KC_ERR_ARGUMENT},
        {"listen", "", KC_ERR_ARGUMENT},
        {"listen-ratls", "[::]:1", KC_OK},
        {"listen-ratls", "x", KC_ERR_ARGUMENT},
        {"platform", "sim", KC_OK},
        {"platform", "sgx", KC_OK},
        {"platform", "SGX", KC_ERR_ARGUMENT},
        {"workers", "1", KC_OK},
        {"workers", "14", KC_OK},
        {"workers", "0", KC_ERR_ARGUMENT},
        {"workers", "15", KC_ERR_ARGUMENT},
        {"workers", "-1", KC_ERR_ARGUMENT},
        {"workers", "1x", KC_ERR_ARGUMENT},
        {"connections", "512", KC_OK},
        {"connections", "513", KC_ERR_ARGUMENT},
        {"connections", "99999999999999999999", KC_ERR_ARGUMENT},
        {"certificate-life", "60", KC_OK},
        {"certificate-life", "59", KC_ERR_ARGUMENT},
        {"certificate-life", "86401", KC_ERR_ARGUMENT},
        {"log-format", "json", KC_OK},
        {"log-format", "xml", KC_ERR_ARGUMENT},
        {"log-level", "debug", KC_OK},
        {"log-level", "loud", KC_ERR_ARGUMENT},
        {"state", "/var/lib/keyclave", KC_OK},
        {"state", "", KC_ERR_ARGUMENT},
        {"aesm", "/run/aesm", KC_OK},
        {"image", "i", KC_OK},
        {"sig", "s", KC_OK},
        {"name", "kms.example.org", KC_OK},
        {"name", "", KC_ERR_ARGUMENT},
        {"Listen", "127.0.0.1:8200", KC_ERR_ARGUMENT},
        {"trust", "all", KC_ERR_ARGUMENT},
    };
    (void)state;
    struct kc_config config;
    kc_config_init(&config);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_config_error error = {""};
        enum kc_err err =
            kc_config_set(&config, KC_CONFIG_OF_COMMAND_LINE, rows[i].key, rows[i].value, &error);
        if (err != rows[i].want)
            fail_msg("%s = %s: %d", rows[i].key, rows[i].value, err);
        assert_int_equal(err != KC_OK, strstr(error.text, rows[i].key) != NULL);
    }
    kc_config_clear(&config);
}

static void test_defaults(void **state)
{
    (void)state;
    struct kc_config config;
    char text[KC_ADDRESS_TEXT_SIZE];
    kc_config_init(&config);
    kc_address_format(&config.listen, text);
    assert_string_equal(text, "127.0.0.1:8200");
    assert_int_equal(config.platform, KC_PLATFORM_SGX);
    assert_false(config.has_ratls);
    assert_int_equal(config.log_level, KC_JOURNAL_INFO);
    kc_config_clear(&config);
}

static void test_file(void **state)
{
    static const struct {
        const char *text;
        enum kc_err want;
        const char *error; /* behind the file's name */
    } rows[] = {
        {"", KC_OK, NULL},
        {"# a comment\n\n  \t\nworkers = 2\r\n name=a\nname = b\n", KC_OK, NULL},
        {"workers = 3", KC_OK, NULL},
        {"workers = 3\nnonsense\n", KC_ERR_ARGUMENT, ":2: a line is"},
        {"\n\nworker = 3\n", KC_ERR_ARGUMENT, ":3: there is no setting 'worker'"},
        {"workers = many\n", KC_ERR_ARGUMENT, ":1: workers: 'many' will not do"},
        {"= 3\n", KC_ERR_ARGUMENT, ":1: there is no setting ''"},
    };
    (void)state;
    char *folder = test_new_folder();
    char path[256];
    snprintf(path, sizeof path, "%s/keyclave.conf", folder);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_config config;
        struct kc_config_error error = {""};
        FILE *file = fopen(path, "w");
        fputs(rows[i].text, file);
        fclose(file);
        kc_config_init(&config);
        assert_int_equal(kc_config_read(&config, path, &error), rows[i].want);
        if (rows[i].error != NULL) {
            assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
            assert_int_equal(
                strncmp(error.text + strlen(path), rows[i].error, strlen(rows[i].error)), 0);
        }
        kc_config_clear(&config);
    }
    struct kc_config config;
    struct kc_config_error error;
    kc_config_init(&config);
    assert_int_equal(kc_config_read(&config, "/nonexistent", &error), KC_ERR_ABSENT);
    kc_config_clear(&config);
    test_remove_tree(folder);
    free(folder);
}

/* Names of the command line stand for all of the file's. */
static void test_names(void **state)
{
    static const struct {
        enum kc_config_source source;
        const char *name;
        size_t count;
    } rows[] = {
        {KC_CONFIG_OF_FILE, "a", 1},
        {KC_CONFIG_OF_FILE, "b", 2},
        {KC_CONFIG_OF_COMMAND_LINE, "c", 1},
        {KC_CONFIG_OF_COMMAND_LINE, "d", 2},
    };
    (void)state;
    struct kc_config config;
    struct kc_config_error error;
    kc_config_init(&config);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(kc_config_set(&config, rows[i].source, "name", rows[i].name, &error),
                         KC_OK);
        assert_int_equal(config.name_count, rows[i].count);
        assert_string_equal(config.name[config.name_count - 1], rows[i].name);
    }
    enum kc_err err = KC_OK;
    for (size_t i = 0; i < KC_CONFIG_NAMES_MAX && err == KC_OK; i++)
        err = kc_config_set(&config, KC_CONFIG_OF_COMMAND_LINE, "name", "e", &error);
    assert_int_equal(err, KC_ERR_ARGUMENT);
    kc_config_clear(&config);
}

/* Without the time that a line begins with. */
static void test_journal(void **state)
{
    static const struct {
        bool json;
        const char *text;
        const char *want;
    } rows[] = {
        {false, "plain", " warning: it is so why=\"plain\" n=7\n"},
        {false, "a\nb\"\x80", " warning: it is so why=\"a\\u000ab\\\"\\u0080\" n=7\n"},
        {true, "a\n",
         "\",\"level\":\"warning\",\"what\":\"it is so\",\"why\":\"a\\u000a\",\"n\":7}\n"},
    };
    (void)state;
    int ends[2];
    char line[KC_JOURNAL_LINE_MAX + 1];
    assert_int_equal(pipe(ends), 0);
    struct kc_journal journal = {.fd = ends[1], .level = KC_JOURNAL_WARNING};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct kc_journal_field fields[] = {
            {"why", rows[i].text, 0}, {"n", NULL, 7}, KC_JOURNAL_END};
        journal.json = rows[i].json;
        kc_journal_write(&journal, KC_JOURNAL_INFO, "left out", fields);
        kc_journal_write(&journal, KC_JOURNAL_WARNING, "it is so", fields);
        ssize_t n = read(ends[0], line, sizeof line - 1);
        assert_true(n > 0);
        line[n] = '\0';
        assert_string_equal(strchr(line, 'Z') + 1, rows[i].want);
        assert_int_equal(line[0], rows[i].json ? '{' : '2');
    }
    /* A long field is left out, and the line is whole. */
    char text[2 * KC_JOURNAL_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kc_journal_text(&journal, KC_JOURNAL_ERROR, "long", "why", text);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    assert_true(n > 2 && n <= KC_JOURNAL_LINE_MAX);
    assert_memory_equal(line + n - 2, "}\n", 2);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_defaults), cmocka_unit_test(test_file),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
