/*
 * AMD's certificates as they come: in files, in a table beside the report. Sorts out which is
 * which; nothing is believed here, for kc_amd_chain_verify() judges what this finds.
 */
#ifndef KC_VERIFY_AMD_PIECES_H
#define KC_VERIFY_AMD_PIECES_H

#include "formats/certificate.h"
#include "verify/amd_chain.h"

/* A piece with a `ptr` of NULL is one that is not there. */
struct kc_amd_pieces {
    struct kc_bytes vek;   /* VCEK or VLEK: DER or PEM */
    struct kc_bytes chain; /* PEM: ASK or ASVK, and ARK; may have the leaf too; in any order */
    struct kc_bytes table; /* configfs' auxblob (formats/snp_certificates.h) */
    struct kc_bytes list;  /* ARK's revocation list: DER, PEM or hexadecimal */
};

#define KC_AMD_PIECES_PEM_MAX (24 * 1024)

#define KC_AMD_PIECES_LIST_MAX (16 * 1024) /* of a list that is not DER */

/* Rooms that `certificates` may point into: never copy. About 52 KiB. */
struct kc_amd_material {
    struct kc_amd_certificates certificates;
    const char *fault; /* NULL, or a literal: a piece that is there could not be read */
    uint64_t at;
    uint8_t der[3][KC_CERTIFICATE_MAX_SIZE];
    uint8_t pem[KC_AMD_PIECES_PEM_MAX];
    uint8_t list[KC_AMD_PIECES_LIST_MAX];
};

/*
 * Finds leaf, ASK or ASVK, and ARK for a report that a key of kind `signing_key` signed. Files come
 * before `pieces->table`, that before `table`, which came with the evidence: a table or PEM, or
 * anything else, which is no fault. What is missing stays empty. `out` keeps views into all of
 * them.
 */
void kc_amd_pieces_sort(const struct kc_amd_pieces *pieces, struct kc_bytes table,
                        uint8_t signing_key, struct kc_amd_material *out);

#endif
