/* The mission document's two routes: keys made for the caller and kept nowhere. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/pem.h"
#include "core/api.h"
#include "core/api_json.h"

#define AES_BITS 256
#define RSA_BITS 2048

/* PEM of an RSA-4096 key pair: 3,272 and 800 characters with their line ends, which JSON doubles.
 */
#define PEM_MAX        4096
#define RSA_ANSWER_MAX 8192

static const char crypto_failed[] = "the crypto library failed";

/* --- AES --- */

static void read_aes_bits(struct kc_json *j, void *out)
{
    static const char what[] = "bits: 256";
    (void)out;
    uint64_t bits = kc_api_number(j, AES_BITS, what);
    if (bits != 0 && bits != AES_BITS)
        kc_json_fail(j, what);
}

static const struct kc_json_member aes_members[] = {
    {"bits", NULL, read_aes_bits},
};

void kc_api_generate_aes_plan(struct kc_exchange *x)
{
    uint8_t key[AES_BITS / 8];
    if (!kc_api_read(x, aes_members, sizeof aes_members / sizeof aes_members[0], NULL))
        return;
    if (RAND_priv_bytes(key, sizeof key) != 1) {
        kc_exchange_refuse(x, 500, crypto_failed);
        return;
    }
    struct kc_writer w = kc_api_answer(x, 128);
    kc_api_text(&w, "{\"aes_key\":\"");
    kc_api_base64(&w, kc_bytes_of(key, sizeof key));
    kc_api_text(&w, "\",\"encoding\":\"base64\"}\n");
    kc_bytes_wipe(key, sizeof key);
    kc_api_answered(x, &w, 200);
}

/* --- RSA --- */

static void read_rsa_bits(struct kc_json *j, void *out)
{
    static const char what[] = "bits: 2048, 3072 or 4096";
    unsigned *bits = out;
    uint64_t asked = kc_api_number(j, 4096, what);
    if (asked == 2048 || asked == 3072 || asked == 4096)
        *bits = (unsigned)asked;
    else if (asked != 0)
        kc_json_fail(j, what);
}

static const struct kc_json_member rsa_members[] = {
    {"bits", NULL, read_rsa_bits},
};

static bool read_rsa(struct kc_exchange *x, unsigned *bits)
{
    *bits = RSA_BITS;
    return kc_api_read(x, rsa_members, sizeof rsa_members / sizeof rsa_members[0], bits);
}

void kc_api_generate_rsa_plan(struct kc_exchange *x)
{
    unsigned bits = 0;
    (void)read_rsa(x, &bits); /* compute reads it again */
}

static EVP_PKEY *generate(unsigned bits)
{
    EVP_PKEY *pair = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits) == 1)
        (void)EVP_PKEY_generate(context, &pair);
    EVP_PKEY_CTX_free(context);
    return pair;
}

/* Writes a member with PEM; `der` is ours and wiped. */
static void write_pem(struct kc_writer *w, const char *name, const char *label, uint8_t *der,
                      int der_len)
{
    uint8_t pem[PEM_MAX];
    struct kc_writer p = kc_writer_of((struct kc_room){pem, sizeof pem});
    kc_api_text(w, name);
    if (der_len > 0)
        kc_pem_write(&p, label, kc_bytes_of(der, (size_t)der_len));
    w->failed |= der_len <= 0 || kc_writer_failed(&p);
    kc_api_string(w, kc_writer_written(&p));
    kc_bytes_wipe(pem, sizeof pem);
    if (der_len > 0)
        OPENSSL_clear_free(der, (size_t)der_len);
}

static void write_pair(struct kc_writer *w, const EVP_PKEY *pair)
{
    uint8_t *public_der = NULL;
    uint8_t *private_der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair);
    int public_len = i2d_PUBKEY(pair, &public_der);
    int private_len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &private_der);
    PKCS8_PRIV_KEY_INFO_free(info); /* wipes */
    write_pem(w, "{\"public_key\":", "PUBLIC KEY", public_der, public_len);
    write_pem(w, ",\"private_key\":", "PRIVATE KEY", private_der, private_len);
    kc_api_text(w, ",\"encoding\":\"plaintext\"}\n");
}

void kc_api_generate_rsa_compute(struct kc_exchange *x)
{
    unsigned bits = 0;
    if (!read_rsa(x, &bits))
        return;
    EVP_PKEY *pair = generate(bits);
    if (pair == NULL) {
        kc_exchange_refuse(x, 500, crypto_failed);
        return;
    }
    struct kc_writer w = kc_api_answer(x, RSA_ANSWER_MAX);
    write_pair(&w, pair);
    EVP_PKEY_free(pair);
    kc_api_answered(x, &w, 200);
}
