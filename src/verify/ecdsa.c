/* The EVP calls fetch algorithms, copy and lock: a fifth of a P-256 verification. These do not. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "verify/ecdsa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#define KEY_MAX 96 /* P-384 */

/*
 * The curve's constants: OpenSSL keeps them on its heap alone, and making them anew would cost 15 %
 * of each verification. Written once, never changed or freed after that: threads that race to be
 * first keep one copy and free the others.
 */
static const EC_GROUP *p256(void)
{
    static _Atomic(EC_GROUP *) constants;
    EC_GROUP *known = atomic_load_explicit(&constants, memory_order_acquire);
    if (known != NULL)
        return known;
    EC_GROUP *made = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (made == NULL || atomic_compare_exchange_strong(&constants, &known, made))
        return made;
    EC_GROUP_free(made);
    return known;
}

/* NULL unless the key is a point of the curve. The cofactor is 1, so that no check of the order is
 * left to do. */
static EC_POINT *point_of(const EC_GROUP *group, struct kc_bytes public_key)
{
    uint8_t octets[1 + KEY_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    memcpy(octets + 1, public_key.ptr, public_key.len);
    if (point != NULL && EC_POINT_oct2point(group, point, octets, 1 + public_key.len, NULL) == 1)
        return point;
    EC_POINT_free(point);
    return NULL;
}

static EC_KEY *key_of(const uint8_t public_key[64])
{
    const EC_GROUP *group = p256();
    EC_POINT *point = point_of(group, kc_bytes_of(public_key, 64));
    EC_KEY *key = point != NULL ? EC_KEY_new() : NULL;
    bool good =
        key != NULL && EC_KEY_set_group(key, group) == 1 && EC_KEY_set_public_key(key, point) == 1;
    EC_POINT_free(point);
    if (good)
        return key;
    EC_KEY_free(key);
    return NULL;
}

static ECDSA_SIG *signature_of(const uint8_t bytes[64])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, 32, NULL);
    BIGNUM *s = BN_bin2bn(bytes + 32, 32, NULL);
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1)
        return signature;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return NULL;
}

struct kc_ecdsa_key {
    _Atomic(unsigned) users;
    EC_KEY *key;
};

struct kc_ecdsa_key *kc_ecdsa_key_new(const uint8_t public_key[64])
{
    struct kc_ecdsa_key *made = malloc(sizeof *made);
    if (made == NULL)
        return NULL;
    (void)ERR_set_mark();
    made->key = key_of(public_key);
    (void)ERR_pop_to_mark();
    atomic_init(&made->users, 1);
    if (made->key != NULL)
        return made;
    free(made);
    return NULL;
}

void kc_ecdsa_key_use(struct kc_ecdsa_key *key)
{
    atomic_fetch_add_explicit(&key->users, 1, memory_order_relaxed);
}

void kc_ecdsa_key_release(struct kc_ecdsa_key *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->users, 1, memory_order_acq_rel) != 1)
        return;
    EC_KEY_free(key->key);
    free(key);
}

/* What OpenSSL notes of a bad key or signature is taken off its queue again: a TLS connection on
 * the same thread would read it as a failure of its own. */
bool kc_ecdsa_key_verify(const struct kc_ecdsa_key *key, const uint8_t digest[32],
                         const uint8_t signature[64])
{
    (void)ERR_set_mark();
    ECDSA_SIG *pair = signature_of(signature);
    bool good = pair != NULL && ECDSA_do_verify(digest, 32, pair, key->key) == 1;
    ECDSA_SIG_free(pair);
    (void)ERR_pop_to_mark();
    return good;
}

bool kc_ecdsa_p256_verify(const uint8_t public_key[64], struct kc_bytes message,
                          const uint8_t signature[64])
{
    uint8_t digest[32];
    struct kc_ecdsa_key *key = kc_ecdsa_key_new(public_key);
    bool good =
        key != NULL && kc_sha256(message, digest) && kc_ecdsa_key_verify(key, digest, signature);
    kc_ecdsa_key_release(key);
    return good;
}

static bool is_point(const EC_GROUP *group, struct kc_bytes public_key)
{
    (void)ERR_set_mark();
    EC_POINT *point = point_of(group, public_key);
    (void)ERR_pop_to_mark();
    EC_POINT_free(point);
    return point != NULL;
}

bool kc_ecdsa_p256_is_point(const uint8_t public_key[64])
{
    return is_point(p256(), kc_bytes_of(public_key, 64));
}

bool kc_ecdsa_p384_is_point(const uint8_t public_key[96])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp384r1);
    bool good = is_point(group, kc_bytes_of(public_key, 96));
    EC_GROUP_free(group);
    return good;
}

bool kc_sha256(struct kc_bytes message, uint8_t out[32])
{
    SHA256_CTX context;
    return SHA256_Init(&context) == 1 && SHA256_Update(&context, message.ptr, message.len) == 1 &&
           SHA256_Final(out, &context) == 1;
}

bool kc_sha256_two(struct kc_bytes first, struct kc_bytes second, uint8_t out[32])
{
    SHA256_CTX context;
    return SHA256_Init(&context) == 1 && SHA256_Update(&context, first.ptr, first.len) == 1 &&
           SHA256_Update(&context, second.ptr, second.len) == 1 && SHA256_Final(out, &context) == 1;
}
