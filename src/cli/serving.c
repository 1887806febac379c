#include "cli/serving.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/store/store.h"

/* The store and the simulated machine lie in it: nobody else may read or write there. */
static int open_folder(const char *given, char **out)
{
    struct stat status;
    char *path = kc_cli_state_folder(given);
    if (path == NULL)
        return KC_EXIT_REFUSED;
    *out = path;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    if (stat(path, &status) != 0)
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: the state folder is no folder", path);
    if (status.st_uid != geteuid())
        return kc_cli_fail(KC_EXIT_REFUSED, "%s: the state folder belongs to another user", path);
    if ((status.st_mode & 077) != 0)
        return kc_cli_fail(KC_EXIT_REFUSED,
                           "%s: others may look into the state folder\n  chmod 700 %s", path, path);
    return KC_EXIT_OK;
}

static int open_store(struct kc_serving *serving)
{
    struct kc_error error = KC_ERROR_NONE;
    char *path = NULL;
    int status = KC_EXIT_OK;
    if (asprintf(&path, "%s/records.db", serving->state) < 0)
        return kc_cli_fail(KC_EXIT_REFUSED, "out of memory");
    enum kc_err err = kc_store_open_sqlite(path, &serving->store, &error);
    if (err != KC_OK)
        status = kc_cli_fail_with(err == KC_ERR_MALFORMED ? KC_EXIT_INVALID : KC_EXIT_REFUSED, path,
                                  &error);
    free(path);
    return status;
}

static int make_server(const struct kc_serving_options *options, struct kc_serving *serving)
{
    const struct kc_config *config = options->config;
    struct kc_server_error error;
    struct kc_server_options server = {.enclave = serving->proof.enclave,
                                       .aesm = &serving->proof.aesm,
                                       .store = serving->store,
                                       .journal = &serving->journal,
                                       .listen = config->listen,
                                       .listen_ratls =
                                           config->has_ratls ? &config->listen_ratls : NULL,
                                       .names = config->name,
                                       .name_count = config->name_count,
                                       .workers = config->workers,
                                       .connections = config->connections,
                                       .certificate_life = config->certificate_life,
                                       .once = options->once,
                                       .ready = options->ready,
                                       .reload = options->reload,
                                       .context = options->context};
    enum kc_err err = kc_server_new(&server, &serving->server, &error);
    if (err == KC_ERR_IO && options->any_port) {
        kc_cli_say("%s\n  another port then", error.text);
        kc_address_set_port(&server.listen, 0);
        err = kc_server_new(&server, &serving->server, &error);
    }
    if (err == KC_OK)
        return KC_EXIT_OK;
    return kc_cli_fail(err == KC_ERR_ARGUMENT ? KC_EXIT_USAGE : KC_EXIT_REFUSED, "%s", error.text);
}

int kc_serving_start(const struct kc_serving_options *options, struct kc_serving *out)
{
    const struct kc_config *config = options->config;
    if (config->platform == KC_PLATFORM_SGX)
        return kc_cli_fail(KC_EXIT_UNJUDGED,
                           "this version cannot load the enclave on SGX hardware yet\n"
                           "  --platform sim runs it without; that protects nothing");
    /* A reader of the log that goes away must not take the service along. */
    (void)signal(SIGPIPE, SIG_IGN);
    out->journal = (struct kc_journal){
        .fd = STDERR_FILENO, .json = config->log_json, .level = config->log_level};
    int status = open_folder(config->state, &out->state);
    if (status == KC_EXIT_OK)
        status = open_store(out);
    if (status != KC_EXIT_OK)
        return status;
    const struct kc_proof_options proof = {.state = out->state,
                                           .aesm = config->aesm,
                                           .image = config->image,
                                           .sig = config->sig,
                                           .trap = options->trap};
    status = kc_proof_load(&proof, &out->proof);
    if (status != KC_EXIT_OK)
        return status;
    kc_journal_write(&out->journal, KC_JOURNAL_WARNING,
                     "simulated platform: this protects nothing and proves nothing", NULL);
    return make_server(options, out);
}

int kc_serving_run(struct kc_serving *serving)
{
    struct kc_server_error error;
    if (kc_server_run(serving->server, &error) == KC_OK)
        return KC_EXIT_OK;
    return kc_cli_fail(KC_EXIT_REFUSED, "%s", error.text);
}

void kc_serving_stop(struct kc_serving *serving)
{
    kc_server_free(serving->server);
    kc_proof_stop(&serving->proof);
    kc_store_free(serving->store);
    free(serving->state);
}
