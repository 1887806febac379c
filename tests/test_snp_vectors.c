/* Reports of real processors, each with a certificate chain of AMD's. */
#include <jansson.h>

#include "base/hex.h"
#include "base/pem.h"
#include "base/time.h"
#include "folder.h"
#include "verify/snp.h"

#define FOLDER   SHARED_VECTOR("snp")
#define DER_ROOM 8192

struct vector {
    json_t *expect;
    uint8_t *report; /* NULL: there is a chain alone */
    uint8_t *vek;
    uint8_t ca[2][DER_ROOM];
    size_t report_len;
    struct kc_amd_certificates certificates;
};

static uint8_t *read_part(const char *name, const char *file, size_t *len)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "/%s/%s", name, file);
    *len = 0;
    return test_read_file(path, len);
}

/* One chain has lines that end in CR LF, which our PEM has not. */
static void drop_carriage_returns(uint8_t *text, size_t *len)
{
    size_t kept = 0;
    for (size_t i = 0; i < *len; i++) {
        if (text[i] != '\r')
            text[kept++] = text[i];
    }
    *len = kept;
}

static void load(const char *name, struct vector *v)
{
    size_t len = 0;
    struct kc_bytes ca[2];
    char path[1024];
    snprintf(path, sizeof path, FOLDER "/%s/expect.json", name);
    v->expect = json_load_file(path, 0, NULL);
    v->report = read_part(name, "report.bin", &v->report_len);
    v->vek = read_part(name, "vek.der", &len);
    assert_true(v->expect != NULL && v->vek != NULL);
    v->certificates.vek = kc_bytes_of(v->vek, len);
    uint8_t *pem = read_part(name, "ask_ark.pem", &len);
    drop_carriage_returns(pem, &len);
    struct kc_reader r = kc_reader_of(kc_bytes_of(pem, len));
    for (size_t i = 0; i < 2; i++) {
        struct kc_room room = {v->ca[i], DER_ROOM};
        assert_int_equal(kc_pem_read(&r, "CERTIFICATE", room, &len, NULL), KC_OK);
        ca[i] = kc_bytes_of(v->ca[i], len);
    }
    v->certificates.ask = ca[0];
    v->certificates.ark = ca[1];
    free(pem);
}

static void unload(struct vector *v)
{
    json_decref(v->expect);
    free(v->report);
    free(v->vek);
}

static const char *text(const struct vector *v, const char *key)
{
    return json_string_value(json_object_get(v->expect, key));
}

static bool is_good(const struct vector *v)
{
    return strcmp(text(v, "expect"), "must be rejected") != 0;
}

/* Noon of the day on which the leaf's validity begins or ends. */
static int64_t noon(const struct vector *v, bool at_end)
{
    char when[32];
    int64_t out = 0;
    snprintf(when, sizeof when, "%.10sT12:00:00Z", text(v, "vek_valid") + (at_end ? 12 : 0));
    assert_int_equal(kc_time_parse(kc_bytes_of_text(when), &out), KC_OK);
    return out;
}

/* Debug guests are among them, and one that asked at VMPL 1. */
static const struct kc_snp_policy lenient = {.allow_debug = true, .max_vmpl = 1};

static struct kc_snp_input input_of(const struct vector *v)
{
    return (struct kc_snp_input){
        .report = kc_bytes_of(v->report, v->report_len),
        .certificates = v->certificates,
        .roots = kc_amd_chain_roots,
        .root_count = KC_AMD_ROOTS,
        .now = noon(v, false) + 86400,
        .policy = &lenient,
    };
}

static void check_facts(const char *name, const struct vector *v, const struct kc_snp_verdict *got)
{
    const json_t *check = json_object_get(v->expect, "check");
    const json_t *tcb = json_object_get(check, "vek_tcb");
    char chip[17];
    kc_hex_encode_lower(kc_bytes_of(got->report.chip_id, 8), chip);
    assert_string_equal(chip, json_string_value(json_object_get(check, "chip_id")));
    assert_string_equal(kc_snp_report_product_name(got->endorsement.product), text(v, "product"));
    assert_string_equal(got->endorsement.signing_key == KC_SNP_KEY_VLEK ? "VLEK" : "VCEK",
                        text(v, "key"));
    assert_int_equal(got->endorsement.tcb.boot_loader,
                     json_integer_value(json_object_get(tcb, "bl")));
    assert_int_equal(got->endorsement.tcb.tee, json_integer_value(json_object_get(tcb, "tee")));
    assert_int_equal(got->endorsement.tcb.snp, json_integer_value(json_object_get(tcb, "snp")));
    assert_int_equal(got->endorsement.tcb.microcode,
                     json_integer_value(json_object_get(tcb, "ucode")));
    if (got->report.vmpl != json_integer_value(json_object_get(check, "vmpl")))
        fail_msg("%s: VMPL %u", name, got->report.vmpl);
}

static void judge_vector(const char *name, const struct vector *v)
{
    struct kc_snp_verdict got;
    struct kc_snp_input input = input_of(v);
    bool want = is_good(v);
    kc_snp_judge(&input, &got);
    if (got.kind != (want ? KC_VERDICT_ACCEPTED : KC_VERDICT_INVALID))
        fail_msg("%s: %s, %s: %s", name, kc_verdict_kind_name(got.kind),
                 got.first < KC_SNP_CHECK_COUNT ? kc_snp_check_name(got.first) : "",
                 got.first < KC_SNP_CHECK_COUNT ? got.what[got.first] : "");
    printf("%s: %s%s%s\n", name, kc_verdict_kind_name(got.kind), want ? "" : ", ",
           want ? "" : kc_snp_check_name(got.first));
    if (!want)
        return;
    check_facts(name, v, &got);
    input.now = noon(v, false) - 2 * 86400;
    kc_snp_judge(&input, &got);
    assert_int_equal(got.first, KC_SNP_CHECK_CHAIN_DATES);
    input.now = noon(v, true) + 86400;
    kc_snp_judge(&input, &got);
    assert_int_equal(got.first, KC_SNP_CHECK_CHAIN_DATES);
    assert_int_equal(got.kind, KC_VERDICT_INVALID);
}

static void judge_chain(const char *name, const struct vector *v)
{
    struct kc_amd_endorsement got;
    struct kc_amd_chain_verdict verdict =
        kc_amd_chain_verify(&v->certificates, kc_amd_chain_roots, KC_AMD_ROOTS, &got);
    if (verdict.fault != KC_AMD_GOOD)
        fail_msg("%s: %s", name, verdict.what);
    assert_string_equal(kc_snp_report_product_name(got.product), text(v, "product"));
    printf("%s: chain good\n", name);
}

static void each(void (*act)(const char *, struct vector *))
{
    char **names = test_list(FOLDER);
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        struct vector v = {0};
        load(names[i], &v);
        act(names[i], &v);
        unload(&v);
    }
    test_list_free(names);
}

static void act_verdict(const char *name, struct vector *v)
{
    if (v->report != NULL)
        judge_vector(name, v);
    else
        judge_chain(name, v);
}

static void test_vectors(void **state)
{
    (void)state;
    each(act_verdict);
}

/* Every byte of a report that counts: the verdict is never good. */
static void act_report_bytes(const char *name, struct vector *v)
{
    struct kc_amd_endorsement endorsement;
    struct kc_snp_verdict got;
    if (v->report == NULL || !is_good(v))
        return;
    assert_int_equal(
        kc_amd_chain_verify(&v->certificates, kc_amd_chain_roots, KC_AMD_ROOTS, &endorsement).fault,
        KC_AMD_GOOD);
    for (size_t at = 0; at < v->report_len; at += 7) {
        v->report[at] ^= 0x80;
        struct kc_snp_input input = input_of(v);
        kc_snp_judge_endorsed(&input, &endorsement, &got);
        if (got.kind == KC_VERDICT_ACCEPTED || got.genuine)
            fail_msg("%s: byte %zu does not count", name, at);
        v->report[at] ^= 0x80;
    }
}

static void test_report_bytes(void **state)
{
    (void)state;
    each(act_report_bytes);
}

/* Likewise of the certificates. */
static void act_certificate_bytes(const char *name, struct vector *v)
{
    uint8_t *bytes[] = {v->vek, v->ca[0], v->ca[1]};
    const size_t len[] = {v->certificates.vek.len, v->certificates.ask.len,
                          v->certificates.ark.len};
    struct kc_amd_endorsement endorsement;
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < len[i]; at += 13) {
            bytes[i][at] ^= 0x01;
            if (kc_amd_chain_verify(&v->certificates, kc_amd_chain_roots, KC_AMD_ROOTS,
                                    &endorsement)
                    .fault == KC_AMD_GOOD)
                fail_msg("%s: certificate %zu, byte %zu does not count", name, i, at);
            bytes[i][at] ^= 0x01;
        }
    }
}

static void test_certificate_bytes(void **state)
{
    (void)state;
    each(act_certificate_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_report_bytes),
        cmocka_unit_test(test_certificate_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
