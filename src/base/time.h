/*
 * Points in time as seconds since 1970-01-01T00:00:00Z, and their text (RFC 3339, in UTC).
 * Pure: nothing here asks a clock.
 */
#ifndef KC_BASE_TIME_H
#define KC_BASE_TIME_H

#include "base/bytes.h"
#include "base/error.h"

/* Bytes of "2025-08-15T05:45:00Z" and its NUL. */
#define KC_TIME_TEXT_SIZE 21

/* The last second of the year 9999, beyond which no text goes. */
#define KC_TIME_MAX INT64_C(253402300799)

/*
 * The seconds of a date of the Gregorian calendar. False when a field is out of range (year 1 to
 * 9999, month 1 to 12, days of that very month, no leap seconds).
 */
bool kc_time_from_fields(int year, int month, int day, int hour, int minute, int second,
                         int64_t *out);

/*
 * Reads "YYYY-MM-DDThh:mm:ss" with an optional fraction, which is dropped, and "Z" or an offset
 * "+hh:mm". KC_ERR_MALFORMED otherwise.
 */
KC_MUST_USE enum kc_err kc_time_parse(struct kc_bytes text, int64_t *out);

/* Writes the text of `seconds`, which lies in the years 1 to 9999, with its NUL. */
void kc_time_format(int64_t seconds, char out[KC_TIME_TEXT_SIZE]);

#endif
