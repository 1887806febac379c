/* `verify --ear`: the verdict as a signed token. */
#ifndef KC_CLI_JUDGING_EAR_H
#define KC_CLI_JUDGING_EAR_H

#include "cli/judging.h"
#include "ear/token.h"

struct kc_judging_ear {
    /* Options as given; NULL: not given. */
    bool is_wanted;
    const char *key_path;
    const char *out_path;
    const char *compat;
    const char *nonce; /* hexadecimal */
    const char *valid; /* seconds */
    const char *jwk_out_path;

    /* Loaded; `key` is owned. */
    struct evp_pkey_st *key;
    enum kc_ear_profile profile;
    unsigned seconds;
    size_t nonce_len;
    uint8_t nonce_bytes[KC_EAR_NONCE_MAX];
};

/* Checks the options and reads the key: KC_EXIT_OK, or the exit status after it has said what is
 * wrong. Without --ear nothing else of it may be given. */
KC_MUST_USE int kc_judging_ear_load(struct kc_judging_ear *ear, const char *command);

/* Writes the key, where it is asked for, and the token of `j`'s verdict. False after it has said
 * what is wrong. */
KC_MUST_USE bool kc_judging_ear_write(const struct kc_judging_ear *ear, const struct kc_judging *j);

void kc_judging_ear_clear(struct kc_judging_ear *ear);

#endif
