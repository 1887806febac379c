/* What genuine evidence proves, as the JSON object that docs/verification.md describes. */
#include "library/verdict_claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/time.h"
#include "base/writer.h"
#include "formats/dice.h"
#include "formats/oe_claims.h"

#define SET_HEX(object, key, array, ok) set_hex((object), (key), (array), sizeof(array), (ok))

/* jansson takes NULL values as failures and frees what it is given: one check at the end. */
static void set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0)
        *ok = false;
}

static json_t *hex(struct kc_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL)
        return NULL;
    kc_hex_encode_lower(bytes, text);
    json_t *value = json_stringn(text, 2 * bytes.len);
    free(text);
    return value;
}

static void set_hex(json_t *object, const char *key, const void *ptr, size_t len, bool *ok)
{
    set(object, key, hex(kc_bytes_of(ptr, len)), ok);
}

static void set_number(json_t *object, const char *key, uint64_t number, bool *ok)
{
    set(object, key, json_integer((json_int_t)number), ok);
}

/* One claim of evidence: its name, which no JSON key may hold if it is not text. */
static bool set_claim(json_t *object, struct kc_bytes name, struct kc_bytes value)
{
    char *key = malloc(name.len + 1);
    bool ok = key != NULL && memchr(name.ptr, 0, name.len) == NULL;
    if (ok) {
        memcpy(key, name.ptr, name.len);
        key[name.len] = '\0';
        ok = json_object_set_new(object, key, hex(value)) == 0;
    }
    free(key);
    return ok;
}

static json_t *oe_claims(struct kc_bytes buffer)
{
    struct kc_oe_claims claims;
    json_t *object = json_object();
    bool ok = kc_oe_claims_decode(buffer, &claims, NULL) == KC_OK;
    for (size_t i = 0; ok && i < claims.count; i++)
        ok = set_claim(object, claims.claim[i].name, claims.claim[i].value);
    if (ok)
        return object;
    json_decref(object);
    return json_null();
}

static json_t *dice_claims(struct kc_bytes map)
{
    struct kc_dice_claims claims;
    json_t *object = json_object();
    bool ok = kc_dice_claims_decode(map, &claims, NULL) == KC_OK;
    for (size_t i = 0; ok && i < claims.count; i++)
        ok = set_claim(object, claims.claim[i].name, claims.claim[i].value);
    if (ok)
        return object;
    json_decref(object);
    return json_null();
}

/* 16 bytes as they stand in the report: flags, then XFRM, little endian. */
static json_t *attributes(const struct kc_sgx_attributes *in)
{
    uint8_t bytes[16];
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_writer_u64(&w, in->flags);
    kc_writer_u64(&w, in->xfrm);
    return hex(kc_writer_written(&w));
}

static void set_report(json_t *object, const struct kc_sgx_report_body *report, bool *ok)
{
    bool debug = (report->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    set_hex(object, "mrenclave", report->mrenclave, sizeof report->mrenclave, ok);
    set_hex(object, "mrsigner", report->mrsigner, sizeof report->mrsigner, ok);
    set_number(object, "isv_prod_id", report->isv_prod_id, ok);
    set_number(object, "isv_svn", report->isv_svn, ok);
    set(object, "debug", json_boolean(debug), ok);
    set(object, "attributes", attributes(&report->attributes), ok);
    set_number(object, "misc_select", report->misc_select, ok);
    set_hex(object, "report_data", report->report_data, sizeof report->report_data, ok);
    set_hex(object, "cpu_svn", report->cpu_svn, sizeof report->cpu_svn, ok);
    set_hex(object, "config_id", report->config_id, sizeof report->config_id, ok);
    set_number(object, "config_svn", report->config_svn, ok);
    set_hex(object, "isv_ext_prod_id", report->isv_ext_prod_id, sizeof report->isv_ext_prod_id, ok);
    set_hex(object, "isv_family_id", report->isv_family_id, sizeof report->isv_family_id, ok);
}

static void set_sgx(json_t *object, const struct kc_verdict_facts *facts, bool *ok)
{
    set_report(object, &facts->report, ok);
    set_number(object, "qe_svn", facts->qe_svn, ok);
    set_number(object, "pce_svn", facts->pce_svn, ok);
}

static json_t *mask(uint64_t bits)
{
    uint8_t bytes[8];
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_writer_u64(&w, bits);
    return hex(kc_writer_written(&w));
}

static void set_tdx(json_t *object, const struct kc_verdict_facts *facts, bool *ok)
{
    const struct kc_td_report *td = &facts->td;
    bool debug = (td->td_attributes & KC_TD_ATTRIBUTES_TUD) != 0;
    bool closed = (td->td_attributes & KC_TD_ATTRIBUTES_SEPT_VE_DISABLE) != 0;
    SET_HEX(object, "mrtd", td->mrtd, ok);
    SET_HEX(object, "rtmr0", td->rtmr[0], ok);
    SET_HEX(object, "rtmr1", td->rtmr[1], ok);
    SET_HEX(object, "rtmr2", td->rtmr[2], ok);
    SET_HEX(object, "rtmr3", td->rtmr[3], ok);
    SET_HEX(object, "mrconfigid", td->mrconfigid, ok);
    SET_HEX(object, "mrowner", td->mrowner, ok);
    SET_HEX(object, "mrownerconfig", td->mrownerconfig, ok);
    SET_HEX(object, "mrseam", td->mrseam, ok);
    SET_HEX(object, "mrsignerseam", td->mrsignerseam, ok);
    SET_HEX(object, "seam_attributes", td->seam_attributes, ok);
    set(object, "td_attributes", mask(td->td_attributes), ok);
    set(object, "debug", json_boolean(debug), ok);
    set(object, "sept_ve_disable", json_boolean(closed), ok);
    set(object, "xfam", mask(td->xfam), ok);
    SET_HEX(object, "report_data", td->report_data, ok);
    SET_HEX(object, "tee_tcb_svn", td->tee_tcb_svn, ok);
    set(object, "tdx_version", json_string(facts->td_is_15 ? "1.5" : "1.0"), ok);
    if (!facts->td_is_15)
        return;
    SET_HEX(object, "tee_tcb_svn2", td->tee_tcb_svn2, ok);
    SET_HEX(object, "mrservicetd", td->mrservicetd, ok);
}

static json_t *tcb_parts(const struct kc_snp_tcb *tcb, enum kc_snp_product product, bool *ok)
{
    json_t *object = json_object();
    if (product == KC_SNP_TURIN)
        set_number(object, "fmc", tcb->fmc, ok);
    set_number(object, "boot_loader", tcb->boot_loader, ok);
    set_number(object, "tee", tcb->tee, ok);
    set_number(object, "snp", tcb->snp, ok);
    set_number(object, "microcode", tcb->microcode, ok);
    return object;
}

static void set_guest_policy(json_t *object, uint64_t policy, bool *ok)
{
    static const struct {
        const char *name;
        uint64_t bit;
    } bits[] = {
        {"debug", KC_SNP_POLICY_DEBUG},
        {"migration_agent", KC_SNP_POLICY_MIGRATE_MA},
        {"smt", KC_SNP_POLICY_SMT},
        {"single_socket", KC_SNP_POLICY_SINGLE_SOCKET},
    };
    set(object, "guest_policy", mask(policy), ok);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        set(object, bits[i].name, json_boolean((policy & bits[i].bit) != 0), ok);
}

static json_t *version_text(const struct kc_snp_firmware *firmware)
{
    return json_sprintf("%u.%u.%u", firmware->major, firmware->minor, firmware->build);
}

/* AMD's list that the chain was judged by; null: there was none. */
static json_t *list_dates(const struct kc_amd_endorsement *e, bool *ok)
{
    char text[KC_TIME_TEXT_SIZE];
    if (!e->has_list)
        return json_null();
    json_t *object = json_object();
    kc_time_format(e->list_issued, text);
    set(object, "issued", json_string(text), ok);
    kc_time_format(e->list_expires, text);
    set(object, "expires", json_string(text), ok);
    return object;
}

static void set_snp(json_t *object, const struct kc_verdict_facts *facts, bool *ok)
{
    const struct kc_verdict_snp *snp = &facts->snp;
    const struct kc_snp_report *report = &snp->report;
    enum kc_snp_product product = snp->endorsement.product;
    bool is_vlek = snp->endorsement.signing_key == KC_SNP_KEY_VLEK;
    SET_HEX(object, "measurement", report->measurement, ok);
    SET_HEX(object, "host_data", report->host_data, ok);
    SET_HEX(object, "id_key_digest", report->id_key_digest, ok);
    SET_HEX(object, "author_key_digest", report->author_key_digest, ok);
    SET_HEX(object, "family_id", report->family_id, ok);
    SET_HEX(object, "image_id", report->image_id, ok);
    set_number(object, "guest_svn", report->guest_svn, ok);
    set_guest_policy(object, report->policy, ok);
    set_number(object, "vmpl", report->vmpl, ok);
    SET_HEX(object, "report_data", report->report_data, ok);
    SET_HEX(object, "report_id", report->report_id, ok);
    SET_HEX(object, "report_id_ma", report->report_id_ma, ok);
    SET_HEX(object, "chip_id", report->chip_id, ok);
    set(object, "platform_info", mask(report->platform_info), ok);
    set(object, "product", json_string(kc_snp_report_product_name(product)), ok);
    set(object, "signing_key", json_string(is_vlek ? "vlek" : "vcek"), ok);
    if (is_vlek)
        set(object, "csp_id", json_string(snp->endorsement.csp_id), ok);
    set(object, "reported_tcb", tcb_parts(&snp->reported, product, ok), ok);
    set(object, "current_tcb", tcb_parts(&snp->current, product, ok), ok);
    set(object, "committed_tcb", tcb_parts(&snp->committed, product, ok), ok);
    set(object, "launch_tcb", tcb_parts(&snp->launch, product, ok), ok);
    set(object, "current_firmware", version_text(&report->current), ok);
    set(object, "committed_firmware", version_text(&report->committed), ok);
    if (report->version >= 5) {
        set(object, "launch_mitigations", mask(report->launch_mitigations), ok);
        set(object, "current_mitigations", mask(report->current_mitigations), ok);
    }
    set(object, "revocation_list", list_dates(&snp->endorsement, ok), ok);
    if (snp->hcl_json.len > 0)
        set_hex(object, "hcl_json", snp->hcl_json.ptr, snp->hcl_json.len, ok);
}

static void set_platform(json_t *object, const struct kc_verdict_facts *facts, bool *ok)
{
    SET_HEX(object, "fmspc", facts->fmspc, ok);
    SET_HEX(object, "pce_id", facts->pce_id, ok);
    SET_HEX(object, "ppid", facts->ppid, ok);
    if (facts->has_platform_instance)
        SET_HEX(object, "platform_instance_id", facts->platform_instance_id, ok);
}

json_t *kc_verdict_claims_json(const struct kc_verdict *v)
{
    const struct kc_verdict_facts *facts = &v->facts;
    bool ok = true;
    if (!v->genuine)
        return json_null();
    json_t *object = json_object();
    if (facts->tee == KC_TEE_SGX)
        set_sgx(object, facts, &ok);
    if (facts->tee == KC_TEE_TDX)
        set_tdx(object, facts, &ok);
    if (facts->tee == KC_TEE_SNP)
        set_snp(object, facts, &ok);
    else
        set_platform(object, facts, &ok);
    if (facts->has_oe_claims) {
        set(object, "custom_claims", oe_claims(facts->oe_claims), &ok);
        set_hex(object, "custom_claims_buffer", facts->oe_claims.ptr, facts->oe_claims.len, &ok);
    }
    if (facts->has_dice_claims)
        set(object, "custom_claims", dice_claims(facts->dice_claims), &ok);
    set_number(object, "trailing_bytes", facts->trailing_len, &ok);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}
