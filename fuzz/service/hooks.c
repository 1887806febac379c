#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: there is no shorter way to known bytes */
#include "hooks.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "../fuzz.h"
#include "core/p256.h"
#include "core/root.h"
#include "secrets.h"

#define P256_KEYS       8
#define CERTIFICATES    32
#define CERTIFICATE_MAX 4096

struct hooks hooks;

static uint64_t random_state;

static int random_bytes(unsigned char *out, int n)
{
    for (int i = 0; i < n; i++) {
        if (i % 8 == 0)
            random_state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = random_state;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (unsigned char)((z ^ z >> 31) >> 8 * (i % 8));
    }
    return 1;
}

static int random_status(void)
{
    return 1;
}

/* Streams that have nothing in common: what is secret in one is not public in another. */
static uint64_t stream(uint64_t purpose, uint64_t number)
{
    return (purpose << 32 | number) * UINT64_C(0xd1342543de82ef95) + 1;
}

void hooks_seed(uint64_t seed)
{
    static const RAND_METHOD method = {
        .bytes = random_bytes, .pseudorand = random_bytes, .status = random_status};
    FUZZ_CHECK(RAND_set_rand_method(&method) == 1);
    random_state = stream(0, seed);
}

/* Counts down; true at its end. */
static bool is_due(unsigned *countdown)
{
    return hooks.inside && *countdown > 0 && --*countdown == 0;
}

void hooks_pass(void)
{
    if (is_due(&hooks.interrupt))
        hooks.overtake();
}

/* --- memory --- */

void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t n)
{
    return is_due(&hooks.memory_fails) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return is_due(&hooks.memory_fails) ? NULL : __real_calloc(n, size);
}

/* --- random bytes --- */

int __wrap_RAND_bytes(unsigned char *out, int n);
int __wrap_RAND_priv_bytes(unsigned char *out, int n);

int __wrap_RAND_bytes(unsigned char *out, int n)
{
    hooks_pass();
    return is_due(&hooks.random_fails) ? 0 : random_bytes(out, n);
}

int __wrap_RAND_priv_bytes(unsigned char *out, int n)
{
    hooks_pass();
    if (is_due(&hooks.random_fails))
        return 0;
    random_bytes(out, n);
    secrets_add(out, (size_t)n);
    return 1;
}

/* --- keys --- */

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *query, const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *query, const char *type, ...);
int __real_EVP_PKEY_generate(EVP_PKEY_CTX *context, EVP_PKEY **out);
int __wrap_EVP_PKEY_generate(EVP_PKEY_CTX *context, EVP_PKEY **out);
int __real_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *context, int bits);
int __wrap_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *context, int bits);
X509 *__real_d2i_X509(X509 **out, const unsigned char **in, long len);
X509 *__wrap_d2i_X509(X509 **out, const unsigned char **in, long len);
enum kc_err __real_kc_root_derive(const struct kc_root *root, const char *purpose,
                                  const struct kc_record_id *id, uint8_t out[32]);
enum kc_err __wrap_kc_root_derive(const struct kc_root *root, const char *purpose,
                                  const struct kc_record_id *id, uint8_t out[32]);

/* All keys of this kind are P-256 keys: a few are made once and given out in turn. */
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *query, const char *type, ...)
{
    static EVP_PKEY *ready[P256_KEYS];
    uint8_t number[KC_P256_PRIVATE_SIZE];
    uint8_t choice = 0;
    hooks_pass();
    if (is_due(&hooks.random_fails))
        return NULL;
    random_bytes(&choice, 1);
    EVP_PKEY **key = &ready[choice % P256_KEYS];
    if (*key == NULL) {
        uint64_t before = random_state;
        random_state = stream(1, choice % P256_KEYS);
        *key = __real_EVP_PKEY_Q_keygen(library, query, type, "P-256");
        random_state = before;
    }
    FUZZ_CHECK(*key != NULL && EVP_PKEY_up_ref(*key) == 1);
    FUZZ_CHECK(kc_p256_private(*key, number) == KC_OK);
    secrets_add(number, sizeof number);
    return *key;
}

static int rsa_bits;

int __wrap_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *context, int bits)
{
    rsa_bits = bits;
    return __real_EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits);
}

/* One key for each size. */
int __wrap_EVP_PKEY_generate(EVP_PKEY_CTX *context, EVP_PKEY **out)
{
    static EVP_PKEY *ready[3];
    int bits = rsa_bits; /* another thread may ask for others meanwhile */
    hooks_pass();
    if (is_due(&hooks.random_fails))
        return 0;
    FUZZ_CHECK(bits == 2048 || bits == 3072 || bits == 4096);
    EVP_PKEY **key = &ready[bits / 1024 - 2];
    if (*key == NULL) {
        uint64_t before = random_state;
        random_state = stream(2, (uint64_t)bits);
        FUZZ_CHECK(__real_EVP_PKEY_generate(context, key) == 1);
        random_state = before;
    }
    FUZZ_CHECK(EVP_PKEY_up_ref(*key) == 1);
    *out = *key;
    return 1;
}

/* The core makes the same certificates again and again: to read one takes longer than all else of
 * a START. */
X509 *__wrap_d2i_X509(X509 **out, const unsigned char **in, long len)
{
    static struct {
        X509 *read;
        long len;
        uint8_t der[CERTIFICATE_MAX];
    } seen[CERTIFICATES];
    static size_t count;
    size_t i = 0;
    while (i < CERTIFICATES && (seen[i].read == NULL || seen[i].len != len ||
                                memcmp(seen[i].der, *in, (size_t)len) != 0))
        i++;
    if (i < CERTIFICATES) {
        *in += len;
        return X509_up_ref(seen[i].read) == 1 ? seen[i].read : NULL;
    }
    const unsigned char *start = *in;
    X509 *read = __real_d2i_X509(out, in, len);
    if (read == NULL || *in != start + len || len > CERTIFICATE_MAX)
        return read;
    i = count++ % CERTIFICATES;
    X509_free(seen[i].read);
    seen[i].read = X509_up_ref(read) == 1 ? read : NULL;
    seen[i].len = len;
    memcpy(seen[i].der, start, (size_t)len);
    return read;
}

/* Keys of records. */
enum kc_err __wrap_kc_root_derive(const struct kc_root *root, const char *purpose,
                                  const struct kc_record_id *id, uint8_t out[32])
{
    hooks_pass();
    enum kc_err err = __real_kc_root_derive(root, purpose, id, out);
    if (err == KC_OK)
        secrets_add(out, 32);
    return err;
}
