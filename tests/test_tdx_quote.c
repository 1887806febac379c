#include <jansson.h>

#include "folder.h"
#include "formats/sgx_quote.h"
#include "formats/tdx_quote.h"

#define CERT_SIZE 5
#define AUTH_SIZE 3
/* From the end of the body: length field, signature, key, outer type and size, QE report and its
 * signature, authentication data, inner type and size, certification data. */
#define TAIL_SIZE (4 + 64 + 64 + 6 + 384 + 64 + 2 + AUTH_SIZE + 6 + CERT_SIZE)

static const uint8_t filler[64] = {1, 2, 3, 4, 5};

static struct kc_tdx_quote make(uint16_t version, enum kc_tdx_quote_body body)
{
    struct kc_tdx_quote quote = {
        .version = version,
        .att_key_type = KC_TDX_ATT_KEY_ECDSA_P256,
        .tee_type = body == KC_TDX_QUOTE_SGX ? KC_TDX_QUOTE_TEE_SGX : KC_TDX_QUOTE_TEE_TDX,
        .qe_svn = 0x1122,
        .pce_svn = 0x3344,
        .body_type = body,
        .signature = {filler, 64},
        .attestation_key = {filler, 64},
        .qe_report_signature = {filler, 64},
        .qe_auth_data = {filler, AUTH_SIZE},
        .cert_data_type = 5,
        .cert_data = {filler, CERT_SIZE},
    };
    memset(quote.qe_vendor_id, 0x93, sizeof quote.qe_vendor_id);
    memset(quote.user_data, 0x55, sizeof quote.user_data);
    memset(quote.qe_report.mrsigner, 0x66, sizeof quote.qe_report.mrsigner);
    if (body == KC_TDX_QUOTE_SGX) {
        memset(quote.sgx.mrenclave, 0x77, sizeof quote.sgx.mrenclave);
        return quote;
    }
    quote.td.td_attributes = KC_TD_ATTRIBUTES_SEPT_VE_DISABLE;
    quote.td.xfam = 0x61ae7;
    memset(quote.td.tee_tcb_svn, 1, sizeof quote.td.tee_tcb_svn);
    memset(quote.td.mrseam, 2, sizeof quote.td.mrseam);
    memset(quote.td.mrsignerseam, 3, sizeof quote.td.mrsignerseam);
    memset(quote.td.seam_attributes, 4, sizeof quote.td.seam_attributes);
    memset(quote.td.mrtd, 5, sizeof quote.td.mrtd);
    memset(quote.td.mrconfigid, 6, sizeof quote.td.mrconfigid);
    memset(quote.td.mrowner, 7, sizeof quote.td.mrowner);
    memset(quote.td.mrownerconfig, 8, sizeof quote.td.mrownerconfig);
    for (int i = 0; i < 4; i++)
        memset(quote.td.rtmr[i], 9 + i, sizeof quote.td.rtmr[i]);
    memset(quote.td.report_data, 13, sizeof quote.td.report_data);
    if (body == KC_TDX_QUOTE_TD15) {
        memset(quote.td.tee_tcb_svn2, 14, sizeof quote.td.tee_tcb_svn2);
        memset(quote.td.mrservicetd, 15, sizeof quote.td.mrservicetd);
    }
    return quote;
}

static size_t encode(const struct kc_tdx_quote *quote, uint8_t out[2048])
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, 2048});
    kc_tdx_quote_encode(&w, quote);
    assert_false(kc_writer_failed(&w));
    return w.len;
}

static const struct {
    uint16_t version;
    enum kc_tdx_quote_body body;
    size_t signed_size;
} shapes[] = {
    {4, KC_TDX_QUOTE_SGX, 432},  {4, KC_TDX_QUOTE_TD10, 632}, {5, KC_TDX_QUOTE_SGX, 438},
    {5, KC_TDX_QUOTE_TD10, 638}, {5, KC_TDX_QUOTE_TD15, 702},
};

static void check_views(const struct kc_tdx_quote *quote, const uint8_t *bytes, size_t signed_size)
{
    const uint8_t *tail = bytes + signed_size + 4;
    assert_ptr_equal(quote->signed_part.ptr, bytes);
    assert_int_equal(quote->signed_part.len, signed_size);
    assert_ptr_equal(quote->signature.ptr, tail);
    assert_ptr_equal(quote->attestation_key.ptr, tail + 64);
    assert_ptr_equal(quote->qe_report_bytes.ptr, tail + 134);
    assert_ptr_equal(quote->qe_report_signature.ptr, tail + 518);
    assert_ptr_equal(quote->qe_auth_data.ptr, tail + 584);
    assert_ptr_equal(quote->cert_data.ptr, tail + 584 + AUTH_SIZE + 6);
    assert_int_equal(quote->cert_data.len, CERT_SIZE);
    assert_int_equal(quote->cert_data_type, 5);
}

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        uint8_t bytes[2048];
        uint8_t again[2048];
        struct kc_tdx_quote in = make(shapes[i].version, shapes[i].body);
        struct kc_tdx_quote out;
        size_t len = encode(&in, bytes);
        assert_int_equal(len, shapes[i].signed_size + TAIL_SIZE);
        assert_int_equal(kc_tdx_quote_decode(kc_bytes_of(bytes, len + 7), &out, NULL), KC_OK);
        check_views(&out, bytes, shapes[i].signed_size);
        assert_int_equal(out.trailing.len, 7);
        assert_int_equal(out.body_type, in.body_type);
        assert_memory_equal(&out.td, &in.td, sizeof in.td);
        assert_memory_equal(out.sgx.mrenclave, in.sgx.mrenclave, 32);
        assert_memory_equal(out.qe_report.mrsigner, in.qe_report.mrsigner, 32);
        assert_int_equal(encode(&out, again), len);
        assert_memory_equal(again, bytes, len);

        struct kc_writer part = kc_writer_of((struct kc_room){again, sizeof again});
        kc_tdx_quote_encode_signed_part(&part, &in);
        assert_true(kc_bytes_equal(kc_writer_written(&part), out.signed_part));
    }
}

/* Offsets of the body's fields, written down apart from the code. */
static const struct {
    size_t at;
    uint8_t value;
} fields[] = {
    {0, 1},    {15, 1},   {16, 2},   {64, 3},   {112, 4},  {119, 4},  {123, 0x10}, {128, 0xe7},
    {130, 6},  {136, 5},  {184, 6},  {232, 7},  {280, 8},  {328, 9},  {376, 10},   {424, 11},
    {472, 12}, {519, 12}, {520, 13}, {583, 13}, {584, 14}, {599, 14}, {600, 15},   {647, 15},
};

static void test_offsets(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct kc_tdx_quote quote = make(5, KC_TDX_QUOTE_TD15);
    (void)encode(&quote, bytes);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        assert_int_equal(bytes[54 + fields[i].at], fields[i].value);
}

/* Every prefix is refused. */
static void test_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        uint8_t bytes[2048];
        struct kc_tdx_quote quote = make(shapes[i].version, shapes[i].body);
        size_t len = encode(&quote, bytes);
        for (size_t n = 0; n < len; n++)
            assert_int_equal(kc_tdx_quote_decode(kc_bytes_of(bytes, n), &quote, NULL),
                             KC_ERR_MALFORMED);
    }
}

#define S 706 /* signature data of version 5 with a TDX 1.5 body */

static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    enum kc_err err;
    const char *what;
} changes[] = {
    {"version 3", 0, 3, KC_ERR_UNSUPPORTED, "quote: the version is neither 4 nor 5"},
    {"version 6", 0, 6, KC_ERR_UNSUPPORTED, "quote: the version is neither 4 nor 5"},
    {"version 0x105", 1, 1, KC_ERR_UNSUPPORTED, "quote: the version is neither 4 nor 5"},
    {"key P-384", 2, 3, KC_ERR_UNSUPPORTED,
     "quote: the attestation key type is not 2 (ECDSA P-256)"},
    {"TEE 0x82", 4, 0x82, KC_ERR_UNSUPPORTED,
     "quote: the TEE type is neither 0 (SGX) nor 0x81 (TDX)"},
    {"TEE 0x181", 5, 1, KC_ERR_UNSUPPORTED,
     "quote: the TEE type is neither 0 (SGX) nor 0x81 (TDX)"},
    {"TEE SGX", 4, 0, KC_ERR_MALFORMED, "quote: the body type does not fit the TEE type"},
    {"body 0", 48, 0, KC_ERR_UNSUPPORTED, "quote: the body type is not 1 to 3"},
    {"body SGX", 48, 1, KC_ERR_MALFORMED, "quote: the body type does not fit the TEE type"},
    {"body TDX 1.0", 48, 2, KC_ERR_MALFORMED, "quote: the body size is not its type's"},
    {"body 4", 48, 4, KC_ERR_UNSUPPORTED, "quote: the body type is not 1 to 3"},
    {"body 0x103", 49, 1, KC_ERR_UNSUPPORTED, "quote: the body type is not 1 to 3"},
    {"body size less", 50, 0x87, KC_ERR_MALFORMED, "quote: the body size is not its type's"},
    {"body size more", 50, 0x89, KC_ERR_MALFORMED, "quote: the body size is not its type's"},
    {"body size huge", 53, 0xff, KC_ERR_MALFORMED, "quote: the body size is not its type's"},
    {"signature data huge", 705, 0xff, KC_ERR_MALFORMED,
     "quote: ends before the end that its length field announces"},
    {"signature data tiny", 703, 0, KC_ERR_MALFORMED,
     "quote: the signature data is too short for its fixed part"},
    {"signature data one less", 702, 0x55, KC_ERR_MALFORMED,
     "quote: the outer certification data does not end where the signature data does"},
    {"outer type 5", S + 128, 5, KC_ERR_UNSUPPORTED,
     "quote: the outer certification data type is not 6"},
    {"outer type 0x106", S + 129, 1, KC_ERR_UNSUPPORTED,
     "quote: the outer certification data type is not 6"},
    {"outer size less", S + 130, 0, KC_ERR_MALFORMED,
     "quote: the outer certification data does not end where the signature data does"},
    {"outer size huge", S + 133, 0xff, KC_ERR_MALFORMED,
     "quote: the outer certification data does not end where the signature data does"},
    {"authentication data less", S + 582, 0, KC_ERR_MALFORMED,
     "quote: the QE report's part is longer than its size field says"},
    {"authentication data huge", S + 583, 0xff, KC_ERR_MALFORMED,
     "quote: the QE report's part is longer than its size field says"},
    {"inner type 0", S + 587, 0, KC_ERR_UNSUPPORTED,
     "quote: the inner certification data type is not 1 to 5"},
    {"inner type 6", S + 587, 6, KC_ERR_UNSUPPORTED,
     "quote: the inner certification data type is not 1 to 5"},
    {"inner type 0x105", S + 588, 1, KC_ERR_UNSUPPORTED,
     "quote: the inner certification data type is not 1 to 5"},
    {"inner type 1", S + 587, 1, KC_OK, ""},
    {"inner type 4", S + 587, 4, KC_OK, ""},
    {"certification data less", S + 589, CERT_SIZE - 1, KC_ERR_MALFORMED,
     "quote: the QE report's part is shorter than its size field says"},
    {"certification data more", S + 589, CERT_SIZE + 1, KC_ERR_MALFORMED,
     "quote: the QE report's part is longer than its size field says"},
    {"certification data huge", S + 592, 0xff, KC_ERR_MALFORMED,
     "quote: the QE report's part is longer than its size field says"},
    {"another vendor", 12, 0, KC_OK, ""},
};

static void test_changes(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct kc_tdx_quote quote = make(5, KC_TDX_QUOTE_TD15);
    size_t len = encode(&quote, bytes);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct kc_error error = KC_ERROR_NONE;
        uint8_t kept = bytes[changes[i].at];
        bytes[changes[i].at] = changes[i].value;
        enum kc_err err = kc_tdx_quote_decode(kc_bytes_of(bytes, len), &quote, &error);
        bytes[changes[i].at] = kept;
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("%s: %s, '%s'", changes[i].name, kc_error_name(err), error.what);
    }
}

static void test_short_signature_data(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct kc_error error = KC_ERROR_NONE;
    struct kc_tdx_quote quote = make(4, KC_TDX_QUOTE_TD10);
    size_t len = encode(&quote, bytes);
    memset(bytes + 632, 0, 4);
    bytes[632] = 133;
    assert_int_equal(kc_tdx_quote_decode(kc_bytes_of(bytes, len), &quote, &error),
                     KC_ERR_MALFORMED);
    assert_string_equal(error.what, "quote: the signature data is too short for its fixed part");
}

static void test_size_limit(void **state)
{
    (void)state;
    static uint8_t chain[KC_TDX_QUOTE_MAX_SIZE];
    static uint8_t bytes[KC_TDX_QUOTE_MAX_SIZE + 1];
    for (size_t more = 0; more < 2; more++) {
        struct kc_tdx_quote quote = make(4, KC_TDX_QUOTE_TD10);
        struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
        quote.cert_data =
            kc_bytes_of(chain, KC_TDX_QUOTE_MAX_SIZE - 632 - TAIL_SIZE + CERT_SIZE + more);
        kc_tdx_quote_encode(&w, &quote);
        assert_int_equal(kc_tdx_quote_decode(kc_writer_written(&w), &quote, NULL),
                         more == 0 ? KC_OK : KC_ERR_UNSUPPORTED);
    }
}

/* What no decoder would read back is never written. */
static void test_encode_refuses(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct kc_tdx_quote quote = make(4, KC_TDX_QUOTE_TD10);
        struct kc_writer w = KC_WRITER_COUNT;
        switch (i) {
        case 0:
            quote.signature.len = 63;
            break;
        case 1:
            quote.attestation_key.len = 65;
            break;
        case 2:
            quote.qe_report_signature.len = 0;
            break;
        case 3:
            quote.qe_auth_data.len = UINT16_MAX + 1;
            break;
        case 4:
            quote.cert_data.len = KC_TDX_QUOTE_MAX_SIZE + 1;
            break;
        case 5:
            quote.version = 3;
            break;
        case 6:
            quote.tee_type = KC_TDX_QUOTE_TEE_SGX;
            break;
        case 7:
            quote.body_type = KC_TDX_QUOTE_SGX;
            break;
        case 8:
            quote.body_type = KC_TDX_QUOTE_TD15;
            break;
        default:
            quote.body_type = (enum kc_tdx_quote_body)0;
            break;
        }
        kc_tdx_quote_encode(&w, &quote);
        assert_true(kc_writer_failed(&w));
    }
}

static long trailing_of(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/expect.json"), name);
    json_t *expect = json_load_file(path, 0, NULL);
    long trailing = (long)json_integer_value(json_object_get(expect, "trailing_bytes"));
    json_decref(expect);
    return trailing;
}

static void check_genuine(const char *name, const uint8_t *bytes, size_t len)
{
    struct kc_tdx_quote quote;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t again[16384];
    struct kc_writer w = kc_writer_of((struct kc_room){again, sizeof again});
    if (kc_tdx_quote_decode(kc_bytes_of(bytes, len), &quote, &error) != KC_OK)
        fail_msg("%s: %s (%d)", name, error.what, (int)error.at);
    assert_memory_equal(quote.qe_vendor_id, kc_sgx_quote_intel_vendor_id, 16);
    assert_int_equal(quote.version, strncmp(name, "tdx5", 4) == 0 ? 5 : 4);
    assert_int_equal(quote.trailing.len, trailing_of(name));
    kc_tdx_quote_encode(&w, &quote);
    assert_int_equal(w.len, len - quote.trailing.len);
    assert_memory_equal(again, bytes, w.len);
}

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
        if (strstr(names[i], "tdx") == NULL)
            continue;
        snprintf(path, sizeof path, SHARED_VECTOR("dcap/%s/quote.bin"), names[i]);
        uint8_t *bytes = test_read_file(path, &len);
        assert_non_null(bytes);
        check_genuine(names[i], bytes, len);
        free(bytes);
        count++;
    }
    test_list_free(names);
    assert_true(count >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_short_signature_data),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_encode_refuses),
        cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
