#!/bin/bash
# keyclave serve, as an operator meets it: refusals, configuration, state folder, signals. $1 is
# the program.
set -euo pipefail
keyclave=$1
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPDIR=$work
unset KEYCLAVE_STATE

fail() {
    echo "serve_cli: $*" >&2
    cat "$work/err" >&2
    exit 1
}

# want STATUS ARGUMENT...
want() {
    local status=$1 got=0
    shift
    timeout 60 "$keyclave" serve "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" = "$status" ] || fail "keyclave serve $*: exit status $got, not $status"
}
says() { grep -qF -- "$1" "$work/err" || fail "no word of '$1'"; }

# start ARGUMENT...: until it is ready; the line to $ready
start() {
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    "$keyclave" serve --platform sim --listen 127.0.0.1:0 "$@" >"$work/pipe" 2>"$work/err" &
    server=$!
    read -r -t 60 ready <"$work/pipe" || fail "not ready"
}
# stop SIGNAL STATUS
stop() {
    local got=0
    kill "-$1" "$server"
    wait "$server" || got=$?
    server=
    [ "$got" = "$2" ] || fail "exit status $got after SIG$1, not $2"
}

# 1. Hardware is not there, and nothing takes its place by itself.
want 3 --state "$work/state"
says 'cannot load the enclave on SGX hardware'
[ ! -e "$work/state" ] || fail "a state folder for nothing"

# 2. Wrong options and configurations, by name and line.
want 64 --platform sim --trust-root x
says 'trust-root'
want 64 --platform sim --workers 99
says '--workers: '
want 64 --platform sim extra
want 64 --config "$work/none" --check-config
says 'none'
printf '# mine\nplatform = sim\nlisten = 127.0.0.1:0\nstate = %s\nlog-format = json\n' \
    "$work/state" >"$work/conf"
want 0 --config "$work/conf" --check-config
echo 'colour = red' >>"$work/conf"
want 64 --config "$work/conf" --check-config
says "conf:6: there is no setting 'colour'"
sed -i '/colour/d' "$work/conf"
want 64 --platform sim --state "$work/state" --listen 127.0.0.1:0 --name 'no name'
says 'no name'

# 3. A state folder that others can read is refused, one that is not there is made for us alone.
mkdir -m 755 "$work/open"
want 1 --platform sim --state "$work/open"
says 'chmod 700'
rm -rf "$work/state"
start --config "$work/conf" --log-level debug
[ "$(stat -c %a "$work/state")" = 700 ] || fail "the state folder is not ours alone"
[ "$(stat -c %a "$work/state/records.db")" = 600 ] || fail "the store is not ours alone"
[[ $ready =~ ^ready\ https://127\.0\.0\.1:[0-9]+\ mrenclave=[0-9a-f]{64}\ kms_id=0{64}$ ]] ||
    fail "ready: $ready"
grep -q '^{"time":"[^"]*","level":"warning","what":"simulated platform' "$work/err" ||
    fail "no JSON in the log"

# 4. A second server of the same folder, and of the same port.
port=${ready#*127.0.0.1:}
port=${port%% *}
cp "$work/err" "$work/err.1"
want 1 --platform sim --state "$work/state" --listen 127.0.0.1:0
says 'another server has this store open'
want 1 --platform sim --state "$work/second" --listen "127.0.0.1:$port"
says "cannot listen at 127.0.0.1:$port"

# 5. SIGHUP reads the log level, SIGTERM ends it.
kill -HUP "$server"
for _ in $(seq 100); do
    ! grep -q 'log-level was read again' "$work/err" || break
    sleep 0.05
done
stop TERM 0

# A log that nobody reads any more does not end it.
mkfifo "$work/log"
head -c 1 "$work/log" >/dev/null &
reader=$!
rm -f "$work/pipe"
mkfifo "$work/pipe"
"$keyclave" serve --platform sim --listen 127.0.0.1:0 --state "$work/state" >"$work/pipe" \
    2>"$work/log" &
server=$!
read -r -t 60 ready <"$work/pipe" || fail "not ready"
wait "$reader"
kill -HUP "$server"
sleep 0.5
grep -q '^Max core file size  *0  *0 ' "/proc/$server/limits" || fail "its memory may get into a file"
stop TERM 0

# 6. Both listeners; SIGINT; the measurement stays.
first=${ready#*mrenclave=}
start --state "$work/state" --listen-ratls '127.0.0.1:0'
[[ $ready == *" ratls=https://127.0.0.1:"* ]] || fail "ready: $ready"
[ "${ready#*mrenclave=}" != "$first" ] || fail "two lines that should differ"
[[ ${ready#*mrenclave=} == "${first%% *}"* ]] || fail "another measurement"
stop INT 0

# 7. A damaged store.
head -c 8192 /dev/zero | tr '\0' 'x' >"$work/state/records.db"
rm -f "$work/state/records.db-wal"
want 2 --platform sim --state "$work/state" --listen 127.0.0.1:0
says 'records.db'

# 8. Without an image.
want 3 --platform sim --state "$work/other" --listen 127.0.0.1:0 --image "$work/none"
says 'none'
