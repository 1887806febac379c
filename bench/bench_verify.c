/*
 * Verification of quotes with collateral against the least that it can cost: P-256 verifications
 * at the rate R of OpenSSL's ECDSA_do_verify with a ready key and a ready signature, measured in
 * the same run, interleaved, both by processor time: others on the machine are none of it. What is
 * left of a ratio goes to decoding, hashing and making keys. Two threads go by the clock.
 *
 *   ratio verify-cold            everything new: of R / 9 (root, CA, PCK, QE report, quote; TCB
 *                                signing, TCB info, QE identity, two lists; the root's own is the
 *                                tenth, which nobody needs)
 *   ratio verify-new-leaf        collateral known: of R / 3 (PCK, QE report, quote)
 *   ratio verify-warm            PCK known too: of R / 2
 *   ratio verify-known-platform  QE report known too: of R
 *   ratio verify-threads         what a second thread gains, of what a second process gains OpenSSL
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <pthread.h>
#include <sys/wait.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "verify_case.h"

#include "verify/chain.h"
#include "verify/collateral_set.h"
#include "verify/ecdsa.h"

struct bench {
    struct verify_case c;
    struct kc_trust *trust;
    struct kc_policy policy;
    struct kc_verdict *verdict;
    size_t next;
    struct kc_quote quote; /* of the first one */
    struct kc_pck_chain *chain;
    struct kc_collateral_set *set;
    EC_KEY *key;
    ECDSA_SIG *signature;
    uint8_t digest[32];
};

static void judge(const struct bench *b, const struct case_quote *quote, struct kc_trust *trust,
                  struct kc_verdict *v)
{
    struct kc_evidence evidence;
    must(kc_evidence_view(kc_bytes_of(quote->bytes, quote->len), &evidence, NULL) == KC_OK, "open");
    struct kc_verify_input input = {.evidence = &evidence,
                                    .root_key = b->c.root_key,
                                    .now = b->c.now,
                                    .policy = &b->policy,
                                    .collateral = &b->c.pieces,
                                    .store = trust};
    kc_verify(&input, v);
    must(v->kind == KC_VERDICT_ACCEPTED && v->facts.has_tcb, "judge");
    kc_verdict_release(v);
}

static void cold(struct bench *b)
{
    judge(b, &b->c.each_pck[b->next++ % QUOTES], NULL, b->verdict);
}

static void new_leaf(struct bench *b)
{
    judge(b, &b->c.each_pck[b->next++ % QUOTES], b->trust, b->verdict);
}

static void warm(struct bench *b)
{
    judge(b, &b->c.one_pck[b->next++ % QUOTES], b->trust, b->verdict);
}

static void known_platform(struct bench *b)
{
    judge(b, &b->c.one_pck[0], b->trust, b->verdict);
}

static void openssl_verify(struct bench *b)
{
    must(ECDSA_do_verify(b->digest, sizeof b->digest, b->signature, b->key) == 1, "signature");
}

static void decode_quote(struct bench *b)
{
    must(kc_quote_decode(kc_bytes_of(b->c.one_pck[0].bytes, b->c.one_pck[0].len), &b->quote,
                         NULL) == KC_OK,
         "quote");
}

static void decode_chain(struct bench *b)
{
    must(kc_pck_chain_decode(b->quote.cert_data, b->chain, NULL) == KC_OK, "chain");
}

static void verify_chain(struct bench *b)
{
    must(kc_chain_verify_pck(b->chain, b->c.root_key, b->c.now).fault == KC_CHAIN_GOOD, "chain");
}

static void make_set(struct bench *b)
{
    kc_collateral_set_release(b->set);
    must(kc_collateral_set_make(&b->c.pieces, b->c.root_key, false, NULL, &b->set) == KC_OK, "set");
}

static void judge_set(struct bench *b)
{
    struct kc_collateral found;
    kc_collateral_judge_set(b->set, b->chain->certificate, NULL, b->c.now, NULL, &found);
    must(found.state == KC_COLLATERAL_GOOD, "collateral");
}

static void verify_one(struct bench *b)
{
    must(kc_ecdsa_p256_verify(b->quote.attestation_key.ptr, b->quote.signed_part,
                              b->quote.signature.ptr),
         "quote");
}

/* The signature of the quote, made ready for OpenSSL. */
static void prepare_openssl(struct bench *b)
{
    uint8_t octets[65] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(octets + 1, b->quote.attestation_key.ptr, 64);
    b->key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    must(EC_KEY_oct2key(b->key, octets, sizeof octets, NULL) == 1, "key");
    b->signature = ECDSA_SIG_new();
    must(ECDSA_SIG_set0(b->signature, BN_bin2bn(b->quote.signature.ptr, 32, NULL),
                        BN_bin2bn(b->quote.signature.ptr + 32, 32, NULL)) == 1,
         "signature");
    must(kc_sha256(b->quote.signed_part, b->digest), "digest");
}

struct thread {
    struct bench b; /* its own verdict; what is trusted is shared */
    double rate;
};

static void *run_thread(void *arg)
{
    struct thread *t = arg;
    t->rate = rate(&t->b, known_platform);
    return NULL;
}

static double two_threads(const struct bench *b)
{
    struct thread t[2] = {{.b = *b}, {.b = *b}};
    pthread_t id[2];
    for (int i = 0; i < 2; i++) {
        t[i].b.verdict = malloc(sizeof *t[i].b.verdict);
        must(t[i].b.verdict != NULL && pthread_create(&id[i], NULL, run_thread, &t[i]) == 0,
             "thread");
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(id[i], NULL);
        free(t[i].b.verdict);
    }
    return t[0].rate + t[1].rate;
}

static double two_processes(struct bench *b)
{
    int ends[2];
    double sum = 0;
    must(pipe(ends) == 0, "pipe");
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
            double r = rate(b, openssl_verify);
            _exit(write(ends[1], &r, sizeof r) == (ssize_t)sizeof r ? 0 : 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        double r = 0;
        must(read(ends[0], &r, sizeof r) == (ssize_t)sizeof r, "process");
        sum += r;
    }
    while (wait(NULL) > 0)
        ;
    close(ends[0]);
    close(ends[1]);
    return sum;
}

static const struct {
    const char *name;
    void (*call)(struct bench *);
    double signatures; /* of the limit; 0: a stage */
    const char *ratio;
    double target;
} rows[] = {
    {"openssl P-256 verify, ready key", openssl_verify, 0, NULL, 0},
    {"everything new, collateral too", cold, 9, "verify-cold", 0.75},
    {"a PCK that is new", new_leaf, 3, "verify-new-leaf", 0.85},
    {"a QE report that is new", warm, 2, "verify-warm", 0.92},
    {"all but the quote known", known_platform, 1, "verify-known-platform", 0.90},
    {"  decode the quote", decode_quote, 0, NULL, 0},
    {"  decode the PCK chain", decode_chain, 0, NULL, 0},
    {"  verify it (3 signatures)", verify_chain, 0, NULL, 0},
    {"  decode and verify collateral (8 signatures)", make_set, 0, NULL, 0},
    {"  judge known collateral for a PCK", judge_set, 0, NULL, 0},
    {"  verify one signature, key and all", verify_one, 0, NULL, 0},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

int main(void)
{
    static struct bench b;
    static double rates[ROWS][ROUNDS];
    static double ratio[ROWS][ROUNDS];
    double gain[ROUNDS];
    case_make(&b.c);
    b.policy = kc_policy_default;
    b.trust = case_trust(&b.c);
    b.verdict = malloc(sizeof *b.verdict);
    b.chain = malloc(sizeof *b.chain);
    must(b.verdict != NULL && b.chain != NULL, "memory");
    decode_quote(&b);
    decode_chain(&b);
    prepare_openssl(&b);
    for (int round = 0; round < ROUNDS; round++) {
        for (int row = 0; row < ROWS; row++)
            rates[row][round] = rate_of(&b, rows[row].call, CLOCK_THREAD_CPUTIME_ID);
        for (int row = 0; row < ROWS; row++)
            ratio[row][round] = rates[row][round] * rows[row].signatures / rates[0][round];
        gain[round] = rate(&b, openssl_verify) / rate(&b, known_platform);
        gain[round] *= two_threads(&b) / two_processes(&b);
    }
    for (int row = 0; row < ROWS; row++) {
        double r = median(rates[row]);
        printf("%-46s %9.0f /s %8.1f us\n", rows[row].name, r, 1e6 / r);
    }
    for (int row = 0; row < ROWS; row++) {
        if (rows[row].ratio != NULL)
            printf("ratio %s %.2f target %.2f\n", rows[row].ratio, median(ratio[row]),
                   rows[row].target);
    }
    printf("ratio verify-threads %.2f target 0.95\n", median(gain));
    ECDSA_SIG_free(b.signature);
    EC_KEY_free(b.key);
    kc_collateral_set_release(b.set);
    kc_trust_free(b.trust);
    case_clear(&b.c);
    free(b.chain);
    free(b.verdict);
    return 0;
}
