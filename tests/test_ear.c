#include "ear/appraisal.h"

#include "test.h"
#include "verify/policy_clauses.h"

#define POLICY  KC_WEIGHT_POLICY
#define MISSING KC_WEIGHT_UNJUDGED
#define FALSE_  KC_WEIGHT_GENUINE

#define HASH_JSON "\"1111111111111111111111111111111111111111111111111111111111111111\""
#define HASH48_JSON                                                                                \
    "\"111111111111111111111111111111111111111111111111"                                           \
    "111111111111111111111111111111111111111111111111\""

#define CHIP_JSON                                                                                  \
    "\"1111111111111111111111111111111111111111111111111111111111111111"                           \
    "1111111111111111111111111111111111111111111111111111111111111111\""

/* A verdict in short. Genuine where it is accepted or refused, or says so. */
struct row {
    const char *name;
    const char *policy; /* JSON; NULL: the default */
    enum kc_verdict_kind kind;
    enum kc_tee tee;
    bool genuine;
    bool debug;
    bool has_tcb;
    enum kc_tcb_status tcb;
    struct {
        const char *check;
        enum kc_verdict_weight weight;
    } failure[3];
    bool is_stopped;  /* a signature was not looked at */
    bool is_unsigned; /* the guest: its digests of keys are zeros */
    bool overflowed;
    enum kc_ear_tier status;
    /* instance-identity, configuration, executables, hardware, runtime-opaque */
    int8_t want[5];
};

#define ENCLAVE  "{\"mrenclave\": " HASH_JSON "}"
#define IGNORING "{\"mrenclave\": " HASH_JSON ", \"tcb\": \"ignore\"}"
#define SIGNER   "{\"mrsigner\": " HASH_JSON "}"
#define PLATFORM                                                                                   \
    "{\"mrenclave\": " HASH_JSON ", \"platforms\": \"11111111111111111111111111111111\"}"
#define FIRMWARE  "{\"mrtd\": " HASH48_JSON "}"
#define DOMAIN    "{\"mrtd\": " HASH48_JSON ", \"rtmr1\": " HASH48_JSON "}"
#define GUEST     "{\"measurement\": " HASH48_JSON "}"
#define NEW_GUEST "{\"measurement\": " HASH48_JSON ", \"min_snp_tcb\": {\"snp\": 1}}"
#define ID_KEY    "{\"id_key_digest\": " HASH48_JSON "}"
#define AUTHOR    "{\"author_key_digest\": " HASH48_JSON "}"
#define ZERO_TCB  "{\"measurement\": " HASH48_JSON ", \"min_snp_tcb\": {\"snp\": 0}}"
#define SYSTEM    "{\"mrtd\": " HASH48_JSON ", \"rtmr2\": " HASH48_JSON "}"
#define CHIP      "{\"measurement\": " HASH48_JSON ", \"platforms\": " CHIP_JSON "}"

static const struct row rows[] = {
    {"all is well", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true, .status = KC_EAR_AFFIRMING,
     .want = {0, 2, 2, 2, 2}},
    {"on a known machine", PLATFORM, KC_VERDICT_ACCEPTED, .has_tcb = true,
     .status = KC_EAR_AFFIRMING, .want = {2, 2, 2, 2, 2}},
    {"by its signer", SIGNER, KC_VERDICT_ACCEPTED, .has_tcb = true, .status = KC_EAR_AFFIRMING,
     .want = {0, 2, 3, 2, 2}},
    {"any enclave", NULL, KC_VERDICT_ACCEPTED, .has_tcb = true, .status = KC_EAR_WARNING,
     .want = {0, 2, 33, 2, 2}},
    {"debug, which is allowed", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true, .debug = true,
     .status = KC_EAR_WARNING, .want = {0, 32, 2, 2, 32}},
    {"TCB ignored", IGNORING, KC_VERDICT_ACCEPTED, .status = KC_EAR_WARNING,
     .want = {0, 36, 2, 32, 2}},
    {"hardening needed", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true,
     .tcb = KC_TCB_SW_HARDENING_NEEDED, .status = KC_EAR_WARNING, .want = {0, 2, 2, 32, 2}},
    {"configuration needed", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true,
     .tcb = KC_TCB_CONFIGURATION_NEEDED, .status = KC_EAR_WARNING, .want = {0, 32, 2, 2, 2}},
    {"both needed", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true,
     .tcb = KC_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, .status = KC_EAR_WARNING,
     .want = {0, 32, 2, 32, 2}},
    {"out of date", ENCLAVE, KC_VERDICT_ACCEPTED, .has_tcb = true, .tcb = KC_TCB_OUT_OF_DATE,
     .status = KC_EAR_WARNING, .want = {0, 2, 2, 32, 2}},
    {"relaunch advised", DOMAIN, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true,
     .tcb = KC_TCB_TD_RELAUNCH_ADVISED, .status = KC_EAR_WARNING, .want = {0, 2, 2, 32, 2}},
    {"a trust domain", DOMAIN, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true,
     .status = KC_EAR_AFFIRMING, .want = {0, 2, 2, 2, 2}},
    {"its firmware alone", FIRMWARE, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true,
     .status = KC_EAR_AFFIRMING, .want = {0, 2, 3, 2, 2}},
    {"any domain", NULL, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true, .debug = true,
     .status = KC_EAR_WARNING, .want = {0, 32, 33, 2, 32}},
    {"a guest of any TCB", GUEST, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .status = KC_EAR_WARNING,
     .want = {0, 2, 2, 32, 2}},
    {"a guest", NEW_GUEST, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .status = KC_EAR_AFFIRMING,
     .want = {0, 2, 2, 2, 2}},
    {"a guest by its key, with debug", ID_KEY, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .debug = true,
     .status = KC_EAR_WARNING, .want = {0, 32, 3, 32, 32}},

    {"a guest by its author", AUTHOR, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .status = KC_EAR_WARNING,
     .want = {0, 2, 3, 32, 2}},
    {"a guest that nobody signed", ID_KEY, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .is_unsigned = true,
     .status = KC_EAR_WARNING, .want = {0, 2, 33, 32, 2}},
    {"a guest that has no author", AUTHOR, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .is_unsigned = true,
     .status = KC_EAR_WARNING, .want = {0, 2, 33, 32, 2}},
    {"a guest of a TCB of zeros", ZERO_TCB, KC_VERDICT_ACCEPTED, KC_TEE_SNP,
     .status = KC_EAR_WARNING, .want = {0, 2, 2, 32, 2}},
    {"a guest on a known chip", CHIP, KC_VERDICT_ACCEPTED, KC_TEE_SNP, .status = KC_EAR_WARNING,
     .want = {2, 2, 2, 32, 2}},
    {"a trust domain by its system", SYSTEM, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true,
     .status = KC_EAR_AFFIRMING, .want = {0, 2, 2, 2, 2}},
    {"relaunch and configuration", DOMAIN, KC_VERDICT_ACCEPTED, KC_TEE_TDX, .has_tcb = true,
     .tcb = KC_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, .status = KC_EAR_WARNING,
     .want = {0, 32, 2, 32, 2}},

    {"another enclave", ENCLAVE, KC_VERDICT_REFUSED, .has_tcb = true,
     .failure = {{"policy.mrenclave", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 2, 96, 2, 2}},
    {"an old version", SIGNER, KC_VERDICT_REFUSED, .has_tcb = true,
     .failure = {{"policy.min_isv_svn", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 2, 96, 2, 2}},
    {"debug", ENCLAVE, KC_VERDICT_REFUSED, .has_tcb = true, .debug = true,
     .failure = {{"policy.debug", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 96, 2, 2, 96}},
    {"another machine", PLATFORM, KC_VERDICT_REFUSED, .has_tcb = true,
     .failure = {{"policy.platforms", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {97, 2, 2, 2, 2}},
    {"TCB out of date", ENCLAVE, KC_VERDICT_REFUSED, .has_tcb = true, .tcb = KC_TCB_OUT_OF_DATE,
     .failure = {{"policy.tcb", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 2, 2, 96, 2}},
    {"TCB revoked", IGNORING, KC_VERDICT_REFUSED, .has_tcb = true, .tcb = KC_TCB_REVOKED,
     .failure = {{"policy.tcb", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 2, 2, 96, 2}},
    {"an enclave where a guest is wanted", GUEST, KC_VERDICT_REFUSED, .has_tcb = true,
     .failure = {{"policy.measurement", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 2, 96, 2, 2}},
    {"a bit that nobody knows", GUEST, KC_VERDICT_REFUSED, KC_TEE_SNP,
     .failure = {{"snp.policy.reserved", POLICY}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 96, 2, 32, 2}},
    {"refused, and the TCB unknown", ENCLAVE, KC_VERDICT_REFUSED, .debug = true,
     .failure = {{"policy.debug", POLICY}, {"policy.tcb", MISSING}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 96, 2, 0, 96}},

    {"no collateral", PLATFORM, KC_VERDICT_UNJUDGED, .genuine = true,
     .failure = {{"policy.tcb", MISSING}}, .status = KC_EAR_NONE, .want = {0, 0, 0, 0, 0}},
    {"no collateral, any enclave", NULL, KC_VERDICT_UNJUDGED, .genuine = true, .debug = true,
     .failure = {{"policy.tcb", MISSING}}, .status = KC_EAR_NONE, .want = {0, 0, 0, 0, 0}},
    {"no chain", ENCLAVE, KC_VERDICT_UNJUDGED, .failure = {{"chain.present", MISSING}},
     .status = KC_EAR_NONE, .want = {0, 0, 0, 0, 0}},
    {"a form that is not judged", ENCLAVE, KC_VERDICT_UNJUDGED,
     .failure = {{"evidence.supported", MISSING}}, .status = KC_EAR_NONE, .want = {0, 0, 0, 1, 0}},
    {"a revocation list of another time", NEW_GUEST, KC_VERDICT_UNJUDGED, KC_TEE_SNP,
     .failure = {{"snp.crl.dates", MISSING}}, .status = KC_EAR_NONE, .want = {0, 0, 0, 0, 0}},
    {"no memory", ENCLAVE, KC_VERDICT_UNJUDGED, .failure = {{"verifier.memory", MISSING}},
     .status = KC_EAR_NONE, .want = {0, 0, 0, -1, 0}},

    {"forged", ENCLAVE, KC_VERDICT_INVALID, .failure = {{"quote.signature", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"malformed", ENCLAVE, KC_VERDICT_INVALID, .failure = {{"evidence.shape", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"revoked", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"collateral.pck.revoked", FALSE_}, {"collateral.crl.root.absent", MISSING}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 0, 96, 0}},
    {"a guest whose chain is revoked", NEW_GUEST, KC_VERDICT_INVALID, KC_TEE_SNP,
     .failure = {{"snp.chain.revoked", FALSE_}}, .is_stopped = true,
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 0, 96, 0}},
    {"a revocation list that is not AMD's", NEW_GUEST, KC_VERDICT_INVALID, KC_TEE_SNP,
     .failure = {{"snp.crl", FALSE_}}, .is_stopped = true, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 0, 99, 99, 0}},
    {"revoked and forged", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"collateral.pck.revoked", FALSE_}, {"collateral.tcb_info.signature", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"below every level", ENCLAVE, KC_VERDICT_INVALID, .failure = {{"tcb.level", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 0, 97, 0}},
    {"another TDX module", DOMAIN, KC_VERDICT_INVALID, KC_TEE_TDX,
     .failure = {{"tcb.module.mrsigner", FALSE_}}, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 0, 0, 97, 0}},
    {"another Quoting Enclave", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"qe.mrsigner", FALSE_}, {"qe.isv_prod_id", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 0, 97, 0}},
    {"another Quoting Enclave, without a chain", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"qe.mrsigner", FALSE_}, {"chain.present", MISSING}}, .is_stopped = true,
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"below every level and revoked", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"collateral.pck.revoked", FALSE_}, {"tcb.level", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 0, 97, 0}},
    {"below every level and more than there is room for", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"tcb.level", FALSE_}}, .overflowed = true, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 0, 99, 99, 0}},
    {"another Quoting Enclave, and forged", ENCLAVE, KC_VERDICT_INVALID,
     .failure = {{"qe.mrsigner", FALSE_}, {"qe.signature", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"a debug Quoting Enclave", ENCLAVE, KC_VERDICT_INVALID, .failure = {{"qe.debug", FALSE_}},
     .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"another TCB than the certificate's", GUEST, KC_VERDICT_INVALID, KC_TEE_SNP,
     .failure = {{"snp.tcb", FALSE_}}, .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"no quote", ENCLAVE, KC_VERDICT_INVALID, .failure = {{"quote.shape", FALSE_}},
     .is_stopped = true, .status = KC_EAR_CONTRAINDICATED, .want = {0, 0, 99, 99, 0}},
    {"invalid, and nobody says why", ENCLAVE, KC_VERDICT_INVALID, .status = KC_EAR_CONTRAINDICATED,
     .want = {0, 0, 99, 99, 0}},
};

static const enum kc_ear_claim wanted[] = {KC_EAR_INSTANCE_IDENTITY, KC_EAR_CONFIGURATION,
                                           KC_EAR_EXECUTABLES, KC_EAR_HARDWARE,
                                           KC_EAR_RUNTIME_OPAQUE};

static void fill(const struct row *row, struct kc_verdict *v, struct kc_policy *policy)
{
    struct kc_policy_error error;
    memset(v, 0, sizeof *v);
    *policy = kc_policy_default;
    if (row->policy != NULL &&
        kc_policy_parse(kc_bytes_of_text(row->policy), policy, &error) != KC_OK)
        fail_msg("%s: %s %s", row->name, error.key, error.what);
    v->kind = row->kind;
    v->genuine =
        row->genuine || row->kind == KC_VERDICT_ACCEPTED || row->kind == KC_VERDICT_REFUSED;
    for (size_t i = 0; i < KC_STAGE_COUNT && !row->is_stopped; i++)
        v->stage[i] = KC_STAGE_HOLDS;
    v->overflowed = row->overflowed;
    v->has_format = true;
    v->format = "sgx-quote-v3";
    v->tee = kc_tee_name(row->tee);
    v->facts.tee = row->tee;
    v->facts.report.attributes.flags = row->debug ? KC_SGX_FLAG_DEBUG : 0;
    v->facts.td.td_attributes = row->debug ? KC_TD_ATTRIBUTES_DEBUG : 0;
    v->facts.snp.report.policy = row->debug ? KC_SNP_POLICY_DEBUG : 0;
    memset(v->facts.snp.report.id_key_digest, row->is_unsigned ? 0 : 0x11, 48);
    memset(v->facts.snp.report.author_key_digest, row->is_unsigned ? 0 : 0x11, 48);
    v->facts.has_tcb = row->has_tcb;
    v->facts.tcb.is_whole = true;
    v->facts.tcb.status = row->tcb;
    for (size_t i = 0; i < COUNT_OF(row->failure) && row->failure[i].check != NULL; i++)
        v->failure[v->failure_count++] =
            (struct kc_verdict_failure){row->failure[i].check, row->failure[i].weight, "", "", ""};
}

/* What no verdict may be: better than its kind, or than the worst part. And where it is
 * contraindicated, the vector says so by itself. */
static void expect_honest(const char *name, enum kc_verdict_kind kind,
                          const struct kc_ear_appraisal *a)
{
    static const struct {
        enum kc_ear_tier best;
        enum kc_ear_tier worst;
    } of[] = {
        [KC_VERDICT_INVALID] = {KC_EAR_CONTRAINDICATED, KC_EAR_CONTRAINDICATED},
        [KC_VERDICT_UNJUDGED] = {KC_EAR_NONE, KC_EAR_NONE},
        [KC_VERDICT_REFUSED] = {KC_EAR_CONTRAINDICATED, KC_EAR_CONTRAINDICATED},
        [KC_VERDICT_ACCEPTED] = {KC_EAR_AFFIRMING, KC_EAR_WARNING},
    };
    if (a->status < of[kind].best || a->status > of[kind].worst)
        fail_msg("%s: %s is %s", name, kc_verdict_kind_name(kind), kc_ear_tier_name(a->status));
    bool is_told = a->status != KC_EAR_CONTRAINDICATED;
    for (size_t i = 0; i < KC_EAR_CLAIM_COUNT; i++) {
        is_told = is_told || a->claim[i] >= 96;
        bool worse = (a->claim[i] >= 96 && a->status < KC_EAR_CONTRAINDICATED) ||
                     (a->claim[i] >= 32 && a->status < KC_EAR_WARNING);
        if (worse)
            fail_msg("%s: %s is %d", name, kc_ear_claim_name((enum kc_ear_claim)i), a->claim[i]);
    }
    if (!is_told)
        fail_msg("%s: the vector alone reads better", name);
}

static void test_appraisal(void **state)
{
    (void)state;
    struct kc_verdict *v = malloc(sizeof *v);
    struct kc_policy *policy = malloc(sizeof *policy);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_ear_appraisal a;
        fill(&rows[i], v, policy);
        kc_ear_appraise(v, policy, &a);
        if (a.status != rows[i].status)
            fail_msg("%s: %s", rows[i].name, kc_ear_tier_name(a.status));
        for (size_t k = 0; k < COUNT_OF(wanted); k++) {
            if (a.claim[wanted[k]] != rows[i].want[k])
                fail_msg("%s: %s is %d, not %d", rows[i].name, kc_ear_claim_name(wanted[k]),
                         a.claim[wanted[k]], rows[i].want[k]);
        }
        expect_honest(rows[i].name, rows[i].kind, &a);
    }
    free(policy);
    free(v);
}

/* Every clause that refuses is held against some part of the attester. */
static void test_every_clause(void **state)
{
    (void)state;
    struct kc_verdict *v = malloc(sizeof *v);
    struct kc_policy *policy = malloc(sizeof *policy);
    for (size_t i = 0; i < kc_clause_count; i++) {
        struct kc_ear_appraisal before;
        struct kc_ear_appraisal after;
        struct row row = {kc_clauses[i].check, PLATFORM, KC_VERDICT_ACCEPTED, .has_tcb = true};
        fill(&row, v, policy);
        kc_ear_appraise(v, policy, &before);
        row.kind = KC_VERDICT_REFUSED;
        row.failure[0].check = kc_clauses[i].check;
        row.failure[0].weight = POLICY;
        fill(&row, v, policy);
        kc_ear_appraise(v, policy, &after);
        if (memcmp(before.claim, after.claim, sizeof after.claim) == 0)
            fail_msg("%s changes nothing", kc_clauses[i].check);
        expect_honest(row.name, row.kind, &after);
    }
    free(policy);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appraisal),
        cmocka_unit_test(test_every_clause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
