/* The sealed root: who opens it, who does not. */
#include "root_sim.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/root_seal.h"
#include "ratls/certificate.h"

struct sealed {
    uint8_t bytes[KC_MESSAGE_ROOT_MAX];
    size_t len;
};

static void seal(const struct test_machine *machine, const struct kc_root *root, struct sealed *out)
{
    assert_int_equal(kc_root_seal(&machine->platform, root,
                                  (struct kc_room){out->bytes, sizeof out->bytes}, &out->len),
                     KC_OK);
}

static enum kc_err try_open(const struct test_machine *machine, const struct sealed *sealed,
                            bool *current)
{
    struct kc_root *root = NULL;
    bool now = false;
    enum kc_err err =
        kc_root_open(&machine->platform, kc_bytes_of(sealed->bytes, sealed->len), &root, &now);
    assert_true((err == KC_OK) == (root != NULL));
    kc_root_free(root);
    if (current != NULL)
        *current = now;
    return err;
}

static void test_opens_as_sealed(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct kc_root *again = NULL;
    struct sealed sealed;
    bool current = false;
    uint8_t signature[64];
    seal(&machine, root, &sealed);
    assert_int_equal(
        kc_root_open(&machine.platform, kc_bytes_of(sealed.bytes, sealed.len), &again, &current),
        KC_OK);
    assert_true(current);
    assert_memory_equal(again->id, root->id, sizeof root->id);
    assert_memory_equal(again->key, root->key, sizeof root->key);
    assert_int_equal(again->policy, KC_SEAL_MRENCLAVE);
    assert_int_equal(again->made, TEST_NOW);
    assert_int_equal(again->version, 1);
    assert_memory_equal(again->identity_public, root->identity_public, 64);
    assert_memory_equal(again->kms_id, root->kms_id, 32);
    assert_int_equal(again->certificate_len, root->certificate_len);
    assert_memory_equal(again->certificate, root->certificate, root->certificate_len);
    assert_int_equal(kc_root_sign(again, kc_bytes_of("x", 1), signature), KC_OK);
    assert_int_equal(EVP_PKEY_eq(again->identity, root->identity), 1);
    kc_root_free(again);
    kc_root_free(root);
}

/* The certificate is that of the identity, and the signature its own. */
static void test_identity(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct kc_error error = KC_ERROR_NONE;
    const uint8_t *der = root->certificate;
    assert_int_equal(kc_ratls_service_check(kc_bytes_of(root->certificate, root->certificate_len),
                                            root->kms_id, &error),
                     KC_OK);
    X509 *certificate = d2i_X509(NULL, &der, (long)root->certificate_len);
    assert_non_null(certificate);
    assert_int_equal(X509_verify(certificate, root->identity), 1);
    X509_free(certificate);
    kc_root_free(root);
}

static void other_enclave(struct test_machine *m)
{
    m->secs.mrenclave[0] ^= 1;
}
static void other_signer(struct test_machine *m)
{
    m->secs.mrsigner[31] ^= 1;
}
static void other_product(struct test_machine *m)
{
    m->secs.isv_prod_id++;
}
static void other_processor(struct test_machine *m)
{
    m->processor.fuse_secret[5] ^= 1;
}
static void debug(struct test_machine *m)
{
    m->secs.attributes.flags |= KC_SGX_FLAG_DEBUG;
}
static void provisioning(struct test_machine *m)
{
    m->secs.attributes.flags |= KC_SGX_FLAG_PROVISION_KEY;
}
static void misc(struct test_machine *m)
{
    m->secs.misc_select = 1;
}
static void wider_xfrm(struct test_machine *m)
{
    m->secs.attributes.xfrm = 0xe7;
}
static void newer_platform(struct test_machine *m)
{
    m->processor.cpu_svn[3]++;
}
static void older_platform(struct test_machine *m)
{
    m->processor.cpu_svn[3]--;
}
static void newer_enclave(struct test_machine *m)
{
    m->secs.isv_svn++;
}
static void older_enclave(struct test_machine *m)
{
    m->secs.isv_svn--;
}
static void newer_image(struct test_machine *m)
{
    other_enclave(m);
    newer_enclave(m);
}
static void same(struct test_machine *m)
{
    (void)m;
}
static void broken(struct test_machine *m)
{
    m->broken = true;
}

static void test_who_opens(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        void (*change)(struct test_machine *);
        enum kc_err by_enclave, by_signer;
        bool current;
    } rows[] = {
        {"same", same, KC_OK, KC_OK, true},
        {"other enclave", other_enclave, KC_ERR_REFUSED, KC_OK, true},
        {"other signer", other_signer, KC_OK, KC_ERR_REFUSED, true},
        {"other product", other_product, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"other processor", other_processor, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"debug", debug, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"provisioning key", provisioning, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"misc select", misc, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"wider XFRM", wider_xfrm, KC_OK, KC_OK, true},
        {"newer platform", newer_platform, KC_OK, KC_OK, false},
        {"older platform", older_platform, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"newer enclave", newer_enclave, KC_OK, KC_OK, false},
        {"older enclave", older_enclave, KC_ERR_REFUSED, KC_ERR_REFUSED, false},
        {"newer image", newer_image, KC_ERR_REFUSED, KC_OK, false},
        {"broken", broken, KC_ERR_STATE, KC_ERR_STATE, false},
    };
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct sealed by_enclave, by_signer;
    seal(&machine, root, &by_enclave);
    root->policy = KC_SEAL_MRSIGNER;
    seal(&machine, root, &by_signer);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool current = false;
        test_machine_init(&machine);
        rows[i].change(&machine);
        print_message("%s\n", rows[i].name);
        assert_int_equal(try_open(&machine, &by_enclave, &current), rows[i].by_enclave);
        if (rows[i].by_enclave == KC_OK)
            assert_int_equal(current, rows[i].current);
        assert_int_equal(try_open(&machine, &by_signer, &current), rows[i].by_signer);
        if (rows[i].by_signer == KC_OK)
            assert_int_equal(current, rows[i].current);
    }
    kc_root_free(root);
}

static void test_every_bit(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct sealed sealed;
    seal(&machine, root, &sealed);
    for (size_t i = 0; i < 8 * sealed.len; i++) {
        sealed.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(try_open(&machine, &sealed, NULL), KC_ERR_REFUSED);
        sealed.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(try_open(&machine, &sealed, NULL), KC_OK);
    size_t whole = sealed.len;
    for (sealed.len = 0; sealed.len < whole; sealed.len++)
        assert_int_equal(try_open(&machine, &sealed, NULL), KC_ERR_REFUSED);
    for (sealed.len = whole + 1; sealed.len <= sizeof sealed.bytes; sealed.len += 97)
        assert_int_equal(try_open(&machine, &sealed, NULL), KC_ERR_REFUSED);
    kc_root_free(root);
}

static void test_never_twice_the_same(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct kc_root *other = test_root(&machine);
    struct sealed first, second;
    seal(&machine, root, &first);
    seal(&machine, root, &second);
    assert_memory_not_equal(first.bytes + 20, second.bytes + 20, 32); /* KEYID */
    assert_memory_not_equal(root->key, other->key, sizeof root->key);
    assert_memory_not_equal(root->kms_id, other->kms_id, sizeof root->kms_id);
    kc_root_free(other);
    kc_root_free(root);
}

static void test_room(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct sealed sealed;
    size_t len = 0;
    seal(&machine, root, &sealed);
    assert_int_equal(
        kc_root_seal(&machine.platform, root, (struct kc_room){sealed.bytes, sealed.len - 1}, &len),
        KC_ERR_ROOM);
    machine.broken = true;
    assert_int_equal(kc_root_seal(&machine.platform, root,
                                  (struct kc_room){sealed.bytes, sizeof sealed.bytes}, &len),
                     KC_ERR_STATE);
    assert_int_equal(len, 0);
    kc_root_free(root);
}

/* Under an image that names no signer, or another, nobody's signature counts: the host can sign the
 * image with a key of its own, and an enclave of its own with the same. */
static void test_unnamed_signer(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct sealed sealed;
    struct kc_root *root = test_root(&machine);
    bool current = false;
    root->policy = KC_SEAL_MRSIGNER;
    seal(&machine, root, &sealed);
    assert_int_equal(try_open(&machine, &sealed, &current), KC_OK);
    kc_root_free(root);
    for (int none = 0; none < 2; none++) {
        machine.seal_signer[0] ^= 1;
        if (none)
            machine.platform.seal_signer = NULL;
        root = NULL;
        assert_int_equal(kc_root_make(&machine.platform, KC_SEAL_MRSIGNER, TEST_NOW, &root),
                         KC_ERR_REFUSED);
        assert_int_equal(try_open(&machine, &sealed, &current), KC_ERR_REFUSED);
        assert_int_equal(kc_root_make(&machine.platform, KC_SEAL_MRENCLAVE, TEST_NOW, &root),
                         KC_OK);
        kc_root_free(root);
    }
}

/* MRSIGNER is the SHA-256 of the modulus, little endian (SDM 38.13). */
static void mrsigner_of(const char *path, uint8_t out[32])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    BIGNUM *modulus = NULL;
    uint8_t bytes[384];
    fclose(file);
    assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &modulus), 1);
    assert_int_equal(BN_bn2lebinpad(modulus, bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(EVP_Digest(bytes, sizeof bytes, out, NULL, EVP_sha256(), NULL), 1);
    BN_free(modulus);
    EVP_PKEY_free(key);
}

static void test_public_signer(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = NULL;
    uint8_t mrsigner[32];
    mrsigner_of(SOURCE_ROOT "/src/enclave/development.pem", mrsigner);
    test_machine_init(&machine);
    memcpy(machine.secs.mrsigner, mrsigner, sizeof mrsigner);
    memcpy(machine.seal_signer, mrsigner, sizeof mrsigner); /* named, and refused all the same */
    assert_int_equal(kc_root_make(&machine.platform, KC_SEAL_MRSIGNER, TEST_NOW, &root),
                     KC_ERR_REFUSED);
    assert_null(root);
    assert_int_equal(kc_root_make(&machine.platform, KC_SEAL_MRENCLAVE, TEST_NOW, &root), KC_OK);

    /* What another enclave of that signer can do: it has the same seal key. */
    uint8_t blob[KC_MESSAGE_ROOT_MAX];
    size_t len = 0;
    bool current = false;
    struct kc_root *again = NULL;
    root->policy = KC_SEAL_MRSIGNER;
    assert_int_equal(
        kc_root_seal(&machine.platform, root, (struct kc_room){blob, sizeof blob}, &len), KC_OK);
    assert_int_equal(kc_root_open(&machine.platform, kc_bytes_of(blob, len), &again, &current),
                     KC_ERR_REFUSED);
    assert_null(again);
    kc_root_free(root);
}

/* Of different purposes and names, different keys; too long a purpose is refused. */
static void test_derive(void **unused)
{
    (void)unused;
    struct test_machine machine;
    struct kc_root *root = test_root(&machine);
    struct kc_record_id a = test_id(KC_RECORD_KEY, "a");
    struct kc_record_id b = test_id(KC_RECORD_KEY, "b");
    uint8_t key[4][32];
    assert_int_equal(kc_root_derive(root, "record", &a, key[0]), KC_OK);
    assert_int_equal(kc_root_derive(root, "record", &b, key[1]), KC_OK);
    assert_int_equal(kc_root_derive(root, "other", &a, key[2]), KC_OK);
    assert_int_equal(kc_root_derive(root, "record", &a, key[3]), KC_OK);
    assert_memory_equal(key[0], key[3], 32);
    assert_memory_not_equal(key[0], key[1], 32);
    assert_memory_not_equal(key[0], key[2], 32);
    struct kc_record_id longest = {.class = KC_RECORD_KEY, .name_len = KC_RECORD_NAME_MAX};
    memset(longest.name, 'x', sizeof longest.name);
    assert_int_equal(kc_root_derive(root, "sixteen letters!", &longest, key[0]), KC_OK);
    assert_int_equal(kc_root_derive(root, "seventeen letters", &longest, key[0]), KC_ERR_CRYPTO);
    kc_root_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_as_sealed),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_who_opens),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_never_twice_the_same),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_unnamed_signer),
        cmocka_unit_test(test_public_signer),
        cmocka_unit_test(test_derive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
