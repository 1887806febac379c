/* Levels, convergence and identities: what verify/tcb.h says of platforms made up for it. */
#include "tcb_platform.h"

static struct kc_tcb judge(const struct platform *p)
{
    struct kc_tcb tcb;
    struct kc_tcb_input input = {&p->pck,  &p->qe,   p->is_tdx ? &p->td : NULL,
                                 p->is_15, &p->info, &p->identity};
    kc_tcb_judge(&input, &tcb);
    return tcb;
}

/* "UpToDate", or every failed check. */
static void expect(const char *name, const struct platform *p, const char *want)
{
    char got[512] = "";
    struct kc_tcb tcb = judge(p);
    for (size_t i = 0; i < tcb.fault_count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i == 0 ? "" : " ",
                 tcb.fault[i].check);
    if (tcb.fault_count == 0)
        snprintf(got, sizeof got, "%s", kc_tcb_status_name(tcb.status));
    else
        assert_int_equal(tcb.status, KC_TCB_REVOKED);
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s, not %s", name, got, want);
}

/* Statuses of the platform, of the module by its SVN and of the QE by its SVN. */
static void converges(void **state)
{
    (void)state;
    static const struct {
        const char *platform;
        uint8_t module; /* 5, 3, 2: UpToDate, OutOfDate, Revoked */
        uint8_t qe;     /* 8, 6, 4: likewise */
        const char *want;
    } rows[] = {
        {"UpToDate", 5, 8, "UpToDate"},
        {"SWHardeningNeeded", 5, 8, "SWHardeningNeeded"},
        {"ConfigurationNeeded", 5, 8, "ConfigurationNeeded"},
        {"ConfigurationAndSWHardeningNeeded", 5, 8, "ConfigurationAndSWHardeningNeeded"},
        {"OutOfDate", 5, 8, "OutOfDate"},
        {"OutOfDateConfigurationNeeded", 5, 8, "OutOfDateConfigurationNeeded"},
        {"Revoked", 5, 8, "Revoked"},
        {"UpToDate", 3, 8, "OutOfDate"},
        {"SWHardeningNeeded", 3, 8, "OutOfDate"},
        {"ConfigurationNeeded", 3, 8, "OutOfDateConfigurationNeeded"},
        {"ConfigurationAndSWHardeningNeeded", 3, 8, "OutOfDateConfigurationNeeded"},
        {"OutOfDate", 3, 8, "OutOfDate"},
        {"OutOfDateConfigurationNeeded", 3, 8, "OutOfDateConfigurationNeeded"},
        {"Revoked", 3, 8, "Revoked"},
        {"UpToDate", 5, 6, "OutOfDate"},
        {"SWHardeningNeeded", 5, 6, "OutOfDate"},
        {"ConfigurationNeeded", 5, 6, "OutOfDateConfigurationNeeded"},
        {"ConfigurationAndSWHardeningNeeded", 5, 6, "OutOfDateConfigurationNeeded"},
        {"OutOfDateConfigurationNeeded", 5, 6, "OutOfDateConfigurationNeeded"},
        {"UpToDate", 2, 8, "Revoked"},
        {"OutOfDate", 2, 8, "Revoked"},
        {"UpToDate", 5, 4, "Revoked"},
        {"OutOfDateConfigurationNeeded", 3, 4, "Revoked"},
        {"Revoked", 5, 6, "Revoked"},
        {"Revoked", 2, 4, "Revoked"},
    };
    struct platform *p = malloc(sizeof *p);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct level level = one_level[0];
        level.status = rows[i].platform;
        make(p, true);
        p->is_15 = false; /* no relaunch */
        set_levels(p, &level, 1);
        p->td.tee_tcb_svn[0] = rows[i].module;
        p->qe.isv_svn = rows[i].qe;
        expect(rows[i].platform, p, rows[i].want);
        if (rows[i].module != 5)
            continue;
        make(p, false);
        set_levels(p, &level, 1);
        p->qe.isv_svn = rows[i].qe;
        expect(rows[i].platform, p, rows[i].want);
    }
    free(p);
}

static const struct level ladder[] = {
    {{9, 2, 0}, 13, {0, 0, 6}, "UpToDate"},
    {{7, 2, 1}, 13, {0, 0, 6}, "SWHardeningNeeded"},
    {{7, 2, 0}, 15, {0, 0, 6}, "ConfigurationNeeded"},
    {{7, 2, 0}, 13, {4, 0, 6}, "ConfigurationAndSWHardeningNeeded"},
    {{7, 2, 0}, 13, {4, 0, 5}, "OutOfDateConfigurationNeeded"},
    {{7, 2, 0}, 11, {0, 0, 0}, "OutOfDate"},
};

/* SVNs of the platform, and which rung of the ladder it stands on; -1: below all. */
static void matches_levels(void **state)
{
    (void)state;
    static const struct {
        uint8_t sgx[3];
        uint16_t pce;
        uint8_t tdx[3];
        bool is_tdx;
        int level;
        const char *sgx_platform;
    } rows[] = {
        {{9, 2, 0}, 13, {0, 0, 6}, true, 0, "UpToDate"},
        {{8, 2, 1}, 13, {0, 0, 6}, true, 1, "SWHardeningNeeded"},
        {{8, 2, 0}, 15, {0, 0, 6}, true, 2, "ConfigurationNeeded"},
        {{8, 9, 0}, 14, {4, 0, 6}, true, 3, "ConfigurationAndSWHardeningNeeded"},
        {{8, 9, 0}, 14, {4, 0, 5}, true, 4, "ConfigurationAndSWHardeningNeeded"},
        {{9, 2, 0}, 13, {3, 0, 5}, true, 5, "UpToDate"},
        {{9, 1, 9}, 99, {9, 0, 9}, true, -1, NULL},
        {{6, 9, 9}, 99, {9, 0, 9}, true, -1, NULL},
        {{9, 9, 9}, 10, {9, 0, 9}, true, -1, NULL},
        /* From module version 1 on, the first two TDX components count no more. */
        {{7, 2, 0}, 13, {3, 1, 6}, true, 3, "ConfigurationAndSWHardeningNeeded"},
        {{7, 2, 0}, 13, {3, 1, 5}, true, 4, "ConfigurationAndSWHardeningNeeded"},
        {{7, 2, 0}, 13, {3, 0, 6}, true, 5, "ConfigurationAndSWHardeningNeeded"},
        /* SGX has none at all. */
        {{9, 2, 0}, 13, {0, 0, 0}, false, 0, "UpToDate"},
        {{7, 2, 0}, 13, {0, 0, 0}, false, 3, "ConfigurationAndSWHardeningNeeded"},
        {{7, 2, 0}, 12, {0, 0, 0}, false, 4, "OutOfDate"},
    };
    static const struct level sgx_ladder[] = {
        {{9, 2, 0}, 13, {0}, "UpToDate"},
        {{7, 2, 1}, 13, {0}, "SWHardeningNeeded"},
        {{7, 2, 0}, 15, {0}, "ConfigurationNeeded"},
        {{7, 2, 0}, 13, {0}, "ConfigurationAndSWHardeningNeeded"},
        {{7, 2, 0}, 11, {0}, "OutOfDate"},
    };
    struct platform *p = malloc(sizeof *p);
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        size_t row = i / 2;
        const struct level *from = rows[row].is_tdx ? ladder : sgx_ladder;
        size_t count = rows[row].is_tdx ? COUNT_OF(ladder) : COUNT_OF(sgx_ladder);
        struct level turned[COUNT_OF(ladder)];
        for (size_t k = 0; k < count; k++) /* as sorted, and from the end */
            turned[k] = from[i % 2 == 0 ? k : count - 1 - k];
        make(p, rows[row].is_tdx);
        set_levels(p, turned, count);
        memcpy(p->pck.component_svn, rows[row].sgx, 3);
        p->pck.pce_svn = rows[row].pce;
        memcpy(p->td.tee_tcb_svn, rows[row].tdx, 3);
        struct kc_tcb tcb = judge(p);
        if (rows[row].level < 0) {
            assert_int_equal(tcb.fault_count, 1);
            assert_string_equal(tcb.fault[0].check, "tcb.level");
            assert_null(tcb.platform);
            continue;
        }
        if (tcb.fault_count > 0 || tcb.level != (size_t)rows[row].level ||
            strcmp(kc_tcb_status_name(tcb.platform->status), from[tcb.level].status) != 0 ||
            strcmp(kc_tcb_status_name(tcb.sgx_platform), rows[row].sgx_platform) != 0)
            fail_msg("row %zu: %s, level %zu, SGX %s", row,
                     tcb.fault_count > 0 ? tcb.fault[0].check : "good", tcb.level,
                     kc_tcb_status_name(tcb.sgx_platform));
    }
    free(p);
}

/* Which module runs now (TEE_TCB_SVN2) under a domain that began under an old one of SVN 3. */
static void advises_relaunch(void **state)
{
    (void)state;
    static const struct {
        const char *platform;
        uint8_t now[3];
        uint8_t qe;
        bool is_15;
        const char *want;
    } rows[] = {
        {"UpToDate", {5, 1, 6}, 8, true, "TDRelaunchAdvised"},
        {"SWHardeningNeeded", {6, 1, 7}, 8, true, "TDRelaunchAdvised"},
        {"ConfigurationNeeded", {5, 1, 6}, 8, true, "TDRelaunchAdvisedConfigurationNeeded"},
        {"ConfigurationAndSWHardeningNeeded",
         {5, 1, 6},
         8,
         true,
         "TDRelaunchAdvisedConfigurationNeeded"},
        {"UpToDate", {2, 3, 6}, 8, true, "TDRelaunchAdvised"}, /* module 3 */
        {"UpToDate", {1, 3, 6}, 8, true, "OutOfDate"},
        {"UpToDate", {4, 1, 6}, 8, true, "OutOfDate"},         /* that is old too */
        {"UpToDate", {5, 1, 5}, 8, true, "OutOfDate"},         /* so is the microcode */
        {"UpToDate", {0, 0, 6}, 8, true, "TDRelaunchAdvised"}, /* version 0: the level's own */
        {"UpToDate", {0, 0, 5}, 8, true, "OutOfDate"},
        {"UpToDate", {5, 1, 6}, 8, false, "OutOfDate"},
        {"UpToDate", {5, 1, 6}, 6, true, "OutOfDate"},
        {"UpToDate", {5, 1, 6}, 4, true, "Revoked"},
        {"OutOfDate", {5, 1, 6}, 8, true, "OutOfDate"},
        {"OutOfDateConfigurationNeeded", {5, 1, 6}, 8, true, "OutOfDateConfigurationNeeded"},
        {"Revoked", {5, 1, 6}, 8, true, "Revoked"},
        {"UpToDate", {9, 2, 9}, 8, true, "tcb.module.identity"}, /* not known */
    };
    struct platform *p = malloc(sizeof *p);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct level level = one_level[0];
        level.status = rows[i].platform;
        make(p, true);
        set_levels(p, &level, 1);
        p->is_15 = rows[i].is_15;
        p->td.tee_tcb_svn[0] = 3;
        memcpy(p->td.tee_tcb_svn2, rows[i].now, 3);
        p->qe.isv_svn = rows[i].qe;
        expect(rows[i].platform, p, rows[i].want);
    }
    free(p);
}

typedef void spoil_fn(struct platform *p);

static void fmspc(struct platform *p)
{
    p->pck.fmspc[5] ^= 1;
}

static void pce_id(struct platform *p)
{
    p->pck.pce_id[0] ^= 1;
}

static void tcb_info_of_sgx(struct platform *p)
{
    static const struct level level = {{0}, 0, {0}, "UpToDate"};
    p->is_tdx = false;
    set_levels(p, &level, 1);
    p->is_tdx = true;
}

static void tcb_info_of_tdx(struct platform *p)
{
    p->is_tdx = true;
    set_levels(p, one_level, 1);
    p->is_tdx = false;
}

static void identity_of_the_other(struct platform *p)
{
    p->identity.id = p->is_tdx ? KC_QE_IDENTITY_QE : KC_QE_IDENTITY_TD_QE;
}

static void misc_select(struct platform *p)
{
    p->qe.misc_select |= 0x01000000;
}

static void attributes_flag(struct platform *p)
{
    p->qe.attributes.flags |= KC_SGX_FLAG_DEBUG;
}

static void attributes_second_byte(struct platform *p)
{
    p->qe.attributes.flags |= 0x8000;
}

static void attributes_missing(struct platform *p)
{
    p->qe.attributes.flags &= ~(uint64_t)0x10;
}

/* Masks cover the report, never what is wanted of it (Intel's QVL). */
static void expected_outside_the_mask(struct platform *p)
{
    p->identity.attributes[15] = 1;
}

static void mrsigner(struct platform *p)
{
    p->qe.mrsigner[31] ^= 1;
}

static void prod_id(struct platform *p)
{
    p->qe.isv_prod_id = 1;
}

static void qe_below(struct platform *p)
{
    p->qe.isv_svn = 3;
}

static void module_signer(struct platform *p)
{
    p->td.mrsignerseam[47] = 1;
}

static void module_0_signer(struct platform *p)
{
    p->td.tee_tcb_svn[1] = 0;
    p->info.level[0].tdx[1] = 0;
    p->td.mrsignerseam[0] = 1;
}

static void module_attributes(struct platform *p)
{
    p->td.seam_attributes[0] = 1;
}

/* Even where the identity asks for it. */
static void module_attributes_wanted(struct platform *p)
{
    p->td.seam_attributes[0] = 1;
    p->info.tdx_identities.identity[0].module.attributes[0] = 1;
}

static void module_attributes_not_had(struct platform *p)
{
    p->info.tdx_identities.identity[0].module.attributes[0] = 1;
}

static void module_unknown(struct platform *p)
{
    p->td.tee_tcb_svn[1] = 2;
}

static void module_below(struct platform *p)
{
    p->td.tee_tcb_svn[0] = 1;
}

static void microcode_below(struct platform *p)
{
    p->td.tee_tcb_svn[2] = 5;
}

static void two_at_once(struct platform *p)
{
    fmspc(p);
    mrsigner(p);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        bool is_tdx;
        spoil_fn *spoil;
        const char *checks;
    } rows[] = {
        {false, fmspc, "tcb.fmspc"},
        {true, fmspc, "tcb.fmspc"},
        {false, pce_id, "tcb.pce_id"},
        {true, tcb_info_of_sgx, "tcb.tee"},
        {false, tcb_info_of_tdx, "tcb.tee"},
        {true, identity_of_the_other, "tcb.qe.tee"},
        {false, identity_of_the_other, "tcb.qe.tee"},
        {false, misc_select, "tcb.qe.misc_select"},
        {false, attributes_flag, "tcb.qe.attributes"},
        {false, attributes_second_byte, "tcb.qe.attributes"},
        {false, attributes_missing, "tcb.qe.attributes"},
        {false, expected_outside_the_mask, "tcb.qe.attributes"},
        {true, mrsigner, "tcb.qe.mrsigner"},
        {false, prod_id, "tcb.qe.isv_prod_id"},
        {false, qe_below, "tcb.qe.level"},
        {true, module_signer, "tcb.module.mrsigner"},
        {true, module_0_signer, "tcb.module.mrsigner"},
        {true, module_attributes, "tcb.module.attributes"},
        {true, module_attributes_wanted, "tcb.module.attributes"},
        {true, module_attributes_not_had, "tcb.module.attributes"},
        {true, module_unknown, "tcb.module.identity"},
        {true, module_below, "tcb.module.level"},
        {true, microcode_below, "tcb.level"},
        {false, two_at_once, "tcb.fmspc tcb.qe.mrsigner"},
    };
    struct platform *p = malloc(sizeof *p);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make(p, rows[i].is_tdx);
        expect("unspoilt", p, "UpToDate");
        rows[i].spoil(p);
        expect(rows[i].checks, p, rows[i].checks);
    }
    free(p);
}

/* The PCK's components are what counts, not its raw CPUSVN nor the QE report's. */
static void leaves_cpu_svn_alone(void **state)
{
    (void)state;
    struct platform *p = malloc(sizeof *p);
    make(p, false);
    memset(p->pck.cpu_svn, 0xff, sizeof p->pck.cpu_svn);
    memset(p->qe.cpu_svn, 0xff, sizeof p->qe.cpu_svn);
    p->pck.component_svn[0] = 6;
    expect("low components", p, "tcb.level");
    memset(p->pck.cpu_svn, 0, sizeof p->pck.cpu_svn);
    p->pck.component_svn[0] = 7;
    struct kc_tcb tcb = judge(p);
    assert_int_equal(tcb.status, KC_TCB_UP_TO_DATE);
    assert_int_equal(tcb.tcb_info_evaluation_number, 17);
    assert_int_equal(tcb.qe_identity_evaluation_number, 16);
    assert_null(tcb.module);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converges),
        cmocka_unit_test(matches_levels),
        cmocka_unit_test(advises_relaunch),
        cmocka_unit_test(refuses),
        cmocka_unit_test(leaves_cpu_svn_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
