/* What the wrapping, or the caller, says that the quote binds: all 64 bytes of report data. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/pem.h"
#include "verify/ecdsa.h"
#include "verify/judge.h"

/* Open Enclave's attributes, as the quote JSON states them. */
#define OE_ATTRIBUTE_DEBUG  1u
#define OE_ATTRIBUTE_REMOTE 2u

/* The first half of report data; judge_tail() sees to the other one. */
static bool matches(const struct kc_judge *j, struct kc_bytes preimage, uint8_t want[32])
{
    return kc_sha256(preimage, want) && memcmp(want, j->report_data, 32) == 0;
}

static void judge_preimage(struct kc_judge *j, struct kc_bytes preimage, const char *check,
                           const char *hint)
{
    struct kc_verdict *v = j->verdict;
    uint8_t want[32] = {0};
    if (matches(j, preimage, want))
        return;
    kc_judge_fail(j, KC_STAGE_BINDING, check, kc_verdict_hex(v, kc_bytes_of(want, 32)),
                  kc_verdict_hex(v, kc_bytes_of(j->report_data, 32)), hint);
}

/* Open Enclave hashes the PEM of the SubjectPublicKeyInfo with its NUL (specified nowhere but in
 * its source: common/sgx/tlsverifier.c). */
static void judge_oe_certificate(struct kc_judge *j)
{
    struct kc_bytes spki = j->input->evidence->spki;
    struct kc_writer count = KC_WRITER_COUNT;
    kc_pem_write(&count, "PUBLIC KEY", spki);
    uint8_t *pem = malloc(count.len + 1);
    if (pem == NULL || spki.len == 0) {
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.certificate_key",
                      "the certificate's key in report data", "the key could not be hashed",
                      "try again with more memory");
        free(pem);
        return;
    }
    struct kc_writer w = kc_writer_of((struct kc_room){pem, count.len + 1});
    kc_pem_write(&w, "PUBLIC KEY", spki);
    kc_writer_u8(&w, 0);
    judge_preimage(j, kc_bytes_of(pem, w.len), "binding.certificate_key",
                   "the enclave did not vouch for the key of this certificate: who holds that key "
                   "is unknown");
    free(pem);
}

static void judge_held_data(struct kc_judge *j)
{
    const struct kc_evidence *evidence = j->input->evidence;
    struct kc_verdict *v = j->verdict;
    if (evidence->has_held_data)
        judge_preimage(j, evidence->held_data, "binding.held_data",
                       "the enclave did not vouch for EnclaveHeldDataHex: do not use it");
    if (j->input->has_held_data)
        judge_preimage(j, j->input->held_data, "binding.held_data",
                       "the enclave did not vouch for the given held data; give the very bytes "
                       "that it hashed (a public key in PEM is padded with zeros to 512 bytes)");
    v->held_data_judged = evidence->has_held_data || j->input->has_held_data;
}

/* Azure's paravisor hashes its JSON into report data, and zeros fill what the hash leaves. */
static void judge_hcl(struct kc_judge *j)
{
    const struct kc_hcl_report *hcl = &j->input->evidence->hcl;
    struct kc_verdict *v = j->verdict;
    uint8_t want[64] = {0};
    bool is_hashed = hcl->hash == KC_HCL_REPORT_SHA256 ? kc_sha256(hcl->json, want)
                     : hcl->hash == KC_HCL_REPORT_SHA384
                         ? SHA384(hcl->json.ptr, hcl->json.len, want) != NULL
                         : SHA512(hcl->json.ptr, hcl->json.len, want) != NULL;
    if (!is_hashed || memcmp(want, j->report_data, sizeof want) != 0)
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.hcl_json",
                      kc_verdict_hex(v, kc_bytes_of(want, sizeof want)),
                      kc_verdict_hex(v, kc_bytes_of(j->report_data, sizeof want)),
                      "the paravisor did not vouch for the JSON of this HCL report: do not use it");
    v->facts.trailing_len = hcl->padding.len;
}

/* One half alone would leave 32 bytes to whoever asked for the quote. */
static void judge_tail(struct kc_judge *j)
{
    const uint8_t *tail = j->report_data + 32;
    if (!kc_bytes_are_zero(kc_bytes_of(tail, 32)))
        kc_judge_fail(j, KC_STAGE_BINDING, "binding.report_data_tail",
                      "32 zero bytes at the end of report data",
                      kc_verdict_hex(j->verdict, kc_bytes_of(tail, 32)),
                      "report data must be a SHA-256 and 32 zero bytes, all 64 of them");
}

/* What follows a bare quote is Open Enclave's custom claims if the quote says so itself. */
static void judge_trailing(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    struct kc_bytes trailing = j->quote.trailing;
    uint8_t want[32] = {0};
    if (trailing.len == 0)
        return;
    if (!v->facts.has_oe_claims && matches(j, trailing, want) &&
        kc_bytes_are_zero(kc_bytes_of(j->report_data + 32, 32))) {
        v->facts.has_oe_claims = true;
        v->facts.oe_claims = trailing;
        return;
    }
    v->facts.trailing_len = trailing.len;
}

static void judge_stated(struct kc_judge *j, const char *check, struct kc_bytes stated,
                         struct kc_bytes signed_bytes)
{
    struct kc_verdict *v = j->verdict;
    if (kc_bytes_equal(stated, signed_bytes))
        return;
    kc_judge_fail(j, KC_STAGE_BINDING, check, kc_verdict_hex(v, signed_bytes),
                  kc_verdict_hex(v, stated),
                  "the JSON says something else than the quote in it: believe neither");
}

static void judge_stated_number(struct kc_judge *j, const char *check, uint64_t stated,
                                uint64_t number)
{
    struct kc_verdict *v = j->verdict;
    if (stated == number)
        return;
    kc_judge_fail(j, KC_STAGE_BINDING, check, kc_verdict_number(v, number),
                  kc_verdict_number(v, stated),
                  "the JSON says something else than the quote in it: believe neither");
}

/* The words are an enclave's. A trust domain has none of them, and zeros, which would agree, could
 * call one in debug mode a sound enclave. */
static void judge_stated_identity(struct kc_judge *j)
{
    const struct kc_evidence *e = j->input->evidence;
    if (j->tee != KC_TEE_SGX) {
        kc_judge_fail(j, KC_STAGE_BINDING, "stated.tee", "a quote of an SGX enclave",
                      j->verdict->tee,
                      "the JSON speaks of an enclave, the quote in it is another TEE's: believe "
                      "neither");
        return;
    }
    const struct kc_sgx_report_body *report = &j->quote.sgx;
    bool debug = (report->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    uint8_t product_id[16] = {(uint8_t)(report->isv_prod_id & 0xff),
                              (uint8_t)(report->isv_prod_id >> 8)};
    judge_stated(j, "stated.mrenclave", kc_bytes_of(e->stated_mrenclave, 32),
                 kc_bytes_of(report->mrenclave, 32));
    judge_stated(j, "stated.mrsigner", kc_bytes_of(e->stated_mrsigner, 32),
                 kc_bytes_of(report->mrsigner, 32));
    judge_stated(j, "stated.product_id", kc_bytes_of(e->stated_product_id, 16),
                 kc_bytes_of(product_id, 16));
    judge_stated_number(j, "stated.security_version", e->stated_security_version, report->isv_svn);
    judge_stated_number(j, "stated.attributes", e->stated_attributes,
                        OE_ATTRIBUTE_REMOTE | (debug ? OE_ATTRIBUTE_DEBUG : 0));
}

void kc_judge_binding(struct kc_judge *j)
{
    const struct kc_evidence *evidence = j->input->evidence;
    struct kc_verdict_facts *facts = &j->verdict->facts;
    bool is_oe_certificate = evidence->wrapping == KC_WRAPPING_OE_CERTIFICATE;
    bool is_dice = evidence->wrapping == KC_WRAPPING_DICE;
    bool is_hcl = evidence->wrapping == KC_WRAPPING_HCL_REPORT;
    if (evidence->has_oe_claims) {
        judge_preimage(j, evidence->oe_claims, "binding.oe_claims",
                       "the enclave did not vouch for these custom claims: do not use them");
        facts->has_oe_claims = true;
        facts->oe_claims = evidence->oe_claims;
    }
    if (is_oe_certificate)
        judge_oe_certificate(j);
    if (is_dice)
        kc_judge_dice(j);
    judge_held_data(j);
    if (is_hcl)
        judge_hcl(j);
    if (evidence->has_oe_claims || is_oe_certificate || is_dice || j->verdict->held_data_judged)
        judge_tail(j);
    if (evidence->has_stated_identity)
        judge_stated_identity(j);
    judge_trailing(j);
    kc_verdict_made(j->verdict, KC_STAGE_BINDING);
}
