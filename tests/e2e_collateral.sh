#!/bin/bash
# Collateral over real HTTP, from the simulated PCS, with every fault that it has.
# Usage: tests/e2e_collateral.sh PROGRAM BOUND_QUOTE
set -uo pipefail
program=$(realpath "$1")
bound_quote=$(realpath "$2")
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    [ -z "$server" ] || wait "$server" 2>/dev/null
    server=
}
trap 'stop; rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state
unset KEYCLAVE_PCS KEYCLAVE_KDS KEYCLAVE_CACHE
failed=0

fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" "$work/log" 2>/dev/null | cut -c 1-200 | head -40
    failed=1
}

# serve OPTION...: a fresh simulated PCS at $url; its lines go to $work/log.
serve() {
    stop
    : >"$work/log" # else the line of the server before may be read
    "$program" sim pcs "$@" >"$work/log" 2>"$work/server" &
    server=$!
    url=
    for _ in $(seq 100); do
        url=$(sed -n 's/^ready //p' "$work/log")
        [ -n "$url" ] && return
        sleep 0.05
    done
    fail "sim pcs $*: not ready"
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    "$program" "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "keyclave $*: exit $got, not $status"
}
# requests N [PIECE]: so many lines of the server's log, of this piece.
requests() {
    local n
    n=$(grep -c "^GET .*${2:-}" "$work/log")
    [ "$n" = "$1" ] || fail "$n requests for '${2:-any}', not $1"
}
says() { grep -qF -- "$1" "$work/err" || fail "stderr does not say: $1"; }
has() { grep -qF -- "$1" "$work/out" || fail "no $1"; }

echo held >"$work/held"
"$bound_quote" "$KEYCLAVE_STATE" "$work/held" >"$work/quote" || fail "no simulated quote"
quote=$work/quote
fetch=(collateral fetch "$quote" --trust sim)
verify=(verify --trust sim "$quote")

# 1. All is well: as a bundle, as a folder, through the verifier, and what it says of itself.
serve
want 0 "${fetch[@]}" --pcs "$url" --out "$work/bundle"
requests 4
want 0 "${fetch[@]}" --pcs "$url" --out "$work/folder/" --json
has '"whole": true'
want 0 "${verify[@]}" --collateral "$work/bundle"
want 0 "${verify[@]}" --collateral "$work/folder"
cmp -s "$work/folder/root_ca_crl.der" "$work/bundle" && fail "a list is no bundle"
want 0 collateral show "$work/bundle"
has 'TCB info of SGX, FMSPC 0053494d0000, evaluation 1'
want 0 collateral show "$work/folder" --json
has '"name": "Simulated SGX PCK Platform CA"'
want 0 collateral check "$work/bundle"
want 1 collateral check "$work/bundle" --within 60
has 'ends soon'
want 3 collateral check "$work/bundle" --at "$(date -u -d '+40 days' +%Y-%m-%dT%H:%M:%SZ)"
has 'expired'
want 3 collateral check "$work/bundle" --at 2020-01-01T00:00:00Z
has 'not valid yet'
want 0 collateral check "$work/bundle" --trust sim
want 2 collateral check "$work/bundle" --trust intel
says 'not signed below the trusted root'
cp -r "$work/folder" "$work/forged.d"
sed -i 's/"pcesvn":13/"pcesvn":12/' "$work/forged.d/tcb_info.json"
want 0 collateral check "$work/forged.d"
want 2 collateral check "$work/forged.d" --trust sim
says 'tcb_info: its signature'
rm "$work/folder/pck_crl.der"
want 3 collateral check "$work/folder" --json
has '"state": "missing"'
: >"$work/folder/pck_crl.der"
want 2 collateral check "$work/folder"
want 2 collateral show "$work/folder"
head -c 100 "$work/bundle" >"$work/cut"
want 2 collateral show "$work/cut"
# It says nothing of the evidence.
want 3 "${verify[@]}" --collateral "$work/cut"
want 3 collateral show "$work/nothing"
want 0 "${verify[@]}" --pcs "$url" --cache "$work/cache"
KEYCLAVE_PCS=$url KEYCLAVE_CACHE=$work/cache want 0 "${verify[@]}"
requests 12

# 2. What passes is tried again, and counted; Retry-After is waited for.
for fault in 429:1 500:2 truncated:1; do
    serve --fault "$fault@tcb"
    begun=$(date +%s%N)
    want 0 "${fetch[@]}" --pcs "$url" --out "$work/b"
    taken=$((($(date +%s%N) - begun) / 1000000))
    n=${fault#*:}
    requests $((n + 1)) /tcb
    requests $((n + 4))
    [ "$fault" != 429:1 ] || [ $taken -ge 1000 ] || fail "429: it did not wait, $taken ms"
done
serve --fault 500@identity
want 3 "${fetch[@]}" --pcs "$url" --out "$work/none"
requests 4 /identity
says 'QE identity was not fetched'
says 'it answers 500'
[ ! -e "$work/none" ] || fail "half a bundle was written"

# 3. What does not pass is not tried again: exit 3 and the reason, never a verdict of "invalid".
while read -r fault count text; do
    serve --fault "$fault"
    want 3 "${fetch[@]}" --pcs "$url" --out "$work/none"
    says "$text"
    requests "$count" "/${fault#*@}"
    want 3 "${verify[@]}" --pcs "$url" --cache "$work/empty"
    [ ! -e "$work/none" ] || fail "$fault: half a bundle was written"
done <<'ROWS'
404@tcb 1 it answers 404
redirect@identity 1 redirects are not followed
huge@tcb 1 the answer is too large
huge@rootcacrl 1 the answer is too large
wrong-chain@tcb 1 collateral.tcb_chain.
wrong-chain@pckcrl 1 collateral.crl.pck_chain.
no-chain@tcb 1 collateral.tcb_chain.absent
expired@tcb 1 collateral.tcb_info.expired
expired@rootcacrl 1 collateral.crl.root.expired
changed@identity 1 collateral.qe_identity.
changed@pckcrl 1 collateral.crl.pck.
ROWS
serve --fault 404
want 3 "${verify[@]}" --pcs "$url" --cache "$work/empty"
has 'UNJUDGED'

# 4. Lists in every form in which servers send them.
for form in pem hex; do
    serve --fault "$form"
    want 0 "${fetch[@]}" --pcs "$url" --out "$work/$form"
    want 0 "${verify[@]}" --collateral "$work/$form"
done

# 5. Slow and silent servers are given up; then the next one is asked. Nobody at all: exit 3.
serve --fault 500
bad=$url
bad_server=$server
bad_log=$work/bad.log
mv "$work/log" "$bad_log"
server=
serve
want 0 "${fetch[@]}" --pcs http://127.0.0.1:1 --pcs "$bad,$url" --out "$work/second"
want 0 "${verify[@]}" --collateral "$work/second"
kill "$bad_server"
wait "$bad_server" 2>/dev/null
want 3 "${fetch[@]}" --pcs http://127.0.0.1:1 --out "$work/none"
says "Couldn't connect"
# One that never answers costs its time once, however many pieces there are.
serve --fault silent
hung=$url
hung_server=$server
server=
mv "$work/log" "$work/hung.log"
serve
begun=$(date +%s)
want 0 "${fetch[@]}" --pcs "$hung,$url" --out "$work/third"
[ $(($(date +%s) - begun)) -lt 12 ] || fail "a silent server was waited for again and again"
requests 4
kill "$hung_server"
wait "$hung_server" 2>/dev/null
serve --fault slow:1@tcb
begun=$(date +%s)
want 0 "${fetch[@]}" --pcs "$url" --out "$work/slow"
[ $(($(date +%s) - begun)) -lt 20 ] || fail "a slow answer was waited for too long"
requests 2 /tcb

# 6. Another root's evidence: nothing is asked for, and the verdict is on the evidence.
serve
want 3 collateral fetch "$quote" --pcs "$url" --out "$work/none"
says 'not of the trusted root'
want 2 verify --pcs "$url" --cache "$work/empty" "$quote"
requests 0

# 7. The cache: fresh is served without a request; after a day it is refreshed; while the refresh
#    fails, what is valid is served; what is damaged is fetched anew.
want 1 "${fetch[@]}" --pcs "$url" --cache "$quote" --json
grep -q '"cache_trouble": ".*Not a directory' "$work/out" || fail "the cache's trouble is not told"
cache=$work/kept
serve
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
requests 4
[ "$(stat -c %a "$cache")" = 700 ] || fail "the cache's folder is open to others"
file=$(echo "$cache"/*.bundle)
touch -d '25 hours ago' "$file"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
requests 8
touch -d '23 hours ago' "$file"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
requests 8
touch -d '+2 days' "$file"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
requests 12
stop
touch -d '25 hours ago' "$file"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
says 'was not fetched'
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
! grep -q 'was not fetched' "$work/err" || fail "a refresh is tried again at once"
want 3 "${verify[@]}" --pcs "$url" --cache "$cache" \
    --at "$(date -u -d '+40 days' +%Y-%m-%dT%H:%M:%SZ)"
serve
for damage in 'printf x >>"$file"' ': >"$file"' 'head -c 3000 "$file" >"$work/x"; mv "$work/x" "$file"' \
    'printf KCBUNDL1 >"$file"' 'rm "$file"; mkdir "$file"; rmdir "$file"'; do
    before=$(grep -c ^GET "$work/log")
    eval "$damage"
    want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
    requests $((before + 4))
done
# Sound as a bundle, and another root's.
"$bound_quote" "$work/other" "$work/held" >"$work/other.quote"
want 0 sim root --state "$work/other"
serve --state "$work/other"
want 0 collateral fetch "$work/other.quote" --trust sim --state "$work/other" --pcs "$url" \
    --out "$work/forged"
want 2 "${verify[@]}" --collateral "$work/forged"
serve
cp "$work/forged" "$file"
want 0 "${verify[@]}" --pcs "$url" --cache "$cache"
requests 4
# What is judged at another time leaves nothing to those who judge now.
serve --days 60
later=$(date -u -d '+40 days' +%Y-%m-%dT%H:%M:%SZ)
want 0 "${verify[@]}" --pcs "$url" --cache "$work/later" --at "$later"
requests 4
ls "$work/later"/*.bundle >/dev/null 2>&1 && fail "--at wrote into the cache"
serve
# A cache that cannot be written is no obstacle.
echo >"$work/plain"
want 0 "${verify[@]}" --pcs "$url" --cache "$work/plain"

# 8. Eight processes at once: one of them fetches.
serve
pids=()
for i in $(seq 8); do
    "$program" "${verify[@]}" --pcs "$url" --cache "$work/single" >"$work/out.$i" 2>&1 &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of eight at once: exit $?"
done
requests 4
# And when the server fails: eight tries of four are 32 requests for a piece; one process makes 4.
serve --fault 500
pids=()
for i in $(seq 8); do
    "$program" "${verify[@]}" --pcs "$url" --cache "$work/single2" >"$work/out.$i" 2>&1 &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid"
    [ $? = 3 ] || fail "one of eight at a failing server: not exit 3"
done
requests 4 /tcb
requests 16

# 9. What is kept serves without a server; a time of the caller's judges what is fetched.
want 0 "${verify[@]}" --cache "$work/single"
want 3 "${verify[@]}" --cache "$work/nothing"
says 'no server is named'
touch -d '25 hours ago' "$work"/single/*.bundle
want 0 "${verify[@]}" --cache "$work/single"
says 'still valid'
serve --days 60
later=$(date -u -d '+40 days' +%Y-%m-%dT%H:%M:%SZ)
want 0 "${fetch[@]}" --pcs "$url" --at "$later" --out "$work/later.bundle"
want 64 "${fetch[@]}" --pcs "$url" --at "$later" --cache "$work/later"
says 'name --out'
want 3 "${fetch[@]}" --pcs "$url" --at 2020-01-01T00:00:00Z --out "$work/never.bundle"
says 'not_yet'

# 10. A trust domain's quote: its own TCB info and identity, the same lists.
serve
"$program" sim td-quote --report-data 0102 >"$work/td" || fail "no simulated TDX quote"
want 0 collateral fetch "$work/td" --trust sim --pcs "$url" --out "$work/td.bundle"
requests 2 /tdx/certification/v4/
requests 2 /sgx/certification/v4/
want 0 verify --trust sim --collateral "$work/td.bundle" "$work/td"
want 0 verify --trust sim --pcs "$url" --cache "$work/td.cache" "$work/td"
want 2 "${verify[@]}" --collateral "$work/td.bundle"
want 2 verify --trust sim --collateral "$work/bundle" "$work/td"
"$program" sim collateral "$work/td.d" --tdx --status OutOfDate || fail "no TDX collateral"
want 1 verify --trust sim --collateral "$work/td.d" --json "$work/td"
has '"status": "OutOfDate"'
serve --fault 404@identity
want 3 verify --trust sim --pcs "$url" --cache "$work/td.none" "$work/td"

# 11. Usage.
want 64 collateral
want 64 collateral fetch "$quote"
want 64 collateral fetch "$quote" --out "$work/x" --pcs ftp://x
want 64 collateral show "$work/bundle" --at 2026-01-01T00:00:00Z
want 64 collateral check "$work/bundle" --within -1
want 64 collateral check "$work/bundle" --pcs http://127.0.0.1:1
says '--pcs is no option of'
want 64 collateral fetch "$quote" --out "$work/x" --within 3
want 64 collateral find "$work/bundle"
want 64 verify --pcs 127.0.0.1:1 "$quote"
KEYCLAVE_PCS=nonsense want 64 "${verify[@]}"
want 0 collateral --help
exit $failed
