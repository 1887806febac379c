#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "aesm/aesm.h"
#include "aesm/frame.h"
#include "formats/sgx_quote.h"
#include "sim/aesm_server.h"
#include "sim_folder.h"

/* A machine, a service on it, and a client. */
struct fixture {
    char *folder;
    char *socket_path;
    struct kc_sim_state *state;
    struct kc_sim_aesm *server;
    struct kc_aesm client;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    assert_true(asprintf(&f->socket_path, "%s/aesm.socket", f->folder) > 0);
    f->state = test_open_state(f->folder);
    f->client = (struct kc_aesm){f->socket_path, 10000};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_sim_aesm_stop(f->server);
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->socket_path);
    free(f->folder);
    free(f);
    return 0;
}

static void start(struct fixture *f, enum kc_sim_aesm_fault fault, unsigned code)
{
    struct kc_sim_aesm_options options = {fault, code};
    struct kc_error error = KC_ERROR_NONE;
    if (kc_sim_aesm_start(f->state, f->socket_path, &options, &f->server, &error) != KC_OK)
        fail_msg("%s (%llu)", error.what, (unsigned long long)error.at);
}

static void make_report(struct fixture *f, const uint8_t target_info[512], uint8_t out[432])
{
    struct kc_sim_secs secs = {.attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7},
                               .isv_svn = 1};
    uint8_t report_data[64];
    memset(secs.mrenclave, 0x42, sizeof secs.mrenclave);
    memset(report_data, 0x24, sizeof report_data);
    kc_sim_ereport(kc_sim_state_processor(f->state), &secs, target_info, report_data, out);
}

static void test_whole_way(void **state)
{
    struct fixture *f = *state;
    uint8_t target_info[512], report[432], quote[KC_AESM_QUOTE_MAX];
    struct kc_aesm_error error = {0};
    size_t len = 0;
    start(f, KC_SIM_AESM_NO_FAULT, 0);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(kc_aesm_init_quote(&f->client, target_info, &error), KC_OK);
        make_report(f, target_info, report);
        assert_int_equal(kc_aesm_get_quote(&f->client, report,
                                           (struct kc_room){quote, sizeof quote}, &len, &error),
                         KC_OK);
        assert_memory_equal(quote + 48, report, 384);
        assert_in_range(len, KC_SGX_QUOTE_MIN_SIZE, KC_AESM_QUOTE_MAX - 1);
    }
    report[320] ^= 1;
    assert_int_equal(
        kc_aesm_get_quote(&f->client, report, (struct kc_room){quote, sizeof quote}, &len, &error),
        KC_ERR_REFUSED);
    assert_int_equal(error.code, 47);
}

/* Each fault, what the client makes of it, and how long that may take. */
static void test_faults(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        enum kc_sim_aesm_fault fault;
        unsigned code;
        enum kc_err want;
        uint32_t want_code;
    } rows[] = {
        {"none", KC_SIM_AESM_NO_FAULT, 0, KC_OK, 0},
        {"42", KC_SIM_AESM_NOT_INITIALIZED_ONCE, 0, KC_ERR_STATE, 42},
        {"43", KC_SIM_AESM_ERROR, 43, KC_ERR_STATE, 43},
        {"44", KC_SIM_AESM_ERROR, 44, KC_ERR_REFUSED, 44},
        {"unknown code", KC_SIM_AESM_ERROR, 4000000000u, KC_ERR_REFUSED, 4000000000u},
        {"silent", KC_SIM_AESM_SILENT, 0, KC_ERR_TIMEOUT, 0},
        {"truncated", KC_SIM_AESM_TRUNCATED, 0, KC_ERR_MALFORMED, 0},
        {"huge", KC_SIM_AESM_HUGE, 0, KC_ERR_MALFORMED, 0},
        {"wrong quote", KC_SIM_AESM_WRONG_QUOTE, 0, KC_OK, 0},
    };
    uint8_t target_info[512], report[432], quote[KC_AESM_QUOTE_MAX];
    struct kc_aesm_error error = {0};
    size_t len = 0;
    start(f, KC_SIM_AESM_NO_FAULT, 0);
    assert_int_equal(kc_aesm_init_quote(&f->client, target_info, &error), KC_OK);
    make_report(f, target_info, report);
    f->client.timeout_ms = 300;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        kc_sim_aesm_stop(f->server);
        start(f, rows[i].fault, rows[i].code);
        error = (struct kc_aesm_error){0};
        /* Only a silent service may use up the time; a busy machine gets more for the others. */
        f->client.timeout_ms = rows[i].fault == KC_SIM_AESM_SILENT ? 300 : 10000;
        int64_t before = kc_aesm_now_ms();
        enum kc_err err = kc_aesm_get_quote(&f->client, report,
                                            (struct kc_room){quote, sizeof quote}, &len, &error);
        int64_t took = kc_aesm_now_ms() - before;
        if (err != rows[i].want || error.code != rows[i].want_code)
            fail_msg("%s: %s, code %u", rows[i].name, kc_error_name(err), error.code);
        if (rows[i].fault == KC_SIM_AESM_SILENT)
            assert_in_range(took, 299, 3000);
        if (rows[i].fault == KC_SIM_AESM_WRONG_QUOTE)
            assert_memory_not_equal(quote + 48, report, 384);
        if (rows[i].fault == KC_SIM_AESM_NOT_INITIALIZED_ONCE) /* and then it is well */
            assert_int_equal(kc_aesm_get_quote(&f->client, report,
                                               (struct kc_room){quote, sizeof quote}, &len, &error),
                             KC_OK);
    }
}

static void test_init_against_faults(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum kc_sim_aesm_fault fault;
        enum kc_err want;
    } rows[] = {
        {KC_SIM_AESM_SILENT, KC_ERR_TIMEOUT},
        {KC_SIM_AESM_TRUNCATED, KC_ERR_MALFORMED},
        {KC_SIM_AESM_HUGE, KC_ERR_MALFORMED},
        {KC_SIM_AESM_NOT_INITIALIZED_ONCE, KC_OK},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t target_info[512];
        struct kc_aesm_error error = {0};
        start(f, rows[i].fault, 0);
        f->client.timeout_ms = rows[i].fault == KC_SIM_AESM_SILENT ? 200 : 10000;
        assert_int_equal(kc_aesm_init_quote(&f->client, target_info, &error), rows[i].want);
        kc_sim_aesm_stop(f->server);
        f->server = NULL;
    }
}

static void test_no_service(void **state)
{
    struct fixture *f = *state;
    char too_long[200];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    const struct {
        const char *path;
        enum kc_err want;
    } rows[] = {
        {f->socket_path, KC_ERR_ABSENT}, {"", KC_ERR_ARGUMENT},
        {too_long, KC_ERR_ARGUMENT},     {"/dev/null/socket", KC_ERR_ABSENT},
        {"/dev/null", KC_ERR_ABSENT}, /* no socket: refused as nobody listens */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_aesm client = {rows[i].path, 1000};
        struct kc_aesm_error error = {0};
        uint8_t target_info[512];
        enum kc_err err = kc_aesm_init_quote(&client, target_info, &error);
        if (err != rows[i].want)
            fail_msg("'%s': %s", rows[i].path, kc_error_name(err));
        assert_true(error.what[0] != '\0' && error.mend[0] != '\0');
    }
}

/* A service that answers these bytes and nothing else. */
struct liar {
    int listen_fd;
    const uint8_t *bytes;
    size_t len;
    bool drip; /* one byte in 20 ms, without end */
};

static void *lie(void *argument)
{
    struct liar *liar = argument;
    uint8_t request[4096];
    int fd = accept(liar->listen_fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    /* The whole request: a socket that is closed with bytes unread is reset. */
    ssize_t n = recv(fd, request, 4, MSG_WAITALL);
    if (n == 4)
        n = recv(fd, request, request[0] + 256u * (request[1] & 7u), MSG_WAITALL);
    if (n > 0)
        n = send(fd, liar->bytes, liar->len, MSG_NOSIGNAL);
    while (n > 0 && liar->drip) {
        usleep(20 * 1000);
        n = send(fd, "", 1, MSG_NOSIGNAL);
    }
    close(fd);
    return NULL;
}

static void test_lying_service(void **state)
{
    struct fixture *f = *state;
    static const uint8_t length_0[] = {0, 0, 0, 0};
    static const uint8_t length_64k_1[] = {1, 0, 1, 0, 0};
    static const uint8_t length_4g[] = {0xff, 0xff, 0xff, 0xff, 0};
    static const uint8_t length_cut[] = {4, 0};
    static const uint8_t body_cut[] = {4, 0, 0, 0, 0x7a};
    static const uint8_t garbage[] = {4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t dripping[] = {0, 0x40, 0, 0};
    static const struct {
        const char *name;
        const uint8_t *bytes;
        size_t len;
        bool drip;
        enum kc_err want;
    } rows[] = {
        {"length 0", length_0, sizeof length_0, false, KC_ERR_MALFORMED},
        {"length 64 KiB + 1", length_64k_1, sizeof length_64k_1, false, KC_ERR_MALFORMED},
        {"length 4 GiB - 1", length_4g, sizeof length_4g, false, KC_ERR_MALFORMED},
        {"half a length", length_cut, sizeof length_cut, false, KC_ERR_MALFORMED},
        {"half a message", body_cut, sizeof body_cut, false, KC_ERR_MALFORMED},
        {"no message", garbage, sizeof garbage, false, KC_ERR_MALFORMED},
        {"one byte at a time", dripping, sizeof dripping, true, KC_ERR_TIMEOUT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct liar liar = {socket(AF_UNIX, SOCK_STREAM, 0), rows[i].bytes, rows[i].len,
                            rows[i].drip};
        struct kc_aesm client = {f->socket_path, rows[i].drip ? 400 : 10000};
        struct kc_aesm_error error = {0};
        uint8_t target_info[512];
        pthread_t thread;
        strcpy(address.sun_path, f->socket_path);
        unlink(f->socket_path);
        assert_int_equal(bind(liar.listen_fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(liar.listen_fd, 1), 0);
        assert_int_equal(pthread_create(&thread, NULL, lie, &liar), 0);
        int64_t before = kc_aesm_now_ms();
        enum kc_err err = kc_aesm_init_quote(&client, target_info, &error);
        int64_t took = kc_aesm_now_ms() - before;
        if (err != rows[i].want)
            fail_msg("%s: %s", rows[i].name, kc_error_name(err));
        if (rows[i].drip)
            assert_in_range(took, 399, 3000);
        pthread_join(thread, NULL);
        close(liar.listen_fd);
    }
}

/* Nobody accepts: the backlog fills, and connecting is part of the time limit. */
static void test_full_backlog(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct kc_aesm client = {f->socket_path, 300};
    struct kc_aesm_error error = {0};
    uint8_t target_info[512];
    int fds[4];
    int listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, f->socket_path);
    assert_int_equal(bind(listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listen_fd, 0), 0);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&address, sizeof address);
    }
    int64_t before = kc_aesm_now_ms();
    assert_int_equal(kc_aesm_init_quote(&client, target_info, &error), KC_ERR_TIMEOUT);
    assert_in_range(kc_aesm_now_ms() - before, 299, 3000);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    close(listen_fd);
}

/* Stuck clients do not stop the service, nor keep it from stopping. */
static void test_stuck_clients(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t target_info[512];
    struct kc_aesm_error error = {0};
    int fds[6];
    start(f, KC_SIM_AESM_NO_FAULT, 0);
    strcpy(address.sun_path, f->socket_path);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(send(fds[i], "\xff\0\0\0", 4, 0), 4);
    }
    assert_int_equal(kc_aesm_init_quote(&f->client, target_info, &error), KC_OK);
    int64_t before = kc_aesm_now_ms();
    kc_sim_aesm_stop(f->server);
    f->server = NULL;
    assert_true(kc_aesm_now_ms() - before < 3000);
    assert_int_equal(access(f->socket_path, F_OK), -1);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
}

/* What lies at the socket's path when the service starts. */
static void test_place_taken(void **state)
{
    struct fixture *f = *state;
    struct kc_sim_aesm_options options = {KC_SIM_AESM_NO_FAULT, 0};
    struct kc_sim_aesm *second = NULL;
    struct kc_error error = KC_ERROR_NONE;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, f->socket_path);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    start(f, KC_SIM_AESM_NO_FAULT, 0); /* replaces the dead one */
    assert_int_equal(kc_sim_aesm_start(f->state, f->socket_path, &options, &second, &error),
                     KC_ERR_STATE);
    assert_non_null(strstr(error.what, "another service"));
    kc_sim_aesm_stop(f->server);
    f->server = NULL;

    FILE *file = fopen(f->socket_path, "w");
    fclose(file);
    error = KC_ERROR_NONE;
    assert_int_equal(kc_sim_aesm_start(f->state, f->socket_path, &options, &second, &error),
                     KC_ERR_STATE);
    assert_int_equal(access(f->socket_path, F_OK), 0); /* not ours to remove */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_init_against_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lying_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_backlog, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stuck_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_place_taken, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
