#!/bin/bash
# The client against the real service: attested, initialised once, used, restarted, diverted.
# Usage: tests/e2e_client.sh PROGRAM (its image beside it)
set -uo pipefail
program=$(realpath "$1")
folder=$(mktemp -d)
server=
stop_server() {
    [ -n "$server" ] || return 0
    kill "${1:--TERM}" "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}
trap 'stop_server -KILL; rm -rf "$folder"' EXIT
unset KEYCLAVE_ADDR VAULT_ADDR KEYCLAVE_TOKEN VAULT_TOKEN KEYCLAVE_POLICY KEYCLAVE_TRUST
unset KEYCLAVE_COLLATERAL KEYCLAVE_KMS_ID XDG_STATE_HOME KEYCLAVE_STATE
export HOME=$folder
failed=0

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$folder/out" "$folder/err" "$folder/log" 2>/dev/null | tail -40
    failed=1
}
# expect STATUS ARGUMENT...: runs `keyclave ARGUMENT...` with the client's own state folder
expect() {
    local want=$1
    shift
    KEYCLAVE_STATE=$folder/client timeout 60 "$program" "$@" >"$folder/out" 2>"$folder/err" </dev/null
    local got=$?
    [ $got = "$want" ] || fail "keyclave $*: exit $got, not $want"
}
says() { grep -qF -- "$2" "$folder/$1" || fail "'$2' is not in $1"; }

# serve STATE-FOLDER PORT: a service; sets url and mrenclave
serve() {
    : >"$folder/ready" # the line of the last one is not this one's
    "$program" serve --platform sim --state "$1" --listen "127.0.0.1:$2" \
        --listen-ratls 127.0.0.1:0 >"$folder/ready" 2>"$folder/log" </dev/null &
    server=$!
    for _ in $(seq 300); do
        grep -q ^ready "$folder/ready" && break
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    url=$(sed -n 's/^ready \(https:[^ ]*\) .*/\1/p' "$folder/ready")
    ratls=$(sed -n 's/.* ratls=\(https:[^ ]*\).*/\1/p' "$folder/ready")
    mrenclave=$(sed -n 's/.* mrenclave=\([0-9a-f]*\).*/\1/p' "$folder/ready")
    [ -n "$url" ] || { fail 'the service did not start'; exit 1; }
}

# 1 a new service, judged with the machine's own collateral
serve "$folder/kms" 0
port=${url##*:}
"$program" sim root --state "$folder/kms" >"$folder/root.pem"
"$program" sim collateral "$folder/collateral" --state "$folder/kms"
echo "{\"mrenclave\": \"$mrenclave\"}" >"$folder/policy"
export KEYCLAVE_COLLATERAL=$folder/collateral
judged=(--policy "$folder/policy" --trust "$folder/root.pem")
expect 1 attest "$url" "${judged[@]}"
says out 'nobody has initialised this service'
expect 2 attest "$url" --policy "$folder/policy"
says out chain.root
echo "{\"mrenclave\": \"${mrenclave//[0-9]/a}\"}" >"$folder/other"
expect 1 init "$url" --policy "$folder/other" --trust "$folder/root.pem"
says err policy.mrenclave

# 2 initialised once; what the service refuses it says itself
expect 1 init "$url" "${judged[@]}" --seal mrsigner --token-out "$folder/token"
says err 'does not name its signer'
[ ! -e "$folder/token" ] || fail 'an empty token was left'
expect 0 init "$url" "${judged[@]}" --token-out "$folder/token" --ca-out "$folder/ca.pem"
expect 1 init "$url" "${judged[@]}"
says err 'somebody else may have'
export KEYCLAVE_ADDR=$url
cp "$folder/token" "$folder/client/token"

# 3 used, without a word about policy, root or identity
printf 'a letter\nto be kept' >"$folder/plain"
expect 0 attest "$url"
says out 'ratls.tls_binder       holds'
expect 0 key list
expect 0 key create orders
says out aes256-gcm96
expect 0 key list
says out orders
expect 0 key show orders
expect 0 encrypt orders "$folder/plain"
cp "$folder/out" "$folder/ciphertext"
expect 0 decrypt orders "$folder/ciphertext"
cmp -s "$folder/out" "$folder/plain" || fail 'another plaintext came back'
expect 1 key show none

# any request of the API; the routes of the mission document
expect 0 request POST /generate-aes-key
says out '"encoding":"base64"'
expect 0 request POST /generate-rsa-key-pair
says out 'BEGIN PUBLIC KEY'
printf '{"plaintext": "aGVsbG8="}' >"$folder/body"
expect 0 request POST /v1/transit/encrypt/orders "$folder/body"
says out vault:v1:
expect 1 request --no-token POST /generate-aes-key
says err 'missing client token'
expect 1 request GET /v1/transit/keys/none
expect 64 request GET v1/sys/health
expect 64 request GET
expect 3 request POST /generate-aes-key "$folder/none"
KEYCLAVE_TOKEN=kct.wrong expect 1 key list
sed 's/....$/AAAA/' "$folder/ciphertext" >"$folder/changed"
expect 1 decrypt orders "$folder/changed"
head -c 700000 /dev/urandom >"$folder/large"
expect 0 encrypt orders "$folder/large"
cp "$folder/out" "$folder/large.vault"
expect 0 decrypt orders "$folder/large.vault"
cmp -s "$folder/out" "$folder/large" || fail 'another large plaintext came back'

# 4 the leaf is issued by the identity now: the certificate that init gave verifies it for others
for _ in $(seq 50); do
    openssl s_client -connect "127.0.0.1:$port" -CAfile "$folder/ca.pem" -verify_return_error \
        -tls1_3 </dev/null >"$folder/out" 2>&1 && break
    sleep 0.2
done
says out 'Verify return code: 0 (ok)'
expect 0 attest "$url" --ca-out "$folder/ca2.pem"
cmp -s "$folder/ca.pem" "$folder/ca2.pem" || fail 'attest shows another certificate than init'

# the other listener shows a leaf that signs itself; it is the same service
kms_id=$(cut -d' ' -f2 "$folder/client/services")
expect 0 attest "$ratls" "${judged[@]}" --kms-id "$kms_id"
says out 'issued by itself'
expect 1 attest "$ratls" "${judged[@]}" --kms-id "$kms_id" --ca-out "$folder/ca3.pem"
says err 'shows no certificate'

# 5 killed and started anew: the same service, attested again
stop_server -KILL
expect 3 key list
serve "$folder/kms" "$port"
expect 0 decrypt orders "$folder/ciphertext"
cmp -s "$folder/out" "$folder/plain" || fail 'another plaintext came back after the restart'
stop_server

# 6 another service of the same code on the same machine, at the same address: nothing is sent
mkdir -m 700 "$folder/twin"
cp -r "$folder/kms/simulation" "$folder/twin/"
serve "$folder/twin" "$port"
expect 1 decrypt orders "$folder/ciphertext"
says err ratls.kms_id
says err 'nothing was sent'
stop_server
# 7 another machine
serve "$folder/stranger" "$port"
expect 2 decrypt orders "$folder/ciphertext"
says err chain.root
stop_server
exit $failed
