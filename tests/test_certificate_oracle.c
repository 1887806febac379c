/*
 * OpenSSL against our certificate code, over mutated certificates: whatever the decoder accepts
 * OpenSSL reads alike (certificate_oracle.h), whatever the chain accepts OpenSSL verifies, each
 * signature and the path as a whole. Mutated certificates of our own chain are also signed anew,
 * so that not only the signature stands between them and acceptance.
 */
#include "certificate_oracle.h"
#include "der_tree.h"
#include "pki.h"
#include "seed.h"
#include "verify/chain.h"

#define ROUNDS     24000
#define ROUNDS_MIN 20000
#define SEED       0x6f7261636c653031u
#define NOW        1755236700
#define DER_MAX    KC_CERTIFICATE_MAX_SIZE

struct der {
    uint8_t bytes[DER_MAX];
    size_t len;
};

/* The two chains, and what happened. */
struct oracle {
    struct pki seed; /* without keys */
    struct pki made;
    struct der_tree tree;
    struct kc_pck_chain *chain;
    size_t mutated;
    size_t decoded;         /* by us */
    size_t openssl_decoded; /* d2i_X509, all bytes */
    size_t signed_anew;
    size_t chains;
    size_t openssl_chains;
};

static size_t below(size_t n)
{
    return (size_t)(pki_random() % n);
}

static bool write_tree(const struct der_node *root, struct der *der)
{
    if (der_tree_len(root) > sizeof der->bytes)
        return false;
    struct der written;
    uint8_t *end = der_tree_write(root, written.bytes);
    der->len = (size_t)(end - written.bytes);
    memcpy(der->bytes, written.bytes, der->len);
    return true;
}

static void flip_bit(struct der *der)
{
    der->bytes[below(der->len)] ^= (uint8_t)(1u << below(8));
}

static void change_byte(struct der *der)
{
    static const uint8_t telling[] = {0x00, 0x01, 0x02, 0x05, 0x7f, 0x80, 0x81, 0x82, 0xff, 0x30};
    der->bytes[below(der->len)] =
        below(2) == 0 ? (uint8_t)pki_random() : telling[below(COUNT_OF(telling))];
}

static void cut(struct der *der)
{
    der->len = 1 + below(der->len);
}

static void append(struct der *der)
{
    size_t n = 1 + below(8);
    for (size_t i = 0; i < n && der->len < sizeof der->bytes; i++)
        der->bytes[der->len++] = below(2) == 0 ? 0 : (uint8_t)pki_random();
}

/* A length octet one more or less, or in a form that is longer than it must be. */
static void change_length(struct der *der, struct der_node *node)
{
    size_t at = (size_t)(node->bytes - der->bytes) - 1;
    if (below(2) == 0) {
        der->bytes[at] = (uint8_t)(der->bytes[at] + (below(2) == 0 ? 1 : -1));
    } else if (node->len < 0x80 && der->len < sizeof der->bytes) {
        memmove(der->bytes + at + 1, der->bytes + at, der->len - at);
        der->bytes[at] = 0x81;
        der->len++;
    }
}

/* Other values of the kinds that certificates hold, right and wrong. */
static const struct {
    const char *bytes;
    size_t len;
} values[] = {
#define VALUE(text)                                                                                \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
    VALUE("\x01\x01\xff"),
    VALUE("\x01\x01\x00"),
    VALUE("\x01\x01\x01"),
    VALUE("\x02\x01\x00"),
    VALUE("\x02\x01\x02"),
    VALUE("\x02\x02\x00\x80"),
    VALUE("\x02\x02\x00\x01"),
    VALUE("\x02\x01\xff"),
    VALUE("\x05\x00"),
    VALUE("\x30\x00"),
    VALUE("\x31\x00"),
    VALUE("\x04\x00"),
    VALUE("\x03\x01\x00"),
    VALUE("\x03\x02\x07\x80"),
    VALUE("\x03\x02\x01\x06"),
    VALUE("\x03\x02\x00\x06"),
    VALUE("\x03\x03\x07\x00\x80"),
    VALUE("\x0c\x01\x41"),
    VALUE("\x0c\x02\xc3\xa4"),
    VALUE("\x0c\x02\xc0\x80"),
    VALUE("\x0c\x03\xed\xa0\x80"),
    VALUE("\x0c\x04\xf4\x90\x80\x80"),
    VALUE("\x13\x01*"),
    VALUE("\x13\x02US"),
    VALUE("\x1e\x01\x41"),
    VALUE("\x1c\x03\x41\x41\x41"),
    VALUE("\x16\x01\x80"),
    VALUE("\x14\x01\xff"),
    VALUE("\x17\x0d"
          "500101000000Z"),
    VALUE("\x18\x0f"
          "20250101000000Z"),
    VALUE("\x18\x0f"
          "20500101000000Z"),
    VALUE("\x17\x0b"
          "2501010000Z"),
    VALUE("\x06\x03\x55\x1d\x0f"),
    VALUE("\x06\x03\x55\x1d\x11"),
    VALUE("\x06\x03\x55\x1d\x12"),
    VALUE("\x06\x03\x55\x1d\x13"),
    VALUE("\x06\x03\x55\x1d\x1e"),
    VALUE("\x06\x03\x55\x1d\x1f"),
    VALUE("\x06\x03\x55\x1d\x20"),
    VALUE("\x06\x03\x55\x1d\x23"),
    VALUE("\x06\x03\x55\x1d\x24"),
    VALUE("\x06\x03\x55\x1d\x25"),
    VALUE("\x06\x03\x55\x1d\x2e"),
    VALUE("\x06\x03\x55\x1d\x36"),
    VALUE("\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01"),
    VALUE("\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x07"),
    VALUE("\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x08"),
    VALUE("\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x0e"),
    VALUE("\x06\x09\x60\x86\x48\x01\x86\xf8\x42\x01\x01"),
    VALUE("\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x05"),
    VALUE("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"),
    VALUE("\x06\x02\x55\x80"),
    VALUE("\x06\x03\x55\x04\x03"),
    VALUE("\x30\x03\x01\x01\xff"),
    VALUE("\x30\x06\x01\x01\xff\x02\x01\x00"),
    VALUE("\x30\x03\x02\x01\x00"),
    VALUE("\x30\x06\x01\x01\x00\x02\x01\x00"),
    VALUE("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"),
    VALUE("\x30\x03\x82\x01\x61"),
    VALUE("\x30\x06\x87\x04\x7f\x00\x00\x01"),
    VALUE("\x30\x03\x80\x01\x01"),
    VALUE("\x30\x05\x81\x03\x61\x80\x62"),
    VALUE("\x81\x02\x00\x01"),
    VALUE("\x80\x01\x01"),
    VALUE("\xa0\x00"),
    VALUE("\xa3\x00"),
    VALUE("\x00\x00"),
};

static void change_node(struct oracle *oracle, struct der *der)
{
    memset(&oracle->tree, 0, sizeof oracle->tree);
    struct der_node *root = der_tree_read(&oracle->tree, der->bytes, der->len);
    if (root == NULL || oracle->tree.count < 2)
        return;
    struct der_node *node = &oracle->tree.node[1 + below(oracle->tree.count - 1)];
    struct der_node *other = &oracle->tree.node[1 + below(oracle->tree.count - 1)];
    size_t value = below(COUNT_OF(values));
    uint8_t copy[DER_MAX];
    switch (below(8)) {
    case 0:
        change_length(der, node);
        return;
    case 1:
        der_tree_swap_with_next(node);
        break;
    case 2:
        der_tree_double(&oracle->tree, node);
        break;
    case 3:
        der_tree_replace(node, NULL, 0);
        break;
    case 4:
        der_tree_replace(node, (const uint8_t *)values[value].bytes, values[value].len);
        break;
    case 5:
        node->tag = below(2) == 0 ? (uint8_t)values[value].bytes[0] : (uint8_t)(node->tag ^ 0x20);
        break;
    case 6: /* another element of the same certificate; a copy, as it may hold this one */
        if (der_tree_len(other) > sizeof copy)
            return;
        (void)der_tree_write(other, copy);
        der_tree_replace(node, copy, der_tree_len(other));
        break;
    default: /* shorter or longer content, with the lengths around it made to fit */
        if (node->len == 0)
            return;
        memcpy(copy, node->bytes, node->len);
        copy[node->len] = (uint8_t)pki_random();
        der_tree_set_content(node, copy, node->len + (below(2) == 0 ? 1 : SIZE_MAX));
        break;
    }
    (void)write_tree(root, der);
}

static void mutate(struct oracle *oracle, struct der *der)
{
    size_t times = below(4) == 0 ? 2 : 1;
    for (size_t i = 0; i < times && der->len > 1; i++) {
        switch (below(8)) {
        case 0:
        case 1:
            flip_bit(der);
            break;
        case 2:
            change_byte(der);
            break;
        case 3:
            if (below(2) == 0)
                cut(der);
            else
                append(der);
            break;
        default:
            change_node(oracle, der);
            break;
        }
    }
}

/* Puts a good signature by `key` over whatever the tbsCertificate has become. */
static bool sign_anew(struct oracle *oracle, struct der *der, EVP_PKEY *key)
{
    uint8_t tbs[DER_MAX];
    uint8_t signature[129] = {0};
    size_t len = sizeof signature - 1;
    memset(&oracle->tree, 0, sizeof oracle->tree);
    struct der_node *root = der_tree_read(&oracle->tree, der->bytes, der->len);
    struct der_node *signed_part = root == NULL ? NULL : der_tree_find(root, "0");
    struct der_node *place = root == NULL ? NULL : der_tree_find(root, "2");
    if (place == NULL || der_tree_len(signed_part) > sizeof tbs)
        return false;
    size_t tbs_len = (size_t)(der_tree_write(signed_part, tbs) - tbs);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(context, signature + 1, &len, tbs, tbs_len) == 1;
    EVP_MD_CTX_free(context);
    der_tree_set_content(place, signature, 1 + len);
    place->tag = 0x03;
    return good && write_tree(root, der);
}

static void show(const char *what, const struct der *der)
{
    fprintf(stderr, "%s:\n", what);
    for (size_t i = 0; i < der->len; i++)
        fprintf(stderr, "%02x", der->bytes[i]);
    fprintf(stderr, "\n");
}

static X509 *openssl_decode(const uint8_t *der, size_t len)
{
    const uint8_t *p = der;
    X509 *x = d2i_X509(NULL, &p, (long)len);
    if (x != NULL && p != der + len) {
        X509_free(x);
        return NULL;
    }
    return x;
}

/* The path by OpenSSL's own rules at their strictest, the root trusted. */
static bool openssl_accepts_path(X509 *const x[PKI_LEN])
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509_STORE_add_cert(store, x[2]);
    sk_X509_push(between, x[1]);
    X509_STORE_CTX_init(context, store, x[0], between);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, NOW);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    bool good = X509_verify_cert(context) == 1;
    if (!good)
        fprintf(stderr, "%s\n", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    sk_X509_free(between);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return good;
}

static bool openssl_accepts_chain(const struct kc_pck_chain *chain)
{
    X509 *x[PKI_LEN] = {NULL, NULL, NULL};
    bool good = true;
    for (size_t i = 0; i < PKI_LEN; i++) {
        x[i] = openssl_decode(chain->certificate[i].der.ptr, chain->certificate[i].der.len);
        good = good && x[i] != NULL;
    }
    for (size_t i = 0; good && i < PKI_LEN; i++)
        good = X509_verify(x[i], X509_get0_pubkey(x[i + 1 < PKI_LEN ? i + 1 : i])) == 1;
    good = good && openssl_accepts_path(x);
    for (size_t i = 0; i < PKI_LEN; i++)
        X509_free(x[i]);
    return good;
}

/* The chain with certificate `i` in its place. */
static void judge_chain(struct oracle *oracle, const struct pki *pki, size_t i,
                        const struct der *der, const uint8_t root_key[64])
{
    assert_int_equal(pki_chain(pki, oracle->chain, NULL), KC_OK);
    memcpy(oracle->chain->der[i], der->bytes, der->len);
    struct kc_bytes bytes = kc_bytes_of(oracle->chain->der[i], der->len);
    if (kc_certificate_decode(bytes, &oracle->chain->certificate[i], NULL) != KC_OK)
        return;
    if (kc_chain_verify_pck(oracle->chain, root_key, NOW).fault != KC_CHAIN_GOOD)
        return;
    oracle->chains++;
    if (!openssl_accepts_chain(oracle->chain)) {
        show("the chain is good and OpenSSL refuses it", der);
        fail();
    }
    oracle->openssl_chains++;
}

static void one_round(struct oracle *oracle)
{
    bool made = below(3) != 0;
    const struct pki *pki = made ? &oracle->made : &oracle->seed;
    size_t i = below(PKI_LEN);
    struct kc_certificate certificate;
    struct kc_certificate root;
    struct der der = {.len = pki->len[i]};
    memcpy(der.bytes, pki->der[i], pki->len[i]);
    mutate(oracle, &der);
    if (made && below(4) != 0)
        oracle->signed_anew += sign_anew(oracle, &der, pki->key[i + 1 < PKI_LEN ? i + 1 : i]);
    if (der.len == pki->len[i] && memcmp(der.bytes, pki->der[i], der.len) == 0)
        return; /* a swap of equals */
    oracle->mutated++;

    X509 *x = openssl_decode(der.bytes, der.len);
    oracle->openssl_decoded += x != NULL;
    X509_free(x);
    /* Of the very size, for the sanitizers. */
    uint8_t *exact = malloc(der.len);
    memcpy(exact, der.bytes, der.len);
    if (kc_certificate_decode(kc_bytes_of(exact, der.len), &certificate, NULL) == KC_OK) {
        const char *difference = oracle_disagrees(&certificate);
        if (difference != NULL) {
            show(difference, &der);
            fail();
        }
        oracle->decoded++;
        assert_int_equal(kc_certificate_decode(kc_bytes_of(pki->der[2], pki->len[2]), &root, NULL),
                         KC_OK);
        judge_chain(oracle, pki, i, &der, root.public_key);
    }
    free(exact);
}

static void load_seed(struct pki *out)
{
    size_t len = 0;
    uint8_t *pem = test_seed_chain(&len);
    struct kc_pck_chain *chain = malloc(sizeof *chain);
    assert_int_equal(kc_pck_chain_decode(kc_bytes_of(pem, len), chain, NULL), KC_OK);
    for (size_t i = 0; i < PKI_LEN; i++) {
        out->key[i] = NULL;
        out->len[i] = chain->certificate[i].der.len;
        memcpy(out->der[i], chain->certificate[i].der.ptr, out->len[i]);
    }
    free(chain);
    free(pem);
}

static struct oracle *new_oracle(void)
{
    struct pki_spec spec[PKI_LEN];
    struct oracle *oracle = calloc(1, sizeof *oracle);
    oracle->chain = malloc(sizeof *oracle->chain);
    load_seed(&oracle->seed);
    pki_seed(SEED);
    pki_specs(spec);
    spec[0].more_oid = "1.2.3.4.5";
    pki_make(spec, &oracle->made);
    return oracle;
}

static void free_oracle(struct oracle *oracle)
{
    pki_clear(&oracle->made);
    free(oracle->chain);
    free(oracle);
}

/* Unspoiled, both chains pass both judges: else the rounds would say nothing. */
static void test_unmutated(void **state)
{
    (void)state;
    struct oracle *oracle = new_oracle();
    const struct pki *const both[] = {&oracle->seed, &oracle->made};
    for (size_t k = 0; k < COUNT_OF(both); k++) {
        assert_int_equal(pki_chain(both[k], oracle->chain, NULL), KC_OK);
        for (size_t i = 0; i < PKI_LEN; i++) {
            const char *difference = oracle_disagrees(&oracle->chain->certificate[i]);
            if (difference != NULL)
                fail_msg("%s", difference);
        }
        assert_int_equal(
            kc_chain_verify_pck(oracle->chain, oracle->chain->certificate[2].public_key, NOW).fault,
            KC_CHAIN_GOOD);
        assert_true(openssl_accepts_chain(oracle->chain));
    }
    free_oracle(oracle);
}

static void test_mutated(void **state)
{
    (void)state;
    struct oracle *oracle = new_oracle();
    for (size_t n = 0; n < ROUNDS; n++)
        one_round(oracle);
    printf("%zu mutated certificates: decoded by us %zu, by OpenSSL %zu\n", oracle->mutated,
           oracle->decoded, oracle->openssl_decoded);
    printf("%zu of them signed anew; chains good to us %zu, to OpenSSL %zu of these\n",
           oracle->signed_anew, oracle->chains, oracle->openssl_chains);
    assert_true(oracle->mutated >= ROUNDS_MIN);
    /* Some must pass, or the decoder was hardly tried. */
    assert_true(oracle->decoded > ROUNDS / 100);
    assert_true(oracle->chains > 100);
    free_oracle(oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unmutated),
        cmocka_unit_test(test_mutated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
