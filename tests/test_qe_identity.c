#include "folder.h"
#include "formats/qe_identity.h"
#include "mutate.h"

#define LEVELS                                                                                     \
    "[{\"tcb\":{\"isvsvn\":5},\"tcbDate\":\"2020-11-11T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","   \
    "\"advisoryIDs\":[\"TEST-1\",\"TEST-22\"]},"                                                   \
    "{\"tcb\":{\"isvsvn\":8},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"    \
    "{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2018-08-15T00:00:00Z\",\"tcbStatus\":\"Revoked\"}]"
#define INNER                                                                                      \
    "{\"id\":\"QE\",\"version\":2,\"issueDate\":\"2025-08-15T04:36:46Z\","                         \
    "\"nextUpdate\":\"2025-09-14T04:36:46Z\",\"tcbEvaluationDataNumber\":17,"                      \
    "\"miscselect\":\"01020304\",\"miscselectMask\":\"FFFFFFFE\","                                 \
    "\"attributes\":\"11000000000000000000000000000000\","                                         \
    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","                                     \
    "\"mrsigner\":\"8C00000000000000000000000000000000000000000000000000000000000BFF\","           \
    "\"isvprodid\":1,\"tcbLevels\":" LEVELS "}"
#define SIGNATURE                                                                                  \
    "6f00000000000000000000000000000000000000000000000000000000000001"                             \
    "0000000000000000000000000000000000000000000000000000000000000022"

static const char whole[] = "{\"enclaveIdentity\":" INNER ",\"signature\":\"" SIGNATURE "\"}";

static void test_fields(void **state)
{
    (void)state;
    struct kc_qe_identity id;
    assert_int_equal(kc_qe_identity_decode(kc_bytes_of_text(whole), &id, NULL), KC_OK);
    assert_int_equal(id.id, KC_QE_IDENTITY_QE);
    assert_int_equal(id.issue_date, 1755232606);
    assert_int_equal(id.next_update, 1757824606);
    assert_int_equal(id.evaluation_number, 17);
    assert_memory_equal(id.misc_select, "\x01\x02\x03\x04", 4);
    assert_memory_equal(id.misc_select_mask, "\xff\xff\xff\xfe", 4);
    assert_int_equal(id.attributes[0], 0x11);
    assert_int_equal(id.attributes_mask[0], 0xfb);
    assert_int_equal(id.mrsigner[0], 0x8c);
    assert_int_equal(id.mrsigner[31], 0xff);
    assert_int_equal(id.isv_prod_id, 1);
    assert_int_equal(id.body.signed_part.len, strlen(INNER));
    assert_memory_equal(id.body.signed_part.ptr, INNER, strlen(INNER));
    assert_int_equal(id.body.signature[0], 0x6f);
    assert_int_equal(id.body.signature[63], 0x22);
}

static void test_levels(void **state)
{
    (void)state;
    struct kc_qe_identity id;
    assert_int_equal(kc_qe_identity_decode(kc_bytes_of_text(whole), &id, NULL), KC_OK);
    assert_int_equal(id.levels.count, 3);
    assert_int_equal(id.levels.level[0].isv_svn, 5);
    assert_int_equal(id.levels.level[0].rating.date, 1605052800);
    assert_int_equal(id.levels.level[2].rating.status, KC_TCB_REVOKED);
    assert_memory_equal(id.levels.order, "\x01\x00\x02", 3);

    struct kc_bytes rest = id.levels.level[0].rating.advisories;
    struct kc_bytes advisory = {NULL, 0};
    assert_true(kc_tcb_rating_next_advisory(&rest, &advisory));
    assert_true(kc_bytes_equal(advisory, kc_bytes_of_text("TEST-1")));
    assert_true(kc_tcb_rating_next_advisory(&rest, &advisory));
    assert_true(kc_bytes_equal(advisory, kc_bytes_of_text("TEST-22")));
    assert_false(kc_tcb_rating_next_advisory(&rest, &advisory));
    rest = id.levels.level[1].rating.advisories;
    assert_false(kc_tcb_rating_next_advisory(&rest, &advisory));
}

#define UNSUPPORTED KC_ERR_UNSUPPORTED
#define MALFORMED   KC_ERR_MALFORMED

static const struct {
    const char *from;
    const char *to;
    enum kc_err err; /* KC_OK: the change does no harm */
    const char *what;
} changes[] = {
    {"\"QE\"", "\"TD_QE\"", KC_OK, ""},
    {"\"version\":2", " \"version\" :\n2\t", KC_OK, ""},
    {"\"isvprodid\":1,", "\"isvprodid\":1,\"news\":{\"a\":[null]},", KC_OK, ""},
    {",\"advisoryIDs\":[\"TEST-1\",\"TEST-22\"]", ",\"advisoryIDs\":[]", KC_OK, ""},
    {SIGNATURE "\"}", SIGNATURE "\"}\n", KC_OK, ""},
    {SIGNATURE "\"}", SIGNATURE "\"}\n}", MALFORMED, "JSON: text after the end"},
    {"{\"enclave", "{\"Enclave", MALFORMED,
     "collateral: a member beside the signed object and its signature"},
    {"{\"enclaveIdentity\":" INNER ",", "{", MALFORMED,
     "collateral: not of the expected kind (the signed object is missing)"},
    {",\"signature\":\"" SIGNATURE "\"", "", MALFORMED, "collateral: no signature"},
    {"{\"enclave", "{\"a\":1,\"enclave", MALFORMED,
     "collateral: a member beside the signed object and its signature"},
    {"\"signature\":\"6f", "\"signature\":\"6f6f", MALFORMED,
     "JSON: not hexadecimal of the right length"},
    {"\"signature\":\"6f", "\"signature\":\"", MALFORMED,
     "JSON: not hexadecimal of the right length"},
    {"\"signature\":\"6f", "\"signature\":\"x0", MALFORMED,
     "JSON: not hexadecimal of the right length"},
    {"\"QE\"", "\"QVE\"", UNSUPPORTED, "QE identity: id is neither QE nor TD_QE"},
    {"\"QE\"", "\"qe\"", UNSUPPORTED, "QE identity: id is neither QE nor TD_QE"},
    {"\"QE\"", "1", MALFORMED, "JSON: a string is expected here"},
    {"\"version\":2", "\"version\":1", UNSUPPORTED, "QE identity: version is not 2"},
    {"\"version\":2", "\"version\":3", UNSUPPORTED, "QE identity: version is not 2"},
    {"\"version\":2", "\"version\":\"2\"", MALFORMED, "JSON: a whole number is expected here"},
    {"\"version\":2", "\"version\":2,\"version\":2", MALFORMED,
     "JSON: the same name twice in one object"},
    {"2025-08-15T", "2025-08-32T", MALFORMED, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ"},
    {"2025-09-14T", "2025-09-14 ", MALFORMED, "JSON: not a date of the form YYYY-MM-DDThh:mm:ssZ"},
    {"Number\":17", "Number\":4294967296", MALFORMED, "JSON: number out of range"},
    {"Number\":17", "Number\":-1", MALFORMED, "JSON: a whole number is expected here"},
    {"\"01020304\"", "\"010203\"", MALFORMED, "JSON: not hexadecimal of the right length"},
    {"\"FFFFFFFE\"", "\"FFFFFFFE00\"", MALFORMED, "JSON: not hexadecimal of the right length"},
    {"\"FB", "\"", MALFORMED, "JSON: not hexadecimal of the right length"},
    {"\"8C", "\"8", MALFORMED, "JSON: not hexadecimal of the right length"},
    {"isvprodid\":1", "isvprodid\":65536", MALFORMED, "JSON: number out of range"},
    {"isvsvn\":5", "isvsvn\":65536", MALFORMED, "JSON: number out of range"},
    {"isvsvn\":5", "isvsvn\":8", MALFORMED, "collateral: two levels of the same isvsvn"},
    {"{\"isvsvn\":5}", "{}", MALFORMED, "collateral: a level's tcb without isvsvn"},
    {"\"tcb\":{\"isvsvn\":5},", "", MALFORMED,
     "collateral: a level without tcb, tcbDate or tcbStatus"},
    {"\"tcbDate\":\"2020-11-11T00:00:00Z\",", "", MALFORMED,
     "collateral: a level without tcb, tcbDate or tcbStatus"},
    {"\"tcbStatus\":\"OutOfDate\",", "", MALFORMED,
     "collateral: a level without tcb, tcbDate or tcbStatus"},
    {"\"OutOfDate\"", "\"Fine\"", MALFORMED, "collateral: unknown tcbStatus"},
    {"\"OutOfDate\"", "\"uptodate\"", MALFORMED, "collateral: unknown tcbStatus"},
    {"\"OutOfDate\"", "\"\"", MALFORMED, "collateral: unknown tcbStatus"},
    {"\"OutOfDate\"", "null", MALFORMED, "JSON: a string is expected here"},
    {"\"OutOfDate\"", "\"TDRelaunchAdvised\"", MALFORMED, "collateral: unknown tcbStatus"},
    {"\"OutOfDate\"", "\"SWHardeningNeeded\"", MALFORMED,
     "collateral: a tcbStatus that an enclave or module cannot have"},
    {"\"TEST-1\"", "\"\"", MALFORMED, "collateral: an advisory id that is empty or too long"},
    {"\"TEST-1\"", "\"1234567890123456789012345678901234567890123456789012345678901234x\"",
     MALFORMED, "collateral: an advisory id that is empty or too long"},
    {"\"TEST-1\"", "1", MALFORMED, "JSON: a string is expected here"},
    {"[\"TEST-1\",\"TEST-22\"]", "{}", MALFORMED, "JSON: a list is expected here"},
    {LEVELS, "[]", MALFORMED, "collateral: no levels at all"},
    {LEVELS, "{}", MALFORMED, "JSON: a list is expected here"},
    {LEVELS, "[1]", MALFORMED, "JSON: an object is expected here"},
    {"\"id\":\"QE\",", "", MALFORMED, "QE identity: no id"},
    {"\"version\":2,", "", MALFORMED, "QE identity: no version"},
    {"\"issueDate\":\"2025-08-15T04:36:46Z\",", "", MALFORMED, "QE identity: no issueDate"},
    {"\"nextUpdate\":\"2025-09-14T04:36:46Z\",", "", MALFORMED, "QE identity: no nextUpdate"},
    {"\"tcbEvaluationDataNumber\":17,", "", MALFORMED, "QE identity: no tcbEvaluationDataNumber"},
    {"\"miscselect\":\"01020304\",", "", MALFORMED, "QE identity: no miscselect"},
    {"\"miscselectMask\":\"FFFFFFFE\",", "", MALFORMED, "QE identity: no miscselectMask"},
    {"\"attributes\":\"11000000000000000000000000000000\",", "", MALFORMED,
     "QE identity: no attributes"},
    {"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",", "", MALFORMED,
     "QE identity: no attributesMask"},
    {"\"mrsigner\":\"8C00000000000000000000000000000000000000000000000000000000000BFF\",", "",
     MALFORMED, "QE identity: no mrsigner"},
    {"\"isvprodid\":1,", "", MALFORMED, "QE identity: no isvprodid"},
    {",\"tcbLevels\":" LEVELS, "", MALFORMED, "QE identity: no tcbLevels"},
    {INNER, "[]", MALFORMED, "JSON: an object is expected here"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct kc_qe_identity id;
        struct kc_error error = KC_ERROR_NONE;
        char *text = test_replace(whole, changes[i].from, changes[i].to);
        enum kc_err err = kc_qe_identity_decode(kc_bytes_of_text(text), &id, &error);
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("row %zu ('%s'): %s, '%s'", i, changes[i].to, kc_error_name(err), error.what);
        free(text);
    }
}

/* `count` levels, or one level with `count` advisories. */
static char *many(size_t count, bool advisories)
{
    char *list = calloc(count + 1, 128);
    size_t n = (size_t)sprintf(list, "[");
    if (advisories)
        n += (size_t)sprintf(list + n, "{\"tcb\":{\"isvsvn\":1},\"tcbStatus\":\"UpToDate\","
                                       "\"tcbDate\":\"2020-11-11T00:00:00Z\",\"advisoryIDs\":[");
    for (size_t i = 0; i < count; i++) {
        const char *comma = i == 0 ? "" : ",";
        if (advisories)
            n += (size_t)sprintf(list + n, "%s\"A-%zu\"", comma, i);
        else
            n += (size_t)sprintf(list + n,
                                 "%s{\"tcb\":{\"isvsvn\":%zu},\"tcbStatus\":\"UpToDate\","
                                 "\"tcbDate\":\"2020-11-11T00:00:00Z\"}",
                                 comma, i);
    }
    sprintf(list + n, advisories ? "]}]" : "]");
    char *text = test_replace(whole, LEVELS, list);
    free(list);
    return text;
}

static const struct {
    size_t count;
    bool advisories;
    const char *what;
} lengths[] = {
    {KC_SVN_LEVELS_MAX, false, ""},
    {KC_SVN_LEVELS_MAX + 1, false, "collateral: too many levels"},
    {KC_ADVISORIES_MAX, true, ""},
    {KC_ADVISORIES_MAX + 1, true, "collateral: too many advisoryIDs in one level"},
};

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct kc_qe_identity id;
        struct kc_error error = KC_ERROR_NONE;
        char *text = many(lengths[i].count, lengths[i].advisories);
        enum kc_err err = kc_qe_identity_decode(kc_bytes_of_text(text), &id, &error);
        assert_int_equal(err, lengths[i].what[0] == '\0' ? KC_OK : KC_ERR_MALFORMED);
        assert_string_equal(error.what, lengths[i].what);
        free(text);
    }
    uint8_t *huge = calloc(1, KC_SIGNED_JSON_MAX_SIZE + 1);
    struct kc_qe_identity id;
    struct kc_error error = KC_ERROR_NONE;
    memset(huge, ' ', KC_SIGNED_JSON_MAX_SIZE + 1);
    assert_int_equal(
        kc_qe_identity_decode(kc_bytes_of(huge, KC_SIGNED_JSON_MAX_SIZE + 1), &id, &error),
        KC_ERR_MALFORMED);
    assert_string_equal(error.what, "collateral: too large");
    free(huge);
}

/* Every prefix is refused. */
static void test_short(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(whole); n++) {
        struct kc_qe_identity id;
        assert_int_equal(kc_qe_identity_decode(kc_bytes_of(whole, n), &id, NULL), KC_ERR_MALFORMED);
    }
}

/* Intel's own, of every case that has one. */
static void test_genuine(void **state)
{
    (void)state;
    size_t count = 0;
    char **names = test_list(SHARED_VECTOR("dcap"));
    if (names == NULL)
        skip();
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[512];
        struct kc_qe_identity id;
        struct kc_error error = KC_ERROR_NONE;
        size_t len = 0;
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/qe_identity.json"), names[i]);
        uint8_t *body = test_read_file(path, &len);
        if (body == NULL)
            continue;
        if (kc_qe_identity_decode(kc_bytes_of(body, len), &id, &error) != KC_OK)
            fail_msg("%s: %s at %d", names[i], error.what, (int)error.at);
        bool tdx = strncmp(names[i] + (names[i][0] == 'i' ? 10 : 0), "tdx", 3) == 0;
        assert_int_equal(id.id, tdx ? KC_QE_IDENTITY_TD_QE : KC_QE_IDENTITY_QE);
        if (names[i][0] != 'i')
            assert_int_equal(id.isv_prod_id, tdx ? 2 : 1);
        assert_int_equal(id.next_update - id.issue_date > 0, 1);
        assert_int_equal(id.levels.order[0], 0);
        free(body);
        count++;
    }
    test_list_free(names);
    assert_true(count >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),  cmocka_unit_test(test_levels),
        cmocka_unit_test(test_changes), cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_short),   cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
