/*
 * Verdicts on quotes with good signatures that bind, or do not bind, what comes with them; and on
 * quotes of a Quoting Enclave that is none, signed by the simulated platform's own keys.
 */
#include <time.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/pem.h"
#include "formats/cbor.h"
#include "formats/oe_claims.h"
#include "sim/pki.h"
#include "sim/quoting_enclave.h"
#include "sim/state_parts.h"
#include "sim_folder.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"
#include "verify/verify.h"

#define QE_REPORT    564
#define QE_SIGNATURE 948
#define SIGNATURE    436

/* P-256, SubjectPublicKeyInfo of the private key 1 (specs of RA-TLS use it too). */
static const uint8_t spki[91] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1,
    0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
    0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b,
    0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

struct fixture {
    char *folder;
    struct kc_sim_state *state;
    uint8_t quote[KC_SIM_QUOTE_MAX + 1024];
    size_t quote_len;
    struct kc_evidence evidence;
    struct kc_policy policy;
    struct kc_verify_input input;
    struct kc_verdict *verdict;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = test_new_folder();
    f->state = test_open_state(f->folder);
    f->policy = kc_policy_default;
    f->policy.tcb_ignored = true;
    f->verdict = malloc(sizeof *f->verdict);
    f->input = (struct kc_verify_input){.evidence = &f->evidence,
                                        .root_key = kc_sim_state_root_key(f->state),
                                        .now = (int64_t)time(NULL),
                                        .policy = &f->policy};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kc_sim_state_free(f->state);
    test_remove_tree(f->folder);
    free(f->folder);
    free(f->verdict);
    free(f);
    return 0;
}

/* A bare quote whose report data are the hash of `preimage` and `tail` in the last byte. */
static void quote(struct fixture *f, struct kc_bytes preimage, uint8_t tail)
{
    struct kc_sim_secs secs = {.mrenclave = {0x4b},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report_data[64] = {0};
    uint8_t report[KC_SGX_REPORT_SIZE];
    assert_true(kc_sha256(preimage, report_data));
    report_data[63] = tail;
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(f->state), &secs, target, report_data, report);
    assert_int_equal(kc_sim_qe_quote(f->state, report, (struct kc_room){f->quote, KC_SIM_QUOTE_MAX},
                                     &f->quote_len),
                     KC_SIM_QE_OK);
    f->evidence = (struct kc_evidence){.wrapping = KC_WRAPPING_QUOTE,
                                       .quote = kc_bytes_of(f->quote, f->quote_len)};
}

static void expect(struct fixture *f, const char *name, const char *verdict, const char *checks)
{
    char got[512] = "";
    kc_verify(&f->input, f->verdict);
    for (size_t i = 0; i < f->verdict->failure_count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i == 0 ? "" : " ",
                 f->verdict->failure[i].check);
    if (strcmp(kc_verdict_kind_name(f->verdict->kind), verdict) != 0 || strcmp(got, checks) != 0)
        fail_msg("%s: %s [%s], not %s [%s]", name, kc_verdict_kind_name(f->verdict->kind), got,
                 verdict, checks);
}

static void trusts_the_simulated_root_by_name_alone(void **state)
{
    struct fixture *f = *state;
    quote(f, kc_bytes_of_text("anything"), 0);
    expect(f, "named", "accepted", "");
    assert_string_equal(f->verdict->root_name, "Simulated SGX Root CA");
    f->policy.tcb_ignored = false;
    expect(f, "TCB", "unjudged", "policy.tcb");
    f->policy.tcb_ignored = true;
    f->input.root_key = kc_chain_intel_root_key;
    expect(f, "not named", "invalid", "chain.root");
    assert_non_null(strstr(f->verdict->failure[0].hint, "--trust sim"));
    assert_non_null(strstr(f->verdict->failure[0].actual, "Simulated SGX Root CA"));
}

static void judges_custom_claims(void **state)
{
    struct fixture *f = *state;
    uint8_t buffer[256];
    struct kc_oe_claims claims = {.count = 1,
                                  .claim = {{kc_bytes_of_text("nonce"), kc_bytes_of_text("ABCD")}}};
    struct kc_writer w = kc_writer_of((struct kc_room){buffer, sizeof buffer});
    kc_oe_claims_encode(&w, &claims);
    struct kc_bytes encoded = kc_writer_written(&w);

    quote(f, encoded, 0);
    f->evidence.wrapping = KC_WRAPPING_OE_EVIDENCE;
    f->evidence.has_oe_claims = true;
    f->evidence.oe_claims = encoded;
    expect(f, "claims", "accepted", "");
    buffer[encoded.len - 1] ^= 1;
    expect(f, "changed", "invalid", "binding.oe_claims");
    assert_false(f->verdict->genuine);
    buffer[encoded.len - 1] ^= 1;
    f->evidence.oe_claims.len--;
    expect(f, "cut", "invalid", "binding.oe_claims");

    quote(f, encoded, 1);
    f->evidence.wrapping = KC_WRAPPING_OE_EVIDENCE;
    f->evidence.has_oe_claims = true;
    f->evidence.oe_claims = encoded;
    expect(f, "tail", "invalid", "binding.report_data_tail");

    quote(f, encoded, 1);
    memcpy(f->quote + f->quote_len, buffer, encoded.len);
    f->evidence.quote.len += encoded.len;
    expect(f, "behind the quote, with a tail", "accepted", "");
    assert_false(f->verdict->facts.has_oe_claims);
    assert_int_equal(f->verdict->facts.trailing_len, encoded.len);

    quote(f, kc_bytes_of(NULL, 0), 0);
    f->evidence.has_oe_claims = true;
    expect(f, "no claims at all", "accepted", "");
}

static void judges_open_enclave_certificates(void **state)
{
    struct fixture *f = *state;
    uint8_t pem[512];
    struct kc_writer w = kc_writer_of((struct kc_room){pem, sizeof pem});
    kc_pem_write(&w, "PUBLIC KEY", kc_bytes_of(spki, sizeof spki));
    kc_writer_u8(&w, 0);
    static const struct {
        const char *name;
        size_t cut; /* of the PEM and its NUL */
        uint8_t tail;
        bool spki;
        const char *verdict, *checks;
    } rows[] = {
        {"PEM and NUL", 0, 0, true, "accepted", ""},
        {"without NUL", 1, 0, true, "invalid", "binding.certificate_key"},
        {"tail", 0, 1, true, "invalid", "binding.report_data_tail"},
        {"no key", 0, 0, false, "invalid", "binding.certificate_key"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        quote(f, kc_bytes_of(pem, w.len - rows[i].cut), rows[i].tail);
        f->evidence.wrapping = KC_WRAPPING_OE_CERTIFICATE;
        f->evidence.spki = kc_bytes_of(spki, rows[i].spki ? sizeof spki : 0);
        expect(f, rows[i].name, rows[i].verdict, rows[i].checks);
    }
}

struct claim_row {
    const char *name;
    const char *claim[2]; /* names */
    uint64_t algorithm;   /* of "pubkey-hash" */
    size_t hash_len;
    uint8_t flip; /* in the hash's first byte */
    const char *verdict, *checks;
};

/* The claims map of a row. */
static size_t write_claims(const struct claim_row *row, uint8_t *out, size_t size)
{
    uint8_t entry[80];
    uint8_t hash[64] = {0};
    unsigned n = 0;
    const EVP_MD *md = row->algorithm == 7   ? EVP_sha384()
                       : row->algorithm == 8 ? EVP_sha512()
                                             : EVP_sha256();
    assert_int_equal(EVP_Digest(spki, sizeof spki, hash, &n, md, NULL), 1);
    hash[0] ^= row->flip;
    struct kc_writer e = kc_writer_of((struct kc_room){entry, sizeof entry});
    kc_cbor_write_array(&e, 2);
    kc_cbor_write_uint(&e, row->algorithm);
    kc_cbor_write_bytes(&e, kc_bytes_of(hash, row->hash_len));
    struct kc_writer w = kc_writer_of((struct kc_room){out, size});
    kc_cbor_write_map(&w, row->claim[1] != NULL ? 2 : 1);
    for (int i = 0; i < 2 && row->claim[i] != NULL; i++) {
        kc_cbor_write_text(&w, kc_bytes_of_text(row->claim[i]));
        kc_cbor_write_bytes(&w, kc_writer_written(&e));
    }
    assert_false(kc_writer_failed(&w));
    return w.len;
}

static void judges_dice_certificates(void **state)
{
    struct fixture *f = *state;
    static const struct claim_row rows[] = {
        {"SHA-256", {"pubkey-hash", NULL}, 1, 32, 0, "accepted", ""},
        {"SHA-384", {"pubkey-hash", NULL}, 7, 48, 0, "accepted", ""},
        {"SHA-512", {"pubkey-hash", NULL}, 8, 64, 0, "accepted", ""},
        {"others too", {"nonce", "pubkey-hash"}, 1, 32, 0, "accepted", ""},
        {"another key", {"pubkey-hash", NULL}, 1, 32, 1, "invalid", "binding.pubkey_hash"},
        {"no key", {"nonce", NULL}, 1, 32, 0, "invalid", "binding.pubkey_hash"},
        {"a prefix", {"pubkey", NULL}, 1, 32, 0, "invalid", "binding.pubkey_hash"},
        {"longer", {"pubkey-hash2", NULL}, 1, 32, 0, "invalid", "binding.pubkey_hash"},
        {"twice", {"pubkey-hash", "pubkey-hash"}, 1, 32, 0, "invalid", "binding.claims_shape"},
        {"short hash", {"pubkey-hash", NULL}, 1, 31, 0, "invalid", "binding.pubkey_hash"},
        {"no hash", {"pubkey-hash", NULL}, 1, 0, 0, "invalid", "binding.pubkey_hash"},
        {"algorithm 2", {"pubkey-hash", NULL}, 2, 32, 0, "invalid", "binding.pubkey_hash"},
        {"SHA-256 said to be SHA-512",
         {"pubkey-hash", NULL},
         8,
         32,
         0,
         "invalid",
         "binding.pubkey_hash"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t claims[512];
        size_t len = write_claims(&rows[i], claims, sizeof claims);
        quote(f, kc_bytes_of(claims, len), 0);
        f->evidence.wrapping = KC_WRAPPING_DICE;
        f->evidence.spki = kc_bytes_of(spki, sizeof spki);
        f->evidence.has_dice_claims = true;
        f->evidence.dice_claims = kc_bytes_of(claims, len);
        expect(f, rows[i].name, rows[i].verdict, rows[i].checks);
        if (f->verdict->kind != KC_VERDICT_ACCEPTED)
            continue;
        claims[len] = 0;
        f->evidence.dice_claims.len = len + 1;
        expect(f, "a byte more", "invalid", "binding.dice_claims binding.claims_shape");
        f->evidence.dice_claims.len = 0;
        expect(f, "none", "invalid", "binding.dice_claims binding.claims_shape");
        f->evidence.dice_claims.len = len;
        f->evidence.spki.len = 0;
        expect(f, "no certificate", "invalid", "binding.key_kind binding.pubkey_hash");
    }
}

/* A claims map of the key's hash and nothing else. */
static size_t claim_key(struct kc_bytes key, uint8_t *out, size_t size)
{
    uint8_t entry[80];
    uint8_t hash[32];
    assert_true(kc_sha256(key, hash));
    struct kc_writer e = kc_writer_of((struct kc_room){entry, sizeof entry});
    kc_cbor_write_array(&e, 2);
    kc_cbor_write_uint(&e, 1);
    kc_cbor_write_bytes(&e, kc_bytes_of(hash, sizeof hash));
    struct kc_writer w = kc_writer_of((struct kc_room){out, size});
    kc_cbor_write_map(&w, 1);
    kc_cbor_write_text(&w, kc_bytes_of_text("pubkey-hash"));
    kc_cbor_write_bytes(&w, kc_writer_written(&e));
    assert_false(kc_writer_failed(&w));
    return w.len;
}

/* The enclave vouches for each of these keys; whether one can own it is another question. */
static void wants_a_point_as_key(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        const char *curve;
        uint8_t flip; /* in the last byte of y */
        bool compressed;
        const char *verdict, *checks;
    } rows[] = {
        {"P-256", "P-256", 0, false, "accepted", ""},
        {"P-384", "P-384", 0, false, "accepted", ""},
        {"P-256, off the curve", "P-256", 1, false, "invalid", "binding.key_kind"},
        {"P-384, off the curve", "P-384", 1, false, "invalid", "binding.key_kind"},
        {"P-256, compressed", "P-256", 0, true, "invalid", "binding.key_kind"},
        {"P-384, compressed", "P-384", 0, true, "invalid", "binding.key_kind"},
        {"P-521", "P-521", 0, false, "invalid", "binding.key_kind"},
        {"secp256k1", "secp256k1", 0, false, "invalid", "binding.key_kind"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t claims[128];
        uint8_t *der = NULL;
        EVP_PKEY *key = EVP_EC_gen(rows[i].curve);
        assert_non_null(key);
        if (rows[i].compressed)
            assert_int_equal(EVP_PKEY_set_utf8_string_param(key, "point-format", "compressed"), 1);
        int n = i2d_PUBKEY(key, &der);
        assert_true(n > 0);
        der[n - 1] ^= rows[i].flip;
        struct kc_bytes info = kc_bytes_of(der, (size_t)n);
        size_t len = claim_key(info, claims, sizeof claims);
        quote(f, kc_bytes_of(claims, len), 0);
        f->evidence.wrapping = KC_WRAPPING_DICE;
        f->evidence.spki = info;
        f->evidence.has_dice_claims = true;
        f->evidence.dice_claims = kc_bytes_of(claims, len);
        expect(f, rows[i].name, rows[i].verdict, rows[i].checks);
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

/* r || s of `bytes` under `key`, over what stands at `out`. */
static void sign(EVP_PKEY *key, const uint8_t *bytes, size_t len, uint8_t *out)
{
    uint8_t der[80];
    size_t n = sizeof der;
    const uint8_t *p = der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &n, bytes, len), 1);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)n);
    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
}

/* All signatures good and the binding right: what is wrong is who the Quoting Enclave is. */
static void knows_the_quoting_enclave(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        size_t at;
        uint8_t flip;
        const char *verdict, *checks;
    } rows[] = {
        {"as it is", QE_REPORT, 0, "accepted", ""},
        {"QE debug", QE_REPORT + 48, 2, "invalid", "qe.debug"},
        {"QE of another signer", QE_REPORT + 128, 1, "invalid", "qe.mrsigner"},
        {"last byte of its signer", QE_REPORT + 159, 1, "invalid", "qe.mrsigner"},
        {"another enclave of Intel", QE_REPORT + 256, 3, "invalid", "qe.isv_prod_id"},
        {"QE tail", QE_REPORT + 352, 1, "invalid", "qe.report_data_tail"},
        {"QE tail's end", QE_REPORT + 383, 1, "invalid", "qe.report_data_tail"},
        {"QE binding", QE_REPORT + 320, 1, "invalid", "qe.binding"},
        {"QE binding's end", QE_REPORT + 351, 1, "invalid", "qe.binding"},
        {"vendor", 12, 1, "invalid", "qe.vendor"},
        {"vendor's end", 27, 1, "invalid", "qe.vendor"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        quote(f, kc_bytes_of_text("anything"), 0);
        f->quote[rows[i].at] ^= rows[i].flip;
        sign(f->state->pki.key[KC_SIM_PCK], f->quote + QE_REPORT, 384, f->quote + QE_SIGNATURE);
        sign(f->state->attestation_key, f->quote, 432, f->quote + SIGNATURE);
        expect(f, rows[i].name, rows[i].verdict, rows[i].checks);
    }
}

/* One key in another's place: who may sign what. */
static void knows_who_signs_what(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY *const *keys = f->state->pki.key;
    quote(f, kc_bytes_of_text("anything"), 0);
    sign(keys[KC_SIM_PCK], f->quote, 432, f->quote + SIGNATURE);
    expect(f, "quote signed by the PCK", "invalid", "quote.signature");
    quote(f, kc_bytes_of_text("anything"), 0);
    sign(keys[KC_SIM_PLATFORM_CA], f->quote + QE_REPORT, 384, f->quote + QE_SIGNATURE);
    expect(f, "QE signed by the CA", "invalid", "qe.signature");
    quote(f, kc_bytes_of_text("anything"), 0);
    sign(f->state->attestation_key, f->quote + QE_REPORT, 384, f->quote + QE_SIGNATURE);
    expect(f, "QE signed by itself", "invalid", "qe.signature");
    quote(f, kc_bytes_of_text("anything"), 0);
    memset(f->quote + SIGNATURE, 0, 64);
    memset(f->quote + QE_SIGNATURE, 0, 64);
    expect(f, "zeros", "invalid", "qe.signature quote.signature");
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(trusts_the_simulated_root_by_name_alone),
        ROW(judges_custom_claims),
        ROW(judges_open_enclave_certificates),
        ROW(judges_dice_certificates),
        ROW(wants_a_point_as_key),
        ROW(knows_the_quoting_enclave),
        ROW(knows_who_signs_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
