#include <openssl/evp.h>
#include <string.h>

#include "base/writer.h"
#include "image/image.h"

/* SDM 38.1.2. Each operation adds a record of 64 bytes; EEXTEND adds its 256 bytes behind it. */
#define RECORD     64
#define CHUNK      256
#define PAGE_INPUT (RECORD + KC_IMAGE_PAGE / CHUNK * (RECORD + CHUNK))

static void put_record(struct kc_writer *w, const char tag[8], uint64_t a, uint64_t b)
{
    kc_writer_copy(w, tag, 8);
    kc_writer_u64(w, a);
    kc_writer_u64(w, b);
    kc_writer_zeros(w, RECORD - 24);
}

static bool add_ecreate(EVP_MD_CTX *sha, uint64_t size)
{
    uint8_t record[RECORD];
    struct kc_writer w = kc_writer_of((struct kc_room){record, sizeof record});
    kc_writer_copy(&w, "ECREATE", 8);
    kc_writer_u32(&w, KC_IMAGE_SSA_FRAME_PAGES);
    kc_writer_u64(&w, size);
    kc_writer_zeros(&w, RECORD - 20);
    return EVP_DigestUpdate(sha, record, sizeof record) == 1;
}

/* One update a page: the digest's own speed counts, not the calls. */
static bool add_page(EVP_MD_CTX *sha, const uint8_t *page, uint64_t offset, uint64_t flags)
{
    uint8_t input[PAGE_INPUT];
    struct kc_writer w = kc_writer_of((struct kc_room){input, sizeof input});
    put_record(&w, "EADD\0\0\0", offset, flags);
    for (uint64_t i = 0; i < KC_IMAGE_PAGE; i += CHUNK) {
        put_record(&w, "EEXTEND", offset + i, 0);
        kc_writer_copy(&w, page + i, CHUNK);
    }
    return EVP_DigestUpdate(sha, input, sizeof input) == 1;
}

enum kc_err kc_image_measure(const struct kc_image *image, uint8_t mrenclave[32])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = sha != NULL && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
              add_ecreate(sha, image->size);
    for (size_t i = 0; i < image->run_count && ok; i++) {
        const struct kc_image_run *run = &image->run[i];
        for (uint64_t page = 0; page < run->pages && ok; page++) {
            uint64_t offset = run->offset + page * KC_IMAGE_PAGE;
            ok = add_page(sha, image->bytes + offset, offset, run->secinfo_flags);
        }
    }
    ok = ok && EVP_DigestFinal_ex(sha, digest, NULL) == 1;
    EVP_MD_CTX_free(sha);
    if (!ok)
        return KC_ERR_CRYPTO;
    memcpy(mrenclave, digest, 32);
    return KC_OK;
}
