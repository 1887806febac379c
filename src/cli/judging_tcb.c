#include "cli/judging_tcb.h"

#include "base/time.h"

#define COLUMN "%-16s"

static void print_part(FILE *out, const char *name, const struct kc_tcb_rating *rating)
{
    char date[KC_TIME_TEXT_SIZE];
    struct kc_bytes rest = rating->advisories;
    struct kc_bytes id = {NULL, 0};
    kc_time_format(rating->date, date);
    fprintf(out, COLUMN "%s, as of %s", name, kc_tcb_status_name(rating->status), date);
    for (const char *before = "; "; kc_tcb_rating_next_advisory(&rest, &id); before = ", ")
        fprintf(out, "%s%.*s", before, (int)id.len, (const char *)id.ptr);
    fputc('\n', out);
}

void kc_judging_tcb_print(const struct kc_verdict *v, FILE *out)
{
    const struct kc_verdict_tcb *tcb = &v->facts.tcb;
    char date[KC_TIME_TEXT_SIZE];
    if (!v->facts.has_tcb) {
        fprintf(out, COLUMN "%s\n", "TCB",
                "not judged: whether the platform has its security updates is unknown");
        return;
    }
    fprintf(out, COLUMN "%s (evaluation %u, QE identity's %u)\n", "TCB",
            kc_tcb_status_name(tcb->status), tcb->tcb_info_evaluation_number,
            tcb->qe_identity_evaluation_number);
    print_part(out, "  platform", &tcb->platform);
    if (tcb->has_module)
        print_part(out, "  TDX module", &tcb->module);
    print_part(out, "  QE", &tcb->qe);
    kc_time_format(tcb->expires, date);
    if (!tcb->is_whole)
        fputs("note: collateral is missing or of another time: that status cannot be relied on\n",
              out);
    fprintf(out, COLUMN "until %s, when %s expires\n", "  collateral", date, tcb->expires_first);
}
