#!/bin/bash
# keyclave inspect, as a user runs it: what it shows, how it ends. $1 is the program.
set -euo pipefail
keyclave=$1
source=$(cd "$(dirname "$0")/.." && pwd)
seed=$source/tests/vectors/seed/quote.json
corpus=$source/fuzz/corpus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "inspect_cli: $*" >&2
    exit 1
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    "$keyclave" inspect "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "inspect $*: exit status $got, not $status"
    if [ "$status" != 0 ] && [ ! -s "$work/err" ]; then
        fail "inspect $*: failed without a word"
    fi
}

# shows TEXT...: each stands in the output
shows() {
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$work/out" || fail "'$text' is not shown"
    done
}

want 0 --help
shows 'usage: keyclave inspect'
want 64
want 64 "$seed" more
want 64 --unknown "$seed"
want 3 "$work/nowhere"

want 0 "$seed"
shows 'wrapping: quote-json' \
    'af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83' \
    'DEBUG is set: WHAT THIS ENCLAVE HOLDS IS OPEN TO ITS HOST' \
    'DEBUG: no' \
    'vendor of the Quoting Enclave: Intel)' \
    'fmspc: 00606a000000' 'pce_id: 0000' \
    'not_after: 2030-05-10T20:26:09Z' \
    'tcb_components: 11 11 3 3 255 255 1 0' \
    'subject: Intel SGX Root CA' \
    '| -----BEGIN PUBLIC KEY-----' \
    'Nothing here was judged'
want 0 - <"$seed"
shows 'wrapping: quote-json'

want 0 --json "$seed"
shows '"stated": {' '"qe_report": {' '"means": "the signer'"'"'s product number"' \
    '"text": "-----BEGIN PUBLIC KEY-----\n'
if grep -q 'Nothing here was judged' "$work/out"; then
    fail 'text stands in the JSON'
fi

for file in "$corpus"/evidence/*; do
    want 0 "$file"
    want 0 --json "$file"
done
want 0 "$corpus/evidence/dice_der"
shows 'wrapping: dice' 'extension: 2.23.133.5.4.9' "pubkey-hash:" 'SHA-256 of the certificate'
want 0 "$corpus/evidence/legacy"
shows 'oe_format: LEGACY_REPORT_REMOTE' 'c8303454d9234c2ca691df7def460a76'

# Names and values from the input cannot send escape sequences to the terminal.
want 0 "$corpus/evidence/hostile_names"
shows '\x1b[2Jname: ' '| Attestation KMS example'
if LC_ALL=C grep -q $'[\001-\011\013-\037\177-\377]' "$work/out"; then
    fail 'control characters reach the terminal'
fi

# A chain that is broken is shown up to there.
sed 's/2D2D2D2D2D424547494E204345525449464943415445/2D2D2D2D2D424547494E204345525449464943415446/2' \
    "$seed" >"$work/broken"
want 0 "$work/broken"
shows 'subject: Intel SGX PCK Certificate' 'certificate 2' 'unreadable: PEM'

# Malformed: what there is, then the reason.
head -c 600 "$corpus/sgx_quote/seed" >"$work/cut"
want 2 "$work/cut"
shows 'wrapping: quote'
grep -q 'ends before the signature data' "$work/err" || fail 'the reason is not given'
want 2 "$source/LICENSE"
printf '\4\0\2\0\x81\0\0\0%040d' 0 >"$work/tdx"
want 2 "$work/tdx" # a TDX quote that ends in its header
grep -q 'quote: ' "$work/err" || fail 'the reason is not given'

# An Open Enclave report of type local.
{
    printf '\1\0\0\0\1\0\0\0\xb0\1\0\0\0\0\0\0'
    head -c 432 /dev/zero
} >"$work/local"
want 0 "$work/local"
shows 'local_report' 'mac: 0000'
