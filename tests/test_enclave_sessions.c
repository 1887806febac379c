/* How many sessions of TLS the heap of the image holds, and what it has back when they end. */
#include "probe/tls_line.h"

#define SESSIONS      512 /* as the service shall hold at once */
#define IDLE_KIB      24
#define HALF_OPEN_KIB 96
#define CLASSES_KIB   ((25 + 16) * 8) /* an empty chunk of each size and short runs may stay */
#define BUFFERS_KIB   (16 + LINE_ROOM / 1024) /* of the calls of one TCS */

static struct line *line[SESSIONS];

static uint64_t used_kib(struct kc_enclave *enclave)
{
    uint8_t in[1] = {PROBE_HEAP_USED};
    uint8_t out[4096];
    uint64_t used = 0;
    size_t len = 0;
    assert_int_equal(probe_call(enclave, kc_bytes_of(in, 1), out, &len), KC_OK);
    assert_int_equal(len, 8);
    memcpy(&used, out, 8);
    return used / 1024;
}

/* The first session makes what lives as long as the enclave. */
static struct kc_enclave *load_warm(void)
{
    struct kc_enclave *enclave = probe_load();
    struct line *first = line_new(enclave, SESSIONS, tls_suites[0], tls_groups[0]);
    assert_true(first != NULL && line_connect(first) && line_close(first));
    return enclave;
}

/* Served in turn by the threads of `tcs_count` TCS, and each session by another thread than the
 * one that opened it. */
static void hold(size_t tcs_count)
{
    static const uint8_t said[300] = {1};
    struct kc_enclave *enclave = load_warm();
    uint64_t before = used_kib(enclave);
    uint64_t buffers = tcs_count * BUFFERS_KIB;
    for (uint32_t i = 0; i < SESSIONS; i++) {
        line[i] = line_new(enclave, i, tls_suites[i % TLS_SUITES], tls_groups[i % TLS_GROUPS]);
        assert_non_null(line[i]);
        line[i]->tcs = (int)(i % tcs_count) + 3;
        assert_true(line_connect(line[i]));
    }
    uint64_t idle = used_kib(enclave) - before;
    for (uint32_t i = 0; i < SESSIONS; i++) {
        line[i]->tcs = (int)((i + 1) % tcs_count) + 3;
        assert_true(line_echo(line[i], said, sizeof(said)));
    }
    uint64_t served = used_kib(enclave) - before;
    for (uint32_t i = 0; i < SESSIONS; i++)
        assert_true(line_close(line[i]));
    uint64_t after = used_kib(enclave) - before;
    print_message("%d sessions on %zu TCS: %.1f KiB each, %.1f after a request; %d KiB stay\n",
                  SESSIONS, tcs_count, (double)idle / SESSIONS, (double)served / SESSIONS,
                  (int)after);
    assert_true(idle <= SESSIONS * IDLE_KIB + buffers);
    assert_true(served <= SESSIONS * IDLE_KIB + buffers);
    assert_true(after <= buffers + tcs_count * CLASSES_KIB);
    kc_enclave_free(enclave);
}

static void test_sessions_on_one_thread(void **state)
{
    (void)state;
    hold(1);
}

static void test_sessions_on_many_threads(void **state)
{
    (void)state;
    hold(8);
}

/* Clients that begin and say no more cost most: one worker holds them all, and others work. */
static void test_half_open(void **state)
{
    (void)state;
    struct kc_enclave *enclave = load_warm();
    uint64_t before = used_kib(enclave);
    for (uint32_t i = 0; i < SESSIONS; i++) {
        size_t len = 0;
        line[i] = line_new(enclave, i, tls_suites[0], tls_groups[0]);
        assert_non_null(line[i]);
        line[i]->tcs = 3;
        assert_true(tls_advance(line[i]->client));
        assert_true(
            tls_drain(line[i]->client, (struct kc_room){line[i]->in + 5, LINE_ROOM - 5}, &len));
        assert_int_equal(line_ask(line[i], PROBE_TLS_BYTES, 3), 0);
    }
    uint64_t half_open = used_kib(enclave) - before;
    struct line *good = line_new(enclave, SESSIONS, tls_suites[0], tls_groups[0]);
    assert_true(good != NULL && line_connect(good) && line_close(good));
    for (uint32_t i = 0; i < SESSIONS; i++)
        assert_true(line_close(line[i]));
    print_message("%d that sent 3 bytes: %.1f KiB each\n", SESSIONS, (double)half_open / SESSIONS);
    assert_true(half_open <= SESSIONS * HALF_OPEN_KIB + BUFFERS_KIB);
    assert_true(used_kib(enclave) - before <= BUFFERS_KIB + CLASSES_KIB);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_on_one_thread),
        cmocka_unit_test(test_sessions_on_many_threads),
        cmocka_unit_test(test_half_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
