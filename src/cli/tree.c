#include "cli/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/time.h"

struct kc_tree kc_tree_new(void)
{
    json_t *root = json_object();
    return (struct kc_tree){root, root == NULL};
}

void kc_tree_free(struct kc_tree *tree)
{
    json_decref(tree->root);
    tree->root = NULL;
}

static void set(struct kc_tree *tree, json_t *parent, const char *name, json_t *value)
{
    if (parent == NULL || json_object_set_new(parent, name, value) != 0)
        tree->failed = true;
}

/* Printable ASCII stays, everything else becomes \xNN; a backslash is doubled. For free(). */
static char *escape(struct kc_bytes text)
{
    char *out = malloc(4 * text.len + 1);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c < 0x20 || c > 0x7e) {
            out[n++] = '\\';
            out[n++] = 'x';
            kc_hex_encode_lower(kc_bytes_of(&c, 1), out + n);
            n += 2;
        } else {
            if (c == '\\')
                out[n++] = '\\';
            out[n++] = (char)c;
        }
    }
    if (out != NULL)
        out[n] = '\0';
    return out;
}

static void add(struct kc_tree *tree, json_t *parent, const char *name, json_t *value,
                const char *means)
{
    json_t *leaf = json_object();
    set(tree, leaf, "value", value);
    set(tree, leaf, "means", json_string(means));
    set(tree, parent, name, leaf);
}

json_t *kc_tree_section(struct kc_tree *tree, json_t *parent, const char *name, const char *means)
{
    json_t *section = json_object();
    if (means != NULL)
        set(tree, section, "means", json_string(means));
    set(tree, parent, name, section);
    return tree->failed ? NULL : section;
}

json_t *kc_tree_item(struct kc_tree *tree, json_t *parent, struct kc_bytes name, const char *means)
{
    json_t *items = json_object_get(parent, "items");
    json_t *item = json_object();
    char *shown = escape(name);
    if (items == NULL) {
        items = json_array();
        set(tree, parent, "items", items);
    }
    set(tree, item, "name", shown == NULL ? NULL : json_string(shown));
    if (means != NULL)
        set(tree, item, "means", json_string(means));
    if (tree->failed || json_array_append_new(items, item) != 0) {
        tree->failed = true;
        item = NULL;
    }
    free(shown);
    return item;
}

void kc_tree_text(struct kc_tree *tree, json_t *parent, const char *name, struct kc_bytes value,
                  const char *means)
{
    char *shown = escape(value);
    add(tree, parent, name, shown == NULL ? NULL : json_string(shown), means);
    free(shown);
}

void kc_tree_literal(struct kc_tree *tree, json_t *parent, const char *name, const char *value,
                     const char *means)
{
    add(tree, parent, name, json_string(value), means);
}

void kc_tree_number(struct kc_tree *tree, json_t *parent, const char *name, uint64_t value,
                    const char *means)
{
    /* jansson's integers are signed; larger ones come from broken input alone. */
    json_t *number = value > INT64_MAX ? json_sprintf("%llu", (unsigned long long)value)
                                       : json_integer((json_int_t)value);
    add(tree, parent, name, number, means);
}

void kc_tree_mask(struct kc_tree *tree, json_t *parent, const char *name, uint64_t value,
                  const char *means)
{
    add(tree, parent, name, json_sprintf("0x%016llx", (unsigned long long)value), means);
}

void kc_tree_flag(struct kc_tree *tree, json_t *parent, const char *name, bool value,
                  const char *means)
{
    add(tree, parent, name, json_boolean(value), means);
}

/* The readable text that `bytes` are, without zeros at the end; no bytes when they are not. */
static struct kc_bytes readable(struct kc_bytes bytes)
{
    while (bytes.len > 0 && bytes.ptr[bytes.len - 1] == 0)
        bytes.len--;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.ptr[i];
        if ((c < 0x20 || c > 0x7e) && c != '\n')
            return kc_bytes_of(NULL, 0);
    }
    return bytes;
}

static void set_bytes(struct kc_tree *tree, json_t *leaf, struct kc_bytes value)
{
    struct kc_bytes text = readable(value);
    char *hex = malloc(2 * value.len + 1);
    if (hex != NULL)
        kc_hex_encode_lower(value, hex);
    set(tree, leaf, "value", hex == NULL ? NULL : json_string(hex));
    if (text.len > 3)
        set(tree, leaf, "text", json_stringn((const char *)text.ptr, text.len));
    free(hex);
}

void kc_tree_bytes(struct kc_tree *tree, json_t *parent, const char *name, struct kc_bytes value,
                   const char *means)
{
    json_t *leaf = json_object();
    set_bytes(tree, leaf, value);
    set(tree, leaf, "means", json_string(means));
    set(tree, parent, name, leaf);
}

void kc_tree_item_bytes(struct kc_tree *tree, json_t *parent, struct kc_bytes name,
                        struct kc_bytes value, const char *means)
{
    set_bytes(tree, kc_tree_item(tree, parent, name, means), value);
}

void kc_tree_time(struct kc_tree *tree, json_t *parent, const char *name, int64_t seconds,
                  const char *means)
{
    char text[KC_TIME_TEXT_SIZE];
    kc_time_format(seconds, text);
    kc_tree_literal(tree, parent, name, text, means);
}
