/* The EVP calls fetch algorithms and allocate; these do not (cmac.h says why it matters). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sim/cmac.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/aes.h>
#include <openssl/sha.h>

#define HMAC_BLOCK 64

/* Doubling in GF(2^128), RFC 4493 section 2.3. */
static void double_block(const uint8_t in[16], uint8_t out[16])
{
    uint8_t carry = (uint8_t)(in[0] >> 7);
    for (size_t i = 0; i < 15; i++)
        out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
    out[15] = (uint8_t)(in[15] << 1 ^ (carry * 0x87));
}

static void xor_block(uint8_t block[16], const uint8_t *with, size_t n)
{
    for (size_t i = 0; i < n; i++)
        block[i] ^= with[i];
}

void kc_cmac_aes128(const uint8_t key[16], struct kc_bytes message, uint8_t out[KC_CMAC_SIZE])
{
    AES_KEY schedule;
    uint8_t block[16] = {0};
    uint8_t subkey[16];
    AES_set_encrypt_key(key, 128, &schedule);
    AES_encrypt(block, block, &schedule);
    double_block(block, subkey); /* K1, for a last block that is full */

    memset(block, 0, sizeof block);
    while (message.len > 16) {
        xor_block(block, message.ptr, 16);
        AES_encrypt(block, block, &schedule);
        message.ptr += 16;
        message.len -= 16;
    }
    xor_block(block, message.ptr, message.len);
    if (message.len < 16) {
        uint8_t k1[16];
        memcpy(k1, subkey, sizeof k1);
        double_block(k1, subkey);
        block[message.len] ^= 0x80;
        kc_bytes_wipe(k1, sizeof k1);
    }
    xor_block(block, subkey, 16);
    AES_encrypt(block, out, &schedule);
    kc_bytes_wipe(&schedule, sizeof schedule);
    kc_bytes_wipe(subkey, sizeof subkey);
    kc_bytes_wipe(block, sizeof block);
}

/* SHA-256 of one pad block and `message`. */
static void pad_hash(const uint8_t pad[HMAC_BLOCK], struct kc_bytes message, uint8_t out[32])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, pad, HMAC_BLOCK);
    SHA256_Update(&context, message.ptr, message.len);
    SHA256_Final(out, &context);
    kc_bytes_wipe(&context, sizeof context);
}

void kc_hmac_sha256(struct kc_bytes key, struct kc_bytes message, uint8_t out[KC_HMAC_SHA256_SIZE])
{
    uint8_t inner_pad[HMAC_BLOCK];
    uint8_t outer_pad[HMAC_BLOCK];
    uint8_t inner[32];
    if (key.len > HMAC_BLOCK)
        abort();
    memset(inner_pad, 0x36, sizeof inner_pad);
    memset(outer_pad, 0x5c, sizeof outer_pad);
    for (size_t i = 0; i < key.len; i++) {
        inner_pad[i] ^= key.ptr[i];
        outer_pad[i] ^= key.ptr[i];
    }
    pad_hash(inner_pad, message, inner);
    pad_hash(outer_pad, kc_bytes_of(inner, sizeof inner), out);
    kc_bytes_wipe(inner_pad, sizeof inner_pad);
    kc_bytes_wipe(outer_pad, sizeof outer_pad);
    kc_bytes_wipe(inner, sizeof inner);
}
