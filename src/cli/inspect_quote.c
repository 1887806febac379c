/* SGX quote and report bodies, field by field. */
#include <string.h>

#include "cli/inspect.h"
#include "cli/inspect_bits.h"
#include "formats/pck_id.h"

#define ARRAY(field) kc_bytes_of((field), sizeof(field))

/* ATTRIBUTES.FLAGS (SDM 38.7.1) */
static const struct kc_inspect_bit flags[] = {
    {KC_SGX_FLAG_INIT, "INIT", "the enclave was initialised by EINIT"},
    {KC_SGX_FLAG_DEBUG, "DEBUG", "a debug enclave: its owner can read and change its memory"},
    {KC_SGX_FLAG_MODE64BIT, "MODE64BIT", "runs in 64-bit mode"},
    {KC_SGX_FLAG_PROVISION_KEY, "PROVISION_KEY",
     "may derive the provisioning key, as Intel's own enclaves do"},
    {KC_SGX_FLAG_EINITTOKEN_KEY, "EINITTOKEN_KEY", "may derive the launch key"},
    {0x40, "CET", "control-flow enforcement attributes are in force"},
    {KC_SGX_FLAG_KSS, "KSS", "key separation and sharing: config id and family id count"},
    {0x400, "AEXNOTIFY", "is told of interruptions"},
};

/* XFRM: what of the processor's state the enclave may use (XCR0). */
static const struct kc_inspect_bit xfrm[] = {
    {0x1, "x87", "floating point"},     {0x2, "SSE", "128-bit vectors"},
    {0x4, "AVX", "256-bit vectors"},    {0xe0, "AVX-512", "512-bit vectors"},
    {0x200, "PKRU", "protection keys"}, {0x60000, "AMX", "matrix tiles"},
};

void kc_inspect_bits(struct kc_tree *tree, json_t *section, const struct kc_inspect_bit *bits,
                     size_t count, uint64_t value)
{
    uint64_t unknown = value;
    for (size_t i = 0; i < count; i++) {
        bool is_set = (value & bits[i].mask) != 0;
        unknown &= ~bits[i].mask;
        if (is_set || strcmp(bits[i].name, "DEBUG") == 0)
            kc_tree_flag(tree, section, bits[i].name, is_set,
                         is_set ? bits[i].means : "no debug: memory is closed");
    }
    if (unknown != 0)
        kc_tree_mask(tree, section, "unknown_bits", unknown, "bits without a name here");
}

static void show_attributes(struct kc_tree *tree, json_t *section,
                            const struct kc_sgx_report_body *body)
{
    bool debug = (body->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    json_t *attributes = kc_tree_section(
        tree, section, "attributes",
        debug ? "how it was started; DEBUG is set: WHAT THIS ENCLAVE HOLDS IS OPEN TO ITS HOST"
              : "how it was started");
    kc_tree_mask(tree, attributes, "flags", body->attributes.flags, "the bits below");
    kc_inspect_bits(tree, attributes, flags, sizeof flags / sizeof flags[0],
                    body->attributes.flags);
    kc_tree_mask(tree, attributes, "xfrm", body->attributes.xfrm,
                 "processor state that it may use, the bits below");
    kc_inspect_bits(tree, attributes, xfrm, sizeof xfrm / sizeof xfrm[0], body->attributes.xfrm);
}

void kc_inspect_report_body(struct kc_tree *tree, json_t *section,
                            const struct kc_sgx_report_body *body)
{
    kc_tree_bytes(tree, section, "mrenclave", ARRAY(body->mrenclave),
                  "hash of code and first data: which program");
    kc_tree_bytes(tree, section, "mrsigner", ARRAY(body->mrsigner),
                  "hash of the key that signed the program: whose");
    kc_tree_number(tree, section, "isv_prod_id", body->isv_prod_id, "the signer's product number");
    kc_tree_number(tree, section, "isv_svn", body->isv_svn, "security version of the program");
    show_attributes(tree, section, body);
    kc_tree_bytes(tree, section, "report_data", ARRAY(body->report_data),
                  "64 bytes that the enclave chose: most often a hash of what it vouches for");
    kc_tree_bytes(tree, section, "cpu_svn", ARRAY(body->cpu_svn),
                  "security version of processor and microcode");
    kc_tree_mask(tree, section, "misc_select", body->misc_select,
                 (body->misc_select & 1) != 0 ? "page faults are reported to the enclave (EXINFO)"
                                              : "no extra exception information");
    kc_tree_number(tree, section, "cet_attributes", body->cet_attributes,
                   "control-flow enforcement");
    kc_tree_bytes(tree, section, "isv_ext_prod_id", ARRAY(body->isv_ext_prod_id),
                  "longer product number (KSS)");
    kc_tree_bytes(tree, section, "isv_family_id", ARRAY(body->isv_family_id),
                  "product family (KSS)");
    kc_tree_bytes(tree, section, "config_id", ARRAY(body->config_id),
                  "configuration given at start (KSS)");
    kc_tree_number(tree, section, "config_svn", body->config_svn,
                   "security version of that configuration (KSS)");
}

static void show_header(struct kc_tree *tree, json_t *section, const struct kc_quote *quote)
{
    bool intel = memcmp(quote->qe_vendor_id, kc_sgx_quote_intel_vendor_id, 16) == 0;
    kc_tree_number(tree, section, "version", quote->version, "quote with ECDSA");
    kc_tree_number(tree, section, "att_key_type", quote->att_key_type,
                   "kind of attestation key: 2 is ECDSA P-256");
    kc_tree_number(tree, section, "tee_type", quote->tee_type, "0 is SGX, 129 TDX");
    if (quote->version == 5)
        kc_tree_number(tree, section, "body_type", (uint64_t)quote->body_type,
                       "1 SGX, 2 TDX 1.0, 3 TDX 1.5");
    kc_tree_number(tree, section, "qe_svn", quote->qe_svn,
                   "security version of the Quoting Enclave; reserved for TDX");
    kc_tree_number(tree, section, "pce_svn", quote->pce_svn,
                   "security version of the Provisioning Certification Enclave; likewise");
    kc_tree_bytes(tree, section, "qe_vendor_id", ARRAY(quote->qe_vendor_id),
                  intel ? "vendor of the Quoting Enclave: Intel"
                        : "vendor of the Quoting Enclave: not Intel");
    kc_tree_bytes(tree, section, "user_data", ARRAY(quote->user_data),
                  "first 16 bytes: id of this platform's Quoting Enclave");
}

static void show_pck_id(struct kc_tree *tree, json_t *section, const struct kc_pck_id *id)
{
    kc_tree_bytes(tree, section, "ppid", id->ppid,
                  id->ppid.len == 16 ? "this very platform" : "this very platform, encrypted");
    kc_tree_bytes(tree, section, "cpu_svn", ARRAY(id->cpu_svn),
                  "security version of processor and microcode");
    kc_tree_number(tree, section, "pce_svn", id->pce_svn, "security version of the PCE");
    kc_tree_bytes(tree, section, "pce_id", ARRAY(id->pce_id), "which PCE certifies");
}

static void show_certification(struct kc_tree *tree, json_t *section, const struct kc_quote *quote)
{
    static const char *const kinds[] = {
        [1] = "the platform's id (PPID), plain",
        [2] = "the platform's id (PPID), encrypted with RSA-2048",
        [3] = "the platform's id (PPID), encrypted with RSA-3072, and versions",
        [4] = "the PCK certificate alone",
        [5] = "the PCK certificate with its chain, in PEM",
    };
    struct kc_pck_id id;
    kc_tree_number(tree, section, "cert_data_type", quote->cert_data_type,
                   kinds[quote->cert_data_type]);
    if (quote->cert_data_type >= KC_QUOTE_CERT_DATA_PCK_LEAF)
        kc_inspect_chain(tree, section, quote->cert_data);
    else if (kc_pck_id_decode(quote->cert_data_type, quote->cert_data, &id, NULL) == KC_OK)
        show_pck_id(tree, section, &id);
    else
        kc_tree_bytes(tree, section, "cert_data", quote->cert_data,
                      "names the platform; its certificate must come from elsewhere");
}

void kc_inspect_quote(struct kc_tree *tree, const struct kc_quote *quote)
{
    json_t *section = kc_tree_section(tree, tree->root, "quote",
                                      "a report, signed by the Quoting Enclave of its platform");
    show_header(tree, section, quote);
    if (kc_quote_is_tdx(quote))
        kc_inspect_td_report(
            tree, kc_tree_section(tree, section, "report", "the trust domain that is attested"),
            &quote->td, quote->body_type == KC_TDX_QUOTE_TD15);
    else
        kc_inspect_report_body(
            tree, kc_tree_section(tree, section, "report", "the enclave that is attested"),
            &quote->sgx);
    json_t *signature = kc_tree_section(tree, section, "signature", "who signed, and what for");
    kc_tree_bytes(tree, signature, "signature", quote->signature,
                  "of header and report by the attestation key, ECDSA r || s");
    kc_tree_bytes(tree, signature, "attestation_key", quote->attestation_key,
                  "the Quoting Enclave's public key, P-256 x || y");
    kc_tree_bytes(tree, signature, "qe_auth_data", quote->qe_auth_data,
                  "hashed with that key into the Quoting Enclave's report data");
    kc_tree_bytes(tree, signature, "qe_report_signature", quote->qe_report_signature,
                  "of the Quoting Enclave's report by the platform's certified key (PCK)");
    kc_inspect_report_body(
        tree, kc_tree_section(tree, section, "qe_report", "the Quoting Enclave itself"),
        &quote->qe_report);
    show_certification(tree, kc_tree_section(tree, section, "certification", "of the platform"),
                       quote);
    if (quote->trailing.len > 0)
        kc_tree_bytes(tree, section, "trailing", quote->trailing,
                      "bytes after the quote: Open Enclave's custom claims if report data starts "
                      "with their SHA-256, otherwise nothing vouches for them");
}
