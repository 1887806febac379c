/*
 * Verification of the mission document's quote, everything cold, against the least that it can
 * cost: five P-256 verifications (root's self-signature, intermediate, PCK leaf, QE report, quote)
 * at the rate of OpenSSL's ECDSA_do_verify with a ready key and a ready signature, measured in the
 * same run, interleaved. What is left of the ratio goes to decoding, hashing and making keys.
 *
 *   ratio verify-cold = verifications a second / (P-256 verifications a second / 5)
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "bench.h"

#include "base/time.h"
#include "formats/pck_certificate.h"
#include "formats/quote_json.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

#define SIGNATURES 5 /* in one verification */
#define TARGET     0.75

struct bench {
    struct kc_bytes report; /* as a relying party receives it: Open Enclave's header and quote */
    struct kc_sgx_quote quote;
    struct kc_policy policy;
    struct kc_verdict *verdict;
    struct kc_pck_chain *chain;
    int64_t now;
    EC_KEY *key;
    ECDSA_SIG *signature;
    uint8_t digest[32];
};

static void verify_cold(struct bench *b)
{
    struct kc_evidence evidence;
    must(kc_evidence_open(b->report, &evidence, NULL) == KC_OK, "cannot open the evidence");
    struct kc_verify_input input = {.evidence = &evidence,
                                    .root_key = kc_chain_intel_root_key,
                                    .now = b->now,
                                    .policy = &b->policy};
    kc_verify(&input, b->verdict);
    kc_evidence_clear(&evidence);
    must(b->verdict->kind == KC_VERDICT_ACCEPTED, "the quote is not accepted");
}

static void openssl_verify(struct bench *b)
{
    must(ECDSA_do_verify(b->digest, sizeof b->digest, b->signature, b->key) == 1, "signature");
}

static void decode_quote(struct bench *b)
{
    must(kc_sgx_quote_decode(kc_bytes_of(b->report.ptr + 16, b->report.len - 16), &b->quote,
                             NULL) == KC_OK,
         "quote");
}

static void decode_chain(struct bench *b)
{
    must(kc_pck_chain_decode(b->quote.cert_data, b->chain, NULL) == KC_OK, "chain");
}

static void verify_chain(struct bench *b)
{
    must(kc_chain_verify_pck(b->chain, kc_chain_intel_root_key, b->now).fault == KC_CHAIN_GOOD,
         "chain");
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

static void read_seed(struct bench *b, struct kc_quote_json *seed)
{
    static char json[64 * 1024];
    FILE *file = fopen(SOURCE_ROOT "/tests/vectors/seed/quote.json", "rb");
    must(file != NULL, "no tests/vectors/seed/quote.json");
    size_t len = fread(json, 1, sizeof json, file);
    fclose(file);
    must(kc_quote_json_decode(kc_bytes_of(json, len), seed, NULL) == KC_OK, "quote.json");
    b->report = kc_bytes_of(seed->quote, seed->quote_len);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*call)(struct bench *);
    } rows[] = {
        {"openssl P-256 verify, ready key", openssl_verify},
        {"verify a quote, everything cold", verify_cold},
        {"decode the quote", decode_quote},
        {"decode the PCK chain", decode_chain},
        {"verify the PCK chain, decoded (3 signatures)", verify_chain},
        {"verify one signature", verify_one},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    double rates[ROWS][ROUNDS];
    double ratio[ROUNDS];
    struct kc_quote_json seed;
    struct bench b = {.policy = {.allow_debug = true, .tcb_ignored = true}, .now = 1755236700};
    b.verdict = malloc(sizeof *b.verdict);
    b.chain = malloc(sizeof *b.chain);
    must(b.verdict != NULL && b.chain != NULL, "no memory");
    read_seed(&b, &seed);
    decode_quote(&b);
    decode_chain(&b);
    prepare_openssl(&b);
    for (int round = 0; round < ROUNDS; round++) {
        for (int row = 0; row < ROWS; row++)
            rates[row][round] = rate(&b, rows[row].call);
        ratio[round] = rates[1][round] * SIGNATURES / rates[0][round];
    }
    for (int row = 0; row < ROWS; row++) {
        double r = median(rates[row]);
        printf("%-46s %9.0f /s %8.1f us\n", rows[row].name, r, 1e6 / r);
    }
    printf("ratio verify-cold %.2f target %.2f\n", median(ratio), TARGET);
    ECDSA_SIG_free(b.signature);
    EC_KEY_free(b.key);
    kc_quote_json_clear(&seed);
    free(b.chain);
    free(b.verdict);
    return 0;
}
