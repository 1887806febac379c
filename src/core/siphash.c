#include "core/siphash.h"

#include "base/reader.h"

static uint64_t rotate(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

static void rounds(uint64_t v[4], unsigned count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void add(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

uint64_t kc_siphash(const uint8_t key[KC_SIPHASH_KEY_SIZE], struct kc_bytes in)
{
    struct kc_reader r = kc_reader_of(kc_bytes_of(key, KC_SIPHASH_KEY_SIZE));
    uint64_t k0 = kc_reader_u64(&r);
    uint64_t k1 = kc_reader_u64(&r);
    uint64_t v[4] = {
        k0 ^ UINT64_C(0x736f6d6570736575),
        k1 ^ UINT64_C(0x646f72616e646f6d),
        k0 ^ UINT64_C(0x6c7967656e657261),
        k1 ^ UINT64_C(0x7465646279746573),
    };
    uint64_t last = (uint64_t)in.len << 56;
    r = kc_reader_of(in);
    while (r.left >= 8)
        add(v, kc_reader_u64(&r));
    for (unsigned shift = 0; r.left > 0; shift += 8)
        last |= (uint64_t)kc_reader_u8(&r) << shift;
    add(v, last);
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
