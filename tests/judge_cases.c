/*
 * Judges many cases in one process, for tests that compare verdicts. A case on standard input is
 * PARTS times a length (u32, little endian; 0xffffffff: not there) and as many bytes, in the order
 * of `enum part`. For each one line comes out, with "-" for what there is not:
 *
 *      verdict status platform module qe check,check
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "verify/root.h"
#include "verify/verify.h"

enum part {
    PART_POLICY, /* JSON */
    PART_ROOT,   /* PEM */
    PART_AT,     /* text, as --at has it */
    PART_EVIDENCE,
    PART_TCB_INFO,
    PART_QE_IDENTITY,
    PART_TCB_CHAIN,
    PART_QE_CHAIN,
    PART_ROOT_CRL,
    PART_PCK_CRL,
    PART_PCK_CRL_CHAIN,
    PART_PCK_CHAIN,
    PARTS,
};

#define PART_MAX (16u * 1024 * 1024)
#define ABSENT   0xffffffffu

static const char unreadable[] = "judge_cases: a case that cannot be read";

/* False at the end of the input, where no case may begin in vain. */
static bool read_part(enum part part, struct kc_bytes *out)
{
    uint8_t head[4];
    size_t got = fread(head, 1, sizeof head, stdin);
    if (got == 0 && part == PART_POLICY && feof(stdin))
        return false;
    uint32_t len =
        head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
    *out = kc_bytes_of(NULL, 0);
    if (got == sizeof head && len == ABSENT)
        return true;
    uint8_t *bytes = got == sizeof head && len <= PART_MAX ? malloc(len + 1u) : NULL;
    if (bytes == NULL || fread(bytes, 1, len, stdin) != len) {
        fprintf(stderr, "%s: part %d\n", unreadable, (int)part);
        exit(1);
    }
    *out = kc_bytes_of(bytes, len);
    return true;
}

static bool read_case(struct kc_bytes part[PARTS])
{
    for (int i = 0; i < PARTS; i++) {
        if (!read_part((enum part)i, &part[i]))
            return false;
    }
    return true;
}

static void judge(const struct kc_bytes part[PARTS], struct kc_verdict *v)
{
    struct kc_policy policy;
    struct kc_policy_error policy_error;
    struct kc_error error = KC_ERROR_NONE;
    struct kc_evidence evidence;
    uint8_t root[64];
    int64_t at = 0;
    const struct kc_collateral_pieces pieces = {
        .tcb_info = part[PART_TCB_INFO],
        .qe_identity = part[PART_QE_IDENTITY],
        .tcb_chain = part[PART_TCB_CHAIN],
        .qe_chain = part[PART_QE_CHAIN],
        .root_crl = part[PART_ROOT_CRL],
        .pck_crl = part[PART_PCK_CRL],
        .pck_crl_chain = part[PART_PCK_CRL_CHAIN],
        .pck_chain = part[PART_PCK_CHAIN],
    };
    if (kc_policy_parse(part[PART_POLICY], &policy, &policy_error) != KC_OK ||
        kc_root_from_pem(part[PART_ROOT], root, &error) != KC_OK ||
        kc_time_parse(part[PART_AT], &at) != KC_OK) {
        fprintf(stderr, "%s: its policy, root or time\n", unreadable);
        exit(1);
    }
    if (kc_evidence_open(part[PART_EVIDENCE], &evidence, &error) != KC_OK) {
        kc_verify_unreadable(&error, v);
        return;
    }
    kc_verify(&(struct kc_verify_input){.evidence = &evidence,
                                        .root_key = root,
                                        .now = at,
                                        .policy = &policy,
                                        .collateral = &pieces},
              v);
    kc_evidence_clear(&evidence);
}

static void print(const struct kc_verdict *v)
{
    const struct kc_verdict_tcb *tcb = &v->facts.tcb;
    printf("%s ", kc_verdict_kind_name(v->kind));
    if (v->genuine && v->facts.has_tcb)
        printf("%s %s %s %s ", kc_tcb_status_name(tcb->status),
               kc_tcb_status_name(tcb->platform.status),
               tcb->has_module ? kc_tcb_status_name(tcb->module.status) : "-",
               kc_tcb_status_name(tcb->qe.status));
    else
        printf("- - - - ");
    for (size_t i = 0; i < v->failure_count; i++)
        printf("%s%s", i == 0 ? "" : ",", v->failure[i].check);
    puts(v->failure_count == 0 ? "-" : "");
}

int main(void)
{
    struct kc_bytes part[PARTS];
    struct kc_verdict *v = malloc(sizeof *v);
    if (v == NULL)
        return 1;
    while (read_case(part)) {
        judge(part, v);
        print(v);
        for (int i = 0; i < PARTS; i++)
            free((void *)(uintptr_t)part[i].ptr);
    }
    free(v);
    return fflush(stdout) == 0 && !ferror(stdin) ? 0 : 1;
}
