#include "core/root_seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/p256.h"

#define FORMAT     1
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define FRONT_SIZE 64
#define PLAIN_FIXED                                                                                \
    (KC_ROOT_ID_SIZE + KC_ROOT_KEY_SIZE + 8 + 8 + KC_P256_PRIVATE_SIZE + KC_P256_PUBLIC_SIZE)
#define PLAIN_MAX (PLAIN_FIXED + KC_ROOT_CERTIFICATE_MAX)

_Static_assert(FRONT_SIZE + PLAIN_MAX + TAG_SIZE <= KC_MESSAGE_ROOT_MAX, "the sealed root fits");

/* What stands in front of the ciphertext. */
struct front {
    uint8_t policy;
    uint16_t isv_svn;
    uint8_t cpu_svn[16];
    uint8_t key_id[32];
    uint8_t nonce[NONCE_SIZE];
};

static void write_front(struct kc_writer *w, const struct front *in)
{
    kc_writer_u8(w, FORMAT);
    kc_writer_u8(w, in->policy);
    kc_writer_u16(w, in->isv_svn);
    kc_writer_copy(w, in->cpu_svn, sizeof in->cpu_svn);
    kc_writer_copy(w, in->key_id, sizeof in->key_id);
    kc_writer_copy(w, in->nonce, sizeof in->nonce);
}

static bool read_front(struct kc_reader *r, struct front *out)
{
    bool known = kc_reader_u8(r) == FORMAT;
    out->policy = kc_reader_u8(r);
    out->isv_svn = kc_reader_u16(r);
    kc_reader_copy(r, out->cpu_svn, sizeof out->cpu_svn);
    kc_reader_copy(r, out->key_id, sizeof out->key_id);
    kc_reader_copy(r, out->nonce, sizeof out->nonce);
    return known && !r->failed &&
           (out->policy == KC_SEAL_MRENCLAVE || out->policy == KC_SEAL_MRSIGNER);
}

enum kc_err kc_root_self(const struct kc_platform *platform, struct kc_sgx_report_body *out)
{
    static const uint8_t nobody[KC_SGX_TARGETINFO_SIZE];
    static const uint8_t nothing[KC_SGX_REPORT_DATA_SIZE];
    uint8_t report[KC_SGX_REPORT_SIZE];
    enum kc_err err = platform->report(platform->context, nobody, nothing, report);
    if (err != KC_OK)
        return err;
    struct kc_reader r = kc_reader_of(kc_bytes_of(report, KC_SGX_REPORT_BODY_SIZE));
    kc_sgx_report_body_decode(&r, out);
    return KC_OK;
}

/*
 * Every attribute flag and MISCSELECT bit is in the key: an enclave with DEBUG, a provisioning key
 * or a right that is not yet named gets another one. XFRM is not: the operating system chooses it
 * among what the signer allows.
 */
static enum kc_err seal_key(const struct kc_platform *platform, const struct front *front,
                            uint8_t key[KC_SGX_KEY_SIZE])
{
    uint8_t bytes[KC_SGX_KEYREQUEST_SIZE];
    struct kc_sgx_keyrequest request = {
        .key_name = KC_SGX_KEY_SEAL,
        .key_policy = front->policy == KC_SEAL_MRSIGNER ? KC_SGX_KEY_POLICY_MRSIGNER
                                                        : KC_SGX_KEY_POLICY_MRENCLAVE,
        .isv_svn = front->isv_svn,
        .attribute_mask = {.flags = UINT64_MAX},
        .misc_mask = UINT32_MAX,
    };
    memcpy(request.cpu_svn, front->cpu_svn, sizeof request.cpu_svn);
    memcpy(request.key_id, front->key_id, sizeof request.key_id);
    struct kc_writer w = kc_writer_of((struct kc_room){bytes, sizeof bytes});
    kc_sgx_keyrequest_encode(&w, &request);
    return platform->key(platform->context, bytes, key);
}

/* One pass of AES-128-GCM from `in` to `out`, of the same size; `tag` is written or compared. */
static bool gcm(const uint8_t key[KC_SGX_KEY_SIZE], const uint8_t nonce[NONCE_SIZE],
                struct kc_bytes front, struct kc_bytes in, uint8_t *out, uint8_t tag[TAG_SIZE],
                int encrypt)
{
    int len = 0;
    uint8_t none[TAG_SIZE];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done =
        context != NULL &&
        EVP_CipherInit_ex2(context, EVP_aes_128_gcm(), key, nonce, encrypt, NULL) == 1 &&
        (encrypt || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1) &&
        EVP_CipherUpdate(context, NULL, &len, front.ptr, (int)front.len) == 1 &&
        EVP_CipherUpdate(context, out, &len, in.ptr, (int)in.len) == 1 && (size_t)len == in.len &&
        EVP_CipherFinal_ex(context, none, &len) == 1 && len == 0 &&
        (!encrypt || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1);
    EVP_CIPHER_CTX_free(context);
    return done;
}

static enum kc_err write_plain(struct kc_writer *w, const struct kc_root *root, uint64_t version)
{
    uint8_t number[KC_P256_PRIVATE_SIZE];
    enum kc_err err = kc_p256_private(root->identity, number);
    if (err != KC_OK)
        return err;
    kc_writer_copy(w, root->id, sizeof root->id);
    kc_writer_copy(w, root->key, sizeof root->key);
    kc_writer_u64(w, root->made);
    kc_writer_u64(w, version);
    kc_writer_copy(w, number, sizeof number);
    kc_writer_copy(w, root->identity_public, sizeof root->identity_public);
    kc_writer_copy(w, root->certificate, root->certificate_len);
    kc_bytes_wipe(number, sizeof number);
    return kc_writer_failed(w) ? KC_ERR_ROOM : KC_OK;
}

static enum kc_err read_plain(struct kc_bytes plain, struct kc_root *root)
{
    struct kc_reader r = kc_reader_of(plain);
    uint8_t number[KC_P256_PRIVATE_SIZE];
    kc_reader_copy(&r, root->id, sizeof root->id);
    kc_reader_copy(&r, root->key, sizeof root->key);
    root->made = kc_reader_u64(&r);
    root->version = kc_reader_u64(&r);
    kc_reader_copy(&r, number, sizeof number);
    kc_reader_copy(&r, root->identity_public, sizeof root->identity_public);
    root->certificate_len = r.left;
    kc_reader_copy(&r, root->certificate, r.left);
    enum kc_err err = KC_ERR_REFUSED;
    if (kc_reader_done(&r))
        err = kc_p256_of(number, root->identity_public, &root->identity);
    if (err == KC_OK)
        err = kc_p256_spki_hash(root->identity_public, root->kms_id);
    kc_bytes_wipe(number, sizeof number);
    return err;
}

static enum kc_err seal_at(const struct kc_platform *platform, const struct kc_root *root,
                           uint64_t version, const struct front *front, struct kc_writer *w)
{
    uint8_t key[KC_SGX_KEY_SIZE];
    uint8_t plain[PLAIN_MAX];
    struct kc_writer p = kc_writer_of((struct kc_room){plain, sizeof plain});
    write_front(w, front);
    struct kc_bytes ad = kc_writer_written(w);
    enum kc_err err = write_plain(&p, root, version);
    uint8_t *ciphertext = kc_writer_room(w, p.len);
    uint8_t *tag = kc_writer_room(w, TAG_SIZE);
    if (err == KC_OK && kc_writer_failed(w))
        err = KC_ERR_ROOM;
    if (err == KC_OK)
        err = seal_key(platform, front, key);
    if (err == KC_OK && !gcm(key, front->nonce, ad, kc_writer_written(&p), ciphertext, tag, 1))
        err = KC_ERR_CRYPTO;
    kc_bytes_wipe(key, sizeof key);
    kc_bytes_wipe(plain, sizeof plain);
    return err;
}

enum kc_err kc_root_seal_as(const struct kc_platform *platform, const struct kc_root *root,
                            uint64_t version, struct kc_room out, size_t *out_len)
{
    struct kc_sgx_report_body self = {0};
    struct kc_writer w = kc_writer_of(out);
    enum kc_err err = kc_root_self(platform, &self);
    if (err != KC_OK)
        return err;
    struct front front = {.policy = (uint8_t)root->policy, .isv_svn = self.isv_svn};
    memcpy(front.cpu_svn, self.cpu_svn, sizeof front.cpu_svn);
    if (RAND_bytes(front.key_id, sizeof front.key_id) != 1 ||
        RAND_bytes(front.nonce, sizeof front.nonce) != 1)
        return KC_ERR_CRYPTO;
    err = seal_at(platform, root, version, &front, &w);
    if (err == KC_OK)
        *out_len = w.len;
    return err;
}

enum kc_err kc_root_seal(const struct kc_platform *platform, const struct kc_root *root,
                         struct kc_room out, size_t *out_len)
{
    return kc_root_seal_as(platform, root, root->version, out, out_len);
}

static enum kc_err open_as(const struct kc_platform *platform, const struct front *front,
                           struct kc_bytes ad, struct kc_bytes ciphertext, struct kc_bytes tag,
                           struct kc_root *root)
{
    uint8_t key[KC_SGX_KEY_SIZE];
    uint8_t plain[PLAIN_MAX];
    uint8_t expected[TAG_SIZE];
    enum kc_err err = seal_key(platform, front, key);
    if (err != KC_OK)
        return err;
    memcpy(expected, tag.ptr, sizeof expected);
    err = gcm(key, front->nonce, ad, ciphertext, plain, expected, 0) ? KC_OK : KC_ERR_REFUSED;
    if (err == KC_OK)
        err = read_plain(kc_bytes_of(plain, ciphertext.len), root);
    kc_bytes_wipe(key, sizeof key);
    kc_bytes_wipe(plain, sizeof plain);
    return err;
}

enum kc_err kc_root_open(const struct kc_platform *platform, struct kc_bytes sealed,
                         struct kc_root **out, bool *current)
{
    struct kc_sgx_report_body self = {0};
    struct front front = {0};
    struct kc_reader r = kc_reader_of(sealed);
    if (sealed.len <= FRONT_SIZE + PLAIN_FIXED + TAG_SIZE ||
        sealed.len > FRONT_SIZE + PLAIN_MAX + TAG_SIZE || !read_front(&r, &front))
        return KC_ERR_REFUSED;
    struct kc_bytes ciphertext = kc_reader_bytes(&r, r.left - TAG_SIZE);
    struct kc_bytes tag = kc_reader_rest(&r);
    enum kc_err err = kc_root_self(platform, &self);
    if (err != KC_OK)
        return err;
    /* None was made: another enclave of that signer has the seal keys and can write one. */
    if (front.policy == KC_SEAL_MRSIGNER && !kc_root_signer_may(platform, self.mrsigner))
        return KC_ERR_REFUSED;
    struct kc_root *root = kc_root_blank();
    if (root == NULL)
        return KC_ERR_MEMORY;
    err = open_as(platform, &front, kc_bytes_of(sealed.ptr, FRONT_SIZE), ciphertext, tag, root);
    if (err == KC_OK) {
        root->policy = front.policy;
        *current = front.isv_svn == self.isv_svn &&
                   memcmp(front.cpu_svn, self.cpu_svn, sizeof front.cpu_svn) == 0;
        *out = root;
        root = NULL;
    }
    kc_root_free(root);
    return err;
}
