#include "aesm/response.h"

#include <string.h>

#include "aesm/messages.pb-c.h"
#include "base/reader.h"
#include "base/writer.h"

#define QUOTE_FIXED_SIZE 436 /* header, report body and the length of the signature data */

const uint8_t kc_aesm_qe_mrsigner[KC_SGX_HASH_SIZE] = {
    0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f, 0x77, 0xc6, 0x8a, 0x82, 0x9a,
    0x00, 0x56, 0xac, 0x8d, 0xed, 0x70, 0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff,
};

void kc_aesm_att_key_id(uint8_t out[KC_AESM_ATT_KEY_ID_SIZE])
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, KC_AESM_ATT_KEY_ID_SIZE});
    kc_writer_u16(&w, 0);  /* id */
    kc_writer_u16(&w, 0);  /* version */
    kc_writer_u16(&w, 32); /* length of the next, which has room for 48 */
    kc_writer_copy(&w, kc_aesm_qe_mrsigner, sizeof kc_aesm_qe_mrsigner);
    kc_writer_zeros(&w, 16);
    kc_writer_u32(&w, 1);              /* product id */
    kc_writer_zeros(&w, 16 + 64 + 16); /* extended product, config and family ids */
    kc_writer_u32(&w, 2);              /* ECDSA with P-256 */
    kc_writer_zeros(&w, KC_AESM_ATT_KEY_ID_SIZE - w.len);
}

static enum kc_err bad_answer(struct kc_aesm_error *error, const char *what)
{
    *error = (struct kc_aesm_error){
        .what = what,
        .mend = "see that the socket is the AESM service's, and that its version fits",
    };
    return KC_ERR_MALFORMED;
}

/* AESM's own verdict. 42 and 43: the Quoting Enclave's key was made anew. */
static enum kc_err judge_code(uint32_t code, struct kc_aesm_error *error)
{
    if (code == 0)
        return KC_OK;
    *error = kc_aesm_describe(code);
    return code == 42 || code == 43 ? KC_ERR_STATE : KC_ERR_REFUSED;
}

static Kc__Aesm__Response *unpack(struct kc_bytes message)
{
    return kc__aesm__response__unpack(NULL, message.len, message.ptr);
}

/* An answer of another kind than the question. */
static enum kc_err judge_other(const Kc__Aesm__Response *response, struct kc_aesm_error *error)
{
    if (response->unsupported != NULL) {
        *error = kc_aesm_describe(response->unsupported->error_code);
        error->what = "the AESM service does not know this request";
        error->mend = "install an AESM service with ECDSA quoting (sgx-aesm-service 2.8 or later "
                      "and its plugin libsgx-aesm-quote-ex-plugin)";
        return KC_ERR_REFUSED;
    }
    return bad_answer(error, "the AESM service answered something else than it was asked");
}

enum kc_err kc_aesm_response_init_quote(struct kc_bytes message,
                                        uint8_t target_info[KC_SGX_TARGETINFO_SIZE],
                                        struct kc_aesm_error *error)
{
    enum kc_err err = KC_OK;
    Kc__Aesm__Response *response = unpack(message);
    if (response == NULL)
        return bad_answer(error, "the AESM service's answer is no message of its protocol");
    const Kc__Aesm__InitQuoteResponse *answer = response->init_quote;
    if (answer == NULL)
        err = judge_other(response, error);
    else
        err = judge_code(answer->error_code, error);
    if (err == KC_OK && (!answer->has_target_info || answer->target_info.data == NULL ||
                         answer->target_info.len != KC_SGX_TARGETINFO_SIZE))
        err = bad_answer(error, "the AESM service gave no TARGETINFO of 512 bytes");
    if (err == KC_OK)
        memcpy(target_info, answer->target_info.data, KC_SGX_TARGETINFO_SIZE);
    kc__aesm__response__free_unpacked(response, NULL);
    return err;
}

/* The service pads the quote to the size of our buffer: the length inside counts. */
static enum kc_err copy_quote(struct kc_bytes padded, struct kc_room quote, size_t *quote_len,
                              struct kc_aesm_error *error)
{
    struct kc_reader r = kc_reader_of(padded);
    kc_reader_skip(&r, QUOTE_FIXED_SIZE - 4);
    uint32_t signature_len = kc_reader_u32(&r);
    if (kc_reader_failed(&r) || signature_len > r.left)
        return bad_answer(error, "the AESM service's quote is shorter than it says");
    size_t len = QUOTE_FIXED_SIZE + (size_t)signature_len;
    if (len > quote.len) {
        *error = (struct kc_aesm_error){
            .what = "the quote is larger than any that this program reads",
            .mend = "report this with the AESM service's version",
        };
        return KC_ERR_ROOM;
    }
    memcpy(quote.ptr, padded.ptr, len);
    *quote_len = len;
    return KC_OK;
}

enum kc_err kc_aesm_response_quote(struct kc_bytes message, struct kc_room quote, size_t *quote_len,
                                   struct kc_aesm_error *error)
{
    enum kc_err err = KC_OK;
    Kc__Aesm__Response *response = unpack(message);
    if (response == NULL)
        return bad_answer(error, "the AESM service's answer is no message of its protocol");
    const Kc__Aesm__QuoteResponse *answer = response->quote;
    if (answer == NULL)
        err = judge_other(response, error);
    else
        err = judge_code(answer->error_code, error);
    if (err == KC_OK && !answer->has_quote)
        err = bad_answer(error, "the AESM service gave no quote");
    if (err == KC_OK)
        err =
            copy_quote(kc_bytes_of(answer->quote.data, answer->quote.len), quote, quote_len, error);
    kc__aesm__response__free_unpacked(response, NULL);
    return err;
}
