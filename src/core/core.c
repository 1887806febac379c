#include "core/core.h"

#include <stdlib.h>

#include "core/certificates.h"
#include "core/cipher.h"
#include "core/dispatcher.h"
#include "core/records.h"
#include "core/root.h"
#include "core/session.h"
#include "core/state.h"
#include "core/tls.h"

enum kc_err kc_core_new(const struct kc_platform *platform, struct kc_core **out)
{
    struct kc_core *core = calloc(1, sizeof *core);
    if (core == NULL)
        return KC_ERR_MEMORY;
    if (pthread_mutex_init(&core->lock, NULL) != 0) {
        free(core);
        return KC_ERR_MEMORY;
    }
    core->platform = platform;
    core->phase = KC_PHASE_NEW;
    enum kc_err err = kc_cipher_new(&core->cipher);
    if (err != KC_OK) {
        kc_core_free(core);
        return err;
    }
    *out = core;
    return KC_OK;
}

void kc_core_free(struct kc_core *core)
{
    if (core == NULL)
        return;
    kc_sessions_free(core->sessions); /* before what sessions hold parts of */
    kc_certificates_free(core->certificates);
    kc_tls_free(core->tls);
    kc_records_free(core->records);
    kc_root_free(core->root);
    kc_requests_clear(&core->requests);
    kc_crypto_rsa_free(core->key);
    kc_cipher_free(core->cipher);
    pthread_mutex_destroy(&core->lock);
    kc_bytes_wipe(core, sizeof *core);
    free(core);
}

enum kc_err kc_core_ecall(struct kc_core *core, struct kc_bytes in, struct kc_room out,
                          size_t *out_len)
{
    struct kc_writer effects = kc_writer_of(out);
    enum kc_err err = kc_dispatcher_check(in, out.len);
    if (err != KC_OK)
        return err;
    kc_dispatcher_run(core, in, &effects);
    /* kc_dispatcher_check left room for every effect. */
    if (kc_writer_failed(&effects))
        abort();
    *out_len = effects.len;
    return KC_OK;
}
