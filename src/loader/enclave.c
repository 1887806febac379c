#include "loader/enclave.h"

const struct kc_enclave_identity *kc_enclave_identity(const struct kc_enclave *enclave)
{
    return &enclave->identity;
}

unsigned kc_enclave_threads(const struct kc_enclave *enclave)
{
    return enclave->threads;
}

enum kc_err kc_enclave_call(struct kc_enclave *enclave, struct kc_bytes in, struct kc_room out,
                            size_t *out_len, struct kc_error *error)
{
    *out_len = 0;
    return enclave->ops->call(enclave, in, out, out_len, error);
}

void kc_enclave_free(struct kc_enclave *enclave)
{
    if (enclave != NULL)
        enclave->ops->free(enclave);
}
