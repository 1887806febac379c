/* The two faces of a tree. */
#include <stdio.h>
#include <string.h>

#include "cli/tree.h"

#define COLUMNS   100
#define HEX_LINE  64 /* hexadecimal digits in a line: 32 bytes */
#define TEXT_SHOW 128

static void indent(int depth)
{
    printf("%*s", 2 * depth, "");
}

static bool is_hex(const char *text)
{
    return text[strspn(text, "0123456789abcdef")] == '\0';
}

/* Long hexadecimal is broken into lines. Returns the columns of the last line. */
static size_t print_string(const char *text, int depth, size_t used)
{
    size_t left = strlen(text);
    if (left <= HEX_LINE || !is_hex(text))
        return used + (size_t)printf(" %s", text);
    while (left > 0) {
        int n = left < HEX_LINE ? (int)left : HEX_LINE;
        putchar('\n');
        indent(depth + 2);
        used = 2 * (size_t)(depth + 2) + (size_t)printf("%.*s", n, text);
        text += n;
        left -= (size_t)n;
    }
    return used;
}

/* Text of several lines, each behind a bar. */
static void print_block(const char *text, int depth)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        putchar('\n');
        indent(depth + 2);
        printf("| %.*s", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static size_t print_scalar(const json_t *leaf, int depth, size_t used)
{
    const json_t *value = json_object_get(leaf, "value");
    const char *text = json_string_value(json_object_get(leaf, "text"));
    bool is_long = json_is_string(value) && json_string_length(value) > TEXT_SHOW;
    if (json_is_integer(value))
        used += (size_t)printf(" %lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        used += (size_t)printf(" %s", json_is_true(value) ? "yes" : "no");
    else if (text != NULL && is_long)
        used += (size_t)printf(" %zu bytes of text", json_string_length(value) / 2);
    else if (json_is_string(value) && json_string_length(value) > 0)
        used = print_string(json_string_value(value), depth, used);
    else
        used += (size_t)printf(" none");
    return used;
}

static void print_leaf(const char *name, const json_t *leaf, int depth)
{
    const char *means = json_string_value(json_object_get(leaf, "means"));
    const char *text = json_string_value(json_object_get(leaf, "text"));
    indent(depth);
    size_t used = 2 * (size_t)depth + (size_t)printf("%s:", name);
    used = print_scalar(leaf, depth, used);
    if (means != NULL && *means != '\0') {
        if (used + 4 + strlen(means) > COLUMNS) {
            putchar('\n');
            indent(depth + 1);
        }
        printf("  (%s)", means);
    }
    if (text != NULL)
        print_block(text, depth);
    putchar('\n');
}

static void print_section(const char *name, json_t *section, int depth);

static void print_node(const char *name, json_t *node, int depth)
{
    if (json_object_get(node, "value") != NULL)
        print_leaf(name, node, depth);
    else
        print_section(name, node, depth);
}

static void print_members(json_t *section, int depth)
{
    const char *name;
    json_t *node;
    size_t i;
    json_object_foreach(section, name, node)
    {
        if (json_is_object(node))
            print_node(name, node, depth);
    }
    json_t *items = json_object_get(section, "items");
    json_array_foreach(items, i, node)
        print_node(json_string_value(json_object_get(node, "name")), node, depth);
}

static void print_section(const char *name, json_t *section, int depth)
{
    const char *means = json_string_value(json_object_get(section, "means"));
    indent(depth);
    printf("%s%s%s\n", name, means == NULL ? "" : ": ", means == NULL ? "" : means);
    print_members(section, depth + 1);
}

bool kc_tree_print_text(const struct kc_tree *tree)
{
    const char *name;
    json_t *section;
    const char *between = "";
    if (tree->failed)
        return false;
    json_object_foreach(tree->root, name, section)
    {
        fputs(between, stdout);
        print_node(name, section, 0);
        between = "\n";
    }
    return true;
}

bool kc_tree_print_json(const struct kc_tree *tree)
{
    if (tree->failed || json_dumpf(tree->root, stdout, JSON_INDENT(2)) != 0)
        return false;
    putchar('\n');
    return true;
}
