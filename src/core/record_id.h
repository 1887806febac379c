/*
 * What a record is called. Class and name are the host's to read and to index by; what a record
 * says is sealed (core/record.h).
 *
 * On the wire: u8 class, u8 length of the name, the name.
 */
#ifndef KC_CORE_RECORD_ID_H
#define KC_CORE_RECORD_ID_H

#include "base/reader.h"
#include "base/writer.h"

#define KC_BATCH_ID_SIZE   16
#define KC_RECORD_NAME_MAX 128

enum kc_record_class {
    KC_RECORD_ROOT = 1,  /* the sealed root; its one name is "root" */
    KC_RECORD_TOKEN = 2, /* name: SHA-256 of the token, lower-case hexadecimal */
    KC_RECORD_KEY = 3,   /* name: of the key */
};

struct kc_record_id {
    uint8_t class; /* enum kc_record_class */
    uint8_t name_len;
    char name[KC_RECORD_NAME_MAX]; /* zeros behind it */
};

/* False, and `out` zero, for a name that is empty, too long, or has other characters than letters,
 * digits, '-', '_' and '.', or begins with '.'. */
KC_MUST_USE bool kc_record_id_make(uint8_t class, struct kc_bytes name, struct kc_record_id *out);

bool kc_record_id_equal(const struct kc_record_id *a, const struct kc_record_id *b);

void kc_record_id_encode(struct kc_writer *w, const struct kc_record_id *in);

/* The reader fails for an unknown class and a name that is too long or has a character that is not
 * allowed. An empty name passes: SCAN begins with it. */
void kc_record_id_decode(struct kc_reader *r, struct kc_record_id *out);

#endif
