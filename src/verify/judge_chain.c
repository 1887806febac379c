/* The PCK certificates of the quote, in the verdict's words. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "verify/chain.h"
#include "verify/ecdsa.h"
#include "verify/judge.h"

#define DAMAGED "the PCK chain of this quote is damaged or made up: fetch the evidence again"

static void fail_absent(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    uint16_t type = j->quote.cert_data_type;
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, "certification data of type ");
    kc_verdict_put_number(v, type);
    kc_verdict_put(v, type == KC_QUOTE_CERT_DATA_PCK_LEAF ? ", the PCK certificate alone"
                                                          : ", which names the platform alone");
    kc_verdict_fail(v, KC_STAGE_CHAIN,
                    &(struct kc_verdict_failure){
                        "chain.present", KC_WEIGHT_UNJUDGED,
                        "the PCK certificate chain in the quote (type 5) or in the collateral",
                        actual,
                        "let the attester's quote provider put the PCK certificate chain into its "
                        "quotes (Intel's default provider library does so), or give it as "
                        "pck_chain.pem with --collateral"});
}

/* The quote has no chain that can be read, and the caller has it from elsewhere: that it
 * is this platform's is what the signature of the QE report shows. */
static enum kc_err decode_given_chain(struct kc_bytes pem, struct kc_pck_chain *out,
                                      struct kc_error *error)
{
    uint8_t *room = malloc(KC_COLLATERAL_PEM_MAX);
    if (room == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory left", 0);
    enum kc_err err = kc_collateral_decode_chain(pem, room, out, error);
    free(room);
    return err;
}

/* The quote has the leaf, the collateral its issuers. */
static enum kc_err decode_joined_chain(struct kc_bytes leaf, struct kc_bytes issuers,
                                       struct kc_pck_chain *out, struct kc_error *error)
{
    struct kc_bytes text = leaf;
    uint8_t *both = malloc(leaf.len + 1 + issuers.len);
    if (both == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory left", 0);
    if (text.len > 0 && text.ptr[text.len - 1] == 0)
        text.len--;
    struct kc_writer w = kc_writer_of((struct kc_room){both, leaf.len + 1 + issuers.len});
    kc_writer_bytes(&w, text);
    kc_writer_u8(&w, '\n');
    kc_writer_bytes(&w, issuers);
    enum kc_err err = decode_given_chain(kc_writer_written(&w), out, error);
    free(both);
    return err;
}

/* Leaf first, root last, whichever way they came: nothing signs their order, and Intel's library
 * takes any. Where it stays unclear the order stays too, for kc_chain_verify_pck() to refuse. */
static void arrange(struct kc_pck_chain *chain)
{
    struct kc_certificate *c = chain->certificate;
    struct kc_certificate old[KC_PCK_CHAIN_MAX];
    size_t root = 0;
    if (chain->count != 3)
        return;
    while (root < 3 && !kc_bytes_equal(c[root].issuer, c[root].subject))
        root++;
    if (root == 3)
        return;
    memcpy(old, c, sizeof old);
    size_t leaf = root == 0 ? 1 : 0;
    size_t ca = 3 - root - leaf;
    bool swapped = kc_bytes_equal(old[ca].issuer, old[leaf].subject);
    c[0] = old[swapped ? ca : leaf];
    c[1] = old[swapped ? leaf : ca];
    c[2] = old[root];
}

/* KC_ERR_ABSENT: nobody gave the chain. */
static enum kc_err find_chain(struct kc_judge *j, struct kc_error *error)
{
    bool is_given = j->given_pck_chain.ptr != NULL;
    if (j->quote.cert_data_type == KC_QUOTE_CERT_DATA_PCK_CHAIN) {
        enum kc_err err = kc_pck_chain_decode(j->quote.cert_data, j->chain, error);
        if (err != KC_ERR_MALFORMED || !is_given)
            return err;
    }
    if (is_given)
        return decode_given_chain(j->given_pck_chain, j->chain, error);
    if (j->quote.cert_data_type == KC_QUOTE_CERT_DATA_PCK_LEAF && j->given_issuers.ptr != NULL)
        return decode_joined_chain(j->quote.cert_data, j->given_issuers, j->chain, error);
    return kc_error_set(error, KC_ERR_ABSENT, "there is no PCK chain", 0);
}

static enum kc_err take_chain(struct kc_judge *j, struct kc_error *error)
{
    j->chain = calloc(1, sizeof *j->chain);
    if (j->chain == NULL)
        return kc_error_set(error, KC_ERR_MEMORY, "no memory left", 0);
    enum kc_err err = find_chain(j, error);
    if (err != KC_OK)
        return err;
    arrange(j->chain);
    j->certificate = j->chain->certificate;
    j->certificate_count = j->chain->count;
    return KC_OK;
}

static bool decode_chain(struct kc_judge *j)
{
    struct kc_verdict *v = j->verdict;
    struct kc_error error = KC_ERROR_NONE;
    enum kc_err err = take_chain(j, &error);
    if (err == KC_OK)
        return true;
    if (err == KC_ERR_ABSENT) {
        fail_absent(j);
        return false;
    }
    if (err == KC_ERR_MEMORY) {
        kc_verdict_fail(v, KC_STAGE_CHAIN,
                        &(struct kc_verdict_failure){"verifier.memory", KC_WEIGHT_UNJUDGED,
                                                     "memory for the PCK chain", "none left",
                                                     "try again with more memory"});
        return false;
    }
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, error.what);
    kc_verdict_put(v, " (at ");
    kc_verdict_put_number(v, error.at);
    kc_verdict_put(v, " of the chain)");
    kc_judge_fail(j, KC_STAGE_CHAIN, "chain.shape",
                  "the PCK certificate chain: leaf, intermediate and root in strict PEM", actual,
                  DAMAGED);
    return false;
}

static const struct kc_certificate *root_of(const struct kc_judge *j)
{
    return &j->certificate[j->certificate_count - 1];
}

static const char *key_text(struct kc_verdict *v, struct kc_bytes name, const uint8_t key[64])
{
    uint8_t hash[32] = {0};
    const char *text = kc_verdict_text(v);
    if (name.len > 0) {
        kc_verdict_put(v, "\"");
        kc_verdict_put_name(v, name);
        kc_verdict_put(v, "\", ");
    }
    kc_verdict_put(v, "key with SHA-256 ");
    if (kc_sha256(kc_bytes_of(key, 64), hash))
        kc_verdict_put_hex(v, kc_bytes_of(hash, sizeof hash));
    return text;
}

/* No chain ends in a key that is no point of the curve. */
static const uint8_t *root_key_of(const struct kc_judge *j)
{
    static const uint8_t none[64];
    return j->root_key != NULL ? j->root_key : none;
}

/* Which root it is, by whole key; the name that it gives itself is a hint and no more. */
static void fail_root(struct kc_judge *j)
{
    static const char simulated[] = "Simulated";
    const uint8_t *trusted = root_key_of(j);
    const struct kc_certificate *root = root_of(j);
    struct kc_bytes intel = kc_bytes_of_text("");
    const char *hint = "if this is a root that you mean to trust, name it: --trust FILE takes its "
                       "certificate, --trust intel Intel's own root";
    if (memcmp(trusted, kc_chain_intel_root_key, 64) == 0)
        intel = kc_bytes_of_text("Intel SGX Root CA");
    if (root->subject_common_name.len >= sizeof simulated - 1 &&
        memcmp(root->subject_common_name.ptr, simulated, sizeof simulated - 1) == 0)
        hint = "this evidence calls itself simulated, which proves nothing about hardware; for "
               "tests, --trust sim names the simulated root of the state folder";
    kc_judge_fail(j, KC_STAGE_CHAIN, "chain.root",
                  j->root_key != NULL ? key_text(j->verdict, intel, trusted)
                                      : "a root of SGX and TDX that is trusted: there is none",
                  key_text(j->verdict, root->subject_common_name, root->public_key), hint);
}

static void put_time(struct kc_verdict *v, int64_t seconds)
{
    char text[KC_TIME_TEXT_SIZE];
    kc_time_format(seconds, text);
    kc_verdict_put(v, text);
}

/* Years 1 to 9999, which is what has a text. */
static bool has_text(int64_t seconds)
{
    return seconds >= -62135596800 && seconds <= 253402300799;
}

static void fail_dates(struct kc_judge *j, const struct kc_chain_verdict *fault)
{
    struct kc_verdict *v = j->verdict;
    bool expired = fault->fault == KC_CHAIN_EXPIRED;
    size_t index = fault->index < j->certificate_count ? fault->index : 0;
    const struct kc_certificate *certificate = &j->certificate[index];
    const char *expected = kc_verdict_text(v);
    kc_verdict_put(v, "a time from ");
    put_time(v, certificate->not_before);
    kc_verdict_put(v, " to ");
    put_time(v, certificate->not_after);
    kc_verdict_put(v, ", when \"");
    kc_verdict_put_name(v, certificate->subject_common_name);
    kc_verdict_put(v, "\" is valid");
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, "judged at ");
    if (has_text(j->input->now))
        put_time(v, j->input->now);
    else
        kc_verdict_put(v, "a time outside the years 1 to 9999");
    kc_judge_fail(j, KC_STAGE_CHAIN, expired ? "chain.expired" : "chain.not_yet", expected, actual,
                  "fetch newer evidence and see that this clock is right; --at judges at another "
                  "time, for evidence that was kept");
}

static void fail_chain(struct kc_judge *j, const struct kc_chain_verdict *fault)
{
    static const struct {
        const char *check;
        const char *expected;
    } words[] = {
        [KC_CHAIN_SHAPE] = {"chain.shape",
                            "a PCK leaf, an intermediate and a root of Intel's profile"},
        [KC_CHAIN_LINK] = {"chain.link", "each certificate issued by the next one"},
        [KC_CHAIN_AUTHORITY] = {"chain.authority", "issuers that are allowed to issue"},
        [KC_CHAIN_SIGNATURE] = {"chain.signature", "a signature on each certificate by the next"},
    };
    struct kc_verdict *v = j->verdict;
    const char *actual = kc_verdict_text(v);
    kc_verdict_put(v, "PCK chain, certificate ");
    kc_verdict_put_number(v, fault->index);
    kc_verdict_put(v, " (0 is the leaf): ");
    kc_verdict_put(v, fault->what);
    kc_judge_fail(j, KC_STAGE_CHAIN, words[fault->fault].check, words[fault->fault].expected,
                  actual, DAMAGED);
}

/* The chain's shape includes the extension; a leaf without it has no platform behind it. */
static void read_platform(struct kc_judge *j)
{
    struct kc_error error = KC_ERROR_NONE;
    if (kc_pck_extension_decode(&j->certificate[0], &j->extension, &error) != KC_OK)
        kc_judge_fail(j, KC_STAGE_CHAIN, "chain.shape", "Intel's SGX extension in the PCK leaf",
                      error.what, DAMAGED);
}

static void note_platform(struct kc_judge *j)
{
    struct kc_verdict_facts *facts = &j->verdict->facts;
    const struct kc_pck_extension *extension = &j->extension;
    memcpy(facts->fmspc, extension->fmspc, sizeof extension->fmspc);
    memcpy(facts->pce_id, extension->pce_id, sizeof extension->pce_id);
    memcpy(facts->ppid, extension->ppid, sizeof extension->ppid);
    facts->has_platform_instance = extension->has_platform;
    memcpy(facts->platform_instance_id, extension->platform_instance_id,
           sizeof extension->platform_instance_id);
}

/* By words, where it does not hold. */
static void note_chain(struct kc_judge *j, const struct kc_chain_verdict *fault)
{
    struct kc_verdict *v = j->verdict;
    switch (fault->fault) {
    case KC_CHAIN_GOOD:
        v->root_name = kc_verdict_text(v);
        kc_verdict_put_name(v, root_of(j)->subject_common_name);
        break;
    case KC_CHAIN_ROOT:
        fail_root(j);
        break;
    case KC_CHAIN_NOT_YET:
    case KC_CHAIN_EXPIRED:
        fail_dates(j, fault);
        break;
    case KC_CHAIN_SHAPE:
    case KC_CHAIN_LINK:
    case KC_CHAIN_AUTHORITY:
    case KC_CHAIN_SIGNATURE:
        fail_chain(j, fault);
        break;
    }
}

/* All but the dates was found to hold under the store's root. */
static bool judge_known(struct kc_judge *j)
{
    struct kc_trust *store = j->input->store;
    if (store == NULL || j->quote.cert_data_type != KC_QUOTE_CERT_DATA_PCK_CHAIN)
        return false;
    j->known = kc_trust_get_chain(store, j->quote.cert_data);
    if (j->known == NULL)
        return false;
    j->certificate = j->known->certificate;
    j->certificate_count = 3;
    j->extension = j->known->extension;
    j->chain_holds = true;
    j->has_chain = true;
    struct kc_chain_verdict fault = kc_chain_judge_dates(j->certificate, 3, j->input->now);
    note_chain(j, &fault);
    note_platform(j);
    return true;
}

static bool judge_new(struct kc_judge *j)
{
    if (!decode_chain(j))
        return false;
    struct kc_chain_verdict fault =
        kc_chain_verify(KC_CHAIN_PCK, j->chain, root_key_of(j), j->input->now, j->signatures);
    note_chain(j, &fault);
    j->chain_holds = fault.fault == KC_CHAIN_GOOD || fault.fault == KC_CHAIN_NOT_YET ||
                     fault.fault == KC_CHAIN_EXPIRED;
    /* Without its shape nothing says which certificate is the PCK's. */
    j->has_chain = fault.fault != KC_CHAIN_SHAPE && j->certificate[0].key_is_p256;
    if (j->has_chain) {
        read_platform(j);
        note_platform(j);
    }
    return true;
}

void kc_judge_remember_chain(struct kc_judge *j)
{
    if (j->input->store == NULL || j->known != NULL || j->given_pck_chain.ptr != NULL ||
        j->quote.cert_data_type != KC_QUOTE_CERT_DATA_PCK_CHAIN)
        return;
    if (kc_verdict_holds_before(j->verdict, KC_STAGE_BINDING))
        kc_trust_remember_chain(j->input->store, j->quote.cert_data, j->chain, &j->extension);
}

void kc_judge_chain(struct kc_judge *j)
{
    if (judge_known(j) || judge_new(j))
        kc_verdict_made(j->verdict, KC_STAGE_CHAIN);
}
