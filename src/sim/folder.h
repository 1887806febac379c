/*
 * Small files in one folder: what kc_sim_state is kept in.
 */
#ifndef KC_SIM_FOLDER_H
#define KC_SIM_FOLDER_H

#include "base/bytes.h"

#define KC_SIM_FILE_MAX (16 * 1024)

/* Reads all of `name` in the folder `fd`, at most KC_SIM_FILE_MAX bytes, to memory that the caller
 * wipes and frees; a NUL stands behind the bytes. False with errno set. */
bool kc_sim_folder_read(int fd, const char *name, struct kc_room *out);

/* Makes `name` (0600), which is not there yet, and brings it to the disk. False with errno set. */
bool kc_sim_folder_write(int fd, const char *name, struct kc_bytes bytes);

/* Removes the folder `path` with the files in it, of a folder made by us that nobody knows yet. */
void kc_sim_folder_remove(const char *path);

#endif
