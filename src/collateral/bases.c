#include "collateral/bases.h"

#include <stdlib.h>
#include <string.h>

#include "collateral/web.h"

bool kc_bases_add(struct kc_bases *bases, const char *urls)
{
    while (urls != NULL) {
        const char *comma = strchr(urls, ',');
        size_t len = comma == NULL ? strlen(urls) : (size_t)(comma - urls);
        if (bases->count == KC_BASES_MAX)
            return false;
        char *url = strndup(urls, len);
        if (url == NULL || !kc_web_is_base(url)) {
            free(url);
            return false;
        }
        bases->url[bases->count++] = url;
        urls = comma == NULL ? NULL : comma + 1;
    }
    return true;
}

void kc_bases_clear(struct kc_bases *bases)
{
    for (size_t i = 0; i < bases->count; i++)
        free(bases->url[i]);
    *bases = (struct kc_bases){0};
}
