#include "sim/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool kc_sim_folder_read(int fd, const char *name, struct kc_room *out)
{
    size_t len = 0;
    ssize_t n = 1;
    int file = openat(fd, name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    uint8_t *bytes = malloc(KC_SIM_FILE_MAX + 1);
    while (bytes != NULL && n > 0 && len < KC_SIM_FILE_MAX) {
        n = read(file, bytes + len, KC_SIM_FILE_MAX - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
    }
    int error = errno;
    close(file);
    if (bytes == NULL || n < 0) {
        free(bytes);
        errno = error;
        return false;
    }
    bytes[len] = 0;
    *out = (struct kc_room){bytes, len};
    return true;
}

bool kc_sim_folder_write(int fd, const char *name, struct kc_bytes bytes)
{
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    bool ok = true;
    while (ok && bytes.len > 0) {
        ssize_t n = write(file, bytes.ptr, bytes.len);
        if (n > 0) {
            bytes.ptr += n;
            bytes.len -= (size_t)n;
        } else {
            ok = n < 0 && errno == EINTR;
        }
    }
    ok = ok && fsync(file) == 0;
    return close(file) == 0 && ok;
}

void kc_sim_folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    if (folder != NULL) {
        for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
            if (entry->d_type != DT_DIR)
                unlinkat(dirfd(folder), entry->d_name, 0);
        }
        closedir(folder);
    }
    rmdir(path);
}
