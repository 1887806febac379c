/* Shape, the Quoting Enclave's report, and the quote's own signature. */
#include <string.h>

#include "verify/ecdsa.h"
#include "verify/judge.h"

/* What Intel's QE identities have all had, and the simulated ones have: "mrsigner", "isvprodid". A
 * PCK vouches for any enclave with provisioning rights, which a host can give to one of its own. */
struct known_qe {
    uint8_t mrsigner[32];
    uint16_t isv_prod_id;
};

static const struct known_qe sgx_qe = {
    {0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
     0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
     0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff},
    1,
};

static const struct known_qe td_qe = {
    {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
     0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
     0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5},
    2,
};

#define TAMPERED "the evidence was changed or made up: fetch it again from where it was made"

bool kc_judge_shape(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_quote_decode(j->input->evidence->quote, &j->quote, &error) == KC_OK) {
        v->has_format = true;
        v->format = kc_quote_format_name(&j->quote);
        j->tee = kc_quote_is_tdx(&j->quote) ? KC_TEE_TDX : KC_TEE_SGX;
        v->tee = kc_tee_name(j->tee);
        j->report_data = kc_quote_report_data(&j->quote);
        kc_verdict_made(v, KC_STAGE_SHAPE);
        return true;
    }
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, error.what);
    kc_verdict_put(v, " (at ");
    kc_verdict_put_number(v, error.at);
    kc_verdict_put(v, ")");
    kc_judge_fail(j, KC_STAGE_SHAPE, "quote.shape",
                  "an SGX or TDX quote of version 3, 4 or 5 whose lengths add up", actual,
                  TAMPERED);
    return false;
}

/* Collateral brings the QE's identity in full; who signed it is known without. */
static void judge_qe_identity(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const struct kc_sgx_report_body *qe = &j->quote.qe_report;
    const struct known_qe *known = j->tee == KC_TEE_TDX ? &td_qe : &sgx_qe;
    if (memcmp(qe->mrsigner, known->mrsigner, sizeof known->mrsigner) != 0)
        kc_judge_fail(j, KC_STAGE_QE_REPORT, "qe.mrsigner",
                      kc_verdict_hex(v, kc_bytes_of(known->mrsigner, sizeof known->mrsigner)),
                      kc_verdict_hex(v, kc_bytes_of(qe->mrsigner, sizeof qe->mrsigner)),
                      "an enclave that is not Intel's Quoting Enclave signed this quote: do not "
                      "believe it");
    if (qe->isv_prod_id != known->isv_prod_id)
        kc_judge_fail(j, KC_STAGE_QE_REPORT, "qe.isv_prod_id",
                      kc_verdict_number(v, known->isv_prod_id),
                      kc_verdict_number(v, qe->isv_prod_id),
                      "another enclave of Intel's signed this quote, which is none of its tasks");
}

static void judge_qe_report(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const struct kc_quote *quote = &j->quote;
    if (memcmp(quote->qe_vendor_id, kc_sgx_quote_intel_vendor_id, 16) != 0)
        kc_judge_fail(j, KC_STAGE_QE_REPORT, "qe.vendor",
                      kc_verdict_hex(v, kc_bytes_of(kc_sgx_quote_intel_vendor_id, 16)),
                      kc_verdict_hex(v, kc_bytes_of(quote->qe_vendor_id, 16)),
                      "only Intel's Quoting Enclave is known");
    if ((quote->qe_report.attributes.flags & KC_SGX_FLAG_DEBUG) != 0)
        kc_judge_fail(j, KC_STAGE_QE_REPORT, "qe.debug", "a Quoting Enclave without DEBUG",
                      "its DEBUG attribute is set",
                      "whoever runs a debug Quoting Enclave can read its key: no such quote "
                      "proves anything");
    judge_qe_identity(j);
    if (!j->has_chain)
        return; /* no key to check the signature with: the stage stays as it is */
    /* What anybody's own PCK signs is not worth the room. */
    if (!kc_signatures_verify(j->chain_holds ? j->signatures : NULL, j->certificate[0].public_key,
                              quote->qe_report_bytes, quote->qe_report_signature.ptr))
        kc_judge_fail(j, KC_STAGE_QE_REPORT, "qe.signature",
                      "a signature of the Quoting Enclave's report by the PCK",
                      "the signature does not hold", TAMPERED);
    kc_verdict_made(v, KC_STAGE_QE_REPORT);
}

static void judge_attestation_key(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    const uint8_t *report_data = j->quote.qe_report.report_data;
    uint8_t want[32] = {0};
    if (!kc_sha256_two(j->quote.attestation_key, j->quote.qe_auth_data, want) ||
        memcmp(want, report_data, 32) != 0)
        kc_judge_fail(j, KC_STAGE_ATTESTATION_KEY, "qe.binding",
                      kc_verdict_hex(v, kc_bytes_of(want, 32)),
                      kc_verdict_hex(v, kc_bytes_of(report_data, 32)),
                      "the Quoting Enclave did not vouch for the key that signed this quote: do "
                      "not believe it");
    if (!kc_bytes_are_zero(kc_bytes_of(report_data + 32, 32)))
        kc_judge_fail(j, KC_STAGE_ATTESTATION_KEY, "qe.report_data_tail",
                      "32 zero bytes at the end of the Quoting Enclave's report data",
                      kc_verdict_hex(v, kc_bytes_of(report_data + 32, 32)),
                      "no known Quoting Enclave writes anything there");
    kc_verdict_made(v, KC_STAGE_ATTESTATION_KEY);
}

void kc_judge_quoting_enclave(struct kc_judge *j)
{
    judge_qe_report(j);
    judge_attestation_key(j);
}

void kc_judge_quote_signature(struct kc_judge *j)
{
    const struct kc_quote *quote = &j->quote;
    /* Neither is a key that no Quoting Enclave vouched for. */
    bool is_vouched = kc_verdict_holds_before(j->verdict, KC_STAGE_QUOTE);
    if (!kc_signatures_verify_once(is_vouched ? j->signatures : NULL, quote->attestation_key.ptr,
                                   quote->signed_part, quote->signature.ptr))
        kc_judge_fail(j, KC_STAGE_QUOTE, "quote.signature",
                      "a signature of header and report by the attestation key",
                      "the signature does not hold", TAMPERED);
    kc_verdict_made(j->verdict, KC_STAGE_QUOTE);
}
