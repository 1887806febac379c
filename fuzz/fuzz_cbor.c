/* Reads items until one fails, asking for whichever the first byte announces; what was read is
 * written again to the same bytes. */
#include <string.h>

#include "formats/cbor.h"
#include "fuzz.h"

/* False when there is nothing more to read. */
static bool copy_item(struct kc_reader *r, struct kc_writer *w)
{
    struct kc_bytes bytes;
    uint64_t number;
    switch (r->left == 0 ? 8 : r->ptr[0] >> 5) {
    case 0:
        number = kc_cbor_read_uint(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_uint(w, number);
        break;
    case 2:
        bytes = kc_cbor_read_bytes(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_bytes(w, bytes);
        break;
    case 3:
        bytes = kc_cbor_read_text(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_text(w, bytes);
        break;
    case 4:
        number = kc_cbor_read_array(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_array(w, number);
        break;
    case 5:
        number = kc_cbor_read_map(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_map(w, number);
        break;
    case 6:
        number = kc_cbor_read_tag(r);
        if (!kc_reader_failed(r))
            kc_cbor_write_tag(w, number);
        break;
    default: /* negative numbers and simple values, as whatever: never read */
        (void)kc_cbor_read_uint(r);
        FUZZ_CHECK(kc_reader_failed(r));
    }
    return !kc_reader_failed(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *out = malloc(size + 1);
    struct kc_reader r = kc_reader_of(kc_bytes_of(data, size));
    struct kc_writer w = kc_writer_of((struct kc_room){out, size});
    size_t used = 0;
    while (copy_item(&r, &w))
        used = r.at;
    FUZZ_CHECK(!kc_writer_failed(&w) && w.len == used);
    FUZZ_CHECK(memcmp(out, data, used) == 0);
    free(out);
    return 0;
}
