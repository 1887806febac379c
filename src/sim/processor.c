#include "sim/processor.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "sim/cmac.h"

#define FLAGS_ALWAYS_IN_KEYS (KC_SGX_FLAG_INIT | KC_SGX_FLAG_DEBUG)

/* KEYREQUEST.KEYPOLICY (SDM 38.17.2) */
#define POLICY_NO_ISV_PROD_ID  0x04u
#define POLICY_CONFIG_ID       0x08u
#define POLICY_ISV_FAMILY_ID   0x10u
#define POLICY_ISV_EXT_PROD_ID 0x20u
#define POLICY_NEEDS_KSS                                                                           \
    (POLICY_NO_ISV_PROD_ID | POLICY_CONFIG_ID | POLICY_ISV_FAMILY_ID | POLICY_ISV_EXT_PROD_ID)
#define POLICY_KNOWN (KC_SGX_KEY_POLICY_MRENCLAVE | KC_SGX_KEY_POLICY_MRSIGNER | POLICY_NEEDS_KSS)

/*
 * All that a key depends on (SDM, EGETKEY, "Key Dependencies"). Family and extended product ids
 * are missing: images of ours have none, so they would be zero in every key.
 */
struct dependencies {
    uint16_t key_name;
    uint16_t key_policy;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    struct kc_sgx_attributes attributes;
    struct kc_sgx_attributes attribute_mask;
    uint32_t misc_select;
    uint32_t misc_mask;
    uint8_t mrenclave[KC_SGX_HASH_SIZE];
    uint8_t mrsigner[KC_SGX_HASH_SIZE];
    uint8_t config_id[64];
    uint8_t key_id[32];
    uint8_t cpu_svn[16];
};

static void derive(const struct kc_sim_processor *processor, const struct dependencies *of,
                   uint8_t out[KC_SGX_KEY_SIZE])
{
    static const char label[] = "Keyclave simulated SGX key, version 1";
    uint8_t input[512];
    uint8_t mac[KC_HMAC_SHA256_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){input, sizeof input});
    kc_writer_copy(&w, label, sizeof label);
    kc_writer_u16(&w, of->key_name);
    kc_writer_u16(&w, of->key_policy);
    kc_writer_u16(&w, of->isv_prod_id);
    kc_writer_u16(&w, of->isv_svn);
    kc_writer_u16(&w, of->config_svn);
    kc_writer_u64(&w, of->attributes.flags);
    kc_writer_u64(&w, of->attributes.xfrm);
    kc_writer_u64(&w, of->attribute_mask.flags);
    kc_writer_u64(&w, of->attribute_mask.xfrm);
    kc_writer_u32(&w, of->misc_select);
    kc_writer_u32(&w, of->misc_mask);
    kc_writer_copy(&w, of->mrenclave, sizeof of->mrenclave);
    kc_writer_copy(&w, of->mrsigner, sizeof of->mrsigner);
    kc_writer_copy(&w, of->config_id, sizeof of->config_id);
    kc_writer_copy(&w, of->key_id, sizeof of->key_id);
    kc_writer_copy(&w, of->cpu_svn, sizeof of->cpu_svn);
    kc_hmac_sha256(kc_bytes_of(processor->fuse_secret, sizeof processor->fuse_secret),
                   kc_writer_written(&w), mac);
    memcpy(out, mac, KC_SGX_KEY_SIZE);
    kc_bytes_wipe(mac, sizeof mac);
}

/* KEYREQUEST, 512 bytes, with the reserved ones judged as EGETKEY does. */
static bool read_request(const uint8_t bytes[KC_SGX_KEYREQUEST_SIZE], struct kc_sgx_keyrequest *out)
{
    struct kc_reader r = kc_reader_of(kc_bytes_of(bytes, KC_SGX_KEYREQUEST_SIZE));
    out->key_name = kc_reader_u16(&r);
    out->key_policy = kc_reader_u16(&r);
    out->isv_svn = kc_reader_u16(&r);
    uint16_t cet_mask_and_reserved = kc_reader_u16(&r);
    kc_reader_copy(&r, out->cpu_svn, sizeof out->cpu_svn);
    out->attribute_mask.flags = kc_reader_u64(&r);
    out->attribute_mask.xfrm = kc_reader_u64(&r);
    kc_reader_copy(&r, out->key_id, sizeof out->key_id);
    out->misc_mask = kc_reader_u32(&r);
    out->config_svn = kc_reader_u16(&r);
    return cet_mask_and_reserved == 0 && kc_bytes_are_zero(kc_reader_rest(&r)) &&
           (out->key_policy & ~POLICY_KNOWN) == 0;
}

/* Each of the 16 components is a security version of its own. */
static bool cpu_svn_is_beyond(const uint8_t wanted[16], const uint8_t current[16])
{
    for (size_t i = 0; i < 16; i++) {
        if (wanted[i] > current[i])
            return true;
    }
    return false;
}

/* What the key names other than REPORT have in common: older versions may be asked for, newer
 * ones may not, and the caller masks attributes (INIT and DEBUG excepted) and MISCSELECT. */
static uint32_t fill_versioned(const struct kc_sim_processor *processor,
                               const struct kc_sim_secs *secs,
                               const struct kc_sgx_keyrequest *request, struct dependencies *key)
{
    if (cpu_svn_is_beyond(request->cpu_svn, processor->cpu_svn))
        return KC_SIM_INVALID_CPUSVN;
    if (request->isv_svn > secs->isv_svn || request->config_svn > secs->config_svn)
        return KC_SIM_INVALID_ISVSVN;
    key->isv_prod_id = secs->isv_prod_id;
    key->isv_svn = request->isv_svn;
    memcpy(key->cpu_svn, request->cpu_svn, sizeof key->cpu_svn);
    key->attribute_mask = request->attribute_mask;
    key->attributes.flags =
        (request->attribute_mask.flags | FLAGS_ALWAYS_IN_KEYS) & secs->attributes.flags;
    key->attributes.xfrm = request->attribute_mask.xfrm & secs->attributes.xfrm;
    key->misc_mask = request->misc_mask;
    key->misc_select = request->misc_mask & secs->misc_select;
    return 0;
}

static uint32_t fill_seal(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                          const struct kc_sgx_keyrequest *request, struct dependencies *key)
{
    uint32_t status = fill_versioned(processor, secs, request, key);
    if (status != 0)
        return status;
    key->key_policy = request->key_policy;
    memcpy(key->key_id, request->key_id, sizeof key->key_id);
    if (request->key_policy & KC_SGX_KEY_POLICY_MRENCLAVE)
        memcpy(key->mrenclave, secs->mrenclave, sizeof key->mrenclave);
    if (request->key_policy & KC_SGX_KEY_POLICY_MRSIGNER)
        memcpy(key->mrsigner, secs->mrsigner, sizeof key->mrsigner);
    if (request->key_policy & POLICY_NO_ISV_PROD_ID)
        key->isv_prod_id = 0;
    if (request->key_policy & POLICY_CONFIG_ID) {
        memcpy(key->config_id, secs->config_id, sizeof key->config_id);
        key->config_svn = request->config_svn;
    }
    return 0;
}

/* EINITTOKEN, PROVISION and PROVISION_SEAL are for the enclaves that were granted the attribute. */
static uint32_t fill_privileged(const struct kc_sim_processor *processor,
                                const struct kc_sim_secs *secs,
                                const struct kc_sgx_keyrequest *request, uint64_t needed_flag,
                                struct dependencies *key)
{
    if ((secs->attributes.flags & needed_flag) == 0)
        return KC_SIM_INVALID_ATTRIBUTE;
    uint32_t status = fill_versioned(processor, secs, request, key);
    memcpy(key->mrsigner, secs->mrsigner, sizeof key->mrsigner);
    if (request->key_name == KC_SGX_KEY_EINITTOKEN)
        memcpy(key->key_id, request->key_id, sizeof key->key_id);
    return status;
}

/* The key that EREPORT computes the MAC with, and the target obtains by EGETKEY. */
static void fill_report(const struct kc_sim_processor *processor,
                        const struct kc_sgx_targetinfo *target, const uint8_t key_id[32],
                        struct dependencies *key)
{
    key->key_name = KC_SGX_KEY_REPORT;
    key->attributes = target->attributes;
    key->misc_select = target->misc_select;
    key->config_svn = target->config_svn;
    memcpy(key->mrenclave, target->mrenclave, sizeof key->mrenclave);
    memcpy(key->config_id, target->config_id, sizeof key->config_id);
    memcpy(key->key_id, key_id, sizeof key->key_id);
    memcpy(key->cpu_svn, processor->cpu_svn, sizeof key->cpu_svn);
}

static void fill_own_report(const struct kc_sim_processor *processor,
                            const struct kc_sim_secs *secs, const uint8_t key_id[32],
                            struct dependencies *key)
{
    struct kc_sgx_targetinfo self = {
        .attributes = secs->attributes,
        .config_svn = secs->config_svn,
        .misc_select = secs->misc_select,
    };
    memcpy(self.mrenclave, secs->mrenclave, sizeof self.mrenclave);
    memcpy(self.config_id, secs->config_id, sizeof self.config_id);
    fill_report(processor, &self, key_id, key);
}

uint32_t kc_sim_egetkey(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                        const uint8_t request_bytes[KC_SGX_KEYREQUEST_SIZE],
                        uint8_t out[KC_SGX_KEY_SIZE])
{
    struct kc_sgx_keyrequest request = {0};
    struct dependencies key = {0};
    uint32_t status = 0;
    memset(out, 0, KC_SGX_KEY_SIZE);
    if (!read_request(request_bytes, &request))
        return KC_SIM_FAULT;
    if ((secs->attributes.flags & KC_SGX_FLAG_KSS) == 0 &&
        ((request.key_policy & POLICY_NEEDS_KSS) != 0 || request.config_svn != 0))
        return KC_SIM_FAULT;
    key.key_name = request.key_name;
    switch (request.key_name) {
    case KC_SGX_KEY_REPORT:
        fill_own_report(processor, secs, request.key_id, &key);
        break;
    case KC_SGX_KEY_SEAL:
        status = fill_seal(processor, secs, &request, &key);
        break;
    case KC_SGX_KEY_PROVISION:
    case KC_SGX_KEY_PROVISION_SEAL:
        status = fill_privileged(processor, secs, &request, KC_SGX_FLAG_PROVISION_KEY, &key);
        break;
    case KC_SGX_KEY_EINITTOKEN:
        status = fill_privileged(processor, secs, &request, KC_SGX_FLAG_EINITTOKEN_KEY, &key);
        break;
    default:
        return KC_SIM_INVALID_KEYNAME;
    }
    if (status == 0)
        derive(processor, &key, out);
    return status;
}

/* KEYID of reports: a processor draws one at boot; ours has it from the fuses. */
static void report_key_id(const struct kc_sim_processor *processor, uint8_t out[32])
{
    kc_hmac_sha256(kc_bytes_of(processor->fuse_secret, sizeof processor->fuse_secret),
                   kc_bytes_of_text("Keyclave simulated SGX report KEYID"), out);
}

static struct kc_sgx_report_body body_of(const struct kc_sim_processor *processor,
                                         const struct kc_sim_secs *secs,
                                         const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE])
{
    struct kc_sgx_report_body body = {
        .misc_select = secs->misc_select,
        .attributes = secs->attributes,
        .isv_prod_id = secs->isv_prod_id,
        .isv_svn = secs->isv_svn,
        .config_svn = secs->config_svn,
    };
    memcpy(body.cpu_svn, processor->cpu_svn, sizeof body.cpu_svn);
    memcpy(body.mrenclave, secs->mrenclave, sizeof body.mrenclave);
    memcpy(body.mrsigner, secs->mrsigner, sizeof body.mrsigner);
    memcpy(body.config_id, secs->config_id, sizeof body.config_id);
    memcpy(body.report_data, report_data, sizeof body.report_data);
    return body;
}

void kc_sim_ereport(const struct kc_sim_processor *processor, const struct kc_sim_secs *secs,
                    const uint8_t target[KC_SGX_TARGETINFO_SIZE],
                    const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE],
                    uint8_t out[KC_SGX_REPORT_SIZE])
{
    struct kc_sgx_report_body body = body_of(processor, secs, report_data);
    struct kc_reader r = kc_reader_of(kc_bytes_of(target, KC_SGX_TARGETINFO_SIZE));
    struct kc_sgx_targetinfo whom = {0};
    struct dependencies dependencies = {0};
    uint8_t key_id[32];
    uint8_t key[KC_SGX_KEY_SIZE];
    uint8_t mac[KC_CMAC_SIZE];
    struct kc_writer w = kc_writer_of((struct kc_room){out, KC_SGX_REPORT_SIZE});
    kc_sgx_targetinfo_decode(&r, &whom);
    report_key_id(processor, key_id);
    fill_report(processor, &whom, key_id, &dependencies);
    derive(processor, &dependencies, key);
    kc_sgx_report_body_encode(&w, &body);
    kc_cmac_aes128(key, kc_writer_written(&w), mac);
    kc_writer_copy(&w, key_id, sizeof key_id);
    kc_writer_copy(&w, mac, sizeof mac);
    kc_bytes_wipe(key, sizeof key);
}
