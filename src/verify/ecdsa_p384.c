/* As for P-256 (ecdsa.c): the calls below EVP neither fetch nor lock. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "verify/ecdsa_p384.h"

#include <stdatomic.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

/* The curve's constants: made once, never changed or freed after that. Threads that race to be
 * first keep one copy and free the others. */
static const EC_GROUP *p384(void)
{
    static _Atomic(EC_GROUP *) constants;
    EC_GROUP *known = atomic_load_explicit(&constants, memory_order_acquire);
    if (known != NULL)
        return known;
    EC_GROUP *made = EC_GROUP_new_by_curve_name(NID_secp384r1);
    if (made == NULL || atomic_compare_exchange_strong(&constants, &known, made))
        return made;
    EC_GROUP_free(made);
    return known;
}

/* NULL unless the key is a point of the curve, whose cofactor is 1. */
static EC_KEY *key_of(const uint8_t public_key[96])
{
    uint8_t octets[97] = {POINT_CONVERSION_UNCOMPRESSED};
    const EC_GROUP *group = p384();
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    EC_KEY *key = point != NULL ? EC_KEY_new() : NULL;
    memcpy(octets + 1, public_key, 96);
    bool good = key != NULL && EC_POINT_oct2point(group, point, octets, sizeof octets, NULL) == 1 &&
                EC_KEY_set_group(key, group) == 1 && EC_KEY_set_public_key(key, point) == 1;
    EC_POINT_free(point);
    if (good)
        return key;
    EC_KEY_free(key);
    return NULL;
}

static ECDSA_SIG *signature_of(const uint8_t bytes[96])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, 48, NULL);
    BIGNUM *s = BN_bin2bn(bytes + 48, 48, NULL);
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1)
        return signature;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return NULL;
}

bool kc_ecdsa_p384_verify(const uint8_t public_key[96], struct kc_bytes message,
                          const uint8_t signature[96])
{
    uint8_t digest[48];
    (void)ERR_set_mark();
    EC_KEY *key = key_of(public_key);
    ECDSA_SIG *pair = signature_of(signature);
    bool good = key != NULL && pair != NULL && kc_sha384(message, digest) &&
                ECDSA_do_verify(digest, sizeof digest, pair, key) == 1;
    ECDSA_SIG_free(pair);
    EC_KEY_free(key);
    (void)ERR_pop_to_mark();
    return good;
}

bool kc_sha384(struct kc_bytes message, uint8_t out[48])
{
    SHA512_CTX context;
    return SHA384_Init(&context) == 1 && SHA384_Update(&context, message.ptr, message.len) == 1 &&
           SHA384_Final(out, &context) == 1;
}
