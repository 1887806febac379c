/*
 * Certificate revocation lists (RFC 5280, section 5) in the profile of Intel's SGX CAs (Intel SGX
 * PCK Certificate and CRL Profile Specification, 1.4): version 2, ecdsa-with-SHA256, nextUpdate,
 * CRL number and authority key identifier, entries with at most a reason, strict DER. The lists of
 * AMD's ARKs (57230, section 4) are the same, signed as AMD's certificates are.
 *
 * A list that leaves out a part of what its issuer revoked (a delta, one of a distribution point)
 * can only say so by extensions that are outside this profile, and is refused. A decoded list is
 * well formed; whether its issuer signed it, and when it is good, is verify's question.
 */
#ifndef KC_FORMATS_CRL_H
#define KC_FORMATS_CRL_H

#include "base/bytes.h"
#include "base/error.h"

#define KC_CRL_MAX_SIZE (256 * 1024) /* bytes of DER */

/* All views point into the decoded DER. */
struct kc_crl {
    struct kc_bytes der;
    struct kc_bytes tbs;    /* what the issuer signed, tag and length included */
    struct kc_bytes issuer; /* Name, tag and length included */
    struct kc_bytes issuer_common_name;
    int64_t this_update;
    int64_t next_update;
    struct kc_bytes number; /* content octets of the INTEGER */
    struct kc_bytes authority_key_id;
    struct kc_bytes revoked; /* content of the SEQUENCE of entries; empty when there are none */
    size_t revoked_count;
    uint8_t signature[64];         /* Intel's: r || s */
    struct kc_bytes pss_signature; /* AMD's: 512 octets */
};

/* Decodes one DER list that must fill `der`. KC_ERR_UNSUPPORTED: version 1, another signature
 * algorithm, an extension outside the profile; KC_ERR_MALFORMED: all else, `error->at` being the
 * offset. */
KC_MUST_USE enum kc_err kc_crl_decode(struct kc_bytes der, struct kc_crl *out,
                                      struct kc_error *error);

/* Likewise a list of AMD's. */
KC_MUST_USE enum kc_err kc_crl_decode_amd(struct kc_bytes der, struct kc_crl *out,
                                          struct kc_error *error);

/* Makes the views of a decoded list point into a copy of its DER. */
void kc_crl_move(struct kc_crl *crl, const uint8_t *der);

/* Whether the list has `serial` (content octets of a certificate's serial number). */
bool kc_crl_has_serial(const struct kc_crl *crl, struct kc_bytes serial);

/*
 * Finds the DER in one of the forms in which lists travel: DER, strict PEM ("X509 CRL"), or its
 * hexadecimal digits; each with at most one NUL behind it, as C programs send it. `room` is used
 * unless `*der` can be a view of `text`. KC_ERR_ROOM: `room` is too small; text.len is enough.
 */
KC_MUST_USE enum kc_err kc_crl_unwrap(struct kc_bytes text, struct kc_room room,
                                      struct kc_bytes *der, struct kc_error *error);

#endif
