/*
 * How deep untrusted JSON is nested, asked before a recursive parser sees it: stacks in an
 * enclave are short.
 */
#ifndef KC_FORMATS_JSON_DEPTH_H
#define KC_FORMATS_JSON_DEPTH_H

#include "base/bytes.h"

/* True when arrays and objects stand more than `limit` deep in each other. Counts brackets
 * outside of strings; whether the text is JSON at all is the parser's to say. */
bool kc_json_depth_exceeds(struct kc_bytes json, size_t limit);

#endif
