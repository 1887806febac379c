#include "formats/pck_id.h"

#include "base/reader.h"

enum kc_err kc_pck_id_decode(uint16_t cert_data_type, struct kc_bytes cert_data,
                             struct kc_pck_id *out, struct kc_error *error)
{
    static const size_t ppid_size[] = {
        [KC_PCK_ID_CLEAR] = 16,
        [KC_PCK_ID_RSA2048] = 256,
        [KC_PCK_ID_RSA3072] = 384,
    };
    struct kc_pck_id id = {0};
    if (cert_data_type < KC_PCK_ID_CLEAR || cert_data_type > KC_PCK_ID_RSA3072)
        return kc_error_set(error, KC_ERR_UNSUPPORTED, "PCK id: certification data type not 1 to 3",
                            cert_data_type);
    struct kc_reader r = kc_reader_of(cert_data);
    id.ppid = kc_reader_bytes(&r, ppid_size[cert_data_type]);
    kc_reader_copy(&r, id.cpu_svn, sizeof id.cpu_svn);
    id.pce_svn = kc_reader_u16(&r);
    kc_reader_copy(&r, id.pce_id, sizeof id.pce_id);
    if (!kc_reader_done(&r))
        return kc_error_set(error, KC_ERR_MALFORMED, "PCK id: not of its type's size",
                            cert_data.len);
    *out = id;
    return KC_OK;
}
