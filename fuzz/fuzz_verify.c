/*
 * The whole way from bytes to a verdict under Intel's root. What is genuine can only be the one
 * genuine quote that the corpus holds: anything else would be a forgery.
 */
#include <string.h>

#include "fuzz.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

/* 2025-08-15T05:45:00Z */
#define NOW 1755236700

/* SHA-256 of the 4,730 bytes of the mission document's quote. */
static const uint8_t genuine_quote[32] = {
    0xa1, 0x36, 0xfb, 0x9c, 0xac, 0x3f, 0x67, 0x58, 0xe2, 0xb1, 0x95, 0x7b, 0xcb, 0xd3, 0x15, 0xd7,
    0x0e, 0x3f, 0xea, 0xed, 0x3f, 0xcc, 0xd3, 0x2b, 0x6e, 0xd9, 0xbe, 0x83, 0x7e, 0xd4, 0xcf, 0xd3,
};

static void judge(const struct kc_evidence *evidence, struct kc_verdict *v)
{
    const struct kc_policy policy = {.allow_debug = true, .tcb_ignored = true};
    struct kc_verify_input input = {
        .evidence = evidence,
        .root_key = kc_chain_intel_root_key,
        .amd_roots = kc_amd_chain_roots,
        .amd_root_count = KC_AMD_ROOTS,
        .now = NOW,
        .policy = &policy,
    };
    uint8_t hash[32];
    kc_verify(&input, v);
    FUZZ_CHECK((v->kind == KC_VERDICT_ACCEPTED) == (v->failure_count == 0));
    FUZZ_CHECK(v->text_len < sizeof v->text && v->text[v->text_len] == '\0');
    FUZZ_CHECK(!v->genuine || !evidence->is_snp);
    if (!v->genuine)
        return;
    size_t len = evidence->quote.len;
    if (evidence->quote.len > v->facts.trailing_len)
        len -= v->facts.trailing_len;
    FUZZ_CHECK(len >= 4730);
    FUZZ_CHECK(kc_sha256(kc_bytes_of(evidence->quote.ptr, 4730), hash));
    FUZZ_CHECK(memcmp(hash, genuine_quote, sizeof hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_verdict *v = malloc(sizeof *v);
    if (v == NULL)
        return 0;
    if (kc_evidence_open(kc_bytes_of(data, size), &evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, v);
        FUZZ_CHECK(v->kind == KC_VERDICT_INVALID || v->kind == KC_VERDICT_UNJUDGED);
    } else {
        judge(&evidence, v);
        kc_evidence_clear(&evidence);
    }
    free(v);
    return 0;
}
