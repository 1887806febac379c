/* What our decoder accepts, OpenSSL reads alike and encodes to the same bytes. */
#include "../tests/certificate_oracle.h"
#include "formats/pck_certificate.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_certificate certificate;
    struct kc_pck_extension extension;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_certificate_decode(kc_bytes_of(data, size), &certificate, &error) != KC_OK) {
        FUZZ_CHECK(error.code != KC_OK && error.at <= size);
        return 0;
    }
    FUZZ_CHECK(certificate.der.ptr == data && certificate.der.len == size);
    FUZZ_CHECK(oracle_disagrees(&certificate) == NULL);
    (void)!kc_pck_extension_decode(&certificate, &extension, NULL);
    return 0;
}
