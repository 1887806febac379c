#include "cli/image_facts.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "cli/cli.h"

struct page_counts {
    uint64_t text;
    uint64_t read_only;
    uint64_t data; /* of the segments, heap, stacks, SSA and TLS */
    uint64_t tcs;
};

static struct page_counts count_pages(const struct kc_image *image)
{
    struct page_counts counts = {0};
    for (size_t i = 0; i < image->run_count; i++) {
        const struct kc_image_run *run = &image->run[i];
        if (run->secinfo_flags == KC_SECINFO_TCS)
            counts.tcs += run->pages;
        else if ((run->secinfo_flags & KC_SECINFO_X) != 0)
            counts.text += run->pages;
        else if ((run->secinfo_flags & KC_SECINFO_W) != 0)
            counts.data += run->pages;
        else
            counts.read_only += run->pages;
    }
    return counts;
}

/* DEBUG may be set by whoever loads the enclave when the mask leaves it free. */
static bool may_debug(const struct kc_sigstruct *s)
{
    return (s->attribute_mask.flags & KC_SGX_FLAG_DEBUG) == 0 ||
           (s->attributes.flags & KC_SGX_FLAG_DEBUG) != 0;
}

static bool fits(const struct kc_image_facts *facts)
{
    return memcmp(facts->mrenclave, facts->sigstruct->mrenclave, KC_SGX_HASH_SIZE) == 0;
}

static void date_text(uint32_t bcd, char out[11])
{
    snprintf(out, 11, "%04x-%02x-%02x", bcd >> 16, bcd >> 8 & 0xff, bcd & 0xff);
}

static json_t *hex64(uint64_t value)
{
    return json_sprintf("0x%016" PRIx64, value);
}

static json_t *sigstruct_json(const struct kc_image_facts *facts)
{
    const struct kc_sigstruct *s = facts->sigstruct;
    char mrenclave[65];
    char date[11];
    kc_hex_encode_lower(kc_bytes_of(s->mrenclave, sizeof s->mrenclave), mrenclave);
    date_text(s->date, date);
    return json_pack("{sbsssssbsososososIsI}", "fits", fits(facts), "mrenclave", mrenclave, "date",
                     date, "debug_allowed", may_debug(s), "attribute_flags",
                     hex64(s->attributes.flags), "attribute_xfrm", hex64(s->attributes.xfrm),
                     "flags_mask", hex64(s->attribute_mask.flags), "xfrm_mask",
                     hex64(s->attribute_mask.xfrm), "misc_select", (json_int_t)s->misc_select,
                     "misc_mask", (json_int_t)s->misc_mask);
}

static json_t *scan_json(const struct kc_scan *scan)
{
    return json_pack("{sIsIsIsIsIsI}", "functions", (json_int_t)scan->functions, "instructions",
                     (json_int_t)scan->instructions, "code_bytes", (json_int_t)scan->code,
                     "other_bytes", (json_int_t)scan->unreached, "patterns",
                     (json_int_t)scan->patterns, "forbidden", (json_int_t)scan->hit_count);
}

static json_t *to_json(const struct kc_image_facts *facts)
{
    struct page_counts pages = count_pages(facts->image);
    char hash[65];
    kc_hex_encode_lower(kc_bytes_of(facts->mrenclave, KC_SGX_HASH_SIZE), hash);
    json_t *root = json_pack("{ss}", "mrenclave", hash);
    int failed = 0;
    if (facts->sigstruct != NULL) {
        kc_hex_encode_lower(kc_bytes_of(facts->sigstruct->mrsigner, KC_SGX_HASH_SIZE), hash);
        failed |= json_object_set_new(root, "mrsigner", json_string(hash));
        failed |=
            json_object_set_new(root, "isv_prod_id", json_integer(facts->sigstruct->isv_prod_id));
        failed |= json_object_set_new(root, "isv_svn", json_integer(facts->sigstruct->isv_svn));
        failed |= json_object_set_new(root, "sigstruct", sigstruct_json(facts));
    }
    failed |=
        json_object_set_new(root, "elrange_size", json_integer((json_int_t)facts->image->size));
    failed |= json_object_set_new(root, "pages",
                                  json_pack("{sIsIsIsI}", "text", (json_int_t)pages.text,
                                            "read_only", (json_int_t)pages.read_only, "data",
                                            (json_int_t)pages.data, "tcs", (json_int_t)pages.tcs));
    if (facts->scan != NULL)
        failed |= json_object_set_new(root, "scan", scan_json(facts->scan));
    if (failed != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static void print_sigstruct(const struct kc_image_facts *facts)
{
    const struct kc_sigstruct *s = facts->sigstruct;
    char hash[65];
    char date[11];
    kc_hex_encode_lower(kc_bytes_of(s->mrsigner, sizeof s->mrsigner), hash);
    date_text(s->date, date);
    printf("MRSIGNER       %s\n", hash);
    printf("product        %u, security version %u, signed %s\n", s->isv_prod_id, s->isv_svn, date);
    printf("attributes     flags 0x%" PRIx64 " mask 0x%" PRIx64 ", XFRM 0x%" PRIx64
           " mask 0x%" PRIx64 ", MISCSELECT 0x%x mask 0x%x\n",
           s->attributes.flags, s->attribute_mask.flags, s->attributes.xfrm, s->attribute_mask.xfrm,
           s->misc_select, s->misc_mask);
    printf("debug          %s\n",
           may_debug(s) ? "allowed: whoever loads it can read its memory" : "not allowed");
    printf("SIGSTRUCT      %s\n",
           fits(facts) ? "signature holds, fits the image" : "signature holds, of ANOTHER image");
}

static void print_text(const struct kc_image_facts *facts)
{
    struct page_counts pages = count_pages(facts->image);
    char hash[65];
    kc_hex_encode_lower(kc_bytes_of(facts->mrenclave, KC_SGX_HASH_SIZE), hash);
    printf("MRENCLAVE      %s\n", hash);
    if (facts->sigstruct != NULL)
        print_sigstruct(facts);
    printf("pages          %" PRIu64 " text, %" PRIu64 " read-only, %" PRIu64 " data, %" PRIu64
           " TCS; ELRANGE 0x%" PRIx64 "\n",
           pages.text, pages.read_only, pages.data, pages.tcs, facts->image->size);
    if (facts->scan != NULL)
        printf("scan           %" PRIu64 " forbidden instructions among %" PRIu64 " in %" PRIu64
               " functions (%" PRIu64 " bytes); %" PRIu64 " bytes are no code, %" PRIu64
               " patterns in them or across instructions\n",
               facts->scan->hit_count, facts->scan->instructions, facts->scan->functions,
               facts->scan->code, facts->scan->unreached, facts->scan->patterns);
}

bool kc_image_facts_print(const struct kc_image_facts *facts, bool json)
{
    if (!json) {
        print_text(facts);
        return true;
    }
    json_t *root = to_json(facts);
    if (root == NULL || json_dumpf(root, stdout, JSON_INDENT(2)) != 0) {
        json_decref(root);
        kc_cli_say("out of memory");
        return false;
    }
    putchar('\n');
    json_decref(root);
    return true;
}

void kc_image_facts_say_hits(const char *path, const struct kc_scan *scan)
{
    for (size_t i = 0; i < scan->hit_count && i < KC_SCAN_MAX_HITS; i++)
        kc_cli_say("%s: %s at 0x%" PRIx64 " in %s", path, scan->hit[i].what, scan->hit[i].address,
                   scan->hit[i].function == NULL ? "no function" : scan->hit[i].function);
}

char *kc_image_facts_sig_path(const char *image)
{
    static const char suffix[] = ".signed";
    char *path = NULL;
    size_t n = strlen(image);
    size_t cut = sizeof suffix - 1;
    if (n > cut && strcmp(image + n - cut, suffix) == 0)
        n -= cut;
    return asprintf(&path, "%.*s.sig", (int)n, image) < 0 ? NULL : path;
}
