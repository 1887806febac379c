/*
 * The protocol's test vectors (docs/protocol.md): TLS key d = 1 on P-256, nonce 00 to 1f, exported
 * 32 times a5, kms-id the SHA-256 of "kms-identity-spki".
 */
#ifndef KC_TESTS_RATLS_VECTORS_H
#define KC_TESTS_RATLS_VECTORS_H

#include "base/hex.h"
#include "ratls/binder.h"
#include "test.h"

#define V_POINT                                                                                    \
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"                             \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define V_SPKI     "3059301306072a8648ce3d020106082a8648ce3d03010703420004" V_POINT
#define V_NONCE    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define V_EXPORTED "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
#define V_KEY_HASH "5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3"
#define V_KMS_ID   "8b424149d270a4605f243b8df32c3357e255642c791d44c2c5f5a0b1f77c2f69"
#define V_BINDER   "adffb50514fc776b0024fac483e77a2a8108b8fe5ba1a9bc4cf039a20cdec725"
#define V_ZEROS    "0000000000000000000000000000000000000000000000000000000000000000"

/* Pairs of the maps: key, head of the value, value. */
#define P_NONCE    "656e6f6e63655820" V_NONCE
#define P_KMS_ID   "666b6d732d69645820" V_KMS_ID
#define P_SERVER   "676b6d732d637478526b6d732d7261746c732f3120736572766572"
#define P_CLIENT   "676b6d732d637478526b6d732d7261746c732f3120636c69656e74"
#define P_RELEASE  "676b6d732d637478536b6d732d7261746c732f312072656c65617365"
#define P_IMPORT   "676b6d732d637478526b6d732d7261746c732f3120696d706f7274"
#define P_BINDER   "6a746c732d62696e6465725820" V_BINDER
#define P_KEY_HASH "6b7075626b65792d68617368582482015820" V_KEY_HASH
#define P_WRAP     "6d777261702d6b65792d68617368582482015820" V_EXPORTED

#define V_CERT_CLAIMS  "a3" P_KMS_ID P_SERVER P_KEY_HASH
#define V_FRESH_CLAIMS "a5" P_NONCE P_KMS_ID P_SERVER P_BINDER P_KEY_HASH
#define V_CERT_REPORT_DATA                                                                         \
    "72599839d05377877b9ac8c84521ca8d8bfe002ab9ff19cf11a2d041c0c9b5ee" V_ZEROS
#define V_FRESH_REPORT_DATA                                                                        \
    "7d54477d090ec5777b3d88a3af21cc284d30235b818e1b645e1cd42064829983" V_ZEROS

static inline size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    assert_int_equal(kc_hex_decode(kc_bytes_of_text(text), (struct kc_room){out, cap}, &n), KC_OK);
    return n;
}

#endif
