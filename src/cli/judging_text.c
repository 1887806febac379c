/* A verdict in words. */
#include <string.h>

#include "base/time.h"
#include "cli/judging.h"
#include "cli/judging_facts.h"
#include "formats/evidence_certificate.h"
#include "verify/chain.h"
#include "verify/policy_clauses.h"

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
} quote_stages[KC_STAGE_POLICY] =
    {
        [KC_STAGE_SHAPE] = {"shape", "a whole quote of a kind that is known"},
        [KC_STAGE_CHAIN] = {"PCK chain", ""},
        [KC_STAGE_QE_REPORT] = {"QE report",
                                "signed by the PCK; the Quoting Enclave is no debug one"},
        [KC_STAGE_ATTESTATION_KEY] = {"QE binding", "the QE report binds the attestation key"},
        [KC_STAGE_QUOTE] = {"quote", "signed by the attestation key"},
        [KC_STAGE_BINDING] = {"report data", ""},
        [KC_STAGE_COLLATERAL] = {"collateral", ""},
},
  report_stages[KC_STAGE_POLICY] = {
      [KC_STAGE_SHAPE] = {"shape", "a whole report of a version that is known"},
      [KC_STAGE_CHAIN] = {"AMD chain", ""},
      [KC_STAGE_QE_REPORT] = {"endorsement", "the certificate is of this processor and its TCB"},
      [KC_STAGE_QUOTE] = {"report", "signed by the certificate's key, asked for by a guest"},
      [KC_STAGE_BINDING] = {"report data", ""},
      [KC_STAGE_COLLATERAL] = {"revocation", ""},
};

static const char *root_words(const struct kc_judging *j)
{
    if (j->evidence.is_snp)
        return j->trust == NULL || strcmp(j->trust, "amd") == 0 ? "AMD's production root"
                                                                : "the root that --trust names";
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
    case KC_WRAPPING_HCL_REPORT:
        return "hash of the JSON in the HCL report; zeros";
    default:
        break;
    }
    if (facts->has_oe_claims)
        return "SHA-256 of the custom claims; 32 zeros";
    if (j->verdict->held_data_judged)
        return "SHA-256 of the held data; 32 zeros";
    return "compared with nothing: no held data was given (--held-data F)";
}

static const char *revocation_words(const struct kc_verdict_facts *facts)
{
    if (!facts->snp.endorsement.has_list)
        return "no list of AMD's was given: whether it revoked ASK is not judged";
    return kc_clause_has_collateral(facts) ? "holds: AMD's list has none of this chain"
                                           : "AMD's list is of another time";
}

static const char *collateral_words(const struct kc_judging *j)
{
    if (j->evidence.is_snp)
        return revocation_words(&j->verdict->facts);
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
        const char *name = j->evidence.is_snp ? report_stages[i].name : quote_stages[i].name;
        const char *words = j->evidence.is_snp ? report_stages[i].holds : quote_stages[i].holds;
        if (name == NULL)
            continue;
        bool holds = v->stage[i] == KC_STAGE_HOLDS;
        proved = proved && holds;
        fprintf(out, COLUMN, name);
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
            fprintf(out, "holds: %s\n", i == KC_STAGE_BINDING ? binding_words(j) : words);
    }
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
        kc_judging_print_facts(j, out);
    }
    kc_judging_print_failures(j, out);
}
