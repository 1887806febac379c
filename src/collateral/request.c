#include "collateral/request.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"

#define INTEL_ROOT_CRL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
#define PART_MAX       400
#define SGX_PATH       "/sgx/certification/v4" /* as Intel's own clients name their server */

size_t kc_request_products(const struct kc_needs *needs, enum kc_snp_product out[2])
{
    out[0] = needs->product;
    out[1] = KC_SNP_GENOA;
    if (needs->kind != KC_NEEDS_SNP || needs->product != KC_SNP_UNKNOWN)
        return 1;
    out[0] = KC_SNP_MILAN;
    return 2;
}

static void intel_path(enum kc_fetch_part part, const struct kc_needs *needs, char *out)
{
    const char *tee = needs->kind == KC_NEEDS_TDX ? "tdx" : "sgx";
    char fmspc[13];
    kc_hex_encode_upper(kc_bytes_of(needs->fmspc, sizeof needs->fmspc), fmspc);
    if (part == KC_FETCH_TCB)
        snprintf(out, PART_MAX, "/%s/certification/v4/tcb?fmspc=%s", tee, fmspc);
    else if (part == KC_FETCH_QE)
        snprintf(out, PART_MAX, "/%s/certification/v4/qe/identity", tee);
    else if (part == KC_FETCH_PCK_CRL)
        snprintf(out, PART_MAX, "/sgx/certification/v4/pckcrl?ca=%s&encoding=der",
                 needs->is_platform_ca ? "platform" : "processor");
    else
        snprintf(out, PART_MAX, "/sgx/certification/v4/rootcacrl");
}

/* Turin's chip ids have 8 bytes, and its TCB has one part more. */
static void amd_path(enum kc_fetch_part part, const struct kc_needs *needs,
                     enum kc_snp_product product, char *out)
{
    const char *name = kc_snp_report_product_name(product);
    const struct kc_snp_tcb *tcb = &needs->tcb;
    bool is_turin = product == KC_SNP_TURIN;
    char chip[129];
    char fmc[16] = "";
    kc_hex_encode_lower(kc_bytes_of(needs->chip_id, is_turin ? 8 : 64), chip);
    if (is_turin)
        snprintf(fmc, sizeof fmc, "fmcSPL=%02u&", tcb->fmc);
    const char *key = needs->is_vlek ? "vlek" : "vcek";
    if (part == KC_FETCH_VCEK)
        snprintf(out, PART_MAX, "/vcek/v1/%s/%s?%sblSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u",
                 name, chip, fmc, tcb->boot_loader, tcb->tee, tcb->snp, tcb->microcode);
    else
        snprintf(out, PART_MAX, "/%s/v1/%s/%s", key, name,
                 part == KC_FETCH_AMD_CRL ? "crl" : "cert_chain");
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len > n && memcmp(text + len - n, end, n) == 0;
}

bool kc_request_url(enum kc_fetch_part part, const struct kc_needs *needs,
                    enum kc_snp_product product, const char *base, char out[KC_WEB_URL_MAX])
{
    char path[PART_MAX];
    size_t len = strlen(base);
    len -= len > 0 && base[len - 1] == '/' ? 1 : 0;
    len -= ends_with(base, len, SGX_PATH) ? strlen(SGX_PATH) : 0;
    if (needs->kind == KC_NEEDS_SNP)
        amd_path(part, needs, product, path);
    else
        intel_path(part, needs, path);
    bool is_intel = len == strlen(KC_FETCH_INTEL) && memcmp(base, KC_FETCH_INTEL, len) == 0;
    int n = part == KC_FETCH_ROOT_CRL && is_intel
                ? snprintf(out, KC_WEB_URL_MAX, "%s", INTEL_ROOT_CRL)
                : snprintf(out, KC_WEB_URL_MAX, "%.*s%s", (int)len, base, path);
    return n > 0 && n < KC_WEB_URL_MAX;
}
