#include "sim/quoting_enclave.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "aesm/response.h"
#include "base/writer.h"
#include "formats/sgx_quote.h"
#include "sim/cmac.h"
#include "sim/state_parts.h"

#define QE_SVN          8
#define QE_FLAGS        (KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT | KC_SGX_FLAG_PROVISION_KEY)
#define MAC_OFFSET      416
#define ID_OFFSET       384
#define ID_SIZE         32
#define AUTH_SIZE       32 /* Intel's size, and the only one that some verifiers take */
#define MRENCLAVE_OF    "Keyclave simulated Quoting Enclave"
#define TD_MRENCLAVE_OF "Keyclave simulated TD Quoting Enclave"

/* The Quoting Enclave as the processor knows it; verifiers and AESM clients ask for Intel's signer
 * and product id. */
static struct kc_sim_secs qe_secs(void)
{
    struct kc_sim_secs secs = {
        .attributes = {QE_FLAGS, 3},
        .isv_prod_id = 1,
        .isv_svn = QE_SVN,
    };
    SHA256((const uint8_t *)MRENCLAVE_OF, strlen(MRENCLAVE_OF), secs.mrenclave);
    memcpy(secs.mrsigner, kc_aesm_qe_mrsigner, sizeof secs.mrsigner);
    return secs;
}

void kc_sim_qe_target_info(uint8_t out[KC_SGX_TARGETINFO_SIZE])
{
    struct kc_sim_secs secs = qe_secs();
    struct kc_sgx_targetinfo target = {.attributes = secs.attributes};
    struct kc_writer w = kc_writer_of((struct kc_room){out, KC_SGX_TARGETINFO_SIZE});
    memcpy(target.mrenclave, secs.mrenclave, sizeof target.mrenclave);
    kc_sgx_targetinfo_encode(&w, &target);
}

bool kc_sim_qe_key_id(const struct kc_sim_state *state, uint8_t out[32])
{
    uint8_t key[64];
    return kc_sim_pki_public_key(state->attestation_key, key) &&
           SHA256(key, sizeof key, out) != NULL;
}

/* Whether the report was made on this processor, for this Quoting Enclave. */
static bool mac_holds(const struct kc_sim_processor *processor,
                      const uint8_t report[KC_SGX_REPORT_SIZE])
{
    struct kc_sim_secs secs = qe_secs();
    struct kc_sgx_keyrequest request = {.key_name = KC_SGX_KEY_REPORT};
    uint8_t request_bytes[KC_SGX_KEYREQUEST_SIZE];
    uint8_t key[KC_SGX_KEY_SIZE];
    uint8_t mac[KC_CMAC_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){request_bytes, sizeof request_bytes});
    memcpy(request.key_id, report + ID_OFFSET, ID_SIZE);
    kc_sgx_keyrequest_encode(&w, &request);
    if (kc_sim_egetkey(processor, &secs, request_bytes, key) != 0)
        return false;
    kc_cmac_aes128(key, kc_bytes_of(report, KC_SGX_REPORT_BODY_SIZE), mac);
    kc_bytes_wipe(key, sizeof key);
    return kc_bytes_equal_secret(mac, report + MAC_OFFSET, sizeof mac);
}

/* Likewise the one for trust domains (Intel TDX: MRSIGNER of the TD Quoting Enclave, product 2). */
static struct kc_sim_secs td_qe_secs(void)
{
    static const uint8_t signer[32] = {
        0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
        0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
        0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5,
    };
    struct kc_sim_secs secs = qe_secs();
    SHA256((const uint8_t *)TD_MRENCLAVE_OF, strlen(TD_MRENCLAVE_OF), secs.mrenclave);
    memcpy(secs.mrsigner, signer, sizeof secs.mrsigner);
    secs.isv_prod_id = 2;
    return secs;
}

/* What certifies the attestation key: a report of the Quoting Enclave that binds it, signed by
 * the PCK. */
struct certification {
    uint8_t attestation_key[64];
    uint8_t auth_data[AUTH_SIZE];
    uint8_t qe_report[KC_SGX_REPORT_SIZE]; /* the body counts; KEYID and MAC are for the PCE */
    uint8_t qe_report_signature[64];
    char *chain; /* owned: PEM of leaf, intermediate, root */
};

static bool certify(const struct kc_sim_state *state, const struct kc_sim_secs *secs,
                    struct certification *out)
{
    static const enum kc_sim_role chain[] = {KC_SIM_PCK, KC_SIM_PLATFORM_CA, KC_SIM_ROOT_CA};
    static const uint8_t nobody[KC_SGX_TARGETINFO_SIZE];
    uint8_t bound[64 + AUTH_SIZE];
    uint8_t report_data[KC_SGX_REPORT_DATA_SIZE] = {0};
    if (!kc_sim_pki_public_key(state->attestation_key, out->attestation_key))
        return false;
    for (uint8_t i = 0; i < AUTH_SIZE; i++)
        out->auth_data[i] = i;
    memcpy(bound, out->attestation_key, 64);
    memcpy(bound + 64, out->auth_data, AUTH_SIZE);
    SHA256(bound, sizeof bound, report_data);
    kc_sim_ereport(&state->processor, secs, nobody, report_data, out->qe_report);
    out->chain = kc_sim_pki_chain_pem(&state->pki, chain, 3);
    return out->chain != NULL &&
           kc_sim_pki_sign(state->pki.key[KC_SIM_PCK],
                           kc_bytes_of(out->qe_report, KC_SGX_REPORT_BODY_SIZE),
                           out->qe_report_signature);
}

static void fill_header(const struct kc_sim_state *state, struct kc_sgx_quote *quote)
{
    uint8_t qe_id[KC_HMAC_SHA256_SIZE];
    quote->version = KC_SGX_QUOTE_VERSION;
    quote->att_key_type = KC_SGX_ATT_KEY_ECDSA_P256;
    quote->tee_type = 0;
    quote->qe_svn = QE_SVN;
    quote->pce_svn = kc_sim_platform.pce_svn;
    memcpy(quote->qe_vendor_id, kc_sgx_quote_intel_vendor_id, sizeof quote->qe_vendor_id);
    /* User data begins with the QE's id for this machine, 16 bytes. */
    kc_hmac_sha256(kc_bytes_of(state->processor.fuse_secret, sizeof state->processor.fuse_secret),
                   kc_bytes_of_text("Keyclave simulated QE id"), qe_id);
    memcpy(quote->user_data, qe_id, 16);
}

uint32_t kc_sim_qe_quote(const struct kc_sim_state *state, const uint8_t report[KC_SGX_REPORT_SIZE],
                         struct kc_room room, size_t *quote_len)
{
    struct certification certification = {0};
    struct kc_sgx_quote quote = {0};
    uint8_t signature[64] = {0};
    struct kc_reader r = kc_reader_of(kc_bytes_of(report, KC_SGX_REPORT_BODY_SIZE));
    uint32_t code = KC_SIM_QE_UNEXPECTED;
    if (!mac_holds(&state->processor, report))
        return KC_SIM_QE_INVALID_REPORT;
    const struct kc_sim_secs secs = qe_secs();
    if (!certify(state, &secs, &certification))
        goto out;
    fill_header(state, &quote);
    kc_sgx_report_body_decode(&r, &quote.report);
    r = kc_reader_of(kc_bytes_of(certification.qe_report, KC_SGX_REPORT_BODY_SIZE));
    kc_sgx_report_body_decode(&r, &quote.qe_report);
    quote.signature = kc_bytes_of(signature, sizeof signature);
    quote.attestation_key = kc_bytes_of(certification.attestation_key, 64);
    quote.qe_report_signature = kc_bytes_of(certification.qe_report_signature, 64);
    quote.qe_auth_data = kc_bytes_of(certification.auth_data, AUTH_SIZE);
    quote.cert_data_type = KC_SGX_CERT_DATA_PCK_CHAIN;
    quote.cert_data = kc_bytes_of_text(certification.chain);

    /* Written twice: the signature covers the first bytes of what it stands in. */
    struct kc_writer w = kc_writer_of(room);
    kc_sgx_quote_encode(&w, &quote);
    if (kc_writer_failed(&w) ||
        !kc_sim_pki_sign(state->attestation_key, kc_bytes_of(room.ptr, KC_SGX_QUOTE_SIGNED_SIZE),
                         signature))
        goto out;
    w = kc_writer_of(room);
    kc_sgx_quote_encode(&w, &quote);
    *quote_len = w.len;
    code = KC_SIM_QE_OK;
out:
    free(certification.chain);
    return code;
}

/* Written twice, as above. */
static bool write_td_quote(const struct kc_sim_state *state, const struct kc_tdx_quote *all_but,
                           struct kc_room room, size_t *quote_len)
{
    struct kc_tdx_quote quote = *all_but;
    uint8_t signed_part[1024];
    uint8_t signature[64];
    struct kc_writer part = kc_writer_of((struct kc_room){signed_part, sizeof signed_part});
    struct kc_writer w = kc_writer_of(room);
    kc_tdx_quote_encode_signed_part(&part, &quote);
    if (kc_writer_failed(&part) ||
        !kc_sim_pki_sign(state->attestation_key, kc_writer_written(&part), signature))
        return false;
    quote.signature = kc_bytes_of(signature, sizeof signature);
    kc_tdx_quote_encode(&w, &quote);
    *quote_len = w.len;
    return !kc_writer_failed(&w);
}

bool kc_sim_qe_td_quote(const struct kc_sim_state *state, const struct kc_td_report *td,
                        struct kc_room room, size_t *quote_len)
{
    const struct kc_sim_secs secs = td_qe_secs();
    struct certification certification = {0};
    struct kc_tdx_quote quote = {.version = 4,
                                 .att_key_type = KC_TDX_ATT_KEY_ECDSA_P256,
                                 .tee_type = KC_TDX_QUOTE_TEE_TDX,
                                 .body_type = KC_TDX_QUOTE_TD10,
                                 .td = *td};
    if (!certify(state, &secs, &certification))
        return false;
    struct kc_reader r =
        kc_reader_of(kc_bytes_of(certification.qe_report, KC_SGX_REPORT_BODY_SIZE));
    kc_sgx_report_body_decode(&r, &quote.qe_report);
    memcpy(quote.qe_vendor_id, kc_sgx_quote_intel_vendor_id, sizeof quote.qe_vendor_id);
    quote.attestation_key = kc_bytes_of(certification.attestation_key, 64);
    quote.qe_report_signature = kc_bytes_of(certification.qe_report_signature, 64);
    quote.qe_auth_data = kc_bytes_of(certification.auth_data, AUTH_SIZE);
    quote.cert_data_type = KC_SGX_CERT_DATA_PCK_CHAIN;
    quote.cert_data = kc_bytes_of_text(certification.chain);
    bool ok = write_td_quote(state, &quote, room, quote_len);
    free(certification.chain);
    return ok;
}
