#!/bin/bash
# keyclave verify and encrypt-to, the program itself, on the mission document's quote.
# Usage: tests/cli_verify.sh PROGRAM
set -uo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
seed=tests/vectors/seed/quote.json
at=2025-08-15T05:45:00Z
mrenclave=af3438654b544d7e94b6b538eaf58528a2136f6a107b95b4c442b0afc9c98d83
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset KEYCLAVE_STATE
export HOME=$folder/home XDG_STATE_HOME=
failed=0

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$folder/out" "$folder/err" | head -40
    failed=1
}

# expect STATUS ARGUMENT...: runs `keyclave ARGUMENT...`
expect() {
    local want=$1
    shift
    "$program" "$@" >"$folder/out" 2>"$folder/err" <"${input:-/dev/null}"
    local got=$?
    [ $got = "$want" ] || fail "keyclave $*: exit $got, not $want"
}

# says FILE TEXT: the last run's out or err has the text
says() { grep -qF -- "$2" "$folder/$1" || fail "'$2' is not in $1"; }
silent() { [ ! -s "$folder/$1" ] || fail "$1 should be empty"; }
checks() { sed -n 's/^ *"check": "\(.*\)",$/\1/p' "$folder/out" | paste -sd' '; }
checks_are() { [ "$(checks)" = "$1" ] || fail "checks are '$(checks)', not '$1'"; }
json() { sed -n "s/^ *\"$1\": \(.*[^,]\),*$/\1/p" "$folder/out" | head -1; }
json_is() { [ "$(json "$1")" = "$2" ] || fail "$1 is $(json "$1"), not $2"; }

echo '{"allow_debug": true, "tcb": "ignore"}' >"$folder/lenient"
echo "{\"mrenclave\": \"$mrenclave\", \"allow_debug\": true, \"tcb\": \"ignore\"}" >"$folder/exact"
echo "{\"mrenclave\": \"${mrenclave/a/b}\", \"allow_debug\": true, \"tcb\": \"ignore\"}" \
    >"$folder/other"
unhex() { perl -ne 's/[^0-9A-Fa-f]//g; print pack("H*", $_)'; }
sed -n 's/.*"QuoteHex": "\(.*\)",/\1/p' $seed >"$folder/report.hex"
unhex <"$folder/report.hex" >"$folder/report"
tail -c +17 "$folder/report" >"$folder/quote"
base64 -w0 "$folder/quote" >"$folder/quote.b64"
sed -n 's/.*"EnclaveHeldDataHex": "\(.*\)".*/\1/p' $seed | unhex >"$folder/held"

# 1 the default policy refuses a debug enclave and says that the TCB was not judged
expect 1 verify --at $at --json $seed
silent err
checks_are "policy.debug policy.tcb"
json_is verdict '"refused"'
json_is format '"sgx-quote-v3"'
json_is wrapping '"quote-json"'
json_is tee '"sgx"'
json_is mrenclave "\"$mrenclave\""
json_is isv_prod_id 1
json_is debug true
json_is attributes '"07000000000000000700000000000000"'
json_is tcb null
expect 1 verify --at $at $seed
says out 'REFUSED'
says out 'Intel SGX Root CA'
says out 'policy.debug'
says out 'not judged'

# 2 a policy that allows both accepts
expect 0 verify --at $at --policy "$folder/lenient" --json $seed
checks_are ""
json_is verdict '"accepted"'
expect 0 verify --at $at --policy "$folder/exact" $seed
says out 'ACCEPTED'
expect 1 verify --at $at --policy "$folder/other" --json $seed
checks_are "policy.mrenclave"

# 3 every form of the same evidence, from a file and from standard input
for form in report.hex report quote quote.b64; do
    expect 0 verify --at $at --policy "$folder/lenient" --held-data "$folder/held" "$folder/$form"
    input=$folder/$form expect 0 verify --at $at --policy "$folder/lenient" -
done
expect 0 verify --policy "$folder/lenient" --at $at --json "$folder/report.hex"
json_is wrapping '"oe-report"'
cat "$folder/quote" "$folder/held" >"$folder/claims"
expect 0 verify --at $at --policy "$folder/lenient" --json "$folder/claims"
json_is trailing_bytes 0
(cat "$folder/quote" && echo more) >"$folder/trailing"
expect 0 verify --at $at --policy "$folder/lenient" --json "$folder/trailing"
json_is trailing_bytes 5

# 4 what is not genuine is invalid, and claims nothing
expect 2 verify --at 2060-01-01T00:00:00Z --json $seed
checks_are chain.expired
json_is claims null
says out '--at judges at another time'
expect 2 verify --at 2018-01-01T00:00:00Z --json $seed
checks_are chain.not_yet
head -c 511 "$folder/held" >"$folder/short"
expect 2 verify --at $at --policy "$folder/lenient" --held-data "$folder/short" --json $seed
checks_are binding.held_data
sed 's/"SecurityVersion": 1/"SecurityVersion": 2/' $seed >"$folder/stated"
expect 2 verify --at $at --policy "$folder/lenient" --json "$folder/stated"
checks_are stated.security_version
json_is claims null
head -c 4000 "$folder/quote" >"$folder/cut"
expect 2 verify --at $at --policy "$folder/lenient" --json "$folder/cut"
json_is claims null
expect 2 verify --at $at --json /dev/null
checks_are evidence.shape
json_is wrapping null

# 5 another root: Intel's certificate by file is Intel's, another certificate is not
openssl ecparam -name prime256v1 -genkey -noout -out "$folder/key.pem" 2>/dev/null
openssl req -x509 -new -key "$folder/key.pem" -subj "/CN=Intel SGX Root CA" -days 9 \
    -out "$folder/root.pem" 2>/dev/null
expect 2 verify --at $at --policy "$folder/lenient" --trust "$folder/root.pem" --json $seed
checks_are chain.root
perl -0ne '@c = /-----BEGIN CERT.*?-----END CERTIFICATE-----\n/gs; print $c[-1]' \
    "$folder/quote" >"$folder/intel.pem"
expect 0 verify --at $at --policy "$folder/lenient" --trust "$folder/intel.pem" $seed
expect 64 verify --trust "$folder/key.pem" $seed
expect 3 verify --trust "$folder/nothing" $seed

# 6 the simulated root is there only when a machine is: none is made by judging
expect 3 verify --at $at --trust sim --state "$folder/state" $seed
says err 'keyclave report'
[ ! -e "$folder/state" ] || fail 'a state folder was made'

# 6b a critical evidence extension is read and reported
critical=../shared/vectors/ratls/crit_ext.der
if [ -f $critical ]; then
    expect 2 verify --at $at $critical
    says out 'marks its evidence as critical'
fi

# 7 usage, files and policies
expect 64 verify
expect 64 verify a b
expect 64 verify --no-such-option $seed
expect 64 verify --at yesterday $seed
expect 64 verify --at $at --at $at $seed
expect 3 verify "$folder/nothing"
expect 3 verify --policy "$folder/nothing" $seed
expect 3 verify --held-data "$folder/nothing" $seed
expect 0 verify --help
for policy in '{}' '{"mrenclav": "00"}' '{"tcb": ["Revoked"]}' 'x' '{"tcb": 1, "tcb": 2}'; do
    echo "$policy" >"$folder/bad"
    expect 64 verify --policy "$folder/bad" $seed
    silent out
done
echo '{"mrenclav": "00"}' >"$folder/bad"
expect 64 verify --policy "$folder/bad" $seed
says err mrenclav

# 8 encrypt-to: only to accepted evidence, only to the key that it binds
printf 'the secret' >"$folder/secret"
input=$folder/secret expect 0 encrypt-to --at $at --policy "$folder/exact" $seed
[ "$(wc -c <"$folder/out")" = 256 ] || fail 'the ciphertext is not 256 bytes'
cp "$folder/out" "$folder/first"
expect 0 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" $seed
cmp -s "$folder/out" "$folder/first" && fail 'two ciphertexts are the same'
expect 0 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" --base64 \
    --held-data "$folder/held" --out "$folder/text" "$folder/quote"
[ "$(base64 -d <"$folder/text" | wc -c)" = 256 ] || fail 'no base64 of 256 bytes'
expect 1 encrypt-to --at $at --policy "$folder/other" --in "$folder/secret" --out "$folder/no" $seed
says err policy.mrenclave
expect 2 encrypt-to --policy "$folder/exact" --at 2060-01-01T00:00:00Z --in "$folder/secret" \
    --out "$folder/no" $seed
expect 2 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" --out "$folder/no" \
    --held-data "$folder/short" "$folder/quote"
expect 1 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" --out "$folder/no" \
    "$folder/quote"
says err 'binds no key'
expect 64 encrypt-to --at $at --in "$folder/secret" --out "$folder/no" $seed
says err '--policy'
expect 64 encrypt-to --at $at --policy "$folder/exact" -
head -c 191 /dev/zero >"$folder/long"
expect 3 encrypt-to --at $at --policy "$folder/exact" --in "$folder/long" --out "$folder/no" $seed
expect 64 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" --out "$folder/no" \
    --in "$folder/held" $seed
says err 'twice'
expect 0 encrypt-to --help
[ ! -e "$folder/no" ] || fail 'something was written for evidence that was not accepted'

# 9 standard input is one thing: its second reader would find it empty, and encrypt nothing
input=$folder/exact expect 64 encrypt-to --at $at --policy - $seed
silent out
says err 'standard input'
input=$folder/held expect 64 encrypt-to --at $at --policy "$folder/exact" --held-data - \
    "$folder/quote"
input=$folder/exact expect 64 verify --at $at --policy - -
says err 'standard input'
input=$folder/exact expect 0 verify --at $at --policy - $seed

# 10 a verdict that cannot be written leaves its exit status, but for the good one
full() {
    local want=$1
    shift
    "$program" "$@" >/dev/full 2>"$folder/err"
    local got=$?
    : >"$folder/out"
    [ $got = "$want" ] || fail "keyclave $* to a full device: exit $got, not $want"
    says err 'standard output'
}
full 3 verify --at $at --policy "$folder/lenient" $seed
full 3 verify --at $at --policy "$folder/lenient" --json $seed
full 1 verify --at $at $seed
full 2 verify --at $at --policy "$folder/lenient" "$folder/cut"
full 2 inspect "$folder/cut"
full 3 encrypt-to --at $at --policy "$folder/exact" --in "$folder/secret" $seed

# 11 only a root is a root: of the quote's own certificates the third alone
tr -d '\0' <"$folder/quote" | sed -n '/BEGIN CERT/,/END CERT/p' | sed 's/.*-----BEGIN/-----BEGIN/' |
    csplit -s -z -f "$folder/certificate-" - '/BEGIN/' '{*}'
expect 64 verify --at $at --trust "$folder/certificate-00" $seed
expect 64 verify --at $at --trust "$folder/certificate-01" $seed
says err 'no root'
expect 0 verify --at $at --policy "$folder/lenient" --trust "$folder/certificate-02" $seed

# 12 a policy that names nobody is said to accept anybody
expect 0 verify --at $at --policy "$folder/lenient" $seed
says out 'neither mrenclave nor mrsigner'
expect 0 verify --at $at --policy "$folder/exact" $seed
grep -q 'neither mrenclave' "$folder/out" && fail 'the policy names an enclave'
exit $failed
