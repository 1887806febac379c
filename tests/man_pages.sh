#!/bin/bash
# The manual page of the command has the commands that the program has, and the one of the library
# the functions of the header; both can be read by scdoc, where it is there.
# usage: man_pages.sh KEYCLAVE SOURCE
set -euo pipefail
keyclave=$1
source=$2
failed=0
fail() { echo "FAIL $*"; failed=1; }

same() {
    local what=$1
    diff <(echo "$2") <(echo "$3") >&2 || fail "$what: left in the program, right in the page"
    [ -n "$2" ] || fail "$what: none"
}

same commands \
    "$("$keyclave" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' | sort)" \
    "$(sed -n 's/^## \([a-z-]*\)$/\1/p' "$source/man/keyclave.1.scd" | sort)"
same functions \
    "$(grep -oE 'keyclave_[a-z_]+\(' "$source/include/keyclave/verify.h" | tr -d '(' | sort -u)" \
    "$(sed '/^# EXAMPLE/,$d' "$source/man/keyclave-verify.3.scd" |
        grep -oE '\*keyclave_[a-z_]+\*\(' | tr -d '*(' | sort -u)"
if command -v scdoc >/dev/null; then
    for page in "$source"/man/*.scd; do
        scdoc <"$page" >/dev/null || fail "$page"
    done
fi
exit $failed
