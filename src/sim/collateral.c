#include "sim/collateral.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/hex.h"
#include "base/time.h"
#include "sim/state_parts.h"

#define EVALUATION_NUMBER 1
#define LAST_SECOND       INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAYS_MAX          36500

struct dates {
    int64_t issued;
    int64_t next;
    char issued_text[KC_TIME_TEXT_SIZE];
    char next_text[KC_TIME_TEXT_SIZE];
};

#define ZEROS_32 "00000000000000000000000000000000"
#define MODULE                                                                                     \
    "\"mrsigner\":\"" ZEROS_32 ZEROS_32 ZEROS_32 "\",\"attributes\":\"0000000000000000\","         \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

/* The TDX module, rated by itself as those of version 1 and up are. */
static void print_modules(FILE *out)
{
    fputs(
        "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," MODULE
        ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":5},\"tcbDate\":\"2025-01-01T00:00:00Z\","
        "\"tcbStatus\":\"UpToDate\"},{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2024-01-01T00:00:00Z\","
        "\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"SIMULATED-SA-00002\"]}]}],",
        out);
}

/* Of TEE_TCB_SVN the first two components are the module's own, and zero here; the third is 6. */
static void print_tdx_components(FILE *out)
{
    fputs("],\"tdxtcbcomponents\":[", out);
    for (size_t i = 0; i < 16; i++)
        fprintf(out, "%s{\"svn\":%d}", i == 0 ? "" : ",", i == 2 ? 6 : 0);
}

/* One TCB level: the platform's components, the first of them off by `step`. */
static void print_level(FILE *out, bool is_tdx, int step, const char *date,
                        enum kc_tcb_status status)
{
    fputs("{\"tcb\":{\"sgxtcbcomponents\":[", out);
    for (size_t i = 0; i < 16; i++) {
        int svn = kc_sim_platform.component_svn[i] + (i == 0 ? step : 0);
        fprintf(out, "%s{\"svn\":%d", i == 0 ? "" : ",", svn);
        if (i == 0)
            fputs(",\"category\":\"BIOS\",\"type\":\"Simulated Microcode\"", out);
        fputc('}', out);
    }
    if (is_tdx)
        print_tdx_components(out);
    fprintf(out, "],\"pcesvn\":%u},\"tcbDate\":\"%s\",\"tcbStatus\":\"%s\"",
            kc_sim_platform.pce_svn, date, kc_tcb_status_name(status));
    if (status != KC_TCB_UP_TO_DATE)
        fputs(",\"advisoryIDs\":[\"SIMULATED-SA-00001\"]", out);
    fputc('}', out);
}

static void print_tcb_info(FILE *out, const struct dates *dates, bool is_tdx,
                           enum kc_tcb_status status)
{
    char fmspc[13];
    char pce_id[5];
    kc_hex_encode_lower(kc_bytes_of(kc_sim_platform.fmspc, 6), fmspc);
    kc_hex_encode_lower(kc_bytes_of(kc_sim_platform.pce_id, 2), pce_id);
    fprintf(out,
            "{\"id\":\"%s\",\"version\":3,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
            "\"fmspc\":\"%s\",\"pceId\":\"%s\",\"tcbType\":0,\"tcbEvaluationDataNumber\":%d,",
            is_tdx ? "TDX" : "SGX", dates->issued_text, dates->next_text, fmspc, pce_id,
            EVALUATION_NUMBER);
    if (is_tdx)
        print_modules(out);
    fputs("\"tcbLevels\":[", out);
    if (status >= KC_TCB_OUT_OF_DATE) {
        print_level(out, is_tdx, +1, "2026-01-01T00:00:00Z", KC_TCB_UP_TO_DATE);
        fputc(',', out);
    }
    print_level(out, is_tdx, 0, "2025-01-01T00:00:00Z", status);
    fputc(',', out);
    print_level(out, is_tdx, -1, "2024-01-01T00:00:00Z", KC_TCB_OUT_OF_DATE);
    fputs("]}", out);
}

/* Values as the simulated Quoting Enclave has them; attributes and masks as Intel's has them. */
static void print_qe_identity(FILE *out, const struct dates *dates, bool is_tdx)
{
    fprintf(out,
            "{\"id\":\"%s\",\"version\":2,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
            "\"tcbEvaluationDataNumber\":%d,\"miscselect\":\"00000000\","
            "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
            "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":"
            "\"%s\",\"isvprodid\":%d,\"tcbLevels\":["
            "{\"tcb\":{\"isvsvn\":8},\"tcbDate\":\"2025-01-01T00:00:00Z\","
            "\"tcbStatus\":\"UpToDate\"},"
            "{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2024-01-01T00:00:00Z\","
            "\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"SIMULATED-SA-00001\"]}]}",
            is_tdx ? "TD_QE" : "QE", dates->issued_text, dates->next_text, EVALUATION_NUMBER,
            is_tdx ? "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"
                   : "8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF",
            is_tdx ? 2 : 1);
}

/* {"<name>":<inner>,"signature":"<128 hex>"}, signed over the bytes of inner. */
static bool sign_json(const struct kc_sim_state *state, const char *name, struct kc_bytes inner,
                      struct kc_sim_collateral_file *out)
{
    uint8_t signature[64];
    char hex[129];
    char *text = NULL;
    if (!kc_sim_pki_sign(state->pki.key[KC_SIM_TCB_SIGNING], inner, signature))
        return false;
    kc_hex_encode_lower(kc_bytes_of(signature, sizeof signature), hex);
    int len = asprintf(&text, "{\"%s\":%.*s,\"signature\":\"%s\"}", name, (int)inner.len,
                       (const char *)inner.ptr, hex);
    if (len < 0)
        return false;
    out->ptr = (uint8_t *)text;
    out->len = (size_t)len;
    return true;
}

/* `status` is for TCB info; the QE identity has levels of its own, and NULL here. */
static bool make_json(const struct kc_sim_state *state, const struct dates *dates, bool is_tdx,
                      const enum kc_tcb_status *status, struct kc_sim_collateral_file *out)
{
    char *inner = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&inner, &len);
    if (stream == NULL)
        return false;
    if (status != NULL)
        print_tcb_info(stream, dates, is_tdx, *status);
    else
        print_qe_identity(stream, dates, is_tdx);
    bool ok =
        fclose(stream) == 0 && sign_json(state, status != NULL ? "tcbInfo" : "enclaveIdentity",
                                         kc_bytes_of(inner, len), out);
    free(inner);
    return ok;
}

static bool make_chain(const struct kc_sim_state *state, enum kc_sim_role first,
                       struct kc_sim_collateral_file *out)
{
    enum kc_sim_role roles[2] = {first, KC_SIM_ROOT_CA};
    char *pem = kc_sim_pki_chain_pem(&state->pki, roles, first == KC_SIM_ROOT_CA ? 1 : 2);
    if (pem == NULL)
        return false;
    out->ptr = (uint8_t *)pem;
    out->len = strlen(pem);
    return true;
}

static bool add_crl_extensions(X509_CRL *crl, X509 *issuer)
{
    X509V3_CTX context;
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *key_id =
        X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    bool ok = number != NULL && key_id != NULL && ASN1_INTEGER_set(number, 1) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1 &&
              X509_CRL_add_ext(crl, key_id, -1) == 1;
    X509_EXTENSION_free(key_id);
    ASN1_INTEGER_free(number);
    return ok;
}

/* A list that revokes nothing. */
static bool make_crl(const struct kc_sim_state *state, const struct dates *dates,
                     enum kc_sim_role issuer, struct kc_sim_collateral_file *out)
{
    X509 *certificate = state->pki.certificate[issuer];
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *issued = ASN1_TIME_set(NULL, dates->issued);
    ASN1_TIME *next = ASN1_TIME_set(NULL, dates->next);
    uint8_t *der = NULL;
    int len = -1;
    if (crl != NULL && issued != NULL && next != NULL &&
        X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate)) == 1 &&
        X509_CRL_set1_lastUpdate(crl, issued) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1 &&
        add_crl_extensions(crl, certificate) &&
        X509_CRL_sign(crl, state->pki.key[issuer], EVP_sha256()) > 0)
        len = i2d_X509_CRL(crl, &der);
    ASN1_TIME_free(issued);
    ASN1_TIME_free(next);
    X509_CRL_free(crl);
    if (len <= 0)
        return false;
    out->len = (size_t)len;
    out->ptr = malloc(out->len);
    if (out->ptr != NULL)
        memcpy(out->ptr, der, out->len);
    OPENSSL_free(der);
    return out->ptr != NULL;
}

static enum kc_err read_options(const struct kc_sim_collateral_options *options,
                                struct dates *dates, struct kc_error *error)
{
    if (options->status == KC_TCB_TD_RELAUNCH_ADVISED ||
        options->status == KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED)
        return kc_error_set(error, KC_ERR_ARGUMENT, "no TCB level states this status", 0);
    if (options->days == 0 || options->days > DAYS_MAX)
        return kc_error_set(error, KC_ERR_ARGUMENT, "collateral is valid for 1 to 36500 days",
                            options->days);
    dates->issued = options->issued;
    dates->next = options->issued + (int64_t)options->days * 24 * 60 * 60;
    if (dates->issued < 0 || dates->next > LAST_SECOND)
        return kc_error_set(error, KC_ERR_ARGUMENT, "a date outside the years 1970 to 9999", 0);
    kc_time_format(dates->issued, dates->issued_text);
    kc_time_format(dates->next, dates->next_text);
    return KC_OK;
}

enum kc_err kc_sim_collateral_make(const struct kc_sim_state *state,
                                   const struct kc_sim_collateral_options *options,
                                   struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES],
                                   struct kc_error *error)
{
    static const char *const names[KC_SIM_COLLATERAL_FILES] = {
        "root_ca.pem", "tcb_info.json",     "qe_identity.json", "tcb_chain.pem",
        "pck_crl.der", "pck_crl_chain.pem", "root_ca_crl.der",
    };
    struct dates dates = {0};
    enum kc_err err = read_options(options, &dates, error);
    if (err != KC_OK)
        return err;
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++)
        files[i] = (struct kc_sim_collateral_file){names[i], NULL, 0};
    if (make_chain(state, KC_SIM_ROOT_CA, &files[0]) &&
        make_json(state, &dates, options->is_tdx, &options->status, &files[1]) &&
        make_json(state, &dates, options->is_tdx, NULL, &files[2]) &&
        make_chain(state, KC_SIM_TCB_SIGNING, &files[3]) &&
        make_crl(state, &dates, KC_SIM_PLATFORM_CA, &files[4]) &&
        make_chain(state, KC_SIM_PLATFORM_CA, &files[5]) &&
        make_crl(state, &dates, KC_SIM_ROOT_CA, &files[6]))
        return KC_OK;
    kc_sim_collateral_clear(files);
    return kc_error_set(error, KC_ERR_CRYPTO, "could not sign the collateral", 0);
}

void kc_sim_collateral_clear(struct kc_sim_collateral_file files[KC_SIM_COLLATERAL_FILES])
{
    for (size_t i = 0; i < KC_SIM_COLLATERAL_FILES; i++) {
        free(files[i].ptr);
        files[i].ptr = NULL;
    }
}
