/*
 * What the files of the exchange share: exchange.c has its course, exchange_gather.c and
 * exchange_scan.c what is read, exchange_store.c what is written.
 */
#ifndef KC_CORE_EXCHANGE_PARTS_H
#define KC_CORE_EXCHANGE_PARTS_H

#include "core/exchange.h"

/* The root that the records of this exchange hang from; NULL: there is none yet. */
const struct kc_root *kc_exchange_root(const struct kc_exchange *x);

void kc_exchange_log(struct kc_writer *effects, enum kc_log code, uint64_t first, uint64_t second);

/* --- exchange_gather.c --- */

/* From memory if `fresh` does not forbid it, else FETCH. */
void kc_exchange_ask(struct kc_exchange *x, struct kc_exchange_read *read, bool fresh,
                     struct kc_writer *effects);

/* Asks for what plan named and is not there. KC_STEP_WAIT, or KC_STEP_ANSWERED: all is there, or
 * the exchange is refused. */
enum kc_step kc_exchange_gather(struct kc_exchange *x, struct kc_writer *effects);

/* Notes why the store's answers do not do; the first reason stays. */
void kc_exchange_fault(struct kc_exchange *x, unsigned status, const char *why,
                       unsigned retry_after);

/* Refuses for the reason noted; false when there is none. */
bool kc_exchange_tell_fault(struct kc_exchange *x);

/* Lets go of what was read, so that it is asked for anew. */
void kc_exchange_forget_reads(struct kc_exchange *x);

void kc_exchange_read_release(struct kc_exchange_read *read);

/* --- exchange_scan.c --- */

/* SCAN for the names that plan wants. */
void kc_exchange_scan(struct kc_exchange *x, struct kc_writer *effects);

/* --- exchange_store.c --- */

/* STORE, where there are changes; the state that follows. */
void kc_exchange_store(struct kc_exchange *x, struct kc_writer *effects);

/* All answers of KC_EXCHANGE_CHECK_WAITS are there: the state that follows. */
void kc_exchange_judge(struct kc_exchange *x, struct kc_writer *effects);

/* Lets go of the changes that compute made. */
void kc_exchange_forget_changes(struct kc_exchange *x);

/* The end of a STORE is not known: memory must not be asked before the store is. */
void kc_exchange_drop_changed(struct kc_exchange *x);

/* Nobody else is kept from initialising any more. */
void kc_exchange_let_init_go(struct kc_exchange *x);

#endif
