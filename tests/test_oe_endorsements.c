#include "formats/crl.h"
#include "formats/oe_endorsements.h"
#include "formats/oe_report.h"
#include "formats/pck_certificate.h"
#include "formats/qe_identity.h"
#include "formats/tcb_info.h"
#include "test.h"

static struct kc_oe_endorsements make(enum kc_oe_endorsements_tee tee)
{
    return (struct kc_oe_endorsements){
        .tee = tee,
        .tcb_info = kc_bytes_of_text("{tcb}"),
        .tcb_info_chain = kc_bytes_of_text("tcb chain"),
        .pck_crl = kc_bytes_of("crl\0", 4),
        .root_ca_crl = kc_bytes_of_text("rootcrl"),
        .pck_crl_chain = kc_bytes_of_text("pck chain."),
        .qe_identity = kc_bytes_of_text("{qe id}"),
        .qe_identity_chain = kc_bytes_of_text("qe"),
        .creation_time = tee == KC_OE_ENDORSEMENTS_SGX ? 1651016590 : 0,
    };
}

static size_t encode(const struct kc_oe_endorsements *in, uint8_t out[256])
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, 256});
    kc_oe_endorsements_encode(&w, in);
    assert_false(kc_writer_failed(&w));
    return w.len;
}

static void test_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[256];
        uint8_t again[256];
        struct kc_oe_endorsements in = make((enum kc_oe_endorsements_tee)i);
        struct kc_oe_endorsements out;
        size_t len = encode(&in, bytes);
        assert_int_equal(len, i == 0 ? 52 + 4 + 6 + 10 + 4 + 7 + 11 + 8 + 3 + 21
                                     : 120 + 11 + 7 + 4 + 10 + 6 + 3 + 8);
        assert_int_equal(kc_oe_endorsements_decode(kc_bytes_of(bytes, len), &out, NULL), KC_OK);
        assert_int_equal(out.tee, i);
        assert_true(kc_bytes_equal(out.tcb_info, in.tcb_info));
        assert_true(kc_bytes_equal(out.tcb_info_chain, in.tcb_info_chain));
        assert_true(kc_bytes_equal(out.pck_crl, in.pck_crl));
        assert_true(kc_bytes_equal(out.root_ca_crl, in.root_ca_crl));
        assert_true(kc_bytes_equal(out.pck_crl_chain, in.pck_crl_chain));
        assert_true(kc_bytes_equal(out.qe_identity, in.qe_identity));
        assert_true(kc_bytes_equal(out.qe_identity_chain, in.qe_identity_chain));
        assert_int_equal(out.creation_time, in.creation_time);
        assert_int_equal(encode(&out, again), len);
        assert_memory_equal(again, bytes, len);
    }
}

/* As with evidence, a header of 32 bytes may stand before them. */
static void test_with_header(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[256];
        uint8_t wrapped[256 + KC_OE_ATTESTATION_HEADER_SIZE];
        struct kc_oe_endorsements in = make((enum kc_oe_endorsements_tee)i);
        struct kc_oe_endorsements out;
        struct kc_oe_attestation_header header = {.data = {bytes, encode(&in, bytes)}};
        memcpy(header.format_id,
               kc_oe_format_uuid(i == 0 ? KC_OE_SGX_ECDSA : KC_OE_TDX_QUOTE_ECDSA), 16);
        struct kc_writer w = kc_writer_of((struct kc_room){wrapped, sizeof wrapped});
        kc_oe_attestation_header_encode(&w, &header);
        struct kc_bytes whole = kc_writer_written(&w);
        assert_int_equal(kc_oe_endorsements_decode(whole, &out, NULL), KC_OK);
        assert_int_equal(out.tee, i);
        assert_true(kc_bytes_equal(out.tcb_info, in.tcb_info));
        whole.len--;
        assert_int_not_equal(kc_oe_endorsements_decode(whole, &out, NULL), KC_OK);
        whole.len++;
        wrapped[4] ^= 1; /* of a format that nobody knows */
        assert_int_not_equal(kc_oe_endorsements_decode(whole, &out, NULL), KC_OK);
    }
}

#define SHAPE    "endorsements: an item empty or not of its form"
#define RISE     "endorsements: offsets that do not rise"
#define SIZE     "endorsements: the size in the header is not that of the rest"
#define VERSIONS "endorsements: of SGX, but not of version 1 with 9 items"

static const struct {
    const char *name;
    int tdx;
    size_t at;
    uint8_t value;
    enum kc_err err;
    const char *what;
} changes[] = {
    {"type 1", 0, 4, 1, KC_ERR_UNSUPPORTED, "endorsements: neither of SGX (2) nor of TDX (0x81)"},
    {"type 0x102", 0, 5, 1, KC_ERR_UNSUPPORTED,
     "endorsements: neither of SGX (2) nor of TDX (0x81)"},
    {"version 2", 0, 0, 2, KC_ERR_UNSUPPORTED, VERSIONS},
    {"8 items", 0, 12, 8, KC_ERR_UNSUPPORTED, VERSIONS},
    {"10 items", 0, 12, 10, KC_ERR_UNSUPPORTED, VERSIONS},
    {"size one less", 0, 8, 36 + 73, KC_ERR_MALFORMED, SIZE},
    {"size one more", 0, 8, 36 + 75, KC_ERR_MALFORMED, SIZE},
    {"size huge", 0, 11, 0xff, KC_ERR_MALFORMED, SIZE},
    {"first offset 1", 0, 16, 1, KC_ERR_MALFORMED, RISE},
    {"equal offsets", 0, 24, 4, KC_ERR_MALFORMED, RISE},
    {"falling offsets", 0, 24, 3, KC_ERR_MALFORMED, RISE},
    {"last offset behind the end", 0, 48, 74, KC_ERR_MALFORMED, RISE},
    {"last offset huge", 0, 51, 0xff, KC_ERR_MALFORMED, RISE},
    {"version item too long", 0, 20, 5, KC_ERR_MALFORMED, SHAPE},
    {"version item 2", 0, 52, 2, KC_ERR_MALFORMED, SHAPE},
    {"text without NUL", 0, 52 + 4 + 5, 'x', KC_ERR_MALFORMED, SHAPE},
    {"text with a NUL within", 0, 52 + 4 + 2, 0, KC_ERR_MALFORMED, SHAPE},
    {"no time", 0, 52 + 53, 'x', KC_ERR_MALFORMED, SHAPE},
    {"time one longer", 0, 48, 52, KC_ERR_MALFORMED, SHAPE},
    {"TDX, version 3.0", 1, 0, 3, KC_OK, ""},
    {"TDX, version 5", 1, 0, 5, KC_ERR_UNSUPPORTED,
     "endorsements: none of TDX of version 3.0, 3.1 or 4.0; version"},
    {"TDX, version 4.1", 1, 2, 1, KC_ERR_UNSUPPORTED,
     "endorsements: none of TDX of version 3.0, 3.1 or 4.0; version"},
    {"TDX, pointer", 1, 8, 0xff, KC_OK, ""},
    {"TDX, padding", 1, 20, 0xff, KC_OK, ""},
    {"TDX, size 0", 1, 16, 0, KC_ERR_MALFORMED, SHAPE},
    {"TDX, CRL of size 0", 1, 16 + 16, 0, KC_ERR_MALFORMED, SHAPE},
    {"TDX, text one longer", 1, 16, 12, KC_ERR_MALFORMED, SHAPE},
    {"TDX, size huge", 1, 19, 0xff, KC_ERR_MALFORMED, "endorsements: shorter than their items"},
    {"TDX, text of one NUL", 1, 16 + 6 * 16, 1, KC_ERR_MALFORMED, SHAPE},
    {"TDX, last one longer", 1, 16 + 6 * 16, 9, KC_ERR_MALFORMED,
     "endorsements: shorter than their items"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        uint8_t bytes[256] = {0};
        struct kc_error error = KC_ERROR_NONE;
        struct kc_oe_endorsements e = make((enum kc_oe_endorsements_tee)changes[i].tdx);
        size_t len = encode(&e, bytes);
        bytes[changes[i].at] = changes[i].value;
        enum kc_err err = kc_oe_endorsements_decode(kc_bytes_of(bytes, len), &e, &error);
        if (err != changes[i].err || strcmp(error.what, changes[i].what) != 0)
            fail_msg("%s: %s, '%s' at %d", changes[i].name, kc_error_name(err), error.what,
                     (int)error.at);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[256] = {0};
        struct kc_error error = KC_ERROR_NONE;
        struct kc_oe_endorsements e = make((enum kc_oe_endorsements_tee)i);
        size_t len = encode(&e, bytes);
        for (size_t n = 0; n < len; n++)
            assert_int_equal(kc_oe_endorsements_decode(kc_bytes_of(bytes, n), &e, NULL),
                             KC_ERR_MALFORMED);
        assert_int_equal(kc_oe_endorsements_decode(kc_bytes_of(bytes, len + 1), &e, &error),
                         KC_ERR_MALFORMED);
        assert_string_equal(error.what, i == 0 ? SIZE : "endorsements: bytes after the last item");
    }
    uint8_t *large = calloc(1, KC_OE_ENDORSEMENTS_MAX_SIZE + 1);
    struct kc_oe_endorsements e;
    struct kc_error error = KC_ERROR_NONE;
    assert_int_equal(
        kc_oe_endorsements_decode(kc_bytes_of(large, KC_OE_ENDORSEMENTS_MAX_SIZE + 1), &e, &error),
        KC_ERR_MALFORMED);
    assert_string_equal(error.what, "endorsements: too large");
    free(large);
}

static void check_crl(struct kc_bytes text, const char *issuer)
{
    uint8_t room[8192];
    struct kc_bytes der = {NULL, 0};
    struct kc_crl crl;
    assert_int_equal(kc_crl_unwrap(text, (struct kc_room){room, sizeof room}, &der, NULL), KC_OK);
    assert_int_equal(kc_crl_decode(der, &crl, NULL), KC_OK);
    assert_true(kc_bytes_equal(crl.issuer_common_name, kc_bytes_of_text(issuer)));
}

static void check_chain(struct kc_bytes pem, const char *subject)
{
    static struct kc_pck_chain chain;
    assert_int_equal(kc_pck_chain_decode(pem, &chain, NULL), KC_OK);
    assert_int_equal(chain.count, 2);
    assert_true(
        kc_bytes_equal(chain.certificate[0].subject_common_name, kc_bytes_of_text(subject)));
}

static const struct {
    const char *path;
    enum kc_oe_endorsements_tee tee;
    const char *pck_ca;
    int64_t issued;  /* TCB info */
    size_t pointers; /* bytes of the header that the encoder does not know */
} genuine[] = {
    {SHARED_VECTOR("open-enclave/endorsements.bin"), KC_OE_ENDORSEMENTS_SGX,
     "Intel SGX PCK Processor CA", 1651012765, 0},
    {SHARED_VECTOR("open-enclave/tdx_endorsement.bin"), KC_OE_ENDORSEMENTS_TDX,
     "Intel SGX PCK Platform CA", 1740566240, 120},
};

/* Every item of both decodes in its own right. */
static void test_genuine(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(genuine); i++) {
        static struct kc_tcb_info info;
        struct kc_qe_identity id;
        struct kc_oe_endorsements e;
        size_t len = 0;
        uint8_t *bytes = test_read_file(genuine[i].path, &len);
        if (bytes == NULL)
            skip();
        assert_int_equal(kc_oe_endorsements_decode(kc_bytes_of(bytes, len), &e, NULL), KC_OK);
        assert_int_equal(e.tee, genuine[i].tee);
        assert_int_equal(kc_tcb_info_decode(e.tcb_info, &info, NULL), KC_OK);
        assert_int_equal(info.issue_date, genuine[i].issued);
        assert_int_equal(kc_qe_identity_decode(e.qe_identity, &id, NULL), KC_OK);
        check_crl(e.pck_crl, genuine[i].pck_ca);
        check_crl(e.root_ca_crl, "Intel SGX Root CA");
        check_chain(e.tcb_info_chain, "Intel SGX TCB Signing");
        check_chain(e.qe_identity_chain, "Intel SGX TCB Signing");
        check_chain(e.pck_crl_chain, genuine[i].pck_ca);

        uint8_t *again = malloc(len);
        struct kc_writer w = kc_writer_of((struct kc_room){again, len});
        kc_oe_endorsements_encode(&w, &e);
        assert_int_equal(w.len, len);
        assert_memory_equal(again + genuine[i].pointers, bytes + genuine[i].pointers,
                            len - genuine[i].pointers);
        free(again);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways), cmocka_unit_test(test_with_header),
        cmocka_unit_test(test_changes),   cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
