/*
 * What a session of TLS leaves in the enclave: while it lives its secrets lie in the heap and
 * nowhere else, and when it has ended they lie nowhere. The client outside tells the secrets.
 */
#include "probe/tls_line.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "image/image_record.h"

#define SECRET_MAX  48
#define SECRETS_MAX 16
#define PIECE       16 /* bytes that are never equal by accident */

static struct secret {
    char name[40];
    uint8_t bytes[SECRET_MAX];
    size_t len;
    size_t in_heap;   /* pieces that were found */
    size_t elsewhere; /* in data, stacks, pages of threads */
} secret[SECRETS_MAX];
static size_t secret_count;

/* A line of NSS's key log. */
static void learn(const SSL *ssl, const char *text)
{
    char random[65] = {0};
    char hex[2 * SECRET_MAX + 1] = {0};
    (void)ssl;
    assert_true(secret_count < SECRETS_MAX);
    struct secret *s = &secret[secret_count++];
    assert_int_equal(sscanf(text, "%39s %64s %96s", s->name, random, hex), 3);
    for (s->len = 0; hex[2 * s->len] != 0; s->len++)
        assert_int_equal(sscanf(hex + 2 * s->len, "%2hhx", &s->bytes[s->len]), 1);
}

/* The key of AES-256 that a traffic secret stands for (RFC 8446, 7.3). */
static void derive_key(const struct secret *from)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char digest[] = "SHA384";
    char prefix[] = "tls13 ";
    char label[] = "key";
    struct secret *s = &secret[secret_count++];
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    uint8_t key[SECRET_MAX];
    memcpy(key, from->bytes, sizeof(key));
    OSSL_PARAM parameter[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, from->len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, strlen(prefix)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    s->len = 32;
    snprintf(s->name, sizeof(s->name), "key of %.30s", from->name);
    assert_int_equal(EVP_KDF_derive(context, s->bytes, s->len, parameter), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

static void look_at(const uint8_t *memory, size_t size, bool heap)
{
    static const uint8_t zeros[PIECE];
    for (size_t at = 0; at + PIECE <= size; at += 4) {
        if (memcmp(memory + at, zeros, PIECE) == 0)
            continue;
        for (struct secret *s = secret; s < secret + secret_count; s++) {
            for (size_t from = 0; from + PIECE <= s->len; from += 4) {
                bool same = memcmp(memory + at, s->bytes + from, PIECE) == 0;
                s->in_heap += heap && same;
                s->elsewhere += !heap && same;
            }
        }
    }
}

static void look_for_secrets(const struct kc_emulator *e)
{
    const struct kc_image_record *record =
        (const struct kc_image_record *)(e->base + e->image.run[2].offset);
    assert_memory_equal(record->magic, KC_IMAGE_RECORD_MAGIC, sizeof(record->magic));
    for (size_t i = 0; i < secret_count; i++)
        secret[i].in_heap = secret[i].elsewhere = 0;
    for (size_t i = 0; i < e->image.run_count; i++) {
        const struct kc_image_run *run = &e->image.run[i];
        if ((run->secinfo_flags & KC_SECINFO_W) != 0)
            look_at(e->base + run->offset, run->pages * KC_IMAGE_PAGE,
                    run->offset == record->heap_offset);
    }
}

static void test_secrets_end_with_sessions(void **state)
{
    (void)state;
    struct kc_enclave *enclave = probe_load();
    struct line *l = line_new(enclave, 1, tls_suites[1], tls_groups[0]);
    assert_non_null(l);
    SSL_CTX_set_keylog_callback(l->context, learn);
    assert_true(line_connect(l));
    assert_true(line_echo(l, (const uint8_t *)"hello", 5));
    size_t learnt = secret_count; /* two of the handshake, two of traffic, the exporter's */
    assert_int_equal(learnt, 5);
    for (size_t i = 0; i < learnt; i++) {
        if (strstr(secret[i].name, "_TRAFFIC_SECRET_0") != NULL)
            derive_key(&secret[i]);
    }
    assert_int_equal(secret_count, learnt + 2);
    look_for_secrets(probe_emulator(enclave));
    for (size_t i = 0; i < secret_count; i++) {
        bool of_handshake = strstr(secret[i].name, "HANDSHAKE") != NULL;
        assert_int_equal(secret[i].in_heap > 0, !of_handshake);
        assert_int_equal(secret[i].elsewhere, 0);
    }
    assert_true(line_close(l));
    look_for_secrets(probe_emulator(enclave));
    for (size_t i = 0; i < secret_count; i++)
        assert_int_equal(secret[i].in_heap + secret[i].elsewhere, 0);
    kc_enclave_free(enclave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_secrets_end_with_sessions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
