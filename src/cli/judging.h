/*
 * What the commands that judge evidence share: their options, what these name, and a verdict in
 * words or JSON.
 */
#ifndef KC_CLI_JUDGING_H
#define KC_CLI_JUDGING_H

#include <getopt.h>
#include <stdio.h>

#include "collateral/bases.h"
#include "verify/verify.h"

struct kc_cli_collateral;

/* Where collateral may be fetched from: cli/fetching.h. */
struct kc_fetching {
    struct kc_bases pcs;
    struct kc_bases kds;
    const char *bad_url;    /* NULL, or what an option gave that is no list of URLs */
    const char *cache_path; /* as given */
    char *folder;           /* the cache's, owned; NULL: none */
};

struct kc_judging {
    /* Options as given; NULL: not given. */
    const char *policy_path;
    const char *trust; /* "intel", "sim" or a file */
    const char *at;
    const char *held_data_path;
    const char *state;
    const char *collateral_path;   /* a folder or a bundle */
    const char *auxblob_path;      /* a certificate table beside an SEV-SNP report */
    const char *certificates_path; /* AMD's certificates, PEM */

    struct kc_fetching fetching; /* used where no collateral is named */

    /* Loaded by kc_judging_load and kc_judging_run. */
    struct kc_policy policy;
    uint8_t policy_digest[32]; /* SHA-256 of its file, where `policy_path` names one */
    bool has_root_key;         /* a root of SGX and TDX is trusted */
    uint8_t root_key[64];
    size_t amd_root_count; /* of SEV-SNP */
    struct kc_amd_root amd_root[KC_AMD_ROOTS];
    int64_t now;
    bool has_held_data;
    struct kc_room held_data;             /* owned */
    struct kc_cli_collateral *collateral; /* owned; NULL: none was named */
    struct kc_room auxblob;               /* owned, as the next */
    struct kc_room certificates;
    struct kc_room file; /* the evidence as read, owned: `evidence` points into it */
    struct kc_evidence evidence;
    bool is_open;               /* the evidence could be read */
    struct kc_trust *store;     /* owned: the roots and the collateral above */
    struct kc_verdict *verdict; /* NULL until there is one */
};

/* Values of getopt_long for the shared options; a command's own begin at KC_JUDGING_OPTION_END. */
enum {
    KC_JUDGING_POLICY = 256,
    KC_JUDGING_TRUST,
    KC_JUDGING_AT,
    KC_JUDGING_HELD_DATA,
    KC_JUDGING_STATE,
    KC_JUDGING_COLLATERAL,
    KC_JUDGING_AUXBLOB,
    KC_JUDGING_CERTIFICATES,
    KC_JUDGING_PCS,
    KC_JUDGING_KDS,
    KC_JUDGING_CACHE,
    KC_JUDGING_OPTION_END,
};

/* For a command's `struct option` table. */
#define KC_JUDGING_OPTIONS                                                                         \
    {"policy", required_argument, NULL, KC_JUDGING_POLICY},                                        \
        {"trust", required_argument, NULL, KC_JUDGING_TRUST},                                      \
        {"at", required_argument, NULL, KC_JUDGING_AT},                                            \
        {"held-data", required_argument, NULL, KC_JUDGING_HELD_DATA},                              \
        {"state", required_argument, NULL, KC_JUDGING_STATE},                                      \
        {"collateral", required_argument, NULL, KC_JUDGING_COLLATERAL},                            \
        {"auxblob", required_argument, NULL, KC_JUDGING_AUXBLOB},                                  \
        {"pcs", required_argument, NULL, KC_JUDGING_PCS},                                          \
        {"kds", required_argument, NULL, KC_JUDGING_KDS},                                          \
        {"cache", required_argument, NULL, KC_JUDGING_CACHE},                                      \
    {                                                                                              \
        "certificates", required_argument, NULL, KC_JUDGING_CERTIFICATES                           \
    }

/* Their help, one line or more each. */
extern const char kc_judging_help[];

/* Takes one shared option; false when it is none. An option given twice is `*twice`; --pcs and
 * --kds may be. */
bool kc_judging_take(struct kc_judging *j, int option, const char *value, bool *twice);

/* How many of the options' files and the evidence are standard input: more than one is an error. */
int kc_judging_stdin_uses(const struct kc_judging *j, const char *evidence_path);

/* Reads a policy, and the SHA-256 of its file unless `digest` is NULL: KC_EXIT_OK, or the exit
 * status after it has said what is wrong. */
KC_MUST_USE int kc_judging_load_policy(const char *path, struct kc_policy *out, uint8_t digest[32]);

/* Loads what the options name: KC_EXIT_OK, or the exit status after it has said what is wrong. */
KC_MUST_USE int kc_judging_load(struct kc_judging *j, const char *command);

/*
 * Loads what the options name, reads the evidence and judges it. False after it has said on
 * stderr what is missing or wrong, with the exit status for it.
 */
KC_MUST_USE bool kc_judging_run(struct kc_judging *j, const char *command,
                                const char *evidence_path, int *exit_status);

void kc_judging_clear(struct kc_judging *j);

/* The exit status of a verdict. */
int kc_judging_exit(enum kc_verdict_kind kind);

/* The failures alone, or the whole verdict, in words. */
void kc_judging_print_failures(const struct kc_judging *j, FILE *out);
void kc_judging_print_text(const struct kc_judging *j, FILE *out);

/* One JSON object with a newline. False without memory. */
KC_MUST_USE bool kc_judging_print_json(const struct kc_judging *j, FILE *out);

#endif
