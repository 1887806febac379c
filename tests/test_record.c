/* Records: what is sealed opens as the same and as nothing else. */
#include "root_sim.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/record.h"

static const uint8_t batch[KC_BATCH_ID_SIZE] = "sixteen bytes !";

struct fixture {
    struct test_machine machine;
    struct kc_root *root;
    struct kc_record_id id;
    uint8_t blob[KC_RECORD_BLOB_MAX + 1];
    size_t len;
};

static struct fixture *fixture_new(size_t body_len)
{
    struct fixture *f = calloc(1, sizeof *f);
    uint8_t *body = malloc(body_len + 1);
    memset(body, 0xa5, body_len + 1);
    f->root = test_root(&f->machine);
    f->id = test_id(KC_RECORD_KEY, "orders");
    struct kc_record *record = kc_record_new(&f->id, 7, batch, kc_bytes_of(body, body_len));
    assert_non_null(record);
    assert_int_equal(
        kc_record_seal(f->root, record, (struct kc_room){f->blob, KC_RECORD_BLOB_MAX}, &f->len),
        KC_OK);
    kc_record_release(record);
    free(body);
    return f;
}

static void fixture_free(struct fixture *f)
{
    kc_root_free(f->root);
    free(f);
}

static enum kc_err try_open(const struct fixture *f, const struct kc_root *root,
                            const struct kc_record_id *id, size_t len)
{
    struct kc_record *record = NULL;
    /* Of its own size, so that a read behind it shows. */
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, f->blob, len);
    enum kc_err err = kc_record_open(root, id, kc_bytes_of(copy, len), &record);
    assert_true((err == KC_OK) == (record != NULL));
    kc_record_release(record);
    free(copy);
    return err;
}

static void test_opens_as_sealed(void **unused)
{
    (void)unused;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, KC_RECORD_BODY_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct fixture *f = fixture_new(sizes[i]);
        struct kc_record *record = NULL;
        assert_int_equal(f->len, KC_RECORD_OVERHEAD + sizes[i]);
        assert_int_equal(kc_record_open(f->root, &f->id, kc_bytes_of(f->blob, f->len), &record),
                         KC_OK);
        assert_true(kc_record_id_equal(&record->id, &f->id));
        assert_int_equal(record->version, 7);
        assert_memory_equal(record->batch, batch, sizeof batch);
        assert_int_equal(record->body.len, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(record->body.ptr[j], 0xa5);
        kc_record_release(record);
        fixture_free(f);
    }
}

static void test_too_long(void **unused)
{
    (void)unused;
    static const uint8_t body[KC_RECORD_BODY_MAX + 1];
    struct kc_record_id id = test_id(KC_RECORD_KEY, "k");
    assert_null(kc_record_new(&id, 1, batch, kc_bytes_of(body, sizeof body)));
}

static void test_room(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new(10);
    struct kc_record *record = NULL;
    uint8_t small[KC_RECORD_OVERHEAD + 9];
    size_t len = 0;
    assert_int_equal(kc_record_open(f->root, &f->id, kc_bytes_of(f->blob, f->len), &record), KC_OK);
    assert_int_equal(kc_record_seal(f->root, record, (struct kc_room){small, sizeof small}, &len),
                     KC_ERR_ROOM);
    assert_int_equal(len, 0);
    kc_record_release(record);
    fixture_free(f);
}

static void test_every_bit(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new(20);
    for (size_t i = 0; i < 8 * f->len; i++) {
        f->blob[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(try_open(f, f->root, &f->id, f->len), KC_ERR_REFUSED);
        f->blob[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(try_open(f, f->root, &f->id, f->len), KC_OK);
    fixture_free(f);
}

static void test_every_length(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new(20);
    for (size_t len = 0; len < f->len; len++)
        assert_int_equal(try_open(f, f->root, &f->id, len), KC_ERR_REFUSED);
    assert_int_equal(try_open(f, f->root, &f->id, f->len + 1), KC_ERR_REFUSED);
    assert_int_equal(try_open(f, f->root, &f->id, KC_RECORD_BLOB_MAX + 1), KC_ERR_REFUSED);
    fixture_free(f);
}

static void test_other_id(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t class;
        const char *name;
    } rows[] = {
        {KC_RECORD_TOKEN, "orders"}, {KC_RECORD_KEY, "order"},   {KC_RECORD_KEY, "orders2"},
        {KC_RECORD_KEY, "Orders"},   {KC_RECORD_ROOT, "orders"},
    };
    struct fixture *f = fixture_new(20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kc_record_id id = test_id(rows[i].class, rows[i].name);
        assert_int_equal(try_open(f, f->root, &id, f->len), KC_ERR_REFUSED);
    }
    fixture_free(f);
}

/* Another service; and the same key under another root id. */
static void test_other_root(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new(20);
    struct test_machine machine;
    struct kc_root *other = test_root(&machine);
    assert_int_equal(try_open(f, other, &f->id, f->len), KC_ERR_REFUSED);
    memcpy(other->key, f->root->key, sizeof other->key);
    assert_int_equal(try_open(f, other, &f->id, f->len), KC_ERR_REFUSED);
    memcpy(other->id, f->root->id, sizeof other->id);
    assert_int_equal(try_open(f, other, &f->id, f->len), KC_OK);
    kc_root_free(other);
    fixture_free(f);
}

static void hmac(const uint8_t key[32], const uint8_t *in, size_t len, uint8_t out[32])
{
    unsigned n = 32;
    assert_non_null(HMAC(EVP_sha256(), key, 32, in, len, out, &n));
}

/* Opened by hand as record.h says. */
static void test_layout(void **unused)
{
    (void)unused;
    static const char info[] = "keyclave 1 record\0\3\6orders\1"; /* HKDF's counter at the end */
    static const uint8_t salt[32];
    struct fixture *f = fixture_new(20);
    uint8_t prk[32], key[32], body[20];
    uint8_t ad[1 + 2 + 6 + 8 + KC_BATCH_ID_SIZE + KC_ROOT_ID_SIZE] = {1,   3,   6,   'o', 'r',
                                                                      'd', 'e', 'r', 's', 7};
    int n = 0;
    memcpy(ad + 17, batch, sizeof batch);
    memcpy(ad + 33, f->root->id, KC_ROOT_ID_SIZE);
    hmac(salt, f->root->key, sizeof f->root->key, prk);
    hmac(prk, (const uint8_t *)info, sizeof info - 1, key);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, f->blob + 25), 1);
    assert_int_equal(EVP_DecryptUpdate(context, NULL, &n, ad, sizeof ad), 1);
    assert_int_equal(EVP_DecryptUpdate(context, body, &n, f->blob + 37, sizeof body), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, f->blob + 57), 1);
    assert_int_equal(EVP_DecryptFinal_ex(context, body, &n), 1);
    assert_int_equal(body[0], 0xa5);
    EVP_CIPHER_CTX_free(context);
    fixture_free(f);
}

static void test_sealed_twice(void **unused)
{
    (void)unused;
    struct fixture *f = fixture_new(20);
    struct kc_record *record = NULL;
    uint8_t again[KC_RECORD_BLOB_MAX];
    size_t len = 0;
    assert_int_equal(kc_record_open(f->root, &f->id, kc_bytes_of(f->blob, f->len), &record), KC_OK);
    assert_int_equal(kc_record_seal(f->root, record, (struct kc_room){again, sizeof again}, &len),
                     KC_OK);
    assert_int_equal(len, f->len);
    assert_memory_equal(again, f->blob, 25);
    assert_memory_not_equal(again + 25, f->blob + 25, 12);
    kc_record_release(record);
    fixture_free(f);
}

static void test_holders(void **unused)
{
    (void)unused;
    struct kc_record_id id = test_id(KC_RECORD_KEY, "k");
    struct kc_record *record = kc_record_new(&id, 1, batch, kc_bytes_of("x", 1));
    assert_ptr_equal(kc_record_hold(record), record);
    kc_record_release(record);
    assert_int_equal(record->body.ptr[0], 'x'); /* still there: held once */
    kc_record_release(record);
    kc_record_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_as_sealed),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_other_id),
        cmocka_unit_test(test_other_root),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_sealed_twice),
        cmocka_unit_test(test_holders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
