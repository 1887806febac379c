/* What the PEM reader accepts, the writer writes again to the letter. */
#include <string.h>

#include "base/pem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t der[4096];
    uint8_t text[8192];
    size_t n = 0;
    struct kc_reader r = kc_reader_of(kc_bytes_of(data, size));
    if (kc_pem_read(&r, "CERTIFICATE", (struct kc_room){der, sizeof der}, &n, NULL) != KC_OK)
        return 0;
    struct kc_writer w = kc_writer_of((struct kc_room){text, sizeof text});
    kc_pem_write(&w, "CERTIFICATE", kc_bytes_of(der, n));
    FUZZ_CHECK(!kc_writer_failed(&w));
    size_t used = size - r.left;
    FUZZ_CHECK(w.len == used || w.len == used + 1);
    FUZZ_CHECK(memcmp(text, data, used) == 0);
    return 0;
}
