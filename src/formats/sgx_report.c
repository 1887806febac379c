#include "formats/sgx_report.h"

static void attributes_decode(struct kc_reader *r, struct kc_sgx_attributes *out)
{
    out->flags = kc_reader_u64(r);
    out->xfrm = kc_reader_u64(r);
}

static void attributes_encode(struct kc_writer *w, const struct kc_sgx_attributes *in)
{
    kc_writer_u64(w, in->flags);
    kc_writer_u64(w, in->xfrm);
}

void kc_sgx_report_body_decode(struct kc_reader *r, struct kc_sgx_report_body *out)
{
    kc_reader_copy(r, out->cpu_svn, sizeof out->cpu_svn);
    out->misc_select = kc_reader_u32(r);
    out->cet_attributes = kc_reader_u8(r);
    kc_reader_skip(r, 11);
    kc_reader_copy(r, out->isv_ext_prod_id, sizeof out->isv_ext_prod_id);
    attributes_decode(r, &out->attributes);
    kc_reader_copy(r, out->mrenclave, sizeof out->mrenclave);
    kc_reader_skip(r, 32);
    kc_reader_copy(r, out->mrsigner, sizeof out->mrsigner);
    kc_reader_skip(r, 32);
    kc_reader_copy(r, out->config_id, sizeof out->config_id);
    out->isv_prod_id = kc_reader_u16(r);
    out->isv_svn = kc_reader_u16(r);
    out->config_svn = kc_reader_u16(r);
    kc_reader_skip(r, 42);
    kc_reader_copy(r, out->isv_family_id, sizeof out->isv_family_id);
    kc_reader_copy(r, out->report_data, sizeof out->report_data);
}

void kc_sgx_report_body_encode(struct kc_writer *w, const struct kc_sgx_report_body *in)
{
    kc_writer_copy(w, in->cpu_svn, sizeof in->cpu_svn);
    kc_writer_u32(w, in->misc_select);
    kc_writer_u8(w, in->cet_attributes);
    kc_writer_zeros(w, 11);
    kc_writer_copy(w, in->isv_ext_prod_id, sizeof in->isv_ext_prod_id);
    attributes_encode(w, &in->attributes);
    kc_writer_copy(w, in->mrenclave, sizeof in->mrenclave);
    kc_writer_zeros(w, 32);
    kc_writer_copy(w, in->mrsigner, sizeof in->mrsigner);
    kc_writer_zeros(w, 32);
    kc_writer_copy(w, in->config_id, sizeof in->config_id);
    kc_writer_u16(w, in->isv_prod_id);
    kc_writer_u16(w, in->isv_svn);
    kc_writer_u16(w, in->config_svn);
    kc_writer_zeros(w, 42);
    kc_writer_copy(w, in->isv_family_id, sizeof in->isv_family_id);
    kc_writer_copy(w, in->report_data, sizeof in->report_data);
}

void kc_sgx_report_decode(struct kc_reader *r, struct kc_sgx_report *out)
{
    kc_sgx_report_body_decode(r, &out->body);
    kc_reader_copy(r, out->key_id, sizeof out->key_id);
    kc_reader_copy(r, out->mac, sizeof out->mac);
}

void kc_sgx_report_encode(struct kc_writer *w, const struct kc_sgx_report *in)
{
    kc_sgx_report_body_encode(w, &in->body);
    kc_writer_copy(w, in->key_id, sizeof in->key_id);
    kc_writer_copy(w, in->mac, sizeof in->mac);
}

void kc_sgx_targetinfo_decode(struct kc_reader *r, struct kc_sgx_targetinfo *out)
{
    kc_reader_copy(r, out->mrenclave, sizeof out->mrenclave);
    attributes_decode(r, &out->attributes);
    out->cet_attributes = kc_reader_u8(r);
    kc_reader_skip(r, 1);
    out->config_svn = kc_reader_u16(r);
    out->misc_select = kc_reader_u32(r);
    kc_reader_skip(r, 8);
    kc_reader_copy(r, out->config_id, sizeof out->config_id);
    kc_reader_skip(r, 384);
}

void kc_sgx_targetinfo_encode(struct kc_writer *w, const struct kc_sgx_targetinfo *in)
{
    kc_writer_copy(w, in->mrenclave, sizeof in->mrenclave);
    attributes_encode(w, &in->attributes);
    kc_writer_u8(w, in->cet_attributes);
    kc_writer_zeros(w, 1);
    kc_writer_u16(w, in->config_svn);
    kc_writer_u32(w, in->misc_select);
    kc_writer_zeros(w, 8);
    kc_writer_copy(w, in->config_id, sizeof in->config_id);
    kc_writer_zeros(w, 384);
}

void kc_sgx_keyrequest_decode(struct kc_reader *r, struct kc_sgx_keyrequest *out)
{
    out->key_name = kc_reader_u16(r);
    out->key_policy = kc_reader_u16(r);
    out->isv_svn = kc_reader_u16(r);
    kc_reader_skip(r, 2);
    kc_reader_copy(r, out->cpu_svn, sizeof out->cpu_svn);
    attributes_decode(r, &out->attribute_mask);
    kc_reader_copy(r, out->key_id, sizeof out->key_id);
    out->misc_mask = kc_reader_u32(r);
    out->config_svn = kc_reader_u16(r);
    kc_reader_skip(r, 434);
}

void kc_sgx_keyrequest_encode(struct kc_writer *w, const struct kc_sgx_keyrequest *in)
{
    kc_writer_u16(w, in->key_name);
    kc_writer_u16(w, in->key_policy);
    kc_writer_u16(w, in->isv_svn);
    kc_writer_zeros(w, 2);
    kc_writer_copy(w, in->cpu_svn, sizeof in->cpu_svn);
    attributes_encode(w, &in->attribute_mask);
    kc_writer_copy(w, in->key_id, sizeof in->key_id);
    kc_writer_u32(w, in->misc_mask);
    kc_writer_u16(w, in->config_svn);
    kc_writer_zeros(w, 434);
}
