/* Collateral of a client program: a file of its own, or fetched through a cache. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>

#include "client_case.h"
#include "collateral/bundle.h"
#include "sim/collateral.h"
#include "sim/pcs_server.h"

/* A client of a genuine service, with a policy that wants the TCB judged. */
static struct kc_client *strict_client(const struct client_machine *m,
                                       const struct model_server *server)
{
    char policy[160];
    uint8_t mrenclave[32] = {MODEL_MRENCLAVE_BYTE};
    char hex[65];
    struct kc_client *client = client_of(m, server);
    kc_hex_encode_lower(kc_bytes_of(mrenclave, sizeof mrenclave), hex);
    snprintf(policy, sizeof policy, "{\"mrenclave\": \"%s\"}", hex);
    assert_int_equal(kc_client_set_policy(client, policy, strlen(policy)), KC_CLIENT_OK);
    client_pin_to(client, server);
    return client;
}

/* The simulated platform's collateral as one file, to be freed. */
static uint8_t *bundle_of(struct kc_sim_state *state, enum kc_tcb_status status, size_t *len)
{
    const struct kc_sim_collateral_options options = {(int64_t)time(NULL) - 3600, 30, status,
                                                      false};
    struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES];
    struct kc_bundle bundle = {0};
    struct kc_writer w = KC_WRITER_COUNT;
    assert_int_equal(kc_sim_collateral_make(state, &options, files, NULL), KC_OK);
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++) {
        for (int k = 0; k < KC_BUNDLE_PIECES; k++) {
            if (strcmp(kc_bundle_file_name((enum kc_bundle_piece)k), files[i].name) == 0)
                assert_true(kc_bundle_put(&bundle, (enum kc_bundle_piece)k,
                                          kc_bytes_of(files[i].ptr, files[i].len)));
        }
    }
    assert_int_equal(kc_bundle_encode(&w, &bundle), KC_OK);
    *len = w.len;
    uint8_t *file = malloc(*len);
    w = kc_writer_of((struct kc_room){file, *len});
    assert_int_equal(kc_bundle_encode(&w, &bundle), KC_OK);
    kc_sim_collateral_clear(files);
    kc_bundle_clear(&bundle);
    return file;
}

static void judges_by_a_file(void **state)
{
    struct client_machine *m = *state;
    static const struct {
        enum kc_tcb_status status;
        bool is_others; /* of another machine, with another root */
        bool is_cut;
        enum kc_client_status set;
        enum kc_client_status want;
        const char *check;
    } rows[] = {
        {KC_TCB_UP_TO_DATE, false, false, KC_CLIENT_OK, KC_CLIENT_OK, ""},
        {KC_TCB_OUT_OF_DATE, false, false, KC_CLIENT_OK, KC_CLIENT_REFUSED, "policy.tcb"},
        {KC_TCB_UP_TO_DATE, true, false, KC_CLIENT_OK, KC_CLIENT_NOT_GENUINE,
         "collateral.tcb_chain.root"},
        {KC_TCB_UP_TO_DATE, false, true, KC_CLIENT_USAGE, KC_CLIENT_UNJUDGED, "policy.tcb"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct model_server *server =
            model_server_start(&(const struct model_options){.state = m->state});
        struct kc_client *client = strict_client(m, server);
        size_t len = 0;
        uint8_t *file = bundle_of(rows[i].is_others ? m->other : m->state, rows[i].status, &len);
        assert_int_equal(kc_client_set_collateral(client, file, rows[i].is_cut ? len - 1 : len),
                         rows[i].set);
        free(file);
        assert_int_equal(client_post(client, NULL, 0), rows[i].want);
        assert_string_equal(client_first_failure(client), rows[i].check);
        model_server_seen(server, &m->seen);
        assert_int_equal(client_has_secret(&m->seen), rows[i].want == KC_CLIENT_OK);
        kc_client_free(client);
        model_server_stop(server);
    }
}

static struct kc_sim_pcs *start_pcs(struct kc_sim_state *state, char url[64], FILE *log)
{
    const struct kc_sim_pcs_options options = {.platform = {KC_TCB_UP_TO_DATE, 30}, .log = log};
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    struct kc_sim_pcs *pcs = NULL;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    assert_int_equal(kc_sim_pcs_start(state, fd, &options, &pcs, NULL), KC_OK);
    return pcs;
}

/* Attests once with a new client that fetches from `url`. */
static enum kc_client_status attest_by(struct client_machine *m, struct model_server *server,
                                       const char *url, const char *cache, char error[512])
{
    struct kc_client *client = strict_client(m, server);
    assert_int_equal(kc_client_set_pcs(client, url, cache), KC_CLIENT_OK);
    enum kc_client_status status = kc_client_connect(client);
    snprintf(error, 512, "%s", kc_client_error(client));
    kc_client_free(client);
    return status;
}

static void fetches_once_for_all(void **state)
{
    struct client_machine *m = *state;
    struct model_server *server =
        model_server_start(&(const struct model_options){.state = m->state});
    char url[64];
    char error[512];
    char *log_text = NULL;
    size_t log_len = 0;
    FILE *log = open_memstream(&log_text, &log_len);
    char *cache = test_new_folder();
    struct kc_sim_pcs *pcs = start_pcs(m->state, url, log);
    for (int i = 0; i < 3; i++)
        assert_int_equal(attest_by(m, server, url, cache, error), KC_CLIENT_OK);
    kc_sim_pcs_stop(pcs);
    fflush(log);
    size_t lines = 0;
    for (size_t i = 0; i < log_len; i++)
        lines += log_text[i] == '\n';
    assert_int_equal(lines, 4); /* TCB info, identity, two lists */

    /* The server has gone: what is kept is valid, without it the reason is told. */
    assert_int_equal(attest_by(m, server, url, cache, error), KC_CLIENT_OK);
    assert_int_equal(attest_by(m, server, url, NULL, error), KC_CLIENT_UNJUDGED);
    assert_non_null(strstr(error, "TCB info: http://127.0.0.1"));
    model_server_stop(server);
    fclose(log);
    free(log_text);
    test_remove_tree(cache);
    free(cache);
}

static void refuses_what_is_no_collateral(void **state)
{
    struct client_machine *m = *state;
    static const char *const urls[] = {"", "ftp://127.0.0.1", "http://127.0.0.1,",
                                       "http://127.0.0.1/?a=b", NULL};
    struct model_server *server =
        model_server_start(&(const struct model_options){.state = m->state});
    struct kc_client *client = strict_client(m, server);
    size_t len = 0;
    uint8_t *file = bundle_of(m->state, KC_TCB_UP_TO_DATE, &len);
    assert_int_equal(kc_client_set_collateral(client, file, len), KC_CLIENT_OK);
    assert_int_equal(kc_client_set_collateral(client, "{}", 2), KC_CLIENT_USAGE);
    assert_int_equal(kc_client_set_collateral(client, NULL, 0), KC_CLIENT_USAGE);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        assert_int_equal(kc_client_set_pcs(client, urls[i], NULL), KC_CLIENT_USAGE);
        assert_non_null(strstr(kc_client_error(client), "base URLs"));
    }
    /* What was set before is still there. */
    assert_int_equal(kc_client_connect(client), KC_CLIENT_OK);
    kc_client_free(client);
    free(file);
    model_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_by_a_file),
        cmocka_unit_test(fetches_once_for_all),
        cmocka_unit_test(refuses_what_is_no_collateral),
    };
    return cmocka_run_group_tests(tests, client_machine_setup, client_machine_teardown);
}
