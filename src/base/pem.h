/*
 * PEM (RFC 7468, section 3), the strict generator's form: no text outside the blocks, no headers,
 * lines of 64 characters that end in LF, a last line of 1 to 64. Or, throughout a block, of 76, as
 * MIME has them and older quotes too. With so few encodings of one DER a changed byte is a refused
 * byte.
 */
#ifndef KC_BASE_PEM_H
#define KC_BASE_PEM_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

/*
 * Reads one block with `label` (such as "CERTIFICATE") at the reader's place and steps over it.
 * The DER goes to `out`. The LF after the END line may be missing where the input ends, or where
 * the next block begins at once, as in some genuine quotes. On KC_ERR_MALFORMED `error->at` is the
 * offset of the first bad line.
 */
KC_MUST_USE enum kc_err kc_pem_read(struct kc_reader *r, const char *label, struct kc_room out,
                                    size_t *out_len, struct kc_error *error);

/* Appends one block. */
void kc_pem_write(struct kc_writer *w, const char *label, struct kc_bytes der);

#endif
