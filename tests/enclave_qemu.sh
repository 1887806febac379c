#!/bin/sh
# Usage: enclave_qemu.sh PROGRAM
#
# The emulator on a processor that does not know ENCLU: it must serve SIGILL. 77: skipped.
set -eu
command -v qemu-x86_64 >/dev/null || { echo "qemu-x86_64 is not installed: skipped"; exit 77; }
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
qemu-x86_64 -cpu max -strace "$1" 2>"$trace"
grep -q 'si_signo=SIGILL' "$trace" || { echo "no SIGILL was raised"; exit 1; }
echo "$(grep -c 'si_signo=SIGILL' "$trace") instructions of ENCLU served by SIGILL"
# A processor without AES-NI is refused by name.
if qemu-x86_64 -cpu max,-aes "$1" >"$trace" 2>&1; then
    echo "a processor without AES-NI was accepted"
    exit 1
fi
grep -q 'AES-NI' "$trace" || { cat "$trace"; exit 1; }
