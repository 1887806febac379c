#include "formats/snp_report.h"

#include "base/reader.h"

#define ALGORITHM_ECDSA_P384_SHA384 1
#define SCALAR_ROOM                 72 /* bytes of r and of s, little endian */
#define SCALAR_SIZE                 48
#define SIGNATURE_ROOM              512

const char *kc_snp_report_product_name(enum kc_snp_product product)
{
    static const char *const names[KC_SNP_PRODUCT_COUNT] = {"unknown", "Milan", "Genoa", "Turin"};
    return names[product];
}

/* Families and models as AMD's key distribution service maps them (57230, section 3.1). */
static enum kc_snp_product product_of(uint8_t family, uint8_t model)
{
    if (family == 0x19 && model <= 0x0f)
        return KC_SNP_MILAN;
    if (family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
        return KC_SNP_GENOA;
    if (family == 0x1a && model <= 0x11)
        return KC_SNP_TURIN;
    return KC_SNP_UNKNOWN;
}

bool kc_snp_report_read_tcb(uint64_t raw, enum kc_snp_product product, struct kc_snp_tcb *out)
{
    uint8_t b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(raw >> 8 * i);
    bool is_turin = product == KC_SNP_TURIN;
    if (!kc_bytes_are_zero(is_turin ? kc_bytes_of(b + 4, 3) : kc_bytes_of(b + 2, 4)))
        return false;
    if (is_turin)
        *out = (struct kc_snp_tcb){b[0], b[1], b[2], b[3], b[7]};
    else
        *out = (struct kc_snp_tcb){0, b[0], b[1], b[6], b[7]};
    return true;
}

bool kc_snp_report_tcb_covers(const struct kc_snp_tcb *a, const struct kc_snp_tcb *b)
{
    return a->fmc >= b->fmc && a->boot_loader >= b->boot_loader && a->tee >= b->tee &&
           a->snp >= b->snp && a->microcode >= b->microcode;
}

/* One word: what the guest is, who signed. The reserved bits 5 to 31 are signed. */
static void read_flags(struct kc_reader *r, struct kc_snp_report *out)
{
    uint32_t flags = kc_reader_u32(r);
    out->author_key_enabled = (flags & 1) != 0;
    out->chip_id_masked = (flags & 2) != 0;
    out->signing_key = flags >> 2 & 7;
    kc_reader_skip(r, 4);
}

static void read_firmware(struct kc_reader *r, struct kc_snp_firmware *out)
{
    out->build = kc_reader_u8(r);
    out->minor = kc_reader_u8(r);
    out->major = kc_reader_u8(r);
    kc_reader_skip(r, 1);
}

static void read_cpu(struct kc_reader *r, struct kc_snp_report *out)
{
    if (out->version < 3) {
        kc_reader_skip(r, 24);
        return;
    }
    out->cpu_family = kc_reader_u8(r);
    out->cpu_model = kc_reader_u8(r);
    out->cpu_stepping = kc_reader_u8(r);
    kc_reader_skip(r, 21);
    out->product = product_of(out->cpu_family, out->cpu_model);
}

/* From the platform information to the end of what is signed. */
static void read_second_half(struct kc_reader *r, struct kc_snp_report *out)
{
    out->platform_info = kc_reader_u64(r);
    read_flags(r, out);
    kc_reader_copy(r, out->report_data, sizeof out->report_data);
    kc_reader_copy(r, out->measurement, sizeof out->measurement);
    kc_reader_copy(r, out->host_data, sizeof out->host_data);
    kc_reader_copy(r, out->id_key_digest, sizeof out->id_key_digest);
    kc_reader_copy(r, out->author_key_digest, sizeof out->author_key_digest);
    kc_reader_copy(r, out->report_id, sizeof out->report_id);
    kc_reader_copy(r, out->report_id_ma, sizeof out->report_id_ma);
    out->reported_tcb = kc_reader_u64(r);
    read_cpu(r, out);
    kc_reader_copy(r, out->chip_id, sizeof out->chip_id);
    out->committed_tcb = kc_reader_u64(r);
    read_firmware(r, &out->current);
    read_firmware(r, &out->committed);
    out->launch_tcb = kc_reader_u64(r);
    if (out->version >= 5) {
        out->launch_mitigations = kc_reader_u64(r);
        out->current_mitigations = kc_reader_u64(r);
    }
    kc_reader_skip(r, KC_SNP_REPORT_SIGNED_SIZE - r->at);
}

/* 72 bytes, little endian, of which P-384 needs 48. */
static bool read_scalar(struct kc_reader *r, uint8_t out[SCALAR_SIZE])
{
    struct kc_bytes scalar = kc_reader_bytes(r, SCALAR_ROOM);
    for (size_t i = 0; i < SCALAR_SIZE; i++)
        out[i] = scalar.ptr[SCALAR_SIZE - 1 - i];
    return kc_bytes_are_zero(kc_bytes_of(scalar.ptr + SCALAR_SIZE, SCALAR_ROOM - SCALAR_SIZE));
}

static enum kc_err read_signature(struct kc_reader *r, struct kc_snp_report *out,
                                  struct kc_error *error)
{
    if (!read_scalar(r, out->signature) || !read_scalar(r, out->signature + SCALAR_SIZE))
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP report: signature over 384 bits", r->at);
    if (!kc_bytes_are_zero(kc_reader_rest(r)))
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP report: bytes behind the signature",
                            r->at);
    return KC_OK;
}

enum kc_err kc_snp_report_decode(struct kc_bytes bytes, struct kc_snp_report *out,
                                 struct kc_error *error)
{
    struct kc_snp_report report = {0};
    struct kc_reader r = kc_reader_of(bytes);
    if (bytes.len != KC_SNP_REPORT_SIZE)
        return kc_error_set(error, KC_ERR_MALFORMED, "SNP report: not of 1184 bytes", bytes.len);
    report.version = kc_reader_u32(&r);
    if (report.version < 2 || report.version > 5)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "SNP report: the version is not 2 to 5",
                            report.version);
    report.guest_svn = kc_reader_u32(&r);
    report.policy = kc_reader_u64(&r);
    kc_reader_copy(&r, report.family_id, sizeof report.family_id);
    kc_reader_copy(&r, report.image_id, sizeof report.image_id);
    report.vmpl = kc_reader_u32(&r);
    uint32_t algorithm = kc_reader_u32(&r);
    if (algorithm != ALGORITHM_ECDSA_P384_SHA384)
        return kc_error_set(error, KC_ERR_UNSUPPORTED,
                            "SNP report: the signature algorithm is not 1 (ECDSA P-384, SHA-384)",
                            algorithm);
    report.current_tcb = kc_reader_u64(&r);
    read_second_half(&r, &report);
    report.signed_part = kc_bytes_of(bytes.ptr, KC_SNP_REPORT_SIGNED_SIZE);
    enum kc_err err = read_signature(&r, &report, error);
    if (err == KC_OK)
        *out = report;
    return err;
}

static void write_firmware(struct kc_writer *w, const struct kc_snp_firmware *in)
{
    kc_writer_u8(w, in->build);
    kc_writer_u8(w, in->minor);
    kc_writer_u8(w, in->major);
    kc_writer_u8(w, 0);
}

static void write_cpu(struct kc_writer *w, const struct kc_snp_report *in)
{
    kc_writer_u8(w, in->version < 3 ? 0 : in->cpu_family);
    kc_writer_u8(w, in->version < 3 ? 0 : in->cpu_model);
    kc_writer_u8(w, in->version < 3 ? 0 : in->cpu_stepping);
    kc_writer_zeros(w, 21);
}

static void write_second_half(struct kc_writer *w, const struct kc_snp_report *in)
{
    kc_writer_u64(w, in->platform_info);
    kc_writer_u32(w, (in->author_key_enabled ? 1u : 0u) | (in->chip_id_masked ? 2u : 0u) |
                         (uint32_t)(in->signing_key & 7) << 2);
    kc_writer_zeros(w, 4);
    kc_writer_copy(w, in->report_data, sizeof in->report_data);
    kc_writer_copy(w, in->measurement, sizeof in->measurement);
    kc_writer_copy(w, in->host_data, sizeof in->host_data);
    kc_writer_copy(w, in->id_key_digest, sizeof in->id_key_digest);
    kc_writer_copy(w, in->author_key_digest, sizeof in->author_key_digest);
    kc_writer_copy(w, in->report_id, sizeof in->report_id);
    kc_writer_copy(w, in->report_id_ma, sizeof in->report_id_ma);
    kc_writer_u64(w, in->reported_tcb);
    write_cpu(w, in);
    kc_writer_copy(w, in->chip_id, sizeof in->chip_id);
    kc_writer_u64(w, in->committed_tcb);
    write_firmware(w, &in->current);
    write_firmware(w, &in->committed);
    kc_writer_u64(w, in->launch_tcb);
    kc_writer_u64(w, in->version < 5 ? 0 : in->launch_mitigations);
    kc_writer_u64(w, in->version < 5 ? 0 : in->current_mitigations);
    kc_writer_zeros(w, KC_SNP_REPORT_SIGNED_SIZE - 0x208);
}

static void write_scalar(struct kc_writer *w, const uint8_t in[SCALAR_SIZE])
{
    for (size_t i = 0; i < SCALAR_SIZE; i++)
        kc_writer_u8(w, in[SCALAR_SIZE - 1 - i]);
    kc_writer_zeros(w, SCALAR_ROOM - SCALAR_SIZE);
}

void kc_snp_report_encode(struct kc_writer *w, const struct kc_snp_report *in)
{
    kc_writer_u32(w, in->version);
    kc_writer_u32(w, in->guest_svn);
    kc_writer_u64(w, in->policy);
    kc_writer_copy(w, in->family_id, sizeof in->family_id);
    kc_writer_copy(w, in->image_id, sizeof in->image_id);
    kc_writer_u32(w, in->vmpl);
    kc_writer_u32(w, ALGORITHM_ECDSA_P384_SHA384);
    kc_writer_u64(w, in->current_tcb);
    write_second_half(w, in);
    write_scalar(w, in->signature);
    write_scalar(w, in->signature + SCALAR_SIZE);
    kc_writer_zeros(w, SIGNATURE_ROOM - 2 * SCALAR_ROOM);
}
