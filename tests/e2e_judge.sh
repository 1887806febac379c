#!/bin/bash
# From the enclave to the verdict, with the real programs: what report and evidence print is
# judged, and a secret goes to the key that they bind.
# usage: e2e_judge.sh KEYCLAVE BOUND_QUOTE IMAGE
set -uo pipefail
keyclave=$1
bound_quote=$2
image=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state

fail() {
    echo "e2e_judge: $*" >&2
    cat "$work/out" "$work/err" >&2
    exit 1
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    "$keyclave" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "keyclave $*: exit status $got, not $status"
}
says() { grep -qF -- "$1" "$work/out" "$work/err" || fail "no word of '$1'"; }

mrenclave=$("$keyclave" measure --json "$image" | sed -n '/"mrenclave"/{s/.*: *"\([0-9a-f]*\)".*/\1/p;q}')
[ ${#mrenclave} = 64 ] || fail "measure says no MRENCLAVE"
echo "{\"mrenclave\": \"$mrenclave\", \"tcb\": \"ignore\"}" >"$work/policy"
echo "{\"mrenclave\": \"${mrenclave:32}${mrenclave:0:32}\", \"tcb\": \"ignore\"}" >"$work/other"

# 1 the measured enclave, and no other, under the root that was named, and no other
"$keyclave" report --key-out "$work/key.pem" 2>/dev/null >"$work/quote.json" || fail report
"$keyclave" verify --trust sim --policy "$work/policy" - <"$work/quote.json" >"$work/out" ||
    fail "not accepted"
says "$mrenclave"
says 'simulated root'
want 1 verify --trust sim --policy "$work/other" "$work/quote.json"
says policy.mrenclave
want 2 verify --policy "$work/policy" "$work/quote.json"
says '--trust sim'
want 3 verify --trust sim "$work/quote.json"
says policy.tcb

# 2 another simulated machine is another root
KEYCLAVE_STATE=$work/elsewhere "$keyclave" report >"$work/others.json" 2>/dev/null || fail report
want 2 verify --trust sim --policy "$work/policy" "$work/others.json"
says chain.root
want 0 verify --trust sim --state "$work/elsewhere" --policy "$work/policy" "$work/others.json"

# 3 evidence of every format; its claims or its held data are bound
head -c 512 /dev/zero >"$work/zeros"
for format in SGX_ECDSA LEGACY_REPORT_REMOTE RAW_SGX_QUOTE_ECDSA; do
    "$keyclave" evidence --format $format --out "$work/$format" --key-out "$work/key.pem" \
        2>/dev/null || fail "evidence $format"
    want 0 verify --trust sim --policy "$work/policy" "$work/$format"
    cat "$work/key.pem" "$work/zeros" | head -c 512 >"$work/held"
    status=0
    [ $format != SGX_ECDSA ] || status=2
    want $status verify --trust sim --policy "$work/policy" --held-data "$work/held" "$work/$format"
done
(head -c -1 "$work/SGX_ECDSA" && printf '\377') >"$work/changed"
want 2 verify --trust sim --policy "$work/policy" "$work/changed"
says binding.oe_claims

# 4 a secret for the enclave of evidence that carries its key's hash
"$keyclave" evidence --out "$work/evidence" --key-out "$work/key.pem" 2>/dev/null
openssl genrsa 2048 2>/dev/null >"$work/own.key"
openssl pkey -in "$work/own.key" -pubout >"$work/own.pem"
printf 'the secret' >"$work/secret"
to=(encrypt-to --trust sim --policy "$work/policy" --in "$work/secret" --out "$work/sealed")
want 0 "${to[@]}" --key "$work/key.pem" "$work/evidence"
[ "$(stat -c %s "$work/sealed")" = 256 ] || fail 'not 256 bytes'
rm "$work/sealed"
want 2 "${to[@]}" --key "$work/own.pem" "$work/evidence"
want 64 "${to[@]}" "$work/evidence"
want 64 "${to[@]}" --key "$work/key.pem" "$work/quote.json"
[ ! -e "$work/sealed" ] || fail 'a secret was encrypted for a key that is not bound'

# 5 whoever holds the private key, and nobody else, can read it
cat "$work/own.pem" "$work/zeros" | head -c 512 >"$work/held"
"$bound_quote" "$KEYCLAVE_STATE" "$work/held" >"$work/quote" || fail bound_quote
echo '{"tcb": "ignore"}' >"$work/policy"
want 0 "${to[@]}" --held-data "$work/held" "$work/quote"
says 'any enclave'
openssl pkeyutl -decrypt -inkey "$work/own.key" -in "$work/sealed" -pkeyopt rsa_padding_mode:oaep \
    -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 >"$work/opened" || fail decrypt
cmp -s "$work/opened" "$work/secret" || fail 'not the secret'
