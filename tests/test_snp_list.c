/* AMD's revocation list: whose it is, what it revokes, when it counts. */
#include "base/hex.h"
#include "snp_list.h"
#include "verify/amd_crl.h"

static struct snp_keys keys;

typedef void spoil(struct snp_case *c, struct snp_list *list);

#define SPOIL(name, change)                                                                        \
    static void name(struct snp_case *c, struct snp_list *list)                                    \
    {                                                                                              \
        (void)c, (void)list;                                                                       \
        change;                                                                                    \
    }

SPOIL(empty, list->revoked = 0)
SPOIL(revokes_ask, list->revoked = SNP_SERIAL(SNP_ASK))
SPOIL(revokes_ark, list->revoked = SNP_SERIAL(SNP_ARK))
SPOIL(revokes_ask_old, list->revoked = SNP_SERIAL(SNP_ASK); list->next_update = SNP_NOW - 1)
SPOIL(other_issuer, list->issuer = "ARK-Genoa")
SPOIL(other_key_id, list->wrong_key_id = true)
SPOIL(by_ask, list->signer = SNP_ASK)
SPOIL(by_leaf, list->signer = SNP_LEAF)
SPOIL(by_sha256, list->digest = "SHA256")
SPOIL(by_other_salt, list->salt = 32)
SPOIL(last_second, list->next_update = SNP_NOW)
SPOIL(first_second, list->this_update = SNP_NOW)
SPOIL(expired, list->next_update = SNP_NOW - 1)
SPOIL(not_yet, list->this_update = SNP_NOW + 1)
SPOIL(expired_and_debug, list->next_update = SNP_NOW - 1; c->report.policy |= KC_SNP_POLICY_DEBUG)
SPOIL(expired_and_forged, list->next_update = SNP_NOW - 1; c->flip = 0x90)
SPOIL(ark_signs_no_lists, c->certificate[SNP_ARK].key_usage = "critical,keyCertSign")

static const struct {
    const char *name;
    spoil *spoil;
    enum kc_snp_check first; /* KC_SNP_CHECK_COUNT: accepted */
    enum kc_verdict_kind kind;
} rows[] = {
    {"good", NULL, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"nothing revoked", empty, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"ASK revoked", revokes_ask, KC_SNP_CHECK_REVOKED, KC_VERDICT_INVALID},
    {"ARK revoked", revokes_ark, KC_SNP_CHECK_REVOKED, KC_VERDICT_INVALID},
    {"ASK revoked long ago", revokes_ask_old, KC_SNP_CHECK_REVOKED, KC_VERDICT_INVALID},
    {"another issuer", other_issuer, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"another key id", other_key_id, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"signed by ASK", by_ask, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"signed by the leaf", by_leaf, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"signed with SHA-256", by_sha256, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"signed with other salt", by_other_salt, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"ARK may not sign lists", ark_signs_no_lists, KC_SNP_CHECK_LIST, KC_VERDICT_INVALID},
    {"last second", last_second, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"first second", first_second, KC_SNP_CHECK_COUNT, KC_VERDICT_ACCEPTED},
    {"expired", expired, KC_SNP_CHECK_LIST_DATES, KC_VERDICT_UNJUDGED},
    {"not yet", not_yet, KC_SNP_CHECK_LIST_DATES, KC_VERDICT_UNJUDGED},
    {"expired, and debug", expired_and_debug, KC_SNP_CHECK_LIST_DATES, KC_VERDICT_REFUSED},
    {"expired, and forged", expired_and_forged, KC_SNP_CHECK_SIGNATURE, KC_VERDICT_INVALID},
};

static void make(struct snp_case *c, struct snp_list *list, spoil *change)
{
    snp_case_start(c, KC_SNP_MILAN, false);
    *list = snp_list_start(c);
    if (change != NULL)
        change(c, list);
    snp_case_make(c, &keys);
    snp_list_make(list, &keys);
}

static void judge(const struct snp_case *c, struct kc_bytes list, struct kc_snp_verdict *v)
{
    struct kc_snp_input input = snp_case_input(c);
    input.certificates.list = list;
    kc_snp_judge(&input, v);
}

static void judges_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct snp_case c;
        struct snp_list list;
        struct kc_snp_verdict v;
        make(&c, &list, rows[i].spoil);
        judge(&c, snp_list_bytes(&list), &v);
        if (v.first != rows[i].first || v.kind != rows[i].kind)
            fail_msg("%s: %s, %s", rows[i].name, kc_verdict_kind_name(v.kind),
                     v.first == KC_SNP_CHECK_COUNT ? "no failure" : v.what[v.first]);
    }
}

/* No bit of it may be changed, nothing cut or added. */
static void takes_it_whole(void **state)
{
    struct snp_case c;
    struct snp_list list;
    struct kc_snp_verdict v;
    (void)state;
    make(&c, &list, NULL);
    for (size_t i = 0; i < list.len; i++) {
        list.der[i] ^= (uint8_t)(1u << i % 8);
        judge(&c, snp_list_bytes(&list), &v);
        assert_int_equal(v.first, KC_SNP_CHECK_LIST);
        list.der[i] ^= (uint8_t)(1u << i % 8);
    }
    judge(&c, kc_bytes_of(list.der, list.len - 1), &v);
    assert_int_equal(v.first, KC_SNP_CHECK_LIST);
    judge(&c, kc_bytes_of(list.der, list.len + 1), &v);
    assert_int_equal(v.first, KC_SNP_CHECK_LIST);
    judge(&c, kc_bytes_of(list.der, 0), &v);
    assert_int_equal(v.first, KC_SNP_CHECK_LIST);
}

/* What OpenSSL verifies, and its entries; what it does not, is not taken. */
static void agrees_with_openssl(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct snp_case c;
        struct snp_list list;
        struct kc_amd_certificate ark;
        struct kc_crl crl;
        uint64_t at = 0;
        make(&c, &list, rows[i].spoil);
        const uint8_t *der = list.der;
        X509_CRL *theirs = d2i_X509_CRL(NULL, &der, (long)list.len);
        assert_int_equal(
            kc_amd_certificate_decode(kc_bytes_of(c.der[SNP_ARK], c.der_len[SNP_ARK]), &ark, NULL),
            KC_OK);
        if (kc_amd_crl_verify(snp_list_bytes(&list), &ark, &crl, &at) == NULL) {
            assert_int_equal(X509_CRL_verify(theirs, keys.key[SNP_ARK]), 1);
            assert_int_equal(crl.revoked_count,
                             X509_CRL_get_REVOKED(theirs) == NULL
                                 ? 0
                                 : sk_X509_REVOKED_num(X509_CRL_get_REVOKED(theirs)));
            assert_int_equal(crl.this_update, list.this_update);
            assert_int_equal(crl.next_update, list.next_update);
        } else {
            assert_int_equal(rows[i].first, KC_SNP_CHECK_LIST);
        }
        X509_CRL_free(theirs);
    }
}

/* DER, hexadecimal and PEM are one list; other text is none. */
static void unwraps_its_forms(void **state)
{
    struct snp_case c;
    struct snp_list list;
    static struct kc_amd_material m;
    static char text[KC_AMD_PIECES_LIST_MAX];
    (void)state;
    make(&c, &list, NULL);
    kc_hex_encode_lower(snp_list_bytes(&list), text);
    BIO *pem = BIO_new(BIO_s_mem());
    const uint8_t *der = list.der;
    X509_CRL *crl = d2i_X509_CRL(NULL, &der, (long)list.len);
    char *pem_text = NULL;
    assert_int_equal(PEM_write_bio_X509_CRL(pem, crl), 1);
    size_t pem_len = (size_t)BIO_get_mem_data(pem, &pem_text);
    const struct kc_bytes forms[] = {snp_list_bytes(&list), kc_bytes_of_text(text),
                                     kc_bytes_of(pem_text, pem_len)};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        kc_amd_pieces_sort(&(const struct kc_amd_pieces){.list = forms[i]}, kc_bytes_of(NULL, 0),
                           KC_SNP_KEY_VCEK, &m);
        assert_true(kc_bytes_equal(m.certificates.list, snp_list_bytes(&list)));
    }
    kc_amd_pieces_sort(&(const struct kc_amd_pieces){.list = kc_bytes_of_text("no list")},
                       kc_bytes_of(NULL, 0), KC_SNP_KEY_VCEK, &m);
    struct kc_snp_verdict v;
    judge(&c, m.certificates.list, &v);
    assert_int_equal(v.first, KC_SNP_CHECK_LIST);
    kc_amd_pieces_sort(&(const struct kc_amd_pieces){{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}},
                       kc_bytes_of(NULL, 0), KC_SNP_KEY_VCEK, &m);
    assert_null(m.certificates.list.ptr);
    X509_CRL_free(crl);
    BIO_free(pem);
}

/* ASK and ARK without a leaf: dates, kind, product, and what the list says of them. */
static void judges_issuers_alone(void **state)
{
    struct snp_case c;
    struct snp_list list;
    struct kc_amd_endorsement e;
    (void)state;
    make(&c, &list, NULL);
    struct kc_amd_certificates in = snp_case_input(&c).certificates;
    in.vek = kc_bytes_of("no leaf", 7);
    assert_int_equal(kc_amd_chain_verify_issuers(&in, &c.root, 1, &e).fault, KC_AMD_GOOD);
    assert_int_equal(e.product, KC_SNP_MILAN);
    assert_int_equal(e.signing_key, KC_SNP_KEY_VCEK);
    assert_false(e.has_list);
    in.list = snp_list_bytes(&list);
    assert_int_equal(kc_amd_chain_verify_issuers(&in, &c.root, 1, &e).fault, KC_AMD_GOOD);
    assert_true(e.has_list);
    assert_int_equal(e.list_issued, list.this_update);
    make(&c, &list, revokes_ask);
    in = snp_case_input(&c).certificates;
    in.list = snp_list_bytes(&list);
    assert_int_equal(kc_amd_chain_verify_issuers(&in, &c.root, 1, &e).fault, KC_AMD_REVOKED);
    assert_int_equal(e.product, KC_SNP_MILAN);
    c.certificate[SNP_ASK].signer = SNP_ASK;
    c.certificate[SNP_ASK].no_key_ids = true;
    snp_case_make(&c, &keys);
    in = snp_case_input(&c).certificates;
    assert_int_equal(kc_amd_chain_verify_issuers(&in, &c.root, 1, &e).fault, KC_AMD_SIGNATURE);
}

static int make_keys(void **state)
{
    (void)state;
    snp_keys_make(&keys);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    snp_keys_free(&keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_lists),         cmocka_unit_test(takes_it_whole),
        cmocka_unit_test(agrees_with_openssl),  cmocka_unit_test(unwraps_its_forms),
        cmocka_unit_test(judges_issuers_alone),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
