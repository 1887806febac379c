/* Quotes of the simulated platform, of every version and body, with collateral that a test changes
 * and signs again, and the verdict on both from end to end: tables of rows, each for some kinds. */
#ifndef KC_TESTS_NEGATIVE_CASE_H
#define KC_TESTS_NEGATIVE_CASE_H

#include "collateral_case.h"
#include "sim/quoting_enclave.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

#define TD_QE_SIGNER "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"
#define QE_SIGNER    "8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF"

#define EVERY_STATUS                                                                               \
    "\"tcb\":[\"UpToDate\",\"SWHardeningNeeded\",\"ConfigurationNeeded\",\"OutOfDate\","           \
    "\"ConfigurationAndSWHardeningNeeded\",\"OutOfDateConfigurationNeeded\","                      \
    "\"TDRelaunchAdvised\","                                                                       \
    "\"TDRelaunchAdvisedConfigurationNeeded\"]"

#define ZEROS_96                                                                                   \
    "000000000000000000000000000000000000000000000000"                                             \
    "000000000000000000000000000000000000000000000000"
#define MODULE                                                                                     \
    "\"mrsigner\":\"" ZEROS_96 "\",\"attributes\":\"0000000000000000\","                           \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
#define RATED(status) "\"tcbDate\":\"2024-06-01T00:00:00Z\",\"tcbStatus\":\"" status "\"}"
#define IDENTITIES                                                                                 \
    "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," MODULE               \
    ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2}," RATED("Revoked") ",{\"tcb\":{\"isvsvn\":4}," RATED( \
        "OutOfDate") ",{\"tcb\":{\"isvsvn\":5}," RATED("UpToDate") "]}],"
#define ZERO    "{\"svn\":0}"
#define ZEROS_4 ZERO "," ZERO "," ZERO "," ZERO
#define TDX_PARTS                                                                                  \
    ",\"tdxtcbcomponents\":[" ZERO "," ZERO ",{\"svn\":6}," ZERO "," ZEROS_4 "," ZEROS_4           \
    "," ZEROS_4 "]"

/* Kinds of quotes; a row is for one or more. */
enum kind {
    SGX_3 = 1,
    SGX_4 = 2,
    SGX_5 = 4,
    TDX_4 = 8,
    TDX_5 = 16,  /* version 5, with a body of TDX 1.0 */
    TDX_15 = 32, /* with one of TDX 1.5 */
};
#define KINDS  6
#define SGX    (SGX_3 | SGX_4 | SGX_5)
#define TDX    (TDX_4 | TDX_5 | TDX_15)
#define EVERY  (SGX | TDX)
#define LATER  (EVERY & ~SGX_3)         /* with an outer certification data type */
#define WITH_5 (SGX_5 | TDX_5 | TDX_15) /* with a descriptor of the body */

struct world {
    struct collateral_case *c;
    enum kind kind;
    bool is_tdx;
    struct kc_tdx_quote quote;     /* before it is written; of version 3 too */
    uint8_t sgx[KC_SIM_QUOTE_MAX]; /* what the parts above view */
    uint8_t bytes[KC_SIM_QUOTE_MAX];
    size_t len;
    size_t signed_len;

    /* What a row may ask for beside other parts and other collateral. */
    void (*patch)(struct world *w); /* changes what is written, before the attestation key signs */
    bool qe_badly_signed;
    bool badly_signed;
    bool descriptor_unsigned;
    bool without_collateral;
};

typedef void change_fn(struct world *w);

struct row {
    const char *name;
    unsigned kinds;
    change_fn *change;
    const char *verdict, *checks; /* accepted: the status */
    const char *policy;           /* NULL: every status is accepted, but Revoked */
};

static inline void good(struct world *w)
{
    (void)w;
}

/* A quote of version 3 by the simulated Quoting Enclave. */
static inline struct kc_sgx_quote take_sgx_quote(struct world *w)
{
    struct kc_sim_secs secs = {.attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    struct kc_sgx_quote quote;
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report_data[64] = {0};
    uint8_t report[KC_SGX_REPORT_SIZE];
    size_t len = 0;
    kc_sim_qe_target_info(target);
    kc_sim_ereport(&w->c->state->processor, &secs, target, report_data, report);
    assert_int_equal(
        kc_sim_qe_quote(w->c->state, report, (struct kc_room){w->sgx, sizeof w->sgx}, &len),
        KC_SIM_QE_OK);
    assert_int_equal(kc_sgx_quote_decode(kc_bytes_of(w->sgx, len), &quote, NULL), KC_OK);
    return quote;
}

static inline void from_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t len = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(hex), (struct kc_room){out, size}, &len),
                     KC_OK);
}

/* A trust domain of module TDX_01 on the same platform, and the QE that is for domains. */
static inline void put_domain(struct world *w)
{
    struct kc_tdx_quote *q = &w->quote;
    q->tee_type = KC_TDX_QUOTE_TEE_TDX;
    q->body_type = w->kind == TDX_15 ? KC_TDX_QUOTE_TD15 : KC_TDX_QUOTE_TD10;
    memcpy(q->td.tee_tcb_svn, "\x05\x01\x06", 3);
    if (w->kind == TDX_15)
        memcpy(q->td.tee_tcb_svn2, "\x05\x01\x06", 3);
    from_hex(TD_QE_SIGNER, q->qe_report.mrsigner, 32);
    q->qe_report.isv_prod_id = 2;
}

static inline void begin_quote(struct world *w)
{
    struct kc_sgx_quote sgx = take_sgx_quote(w);
    w->quote = (struct kc_tdx_quote){
        .version = w->kind == SGX_3                       ? 3
                   : w->kind == SGX_4 || w->kind == TDX_4 ? 4
                                                          : 5,
        .att_key_type = sgx.att_key_type,
        .body_type = KC_TDX_QUOTE_SGX,
        .sgx = sgx.report,
        .qe_report = sgx.qe_report,
        .attestation_key = sgx.attestation_key,
        .qe_auth_data = sgx.qe_auth_data,
        .cert_data_type = sgx.cert_data_type,
        .cert_data = sgx.cert_data,
    };
    memcpy(w->quote.qe_vendor_id, sgx.qe_vendor_id, 16);
    if (w->is_tdx)
        put_domain(w);
}

/* Version 3 has the same parts. */
static inline void write_v3(struct kc_writer *out, const struct kc_tdx_quote *q)
{
    struct kc_sgx_quote v3 = {.version = 3,
                              .att_key_type = q->att_key_type,
                              .tee_type = q->tee_type,
                              .report = q->sgx,
                              .qe_report = q->qe_report,
                              .signature = q->signature,
                              .attestation_key = q->attestation_key,
                              .qe_report_signature = q->qe_report_signature,
                              .qe_auth_data = q->qe_auth_data,
                              .cert_data_type = q->cert_data_type,
                              .cert_data = q->cert_data};
    memcpy(v3.qe_vendor_id, q->qe_vendor_id, 16);
    kc_sgx_quote_encode(out, &v3);
}

/* The PCK signs the QE's report, whatever it says. The quote's own signature is still zeros. */
static inline void write_quote(struct world *w)
{
    static const uint8_t none[64];
    struct kc_tdx_quote quote = w->quote;
    uint8_t report[KC_SGX_REPORT_BODY_SIZE];
    uint8_t signature[64];
    struct kc_writer qe = kc_writer_of((struct kc_room){report, sizeof report});
    struct kc_writer part = KC_WRITER_COUNT;
    struct kc_writer out = kc_writer_of((struct kc_room){w->bytes, sizeof w->bytes});
    kc_sgx_report_body_encode(&qe, &quote.qe_report);
    assert_true(
        kc_sim_pki_sign(w->c->state->pki.key[KC_SIM_PCK], kc_writer_written(&qe), signature));
    signature[63] ^= w->qe_badly_signed;
    quote.signature = kc_bytes_of(none, 64);
    quote.qe_report_signature = kc_bytes_of(signature, 64);
    w->signed_len = KC_SGX_QUOTE_SIGNED_SIZE;
    if (w->kind == SGX_3) {
        write_v3(&out, &quote);
    } else {
        kc_tdx_quote_encode_signed_part(&part, &quote);
        kc_tdx_quote_encode(&out, &quote);
        w->signed_len = part.len;
    }
    assert_false(kc_writer_failed(&out));
    w->len = out.len;
}

static inline void sign_quote(struct world *w)
{
    uint8_t message[1024];
    uint8_t *signature = w->bytes + w->signed_len + 4;
    size_t left_out = w->descriptor_unsigned ? 6 : 0;
    memcpy(message, w->bytes, 48);
    memcpy(message + 48, w->bytes + 48 + left_out, w->signed_len - 48 - left_out);
    assert_true(kc_sim_pki_sign(w->c->state->attestation_key,
                                kc_bytes_of(message, w->signed_len - left_out), signature));
    signature[63] ^= w->badly_signed;
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
                                    .collateral = w->without_collateral ? NULL : &pieces};
    kc_verify(&input, v);
}

static inline void make_world(struct collateral_case *c, enum kind kind, change_fn *change,
                              struct world *w)
{
    memset(w, 0, sizeof *w);
    w->c = c;
    w->kind = kind;
    w->is_tdx = (kind & TDX) != 0;
    case_fresh(c);
    if (w->is_tdx)
        collateral_of_tdx(c);
    begin_quote(w);
    change(w);
    write_quote(w);
    if (w->patch != NULL)
        w->patch(w);
    sign_quote(w);
}

/* "invalid [check check]", of what is accepted "accepted [status]". */
static inline void describe(const struct kc_verdict *v, char *out, size_t size)
{
    int n = snprintf(out, size, "%s [", kc_verdict_kind_name(v->kind));
    for (size_t k = 0; k < v->failure_count; k++)
        n += snprintf(out + n, size - (size_t)n, "%s%s", k == 0 ? "" : " ", v->failure[k].check);
    if (v->kind == KC_VERDICT_ACCEPTED)
        n += snprintf(out + n, size - (size_t)n, "%s",
                      v->facts.has_tcb ? kc_tcb_status_name(v->facts.tcb.status) : "");
    snprintf(out + n, size - (size_t)n, "]");
}

static inline const char *kind_name(enum kind kind)
{
    switch (kind) {
    case SGX_3:
        return "SGX 3";
    case SGX_4:
        return "SGX 4";
    case SGX_5:
        return "SGX 5";
    case TDX_4:
        return "TDX 4";
    case TDX_5:
        return "TDX 5 of 1.0";
    case TDX_15:
        return "TDX 5 of 1.5";
    }
    return "";
}

static inline void run_row(struct world *w, const struct row *row, struct kc_verdict *v)
{
    static const char every[] = "{" EVERY_STATUS "}";
    struct kc_policy policy;
    struct kc_policy_error error;
    char want[1024];
    char got[1024];
    const char *text = row->policy != NULL ? row->policy : every;
    if (kc_policy_parse(kc_bytes_of_text(text), &policy, &error) != KC_OK)
        fail_msg("%s: its policy", row->name);
    judge(w, &policy, v);
    snprintf(want, sizeof want, "%s [%s]", row->verdict, row->checks);
    describe(v, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%s, %s: %s, not %s", row->name, kind_name(w->kind), got, want);
}

static inline void run_rows(struct collateral_case *c, const struct row *rows, size_t count)
{
    struct kc_verdict *v = malloc(sizeof *v);
    struct world *w = malloc(sizeof *w);
    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; k < KINDS; k++) {
            if ((rows[i].kinds & 1u << k) == 0)
                continue;
            make_world(c, (enum kind)(1u << k), rows[i].change, w);
            run_row(w, &rows[i], v);
        }
    }
    free(w);
    free(v);
}

#endif
