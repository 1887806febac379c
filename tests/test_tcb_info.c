#include "folder.h"
#include "formats/tcb_info.h"
#include "mutate.h"

#define C(n)  "{\"svn\":" n "}"
#define C4(n) C(n) "," C(n) "," C(n) "," C(n)
#define C16(n)                                                                                     \
    "[{\"svn\":" n                                                                                 \
    ",\"category\":\"BIOS\"}," C4(n) "," C4(n) "," C4(n) "," C(n) "," C(n) "," C(n) "]"

#define HEAD                                                                                       \
    "\"version\":3,\"issueDate\":\"2025-02-26T10:37:20Z\","                                        \
    "\"nextUpdate\":\"2025-03-28T10:37:20Z\",\"fmspc\":\"90c06F00000a\",\"pceId\":\"0102\","       \
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":18,"
#define RATED(date, status) "\"tcbDate\":\"" date "T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

/* Levels out of order on purpose. */
#define SGX_LEVEL(n, pce, status)                                                                  \
    "{\"tcb\":{\"sgxtcbcomponents\":" C16(n) ",\"pcesvn\":" pce "}," RATED("2024-11-13", status)
#define SGX_LEVELS                                                                                 \
    "[" SGX_LEVEL("2", "5", "OutOfDate") "," SGX_LEVEL("3", "13", "UpToDate") "," SGX_LEVEL(       \
        "2", "13", "SWHardeningNeeded") "," SGX_LEVEL("0", "65535", "Revoked") "]"
#define SGX_INNER "{\"id\":\"SGX\"," HEAD "\"tcbLevels\":" SGX_LEVELS "}"

#define MRSIGNER                                                                                   \
    "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000"     \
    "00000099"
#define MODULE                                                                                     \
    "\"mrsigner\":\"" MRSIGNER "\",\"attributes\":\"0200000000000000\","                           \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFE\""
#define IDENTITY(id)                                                                               \
    "{\"id\":\"" id "\"," MODULE ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":4}," RATED(                 \
        "2024-03-13", "OutOfDate") ",{\"tcb\":{\"isvsvn\":6}," RATED("2024-11-13",                 \
                                                                     "UpToDate") "]}"
#define IDENTITIES "[" IDENTITY("TDX_03") "," IDENTITY("TDX_aB") "]"
#define TDX_LEVEL(n, pce, tdx)                                                                     \
    "{\"tcb\":{\"sgxtcbcomponents\":" C16(n) ",\"pcesvn\":" pce ",\"tdxtcbcomponents\":" C16(      \
        tdx) "}," RATED("2024-11-13", "UpToDate")
#define TDX_LEVELS                                                                                 \
    "[" TDX_LEVEL("2", "5", "7") "," TDX_LEVEL("2", "5", "8") "," TDX_LEVEL("1", "5", "9") "]"
#define TDX_INNER                                                                                  \
    "{\"id\":\"TDX\"," HEAD "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":" IDENTITIES       \
    ",\"tcbLevels\":" TDX_LEVELS "}"

#define F(i, n)              "\"sgxtcbcomp" i "svn\":" n ","
#define F4(d, i, j, k, l, n) F(d i, n) F(d j, n) F(d k, n) F(d l, n)
#define FLAT(n, pce)                                                                               \
    "{\"tcb\":{" F4("0", "1", "2", "3", "4", n) F4("0", "5", "6", "7", "8", n) F("09", n)          \
        F4("1", "0", "1", "2", "3", n) F("14", n) F("15", n)                                       \
            F("16", n) "\"pcesvn\":" pce "}," RATED("2024-03-13", "SWHardeningNeeded")
#define V2_INNER                                                                                   \
    "{\"version\":2,\"issueDate\":\"2025-02-26T10:37:20Z\","                                       \
    "\"nextUpdate\":\"2025-03-28T10:37:20Z\",\"fmspc\":\"90c06F00000a\",\"pceId\":\"0000\","       \
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":18,\"tcbLevels\":[" FLAT("9", "7") "]}"

#define SIGNATURE                                                                                  \
    "6f00000000000000000000000000000000000000000000000000000000000001"                             \
    "0000000000000000000000000000000000000000000000000000000000000022"
#define WHOLE(inner) "{\"tcbInfo\":" inner ",\"signature\":\"" SIGNATURE "\"}"

static const char *const sgx = WHOLE(SGX_INNER);
static const char *const tdx = WHOLE(TDX_INNER);
static const char *const v2 = WHOLE(V2_INNER);

static struct kc_tcb_info info; /* large for a stack */

static void decode(const char *text)
{
    struct kc_error error = KC_ERROR_NONE;
    if (kc_tcb_info_decode(kc_bytes_of_text(text), &info, &error) != KC_OK)
        fail_msg("%s at %d", error.what, (int)error.at);
}

static void test_sgx(void **state)
{
    (void)state;
    decode(sgx);
    assert_int_equal(info.tee, KC_TCB_INFO_SGX);
    assert_int_equal(info.version, 3);
    assert_int_equal(info.issue_date, 1740566240);
    assert_int_equal(info.next_update, 1743158240);
    assert_memory_equal(info.fmspc, "\x90\xc0\x6f\x00\x00\x0a", 6);
    assert_memory_equal(info.pce_id, "\x01\x02", 2);
    assert_int_equal(info.evaluation_number, 18);
    assert_int_equal(info.tdx_identities.count, 0);
    assert_int_equal(info.level_count, 4);
    assert_int_equal(info.level[0].sgx[0], 2);
    assert_int_equal(info.level[0].sgx[15], 2);
    assert_int_equal(info.level[0].pce_svn, 5);
    assert_int_equal(info.level[0].rating.status, KC_TCB_OUT_OF_DATE);
    assert_int_equal(info.level[0].rating.date, 1731456000);
    assert_int_equal(info.level[3].pce_svn, 65535);
    assert_int_equal(info.level[3].rating.status, KC_TCB_REVOKED);
    assert_memory_equal(info.order, "\x01\x02\x00\x03", 4);
    assert_int_equal(info.body.signed_part.len, strlen(SGX_INNER));
    assert_memory_equal(info.body.signed_part.ptr, SGX_INNER, strlen(SGX_INNER));
    assert_int_equal(info.body.signature[63], 0x22);
}

static void test_tdx(void **state)
{
    (void)state;
    decode(tdx);
    assert_int_equal(info.tee, KC_TCB_INFO_TDX);
    assert_int_equal(info.tdx_module.mrsigner[0], 1);
    assert_int_equal(info.tdx_module.mrsigner[47], 0x99);
    assert_int_equal(info.tdx_module.attributes[0], 2);
    assert_int_equal(info.tdx_module.attributes_mask[7], 0xfe);
    assert_int_equal(info.level[2].tdx[15], 9);
    assert_memory_equal(info.order, "\x01\x00\x02", 3);
    assert_int_equal(info.tdx_identities.count, 2);
    const struct kc_tdx_identity *identity = &info.tdx_identities.identity[1];
    assert_int_equal(identity->version, 0xab);
    assert_int_equal(identity->module.mrsigner[47], 0x99);
    assert_int_equal(identity->levels.count, 2);
    assert_int_equal(identity->levels.level[0].isv_svn, 4);
    assert_memory_equal(identity->levels.order, "\x01\x00", 2);
}

static void test_version_2(void **state)
{
    (void)state;
    decode(v2);
    assert_int_equal(info.tee, KC_TCB_INFO_SGX);
    assert_int_equal(info.version, 2);
    assert_int_equal(info.level_count, 1);
    for (int i = 0; i < 16; i++)
        assert_int_equal(info.level[0].sgx[i], 9);
    assert_int_equal(info.level[0].pce_svn, 7);
    assert_int_equal(info.level[0].rating.status, KC_TCB_SW_HARDENING_NEEDED);
}

static const struct {
    const char *a;
    const char *b;
    int order;
} comparisons[] = {
    {"\x02\x01", "\x02\x01", 0},
    {"\x03\x01", "\x02\x09", -1},
    {"\x02\x01", "\x02\x02", 1},
};

static void test_compare(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(comparisons); i++) {
        struct kc_tcb_level a = {.pce_svn = 5};
        struct kc_tcb_level b = {.pce_svn = 5};
        memcpy(a.sgx, comparisons[i].a, 2);
        memcpy(b.sgx, comparisons[i].b, 2);
        int order = kc_tcb_info_compare_levels(&a, &b);
        assert_int_equal((order > 0) - (order < 0), comparisons[i].order);
    }
    struct kc_tcb_level high = {.pce_svn = 65535};
    struct kc_tcb_level low = {.pce_svn = 0, .tdx = {1}};
    assert_true(kc_tcb_info_compare_levels(&high, &low) < 0);
    assert_true(kc_tcb_info_compare_levels(&low, &high) > 0);
    high.pce_svn = 0;
    assert_true(kc_tcb_info_compare_levels(&high, &low) > 0);
}

#define UNSUPPORTED KC_ERR_UNSUPPORTED
#define MALFORMED   KC_ERR_MALFORMED

static const struct {
    const char *const *base;
    const char *from;
    const char *to;
    enum kc_err err; /* KC_OK: the change does no harm */
    const char *what;
} changes[] = {
    {&sgx, "\"pceId\"", "\"news\":[1,{\"a\":2}],\"pceId\"", KC_OK, ""},
    {&sgx, "\"BIOS\"", "\"OS\\/VMM\"", KC_OK, ""},
    {&tdx, IDENTITIES, "[]", KC_OK, ""},
    {&tdx, ",\"tdxModuleIdentities\":" IDENTITIES, "", KC_OK, ""},
    {&sgx, "\"tcbInfo\"", "\"enclaveIdentity\"", MALFORMED,
     "collateral: a member beside the signed object and its signature"},
    {&sgx, "\"id\":\"SGX\"", "\"id\":\"sgx\"", UNSUPPORTED, "TCB info: id is neither SGX nor TDX"},
    {&sgx, "\"id\":\"SGX\"", "\"id\":null", MALFORMED, "JSON: a string is expected here"},
    {&sgx, "\"id\":\"SGX\",", "", MALFORMED,
     "TCB info: version 3 without id or with components of version 2"},
    {&sgx, "\"id\":\"SGX\"", "\"id\":\"TDX\"", MALFORMED, "TCB info: of TDX, without tdxModule"},
    {&tdx, "\"id\":\"TDX\"", "\"id\":\"SGX\"", MALFORMED, "TCB info: of SGX, with members of TDX"},
    {&sgx, "\"pceId\"", "\"tdxModuleIdentities\":[],\"pceId\"", MALFORMED,
     "TCB info: of SGX, with members of TDX"},
    {&sgx, SGX_LEVELS, TDX_LEVELS, MALFORMED, "TCB info: of SGX, with members of TDX"},
    {&tdx, TDX_LEVELS, SGX_LEVELS, MALFORMED,
     "TCB info: of TDX, with a level without TDX components"},
    {&tdx, TDX_LEVEL("1", "5", "9"), SGX_LEVEL("1", "5", "UpToDate"), MALFORMED,
     "TCB info: of TDX, with a level without TDX components"},
    {&tdx, "\"tdxModule\":{" MODULE "},", "", MALFORMED, "TCB info: of TDX, without tdxModule"},
    {&sgx, "\"version\":3", "\"version\":1", UNSUPPORTED, "TCB info: version is neither 2 nor 3"},
    {&sgx, "\"version\":3", "\"version\":4", UNSUPPORTED, "TCB info: version is neither 2 nor 3"},
    {&sgx, "\"version\":3", "\"version\":2", MALFORMED,
     "TCB info: version 2 with members of version 3"},
    {&v2, "\"version\":2", "\"version\":3", MALFORMED,
     "TCB info: version 3 without id or with components of version 2"},
    {&v2, "\"version\":2", "\"version\":2,\"id\":\"SGX\"", MALFORMED,
     "TCB info: version 2 with members of version 3"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "\"sgxtcbcomp17svn\":9,", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "\"sgxtcbcomp00svn\":9,", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "\"sgxtcbcomp0:svn\":9,", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "\"sgxtcbcomp07svn\":9,\"sgxtcbcomp07svn\":9,", MALFORMED,
     "JSON: the same name twice in one object"},
    {&v2, "\"sgxtcbcomp07svn\":9,", "\"sgxtcbcomp07svn\":256,", MALFORMED,
     "JSON: number out of range"},
    {&v2, "\"pcesvn\":7", "\"sgxtcbcomponents\":" C16("1") ",\"pcesvn\":7", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&sgx, "2025-02-26", "2025-02-29", MALFORMED,
     "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ"},
    {&sgx, "2025-03-28T10:37:20Z", "2025-03-28T10:37:20", MALFORMED,
     "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ"},
    {&sgx, "90c06F00000a", "90c06F0000", MALFORMED, "JSON: not hexadecimal of the right length"},
    {&sgx, "90c06F00000a", "90c06F00000a00", MALFORMED,
     "JSON: not hexadecimal of the right length"},
    {&sgx, "\"0102\"", "\"1 02\"", MALFORMED, "JSON: not hexadecimal of the right length"},
    {&sgx, "\"0102\"", "102", MALFORMED, "JSON: a string is expected here"},
    {&sgx, "\"tcbType\":0", "\"tcbType\":1", UNSUPPORTED, "TCB info: tcbType is not 0"},
    {&sgx, "Number\":18", "Number\":18.0", MALFORMED, "JSON: number out of range"},
    {&sgx, "Number\":18", "Number\":4294967296", MALFORMED, "JSON: number out of range"},
    {&sgx, "\"pcesvn\":5", "\"pcesvn\":65536", MALFORMED, "JSON: number out of range"},
    {&sgx, "\"pcesvn\":5", "\"pcesvn\":\"5\"", MALFORMED, "JSON: a whole number is expected here"},
    {&sgx, ",\"pcesvn\":5", "", MALFORMED, "TCB info: a level without pcesvn"},
    {&sgx, "\"pcesvn\":5", "\"pcesvn\":13", MALFORMED, "TCB info: two levels of the same TCB"},
    {&tdx, C16("8"), C16("7"), MALFORMED, "TCB info: two levels of the same TCB"},
    {&sgx, C16("2"), "[]", MALFORMED, "TCB info: fewer than 16 components"},
    {&sgx, C("2") "]", "{\"svn\":2},{\"svn\":2}]", MALFORMED, "TCB info: more than 16 components"},
    {&sgx, "," C("2") "]", "]", MALFORMED, "TCB info: fewer than 16 components"},
    {&sgx, C("2"), "{\"svn\":256}", MALFORMED, "JSON: number out of range"},
    {&sgx, C("2"), "{\"svn\":-1}", MALFORMED, "JSON: a whole number is expected here"},
    {&sgx, C("2"), "{}", MALFORMED, "TCB info: a component without svn"},
    {&sgx, C("2"), "2", MALFORMED, "JSON: an object is expected here"},
    {&sgx, "\"sgxtcbcomponents\"", "\"SgxTcbComponents\"", MALFORMED,
     "TCB info: SGX components incomplete, or in two forms"},
    {&tdx, "\"tdxtcbcomponents\"", "\"sgxtcbcomponents\"", MALFORMED,
     "JSON: the same name twice in one object"},
    {&sgx, "\"OutOfDate\"", "\"Up To Date\"", MALFORMED, "collateral: unknown tcbStatus"},
    {&sgx, "\"OutOfDate\"", "\"TDRelaunchAdvisedConfigurationNeeded\"", MALFORMED,
     "collateral: unknown tcbStatus"},
    {&sgx, ",\"tcbStatus\":\"OutOfDate\"", "", MALFORMED,
     "TCB info: a level without tcb, tcbDate or tcbStatus"},
    {&sgx, "\"tcbDate\":\"2024-11-13T00:00:00Z\",", "", MALFORMED,
     "TCB info: a level without tcb, tcbDate or tcbStatus"},
    {&sgx, "\"tcb\":{", "\"bct\":{", MALFORMED,
     "TCB info: a level without tcb, tcbDate or tcbStatus"},
    {&sgx, SGX_LEVELS, "[]", MALFORMED, "TCB info: no levels at all"},
    {&sgx, SGX_LEVELS, "null", MALFORMED, "JSON: a list is expected here"},
    {&tdx, "TDX_03", "TDX_3", MALFORMED,
     "TCB info: the id of a TDX module identity is not TDX_ and two digits"},
    {&tdx, "TDX_03", "TDX_0x", MALFORMED,
     "TCB info: the id of a TDX module identity is not TDX_ and two digits"},
    {&tdx, "TDX_03", "tdx_03", MALFORMED,
     "TCB info: the id of a TDX module identity is not TDX_ and two digits"},
    {&tdx, "TDX_03", "TDX_Ab", MALFORMED, "TCB info: two TDX module identities of the same id"},
    {&tdx, "{\"id\":\"TDX_03\",", "{", MALFORMED, "TCB info: TDX module identity without id"},
    {&tdx, "\"TDX_03\",\"mrsigner\"", "\"TDX_03\",\"signer\"", MALFORMED,
     "TCB info: TDX module identity without mrsigner"},
    {&tdx, "FFFFFFFFFFFFFFFE\",\"tcbLevels\"", "FFFFFFFFFFFFFFFE\",\"levels\"", MALFORMED,
     "TCB info: TDX module identity without tcbLevels"},
    {&tdx, "{\"isvsvn\":4}", "{\"isvsvn\":6}", MALFORMED,
     "collateral: two levels of the same isvsvn"},
    {&tdx, "\"OutOfDate\"", "\"ConfigurationNeeded\"", MALFORMED,
     "collateral: a tcbStatus that an enclave or module cannot have"},
    {&tdx, "\"tdxModule\":{\"mrsigner\"", "\"tdxModule\":{\"signer\"", MALFORMED,
     "TCB info: tdxModule without mrsigner"},
    {&tdx, ",\"attributes\":\"0200000000000000\"", "", MALFORMED,
     "TCB info: tdxModule without attributes"},
    {&tdx, ",\"attributesMask\":\"FFFFFFFFFFFFFFFE\"", "", MALFORMED,
     "TCB info: tdxModule without attributesMask"},
    {&tdx, MRSIGNER, "01", MALFORMED, "JSON: not hexadecimal of the right length"},
    {&tdx, "\"0200000000000000\"", "\"02000000000000\"", MALFORMED,
     "JSON: not hexadecimal of the right length"},
    {&sgx, "\"version\":3,", "", MALFORMED, "TCB info: no version"},
    {&sgx, "\"issueDate\":\"2025-02-26T10:37:20Z\",", "", MALFORMED, "TCB info: no issueDate"},
    {&sgx, "\"nextUpdate\":\"2025-03-28T10:37:20Z\",", "", MALFORMED, "TCB info: no nextUpdate"},
    {&sgx, "\"fmspc\":\"90c06F00000a\",", "", MALFORMED, "TCB info: no fmspc"},
    {&sgx, "\"pceId\":\"0102\",", "", MALFORMED, "TCB info: no pceId"},
    {&sgx, "\"tcbType\":0,", "", MALFORMED, "TCB info: no tcbType"},
    {&sgx, "\"tcbEvaluationDataNumber\":18,", "", MALFORMED,
     "TCB info: no tcbEvaluationDataNumber"},
    {&sgx, ",\"tcbLevels\":" SGX_LEVELS, "", MALFORMED, "TCB info: no tcbLevels"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct kc_error error = KC_ERROR_NONE;
        char *text = test_replace(*changes[i].base, changes[i].from, changes[i].to);
        enum kc_err err = kc_tcb_info_decode(kc_bytes_of_text(text), &info, &error);
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("row %zu ('%s'): %s, '%s'", i, changes[i].to, kc_error_name(err), error.what);
        free(text);
    }
}

/* `count` levels, or so many TDX module identities. */
static char *many(size_t count, bool identities)
{
    static const char level[] = SGX_LEVEL("1", "00001", "UpToDate");
    static const char identity[] = IDENTITY("TDX_03");
    char *list = calloc(count + 1, sizeof level + sizeof identity);
    size_t n = (size_t)sprintf(list, "[");
    for (size_t i = 0; i < count; i++) {
        char id[8];
        char svn[40];
        snprintf(id, sizeof id, "TDX_%02X", (unsigned)i);
        snprintf(svn, sizeof svn, "\"pcesvn\":%zu", i);
        char *one = identities ? test_replace(identity, "TDX_03", id)
                               : test_replace(level, "\"pcesvn\":00001", svn);
        n += (size_t)sprintf(list + n, "%s%s", i == 0 ? "" : ",", one);
        free(one);
    }
    sprintf(list + n, "]");
    char *text =
        identities ? test_replace(tdx, IDENTITIES, list) : test_replace(sgx, SGX_LEVELS, list);
    free(list);
    return text;
}

static const struct {
    size_t count;
    bool identities;
    const char *what;
} lengths[] = {
    {KC_TCB_LEVELS_MAX, false, ""},
    {KC_TCB_LEVELS_MAX + 1, false, "TCB info: too many levels"},
    {KC_TDX_IDENTITIES_MAX, true, ""},
    {KC_TDX_IDENTITIES_MAX + 1, true, "TCB info: too many TDX module identities"},
};

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct kc_error error = KC_ERROR_NONE;
        char *text = many(lengths[i].count, lengths[i].identities);
        enum kc_err err = kc_tcb_info_decode(kc_bytes_of_text(text), &info, &error);
        assert_int_equal(err, lengths[i].what[0] == '\0' ? KC_OK : KC_ERR_MALFORMED);
        assert_string_equal(error.what, lengths[i].what);
        free(text);
    }
    /* The lowest came first: the order turns all of them around. */
    char *text = many(KC_TCB_LEVELS_MAX, false);
    decode(text);
    for (size_t i = 0; i < KC_TCB_LEVELS_MAX; i++)
        assert_int_equal(info.order[i], KC_TCB_LEVELS_MAX - 1 - i);
    free(text);
}

/* Every prefix is refused. */
static void test_short(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(tdx); n++)
        assert_int_equal(kc_tcb_info_decode(kc_bytes_of(tdx, n), &info, NULL), KC_ERR_MALFORMED);
}

/* Intel's own, of every case that has one: all are sorted already. */
static void test_genuine(void **state)
{
    (void)state;
    size_t count = 0;
    char **names = test_list(SHARED_VECTOR("dcap"));
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[512];
        size_t len = 0;
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/tcb_info.json"), names[i]);
        uint8_t *body = test_read_file(path, &len);
        if (body == NULL)
            continue;
        struct kc_error error = KC_ERROR_NONE;
        enum kc_err err = kc_tcb_info_decode(kc_bytes_of(body, len), &info, &error);
        free(body);
        if (strcmp(names[i], "intel-qvl-tdx4-sample") == 0) {
            /* Made up by a random generator: its components go up to 65535. */
            assert_string_equal(error.what, "JSON: number out of range");
            continue;
        }
        if (err != KC_OK)
            fail_msg("%s: %s at %d", names[i], error.what, (int)error.at);
        bool is_tdx = strncmp(names[i] + (names[i][0] == 'i' ? 10 : 0), "tdx", 3) == 0;
        assert_int_equal(info.tee, is_tdx ? KC_TCB_INFO_TDX : KC_TCB_INFO_SGX);
        for (size_t k = 0; k < info.level_count; k++)
            assert_int_equal(info.order[k], k);
        count++;
    }
    test_list_free(names);
    assert_true(count >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgx),       cmocka_unit_test(test_tdx),
        cmocka_unit_test(test_version_2), cmocka_unit_test(test_compare),
        cmocka_unit_test(test_changes),   cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_short),     cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
