/*
 * A tree of named values, each with a few words on what it is: built once, printed as text for
 * people or as JSON for programs.
 *
 * As JSON a section is an object of sections and values; a value is {"value", "means"}, with
 * "text" beside it where bytes are readable; "items" is a list of those whose number or names the
 * input decides, each with its "name". Text from the input is shown with everything but printable
 * ASCII escaped, for a terminal obeys escape sequences.
 *
 * Building never fails half way: without memory the tree is marked, and printing says so.
 */
#ifndef KC_CLI_TREE_H
#define KC_CLI_TREE_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"

struct kc_tree {
    json_t *root;
    bool failed; /* no memory */
};

struct kc_tree kc_tree_new(void);
void kc_tree_free(struct kc_tree *tree);

/* A section inside of `parent`; `means` may be NULL. Owned by the tree. */
json_t *kc_tree_section(struct kc_tree *tree, json_t *parent, const char *name, const char *means);
/* The same as the next one of the parent's "items"; `name` may come from the input. */
json_t *kc_tree_item(struct kc_tree *tree, json_t *parent, struct kc_bytes name, const char *means);

/* An item that is a value: bytes as kc_tree_bytes() shows them. */
void kc_tree_item_bytes(struct kc_tree *tree, json_t *parent, struct kc_bytes name,
                        struct kc_bytes value, const char *means);

void kc_tree_text(struct kc_tree *tree, json_t *parent, const char *name, struct kc_bytes value,
                  const char *means);
void kc_tree_literal(struct kc_tree *tree, json_t *parent, const char *name, const char *value,
                     const char *means);
void kc_tree_number(struct kc_tree *tree, json_t *parent, const char *name, uint64_t value,
                    const char *means);
/* Sixteen hexadecimal digits after 0x, as text. */
void kc_tree_mask(struct kc_tree *tree, json_t *parent, const char *name, uint64_t value,
                  const char *means);
void kc_tree_flag(struct kc_tree *tree, json_t *parent, const char *name, bool value,
                  const char *means);
/* Lower-case hexadecimal, and the text where all of it is readable (zeros at the end aside). */
void kc_tree_bytes(struct kc_tree *tree, json_t *parent, const char *name, struct kc_bytes value,
                   const char *means);
/* Date and time of seconds since 1970. */
void kc_tree_time(struct kc_tree *tree, json_t *parent, const char *name, int64_t seconds,
                  const char *means);

/* To standard output. False without memory. */
KC_MUST_USE bool kc_tree_print_text(const struct kc_tree *tree);
KC_MUST_USE bool kc_tree_print_json(const struct kc_tree *tree);

#endif
