/* Clauses in words: for the files of this room alone. */
#ifndef KC_VERIFY_POLICY_WORDS_H
#define KC_VERIFY_POLICY_WORDS_H

#include "verify/policy_clauses.h"

/* A service domain can migrate the domain that it is bound to: who names an image means no image
 * that others may carry away. True where `mrservicetd` must be zero for that. */
bool kc_clause_forbids_service(const struct kc_clause *clause, const struct kc_policy *policy);

/* What holds without being named. */
bool kc_clause_is_always_asked(const struct kc_clause *clause, const struct kc_policy *policy);

void kc_clause_put_number(struct kc_verdict *v, const struct kc_clause *clause, uint64_t number);
void kc_clause_put_snp_tcb(struct kc_verdict *v, const struct kc_snp_tcb *tcb);

#endif
