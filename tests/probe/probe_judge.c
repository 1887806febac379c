#include "probe_judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "verify/verify.h"

#define ANSWER_MAX 4096

struct frame {
    uint32_t rounds;
    int64_t now;
    struct kc_bytes root_key;
    struct kc_bytes part[PROBE_JUDGE_PARTS];
};

static bool read_frame(struct kc_bytes in, struct frame *out)
{
    struct kc_reader r = kc_reader_of(in);
    kc_reader_u8(&r);
    out->rounds = kc_reader_u32(&r);
    out->now = (int64_t)kc_reader_u64(&r);
    out->root_key = kc_reader_bytes(&r, 64);
    for (size_t i = 0; i < PROBE_JUDGE_PARTS; i++) {
        uint32_t len = kc_reader_u32(&r);
        if (len > 0)
            out->part[i] = kc_reader_bytes(&r, len);
    }
    return kc_reader_done(&r);
}

static void judge(const struct frame *frame, const struct kc_policy *policy, struct kc_verdict *v)
{
    const struct kc_bytes *part = frame->part;
    const struct kc_collateral_pieces pieces = {
        .tcb_info = part[PROBE_JUDGE_TCB_INFO],
        .qe_identity = part[PROBE_JUDGE_QE_IDENTITY],
        .tcb_chain = part[PROBE_JUDGE_TCB_CHAIN],
        .root_crl = part[PROBE_JUDGE_ROOT_CRL],
        .pck_crl = part[PROBE_JUDGE_PCK_CRL],
        .pck_crl_chain = part[PROBE_JUDGE_PCK_CRL_CHAIN],
    };
    struct kc_evidence evidence;
    struct kc_error error = KC_ERROR_NONE;
    bool has_collateral = false;
    for (size_t i = PROBE_JUDGE_TCB_INFO; i < PROBE_JUDGE_PARTS; i++)
        has_collateral = has_collateral || part[i].len > 0;
    if (kc_evidence_open(part[PROBE_JUDGE_EVIDENCE], &evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, v);
        return;
    }
    struct kc_verify_input input = {
        .evidence = &evidence,
        .root_key = frame->root_key.ptr,
        .now = frame->now,
        .policy = policy,
        .collateral = has_collateral ? &pieces : NULL,
    };
    kc_verify(&input, v);
    kc_evidence_clear(&evidence);
}

static size_t write_answer(const struct kc_verdict *v, uint8_t *out)
{
    struct kc_writer w = kc_writer_of((struct kc_room){out, ANSWER_MAX});
    kc_writer_u8(&w, (uint8_t)v->kind);
    kc_writer_u8(&w, (uint8_t)v->failure_count);
    for (size_t i = 0; i < v->failure_count; i++)
        kc_writer_copy(&w, v->failure[i].check, strlen(v->failure[i].check) + 1);
    return kc_writer_written(&w).len;
}

size_t probe_judge(struct kc_bytes in, uint8_t *out)
{
    struct frame frame = {0};
    struct kc_policy_error error;
    struct kc_policy *policy = malloc(sizeof *policy);
    struct kc_verdict *v = malloc(sizeof *v);
    size_t len = 0;
    bool good = policy != NULL && v != NULL && read_frame(in, &frame);
    if (good)
        *policy = kc_policy_default;
    if (good && frame.part[PROBE_JUDGE_POLICY].len > 0)
        good = kc_policy_parse(frame.part[PROBE_JUDGE_POLICY], policy, &error) == KC_OK;
    for (uint32_t i = 0; good && i < frame.rounds; i++)
        judge(&frame, policy, v);
    if (good && frame.rounds > 0)
        len = write_answer(v, out);
    free(v);
    free(policy);
    return len;
}
