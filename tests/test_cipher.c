#include "base/hex.h"
#include "core/cipher.h"
#include "test.h"

#include <pthread.h>

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16 but with 14's
 * block; hexadecimal. */
static const struct {
    const char *key, *nonce, *aad, *plaintext, *ciphertext, *tag;
} rows[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
     "b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682"
     "8838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static size_t unhex(const char *text, uint8_t *out, size_t room)
{
    size_t len = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, room}, &len),
                     KC_OK);
    return len;
}

static void test_vectors(void **state)
{
    (void)state;
    struct kc_cipher *cipher = NULL;
    assert_int_equal(kc_cipher_new(&cipher), KC_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t key[32];
        uint8_t aad[32];
        uint8_t message[128] = {0};
        uint8_t want[128] = {0};
        uint8_t plain[128] = {0};
        unhex(rows[i].key, key, sizeof key);
        size_t aad_len = unhex(rows[i].aad, aad, sizeof aad);
        unhex(rows[i].nonce, message, 12);
        size_t n = unhex(rows[i].plaintext, message + 12, 64);
        memcpy(plain, message, sizeof plain);
        memcpy(want, message, 12);
        unhex(rows[i].ciphertext, want + 12, 64);
        unhex(rows[i].tag, want + 12 + n, 16);
        struct kc_room room = {message, n + KC_CIPHER_OVERHEAD};
        struct evp_cipher_ctx_st *context = kc_cipher_begin(cipher, key);
        assert_non_null(context);
        assert_int_equal(kc_cipher_seal(context, kc_bytes_of(aad, aad_len), room), KC_OK);
        assert_memory_equal(message, want, room.len);
        assert_int_equal(kc_cipher_open(context, kc_bytes_of(aad, aad_len), room), KC_OK);
        assert_memory_equal(message, plain, 12 + n);
        /* The same context, once more in each direction. */
        assert_int_equal(kc_cipher_seal(context, kc_bytes_of(aad, aad_len), room), KC_OK);
        assert_memory_equal(message, want, room.len);
        kc_cipher_end(cipher, context);
    }
    kc_cipher_free(cipher);
}

/* Every bit of nonce, ciphertext, tag and additional data; no text is left. */
static void test_refused(void **state)
{
    (void)state;
    struct kc_cipher *cipher = NULL;
    uint8_t key[32] = {7};
    uint8_t sealed[12 + 5 + 16] = {1, [12] = 'h', 'e', 'l', 'l', 'o'};
    uint8_t aad[3] = {1, 2, 3};
    assert_int_equal(kc_cipher_new(&cipher), KC_OK);
    struct evp_cipher_ctx_st *context = kc_cipher_begin(cipher, key);
    assert_int_equal(
        kc_cipher_seal(context, kc_bytes_of(aad, 3), (struct kc_room){sealed, sizeof sealed}),
        KC_OK);
    for (size_t bit = 0; bit < 8 * (sizeof sealed + sizeof aad); bit++) {
        uint8_t m[sizeof sealed + sizeof aad];
        memcpy(m, sealed, sizeof sealed);
        memcpy(m + sizeof sealed, aad, sizeof aad);
        m[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(kc_cipher_open(context, kc_bytes_of(m + sizeof sealed, 3),
                                        (struct kc_room){m, sizeof sealed}),
                         KC_ERR_REFUSED);
        assert_true(kc_bytes_are_zero(kc_bytes_of(m + 12, 5)));
    }
    for (size_t len = 0; len < KC_CIPHER_OVERHEAD; len++)
        assert_int_equal(
            kc_cipher_open(context, kc_bytes_of(aad, 3), (struct kc_room){sealed, len}),
            KC_ERR_CRYPTO);
    kc_cipher_end(cipher, context);
    kc_cipher_free(cipher);
}

/* More contexts at once than are kept. */
static void test_many(void **state)
{
    (void)state;
    struct kc_cipher *cipher = NULL;
    struct evp_cipher_ctx_st *context[40];
    uint8_t key[32] = {0};
    assert_int_equal(kc_cipher_new(&cipher), KC_OK);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(context); i++)
            assert_non_null(context[i] = kc_cipher_begin(cipher, key));
        for (size_t i = 0; i < COUNT_OF(context); i++)
            kc_cipher_end(cipher, context[i]);
    }
    kc_cipher_end(cipher, NULL);
    kc_cipher_free(cipher);
    kc_cipher_free(NULL);
}

struct worker {
    struct kc_cipher *cipher;
    uint8_t number;
    unsigned wrong;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint8_t key[32] = {worker->number};
    for (int i = 0; i < 2000; i++) {
        uint8_t message[12 + 4 + 16] = {0};
        struct kc_room room = {message, sizeof message};
        struct evp_cipher_ctx_st *context = kc_cipher_begin(worker->cipher, key);
        memset(message + 12, worker->number, 4);
        if (context == NULL || kc_cipher_seal(context, kc_bytes_of(NULL, 0), room) != KC_OK ||
            kc_cipher_open(context, kc_bytes_of(NULL, 0), room) != KC_OK ||
            message[12] != worker->number)
            worker->wrong++;
        kc_cipher_end(worker->cipher, context);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct kc_cipher *cipher = NULL;
    pthread_t thread[4];
    struct worker worker[4];
    assert_int_equal(kc_cipher_new(&cipher), KC_OK);
    for (uint8_t i = 0; i < 4; i++) {
        worker[i] = (struct worker){cipher, i, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &worker[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(worker[i].wrong, 0);
    }
    kc_cipher_free(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
