/*
 * <stdlib.h>: qsort().
 */
#include <stdint.h>
#include <stdlib.h>

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

/* Heap sort: no recursion, no memory, no input that makes it slow. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    uint8_t *items = base;
    for (size_t start = count / 2, end = count; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            swap(items, items + end * size, size);
        }
        size_t root = start;
        while (2 * root + 1 < end) {
            size_t child = 2 * root + 1;
            if (child + 1 < end && compare(items + child * size, items + (child + 1) * size) < 0)
                child++;
            if (compare(items + root * size, items + child * size) >= 0)
                break;
            swap(items + root * size, items + child * size, size);
            root = child;
        }
    }
}
