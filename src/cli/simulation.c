#include "cli/simulation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool kc_simulation_number(const char *text, unsigned long max, unsigned *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n > max)
        return false;
    *out = (unsigned)n;
    return true;
}

int kc_simulation_open(const char *state, struct kc_sim_state **out)
{
    struct kc_error error = KC_ERROR_NONE;
    char *folder = kc_cli_state_folder(state);
    if (folder == NULL)
        return KC_EXIT_REFUSED;
    enum kc_err err = kc_sim_state_open(folder, out, &error);
    int status = KC_EXIT_OK;
    if (err == KC_ERR_IO)
        status =
            kc_cli_fail(KC_EXIT_REFUSED, "%s: %s: %s", folder, error.what, strerror((int)error.at));
    else if (err != KC_OK)
        status = kc_cli_fail_with(err == KC_ERR_MALFORMED ? KC_EXIT_INVALID : KC_EXIT_REFUSED,
                                  folder, &error);
    free(folder);
    return status;
}
