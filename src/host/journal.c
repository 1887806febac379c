#include "host/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

static const char *const levels[] = {"error", "warning", "info", "debug"};

struct line {
    char text[KC_JOURNAL_LINE_MAX];
    size_t len; /* at most sizeof text - 2: the end of the line has room */
};

/* All of it or nothing. */
static bool add(struct line *line, const char *text, size_t len)
{
    if (len > sizeof line->text - 4 - line->len)
        return false;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    return true;
}

static bool add_text(struct line *line, const char *text)
{
    return add(line, text, strlen(text));
}

/* Between quotes, as JSON wants it; control characters and what is not ASCII become \u00xx, so that
 * no field can forge a line. */
static bool add_quoted(struct line *line, const char *text)
{
    bool good = add_text(line, "\"");
    for (const char *c = text; good && *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        char escaped[8];
        if (byte == '"' || byte == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", byte);
        else if (byte < 0x20 || byte > 0x7e)
            snprintf(escaped, sizeof escaped, "\\u%04x", byte);
        else
            snprintf(escaped, sizeof escaped, "%c", byte);
        good = add_text(line, escaped);
    }
    return good && add_text(line, "\"");
}

static bool add_value(struct line *line, const struct kc_journal_field *field)
{
    char number[24];
    if (field->text != NULL)
        return add_quoted(line, field->text);
    snprintf(number, sizeof number, "%" PRIu64, field->number);
    return add_text(line, number);
}

static void compose_json(struct line *line, const char *now, const char *level, const char *what,
                         const struct kc_journal_field *fields)
{
    bool good = add_text(line, "{\"time\":\"") && add_text(line, now) &&
                add_text(line, "\",\"level\":\"") && add_text(line, level) &&
                add_text(line, "\",\"what\":") && add_quoted(line, what);
    for (; good && fields != NULL && fields->name != NULL; fields++) {
        size_t before = line->len;
        good = add_text(line, ",") && add_quoted(line, fields->name) && add_text(line, ":") &&
               add_value(line, fields);
        if (!good)
            line->len = before;
    }
    line->text[line->len++] = '}';
}

static void compose_text(struct line *line, const char *now, const char *level, const char *what,
                         const struct kc_journal_field *fields)
{
    bool good = add_text(line, now) && add_text(line, " ") && add_text(line, level) &&
                add_text(line, ": ") && add_text(line, what);
    for (; good && fields != NULL && fields->name != NULL; fields++) {
        size_t before = line->len;
        good = add_text(line, " ") && add_text(line, fields->name) && add_text(line, "=") &&
               add_value(line, fields);
        if (!good)
            line->len = before;
    }
}

void kc_journal_write(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                      const struct kc_journal_field *fields)
{
    struct line line = {.len = 0};
    char now[KC_TIME_TEXT_SIZE];
    if (level > atomic_load_explicit(&journal->level, memory_order_relaxed))
        return;
    kc_time_format((int64_t)time(NULL), now);
    if (journal->json)
        compose_json(&line, now, levels[level], what, fields);
    else
        compose_text(&line, now, levels[level], what, fields);
    line.text[line.len++] = '\n';
    /* Nobody is left to be told when the log cannot be written. */
    if (write(journal->fd, line.text, line.len) < 0)
        return;
}

void kc_journal_text(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                     const char *name, const char *text)
{
    const struct kc_journal_field fields[] = {{name, text, 0}, KC_JOURNAL_END};
    kc_journal_write(journal, level, what, fields);
}

void kc_journal_number(struct kc_journal *journal, enum kc_journal_level level, const char *what,
                       const char *name, uint64_t number)
{
    const struct kc_journal_field fields[] = {{name, NULL, number}, KC_JOURNAL_END};
    kc_journal_write(journal, level, what, fields);
}

bool kc_journal_level_of(const char *word, enum kc_journal_level *out)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(word, levels[i]) == 0) {
            *out = (enum kc_journal_level)i;
            return true;
        }
    }
    return false;
}
