/*
 * The server's log: one line an event, to a file descriptor, as text or as JSON. Threads may write
 * at once; a line is one write(2).
 *
 * Nothing secret comes here: the host has none.
 */
#ifndef KC_HOST_JOURNAL_H
#define KC_HOST_JOURNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum kc_journal_level {
    KC_JOURNAL_ERROR,
    KC_JOURNAL_WARNING,
    KC_JOURNAL_INFO,
    KC_JOURNAL_DEBUG,
};

struct kc_journal {
    int fd;
    bool json;
    _Atomic enum kc_journal_level level; /* what is less important is left out */
};

/* A named value; `text` if it is not NULL, else `number`. */
struct kc_journal_field {
    const char *name;
    const char *text;
    uint64_t number;
};

/* Lists end with this one. */
#define KC_JOURNAL_END                                                                             \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }

#define KC_JOURNAL_LINE_MAX 1024 /* bytes; longer lines lose fields at their end */

/* `what` is a sentence without capital letter and full stop. `fields` may be NULL. */
void kc_journal_write(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                      const struct kc_journal_field *fields);

/* With a text, or a number. */
void kc_journal_text(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                     const char *name, const char *text);
void kc_journal_number(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                       const char *name, uint64_t number);

/* "error", "warning", "info", "debug". False for other words. */
bool kc_journal_level_of(const char *word, enum kc_journal_level *out);

#endif
