/* Quotes of the simulated platform, SGX and TDX, with collateral that a test changes and signs
 * again, and the verdict on both from end to end. */
#ifndef KC_TESTS_NEGATIVE_CASE_H
#define KC_TESTS_NEGATIVE_CASE_H

#include "collateral_case.h"
#include "sim/quoting_enclave.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

#define TD_QE_SIGNER "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"
#define QE_SIGNER    "8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF"

#define ZEROS_96                                                                                   \
    "000000000000000000000000000000000000000000000000"                                             \
    "000000000000000000000000000000000000000000000000"
#define MODULE                                                                                     \
    "\"mrsigner\":\"" ZEROS_96 "\",\"attributes\":\"0000000000000000\","                           \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define RATED(status) "\"tcbDate\":\"2024-06-01T00:00:00Z\",\"tcbStatus\":\"" status "\"}"
#define IDENTITIES                                                                                 \
    "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," MODULE               \
    ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2}," RATED("Revoked") ",{\"tcb\":{\"isvsvn\":5}," RATED( \
        "UpToDate") "]}],"
#define ZERO    "{\"svn\":0}"
#define ZEROS_4 ZERO "," ZERO "," ZERO "," ZERO
#define TDX_PARTS                                                                                  \
    ",\"tdxtcbcomponents\":[" ZERO "," ZERO ",{\"svn\":6}," ZERO "," ZEROS_4 "," ZEROS_4           \
    "," ZEROS_4 "]"

struct world {
    struct collateral_case *c;
    bool is_tdx;
    struct kc_tdx_quote tdx; /* TDX, before it is signed */
    uint8_t sgx[KC_SIM_QUOTE_MAX];
    uint8_t auth[32];
    uint8_t key[64];
    uint8_t bytes[KC_SIM_QUOTE_MAX];
    size_t len;
    bool cut_wrong; /* the quote's signature is spoilt at the end */
};

static inline void take_sgx_quote(struct world *w)
{
    struct kc_sim_secs secs = {.attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report_data[64] = {0};
    uint8_t report[KC_SGX_REPORT_SIZE];
    kc_sim_qe_target_info(target);
    kc_sim_ereport(&w->c->state->processor, &secs, target, report_data, report);
    assert_int_equal(
        kc_sim_qe_quote(w->c->state, report, (struct kc_room){w->bytes, sizeof w->bytes}, &w->len),
        KC_SIM_QE_OK);
}

static inline void from_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t len = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(hex), (struct kc_room){out, size}, &len),
                     KC_OK);
}

/* The parts of a trust domain's quote; `w->bytes` is an SGX quote of the same platform. */
static inline void begin_tdx_quote(struct world *w)
{
    struct kc_sgx_quote sgx;
    uint8_t bound[96];
    memcpy(w->sgx, w->bytes, w->len);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(w->sgx, w->len), &sgx, NULL), KC_OK);
    w->tdx = (struct kc_tdx_quote){.version = 4,
                                   .att_key_type = KC_TDX_ATT_KEY_ECDSA_P256,
                                   .tee_type = KC_TDX_QUOTE_TEE_TDX,
                                   .body_type = KC_TDX_QUOTE_TD10,
                                   .qe_report = sgx.qe_report,
                                   .attestation_key = sgx.attestation_key,
                                   .qe_auth_data = sgx.qe_auth_data,
                                   .cert_data_type = sgx.cert_data_type,
                                   .cert_data = sgx.cert_data};
    memcpy(w->tdx.qe_vendor_id, sgx.qe_vendor_id, 16);
    memcpy(w->tdx.td.tee_tcb_svn, "\x05\x01\x06", 3);
    from_hex(TD_QE_SIGNER, w->tdx.qe_report.mrsigner, 32);
    w->tdx.qe_report.isv_prod_id = 2;
    memcpy(bound, sgx.attestation_key.ptr, 64);
    memcpy(bound + 64, sgx.qe_auth_data.ptr, 32);
    assert_true(kc_sha256(kc_bytes_of(bound, 96), w->tdx.qe_report.report_data));
}

static inline void sign_tdx_quote(struct world *w)
{
    uint8_t part[1024];
    uint8_t report[KC_SGX_REPORT_BODY_SIZE];
    uint8_t signature[64];
    uint8_t qe_signature[64];
    const struct kc_sim_state *state = w->c->state;
    struct kc_writer signed_part = kc_writer_of((struct kc_room){part, sizeof part});
    struct kc_writer qe = kc_writer_of((struct kc_room){report, sizeof report});
    struct kc_writer out = kc_writer_of((struct kc_room){w->bytes, sizeof w->bytes});
    kc_tdx_quote_encode_signed_part(&signed_part, &w->tdx);
    kc_sgx_report_body_encode(&qe, &w->tdx.qe_report);
    assert_true(
        kc_sim_pki_sign(state->attestation_key, kc_writer_written(&signed_part), signature));
    assert_true(kc_sim_pki_sign(state->pki.key[KC_SIM_PCK], kc_writer_written(&qe), qe_signature));
    w->tdx.signature = kc_bytes_of(signature, 64);
    w->tdx.qe_report_signature = kc_bytes_of(qe_signature, 64);
    kc_tdx_quote_encode(&out, &w->tdx);
    assert_false(kc_writer_failed(&out));
    w->len = out.len;
}

/* TCB info and identity of TDX from those of SGX. */
static inline void collateral_of_tdx(struct collateral_case *c)
{
    case_edit(c, "tcb_info.json", "\"id\":\"SGX\"", "\"id\":\"TDX\"");
    case_edit(c, "tcb_info.json", "\"tcbLevels\"", IDENTITIES "\"tcbLevels\"");
    for (int i = 0; i < 2; i++)
        case_edit(c, "tcb_info.json", "\"pcesvn\":13}", "\"pcesvn\":13" TDX_PARTS "}");
    case_edit(c, "qe_identity.json", "\"id\":\"QE\"", "\"id\":\"TD_QE\"");
    case_edit(c, "qe_identity.json", "\"isvprodid\":1", "\"isvprodid\":2");
    case_edit(c, "qe_identity.json", QE_SIGNER, TD_QE_SIGNER);
}

static inline void judge(struct world *w, const struct kc_policy *policy, struct kc_verdict *v)
{
    struct collateral_case *c = w->c;
    struct kc_evidence evidence = {.wrapping = KC_WRAPPING_QUOTE,
                                   .quote = kc_bytes_of(w->bytes, w->len)};
    struct kc_collateral_pieces pieces = {
        .tcb_info = case_bytes(c, "tcb_info.json"),
        .qe_identity = case_bytes(c, "qe_identity.json"),
        .tcb_chain = case_bytes(c, "tcb_chain.pem"),
        .root_crl = case_bytes(c, "root_ca_crl.der"),
        .pck_crl = case_bytes(c, "pck_crl.der"),
        .pck_crl_chain = case_bytes(c, "pck_crl_chain.pem"),
    };
    struct kc_verify_input input = {.evidence = &evidence,
                                    .root_key = c->root_key,
                                    .now = CASE_AT,
                                    .policy = policy,
                                    .collateral = &pieces};
    kc_verify(&input, v);
}

#endif
