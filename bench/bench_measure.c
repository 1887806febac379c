/*
 * MRENCLAVE of an image of 8,192 heap pages, against the least that it can cost: SHA-256 over as
 * many bytes as the measurement feeds (5,184 a page), in one piece, in the same run, interleaved.
 *
 *   ratio measure = bytes a second in kc_image_measure / bytes a second in SHA-256
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "image/image.h"

#define ROUNDS     9
#define PAGES      8192
#define PAGE_INPUT (64 + 16 * (64 + 256))
#define TARGET     0.80

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_measure: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    const size_t input = (size_t)PAGES * PAGE_INPUT;
    struct kc_image_run run = {0, PAGES, KC_SECINFO_REG | KC_SECINFO_R | KC_SECINFO_W};
    struct kc_image image = {.end = (uint64_t)PAGES * KC_IMAGE_PAGE, .run = &run, .run_count = 1};
    uint8_t digest[32];
    double ratio[ROUNDS];
    double speed[ROUNDS];
    image.size = image.end;
    image.bytes = calloc(1, image.end);
    uint8_t *flat = calloc(1, input);
    must(image.bytes != NULL && flat != NULL, "no memory");
    for (int i = 0; i < ROUNDS; i++) {
        double start = now();
        must(kc_image_measure(&image, digest) == KC_OK, "measure");
        double middle = now();
        must(EVP_Digest(flat, input, digest, NULL, EVP_sha256(), NULL) == 1, "SHA-256");
        double end = now();
        ratio[i] = (end - middle) / (middle - start);
        speed[i] = (double)image.end / (middle - start) / (1 << 20);
    }
    qsort(ratio, ROUNDS, sizeof *ratio, by_value);
    qsort(speed, ROUNDS, sizeof *speed, by_value);
    printf("measure %d pages: %.0f MiB of pages a second\n", PAGES, speed[ROUNDS / 2]);
    printf("ratio measure %.2f target %.2f\n", ratio[ROUNDS / 2], TARGET);
    free(flat);
    free(image.bytes);
    return 0;
}
