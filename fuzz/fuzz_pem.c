/* What the PEM reader accepts, the writer writes again to the letter, where its lines end aside. */
#include "base/pem.h"
#include "fuzz.h"

static void expect_same_but_newlines(struct kc_bytes a, struct kc_bytes b)
{
    size_t i = 0;
    size_t k = 0;
    for (;; i++, k++) {
        while (i < a.len && a.ptr[i] == '\n')
            i++;
        while (k < b.len && b.ptr[k] == '\n')
            k++;
        if (i == a.len || k == b.len)
            break;
        FUZZ_CHECK(a.ptr[i] == b.ptr[k]);
    }
    FUZZ_CHECK(i == a.len && k == b.len);
}

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
    expect_same_but_newlines(kc_bytes_of(text, w.len), kc_bytes_of(data, size - r.left));
    return 0;
}
