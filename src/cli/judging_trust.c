#include "cli/judging_trust.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "sim/state.h"
#include "verify/chain.h"
#include "verify/root.h"

static int load_root_file(struct kc_judging *j)
{
    struct kc_room file = {NULL, 0};
    struct kc_root root;
    struct kc_error error = KC_ERROR_NONE;
    if (!kc_cli_read_file(j->trust, KC_ROOT_PEM_MAX, &file))
        return kc_cli_fail(KC_EXIT_UNJUDGED,
                           "--trust %s: neither intel, amd nor sim, nor a file that can be read",
                           j->trust);
    enum kc_err err = kc_root_read(kc_bytes_of(file.ptr, file.len), &root, &error);
    free(file.ptr);
    if (err != KC_OK)
        return kc_cli_fail(KC_EXIT_USAGE, "--trust %s: %s", j->trust, error.what);
    if (root.is_amd) {
        j->amd_root[0] = root.amd;
        j->amd_root_count = 1;
    } else {
        memcpy(j->root_key, root.key, sizeof j->root_key);
        j->has_root_key = true;
    }
    return KC_EXIT_OK;
}

/* Judging must not make a machine: a root made this moment has signed nothing. */
static int load_simulated_root(struct kc_judging *j)
{
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    int status = KC_EXIT_UNJUDGED;
    char *path = kc_cli_state_folder(j->state);
    if (path == NULL)
        return status;
    if (!kc_sim_state_exists(path)) {
        kc_cli_say("--trust sim: there is no simulated machine in %s, and so no simulated root; "
                   "`keyclave report` makes one, and --state DIR names another folder",
                   path);
    } else if (kc_sim_state_open(path, &state, &error) != KC_OK) {
        kc_cli_say("--trust sim: %s: %s", path, error.what);
    } else {
        memcpy(j->root_key, kc_sim_state_root_key(state), sizeof j->root_key);
        j->has_root_key = true;
        status = KC_EXIT_OK;
    }
    kc_sim_state_free(state);
    free(path);
    return status;
}

int kc_judging_load_trust(struct kc_judging *j)
{
    bool is_default = j->trust == NULL;
    bool is_intel = !is_default && strcmp(j->trust, "intel") == 0;
    bool is_amd = !is_default && strcmp(j->trust, "amd") == 0;
    if (is_default || is_intel) {
        memcpy(j->root_key, kc_chain_intel_root_key, sizeof j->root_key);
        j->has_root_key = true;
    }
    if (is_default || is_amd) {
        memcpy(j->amd_root, kc_amd_chain_roots, sizeof j->amd_root);
        j->amd_root_count = KC_AMD_ROOTS;
    }
    if (is_default || is_intel || is_amd)
        return KC_EXIT_OK;
    return strcmp(j->trust, "sim") == 0 ? load_simulated_root(j) : load_root_file(j);
}
