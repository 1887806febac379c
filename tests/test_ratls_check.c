/* The relying party's checks: each fault fails its own check, and no other check hides it. */
#include "formats/certificate.h"
#include "formats/dice.h"
#include "formats/sgx_quote.h"
#include "ratls/check.h"
#include "ratls_vectors.h"

/* A connection and what came over it; a row spoils one thing. */
struct scene {
    struct kc_ratls_connection connection;
    struct kc_ratls_claims claims;
    uint8_t spki[KC_RATLS_SPKI_SIZE];
    uint8_t nonce[KC_RATLS_NONCE_MAX];
    uint8_t exported[KC_RATLS_EXPORTED_SIZE];
    bool quotes_other_claims;
    size_t spoil_report_data; /* 1 + the byte to flip; 0: none */
    bool trailing;
};

static void set_scene(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->connection.leaf_spki = kc_bytes_of(s->spki, unhex(V_SPKI, s->spki, sizeof s->spki));
    s->connection.nonce = kc_bytes_of(s->nonce, unhex(V_NONCE, s->nonce, sizeof s->nonce));
    s->connection.exported =
        kc_bytes_of(s->exported, unhex(V_EXPORTED, s->exported, sizeof s->exported));
    unhex(V_KMS_ID, s->connection.kms_id, sizeof s->connection.kms_id);
    s->claims.context = KC_RATLS_SERVER;
    s->claims.fresh = true;
    s->claims.nonce_len = unhex(V_NONCE, s->claims.nonce, sizeof s->claims.nonce);
    unhex(V_KMS_ID, s->claims.kms_id, sizeof s->claims.kms_id);
    unhex(V_BINDER, s->claims.tls_binder, sizeof s->claims.tls_binder);
    unhex(V_KEY_HASH, s->claims.key_hash, sizeof s->claims.key_hash);
}

static bool play(const struct scene *s, struct kc_ratls_checks *checks)
{
    static const uint8_t quote[8];
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    uint8_t bytes[KC_RATLS_CLAIMS_MAX + 64] = {0};
    uint8_t report_data[KC_RATLS_REPORT_DATA_SIZE];
    struct kc_ratls_evidence evidence = {0};
    struct kc_writer claims = kc_writer_of((struct kc_room){map, sizeof map});
    kc_ratls_claims_encode(&claims, &s->claims);
    struct kc_bytes encoded = kc_writer_written(&claims);
    const struct kc_dice_evidence dice = {kc_bytes_of(quote, sizeof quote), encoded};
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_dice_evidence_encode(&w, &dice);
    assert_false(kc_writer_failed(&w));
    if (s->quotes_other_claims)
        encoded.len--;
    assert_int_equal(kc_ratls_report_data(encoded, report_data), KC_OK);
    if (s->spoil_report_data > 0)
        report_data[s->spoil_report_data - 1] ^= 1;
    bool open = kc_ratls_check_open(kc_bytes_of(bytes, w.len + (s->trailing ? 1 : 0)),
                                    &s->connection, &evidence, checks);
    assert_int_equal(open, evidence.quote.ptr != NULL);
    assert_int_equal(open, kc_ratls_check_first_failure(checks) ==
                               &checks->check[KC_RATLS_CHECK_REPORT_DATA]);
    return open && kc_ratls_check_binding(&evidence, report_data, &s->connection, checks);
}

static void nothing(struct scene *s)
{
    (void)s;
}
static void from_certificate(struct scene *s)
{
    s->connection.from_certificate = true;
    s->claims.fresh = false;
    s->claims.nonce_len = 0;
}
static void first_contact(struct scene *s)
{
    s->connection.kms_id_rule = KC_RATLS_KMS_ID_FIRST_CONTACT;
    memset(s->connection.kms_id, 0, 32);
}
static void first_contact_uninitialised(struct scene *s)
{
    first_contact(s);
    memset(s->claims.kms_id, 0, 32);
}
static void to_initialise(struct scene *s)
{
    s->connection.kms_id_rule = KC_RATLS_KMS_ID_UNINITIALISED;
    memset(s->claims.kms_id, 0, 32);
}
static void to_initialise_again(struct scene *s)
{
    s->connection.kms_id_rule = KC_RATLS_KMS_ID_UNINITIALISED;
}
static void nonce_of(struct scene *s, size_t len)
{
    memset(s->nonce, 7, len);
    memset(s->claims.nonce, 7, len);
    s->connection.nonce.len = len;
    s->claims.nonce_len = len;
}
static void shortest_nonce(struct scene *s)
{
    nonce_of(s, KC_RATLS_NONCE_MIN);
}
static void longest_nonce(struct scene *s)
{
    nonce_of(s, KC_RATLS_NONCE_MAX);
}
static void release(struct scene *s)
{
    s->connection.context = KC_RATLS_RELEASE;
    s->claims.context = KC_RATLS_RELEASE;
}
static void trailing(struct scene *s)
{
    s->trailing = true;
}
static void certificate_for_fresh(struct scene *s)
{
    s->claims.fresh = false;
}
static void fresh_for_certificate(struct scene *s)
{
    s->connection.from_certificate = true;
}
static void release_for_server(struct scene *s)
{
    s->claims.context = KC_RATLS_RELEASE;
}
static void other_claims(struct scene *s)
{
    s->quotes_other_claims = true;
}
static void report_data_first(struct scene *s)
{
    s->spoil_report_data = 1;
}
static void report_data_33rd(struct scene *s)
{
    s->spoil_report_data = 33;
}
static void report_data_last(struct scene *s)
{
    s->spoil_report_data = 64;
}
static void other_nonce(struct scene *s)
{
    s->nonce[31] ^= 1;
}
static void longer_nonce(struct scene *s)
{
    s->connection.nonce.len = 33;
}
static void no_nonce(struct scene *s)
{
    s->connection.nonce.len = 0;
}
static void short_nonce(struct scene *s)
{
    s->connection.nonce.len = 15;
}
static void zero_nonces(struct scene *s)
{
    s->connection.nonce = kc_bytes_of(NULL, 0);
    memset(s->claims.nonce, 0, sizeof s->claims.nonce);
}
static void claimed_key(struct scene *s)
{
    s->claims.key_hash[0] ^= 1;
}
static void claimed_binder(struct scene *s)
{
    s->claims.tls_binder[31] ^= 1;
}
static void other_leaf(struct scene *s)
{
    s->spki[90] ^= 1; /* the binder covers the leaf too */
}
static void no_leaf(struct scene *s)
{
    s->connection.leaf_spki = kc_bytes_of(NULL, 0);
}
static void other_session(struct scene *s)
{
    s->exported[0] ^= 1;
}
static void no_exporter(struct scene *s)
{
    s->connection.exported = kc_bytes_of(NULL, 0);
}
static void short_exporter(struct scene *s)
{
    s->connection.exported.len = 16;
}
static void reflected(struct scene *s)
{
    s->claims.context = KC_RATLS_CLIENT;
}
static void import_for_release(struct scene *s)
{
    release(s);
    s->claims.context = KC_RATLS_IMPORT;
}
static void other_service(struct scene *s)
{
    s->claims.kms_id[0] ^= 1;
}
static void not_initialised(struct scene *s)
{
    memset(s->claims.kms_id, 0, 32);
}
static void nothing_pinned(struct scene *s)
{
    memset(s->connection.kms_id, 0, 32);
    memset(s->claims.kms_id, 0, 32);
}
static void unknown_rule(struct scene *s)
{
    s->connection.kms_id_rule = (enum kc_ratls_kms_id_rule)99;
}

#define NONE      0u
#define FAILS(id) (1u << KC_RATLS_CHECK_##id)

static const struct {
    const char *name;
    void (*spoil)(struct scene *s);
    unsigned failing; /* checks that do not hold, of those that are made */
} scenes[] = {
    {"a server, fresh", nothing, NONE},
    {"a certificate", from_certificate, NONE},
    {"first contact", first_contact, NONE},
    {"to initialise", to_initialise, NONE},
    {"a release", release, NONE},
    {"the shortest nonce", shortest_nonce, NONE},
    {"the longest nonce", longest_nonce, NONE},

    {"a byte follows", trailing, FAILS(EVIDENCE)},
    {"a certificate's claims for fresh ones", certificate_for_fresh, FAILS(CLAIMS)},
    {"fresh claims in a certificate", fresh_for_certificate, FAILS(CLAIMS)},
    {"a release for a server's", release_for_server, FAILS(CLAIMS)},
    {"a quote over other claims", other_claims, FAILS(REPORT_DATA)},
    {"report_data, first byte", report_data_first, FAILS(REPORT_DATA)},
    {"report_data, first of the zeros", report_data_33rd, FAILS(REPORT_DATA)},
    {"report_data, last byte", report_data_last, FAILS(REPORT_DATA)},
    {"another nonce", other_nonce, FAILS(NONCE)},
    {"a nonce that begins with it", longer_nonce, FAILS(NONCE)},
    {"no own nonce", no_nonce, FAILS(NONCE)},
    {"an own nonce of 15", short_nonce, FAILS(NONCE)},
    {"no own nonce, theirs zeros", zero_nonces, FAILS(NONCE)},
    {"claims of another key", claimed_key, FAILS(PUBKEY_HASH)},
    {"claims of another session", claimed_binder, FAILS(TLS_BINDER)},
    {"another leaf", other_leaf, FAILS(PUBKEY_HASH) | FAILS(TLS_BINDER)},
    {"no leaf", no_leaf, FAILS(PUBKEY_HASH) | FAILS(TLS_BINDER)},
    {"another session", other_session, FAILS(TLS_BINDER)},
    {"no exporter", no_exporter, FAILS(TLS_BINDER)},
    {"an exporter of 16", short_exporter, FAILS(TLS_BINDER)},
    {"reflected", reflected, FAILS(KMS_CTX)},
    {"an import for a release", import_for_release, FAILS(KMS_CTX)},
    {"another service", other_service, FAILS(KMS_ID)},
    {"a service that lost its identity", not_initialised, FAILS(KMS_ID)},
    {"nothing pinned", nothing_pinned, FAILS(KMS_ID)},
    {"first contact with no identity", first_contact_uninitialised, FAILS(KMS_ID)},
    {"to initialise, once more", to_initialise_again, FAILS(KMS_ID)},
    {"a rule that nobody knows", unknown_rule, FAILS(KMS_ID)},
};

static void test_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        struct scene s;
        struct kc_ratls_checks checks;
        set_scene(&s);
        scenes[i].spoil(&s);
        bool holds = play(&s, &checks);
        unsigned failing = 0;
        bool stopped = false;
        for (unsigned id = 0; id < KC_RATLS_CHECKS && !stopped; id++) {
            const struct kc_ratls_check *check = &checks.check[id];
            bool asked = check->state != KC_RATLS_NOT_ASKED;
            failing |= asked && check->state != KC_RATLS_HOLDS ? 1u << id : 0;
            stopped = id <= KC_RATLS_CHECK_CLAIMS && check->state == KC_RATLS_FAILED;
            if (check->state == KC_RATLS_FAILED)
                assert_true(check->hint[0] != '\0' && check->expected[0] != '\0' &&
                            strcmp(check->expected, check->actual) != 0);
        }
        if (failing != scenes[i].failing || holds != (failing == 0))
            fail_msg("%s: failing %x, holds %d", scenes[i].name, failing, holds);
        const struct kc_ratls_check *first = kc_ratls_check_first_failure(&checks);
        assert_int_equal(first == NULL, holds);
        if (first != NULL)
            assert_ptr_equal(first, &checks.check[__builtin_ctz(failing)]);
    }
}

static void test_texts(void **state)
{
    (void)state;
    struct scene s;
    struct kc_ratls_checks checks;
    set_scene(&s);
    reflected(&s);
    assert_false(play(&s, &checks));
    const struct kc_ratls_check *first = kc_ratls_check_first_failure(&checks);
    assert_string_equal(first->name, "ratls.kms_ctx");
    assert_string_equal(first->expected, "kms-ratls/1 server");
    assert_string_equal(first->actual, "kms-ratls/1 client");
    assert_string_equal(checks.check[KC_RATLS_CHECK_TLS_BINDER].actual, V_BINDER);
    assert_string_equal(checks.check[KC_RATLS_CHECK_NONCE].expected, V_NONCE);
    s.connection.from_certificate = true;
    s.claims.fresh = false;
    assert_false(play(&s, &checks));
    assert_int_equal(checks.check[KC_RATLS_CHECK_NONCE].state, KC_RATLS_NOT_ASKED);
    assert_int_equal(checks.check[KC_RATLS_CHECK_TLS_BINDER].state, KC_RATLS_NOT_ASKED);
}

/* A struct of zeros is no verdict. */
static void test_nothing_made(void **state)
{
    (void)state;
    struct kc_ratls_checks checks;
    memset(&checks, 0, sizeof checks);
    assert_ptr_equal(kc_ratls_check_first_failure(&checks), &checks.check[0]);
}

/*
 * Certificates that others made (their README says what each is) before a strict reader: all but
 * the two of kms-ratls/1 are refused for their claims or for lack of evidence.
 */
static const struct {
    const char *path;
    bool fresh;
    enum kc_ratls_check_id fails; /* KC_RATLS_CHECKS: holds */
} certificates[] = {
    {SHARED_VECTOR("ratls/kms_cert.der"), false, KC_RATLS_CHECKS},
    {SHARED_VECTOR("ratls/kms_cert.der"), true, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/kms_fresh.der"), true, KC_RATLS_CHECKS},
    {SHARED_VECTOR("ratls/kms_fresh.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/attack_oracle.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/bad_dup_pubkey_hash.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/bad_dup_rev.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/bad_no_pubkey_hash.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/bad_wrong_pubkey.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/both.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/crit_ext.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/legacy_proper_oid.der"), false, KC_RATLS_CHECK_EVIDENCE},
    {SHARED_VECTOR("ratls/ok_legacy_only.der"), false, KC_RATLS_CHECK_EVIDENCE},
    {SHARED_VECTOR("ratls/ok_p256_sha256.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/ok_p384_sha384.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/ok_sha512_nonce.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/rsa_like_p521.der"), false, KC_RATLS_CHECK_CLAIMS},
    {SHARED_VECTOR("ratls/small_first_half_only.der"), false, KC_RATLS_CHECK_CLAIMS},
};

static void check_certificate(const char *path, struct kc_bytes der, bool fresh,
                              enum kc_ratls_check_id fails)
{
    struct kc_certificate certificate;
    struct kc_bytes value = {0};
    bool critical = false;
    struct scene s;
    struct kc_ratls_checks checks;
    struct kc_ratls_evidence evidence;
    struct kc_sgx_quote quote;
    set_scene(&s);
    assert_int_equal(kc_certificate_decode(der, &certificate, NULL), KC_OK);
    (void)kc_certificate_find_extension(&certificate, kc_bytes_of(kc_dice_oid, sizeof kc_dice_oid),
                                        &value, &critical);
    s.connection.leaf_spki = certificate.spki;
    s.connection.from_certificate = !fresh;
    bool holds = kc_ratls_check_open(value, &s.connection, &evidence, &checks);
    if (holds) {
        assert_int_equal(kc_sgx_quote_decode(evidence.quote, &quote, NULL), KC_OK);
        holds = kc_ratls_check_binding(&evidence, quote.report.report_data, &s.connection, &checks);
    }
    const struct kc_ratls_check *first = kc_ratls_check_first_failure(&checks);
    const struct kc_ratls_check *want = fails == KC_RATLS_CHECKS ? NULL : &checks.check[fails];
    if (first != want)
        fail_msg("%s: %s: %s, not %s", path, first ? first->name : "holds",
                 first ? first->actual : "", first ? first->expected : "");
    assert_int_equal(holds, want == NULL);
}

static void test_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(certificates); i++) {
        size_t n = 0;
        uint8_t *der = test_read_file(certificates[i].path, &n);
        if (der == NULL)
            skip();
        check_certificate(certificates[i].path, kc_bytes_of(der, n), certificates[i].fresh,
                          certificates[i].fails);
        free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_nothing_made),
        cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
