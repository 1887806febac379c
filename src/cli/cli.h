/*
 * keyclave(1): what all subcommands share. Each cmd_<name>.c is thin: it reads options and files,
 * calls the libraries and prints. Facts go to stdout, everything else to stderr.
 */
#ifndef KC_CLI_CLI_H
#define KC_CLI_CLI_H

#include "base/bytes.h"
#include "base/error.h"

enum kc_exit {
    KC_EXIT_OK = 0,       /* accepted, done */
    KC_EXIT_REFUSED = 1,  /* genuine, but refused by policy; or: the command failed */
    KC_EXIT_INVALID = 2,  /* not genuine or malformed */
    KC_EXIT_UNJUDGED = 3, /* something is missing: a file, the network, room for the answer */
    KC_EXIT_USAGE = 64,   /* the command line or the policy file is wrong */
};

struct kc_command {
    const char *name;
    const char *summary;               /* one line, for `keyclave --help` */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct kc_command kc_cmd_attest;
extern const struct kc_command kc_cmd_collateral;
extern const struct kc_command kc_cmd_decrypt;
extern const struct kc_command kc_cmd_dev;
extern const struct kc_command kc_cmd_doctor;
extern const struct kc_command kc_cmd_encrypt;
extern const struct kc_command kc_cmd_encrypt_to;
extern const struct kc_command kc_cmd_evidence;
extern const struct kc_command kc_cmd_init;
extern const struct kc_command kc_cmd_inspect;
extern const struct kc_command kc_cmd_key;
extern const struct kc_command kc_cmd_measure;
extern const struct kc_command kc_cmd_policy;
extern const struct kc_command kc_cmd_report;
extern const struct kc_command kc_cmd_request;
extern const struct kc_command kc_cmd_serve;
extern const struct kc_command kc_cmd_sign;
extern const struct kc_command kc_cmd_sim;
extern const struct kc_command kc_cmd_verify;

/* "keyclave: <message>" with a newline, on stderr. */
void kc_cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then `exit_code` is returned: `return kc_cli_fail(KC_EXIT_USAGE, "...")`. */
KC_MUST_USE int kc_cli_fail(int exit_code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A usage error that points to --help. `command` may be NULL for keyclave itself. */
KC_MUST_USE int kc_cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For loops over getopt_long(): say which option, or which argument too many, was not taken, with
 * the way to --help. Always false. */
KC_MUST_USE bool kc_cli_refuse_option(const char *command, char **argv);
KC_MUST_USE bool kc_cli_refuse_argument(const char *command, char **argv);

/* Prints `error` as "what (at N)" behind `context`, and returns `exit_code`. */
KC_MUST_USE int kc_cli_fail_with(int exit_code, const char *context, const struct kc_error *error);

/* Whether kc_cli_read_file() reads standard input for it; NULL is no file. */
bool kc_cli_is_stdin(const char *path);

/*
 * Reads a whole file, or standard input for "-", of at most `max` bytes; the caller frees
 * out->ptr. False after it has said on stderr what is wrong.
 */
KC_MUST_USE bool kc_cli_read_file(const char *path, size_t max, struct kc_room *out);

/*
 * Writes a whole file so that either all of it is there or the old one stays (0644; `secret`:
 * 0600), or standard output for "-". False after it has said what is wrong.
 */
KC_MUST_USE bool kc_cli_write_file(const char *path, struct kc_bytes bytes, bool secret);

/*
 * The state folder: `given` if not NULL, else $KEYCLAVE_STATE, else
 * $XDG_STATE_HOME/keyclave, else ~/.local/state/keyclave. Its parents are made. The caller
 * frees; NULL after it has said what is wrong.
 */
char *kc_cli_state_folder(const char *given);

/* Where the signed image is: beside the program (build tree) or in the installed library folder.
 * `name` is "keyclave-enclave.signed" or "keyclave-enclave.sig". The caller frees; NULL only
 * without memory. */
char *kc_cli_image_path(const char *name);

#endif
