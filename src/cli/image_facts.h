/* What `sign` and `measure` print of an image. */
#ifndef KC_CLI_IMAGE_FACTS_H
#define KC_CLI_IMAGE_FACTS_H

#include "image/image.h"
#include "image/scan.h"
#include "image/sigstruct.h"

struct kc_image_facts {
    const struct kc_image *image;
    const uint8_t *mrenclave;
    const struct kc_sigstruct *sigstruct; /* NULL: there is none */
    const struct kc_scan *scan;           /* NULL: not asked for */
};

/* On stdout, as text or as one JSON object. False after it has said what is wrong. */
KC_MUST_USE bool kc_image_facts_print(const struct kc_image_facts *facts, bool json);

/* Each place of a scan with what must not stand there, on stderr. */
void kc_image_facts_say_hits(const char *path, const struct kc_scan *scan);

/* Where the SIGSTRUCT stands beside an image: X.sig for X.signed, else IMAGE.sig. The caller
 * frees; NULL without memory. */
char *kc_image_facts_sig_path(const char *image);

#endif
