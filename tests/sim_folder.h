/* A state folder of a test's own, under the system's folder for temporary files. */
#ifndef KC_TESTS_SIM_FOLDER_H
#define KC_TESTS_SIM_FOLDER_H

#include <ftw.h>
#include <unistd.h>

#include "sim/state.h"
#include "test.h"

static inline int test_remove_entry(const char *path, const struct stat *status, int type,
                                    struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static inline void test_remove_tree(const char *path)
{
    nftw(path, test_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A new empty folder; the caller removes the tree and frees. */
static inline char *test_new_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    assert_true(asprintf(&path, "%s/keyclave-test.XXXXXX", base == NULL ? "/tmp" : base) > 0);
    assert_non_null(mkdtemp(path));
    return path;
}

static inline struct kc_sim_state *test_open_state(const char *path)
{
    struct kc_sim_state *state = NULL;
    struct kc_error error = KC_ERROR_NONE;
    if (kc_sim_state_open(path, &state, &error) != KC_OK)
        fail_msg("%s: %s (%llu)", path, error.what, (unsigned long long)error.at);
    return state;
}

#endif
