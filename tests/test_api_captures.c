/*
 * The requests that real clients were seen to send (../shared/vectors/transit), replayed: what is
 * of this version is answered, what is not is refused as such, and never as malformed.
 */
#include "api.h"

#define FOLDER SHARED_VECTOR("transit/")

struct request {
    enum kc_http_method method;
    char path[256];
    char query[64];
    char body[1024];
};

static const struct {
    const char *path;
    unsigned status;
} wants[] = {
    {"/v1/sys/seal-status", 200},
    {"/v1/sys/health", 501}, /* the tests' core is not initialised */
    {"/v1/transit/keys", 200},
    {"/v1/transit/encrypt/k1", 200},
    {"/v1/transit/decrypt/k1", 400}, /* other keys, or AAAA */
    {"/v1/transit/keys/k1", 200},
    {"/v1/transit/keys/nope", 200},
    {"/v1/transit/keys/s1", 400}, /* ed25519 */
};

static unsigned wanted(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(wants); i++)
        if (strcmp(wants[i].path, path) == 0)
            return wants[i].status;
    return 404;
}

/* "GET /path?query" at the start of a line, perhaps behind "> ". */
static bool parse(const char *line, struct request *out)
{
    char method[16];
    char target[256];
    memset(out, 0, sizeof *out);
    if (strncmp(line, "> ", 2) == 0)
        line += 2;
    if (sscanf(line, "%15s %255s", method, target) != 2 || target[0] != '/' ||
        !kc_http_method_find(kc_bytes_of_text(method), &out->method))
        return false;
    char *query = strchr(target, '?');
    if (query != NULL) {
        *query = '\0';
        snprintf(out->query, sizeof out->query, "%.60s", query + 1);
    }
    snprintf(out->path, sizeof out->path, "%s", target);
    return true;
}

static void replay(struct test_api *t, const struct request *request, const struct kc_record *key)
{
    static const uint8_t names[] = {2, 'k', '1'};
    struct test_ask ask = {.method = request->method,
                           .path = request->path,
                           .query = request->query,
                           .body = request->body,
                           .record = key,
                           .names = kc_bytes_of(names, sizeof names)};
    unsigned status = test_api_ask(t, &ask);
    unsigned want = request->method == KC_HTTP_DELETE && wanted(request->path) != 404
                        ? 405
                        : wanted(request->path);
    if (status != want)
        fail_msg("%s %s: %u, not %u", request->path, request->body, status, want);
    if (status == 400)
        assert_null(strstr(test_api_error(t), "JSON"));
}

/* In both logs the body is the line behind the headers; vault-cli.log marks it with "> ". */
static size_t replay_file(struct test_api *t, const char *path, const struct kc_record *key)
{
    FILE *file = fopen(path, "r");
    char line[2048];
    struct request request;
    size_t count = 0;
    assert_non_null(file);
    bool more = fgets(line, sizeof line, file) != NULL;
    while (more) {
        if (!parse(line, &request)) {
            more = fgets(line, sizeof line, file) != NULL;
            continue;
        }
        bool marked = line[0] == '>';
        if (!marked)
            assert_non_null(fgets(line, sizeof line, file)); /* headers */
        more = fgets(line, sizeof line, file) != NULL;
        if (more && strncmp(line, marked ? "> " : "  ", 2) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(request.body, sizeof request.body, "%.1000s", line + 2);
        }
        replay(t, &request, key);
        count++;
    }
    fclose(file);
    return count;
}

static void test_captures(void **state)
{
    (void)state;
    static const char *const files[] = {FOLDER "vault-cli.log",
                                        FOLDER "hvac-node-vault-confluent.log"};
    struct test_api t;
    FILE *file = fopen(files[0], "r");
    if (file == NULL) {
        print_message("no " FOLDER ": the captures are not here\n");
        skip();
    }
    fclose(file);
    struct kc_record *key = test_api_key(7);
    test_api_setup(&t);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_true(replay_file(&t, files[i], key) > 20);
    test_api_teardown(&t);
    kc_record_release(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
