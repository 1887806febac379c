/*
 * TLS 1.3 inside the enclave against the same code outside: handshakes, small requests, full
 * records, both ends each time. On one thread, and on two at once by one server context: what
 * OpenSSL's locks cost inside, where they spin.
 *
 *   ratio tls.WORK_THREADS = work a second of processor time inside / outside
 */
#include "probe/tls_memory.h"
#include "probe_bench.h"

#define ROUNDS      7
#define THREADS_MAX 2
#define TARGET      0.80

static const struct {
    const char *name;
    const char *unit;
    unsigned rounds;
} works[TLS_WORKS] = {
    [TLS_HANDSHAKES] = {"handshakes", "handshakes", 60},
    [TLS_REQUESTS] = {"requests", "requests of 300 bytes and their answers", 4000},
    [TLS_RECORDS] = {"records", "records of 16 KiB there and back", 1500},
};

struct job {
    struct kc_enclave *enclave; /* NULL: outside */
    SSL_CTX *server;
    enum tls_work work;
};

static void *run(void *argument)
{
    const struct job *job = argument;
    uint8_t out[4096];
    if (job->enclave != NULL)
        ask_with_room(job->enclave, PROBE_TLS_WORK, works[job->work].rounds, job->work,
                      (struct kc_room){out, sizeof(out)});
    else if (!tls_work(job->work, job->server, works[job->work].rounds))
        fail("TLS outside");
    return NULL;
}

/* Work of `threads` threads a second; a second of processor time to `*by_cpu`. */
static double rate(struct job *job, unsigned threads, double *by_cpu)
{
    pthread_t thread[THREADS_MAX];
    double done = (double)threads * works[job->work].rounds;
    double start = now();
    double cpu_start = cpu_now();
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, run, job) != 0)
            fail("no thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    *by_cpu = done / (cpu_now() - cpu_start);
    return done / (now() - start);
}

static void compare(struct kc_enclave *enclave, SSL_CTX *server, enum tls_work work,
                    unsigned threads)
{
    struct job inside = {enclave, server, work};
    struct job outside = {NULL, server, work};
    double rate_inside[ROUNDS];
    double rate_outside[ROUNDS];
    double ratio[ROUNDS];
    double cpu_inside = 0;
    double cpu_outside = 0;
    rate(&inside, threads, &cpu_inside);
    rate(&outside, threads, &cpu_outside);
    for (int i = 0; i < ROUNDS; i++) {
        rate_inside[i] = rate(&inside, threads, &cpu_inside);
        rate_outside[i] = rate(&outside, threads, &cpu_outside);
        ratio[i] = cpu_inside / cpu_outside;
    }
    printf("%s, %u threads: %.0f/s inside, %.0f/s outside\n", works[work].unit, threads,
           median(rate_inside, ROUNDS), median(rate_outside, ROUNDS));
    printf("ratio tls.%s_%u %.2f target %.2f\n", works[work].name, threads, median(ratio, ROUNDS),
           TARGET);
}

int main(void)
{
    struct kc_enclave *enclave = load();
    SSL_CTX *server = tls_server_context();
    if (server == NULL)
        fail("no server");
    for (enum tls_work work = 0; work < TLS_WORKS; work++) {
        for (unsigned threads = 1; threads <= THREADS_MAX; threads++)
            compare(enclave, server, work, threads);
    }
    SSL_CTX_free(server);
    kc_enclave_free(enclave);
    return 0;
}
