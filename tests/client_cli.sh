#!/bin/bash
# keyclave attest, init, key, encrypt and decrypt, the program itself, before a model service.
# Usage: tests/client_cli.sh PROGRAM MODEL_KMS
set -uo pipefail
program=$(realpath "$1")
model=$(realpath "$2")
folder=$(mktemp -d)
model_pid=
# The model ends with its standard input, a pipe that this shell holds open.
stop_model() {
    [ -n "$model_pid" ] || return 0
    exec 9>&-
    wait "$model_pid"
    model_pid=
}
trap 'stop_model; rm -rf "$folder"' EXIT
unset KEYCLAVE_ADDR VAULT_ADDR KEYCLAVE_TOKEN VAULT_TOKEN KEYCLAVE_POLICY KEYCLAVE_TRUST
unset KEYCLAVE_COLLATERAL KEYCLAVE_KMS_ID XDG_STATE_HOME
export HOME=$folder/home KEYCLAVE_STATE=$folder/state
mkdir "$HOME"
failed=0
seen=

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$folder/out" "$folder/err" | head -40
    failed=1
}

# expect STATUS ARGUMENT...: runs `keyclave ARGUMENT...`
expect() {
    local want=$1
    shift
    timeout 20 "$program" "$@" >"$folder/out" 2>"$folder/err" <"${input:-/dev/null}" 9>&-
    local got=$?
    [ $got = "$want" ] || fail "keyclave $*: exit $got, not $want"
}
says() { grep -qF -- "$2" "$folder/$1" || fail "'$2' is not in $1"; }
silent() { [ ! -s "$folder/$1" ] || fail "$1 should be empty"; }
out_is() { [ "$(cat "$folder/out")" = "$1" ] || fail "out is not '$1'"; }

# start new|LIE: a service; sets url and kms_id. What it saw is in $seen once it is stopped.
start() {
    stop_model
    seen=$folder/seen.$((++count))
    rm -f "$folder/in"
    mkfifo "$folder/in"
    "$model" "$KEYCLAVE_STATE" "$1" <"$folder/in" >"$seen" 9>&- &
    model_pid=$!
    exec 9>"$folder/in"
    for _ in $(seq 100); do
        grep -q ready "$seen" && break
        sleep 0.1
    done
    read -r _ port kms_id <"$seen"
    url=https://127.0.0.1:$port
}
count=0
never_saw() {
    stop_model
    ! grep -qaF -- "$1" "$seen" || fail "the service saw '$1'"
}

mrenclave=4b00000000000000000000000000000000000000000000000000000000000000
echo "{\"mrenclave\": \"$mrenclave\", \"tcb\": \"ignore\"}" >"$folder/policy"
echo "{\"mrenclave\": \"${mrenclave/4b/4c}\", \"tcb\": \"ignore\"}" >"$folder/other-policy"
echo '{"tcb": "ignore"}' >"$folder/any"
judged=(--policy "$folder/policy" --trust sim)

# 1 a new service: attested as such, refused by everyone but init, initialised once, pinned
start new
expect 1 attest "$url" "${judged[@]}"
says out 'ratls.kms_id           failed'
says out 'nobody has initialised this service'
expect 64 init "$url" --trust sim
says err '--policy'
expect 1 init "$url" --policy "$folder/other-policy" --trust sim
says err policy.mrenclave
expect 64 init "$url" --policy "$folder/any" --trust sim
says err 'neither mrenclave nor mrsigner'
expect 64 init "$url" "${judged[@]}" --seal everyone
expect 64 init "$url" "${judged[@]}" --kms-id "$kms_id"
: >"$folder/old-token"
expect 64 init "$url" "${judged[@]}" --token-out "$folder/old-token"
says err 'name a new file'
[ ! -e "$KEYCLAVE_STATE/services" ] || fail 'something was pinned'
expect 0 init "$url" "${judged[@]}" --token-out "$folder/token" --ca-out "$folder/ca.pem"
silent out
says err "$kms_id"
[ "$(cat "$folder/token")" = kct.model-token ] || fail 'the token was not written'
[ "$(stat -c %a "$folder/token")" = 600 ] || fail 'the token can be read by others'
openssl x509 -in "$folder/ca.pem" -noout -subject | grep -q "Keyclave service ${kms_id:0:16}" ||
    fail 'no certificate of the service'
grep -qx "127.0.0.1:$port $kms_id $mrenclave [0-9a-f]* ignore no-debug" \
    "$KEYCLAVE_STATE/services" || fail 'the service is not pinned'
expect 1 init "$url" "${judged[@]}" --token-out "$folder/token2"
says err 'somebody else may have'
[ ! -e "$folder/token2" ] || fail 'an empty token was left'

# 2 pinned: no policy, root or kms-id has to be named any more
expect 0 attest "$url"
says out "$kms_id"
says out "issued by the service identity"
expect 0 attest "$url" --json --ca-out "$folder/ca2.pem"
says out "\"mrenclave\": \"$mrenclave\""
cmp -s "$folder/ca.pem" "$folder/ca2.pem" || fail 'two certificates of one service'
expect 1 attest "$url" --kms-id "${kms_id//[0-9]/a}"
expect 1 attest "$url" --policy "$folder/other-policy"
expect 0 attest "$url" --policy "$folder/any"
KEYCLAVE_TOKEN=kct.model-token expect 64 key list --addr "$url" --policy "$folder/any"
says err 'neither mrenclave nor mrsigner'

# 3 keys, ciphertext and plaintext; the token from a file, a variable and the state folder
export KEYCLAVE_ADDR=$url
printf 'the secret\nof two lines' >"$folder/plain"
expect 64 key list
says err 'no token'
expect 0 key list --token-file "$folder/token"
silent out
expect 0 key list --token-file "$folder/token" --json
says out '"keys": []'
KEYCLAVE_TOKEN=kct.wrong expect 1 key create k
says err 'permission denied'
VAULT_TOKEN=kct.model-token expect 0 key create k
says out aes256-gcm96
cp "$folder/token" "$KEYCLAVE_STATE/token"
expect 0 key list
out_is k
expect 0 key show k
says out 'latest_version             1'
expect 0 key show k --json
expect 1 key show none
says err 'status 404'
expect 0 encrypt k "$folder/plain"
out_is "vault:v1:$(base64 -w0 "$folder/plain")"
cp "$folder/out" "$folder/ciphertext"
expect 0 decrypt k "$folder/ciphertext"
cmp -s "$folder/out" "$folder/plain" || fail 'another plaintext came back'
input=$folder/plain expect 0 encrypt k --json
says out '"ciphertext": "vault:v1:'
input=$folder/ciphertext expect 0 decrypt k --json
says out "\"plaintext\": \"$(base64 -w0 "$folder/plain")\""
expect 0 encrypt k /dev/null
cp "$folder/out" "$folder/empty"
expect 0 decrypt k "$folder/empty"
silent out
mv "$KEYCLAVE_STATE/token" "$HOME/.vault-token"
expect 0 key list
head -c 786369 /dev/zero >"$folder/long"
expect 3 encrypt k "$folder/long"

# 4 usage
expect 64 key
expect 64 key create
expect 64 key create a/b
expect 64 key create ..
expect 64 key create k --type 'x"y'
expect 64 key list --type aes256-gcm96
expect 64 key drop k
expect 64 encrypt
expect 64 encrypt k a b
expect 64 decrypt k "$folder/plain"
says err 'vault:v'
expect 64 key list --addr http://127.0.0.1:1
expect 64 key list --timeout 0
expect 64 key list --json --kms-id 12
expect 64 attest
expect 64 attest "$url" --trust amd
expect 64 attest "$url" --policy "$folder/policy" --policy "$folder/policy"
for command in attest init key encrypt decrypt; do
    expect 0 $command --help
    says out 'exit status'
done

# 5 a host that restarts with other code, another root or another identity gets nothing
grep "^127" "$KEYCLAVE_STATE/services" >"$folder/pinned"
# The binder of another connection, another service, a quote of other claims: enum model_lie.
for lie in 8 13 15; do
    start $lie
    sed "s/^[^ ]* /127.0.0.1:$port /" "$folder/pinned" >"$KEYCLAVE_STATE/services"
    timeout 20 "$program" encrypt k "$folder/plain" --addr "$url" >"$folder/out" 2>"$folder/err" 9>&-
    got=$?
    [ $got = 1 ] || [ $got = 2 ] || fail "lie $lie: exit $got"
    silent out
    says err 'nothing was sent'
    never_saw kct.model-token
    grep -qaF "$(base64 -w0 "$folder/plain" | head -c 20)" "$seen" && fail "lie $lie got plaintext"
done

# 6 not pinned: nothing is used, first contact is only shown
start 0
export KEYCLAVE_ADDR=$url
expect 64 key list
says err '--policy'
KEYCLAVE_POLICY=$folder/policy KEYCLAVE_TRUST=sim expect 64 key list
says err '--kms-id'
KEYCLAVE_POLICY=$folder/policy KEYCLAVE_TRUST=sim KEYCLAVE_KMS_ID=$kms_id expect 0 key list
expect 0 attest "$url" "${judged[@]}"
says err 'not pinned'
expect 64 attest "$url" --policy "$folder/any" --trust sim --pin
says err 'mrenclave or mrsigner'
expect 2 attest "$url" --policy "$folder/policy" --pin
says out chain.root
expect 64 key list
expect 0 attest "$url" "${judged[@]}" --pin
expect 0 key list
[ "$(grep -c . "$KEYCLAVE_STATE/services")" = 2 ] || fail 'the other pin is gone'
# The TCB is judged where the policy asks for it, with the simulated collateral.
echo "{\"mrenclave\": \"$mrenclave\"}" >"$folder/strict"
expect 3 attest "$url" --policy "$folder/strict"
says out policy.tcb
expect 0 sim collateral "$folder/collateral"
expect 0 attest "$url" --policy "$folder/strict" --collateral "$folder/collateral" --pin
expect 3 key list
KEYCLAVE_COLLATERAL=$folder/collateral expect 0 key list
# Or fetched, once, from a (simulated) PCS that may then go away.
"$program" sim pcs >"$folder/pcs" 2>/dev/null 9>&- &
pcs=$!
for _ in $(seq 100); do
    grep -q '^ready ' "$folder/pcs" && break
    sleep 0.05
done
pcs_url=$(sed -n 's/^ready //p' "$folder/pcs")
expect 0 attest "$url" --policy "$folder/strict" --pcs "$pcs_url"
[ "$(grep -c ^GET "$folder/pcs")" = 4 ] || fail 'not four requests to the PCS'
KEYCLAVE_PCS=$pcs_url expect 0 key list
[ "$(grep -c ^GET "$folder/pcs")" = 4 ] || fail 'collateral is fetched twice'
kill "$pcs"
wait "$pcs" 2>/dev/null
KEYCLAVE_PCS=$pcs_url expect 0 key list
rm -r "$KEYCLAVE_STATE/collateral"
KEYCLAVE_PCS=$pcs_url expect 3 key list
says err 'was not fetched'
expect 64 attest "$url" --policy "$folder/strict" --pcs 127.0.0.1:1

# 7 a damaged file of pins is refused, not passed over
echo 'more' >>"$KEYCLAVE_STATE/services"
expect 2 key list
says err 'line 3'
expect 2 attest "$url" "${judged[@]}" --pin
sed -i 3d "$KEYCLAVE_STATE/services"
chmod o+w "$KEYCLAVE_STATE/services"
expect 2 key list
says err 'chmod go-w'
chmod o-w "$KEYCLAVE_STATE/services"
chmod g+w "$KEYCLAVE_STATE"
expect 2 key list
chmod g-w "$KEYCLAVE_STATE"
stop_model
expect 3 key list
says err 'cannot connect'
expect 3 attest "$url"
says out 'not made'

# 8 a token that exists nowhere else is not lost, whatever the rest of its answer is
for form in "" --json; do
    start new
    expect 2 init "$url" "${judged[@]}" --seal mrsigner $form
    out_is kct.model-token
done
exit $failed
