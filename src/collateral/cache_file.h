/* Where a cache keeps one bundle, and how it gets there whole. For cache.c alone. */
#ifndef KC_COLLATERAL_CACHE_FILE_H
#define KC_COLLATERAL_CACHE_FILE_H

#include "collateral/fetch.h"

/* "sgx-0053494d0000-platform-<root>.bundle" and the same with ".lock", in the folder. Owned. */
struct kc_cache_file {
    char *path;
    char *lock;
};

/* Makes the folder (0700) where it is not there, and the folders above it. False with errno. */
KC_MUST_USE bool kc_cache_file_open(const char *folder, const struct kc_needs *needs,
                                    const struct kc_fetch_trust *trust, struct kc_cache_file *out);
void kc_cache_file_close(struct kc_cache_file *file);

/* A bundle that is whole, and when it was written. False: none. */
KC_MUST_USE bool kc_cache_file_read(const struct kc_cache_file *file, struct kc_bundle *out,
                                    int64_t *written);

/* Either all of it is there or the old one stays. False with errno. */
KC_MUST_USE bool kc_cache_file_write(const struct kc_cache_file *file,
                                     const struct kc_bundle *bundle);

#endif
