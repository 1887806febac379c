/* A verdict in words. */
#include <string.h>

#include "base/hex.h"
#include "base/time.h"
#include "cli/judging.h"
#include "cli/judging_tcb.h"
#include "formats/dice.h"
#include "formats/evidence_certificate.h"
#include "formats/oe_claims.h"
#include "verify/chain.h"

#define COLUMN "%-16s"

static const char *const kind_words[] = {
    [KC_VERDICT_INVALID] = "INVALID: this evidence is not genuine, or damaged; believe none of it",
    [KC_VERDICT_UNJUDGED] = "UNJUDGED: something is missing that the judgement needs",
    [KC_VERDICT_REFUSED] = "REFUSED: the evidence is genuine, and the policy does not accept it",
    [KC_VERDICT_ACCEPTED] = "ACCEPTED: the evidence is genuine, and the policy accepts it",
};

static const struct {
    const char *name;
    const char *holds;
} stage_words[KC_STAGE_POLICY] = {
    [KC_STAGE_SHAPE] = {"shape", "a whole quote of a kind that is known"},
    [KC_STAGE_CHAIN] = {"PCK chain", ""},
    [KC_STAGE_QE_REPORT] = {"QE report", "signed by the PCK; the Quoting Enclave is no debug one"},
    [KC_STAGE_ATTESTATION_KEY] = {"QE binding", "the QE report binds the attestation key"},
    [KC_STAGE_QUOTE] = {"quote", "signed by the attestation key"},
    [KC_STAGE_BINDING] = {"report data", ""},
    [KC_STAGE_COLLATERAL] = {"collateral", ""},
};

static const char *root_words(const struct kc_judging *j)
{
    if (memcmp(j->root_key, kc_chain_intel_root_key, 64) == 0)
        return "Intel's production root";
    return j->trust != NULL && strcmp(j->trust, "sim") == 0 ? "the simulated root: no hardware"
                                                            : "the root that --trust names";
}

static void print_chain(const struct kc_judging *j, FILE *out)
{
    char at[KC_TIME_TEXT_SIZE] = "";
    kc_time_format(j->now, at);
    fprintf(out, "holds: up to \"%s\" (%s), valid at %s\n", j->verdict->root_name, root_words(j),
            at);
}

/* What the 64 bytes were compared with. */
static const char *binding_words(const struct kc_judging *j)
{
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    switch (j->evidence.wrapping) {
    case KC_WRAPPING_DICE:
        return "SHA-256 of the claims, which hold the hash of the certificate's key; 32 zeros";
    case KC_WRAPPING_OE_CERTIFICATE:
        return "SHA-256 of the certificate's key in PEM; 32 zeros";
    default:
        break;
    }
    if (facts->has_oe_claims)
        return "SHA-256 of the custom claims; 32 zeros";
    if (j->verdict->held_data_judged)
        return "SHA-256 of the held data; 32 zeros";
    return "compared with nothing: no held data was given (--held-data F)";
}

static const char *collateral_words(const struct kc_judging *j)
{
    if (j->collateral == NULL)
        return "not given: TCB levels and revocation are not judged (--collateral DIR)";
    return j->verdict->facts.has_tcb ? "holds: signed below that root, revokes nothing of this"
                                     : "incomplete, or of another time";
}

/* A stage that holds proves nothing on its own: the one before it says whose key that is. */
static void print_stages(const struct kc_judging *j, FILE *out)
{
    const struct kc_verdict *v = j->verdict;
    bool proved = true;
    for (int i = 0; i < KC_STAGE_POLICY; i++) {
        bool holds = v->stage[i] == KC_STAGE_HOLDS;
        proved = proved && holds;
        fprintf(out, COLUMN, stage_words[i].name);
        if (v->stage[i] == KC_STAGE_FAILED)
            fputs("FAILED\n", out);
        else if (!holds)
            fputs("not judged\n", out);
        else if (!proved)
            fputs("agrees in itself, which proves nothing after a failure\n", out);
        else if (i == KC_STAGE_CHAIN)
            print_chain(j, out);
        else if (i == KC_STAGE_COLLATERAL)
            fprintf(out, "%s\n", collateral_words(j));
        else
            fprintf(out, "holds: %s\n",
                    i == KC_STAGE_BINDING ? binding_words(j) : stage_words[i].holds);
    }
}

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

static void print_facts(const struct kc_judging *j, FILE *out)
{
    const struct kc_verdict_facts *facts = &j->verdict->facts;
    if (facts->tee == KC_TEE_TDX)
        print_domain(facts, out);
    else
        print_enclave(&facts->report, out);
    print_hex(out, "platform FMSPC", kc_bytes_of(facts->fmspc, sizeof facts->fmspc));
    kc_judging_tcb_print(j->verdict, out);
    print_claims(facts, out);
    if (facts->trailing_len > 0)
        fprintf(out, COLUMN "%zu after the quote, which nothing signs\n", "trailing bytes",
                facts->trailing_len);
    if (facts->tee == KC_TEE_SGX && j->policy.mrsigner.count == 0 && j->policy.mrenclave.count == 0)
        fputs("note: the policy names neither mrenclave nor mrsigner, so that any enclave would "
              "do\n",
              out);
    if (j->policy.mrsigner.count > 0 && j->policy.mrenclave.count == 0 &&
        !j->policy.has_isv_prod_id)
        fputs("note: the policy names a signer and no isv_prod_id, so that every product of that\n"
              "      signer is accepted\n",
              out);
}

/* Read all the same: the flag only tells who may not read on. Gramine's verifier refuses it. */
static void print_critical(const struct kc_judging *j, FILE *out)
{
    struct kc_certificate certificate;
    enum kc_evidence_extension kind = KC_EXTENSION_DICE;
    struct kc_bytes value = {NULL, 0};
    bool critical = false;
    if (j->evidence.certificate.len > 0 &&
        kc_certificate_decode(j->evidence.certificate, &certificate, NULL) == KC_OK &&
        kc_evidence_certificate_find(&certificate, &kind, &value, &critical, NULL) == KC_OK &&
        critical)
        fputs(
            "note: the certificate marks its evidence as critical; other verifiers may refuse it\n",
            out);
}

void kc_judging_print_failures(const struct kc_judging *j, FILE *out)
{
    for (size_t i = 0; i < j->verdict->failure_count; i++) {
        const struct kc_verdict_failure *failure = &j->verdict->failure[i];
        fprintf(out,
                "\n%s\n"
                "  expected  %s\n"
                "  actual    %s\n"
                "  hint      %s\n",
                failure->check, failure->expected, failure->actual, failure->hint);
    }
}

void kc_judging_print_text(const struct kc_judging *j, FILE *out)
{
    const struct kc_verdict *v = j->verdict;
    fprintf(out, "%s\n", kind_words[v->kind]);
    if (j->is_open) {
        fprintf(out, "\n" COLUMN "%s (%s), %s\n", "evidence",
                kc_evidence_wrapping_name(j->evidence.wrapping),
                kc_evidence_text_name(j->evidence.text),
                v->has_format ? v->format : "no quote that is known");
        print_stages(j, out);
        print_critical(j, out);
    }
    if (v->genuine) {
        fputc('\n', out);
        print_facts(j, out);
    }
    kc_judging_print_failures(j, out);
}
