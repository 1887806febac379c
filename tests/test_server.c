/* The server against an enclave that speaks plain lines: sockets, batches, store, slow work, ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "aesm/aesm.h"
#include "fake_enclave.h"
#include "host/server.h"
#include "host/store/store.h"
#include "sim_folder.h"

#define PATIENCE_MS 20000

struct world {
    struct fake_enclave fake;
    char *folder;
    struct kc_store *store;
    struct kc_aesm aesm;
    struct kc_journal journal;
    struct kc_server *server;
    struct kc_server_options options;
    struct kc_server_facts facts;
    atomic_bool ready;
    pthread_t thread;
    enum kc_err end;
    struct kc_server_error error;
};

static void is_ready(void *context, const struct kc_server_facts *facts)
{
    struct world *w = context;
    w->facts = *facts;
    atomic_store(&w->ready, true);
}

static int setup(void **out)
{
    struct world *w = calloc(1, sizeof *w);
    char path[256];
    signal(SIGPIPE, SIG_IGN);
    fake_init(&w->fake);
    w->folder = test_new_folder();
    snprintf(path, sizeof path, "%s/records.db", w->folder);
    assert_int_equal(kc_store_open_sqlite(path, &w->store, NULL), KC_OK);
    w->aesm = (struct kc_aesm){"/nonexistent/aesm.socket", 100};
    w->journal.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    w->options = (struct kc_server_options){.enclave = &w->fake.enclave,
                                            .aesm = &w->aesm,
                                            .store = w->store,
                                            .journal = &w->journal,
                                            .workers = 2,
                                            .connections = 64,
                                            .certificate_life = 3600,
                                            .ready = is_ready,
                                            .context = w};
    assert_true(kc_address_parse("127.0.0.1:0", &w->options.listen));
    *out = w;
    return 0;
}

static void *run(void *argument)
{
    struct world *w = argument;
    w->end = kc_server_run(w->server, &w->error);
    return NULL;
}

static void wait_for(const atomic_bool *what)
{
    for (int i = 0; i < PATIENCE_MS && !atomic_load(what); i++)
        usleep(1000);
    assert_true(atomic_load(what));
}

static void start(struct world *w)
{
    if (kc_server_new(&w->options, &w->server, &w->error) != KC_OK)
        fail_msg("%s", w->error.text);
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
    wait_for(&w->ready);
}

static enum kc_err join(struct world *w)
{
    pthread_join(w->thread, NULL);
    kc_server_free(w->server);
    w->server = NULL;
    return w->end;
}

static enum kc_err stop(struct world *w)
{
    kc_server_stop(w->server);
    return join(w);
}

static int teardown(void **in)
{
    struct world *w = *in;
    if (w->server != NULL)
        (void)stop(w);
    kc_store_free(w->store);
    test_remove_tree(w->folder);
    free(w->folder);
    close(w->journal.fd);
    free(w);
    return 0;
}

static int dial_to(const struct kc_address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address->storage, address->len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int dial(const struct world *w)
{
    return dial_to(&w->facts.listen);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

static bool readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

/* A line, or "" at the end of the connection. */
static void hear(int fd, char line[256])
{
    size_t len = 0;
    for (line[0] = '\0'; len < 255; len++) {
        assert_true(readable(fd, PATIENCE_MS));
        if (recv(fd, &line[len], 1, 0) <= 0)
            break;
        line[len + 1] = '\0';
        if (line[len] == '\n')
            break;
    }
}

static void expect(int fd, const char *want)
{
    char line[256];
    hear(fd, line);
    assert_string_equal(line, want);
}

static void ask(int fd, const char *text, const char *want)
{
    say(fd, text);
    expect(fd, want);
}

static void test_lines(void **in)
{
    static const struct {
        const char *ask;
        const char *want;
    } rows[] = {
        {"echo hello\n", "hello\n"},
        {"get a\n", "found 1 \n"},
        {"put a 0 one\n", "stored 0\n"},
        {"put a 0 two\n", "stored 1\n"},
        {"put a 1 two\n", "stored 0\n"},
        {"get a\n", "found 0 two\n"},
        {"put b 0 x\n", "stored 0\n"},
        {"list\n", "a b end\n"},
        {"slow\n", "done\n"},
        {"echo 1\necho 2\n", "1\n"},
        {"", "2\n"},
        {"bye\n", "bye\n"},
        {"", ""},
    };
    struct world *w = *in;
    char *const names[] = {(char[]){"kms.example.org"}, (char[]){"10.0.0.1"}};
    w->options.names = names;
    w->options.name_count = 2;
    start(w);
    assert_int_equal(w->facts.kms_id[0], 0xab);
    assert_true(w->fake.target_code);
    assert_int_equal(w->fake.names, 4); /* these, 127.0.0.1 and localhost */
    assert_false(w->fake.has_root);
    int fd = dial(w);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ask(fd, rows[i].ask, rows[i].want);
    close(fd);
    assert_int_equal(stop(w), KC_OK);
}

/* What waits while the enclave is busy crosses at once. */
static void test_batches(void **in)
{
    struct world *w = *in;
    int fd[32];
    w->options.workers = 1;
    w->fake.nap_ms = 100;
    start(w);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        fd[i] = dial(w);
    say(fd[0], "echo first\n");
    usleep(50000);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        say(fd[i], "echo x\n");
    expect(fd[0], "first\n");
    for (size_t i = 0; i < COUNT_OF(fd); i++) {
        expect(fd[i], "x\n");
        close(fd[i]);
    }
    assert_true(atomic_load(&w->fake.largest) >= COUNT_OF(fd) / 2);
    assert_true(atomic_load(&w->fake.calls) <= 4);
}

/* A batch whose effects could be too many goes in parts. */
static void test_room(void **in)
{
    struct world *w = *in;
    int fd[20];
    w->options.workers = 1;
    w->fake.nap_ms = 20;
    w->fake.parts = 3;
    start(w);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        fd[i] = dial(w);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        say(fd[i], "echo x\n");
    for (size_t i = 0; i < COUNT_OF(fd); i++) {
        expect(fd[i], "x\n");
        close(fd[i]);
    }
    assert_true(atomic_load(&w->fake.largest) <= 3);
}

/* A peer that does not read stops its own session, not the memory, and not the others. */
static void test_back_pressure(void **in)
{
    const size_t size = 64u << 20;
    struct world *w = *in;
    static uint8_t bytes[65536];
    w->options.workers = 1;
    start(w);
    int fd = dial(w);
    int other = dial(w);
    char line[64];
    snprintf(line, sizeof line, "big %zu\n", size);
    say(fd, line);
    size_t before = 0;
    size_t made = 1;
    for (int i = 0; i < 100 && made != before; i++) {
        before = made;
        usleep(100000);
        made = atomic_load(&w->fake.made);
        ask(other, "echo still here\n", "still here\n");
    }
    assert_true(made < size / 2);
    size_t got = 0;
    while (got < size) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    ask(fd, "echo after\n", "after\n");
    close(fd);
    close(other);
}

/* More than there are places wait, and are served once one is free. */
static void test_places(void **in)
{
    struct world *w = *in;
    w->options.connections = 3;
    start(w);
    int fd[4];
    for (size_t i = 0; i < 4; i++) {
        fd[i] = dial(w);
        say(fd[i], "echo x\n");
        if (i < 3)
            expect(fd[i], "x\n");
    }
    assert_false(readable(fd[3], 200));
    close(fd[1]);
    expect(fd[3], "x\n");
    for (int i = 0; i < 200; i++) { /* places are used again, under new numbers */
        close(fd[3]);
        fd[3] = dial(w);
        ask(fd[3], "echo again\n", "again\n");
    }
    close(fd[0]);
    close(fd[2]);
    close(fd[3]);
}

struct client {
    const struct world *w;
    unsigned index;
    pthread_t thread;
    bool good;
};

static void *hammer(void *argument)
{
    struct client *c = argument;
    char line[64];
    char want[64];
    char got[256];
    int fd = dial(c->w);
    c->good = true;
    for (unsigned n = 0; n < 100 && c->good; n++) {
        snprintf(line, sizeof line, "put k%u.%u 0 v%u\n", c->index, n, n);
        say(fd, line);
        hear(fd, got);
        c->good = strcmp(got, "stored 0\n") == 0;
        snprintf(line, sizeof line, "get k%u.%u\n", c->index, n);
        snprintf(want, sizeof want, "found 0 v%u\n", n);
        say(fd, line);
        hear(fd, got);
        c->good = c->good && strcmp(got, want) == 0;
        if (n % 10 == 0) {
            close(fd);
            fd = dial(c->w);
        }
    }
    close(fd);
    return NULL;
}

static void test_many(void **in)
{
    struct world *w = *in;
    struct client clients[8];
    start(w);
    for (unsigned i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = (struct client){.w = w, .index = i};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, hammer, &clients[i]), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(clients); i++) {
        pthread_join(clients[i].thread, NULL);
        assert_true(clients[i].good);
    }
    assert_int_equal(stop(w), KC_OK);
    assert_true(atomic_load(&w->fake.closes) >= COUNT_OF(clients) * 11);
}

/* What is under way ends, what is idle is closed, what is new is refused. */
static void test_drain(void **in)
{
    struct world *w = *in;
    w->fake.slow_ms = 500;
    start(w);
    int idle = dial(w);
    int busy = dial(w);
    int fresh = dial(w);
    ask(idle, "echo x\n", "x\n");
    ask(busy, "echo x\n", "x\n");
    say(busy, "slow\n");
    usleep(100000);
    kc_server_stop(w->server);
    expect(idle, "");
    expect(fresh, "");
    assert_int_equal(dial(w), -1);
    expect(busy, "done\n");
    expect(busy, "");
    assert_int_equal(join(w), KC_OK);
    close(idle);
    close(busy);
    close(fresh);
}

static void test_signals(void **in)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct world *w = *in;
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        atomic_store(&w->ready, false);
        start(w);
        assert_int_equal(kill(getpid(), signals[i]), 0);
        assert_int_equal(join(w), KC_OK);
    }
}

static void test_once(void **in)
{
    struct world *w = *in;
    w->options.once = true;
    start(w);
    int silent = dial(w); /* one that gets no answer does not count */
    close(silent);
    usleep(50000);
    int fd = dial(w);
    ask(fd, "echo handshake\n", "handshake\n");
    ask(fd, "echo answer\n", "answer\n");
    close(fd);
    assert_int_equal(join(w), KC_OK);
}

static void test_death(void **in)
{
    struct world *w = *in;
    start(w);
    int fd = dial(w);
    say(fd, "die\n");
    assert_int_equal(join(w), KC_ERR_STATE);
    assert_non_null(strstr(w->error.text, "died"));
    close(fd);
}

static void test_second_listener(void **in)
{
    struct world *w = *in;
    struct kc_address ratls;
    assert_true(kc_address_parse("[::1]:0", &ratls));
    w->options.listen_ratls = &ratls;
    if (kc_server_new(&w->options, &w->server, &w->error) != KC_OK) {
        w->server = NULL;
        skip(); /* a machine without IPv6 */
    }
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
    wait_for(&w->ready);
    int fd = dial_to(&w->facts.listen_ratls);
    ask(fd, "echo x\n", "x\n");
    close(fd);
}

static void test_refusals(void **in)
{
    struct world *w = *in;
    struct kc_server *second = NULL;
    char *const names[] = {(char[]){"no name"}};
    start(w);
    struct kc_server_options options = w->options;
    options.listen = w->facts.listen;
    assert_int_equal(kc_server_new(&options, &second, &w->error), KC_ERR_IO);
    assert_non_null(strstr(w->error.text, "in use"));
    options = w->options;
    options.names = names;
    options.name_count = 1;
    assert_int_equal(kc_server_new(&options, &second, &w->error), KC_ERR_ARGUMENT);
    assert_non_null(strstr(w->error.text, "no name"));
    options = w->options;
    w->fake.full = true;
    assert_int_equal(kc_server_new(&options, &second, &w->error), KC_ERR_REFUSED);
    w->fake.full = false;
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_pressure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_death, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_listener, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
