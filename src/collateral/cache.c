#include "collateral/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collateral/cache_file.h"
#include "collateral/sound.h"

#define LOCK_STEP_MS 50
#define LOCK_WAIT_MS (120 * 1000)
#define CLOCK_SKEW   300 /* seconds that a file may be younger than now */

struct entry {
    struct kc_cache_file file;
    const struct kc_needs *needs;
    const struct kc_fetch_trust *trust;
    struct kc_bundle *bundle; /* what lies in the folder: to be given out only if `is_valid` */
    bool is_valid;
    int64_t refresh_at;
    int lock; /* -1: not held */
};

static int64_t longest_rest(const struct entry *e)
{
    if (e->needs->kind != KC_NEEDS_SNP || e->needs->is_vlek)
        return KC_CACHE_REFRESH_SECONDS;
    return e->bundle->piece[KC_BUNDLE_ARK_CRL].ptr != NULL ? KC_CACHE_REFRESH_AMD_SECONDS
                                                           : INT64_MAX;
}

/* The earlier one of half of what was left when it was written, and the longest rest. */
static int64_t when_to_refresh(const struct entry *e, int64_t written,
                               const struct kc_sound_dates *dates)
{
    int64_t now = e->trust->now;
    int64_t rest = longest_rest(e);
    if (written < 0 || written > now + CLOCK_SKEW || written >= dates->expires)
        return now;
    int64_t half = (dates->expires - written) / 2;
    return written + (half < rest ? half : rest);
}

/* Reads and judges what the folder has. */
static void look(struct entry *e)
{
    struct kc_sound_dates dates;
    char why[KC_WEB_REASON_MAX];
    int64_t written = 0;
    kc_bundle_clear(e->bundle);
    e->is_valid = kc_cache_file_read(&e->file, e->bundle, &written) &&
                  kc_sound_all(e->bundle, e->needs, e->trust, &dates, why) == KC_OK;
    if (e->is_valid)
        e->refresh_at = when_to_refresh(e, written, &dates);
}

static bool is_fresh(const struct entry *e)
{
    return e->is_valid && e->trust->now < e->refresh_at;
}

/* At once or not at all where something valid can be served meanwhile; else waits for it. */
static bool take_lock(struct entry *e)
{
    struct timespec step = {0, LOCK_STEP_MS * 1000000L};
    int fd = open(e->file.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    for (int waited = 0;; waited += LOCK_STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            e->lock = fd;
            return true;
        }
        if (errno != EWOULDBLOCK || e->is_valid || waited >= LOCK_WAIT_MS)
            break;
        nanosleep(&step, NULL);
    }
    close(fd);
    return false;
}

/* The lock's file has a byte after a refresh that failed, and its time is that of the failure. */
static bool failed_since(const struct entry *e, int64_t when)
{
    struct stat status;
    return fstat(e->lock, &status) == 0 && status.st_size > 0 && status.st_mtime >= when &&
           status.st_mtime <= (int64_t)time(NULL) + CLOCK_SKEW;
}

static bool mark(const struct entry *e, bool has_failed)
{
    return ftruncate(e->lock, 0) == 0 && (!has_failed || write(e->lock, "!", 1) == 1);
}

/* What is judged at another time than this fetches for that alone: it must not leave its old pieces
 * to those who come after. */
static bool is_present(const struct entry *e)
{
    int64_t now = (int64_t)time(NULL);
    return e->trust->now >= now - CLOCK_SKEW && e->trust->now <= now + CLOCK_SKEW;
}

/* With the lock: nobody else fetches this now. */
static enum kc_err refresh(struct entry *e, const struct kc_fetch_servers *servers,
                           struct kc_cache_report *report)
{
    struct kc_bundle fetched = {0};
    report->has_fetched = true;
    enum kc_err err = kc_fetch(e->needs, servers, e->trust, &fetched, &report->fetch);
    if (err == KC_OK)
        kc_sound_keep_newer(&fetched, e->bundle, e->needs, e->trust);
    if (err == KC_OK && is_present(e) && !kc_cache_file_write(&e->file, &fetched))
        snprintf(report->trouble, sizeof report->trouble, "%s: %s", e->file.path, strerror(errno));
    if (e->lock >= 0 && !mark(e, err != KC_OK))
        snprintf(report->trouble, sizeof report->trouble, "%s: %s", e->file.lock, strerror(errno));
    if (err != KC_OK && e->is_valid) {
        kc_bundle_clear(&fetched);
        report->source = KC_CACHE_STALE;
        return KC_OK;
    }
    kc_bundle_clear(e->bundle);
    *e->bundle = fetched;
    report->source = KC_CACHE_FETCHED;
    return err;
}

/* Another process fetched this while we waited: its result is ours, good or bad. */
static bool take_from_other(struct entry *e, int64_t began, struct kc_cache_report *report)
{
    look(e);
    if (is_fresh(e)) {
        report->source = KC_CACHE_KEPT;
        return true;
    }
    if (e->is_valid && failed_since(e, (int64_t)time(NULL) - KC_CACHE_PAUSE_SECONDS)) {
        report->source = KC_CACHE_STALE;
        return true;
    }
    return !e->is_valid && failed_since(e, began);
}

static enum kc_err tell_of_other(const struct kc_needs *needs, struct kc_cache_report *report)
{
    report->has_fetched = true;
    for (size_t i = 0; i < KC_FETCH_PARTS; i++) {
        if (!kc_sound_is_needed((enum kc_fetch_part)i, needs))
            continue;
        report->fetch.part[i].state = KC_FETCH_FAILED;
        snprintf(report->fetch.part[i].reason, KC_FETCH_REASON_MAX,
                 "another process has just failed to fetch it");
    }
    return KC_ERR_ABSENT;
}

static enum kc_err get(struct entry *e, const struct kc_fetch_servers *servers,
                       struct kc_cache_report *report)
{
    int64_t began = (int64_t)time(NULL);
    look(e);
    if (is_fresh(e)) {
        report->source = KC_CACHE_KEPT;
        return KC_OK;
    }
    bool is_locked = take_lock(e);
    if (!is_locked && e->is_valid) {
        report->source = KC_CACHE_STALE; /* somebody refreshes it now, or nobody can */
        return KC_OK;
    }
    if (is_locked && take_from_other(e, began + 1, report)) {
        if (e->is_valid)
            return KC_OK;
        kc_bundle_clear(e->bundle);
        return tell_of_other(e->needs, report);
    }
    enum kc_err err = refresh(e, servers, report);
    if (e->lock >= 0)
        close(e->lock);
    e->lock = -1;
    return err;
}

enum kc_err kc_cache_get(const char *folder, const struct kc_needs *needs,
                         const struct kc_fetch_servers *servers, const struct kc_fetch_trust *trust,
                         struct kc_bundle *out, struct kc_cache_report *report)
{
    struct entry e = {.needs = needs, .trust = trust, .bundle = out, .lock = -1};
    *out = (struct kc_bundle){0};
    memset(report, 0, sizeof *report);
    bool is_open = folder != NULL && kc_cache_file_open(folder, needs, trust, &e.file);
    if (folder != NULL && !is_open)
        snprintf(report->trouble, sizeof report->trouble, "%s: %s", folder, strerror(errno));
    if (!is_open) {
        report->has_fetched = true;
        return kc_fetch(needs, servers, trust, out, &report->fetch);
    }
    enum kc_err err = get(&e, servers, report);
    if (e.lock >= 0)
        close(e.lock);
    kc_cache_file_close(&e.file);
    return err;
}
