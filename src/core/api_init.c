/*
 * First contact: makes the root and the one token that can do everything. Whoever comes first gets
 * it; who comes second is told, and so notices. Nothing of it is kept but hashes and
 * sealed records, and it is all or nothing: token and root are stored in one batch.
 */
#include <string.h>

#include "base/pem.h"
#include "core/api.h"
#include "core/api_json.h"
#include "core/root.h"
#include "core/state.h"
#include "core/token.h"

/* The certificate in PEM, twice for its escapes, and the rest. */
#define ANSWER_MAX (4 * KC_ROOT_CERTIFICATE_MAX + 512)

struct fields {
    enum kc_seal_policy policy; /* 0: not given */
};

#define POLICY_WANTED                                                                              \
    "seal_policy must be mrenclave (this very image alone opens the state) or mrsigner (later "    \
    "ones of the same signer do too)"

static void read_policy(struct kc_json *j, void *out)
{
    struct fields *fields = out;
    struct kc_bytes text = kc_json_string(j);
    if (kc_bytes_equal(text, kc_bytes_of_text("mrenclave")))
        fields->policy = KC_SEAL_MRENCLAVE;
    else if (kc_bytes_equal(text, kc_bytes_of_text("mrsigner")))
        fields->policy = KC_SEAL_MRSIGNER;
    else
        kc_json_fail(j, POLICY_WANTED);
}

static void refuse_pgp(struct kc_json *j, void *out)
{
    (void)out;
    kc_api_refuse_set(j, "pgp_keys, recovery_pgp_keys, root_token_pgp_key: nothing is encrypted "
                         "to PGP keys here; leave them out");
}

static const struct kc_json_member members[] = {
    {"seal_policy", NULL, read_policy},
    {"pgp_keys", NULL, refuse_pgp},
    {"recovery_pgp_keys", NULL, refuse_pgp},
    {"root_token_pgp_key", NULL, refuse_pgp},
};

static bool read_fields(struct kc_exchange *x, struct fields *out)
{
    *out = (struct fields){0};
    if (!kc_api_read(x, members, sizeof members / sizeof members[0], out))
        return false;
    if (out->policy != 0)
        return true;
    kc_exchange_refuse(x, 400, POLICY_WANTED);
    return false;
}

void kc_api_init_plan(struct kc_exchange *x)
{
    static const char already[] = "already initialised: if it was not you who did it, do not trust "
                                  "this service";
    struct fields fields;
    if (!read_fields(x, &fields))
        return;
    if (!kc_exchange_take_init(x)) {
        kc_exchange_refuse(x, 409, "another init is under way: ask again in a second");
        x->retry_after = 1;
        return;
    }
    /* Asked once init is ours: another one may have ended just now. */
    if (__atomic_load_n(&x->core->root, __ATOMIC_ACQUIRE) != NULL)
        kc_exchange_refuse(x, 400, already);
}

static void answer(struct kc_exchange *x, const char *token)
{
    uint8_t pem[2 * KC_ROOT_CERTIFICATE_MAX];
    uint8_t kms_id[sizeof x->new_root->kms_id];
    struct kc_writer certificate = kc_writer_of((struct kc_room){pem, sizeof pem});
    kc_pem_write(&certificate, "CERTIFICATE",
                 kc_bytes_of(x->new_root->certificate, x->new_root->certificate_len));
    memcpy(kms_id, x->new_root->kms_id, sizeof kms_id);
    if (kc_writer_failed(&certificate)) {
        kc_exchange_refuse(x, 500, "the certificate of the service is too large");
        return;
    }
    /* Without memory for the answer the root is gone: it is not looked at any more. */
    struct kc_writer w = kc_api_answer(x, ANSWER_MAX);
    kc_api_text(&w, "{\"initialized\":true,\"root_token\":\"");
    kc_api_text(&w, token);
    kc_api_text(&w, "\",\"kms_id\":");
    kc_api_hex(&w, kc_bytes_of(kms_id, sizeof kms_id));
    kc_api_text(&w, ",\"ca_certificate\":");
    kc_api_string(&w, kc_writer_written(&certificate));
    kc_api_text(&w, ",\"keys\":[],\"keys_base64\":[]}\n");
    kc_api_answered(x, &w, 200);
}

static void change_token(struct kc_exchange *x, const char *token)
{
    uint8_t body[KC_TOKEN_RECORD_SIZE];
    struct kc_record_id id;
    struct kc_writer w = kc_writer_of((struct kc_room){body, sizeof body});
    struct kc_token_record record = {.kind = KC_TOKEN_ROOT, .made = kc_api_now(x->core)};
    kc_token_record_encode(&w, &record);
    if (kc_token_id(kc_bytes_of_text(token), &id) != KC_OK) {
        kc_exchange_refuse(x, 500, "the crypto library failed");
        return;
    }
    kc_exchange_change(x, kc_record_new(&id, 1, x->batch, kc_writer_written(&w)), NULL);
}

void kc_api_init_compute(struct kc_exchange *x)
{
    char token[KC_TOKEN_LEN + 1] = "";
    struct fields fields;
    if (!read_fields(x, &fields))
        return;
    enum kc_err err =
        kc_root_make(x->core->platform, fields.policy, kc_api_now(x->core), &x->new_root);
    if (err == KC_ERR_REFUSED) {
        kc_exchange_refuse(
            x, 400,
            "seal_policy mrsigner: this image does not name its signer (build option "
            "seal_signer), so anybody's could open the state; use mrenclave");
        return;
    }
    if (err != KC_OK || kc_token_make(token) != KC_OK) {
        kc_exchange_refuse(x, 500, "the root could not be made");
        return;
    }
    answer(x, token);
    if (x->status == 200)
        change_token(x, token);
    kc_bytes_wipe(token, sizeof token);
}
