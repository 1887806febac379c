/*
 * DER as a tree, for tests that take certificates apart, change an element and put them together
 * again with lengths that fit. OCTET STRINGs and octet-aligned BIT STRINGs that hold one element
 * are entered too.
 */
#ifndef KC_TESTS_DER_TREE_H
#define KC_TESTS_DER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DER_TREE_NODES 1024

struct der_node {
    uint8_t tag;
    bool raw;             /* `bytes` are written as they stand, without tag and length */
    bool bit_string_lead; /* the zero count of unused bits stands before the children */
    struct der_node *child;
    struct der_node *next;
    const uint8_t *bytes; /* content where there is no child */
    size_t len;
};

struct der_tree {
    struct der_node node[DER_TREE_NODES];
    size_t count;
};

static inline struct der_node *der_tree_add(struct der_tree *tree)
{
    if (tree->count == DER_TREE_NODES)
        return NULL;
    struct der_node *node = &tree->node[tree->count++];
    memset(node, 0, sizeof *node);
    return node;
}

/* Tag and shortest length at `p`; 0 where there is no good header with its content. */
static inline size_t der_tree_header(const uint8_t *p, size_t left, size_t *content)
{
    size_t head = 2;
    if (left < 2 || (p[0] & 0x1f) == 0x1f || p[0] == 0)
        return 0;
    *content = p[1];
    if (p[1] >= 0x80) {
        size_t octets = p[1] & 0x7f;
        head += octets;
        if (octets == 0 || octets > 2 || left < head)
            return 0;
        *content = octets == 1 ? p[2] : (size_t)p[2] << 8 | p[3];
        if (*content < (octets == 1 ? 0x80u : 0x100u))
            return 0;
    }
    return *content <= left - head ? head : 0;
}

/* The elements that fill `len` bytes, as a list; NULL where they do not. */
static inline struct der_node *der_tree_read(struct der_tree *tree, const uint8_t *p, size_t len)
{
    struct der_node *first = NULL;
    struct der_node **link = &first;
    while (len > 0) {
        size_t content = 0;
        size_t head = der_tree_header(p, len, &content);
        struct der_node *node = head == 0 ? NULL : der_tree_add(tree);
        if (node == NULL)
            return NULL;
        node->tag = p[0];
        node->bytes = p + head;
        node->len = content;
        size_t before = tree->count;
        if ((p[0] & 0x20) != 0) {
            node->child = der_tree_read(tree, p + head, content);
        } else if (p[0] == 0x04) {
            node->child = der_tree_read(tree, p + head, content);
        } else if (p[0] == 0x03 && content > 1 && p[head] == 0) {
            node->child = der_tree_read(tree, p + head + 1, content - 1);
            node->bit_string_lead = node->child != NULL;
        }
        if (node->child == NULL)
            tree->count = before;
        *link = node;
        link = &node->next;
        p += head + content;
        len -= head + content;
    }
    return first;
}

static inline size_t der_tree_content_len(const struct der_node *node);

static inline size_t der_tree_len(const struct der_node *node)
{
    if (node->raw)
        return node->len;
    size_t n = der_tree_content_len(node);
    return n + (n >= 0x100 ? 4 : n >= 0x80 ? 3 : 2);
}

static inline size_t der_tree_content_len(const struct der_node *node)
{
    size_t n = node->bit_string_lead;
    if (node->child == NULL)
        return node->len;
    for (const struct der_node *child = node->child; child != NULL; child = child->next)
        n += der_tree_len(child);
    return n;
}

/* Writes one element; the caller has der_tree_len() bytes of room. Returns where it ends. */
static inline uint8_t *der_tree_write(const struct der_node *node, uint8_t *out)
{
    if (!node->raw) {
        size_t n = der_tree_content_len(node);
        *out++ = node->tag;
        if (n >= 0x100) {
            *out++ = 0x82;
            *out++ = (uint8_t)(n >> 8);
        } else if (n >= 0x80) {
            *out++ = 0x81;
        }
        *out++ = (uint8_t)n;
        if (node->bit_string_lead)
            *out++ = 0;
    }
    if (node->child == NULL || node->raw) {
        if (node->len > 0)
            memcpy(out, node->bytes, node->len);
        return out + node->len;
    }
    for (const struct der_node *child = node->child; child != NULL; child = child->next)
        out = der_tree_write(child, out);
    return out;
}

/* The node at `path`, such as "0.7.0": numbers of children from the root's on. */
static inline struct der_node *der_tree_find(struct der_node *root, const char *path)
{
    struct der_node *node = root;
    while (node != NULL && *path != '\0') {
        char *end = NULL;
        unsigned long n = strtoul(path, &end, 10);
        for (node = node->child; node != NULL && n > 0; n--)
            node = node->next;
        path = *end == '.' ? end + 1 : end;
    }
    return node;
}

/* `bytes` in place of the whole element: none of them takes it away. */
static inline void der_tree_replace(struct der_node *node, const uint8_t *bytes, size_t len)
{
    node->raw = true;
    node->child = NULL;
    node->bytes = bytes;
    node->len = len;
}

static inline void der_tree_set_content(struct der_node *node, const uint8_t *bytes, size_t len)
{
    node->child = NULL;
    node->bit_string_lead = false;
    node->bytes = bytes;
    node->len = len;
}

static inline void der_tree_swap_with_next(struct der_node *node)
{
    struct der_node *next = node->next;
    if (next == NULL)
        return;
    struct der_node *after = next->next;
    struct der_node saved = *node;
    *node = *next;
    *next = saved;
    node->next = next;
    next->next = after;
}

static inline void der_tree_double(struct der_tree *tree, struct der_node *node)
{
    struct der_node *copy = der_tree_add(tree);
    if (copy == NULL)
        return;
    *copy = *node;
    node->next = copy;
}

#endif
