/*
 * The verifier on what one frame brings; the same file is compiled into the probe image and
 * natively, so that a test can compare.
 *
 *   u8 PROBE_JUDGE, u32 rounds, u64 now, root key 64, then PROBE_JUDGE_PARTS times u32 length and
 *   bytes; what has no length is not there
 *
 * The answer: u8 enum kc_verdict_kind, u8 count of failures, their names with a NUL each.
 */
#ifndef KC_TESTS_PROBE_JUDGE_H
#define KC_TESTS_PROBE_JUDGE_H

#include "base/bytes.h"

enum probe_judge_part {
    PROBE_JUDGE_POLICY, /* JSON; not there: the default one */
    PROBE_JUDGE_EVIDENCE,
    PROBE_JUDGE_TCB_INFO,
    PROBE_JUDGE_QE_IDENTITY,
    PROBE_JUDGE_TCB_CHAIN,
    PROBE_JUDGE_ROOT_CRL,
    PROBE_JUDGE_PCK_CRL,
    PROBE_JUDGE_PCK_CRL_CHAIN,
    PROBE_JUDGE_PARTS,
};

/* Bytes of the answer, at most 4096; 0 for a frame that is none, or without memory. */
size_t probe_judge(struct kc_bytes in, uint8_t *out);

#endif
