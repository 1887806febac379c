/*
 * A report with its chain, under AMD's roots and under a root of which the corpus holds two
 * reports. What is genuine can only be one of these: anything else would be a forgery.
 *
 * Input: four lengths (u16) of report, leaf, ASK and ARK, then these; what is left is the list.
 */
#include <string.h>

#include "base/reader.h"
#include "fuzz.h"
#include "verify/ecdsa.h"
#include "verify/snp.h"

#define NOW 1767225600 /* 2026-01-01 */

/* SHA-256 of the key that ends the corpus' chains, which tests/snp_pki.h makes. */
static const uint8_t root_key[32] = {
    0x4a, 0x9c, 0x78, 0xb5, 0x5d, 0x27, 0xe5, 0xe1, 0x28, 0x4d, 0x34, 0x2e, 0xf6, 0xfc, 0xe7, 0x28,
    0xc2, 0x34, 0x30, 0x82, 0xef, 0xd6, 0x2d, 0x2a, 0xc5, 0x21, 0x44, 0x82, 0x5c, 0x37, 0x77, 0xb8,
};

/* SHA-256 of what is signed of the two. */
static const uint8_t genuine[2][32] = {
    {0x36, 0x3b, 0x01, 0xb3, 0x71, 0x95, 0x6f, 0x3f, 0x18, 0x3a, 0xa1,
     0x51, 0x59, 0x50, 0xcb, 0xec, 0xf4, 0x7c, 0x12, 0xe0, 0xab, 0x0d,
     0x1b, 0x6f, 0xff, 0x1b, 0x0c, 0x01, 0xee, 0xe6, 0x1c, 0xa1},
    {0xb6, 0x24, 0x59, 0x53, 0x16, 0xa3, 0xe1, 0x52, 0xde, 0x93, 0x4f,
     0x4f, 0x1e, 0x21, 0xb2, 0x98, 0xd0, 0x5b, 0xca, 0xc4, 0x0e, 0xd0,
     0xae, 0xee, 0x74, 0xb7, 0xd7, 0x15, 0x0d, 0x52, 0x9d, 0x67},
};

static void judge(struct kc_snp_input *input)
{
    struct kc_snp_verdict v;
    struct kc_snp_verdict again;
    uint8_t hash[32];
    kc_snp_judge(input, &v);
    FUZZ_CHECK((v.kind == KC_VERDICT_ACCEPTED) == (v.first == KC_SNP_CHECK_COUNT));
    for (int i = 0; i < KC_SNP_CHECK_COUNT; i++)
        FUZZ_CHECK(v.what[i] == NULL || i >= (int)v.first);
    if (v.has_endorsement) {
        kc_snp_judge_endorsed(input, &v.endorsement, &again);
        FUZZ_CHECK(again.kind == v.kind && again.first == v.first);
    }
    if (!v.genuine)
        return;
    FUZZ_CHECK(kc_sha256(v.report.signed_part, hash));
    FUZZ_CHECK(memcmp(hash, genuine[0], sizeof hash) == 0 ||
               memcmp(hash, genuine[1], sizeof hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kc_snp_policy policy = {.allow_debug = true, .max_vmpl = 3};
    struct kc_amd_root roots[KC_AMD_ROOTS + 1];
    struct kc_reader r = kc_reader_of(kc_bytes_of(data, size));
    size_t len[4];
    for (size_t i = 0; i < 4; i++)
        len[i] = kc_reader_u16(&r);
    struct kc_snp_input input = {
        .roots = roots, .root_count = KC_AMD_ROOTS + 1, .now = NOW, .policy = &policy};
    input.report = kc_reader_bytes(&r, len[0]);
    input.certificates.vek = kc_reader_bytes(&r, len[1]);
    input.certificates.ask = kc_reader_bytes(&r, len[2]);
    input.certificates.ark = kc_reader_bytes(&r, len[3]);
    if (r.left > 0)
        input.certificates.list = kc_bytes_of(r.ptr, r.left);
    memcpy(roots + 1, kc_amd_chain_roots, sizeof kc_amd_chain_roots);
    memcpy(roots[0].spki_sha256, root_key, sizeof root_key);
    roots[0].product = KC_SNP_MILAN;
    judge(&input);
    roots[0].product = KC_SNP_TURIN;
    judge(&input);
    return 0;
}
