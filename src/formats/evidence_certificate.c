#include "formats/evidence_certificate.h"

/* Content octets of OBJECT IDENTIFIERs. */
static const struct {
    const char *text;
    uint8_t octets[11];
    uint8_t len;
} judged[] = {
    [KC_EXTENSION_DICE] = {"2.23.133.5.4.9", {0x67, 0x81, 0x05, 0x05, 0x04, 0x09}, 6},
    [KC_EXTENSION_OE_REPORT] = {"1.3.6.1.4.1.311.105.1",
                                {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x01},
                                9},
    [KC_EXTENSION_OE_REPORT_OLD] = {"1.2.840.113556.10.1.1",
                                    {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x01},
                                    9},
    [KC_EXTENSION_OE_EVIDENCE] = {"1.3.6.1.4.1.311.105.2",
                                  {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x02},
                                  9},
    [KC_EXTENSION_OE_EVIDENCE_OLD] = {"1.2.840.113556.10.1.2",
                                      {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x0a, 0x01, 0x02},
                                      9},
};

static const struct {
    const char *what;
    uint8_t octets[11];
    uint8_t len;
} known[] = {
    {"certificate: carries evidence in Gramine's legacy extension (0.6.9.42.840.113741.1337.6) "
     "alone, which is not judged",
     {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06},
     11},
    {"certificate: carries evidence in Gramine's legacy extension (1.2.840.113741.1337.6) alone, "
     "which is not judged",
     {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06},
     9},
    {"certificate: carries evidence as a conceptual message wrapper (1.3.6.1.5.5.7.1.35), which "
     "is not judged",
     {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x23},
     8},
};

static enum kc_err explain_none(const struct kc_certificate *certificate, struct kc_error *error)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct kc_bytes value;
        bool critical;
        if (kc_certificate_find_extension(certificate, kc_bytes_of(known[i].octets, known[i].len),
                                          &value, &critical))
            return kc_error_set(error, KC_ERR_UNSUPPORTED, known[i].what, 0);
    }
    return kc_error_set(error, KC_ERR_MALFORMED,
                        "certificate: carries no evidence (no extension 2.23.133.5.4.9 of the "
                        "TCG, none of Open Enclave)",
                        0);
}

enum kc_err kc_evidence_certificate_find(const struct kc_certificate *certificate,
                                         enum kc_evidence_extension *kind, struct kc_bytes *value,
                                         bool *critical, struct kc_error *error)
{
    size_t found = 0;
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        struct kc_bytes oid = kc_bytes_of(judged[i].octets, judged[i].len);
        struct kc_bytes content;
        bool is_critical;
        if (!kc_certificate_find_extension(certificate, oid, &content, &is_critical))
            continue;
        found++;
        *kind = (enum kc_evidence_extension)i;
        *value = content;
        *critical = is_critical;
    }
    if (found == 0)
        return explain_none(certificate, error);
    if (found > 1)
        return kc_error_set(error, KC_ERR_MALFORMED,
                            "certificate: carries evidence in more than one extension; which one "
                            "counts nobody could say; extensions",
                            found);
    return KC_OK;
}

const char *kc_evidence_certificate_oid(enum kc_evidence_extension kind)
{
    return judged[kind].text;
}
