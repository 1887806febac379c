/*
 * What the enclave costs: entering it, the same signature and the same verdict inside and outside,
 * many threads on few cores, starting the image. On the probe image, which is the production
 * runtime.
 */
#include <sys/stat.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/time.h"
#include "base/writer.h"
#include "probe/probe_judge.h"
#include "probe_bench.h"
#include "verify/chain.h"
#include "verify/verify.h"

#define ROUNDS       7
#define SIGNATURES   1500
#define CALLS        20000
#define LARGE_ROOM   (512 * 1024)
#define THREADS_MAX  8
#define SCALE_BATCH  100
#define SCALE_ROUNDS 12
#define VERDICTS     300
#define FRAME_MAX    65536

/* As the probe's PROBE_SIGN does it. */
static void sign_natively(EVP_PKEY *key, unsigned rounds)
{
    static const uint8_t message[9] = {PROBE_SIGN};
    uint8_t signature[80];
    for (unsigned i = 0; i < rounds; i++) {
        size_t len = sizeof(signature);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
            EVP_DigestSign(ctx, signature, &len, message, sizeof(message)) != 1)
            fail("native signature");
        EVP_MD_CTX_free(ctx);
    }
}

static void bench_sign(struct kc_enclave *enclave)
{
    double ratio[ROUNDS];
    double inside[ROUNDS];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    sign_natively(key, 100);
    ask(enclave, PROBE_SIGN, 100);
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        sign_natively(key, SIGNATURES);
        double middle = now();
        ask(enclave, PROBE_SIGN, SIGNATURES);
        inside[i] = now() - middle;
        ratio[i] = (middle - start) / inside[i];
    }
    EVP_PKEY_free(key);
    printf("ECDSA P-256 signatures inside: %.0f/s\n", SIGNATURES / median(inside, ROUNDS));
    printf("ratio enclave.sign_against_native %.2f target 0.90\n", median(ratio, ROUNDS));
}

/* Microseconds a call that leaves most of its room unused. */
static double cost_of_call(struct kc_enclave *enclave, struct kc_room room)
{
    double cost[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        for (int k = 0; k < CALLS; k++)
            ask_with_room(enclave, PROBE_ECHO, 0, 0, room);
        cost[i] = (now() - start) / CALLS * 1e6;
    }
    return median(cost, ROUNDS);
}

static void bench_call(struct kc_enclave *enclave)
{
    static uint8_t out[LARGE_ROOM];
    double small = cost_of_call(enclave, (struct kc_room){out, 4096});
    double large = cost_of_call(enclave, (struct kc_room){out, sizeof(out)});
    printf("one call in and out: %.2f us with 4 KiB of room, %.2f us with 512 KiB\n", small, large);
}

static void *sign_in_batches(void *enclave)
{
    for (int i = 0; i < SCALE_ROUNDS; i++)
        ask(enclave, PROBE_SIGN, SCALE_BATCH);
    return NULL;
}

/* Signatures of `threads` threads: a second goes to the result, a second of processor time to
 * `*by_cpu`. Waiting inside is spinning, so what threads cost each other shows in both; the
 * second does not depend on what else the machine does. */
static double rate(struct kc_enclave *enclave, unsigned threads, double *by_cpu)
{
    pthread_t thread[THREADS_MAX];
    double done = threads * SCALE_ROUNDS * SCALE_BATCH;
    double start = now();
    double cpu_start = cpu_now();
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, sign_in_batches, enclave) != 0)
            fail("no thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    *by_cpu = done / (cpu_now() - cpu_start);
    return done / (now() - start);
}

static void bench_scaling(struct kc_enclave *enclave)
{
    double two[ROUNDS];
    double eight[ROUNDS];
    double ratio[ROUNDS];
    double two_cpu = 0;
    double eight_cpu = 0;
    rate(enclave, 8, &eight_cpu);
    for (int i = 0; i < ROUNDS; i++) {
        two[i] = rate(enclave, 2, &two_cpu);
        eight[i] = rate(enclave, 8, &eight_cpu);
        ratio[i] = eight_cpu / two_cpu;
    }
    printf("signatures with 2 threads: %.0f/s, with 8: %.0f/s\n", median(two, ROUNDS),
           median(eight, ROUNDS));
    printf("ratio enclave.threads_8_against_2 %.2f target 0.90\n", median(ratio, ROUNDS));
}

/* The mission document's quote, everything cold, `rounds` times. */
static size_t make_frame(uint32_t rounds, uint8_t out[FRAME_MAX])
{
    static const char policy[] = "{\"allow_debug\": true, \"tcb\": \"ignore\"}";
    uint8_t quote[FRAME_MAX / 2];
    int64_t at = 0;
    struct kc_writer w = kc_writer_of((struct kc_room){out, FRAME_MAX});
    FILE *file = fopen(SOURCE_ROOT "/tests/vectors/seed/quote.json", "rb");
    if (file == NULL || kc_time_parse(kc_bytes_of_text("2025-08-15T05:45:00Z"), &at) != KC_OK)
        fail("no quote");
    size_t len = fread(quote, 1, sizeof quote, file);
    fclose(file);
    kc_writer_u8(&w, PROBE_JUDGE);
    kc_writer_u32(&w, rounds);
    kc_writer_u64(&w, (uint64_t)at);
    kc_writer_copy(&w, kc_chain_intel_root_key, 64);
    kc_writer_u32(&w, sizeof policy - 1);
    kc_writer_copy(&w, policy, sizeof policy - 1);
    kc_writer_u32(&w, (uint32_t)len);
    kc_writer_copy(&w, quote, len);
    for (int i = PROBE_JUDGE_EVIDENCE + 1; i < PROBE_JUDGE_PARTS; i++)
        kc_writer_u32(&w, 0);
    return kc_writer_written(&w).len;
}

static void bench_judge(struct kc_enclave *enclave)
{
    static uint8_t frame[FRAME_MAX];
    double native[ROUNDS];
    double inside[ROUNDS];
    double ratio[ROUNDS];
    uint8_t out[4096];
    struct kc_bytes in = kc_bytes_of(frame, make_frame(VERDICTS, frame));
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = 0;
        struct kc_error error = KC_ERROR_NONE;
        double start = now();
        if (probe_judge(in, out) != 2 || out[0] != KC_VERDICT_ACCEPTED)
            fail("native verdict");
        double middle = now();
        if (kc_enclave_call(enclave, in, (struct kc_room){out, sizeof(out)}, &len, &error) !=
                KC_OK ||
            len != 2 || out[0] != KC_VERDICT_ACCEPTED)
            fail("verdict inside");
        inside[i] = now() - middle;
        native[i] = middle - start;
        ratio[i] = native[i] / inside[i];
    }
    printf("verifications of a quote, everything cold: %.0f/s inside, %.0f/s natively\n",
           VERDICTS / median(inside, ROUNDS), VERDICTS / median(native, ROUNDS));
    printf("ratio enclave.verify_against_native %.2f target 0.90\n", median(ratio, ROUNDS));
}

static void bench_start(void)
{
    double loading[ROUNDS];
    double first[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        struct kc_enclave *enclave = load();
        double loaded = now();
        ask(enclave, PROBE_ECHO, 0);
        first[i] = (now() - loaded) * 1e3;
        loading[i] = (loaded - start) * 1e3;
        kc_enclave_free(enclave);
    }
    printf("start: %.1f ms to measure, judge and map; %.1f ms for the first call\n",
           median(loading, ROUNDS), median(first, ROUNDS));
}

int main(void)
{
    struct stat about;
    if (stat(IMAGE_FILE, &about) == 0)
        printf("image file: %.2f MiB\n", (double)about.st_size / (1024 * 1024));
    bench_start();
    struct kc_enclave *enclave = load();
    bench_call(enclave);
    bench_sign(enclave);
    bench_judge(enclave);
    bench_scaling(enclave);
    kc_enclave_free(enclave);
    return 0;
}
