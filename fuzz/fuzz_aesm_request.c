/* A hostile client of the simulated AESM service: every message gets no answer, or one that the
 * real client can read and that fits a frame. */
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aesm/frame.h"
#include "aesm/messages.pb-c.h"
#include "fuzz.h"
#include "sim/aesm_answer.h"
#include "sim/state.h"

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

/* One machine for the whole run; its files are gone once it is read. */
static const struct kc_sim_state *machine(void)
{
    static struct kc_sim_state *state;
    struct kc_error error = KC_ERROR_NONE;
    char folder[] = "/tmp/keyclave-fuzz.XXXXXX";
    if (state != NULL)
        return state;
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    FUZZ_CHECK(kc_sim_state_open(folder, &state, &error) == KC_OK);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kc_sim_aesm_answers answers = {.state = machine()};
    struct kc_room answer = {NULL, 0};
    atomic_init(&answers.asked_for_quote, false);
    if (size > KC_AESM_FRAME_MAX || !kc_sim_aesm_answer(&answers, kc_bytes_of(data, size), &answer))
        return 0;
    FUZZ_CHECK(answer.len > 0 && answer.len <= KC_AESM_FRAME_MAX);
    Kc__Aesm__Response *response = kc__aesm__response__unpack(NULL, answer.len, answer.ptr);
    FUZZ_CHECK(response != NULL);
    kc__aesm__response__free_unpacked(response, NULL);
    free(answer.ptr);
    return 0;
}
