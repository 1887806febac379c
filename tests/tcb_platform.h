/* A platform and its collateral, made up for the judgement of TCB levels: decoded, unsigned. */
#ifndef KC_TESTS_TCB_PLATFORM_H
#define KC_TESTS_TCB_PLATFORM_H

#include "test.h"

#include "verify/tcb.h"

#define ZEROS_48 "000000000000000000000000000000000000000000000000"
#define SIGNATURE                                                                                  \
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000"             \
    "000000000000000000000000000000000000000000000000"

struct platform {
    struct kc_pck_extension pck;
    struct kc_sgx_report_body qe;
    struct kc_td_report td;
    bool is_tdx;
    bool is_15;
    struct kc_tcb_info info;
    struct kc_qe_identity identity;
};

/* The first three components, PCE SVN and status of a level. */
struct level {
    int sgx[3];
    int pce;
    int tdx[3];
    const char *status;
};

static void print_components(FILE *out, const char *name, const int first[3])
{
    fprintf(out, "\"%s\":[", name);
    for (int i = 0; i < 16; i++)
        fprintf(out, "%s{\"svn\":%d}", i == 0 ? "" : ",", i < 3 ? first[i] : 0);
    fputs("]", out);
}

/* Modules 1 (UpToDate from 5, OutOfDate from 3, Revoked from 2) and 3 (UpToDate from 2). */
static void print_modules(FILE *out)
{
    static const char mod[] =
        "\"mrsigner\":\"" ZEROS_48 ZEROS_48
        "\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"";
    static const char of[] = ",\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":";
    fprintf(out, "\"tdxModule\":{%s},\"tdxModuleIdentities\":[", mod);
    fprintf(out, "{\"id\":\"TDX_01\",%s,\"tcbLevels\":[", mod);
    fprintf(out, "{\"tcb\":{\"isvsvn\":2}%s\"Revoked\"},", of);
    fprintf(out, "{\"tcb\":{\"isvsvn\":5}%s\"UpToDate\"},", of);
    fprintf(out, "{\"tcb\":{\"isvsvn\":3}%s\"OutOfDate\",\"advisoryIDs\":[\"M-1\"]}]},", of);
    fprintf(out, "{\"id\":\"TDX_03\",%s,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":2}%s\"UpToDate\"}]}],",
            mod, of);
}

static void set_levels(struct platform *p, const struct level *levels, size_t count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct kc_error error = KC_ERROR_NONE;
    fprintf(out,
            "{\"tcbInfo\":{\"id\":\"%s\",\"version\":3,\"issueDate\":\"2025-01-01T00:00:00Z\","
            "\"nextUpdate\":\"2025-02-01T00:00:00Z\",\"fmspc\":\"00906ED50000\",\"pceId\":\"0001\","
            "\"tcbType\":0,\"tcbEvaluationDataNumber\":17,",
            p->is_tdx ? "TDX" : "SGX");
    if (p->is_tdx)
        print_modules(out);
    fputs("\"tcbLevels\":[", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? "{\"tcb\":{" : ",{\"tcb\":{", out);
        print_components(out, "sgxtcbcomponents", levels[i].sgx);
        if (p->is_tdx) {
            fputs(",", out);
            print_components(out, "tdxtcbcomponents", levels[i].tdx);
        }
        fprintf(out, ",\"pcesvn\":%d},\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"}",
                levels[i].pce, levels[i].status);
    }
    fputs("]},\"signature\":\"" SIGNATURE "\"}", out);
    fclose(out);
    if (kc_tcb_info_decode(kc_bytes_of(text, len), &p->info, &error) != KC_OK)
        fail_msg("%s at %llu of %s", error.what, (unsigned long long)error.at, text);
    /* No advisories in these levels: nothing points into the text but the signed part. */
    for (size_t i = 0; i < p->info.tdx_identities.count; i++) {
        for (size_t k = 0; k < p->info.tdx_identities.identity[i].levels.count; k++)
            p->info.tdx_identities.identity[i].levels.level[k].rating.advisories.len = 0;
    }
    free(text);
}

/* The QE's levels: UpToDate from 8, OutOfDate from 6, Revoked from 4. */
static void set_identity(struct platform *p)
{
    static const struct {
        uint16_t svn;
        enum kc_tcb_status status;
    } levels[] = {{4, KC_TCB_REVOKED}, {8, KC_TCB_UP_TO_DATE}, {6, KC_TCB_OUT_OF_DATE}};
    p->identity = (struct kc_qe_identity){
        .id = p->is_tdx ? KC_QE_IDENTITY_TD_QE : KC_QE_IDENTITY_QE,
        .evaluation_number = 16,
        .isv_prod_id = 2,
        .misc_select = {1},
        .misc_select_mask = {0xff, 0xff, 0xff, 0xff},
        .attributes = {0x11},
        .attributes_mask = {0xfb, 0xff},
        .mrsigner = {0x8c},
        .levels = {.count = 3, .order = {1, 2, 0}},
    };
    for (size_t i = 0; i < 3; i++) {
        p->identity.levels.level[i].isv_svn = levels[i].svn;
        p->identity.levels.level[i].rating.status = levels[i].status;
    }
}

static const struct level one_level[] = {{{7, 2, 0}, 13, {0, 1, 6}, "UpToDate"}};

/* A platform of which all is UpToDate. */
static void make(struct platform *p, bool is_tdx)
{
    memset(p, 0, sizeof *p);
    p->is_tdx = is_tdx;
    p->is_15 = is_tdx;
    p->pck = (struct kc_pck_extension){
        .component_svn = {7, 2}, .pce_svn = 13, .pce_id = {0, 1}, .fmspc = {0, 0x90, 0x6e, 0xd5}};
    p->qe.misc_select = 1;
    p->qe.attributes.flags = 0x15; /* 0x04 is masked out */
    p->qe.attributes.xfrm = 3;     /* likewise */
    p->qe.mrsigner[0] = 0x8c;
    p->qe.isv_prod_id = 2;
    p->qe.isv_svn = 8;
    memcpy(p->td.tee_tcb_svn, "\5\1\6", 3);
    memcpy(p->td.tee_tcb_svn2, "\5\1\6", 3);
    set_levels(p, one_level, 1);
    set_identity(p);
}

#endif
