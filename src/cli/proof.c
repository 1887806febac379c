#include "cli/proof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loader/loader.h"
#include "sim/aesm_server.h"
#include "sim/state.h"

#define AESM_TIMEOUT_MS 30000

const char kc_proof_options_help[] =
    "      --key-out FILE   also write the enclave's public key, PEM\n"
    "      --aesm SOCKET    ask the AESM service at this Unix socket (started by `keyclave sim\n"
    "                       aesm` with the same --state); otherwise one is started inside\n"
    "      --state DIR      the simulated machine ($KEYCLAVE_STATE, ~/.local/state/keyclave)\n"
    "      --image FILE     the signed image (keyclave-enclave.signed beside the program)\n"
    "      --sig FILE       its SIGSTRUCT (keyclave-enclave.sig beside the program)\n"
    "      --trap           end at once if the enclave runs a system call, CPUID or RDTSC\n"
    "  -v, --verbose        say what the enclave logs\n"
    "      --help           this text\n";

bool kc_proof_take_option(struct kc_proof_options *options, int letter, const char *value)
{
    switch (letter) {
    case 'd':
        options->state = value;
        return true;
    case 'a':
        options->aesm = value;
        return true;
    case 'i':
        options->image = value;
        return true;
    case 's':
        options->sig = value;
        return true;
    case 'k':
        options->key_out = value;
        return true;
    case 't':
        options->trap = true;
        return true;
    case 'v':
        options->verbose = true;
        return true;
    case 'h':
        options->help = true;
        return true;
    default:
        return false;
    }
}

/* Something is not there, or it failed. */
static int status_of(enum kc_err err)
{
    bool missing = err == KC_ERR_ABSENT || err == KC_ERR_TIMEOUT || err == KC_ERR_UNSUPPORTED;
    return missing ? KC_EXIT_UNJUDGED : KC_EXIT_REFUSED;
}

int kc_proof_fail(const struct kc_driver_error *error)
{
    return kc_cli_fail(status_of(error->code), "%s", error->text);
}

static int open_state(const struct kc_proof_options *options, struct kc_proof *proof)
{
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_OK;
    char *folder = kc_cli_state_folder(options->state);
    if (folder == NULL)
        return KC_EXIT_REFUSED;
    enum kc_err err = kc_sim_state_open(folder, &proof->state, &error);
    if (err == KC_ERR_IO)
        status =
            kc_cli_fail(KC_EXIT_REFUSED, "%s: %s: %s", folder, error.what, strerror((int)error.at));
    else if (err != KC_OK)
        status = kc_cli_fail_with(err == KC_ERR_MALFORMED ? KC_EXIT_INVALID : KC_EXIT_REFUSED,
                                  folder, &error);
    free(folder);
    return status;
}

/* The simulated AESM service, at a socket that nobody else can reach. */
static int start_service(struct kc_proof *proof)
{
    const struct kc_sim_aesm_options no_fault = {KC_SIM_AESM_NO_FAULT, 0};
    struct kc_error error = KC_ERROR_NONE;
    const char *base = getenv("TMPDIR");
    if (asprintf(&proof->folder, "%s/keyclave.XXXXXX", base == NULL ? "/tmp" : base) < 0) {
        proof->folder = NULL;
        return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    }
    if (mkdtemp(proof->folder) == NULL) {
        int status = kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", proof->folder, strerror(errno));
        free(proof->folder);
        proof->folder = NULL;
        return status;
    }
    if (asprintf(&proof->socket, "%s/aesm.socket", proof->folder) < 0) {
        proof->socket = NULL;
        return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    }
    if (kc_sim_aesm_start(proof->state, proof->socket, &no_fault, &proof->service, &error) != KC_OK)
        return kc_cli_fail_with(KC_EXIT_REFUSED, proof->socket, &error);
    return KC_EXIT_OK;
}

static int load(const struct kc_proof_options *options, struct kc_proof *proof)
{
    const struct kc_emulator_options emulator = {.debug = false, .trap = options->trap};
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_OK;
    char *own_image = kc_cli_image_path("keyclave-enclave.signed");
    char *own_sig = kc_cli_image_path("keyclave-enclave.sig");
    const char *image = options->image != NULL ? options->image : own_image;
    const char *sig = options->sig != NULL ? options->sig : own_sig;
    enum kc_err err = KC_ERR_MEMORY;
    if (image == NULL || sig == NULL)
        status = kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    else if (access(image, R_OK) != 0 || access(sig, R_OK) != 0)
        status = kc_cli_fail(KC_EXIT_UNJUDGED,
                             "%s: %s\n  build it with `make`, or name one with --image and --sig",
                             access(image, R_OK) != 0 ? image : sig, strerror(errno));
    else if ((err = kc_emulator_load(image, sig, kc_sim_state_processor(proof->state), &emulator,
                                     &proof->enclave, &error)) != KC_OK)
        status = kc_cli_fail_with(status_of(err), image, &error);
    free(own_image);
    free(own_sig);
    return status;
}

static void print_log(const char *what, uint64_t first, uint64_t second)
{
    kc_cli_say("%s (%" PRIu64 ", %" PRIu64 ")", what, first, second);
}

int kc_proof_load(const struct kc_proof_options *options, struct kc_proof *out)
{
    int status = open_state(options, out);
    if (status == KC_EXIT_OK && options->aesm == NULL)
        status = start_service(out);
    if (status == KC_EXIT_OK)
        status = load(options, out);
    out->aesm =
        (struct kc_aesm){options->aesm == NULL ? out->socket : options->aesm, AESM_TIMEOUT_MS};
    return status;
}

int kc_proof_start(const struct kc_proof_options *options, struct kc_proof *out)
{
    struct kc_driver_error error = {0};
    int status = kc_proof_load(options, out);
    if (status != KC_EXIT_OK)
        return status;
    if (kc_driver_open(out->enclave, &out->aesm, (uint64_t)time(NULL), &out->driver, &error) !=
        KC_OK)
        return kc_proof_fail(&error);
    out->has_driver = true;
    out->driver.log = options->verbose ? print_log : NULL;
    kc_cli_say("simulated platform: this proves nothing about hardware");
    return KC_EXIT_OK;
}

void kc_proof_stop(struct kc_proof *proof)
{
    if (proof->has_driver)
        kc_driver_close(&proof->driver);
    kc_enclave_free(proof->enclave);
    kc_sim_aesm_stop(proof->service);
    if (proof->folder != NULL)
        rmdir(proof->folder);
    free(proof->socket);
    free(proof->folder);
    kc_sim_state_free(proof->state);
}

bool kc_proof_write_key(const struct kc_proof_options *options,
                        const struct kc_driver_answer *answer)
{
    if (options->key_out == NULL)
        return true;
    size_t len = strnlen((const char *)answer->key, sizeof answer->key);
    return kc_cli_write_file(options->key_out, kc_bytes_of(answer->key, len), false);
}
