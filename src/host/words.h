/*
 * The enclave's codes as sentences. Codes alone cross the boundary; what they mean to a reader is
 * the host's business.
 */
#ifndef KC_HOST_WORDS_H
#define KC_HOST_WORDS_H

#include <stdint.h>

struct kc_words {
    const char *what; /* a literal */
    const char *mend; /* a literal: what to do; empty when there is nothing */
};

struct kc_words kc_words_of_refusal(uint32_t code); /* enum kc_refusal */
struct kc_words kc_words_of_failure(uint32_t code); /* enum kc_failure */
const char *kc_words_of_log(uint32_t code);         /* enum kc_log */

#endif
