#include "secrets.h"

#include <string.h>

#include "../fuzz.h"

#define PARTS  4096
#define PART   sizeof(uint64_t)
#define FILTER 65536 /* bits */

/* Each secret as parts of 8 bytes, and a filter that most of what is said does not pass. */
static struct {
    size_t count;
    uint64_t part[PARTS];
    uint64_t filter[FILTER / 64];
} secrets;

static size_t place_of(uint64_t part)
{
    return (size_t)((part * UINT64_C(0x9e3779b97f4a7c15)) >> 48);
}

/* The fuzzer watches comparisons and tries what was compared as its input: it must not learn a
 * secret there, for what it says itself is no finding. */
static uint64_t masked(uint64_t part)
{
    part = (part ^ part >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return part ^ part >> 32;
}

void secrets_forget(void)
{
    secrets.count = 0;
    memset(secrets.filter, 0, sizeof secrets.filter);
}

void secrets_add(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    for (; n >= PART && secrets.count < PARTS; at += PART, n -= PART) {
        uint64_t part = 0;
        memcpy(&part, at, PART);
        size_t place = place_of(part);
        secrets.filter[place / 64] |= UINT64_C(1) << place % 64;
        secrets.part[secrets.count++] = masked(part);
    }
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void secrets_add_hex(const char *text)
{
    uint8_t bytes[64];
    size_t n = 0;
    while (n < sizeof bytes && digit(text[0]) >= 0 && digit(text[1]) >= 0) {
        bytes[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text += 2;
    }
    secrets_add(bytes, n);
}

static bool is_part(uint64_t part)
{
    size_t i = 0;
    part = masked(part);
    while (i < secrets.count && secrets.part[i] != part)
        i++;
    return i < secrets.count;
}

void secrets_check(struct kc_bytes said)
{
    for (size_t i = 0; i + PART <= said.len; i++) {
        uint64_t part = 0;
        memcpy(&part, said.ptr + i, PART);
        size_t place = place_of(part);
        if ((secrets.filter[place / 64] >> place % 64 & 1) != 0)
            FUZZ_CHECK(!is_part(part));
    }
}
