#include "model_evidence.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formats/dice.h"
#include "sim/pki.h"
#include "sim/quoting_enclave.h"
#include "sim/state.h"

/* The model is part of a test: what cannot fail there ends it. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

struct model_key model_key_new(void)
{
    struct model_key key = {.key = kc_sim_pki_new_key()};
    must(key.key != NULL && kc_sim_pki_public_key(key.key, key.point));
    kc_ratls_spki_of_p256(key.point, key.spki);
    must(kc_ratls_key_hash(kc_bytes_of(key.spki, sizeof key.spki), key.hash) == KC_OK);
    return key;
}

void model_key_clear(struct model_key *key)
{
    EVP_PKEY_free(key->key);
    key->key = NULL;
}

void model_quote(struct kc_sim_state *state, enum model_lie lie, struct kc_bytes claims,
                 uint8_t quote[MODEL_QUOTE_MAX], size_t *len)
{
    struct kc_sim_secs secs = {.mrenclave = {MODEL_MRENCLAVE_BYTE},
                               .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 7}};
    uint8_t target[KC_SGX_TARGETINFO_SIZE];
    uint8_t report_data[KC_RATLS_REPORT_DATA_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    if (lie == MODEL_DEBUG)
        secs.attributes.flags |= KC_SGX_FLAG_DEBUG;
    if (lie == MODEL_OTHER_CODE)
        secs.mrenclave[1] = 1;
    must(kc_ratls_report_data(claims, report_data) == KC_OK);
    if (lie == MODEL_REPORT_DATA)
        report_data[0] ^= 1;
    if (lie == MODEL_REPORT_TAIL)
        report_data[63] = 1;
    kc_sim_qe_target_info(target);
    kc_sim_ereport(kc_sim_state_processor(state), &secs, target, report_data, report);
    must(kc_sim_qe_quote(state, report, (struct kc_room){quote, MODEL_QUOTE_MAX}, len) ==
         KC_SIM_QE_OK);
    if (lie == MODEL_BROKEN_QUOTE)
        quote[112] ^= 1; /* in MRENCLAVE */
    if (lie == MODEL_TRAILING_QUOTE)
        quote[(*len)++] = 0;
    if (lie == MODEL_TRAILING_CLAIMS) {
        memcpy(quote + *len, claims.ptr, claims.len);
        *len += claims.len;
    }
}

size_t model_evidence(struct kc_sim_state *state, enum model_lie lie, const struct model_key *leaf,
                      const uint8_t kms_id[32], struct kc_bytes nonce, const uint8_t exported[32],
                      uint8_t *out)
{
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    uint8_t quote[MODEL_QUOTE_MAX];
    struct kc_dice_evidence dice = {{NULL, 0}, {NULL, 0}};
    struct kc_bytes spki = kc_bytes_of(leaf->spki, sizeof leaf->spki);
    struct kc_ratls_claims claims = {.fresh = true, .nonce_len = nonce.len};
    memcpy(claims.nonce, nonce.ptr, nonce.len);
    memcpy(claims.kms_id, kms_id, sizeof claims.kms_id);
    memcpy(claims.key_hash, leaf->hash, sizeof claims.key_hash);
    must(kc_ratls_binder(spki, kc_bytes_of(exported, 32), claims.tls_binder) == KC_OK);
    if (lie == MODEL_WRONG_NONCE)
        claims.nonce[31] ^= 1;
    if (lie == MODEL_OTHER_KEY)
        claims.key_hash[0] ^= 1;
    if (lie == MODEL_OTHER_BINDER)
        claims.tls_binder[31] ^= 1;
    if (lie == MODEL_ROLE)
        claims.context = KC_RATLS_CLIENT;
    if (lie == MODEL_OTHER_SERVICE)
        claims.kms_id[0] ^= 1;
    if (lie == MODEL_CERTIFICATE_CLAIMS)
        claims.fresh = false;
    struct kc_writer m = kc_writer_of((struct kc_room){map, sizeof map});
    kc_ratls_claims_encode(&m, &claims);
    dice.claims = kc_writer_written(&m);
    model_quote(state, lie, dice.claims, quote, &dice.quote.len);
    dice.quote.ptr = quote;
    struct kc_writer w = kc_writer_of((struct kc_room){out, KC_RATLS_CERTIFICATE_MAX});
    kc_dice_evidence_encode(&w, &dice);
    if (lie == MODEL_TRAILING)
        kc_writer_u8(&w, 0);
    must(!kc_writer_failed(&w));
    return w.len;
}

static enum kc_err sign(void *context, struct kc_bytes message, uint8_t signature[64])
{
    return kc_sim_pki_sign(context, message, signature) ? KC_OK : KC_ERR_CRYPTO;
}

size_t model_leaf(struct kc_sim_state *state, const struct model_key *leaf,
                  const struct model_key *issuer, const uint8_t kms_id[32], uint8_t *out)
{
    static const uint8_t address[4] = {127, 0, 0, 1};
    const struct kc_ratls_subject_name name = {KC_RATLS_NAME_IP,
                                               kc_bytes_of(address, sizeof address)};
    uint8_t map[KC_RATLS_CLAIMS_MAX];
    uint8_t quote[MODEL_QUOTE_MAX];
    size_t quote_len = 0;
    size_t n = 0;
    struct kc_ratls_claims claims = {0};
    memcpy(claims.kms_id, kms_id, sizeof claims.kms_id);
    memcpy(claims.key_hash, leaf->hash, sizeof claims.key_hash);
    struct kc_writer w = kc_writer_of((struct kc_room){map, sizeof map});
    kc_ratls_claims_encode(&w, &claims);
    model_quote(state, MODEL_HONEST, kc_writer_written(&w), quote, &quote_len);
    int64_t now = (int64_t)time(NULL);
    const struct kc_ratls_leaf what = {
        .public_key = leaf->point,
        .serial = {1, 2, 3},
        .not_before = now - 60,
        .not_after = now + 3600,
        .names = &name,
        .name_count = 1,
        .quote = kc_bytes_of(quote, quote_len),
        .claims = kc_writer_written(&w),
    };
    const struct kc_ratls_signer signer = {issuer->point, sign, issuer->key};
    must(kc_ratls_leaf_write(&what, &signer, (struct kc_room){out, KC_RATLS_CERTIFICATE_MAX}, &n,
                             NULL) == KC_OK);
    return n;
}

size_t model_identity(const struct model_key *identity, uint8_t *out)
{
    size_t n = 0;
    const struct kc_ratls_signer signer = {identity->point, sign, identity->key};
    must(kc_ratls_service_write(&signer, (int64_t)time(NULL) - 60,
                                (struct kc_room){out, KC_RATLS_CERTIFICATE_MAX}, &n,
                                NULL) == KC_OK);
    return n;
}
