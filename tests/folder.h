/* The names in a folder, for tests over whole sets of data. */
#ifndef KC_TESTS_FOLDER_H
#define KC_TESTS_FOLDER_H

#include <dirent.h>

#include "test.h"

/* A list that ends in NULL, in no order, without hidden names; NULL where the folder is absent. */
static inline char **test_list(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    if (folder == NULL)
        return NULL;
    char **names = calloc(1, sizeof *names);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        names = realloc(names, (count + 2) * sizeof *names);
        names[count++] = strdup(entry->d_name);
        names[count] = NULL;
    }
    closedir(folder);
    return names;
}

static inline void test_list_free(char **names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        free(names[i]);
    free(names);
}

#endif
