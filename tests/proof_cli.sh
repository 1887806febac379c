#!/bin/bash
# keyclave report, evidence and doctor, as a user runs them. $1 is the program.
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state
export TMPDIR=$work

fail() {
    echo "proof_cli: $*" >&2
    cat "$work/err" >&2
    exit 1
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    "$keyclave" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "keyclave $*: exit status $got, not $status"
    if [ "$status" != 0 ] && [ "$1" != doctor ] && [ ! -s "$work/err" ]; then
        fail "keyclave $*: failed without a word"
    fi
}

# says TEXT: the last command said so on stderr
says() { grep -q -- "$1" "$work/err" || fail "no word of '$1'"; }

# bytes FILE FROM COUNT, as hexadecimal
bytes() { tail -c +$(($2 + 1)) "$1" | head -c "$3" | od -An -v -tx1 | tr -d ' \n'; }

serve() {
    [ -z "$service" ] || { kill "$service" && wait "$service" || true; }
    "$keyclave" sim aesm --socket "$work/aesm" "$@" >"$work/ready" &
    service=$!
    for _ in $(seq 100); do
        [ -s "$work/ready" ] && return
        sleep 0.05
    done
    fail "keyclave sim aesm does not get ready"
}

for command in report evidence doctor; do
    want 0 "$command" --help
    grep -q 'exit status' "$work/out" || fail "$command --help does not tell the exit statuses"
    want 64 "$command" --no-such-option
    want 64 "$command" argument
done

# Report: the JSON, the bare quote inside it, the key that it binds.
want 0 report --raw "$work/quote" --key-out "$work/key.pem" --verbose
says 'proves nothing about hardware'
says 'RSA key'
quote=$(bytes "$work/quote" 0 100000)
grep -qi "\"QuoteHex\": \"[0-9a-f]\{32\}$quote\"" "$work/out" || fail "--raw is not the printed quote"
grep -q '"Attributes": 2,' "$work/out" || fail "Attributes are not 2, a remote report without debug"
{ cat "$work/key.pem"; head -c 512 /dev/zero; } | head -c 512 >"$work/held"
[ "$(bytes "$work/quote" 368 32)" = "$(sha256sum <"$work/held" | cut -d' ' -f1)" ] ||
    fail "report data is not the hash of the padded key"
[ "$(bytes "$work/quote" 400 32)" = "$(printf '0%.0s' $(seq 64))" ] || fail "32 zero bytes"
openssl pkey -pubin -in "$work/key.pem" -noout -text | grep -q '2048 bit' || fail "not RSA-2048"

# Evidence: header, quote, claims; report data is the claims' hash.
want 0 evidence --out "$work/evidence" --key-out "$work/key.pem"
{ cat "$work/key.pem"; head -c 512 /dev/zero; } | head -c 512 >"$work/held"
[ "$(bytes "$work/evidence" 0 20)" = 03000000a3a21e871b4d4014b70aa125d2fbcd8c ] || fail "header"
size=$(stat -c %s "$work/evidence")
tail -c 126 "$work/evidence" >"$work/claims"
[ "$(bytes "$work/evidence" 400 32)" = "$(sha256sum <"$work/claims" | cut -d' ' -f1)" ] ||
    fail "report data is not the hash of the claims"
[ "$(bytes "$work/claims" 94 32)" = "$(sha256sum <"$work/held" | cut -d' ' -f1)" ] ||
    fail "the claimed hash is not that of the padded key"
want 0 evidence --trap
[ "$(stat -c %s "$work/out")" = "$size" ] || fail "standard output got other evidence"
want 0 evidence --format 1923d91e-12d2-4c72-b220-25cd8dace871 --out "$work/evidence"
[ "$(stat -c %s "$work/evidence")" = $((size - 126)) ] || fail "RAW_SGX_QUOTE_ECDSA has claims"
want 0 evidence --format legacy_report_remote --out "$work/evidence"
[ "$(bytes "$work/evidence" 32 8)" = 0100000002000000 ] || fail "no report header"
want 1 evidence --format SGX_LOCAL_ATTESTATION
says SGX_LOCAL_ATTESTATION
want 64 evidence --format OTHER
says OTHER

# What is missing is told apart from what failed.
want 3 report --aesm "$work/nobody"
says 'no AESM socket'
want 3 report --image "$work/nothing"
want 1 report --sig /dev/null

# An AESM service of its own, and its faults.
serve
want 0 report --aesm "$work/aesm" --trap
serve --fault not-initialized-once
want 0 report --aesm "$work/aesm" --verbose
says 'begins again'
serve --fault wrong-quote
want 1 report --aesm "$work/aesm"
says 'another enclave'
[ ! -s "$work/out" ] || fail "a wrong quote was printed"
serve --fault error=44
want 1 evidence --aesm "$work/aesm"
says 'AESM error 44'

# Nothing is left behind of the services inside the process.
[ -z "$(find "$work" -maxdepth 1 -name 'keyclave.*')" ] || fail "a temporary folder is left"

# Doctor: its exit status is its verdict.
got=0
"$keyclave" doctor >"$work/out" || got=$?
[ "$got" = 0 ] || [ "$got" = 1 ] || fail "doctor: exit status $got"
grep -q 'experimental' "$work/out" || fail "doctor does not say that hardware mode is experimental"
tail -1 "$work/out" | grep -q 'can start here\|could start here' || fail "doctor: no last line"
serve
"$keyclave" doctor --json --aesm "$work/aesm" >"$work/out" || true
tr -d '\n' <"$work/out" | grep -q '"name": "aesm.answers", *"found": true' ||
    fail "doctor does not find the AESM service"
