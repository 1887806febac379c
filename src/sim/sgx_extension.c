#include "sim/sgx_extension.h"

#include "sim/pki.h"

/*
 *      SEQUENCE OF SEQUENCE { OID, value }, the OIDs below 1.2.840.113741.1.13.1:
 *      1     PPID                   OCTET STRING (16)
 *      2     TCB                    SEQUENCE OF { 2.1 .. 2.16 component SVNs INTEGER,
 *                                                 2.17 PCESVN INTEGER, 2.18 CPUSVN OCTET STRING }
 *      3     PCEID                  OCTET STRING (2)
 *      4     FMSPC                  OCTET STRING (6)
 *      5     SGX type               ENUMERATED
 *      6     platform instance id   OCTET STRING (16)
 *      7     configuration          SEQUENCE OF { 7.1 dynamic platform, 7.2 cached keys,
 *                                                 7.3 SMT enabled, each BOOLEAN }
 */

enum {
    BOOLEAN = 0x01,
    INTEGER = 0x02,
    OCTETS = 0x04,
    OID = 0x06,
    ENUMERATED = 0x0a,
    SEQUENCE = 0x30
};

enum { SGX_TYPE_SCALABLE = 1 };

static void write_header(struct kc_writer *w, uint8_t tag, size_t len)
{
    kc_writer_u8(w, tag);
    if (len >= 0x100) {
        kc_writer_u8(w, 0x82);
        kc_writer_u16be(w, (uint16_t)len);
    } else {
        if (len >= 0x80)
            kc_writer_u8(w, 0x81);
        kc_writer_u8(w, (uint8_t)len);
    }
}

/* The OID of `arc`, and of `sub` below it where `sub` is not 0. */
static void write_oid(struct kc_writer *w, uint8_t arc, uint8_t sub)
{
    static const uint8_t sgx[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
    write_header(w, OID, sizeof sgx + (sub == 0 ? 1u : 2u));
    kc_writer_copy(w, sgx, sizeof sgx);
    kc_writer_u8(w, arc);
    if (sub != 0)
        kc_writer_u8(w, sub);
}

/* SEQUENCE { OID, value }, where `value` is a whole element. */
static void write_entry(struct kc_writer *w, uint8_t arc, uint8_t sub, struct kc_bytes value)
{
    write_header(w, SEQUENCE, 2 + 10 + (sub == 0 ? 0u : 1u) + value.len);
    write_oid(w, arc, sub);
    kc_writer_bytes(w, value);
}

static void write_octets(struct kc_writer *w, uint8_t arc, uint8_t sub, const uint8_t *ptr,
                         size_t len)
{
    uint8_t value[32];
    struct kc_writer v = kc_writer_of((struct kc_room){value, sizeof value});
    write_header(&v, OCTETS, len);
    kc_writer_copy(&v, ptr, len);
    write_entry(w, arc, sub, kc_writer_written(&v));
}

static void write_integer(struct kc_writer *w, uint8_t arc, uint8_t sub, uint16_t n)
{
    uint8_t value[8];
    struct kc_writer v = kc_writer_of((struct kc_room){value, sizeof value});
    /* A leading zero keeps the number positive. */
    uint8_t content[3] = {0, (uint8_t)(n >> 8), (uint8_t)n};
    size_t skip = n < 0x80 ? 2 : n < 0x8000 ? 1 : 0;
    write_header(&v, INTEGER, sizeof content - skip);
    kc_writer_copy(&v, content + skip, sizeof content - skip);
    write_entry(w, arc, sub, kc_writer_written(&v));
}

static void write_one_byte(struct kc_writer *w, uint8_t arc, uint8_t sub, uint8_t tag, uint8_t byte)
{
    uint8_t value[3] = {tag, 1, byte};
    write_entry(w, arc, sub, kc_bytes_of(value, sizeof value));
}

/* Writes `inner` as SEQUENCE: the value of an entry. */
static void write_sequence_entry(struct kc_writer *w, uint8_t arc, struct kc_bytes inner)
{
    uint8_t value[512];
    struct kc_writer v = kc_writer_of((struct kc_room){value, sizeof value});
    write_header(&v, SEQUENCE, inner.len);
    kc_writer_bytes(&v, inner);
    write_header(w, SEQUENCE, 2 + 10 + v.len);
    write_oid(w, arc, 0);
    kc_writer_bytes(w, kc_writer_written(&v));
}

static void write_tcb(struct kc_writer *w, const struct kc_sim_platform *platform)
{
    uint8_t inner[480];
    struct kc_writer v = kc_writer_of((struct kc_room){inner, sizeof inner});
    for (uint8_t i = 0; i < 16; i++)
        write_integer(&v, 2, (uint8_t)(i + 1), platform->component_svn[i]);
    write_integer(&v, 2, 17, platform->pce_svn);
    write_octets(&v, 2, 18, platform->component_svn, sizeof platform->component_svn);
    write_sequence_entry(w, 2, kc_writer_written(&v));
}

static void write_configuration(struct kc_writer *w)
{
    uint8_t inner[64];
    struct kc_writer v = kc_writer_of((struct kc_room){inner, sizeof inner});
    write_one_byte(&v, 7, 1, BOOLEAN, 0xff);
    write_one_byte(&v, 7, 2, BOOLEAN, 0xff);
    write_one_byte(&v, 7, 3, BOOLEAN, 0x00);
    write_sequence_entry(w, 7, kc_writer_written(&v));
}

void kc_sim_sgx_extension_encode(struct kc_writer *w, const struct kc_sim_platform *platform,
                                 const uint8_t ppid[16], const uint8_t instance_id[16])
{
    uint8_t inner[KC_SIM_SGX_EXTENSION_MAX];
    struct kc_writer v = kc_writer_of((struct kc_room){inner, sizeof inner});
    write_octets(&v, 1, 0, ppid, 16);
    write_tcb(&v, platform);
    write_octets(&v, 3, 0, platform->pce_id, sizeof platform->pce_id);
    write_octets(&v, 4, 0, platform->fmspc, sizeof platform->fmspc);
    write_one_byte(&v, 5, 0, ENUMERATED, SGX_TYPE_SCALABLE);
    write_octets(&v, 6, 0, instance_id, 16);
    write_configuration(&v);
    write_header(w, SEQUENCE, v.len);
    kc_writer_bytes(w, kc_writer_written(&v));
}
