/*
 * The certificate table that a host hands out beside SEV-SNP reports: configfs' auxblob, the
 * "certs" of an extended guest request (SEV-ES GHCB specification, section 4.1.8.1).
 *
 *      24 bytes an entry: GUID, offset (u32), length (u32); an entry of zeros ends the list;
 *      offsets count from the start of the table
 *
 * Nobody vouches for it: it is material for building a chain and nothing else. Hosts write the
 * GUIDs in either of the two orders of a UUID's bytes; both are read.
 */
#ifndef KC_FORMATS_SNP_CERTIFICATES_H
#define KC_FORMATS_SNP_CERTIFICATES_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_SNP_CERTIFICATES_MAX_SIZE    (64 * 1024)
#define KC_SNP_CERTIFICATES_MAX_ENTRIES 16

/* DER, views into the table; empty when absent. Under a VLEK, `ask` is the ASVK. */
struct kc_snp_certificates {
    struct kc_bytes vcek;
    struct kc_bytes vlek;
    struct kc_bytes ask;
    struct kc_bytes ark;
    size_t others; /* entries of kinds that we do not know */
};

/* No bytes at all are a table without certificates. KC_ERR_MALFORMED: no end of the list, too many
 * entries, an entry empty, outside the table or overlapping the list, one kind twice. */
KC_MUST_USE enum kc_err kc_snp_certificates_decode(struct kc_bytes table,
                                                   struct kc_snp_certificates *out,
                                                   struct kc_error *error);

#endif
