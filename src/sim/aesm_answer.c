#include "sim/aesm_answer.h"

#include <stdlib.h>
#include <string.h>

#include "aesm/aesm.h"
#include "aesm/frame.h"
#include "aesm/messages.pb-c.h"
#include "aesm/response.h"
#include "sim/quoting_enclave.h"
#include "sim/state.h"

/* AESM's error codes */
#define PARAMETER_ERROR     3
#define UNSUPPORTED_ATT_KEY 38
#define ATT_KEY_NOT_INITIAL 42
#define KEY_ID_SIZE         32
#define QUOTE_BUFFER_MAX    (KC_AESM_FRAME_MAX - 1024) /* the answer is a frame too */

static uint32_t judge_key_id(bool given, const ProtobufCBinaryData *id)
{
    uint8_t ours[KC_AESM_ATT_KEY_ID_SIZE];
    kc_aesm_att_key_id(ours);
    if (!given || id->len != sizeof ours)
        return PARAMETER_ERROR;
    return memcmp(id->data, ours, sizeof ours) == 0 ? 0 : UNSUPPORTED_ATT_KEY;
}

static bool pack(const Kc__Aesm__Response *response, struct kc_room *out)
{
    size_t len = kc__aesm__response__get_packed_size(response);
    uint8_t *bytes = malloc(len);
    if (bytes == NULL)
        return false;
    *out = (struct kc_room){bytes, kc__aesm__response__pack(response, bytes)};
    return true;
}

static bool answer_init_quote(struct kc_sim_aesm_answers *answers,
                              const Kc__Aesm__InitQuoteRequest *request, struct kc_room *out)
{
    uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
    uint8_t key_id[KEY_ID_SIZE];
    Kc__Aesm__Response response = KC__AESM__RESPONSE__INIT;
    Kc__Aesm__InitQuoteResponse answer = KC__AESM__INIT_QUOTE_RESPONSE__INIT;
    answer.error_code = judge_key_id(request->has_att_key_id, &request->att_key_id);
    if (answer.error_code == 0 && request->wants_pub_key_id &&
        (!request->has_buf_size || request->buf_size < KEY_ID_SIZE))
        answer.error_code = PARAMETER_ERROR;
    if (answer.error_code == 0 && !kc_sim_qe_key_id(answers->state, key_id))
        answer.error_code = KC_SIM_QE_UNEXPECTED;
    if (answer.error_code == 0) {
        kc_sim_qe_target_info(target_info);
        answer.has_target_info = true;
        answer.target_info = (ProtobufCBinaryData){sizeof target_info, target_info};
        answer.has_pub_key_id_size = true;
        answer.pub_key_id_size = KEY_ID_SIZE;
        answer.has_pub_key_id = request->wants_pub_key_id;
        answer.pub_key_id = (ProtobufCBinaryData){sizeof key_id, key_id};
    }
    response.init_quote = &answer;
    return pack(&response, out);
}

/* A report that is genuine and not the one in question, as a lying host would send. */
static void make_other_report(const struct kc_sim_state *state, uint8_t report[KC_SGX_REPORT_SIZE])
{
    static const uint8_t report_data[KC_SGX_REPORT_DATA_SIZE];
    uint8_t target_info[KC_SGX_TARGETINFO_SIZE];
    struct kc_sim_secs secs = {
        .mrenclave = {0xee},
        .mrsigner = {0xee},
        .attributes = {KC_SGX_FLAG_INIT | KC_SGX_FLAG_MODE64BIT, 3},
    };
    kc_sim_qe_target_info(target_info);
    kc_sim_ereport(kc_sim_state_processor(state), &secs, target_info, report_data, report);
}

/* An error code, or the quote in `buffer`. */
static uint32_t make_quote(struct kc_sim_aesm_answers *answers,
                           const Kc__Aesm__QuoteRequest *request, struct kc_room buffer)
{
    uint8_t report[KC_SGX_REPORT_SIZE];
    size_t len = 0;
    uint32_t code = judge_key_id(request->has_att_key_id, &request->att_key_id);
    if (code != 0)
        return code;
    if (request->report.len != sizeof report || buffer.len < KC_SIM_QUOTE_MAX)
        return PARAMETER_ERROR;
    if (answers->options.fault == KC_SIM_AESM_ERROR)
        return answers->options.fault_code;
    if (answers->options.fault == KC_SIM_AESM_NOT_INITIALIZED_ONCE &&
        !atomic_exchange(&answers->asked_for_quote, true))
        return ATT_KEY_NOT_INITIAL;
    memcpy(report, request->report.data, sizeof report);
    if (answers->options.fault == KC_SIM_AESM_WRONG_QUOTE)
        make_other_report(answers->state, report);
    return kc_sim_qe_quote(answers->state, report, buffer, &len);
}

static bool answer_quote(struct kc_sim_aesm_answers *answers, const Kc__Aesm__QuoteRequest *request,
                         struct kc_room *out)
{
    Kc__Aesm__Response response = KC__AESM__RESPONSE__INIT;
    Kc__Aesm__QuoteResponse answer = KC__AESM__QUOTE_RESPONSE__INIT;
    uint32_t size = request->buf_size > QUOTE_BUFFER_MAX ? 0 : request->buf_size;
    uint8_t *buffer = calloc(1, (size_t)size + 1);
    if (buffer == NULL)
        return false;
    answer.error_code = make_quote(answers, request, (struct kc_room){buffer, size});
    if (answer.error_code == 0) {
        /* As Intel's does: the whole buffer, not the quote's length. */
        answer.has_quote = true;
        answer.quote = (ProtobufCBinaryData){size, buffer};
    }
    response.quote = &answer;
    bool ok = pack(&response, out);
    free(buffer);
    return ok;
}

static bool answer_quote_size(const Kc__Aesm__QuoteSizeRequest *request, struct kc_room *out)
{
    Kc__Aesm__Response response = KC__AESM__RESPONSE__INIT;
    Kc__Aesm__QuoteSizeResponse answer = KC__AESM__QUOTE_SIZE_RESPONSE__INIT;
    answer.error_code = judge_key_id(request->has_att_key_id, &request->att_key_id);
    answer.has_quote_size = answer.error_code == 0;
    answer.quote_size = KC_SIM_QUOTE_MAX;
    response.quote_size = &answer;
    return pack(&response, out);
}

static bool answer_unsupported(struct kc_room *out)
{
    Kc__Aesm__Response response = KC__AESM__RESPONSE__INIT;
    Kc__Aesm__UnsupportedResponse answer = KC__AESM__UNSUPPORTED_RESPONSE__INIT;
    answer.error_code = KC_SIM_QE_UNEXPECTED;
    response.unsupported = &answer;
    return pack(&response, out);
}

bool kc_sim_aesm_answer(struct kc_sim_aesm_answers *answers, struct kc_bytes bytes,
                        struct kc_room *out)
{
    bool ok;
    Kc__Aesm__Request *request = kc__aesm__request__unpack(NULL, bytes.len, bytes.ptr);
    if (request == NULL)
        return false;
    if (request->init_quote != NULL)
        ok = answer_init_quote(answers, request->init_quote, out);
    else if (request->quote != NULL)
        ok = answer_quote(answers, request->quote, out);
    else if (request->quote_size != NULL)
        ok = answer_quote_size(request->quote_size, out);
    else
        ok = answer_unsupported(out);
    kc__aesm__request__free_unpacked(request, NULL);
    return ok;
}
