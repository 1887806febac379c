/* The EVP calls fetch algorithms and allocate; these do neither. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ratls/hash.h"

#include <openssl/sha.h>

bool kc_ratls_hash(struct kc_bytes first, struct kc_bytes second, uint8_t out[KC_RATLS_HASH_SIZE])
{
    SHA256_CTX context;
    return SHA256_Init(&context) == 1 && SHA256_Update(&context, first.ptr, first.len) == 1 &&
           SHA256_Update(&context, second.ptr, second.len) == 1 && SHA256_Final(out, &context) == 1;
}
