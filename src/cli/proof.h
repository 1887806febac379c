/*
 * What `report` and `evidence` have in common: the options that name image, state folder and AESM
 * service, and the enclave that they start in this process.
 */
#ifndef KC_CLI_PROOF_H
#define KC_CLI_PROOF_H

#include <getopt.h>

#include "aesm/aesm.h"
#include "cli/cli.h"
#include "host/driver.h"

struct kc_sim_aesm;
struct kc_sim_state;

struct kc_proof_options {
    const char *state;
    const char *aesm; /* NULL: a simulated service in this process */
    const char *image;
    const char *sig;
    const char *key_out;
    bool trap;
    bool verbose;
    bool help;
};

/* For the tables of getopt_long(); each command adds its own. */
#define KC_PROOF_OPTIONS                                                                           \
    {"state", required_argument, NULL, 'd'}, {"aesm", required_argument, NULL, 'a'},               \
        {"image", required_argument, NULL, 'i'}, {"sig", required_argument, NULL, 's'},            \
        {"key-out", required_argument, NULL, 'k'}, {"trap", no_argument, NULL, 't'},               \
        {"verbose", no_argument, NULL, 'v'},                                                       \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }

/* Takes one of the options above; false when it is none. */
bool kc_proof_take_option(struct kc_proof_options *options, int letter, const char *value);

/* Their help text. */
extern const char kc_proof_options_help[];

/* A started enclave and all that it needs. Zero it first. */
struct kc_proof {
    struct kc_sim_state *state;
    struct kc_sim_aesm *service;
    char *folder; /* of the simulated service's socket */
    char *socket;
    struct kc_aesm aesm;
    struct kc_enclave *enclave;
    struct kc_driver driver;
    bool has_driver;
};

/* State folder, AESM service and enclave, without a word to it yet. KC_EXIT_OK, or another status
 * after it has said what is wrong. Stop it in either case. */
KC_MUST_USE int kc_proof_load(const struct kc_proof_options *options, struct kc_proof *out);

/* The same, and START for one thread that asks for reports and evidence. */
KC_MUST_USE int kc_proof_start(const struct kc_proof_options *options, struct kc_proof *out);
void kc_proof_stop(struct kc_proof *proof);

/* Says what is wrong, and gives the exit status for it. */
KC_MUST_USE int kc_proof_fail(const struct kc_driver_error *error);

/* Writes the public key without its padding where --key-out says. */
KC_MUST_USE bool kc_proof_write_key(const struct kc_proof_options *options,
                                    const struct kc_driver_answer *answer);

#endif
