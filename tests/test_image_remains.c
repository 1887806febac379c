/*
 * What a key leaves behind: after the image made its RSA key and answered, no piece of the private
 * numbers may lie outside the heap's live blocks. Arguments: image and SIGSTRUCT.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "image/image_record.h"
#include "loader/emulator.h"
#include "loader/loader.h"
#include "platform_sim.h"
#include "test.h"

#define PRIME_SIZE 128
#define PIECE      16 /* bytes: 2 words that are equal by accident do not occur */

static const char *image_path;
static const char *sig_path;

struct talk {
    struct kc_enclave *enclave;
    uint8_t in[8192];
    uint8_t out[65536];
    struct kc_effect last;
};

static void say(struct talk *talk, const struct kc_message *message, uint16_t want)
{
    struct kc_frame_message frame;
    struct kc_error error = KC_ERROR_NONE;
    size_t len = 0;
    struct kc_writer w = kc_writer_of((struct kc_room){talk->in, sizeof talk->in});
    kc_message_encode(&w, message);
    if (kc_enclave_call(talk->enclave, kc_writer_written(&w),
                        (struct kc_room){talk->out, sizeof talk->out}, &len, &error) != KC_OK)
        fail_msg("%s", error.what);
    struct kc_reader r = kc_reader_of(kc_bytes_of(talk->out, len));
    while (kc_frame_next(&r, &frame))
        assert_int_equal(kc_effect_decode(&frame, &talk->last), KC_OK);
    assert_int_equal(talk->last.type, want);
}

/* Has the enclave make its key; the modulus. */
static BIGNUM *make_key(struct talk *talk)
{
    static const uint8_t target[KC_SGX_TARGETINFO_SIZE] = {0x9e};
    uint8_t quote[TEST_QUOTE_SIZE];
    BIGNUM *modulus = NULL;
    struct kc_message message = {.type = KC_MESSAGE_START,
                                 .version = KC_BOUNDARY_VERSION,
                                 .requests_max = 1,
                                 .now = 1700000000};
    say(talk, &message, KC_EFFECT_READY);
    message = (struct kc_message){.type = KC_MESSAGE_GET_REPORT, .id = 1};
    say(talk, &message, KC_EFFECT_TARGET_WANTED);
    message = (struct kc_message){
        .type = KC_MESSAGE_TARGETINFO, .id = 1, .body = {target, sizeof target}};
    say(talk, &message, KC_EFFECT_QUOTE_WANTED);
    test_quote_of(talk->last.body.ptr, quote);
    message = (struct kc_message){.type = KC_MESSAGE_QUOTE, .id = 1, .body = {quote, sizeof quote}};
    say(talk, &message, KC_EFFECT_REPORT);
    BIO *pem = BIO_new_mem_buf(talk->last.key.ptr, (int)talk->last.key.len);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(pem, NULL, NULL, NULL);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
    EVP_PKEY_free(key);
    BIO_free(pem);
    return modulus;
}

/* In the third segment, the data. */
static const struct kc_image_record *record_of(const struct kc_emulator *e)
{
    const struct kc_image_record *record =
        (const struct kc_image_record *)(e->base + e->image.run[2].offset);
    assert_memory_equal(record->magic, KC_IMAGE_RECORD_MAGIC, sizeof record->magic);
    return record;
}

/* A prime factor among the words of writable memory; false when there is none. */
static bool find_prime(const struct kc_emulator *e, const BIGNUM *modulus,
                       uint8_t prime[PRIME_SIZE])
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *candidate = BN_new();
    BIGNUM *rest = BN_new();
    bool found = false;
    for (size_t i = 0; i < e->image.run_count && !found; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        const uint8_t *bytes = e->base + run->offset;
        size_t size = run->pages * KC_IMAGE_PAGE;
        if ((run->secinfo_flags & KC_SECINFO_W) == 0)
            continue;
        for (size_t at = 0; at + PRIME_SIZE <= size && !found; at += 8) {
            /* Odd, and the two highest bits set, as in every prime of a key. */
            if ((bytes[at] & 1) == 0 || bytes[at + PRIME_SIZE - 1] < 0xb0)
                continue;
            BN_lebin2bn(bytes + at, PRIME_SIZE, candidate);
            found = BN_mod(rest, modulus, candidate, context) == 1 && BN_is_zero(rest);
            memcpy(prime, bytes + at, PRIME_SIZE);
        }
    }
    BN_free(rest);
    BN_free(candidate);
    BN_CTX_free(context);
    return found;
}

/* How many pieces of `secret` lie in the heap, or in all other writable memory: data, stacks and
 * the pages of threads. */
static size_t count_pieces(const struct kc_emulator *e, const BIGNUM *secret, bool heap)
{
    uint8_t bytes[2 * PRIME_SIZE];
    size_t count = 0;
    const struct kc_image_record *record = record_of(e);
    assert_int_equal(BN_bn2lebinpad(secret, bytes, sizeof bytes), sizeof bytes);
    size_t size = (size_t)BN_num_bytes(secret);
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        const uint8_t *memory = e->base + run->offset;
        if ((run->secinfo_flags & KC_SECINFO_W) == 0 ||
            (run->offset == record->heap_offset) != heap)
            continue;
        for (size_t at = 0; at + PIECE <= run->pages * KC_IMAGE_PAGE; at += 8) {
            for (size_t k = 0; k + PIECE <= size; k += 8)
                count += memcmp(memory + at, bytes + k, PIECE) == 0;
        }
    }
    return count;
}

/* All numbers of the private key (RFC 8017, 3.2), from one prime. */
static size_t count_private_numbers(const struct kc_emulator *e, const BIGNUM *modulus,
                                    const uint8_t prime[PRIME_SIZE])
{
    enum { P, Q, P1, Q1, LCM, GCD, E, D, DP, DQ, QINV, NUMBERS };
    static const int private[] = {P, Q, D, DP, DQ, QINV};
    BIGNUM *n[NUMBERS];
    BN_CTX *context = BN_CTX_new();
    size_t count = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        n[i] = BN_new();
    BN_lebin2bn(prime, PRIME_SIZE, n[P]);
    bool good = BN_div(n[Q], NULL, modulus, n[P], context) && BN_sub(n[P1], n[P], BN_value_one()) &&
                BN_sub(n[Q1], n[Q], BN_value_one()) && BN_mul(n[LCM], n[P1], n[Q1], context) &&
                BN_gcd(n[GCD], n[P1], n[Q1], context) &&
                BN_div(n[LCM], NULL, n[LCM], n[GCD], context) && BN_set_word(n[E], 65537) &&
                BN_mod_inverse(n[D], n[E], n[LCM], context) &&
                BN_mod(n[DP], n[D], n[P1], context) && BN_mod(n[DQ], n[D], n[Q1], context) &&
                BN_mod_inverse(n[QINV], n[Q], n[P], context);
    assert_true(good);
    for (size_t i = 0; i < COUNT_OF(private); i++)
        count += count_pieces(e, n[private[i]], false);
    for (size_t i = 0; i < NUMBERS; i++)
        BN_free(n[i]);
    BN_CTX_free(context);
    return count;
}

/* Bytes of the stack of TCS 0, which made the key, that were ever written. */
static size_t stack_used(const struct kc_emulator *e)
{
    size_t size = (size_t)record_of(e)->stack_pages * KC_IMAGE_PAGE;
    const uint8_t *top = e->base + e->image.tcs[0] + KC_THREAD_STACK_TOP;
    size_t unused = 0;
    while (unused < size && top[unused - size] == 0)
        unused++;
    return size - unused;
}

static void test_remains(void **unused)
{
    (void)unused;
    static const struct kc_sim_processor processor = {{1, 2, 3}, {4, 5, 6}};
    const struct kc_emulator_options options = {.debug = false, .trap = false};
    static struct talk talk;
    struct kc_error error = KC_ERROR_NONE;
    uint8_t prime[PRIME_SIZE];
    if (kc_emulator_load(image_path, sig_path, &processor, &options, &talk.enclave, &error) !=
        KC_OK)
        fail_msg("%s", error.what);
    const struct kc_emulator *e = (const struct kc_emulator *)talk.enclave;
    BIGNUM *modulus = make_key(&talk);
    assert_true(find_prime(e, modulus, prime));
    assert_int_equal(count_private_numbers(e, modulus, prime), 0);
    assert_true(stack_used(e) > 4096);
    assert_true(stack_used(e) < 64 * 1024);
    /* Where the modulus is looked for in the same way it is found: the search can find. */
    assert_true(count_pieces(e, modulus, true) > 0);
    BN_free(modulus);
    kc_enclave_free(talk.enclave);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_remains)};
    if (argc != 3)
        return 64;
    image_path = argv[1];
    sig_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
