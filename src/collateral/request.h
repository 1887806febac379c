/*
 * The URLs of collateral: Intel's PCS and PCCS, REST version 4, and AMD's KDS (Versioned Chip
 * Endorsement Key Certificate and KDS Interface Specification, 57230, section 4).
 */
#ifndef KC_COLLATERAL_REQUEST_H
#define KC_COLLATERAL_REQUEST_H

#include "collateral/fetch.h"

/*
 * The products to ask for, in this order: one where it is known, and one that means nothing for
 * Intel's; for reports of version 2, which do not say it, Milan, then Genoa.
 */
size_t kc_request_products(const struct kc_needs *needs, enum kc_snp_product out[2]);

/*
 * The URL of `part` below the base URL. Intel's own service has the root's list on another host of
 * its own; caches have it below their base. A base that
 * ends in "/sgx/certification/v4" is the one before that. False: too long.
 */
KC_MUST_USE bool kc_request_url(enum kc_fetch_part part, const struct kc_needs *needs,
                                enum kc_snp_product product, const char *base,
                                char out[KC_WEB_URL_MAX]);

#endif
