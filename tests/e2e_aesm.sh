#!/bin/bash
# The enclave's quote over the AESM protocol, with the real programs and a service that fails in
# every way it knows. usage: e2e_aesm.sh KEYCLAVE
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
export KEYCLAVE_STATE=$work/state

fail() {
    echo "e2e_aesm: $*" >&2
    cat "$work/err" >&2
    exit 1
}

serve() {
    rm -f "$work/ready"
    mkfifo "$work/ready"
    "$keyclave" sim aesm --socket "$work/aesm.socket" "$@" >"$work/ready" &
    service=$!
    read -r _ <"$work/ready"
}
stop() {
    kill "$service"
    wait "$service"
    service=
}

# ask STATUS WORDS: what `report` must end with, and say; a quote comes with status 0 alone.
ask() {
    local got=0
    "$keyclave" report --aesm "$work/aesm.socket" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$1" ] || fail "exit status $got, not $1"
    grep -qF -- "$2" "$work/err" || fail "not a word of '$2'"
    if [ "$1" = 0 ]; then
        grep -q QuoteHex "$work/out" || fail "no quote"
    elif [ -s "$work/out" ]; then
        fail "something was printed for a quote"
    fi
}

# 1. All is well, and stays so: one service, several requests.
serve
ask 0 ''
ask 0 ''
stop

# 2. The first quote is refused with 42: begun again, with a new report.
serve --fault not-initialized-once
ask 0 ''
stop

# 3. What cannot be mended is told, with what mends it.
while read -r fault status words; do
    serve --fault "$fault"
    ask "$status" "$words"
    stop
done <<'EOF'
error=42 1 no valid attestation key
error=43 1 no valid attestation key
error=44 1 register the platform at the PCCS
error=4711 1 4711
truncated 1 cut off
huge 1 impossible length
wrong-quote 1 of another enclave
silent 3 did not answer in time
EOF

# 4. The service of another machine: its Quoting Enclave cannot check our report.
serve --state "$work/elsewhere"
ask 1 'the same --state'
stop

# 5. Nobody there, then a dead socket.
ask 3 'keyclave sim aesm'
serve
kill -KILL "$service"
wait "$service" 2>/dev/null || true
service=
[ -S "$work/aesm.socket" ] || fail "the killed service's socket is gone"
ask 3 'nobody listens'

# 6. The next service replaces the dead socket.
serve
ask 0 ''
stop
