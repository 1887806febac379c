/* What genuine evidence proves, in words. */
#include "cli/judging_facts.h"

#include <inttypes.h>

#include "cli/judging_tcb.h"
#include "formats/dice.h"
#include "formats/oe_claims.h"

#define COLUMN "%-16s"

static void print_hex(FILE *out, const char *name, struct kc_bytes bytes)
{
    fprintf(out, COLUMN, name);
    for (size_t i = 0; i < bytes.len; i++)
        fprintf(out, "%02x", bytes.ptr[i]);
    fputc('\n', out);
}

static bool is_printable(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

/* Text, with the NUL that C programs put into claims behind it. */
static bool is_text(struct kc_bytes value)
{
    if (value.len > 0 && value.ptr[value.len - 1] == 0)
        value.len--;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_printable(value.ptr[i]))
            return false;
    }
    return value.len > 0;
}

/* A claim; its name is the enclave's, so that only printable ASCII of it reaches a terminal. */
static void print_claim(FILE *out, struct kc_bytes name, struct kc_bytes value)
{
    fputs("claim \"", out);
    for (size_t i = 0; i < name.len; i++)
        fputc(is_printable(name.ptr[i]) ? name.ptr[i] : '?', out);
    fputs("\"  ", out);
    for (size_t i = 0; i < value.len; i++)
        fprintf(out, "%02x", value.ptr[i]);
    if (is_text(value))
        fprintf(out, " (\"%.*s\")", (int)value.len, (const char *)value.ptr);
    fputc('\n', out);
}

static void print_claims(const struct kc_verdict_facts *facts, FILE *out)
{
    struct kc_oe_claims oe;
    struct kc_dice_claims dice;
    if (facts->has_oe_claims && kc_oe_claims_decode(facts->oe_claims, &oe, NULL) == KC_OK) {
        for (size_t i = 0; i < oe.count; i++)
            print_claim(out, oe.claim[i].name, oe.claim[i].value);
    } else if (facts->has_oe_claims) {
        print_hex(out, "custom claims", facts->oe_claims);
    }
    if (facts->has_dice_claims && kc_dice_claims_decode(facts->dice_claims, &dice, NULL) == KC_OK) {
        for (size_t i = 0; i < dice.count; i++)
            print_claim(out, dice.claim[i].name, dice.claim[i].value);
    }
}

static void print_enclave(const struct kc_sgx_report_body *report, FILE *out)
{
    bool debug = (report->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
    print_hex(out, "MRENCLAVE", kc_bytes_of(report->mrenclave, 32));
    print_hex(out, "MRSIGNER", kc_bytes_of(report->mrsigner, 32));
    fprintf(out, COLUMN "%u, security version %u\n", "product", report->isv_prod_id,
            report->isv_svn);
    fprintf(out, COLUMN "%s\n", "debug",
            debug ? "YES: the host can read this enclave's memory" : "no");
    print_hex(out, "report data", kc_bytes_of(report->report_data, 64));
}

static void print_domain(const struct kc_verdict_facts *facts, FILE *out)
{
    const struct kc_td_report *td = &facts->td;
    bool debug = (td->td_attributes & KC_TD_ATTRIBUTES_TUD) != 0;
    bool closed = (td->td_attributes & KC_TD_ATTRIBUTES_SEPT_VE_DISABLE) != 0;
    print_hex(out, "MRTD", kc_bytes_of(td->mrtd, 48));
    for (int i = 0; i < 4; i++) {
        char name[] = {'R', 'T', 'M', 'R', ' ', (char)('0' + i), '\0'};
        print_hex(out, name, kc_bytes_of(td->rtmr[i], 48));
    }
    print_hex(out, "MRSEAM", kc_bytes_of(td->mrseam, 48));
    print_hex(out, "MRCONFIGID", kc_bytes_of(td->mrconfigid, 48));
    print_hex(out, "MROWNER", kc_bytes_of(td->mrowner, 48));
    print_hex(out, "MROWNERCONFIG", kc_bytes_of(td->mrownerconfig, 48));
    if (facts->td_is_15)
        print_hex(out, "MRSERVICETD", kc_bytes_of(td->mrservicetd, 48));
    fprintf(out, COLUMN "%s\n", "debug",
            debug ? "YES: the host can read this domain's memory" : "no");
    fprintf(out, COLUMN "%s\n", "SEPT_VE_DISABLE",
            closed ? "set" : "CLEAR: the host can inject exceptions on memory accesses");
    print_hex(out, "report data", kc_bytes_of(td->report_data, 64));
}

static void print_guest(const struct kc_verdict_snp *snp, FILE *out)
{
    const struct kc_snp_report *report = &snp->report;
    const struct kc_snp_tcb *tcb = &snp->reported;
    bool debug = (report->policy & KC_SNP_POLICY_DEBUG) != 0;
    print_hex(out, "measurement", kc_bytes_of(report->measurement, 48));
    print_hex(out, "host data", kc_bytes_of(report->host_data, 32));
    print_hex(out, "id key digest", kc_bytes_of(report->id_key_digest, 48));
    fprintf(out, COLUMN "%u, asked for at VMPL %u\n", "guest SVN", report->guest_svn, report->vmpl);
    fprintf(out, COLUMN "%016" PRIx64 "\n", "guest policy", report->policy);
    fprintf(out, COLUMN "%s\n", "debug",
            debug ? "YES: the host can read this guest's memory" : "no");
    print_hex(out, "report data", kc_bytes_of(report->report_data, 64));
    print_hex(out, "chip", kc_bytes_of(report->chip_id, 64));
    fprintf(out, COLUMN "%s, signed by %s %s\n", "product",
            kc_snp_report_product_name(snp->endorsement.product),
            snp->endorsement.signing_key == KC_SNP_KEY_VLEK ? "the VLEK of" : "the chip's VCEK",
            snp->endorsement.csp_id);
    fprintf(out, COLUMN "boot loader %u, TEE %u, SNP %u, microcode %u", "reported TCB",
            tcb->boot_loader, tcb->tee, tcb->snp, tcb->microcode);
    if (snp->endorsement.product == KC_SNP_TURIN)
        fprintf(out, ", FMC %u", tcb->fmc);
    fputs("; AMD publishes no list of good ones\n", out);
    if (snp->hcl_json.len > 0)
        fprintf(out, COLUMN "%zu bytes, bound by report data\n", "HCL JSON", snp->hcl_json.len);
}

void kc_judging_print_notes(const struct kc_judging *j, FILE *out)
{
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    if (facts->tee == KC_TEE_TDX && facts->td_is_15 &&
        !kc_bytes_are_zero(kc_bytes_of(facts->td.mrservicetd, 48)))
        fputs("note: a service domain is bound (MRSERVICETD): it may migrate this domain\n", out);
    if (facts->tee == KC_TEE_TDX && j->policy.mrtd.count == 0)
        fputs("note: the policy names no mrtd, so that any trust domain would do\n", out);
    if (facts->tee == KC_TEE_SNP && j->policy.measurement.count == 0)
        fputs("note: the policy names no measurement, so that any guest would do\n", out);
    if (facts->tee == KC_TEE_SGX && j->policy.mrsigner.count == 0 && j->policy.mrenclave.count == 0)
        fputs("note: the policy names neither mrenclave nor mrsigner, so that any enclave would "
              "do\n",
              out);
    if (j->policy.mrsigner.count > 0 && j->policy.mrenclave.count == 0 &&
        !j->policy.isv_prod_id.is_set)
        fputs("note: the policy names a signer and no isv_prod_id, so that every product of that\n"
              "      signer is accepted\n",
              out);
}

void kc_judging_print_facts(const struct kc_judging *j, FILE *out)
{
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    if (facts->tee == KC_TEE_TDX)
        print_domain(facts, out);
    if (facts->tee == KC_TEE_SNP)
        print_guest(&facts->snp, out);
    if (facts->tee == KC_TEE_SGX)
        print_enclave(&facts->report, out);
    if (facts->tee != KC_TEE_SNP) {
        print_hex(out, "platform FMSPC", kc_bytes_of(facts->fmspc, sizeof facts->fmspc));
        kc_judging_tcb_print(j->verdict, out);
    }
    print_claims(facts, out);
    if (facts->trailing_len > 0)
        fprintf(out, COLUMN "%zu after it, which nothing signs\n", "trailing bytes",
                facts->trailing_len);
    kc_judging_print_notes(j, out);
}
