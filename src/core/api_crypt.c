/*
 * encrypt and decrypt: the hot path. A ciphertext is "vault:v1:" and base64 of nonce, ciphertext
 * and tag. Neither route changes a record, so that each is computed once, in place.
 */
#include <openssl/rand.h>
#include <string.h>

#include "base/base64.h"
#include "core/api.h"
#include "core/api_json.h"
#include "core/cipher.h"
#include "core/crypt_request.h"
#include "core/key_record.h"
#include "core/state.h"

#define LATEST 1 /* version of every key, as long as keys are not rotated */

/* Bytes of an item's answer beside its text, reference and error. */
#define ITEM_MAX 96

static const char crypto_failed[] = "the crypto library failed";

/* What one request needs of random bytes: a call to the generator costs more than a cipher block
 * of 32 bytes, so that they are drawn together. Public: nonces and the request's id. */
struct drawn {
    uint8_t bytes[64 * KC_CIPHER_NONCE_SIZE];
    size_t left;   /* at the end of `bytes`, drawn and not used */
    size_t wanted; /* still, in all */
};

static bool draw(struct drawn *d, uint8_t *out, size_t n)
{
    if (d->left < n) {
        size_t more = d->wanted < sizeof d->bytes ? d->wanted : sizeof d->bytes;
        if (more < n || RAND_bytes(d->bytes + sizeof d->bytes - more, (int)more) != 1)
            return false;
        d->left = more;
    }
    memcpy(out, d->bytes + sizeof d->bytes - d->left, n);
    d->left -= n;
    d->wanted -= n;
    return true;
}

static void plan(struct kc_exchange *x, bool decrypt)
{
    struct kc_record_id id;
    if (!kc_api_key_id(x, &id))
        return;
    struct kc_crypt_request *request = kc_crypt_request_read(x, decrypt);
    x->work = request;
    if (request == NULL)
        return;
    if (!request->batch && request->item->error != NULL)
        kc_exchange_refuse(x, 400, request->item->error);
    else
        (void)kc_exchange_need(x, &id);
}

void kc_api_encrypt_plan(struct kc_exchange *x)
{
    plan(x, false);
}

void kc_api_decrypt_plan(struct kc_exchange *x)
{
    plan(x, true);
}

void kc_api_crypt_forget(struct kc_exchange *x)
{
    kc_crypt_request_free(x->work);
    x->work = NULL;
}

/* --- what is done to an item --- */

static const char *encrypt(struct evp_cipher_ctx_st *context, struct drawn *drawn,
                           struct kc_crypt_item *item)
{
    if (item->version > LATEST)
        return "requested version for encryption is higher than the latest key version";
    if (!draw(drawn, item->message.ptr, KC_CIPHER_NONCE_SIZE) ||
        kc_cipher_seal(context, item->aad, item->message) != KC_OK)
        return crypto_failed;
    return NULL;
}

static const char *decrypt(struct evp_cipher_ctx_st *context, struct drawn *drawn,
                           struct kc_crypt_item *item)
{
    (void)drawn;
    if (item->version > LATEST)
        return "invalid ciphertext: version is too new";
    enum kc_err err = kc_cipher_open(context, item->aad, item->message);
    return err == KC_OK            ? NULL
           : err == KC_ERR_REFUSED ? "invalid ciphertext: unable to decrypt"
                                   : crypto_failed;
}

/* --- what is said of it --- */

static void write_encrypted(struct kc_writer *w, const struct kc_crypt_item *item)
{
    kc_api_text(w, "\"ciphertext\":\"" KC_CRYPT_PREFIX);
    kc_api_decimal(w, LATEST);
    kc_api_text(w, ":");
    kc_api_base64(w, kc_bytes_of(item->message.ptr, item->message.len));
    kc_api_text(w, "\",\"key_version\":");
    kc_api_decimal(w, LATEST);
}

static void write_decrypted(struct kc_writer *w, const struct kc_crypt_item *item)
{
    kc_api_text(w, "\"plaintext\":\"");
    kc_api_base64(w, kc_bytes_of(item->message.ptr + KC_CIPHER_NONCE_SIZE,
                                 item->message.len - KC_CIPHER_OVERHEAD));
    kc_api_text(w, "\"");
}

struct direction {
    size_t random; /* bytes that an item draws */
    const char *(*apply)(struct evp_cipher_ctx_st *context, struct drawn *drawn,
                         struct kc_crypt_item *item);
    void (*write)(struct kc_writer *w, const struct kc_crypt_item *item);
};

static void write_result(struct kc_writer *w, const struct direction *direction,
                         const struct kc_crypt_item *item)
{
    kc_api_text(w, "{");
    if (item->error == NULL) {
        direction->write(w, item);
    } else {
        kc_api_text(w, "\"error\":");
        kc_api_string(w, kc_bytes_of_text(item->error));
    }
    kc_api_text(w, ",\"reference\":");
    if (item->reference.len == 0)
        kc_api_text(w, "\"\"");
    else
        kc_writer_bytes(w, item->reference);
    kc_api_text(w, "}");
}

static size_t room_for(const struct kc_crypt_request *request)
{
    size_t room = KC_API_ENVELOPE_MAX;
    for (size_t i = 0; i < request->count; i++) {
        const struct kc_crypt_item *item = &request->item[i];
        room += ITEM_MAX + item->reference.len +
                (item->error == NULL ? kc_base64_encoded_len(KC_BASE64, item->message.len)
                                     : kc_bytes_of_text(item->error).len);
    }
    return room;
}

/* As OpenBao has it: 400 as soon as one item failed, or what the request asked for where others
 * did not; 500 where it was our own failure. */
static unsigned status_of(const struct kc_crypt_request *request)
{
    size_t failed = 0;
    for (size_t i = 0; i < request->count; i++) {
        if (request->item[i].error == crypto_failed)
            return 500;
        failed += request->item[i].error != NULL;
    }
    if (failed == 0)
        return 200;
    return failed < request->count && request->partial_failure != 0 ? request->partial_failure
                                                                    : 400;
}

static void answer(struct kc_exchange *x, const struct direction *direction, struct drawn *drawn)
{
    const struct kc_crypt_request *request = x->work;
    uint8_t random[KC_API_UUID_SIZE];
    if (!request->batch && request->item->error != NULL) {
        kc_exchange_refuse(x, status_of(request), request->item->error);
        return;
    }
    if (!draw(drawn, random, sizeof random)) {
        kc_exchange_refuse(x, 500, crypto_failed);
        return;
    }
    struct kc_writer w = kc_api_answer(x, room_for(request));
    kc_api_open(&w, random);
    kc_api_text(&w, request->batch ? "{\"batch_results\":[" : "{");
    if (!request->batch)
        direction->write(&w, request->item);
    for (size_t i = 0; request->batch && i < request->count; i++) {
        kc_api_text(&w, i == 0 ? "" : ",");
        write_result(&w, direction, &request->item[i]);
    }
    kc_api_text(&w, request->batch ? "]}" : "}");
    kc_api_close(&w, NULL);
    kc_api_answered(x, &w, status_of(request));
}

/* NULL: refused. */
static struct evp_cipher_ctx_st *begin(struct kc_exchange *x)
{
    struct kc_key_record key;
    struct evp_cipher_ctx_st *context = NULL;
    if (x->read[0].record == NULL)
        kc_exchange_refuse(x, 400, "encryption key not found");
    else if (kc_key_record_decode(x->read[0].record->body, &key) != KC_OK)
        kc_exchange_refuse(x, 500, "the key's record is of another version of this software");
    else if ((context = kc_cipher_begin(x->core->cipher, key.key)) == NULL)
        kc_exchange_refuse(x, 500, crypto_failed);
    kc_key_record_wipe(&key);
    return context;
}

static void compute(struct kc_exchange *x, const struct direction *direction)
{
    struct kc_crypt_request *request = x->work;
    struct drawn drawn;
    struct evp_cipher_ctx_st *context = begin(x);
    if (context == NULL)
        return;
    drawn.left = 0;
    drawn.wanted = request->count * direction->random + KC_API_UUID_SIZE;
    for (size_t i = 0; i < request->count; i++)
        if (request->item[i].error == NULL)
            request->item[i].error = direction->apply(context, &drawn, &request->item[i]);
    kc_cipher_end(x->core->cipher, context);
    answer(x, direction, &drawn);
}

void kc_api_encrypt_compute(struct kc_exchange *x)
{
    static const struct direction encryption = {KC_CIPHER_NONCE_SIZE, encrypt, write_encrypted};
    compute(x, &encryption);
}

void kc_api_decrypt_compute(struct kc_exchange *x)
{
    static const struct direction decryption = {0, decrypt, write_decrypted};
    compute(x, &decryption);
}
