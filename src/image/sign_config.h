/*
 * kms.conf: the settings of an image in the form that Open Enclave's oesign reads, `Name=Value` a
 * line, # before a comment. Strict: an unknown name, a name given twice, one left out, or a value
 * out of range is an error with its line.
 */
#ifndef KC_IMAGE_SIGN_CONFIG_H
#define KC_IMAGE_SIGN_CONFIG_H

#include "base/bytes.h"
#include "base/error.h"

struct kc_sign_config {
    bool debug;
    uint32_t heap_pages;
    uint32_t stack_pages;
    uint32_t tcs_count;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint32_t date; /* of the SIGSTRUCT, BCD yyyymmdd; 0: not set */
};

/* On KC_ERR_MALFORMED `error->at` is the line, from 1; 0 where a name is missing. */
KC_MUST_USE enum kc_err kc_sign_config_parse(struct kc_bytes text, struct kc_sign_config *out,
                                             struct kc_error *error);

/* BCD yyyymmdd of a day in UTC, for DATE. Years 1970 to 9999; 0 for others. */
uint32_t kc_sign_config_date(int64_t unix_time);

#endif
