/*
 * Judgement of a SEV-SNP report whose chain is known, against the least that it can cost: one
 * P-384 verification, at the rate of OpenSSL's ECDSA_do_verify with a ready key and a ready
 * signature, measured in the same run, interleaved. What is left of the ratio goes to decoding,
 * hashing and making the key.
 *
 *   ratio snp-warm = judgements a second / P-384 verifications a second
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "bench.h"

#include "base/pem.h"
#include "base/reader.h"
#include "verify/ecdsa.h"
#include "verify/ecdsa_p384.h"
#include "verify/snp.h"
#include "verify/verify.h"

#define TARGET 0.90
#define NOW    1767225600 /* 2026-01-01 */
#define SEED   SOURCE_ROOT "/fuzz/corpus/snp/milan_vcek"

struct bench {
    struct kc_snp_input input;
    struct kc_snp_policy policy;
    struct kc_amd_root root;
    struct kc_snp_verdict verdict;
    struct kc_evidence evidence;
    struct kc_policy whole_policy;
    struct kc_verify_input whole;
    struct kc_verdict whole_verdict;
    struct kc_trust *trust;
    EC_KEY *key;
    ECDSA_SIG *signature;
    uint8_t digest[48];
};

static void judge_cold(struct bench *b)
{
    kc_snp_judge(&b->input, &b->verdict);
    must(b->verdict.kind == KC_VERDICT_ACCEPTED, "the report is not accepted");
}

/* As a relying party does it: report and certificates come together, and the store knows these. */
static void judge_warm(struct bench *b)
{
    kc_verify(&b->whole, &b->whole_verdict);
    must(b->whole_verdict.kind == KC_VERDICT_ACCEPTED, "the report is not accepted");
}

static void openssl_verify(struct bench *b)
{
    must(ECDSA_do_verify(b->digest, sizeof b->digest, b->signature, b->key) == 1, "signature");
}

/* The report and chain that the fuzzer starts from, under their own root. */
static void read_seed(struct bench *b)
{
    static uint8_t bytes[16 * 1024];
    struct kc_amd_certificate ark;
    size_t len[4];
    FILE *file = fopen(SEED, "rb");
    must(file != NULL, "no fuzz/corpus/snp/milan_vcek");
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes, fread(bytes, 1, sizeof bytes, file)));
    fclose(file);
    for (size_t i = 0; i < 4; i++)
        len[i] = kc_reader_u16(&r);
    b->input.report = kc_reader_bytes(&r, len[0]);
    b->input.certificates.vek = kc_reader_bytes(&r, len[1]);
    b->input.certificates.ask = kc_reader_bytes(&r, len[2]);
    b->input.certificates.ark = kc_reader_bytes(&r, len[3]);
    must(kc_amd_certificate_decode(b->input.certificates.ark, &ark, NULL) == KC_OK, "ARK");
    must(kc_sha256(ark.x509.spki, b->root.spki_sha256), "digest");
    b->root.product = KC_SNP_MILAN;
    b->input.roots = &b->root;
    b->input.root_count = 1;
    b->input.now = NOW;
    b->input.policy = &b->policy;
}

/* The report's signature, made ready for OpenSSL. */
static void prepare_openssl(struct bench *b)
{
    const uint8_t *pair = b->verdict.report.signature;
    uint8_t octets[97] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(octets + 1, b->verdict.endorsement.public_key, 96);
    b->key = EC_KEY_new_by_curve_name(NID_secp384r1);
    must(EC_KEY_oct2key(b->key, octets, sizeof octets, NULL) == 1, "key");
    b->signature = ECDSA_SIG_new();
    must(ECDSA_SIG_set0(b->signature, BN_bin2bn(pair, 48, NULL), BN_bin2bn(pair + 48, 48, NULL)) ==
             1,
         "signature");
    must(kc_sha384(b->verdict.report.signed_part, b->digest), "digest");
}

/* ASK and ARK as AMD serves them; the caller frees. */
static char *pem_of(const struct kc_amd_certificates *c)
{
    struct kc_room room = {malloc(16 * 1024), 16 * 1024};
    must(room.ptr != NULL, "memory");
    struct kc_writer w = kc_writer_of(room);
    kc_pem_write(&w, "CERTIFICATE", c->ask);
    kc_pem_write(&w, "CERTIFICATE", c->ark);
    kc_writer_u8(&w, 0);
    must(!kc_writer_failed(&w), "PEM");
    return (char *)room.ptr;
}

static void prepare_store(struct bench *b)
{
    const struct kc_amd_certificates *c = &b->input.certificates;
    b->trust = kc_trust_new();
    must(b->trust != NULL, "memory");
    kc_trust_set_roots(b->trust, NULL, &b->root, 1);
    struct kc_amd_pieces pieces = {.vek = c->vek};
    char *pem = pem_of(c);
    pieces.chain = kc_bytes_of_text(pem);
    must(kc_trust_add_amd(b->trust, &pieces, false, NULL) == KC_OK, "certificates");
    free(pem);
    must(kc_evidence_view(b->input.report, &b->evidence, NULL) == KC_OK, "report");
    b->whole_policy = kc_policy_default;
    b->whole = (struct kc_verify_input){
        .evidence = &b->evidence, .now = NOW, .policy = &b->whole_policy, .store = b->trust};
}

int main(void)
{
    static struct bench b;
    double warm[ROUNDS];
    double cold[ROUNDS];
    double one[ROUNDS];
    double ratio[ROUNDS];
    read_seed(&b);
    judge_cold(&b);
    prepare_openssl(&b);
    prepare_store(&b);
    for (int i = 0; i < ROUNDS; i++) {
        one[i] = rate(&b, openssl_verify);
        warm[i] = rate(&b, judge_warm);
        cold[i] = rate(&b, judge_cold);
        ratio[i] = warm[i] / one[i];
    }
    printf("P-384 verifications   %8.0f/s\n", median(one));
    printf("chain known           %8.0f/s\n", median(warm));
    printf("everything cold       %8.0f/s\n", median(cold));
    printf("ratio snp-warm %.3f target %.2f\n", median(ratio), TARGET);
    kc_trust_free(b.trust);
    ECDSA_SIG_free(b.signature);
    EC_KEY_free(b.key);
    return 0;
}
