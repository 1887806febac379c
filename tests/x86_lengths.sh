#!/bin/bash
# usage: x86_lengths.sh PROGRAM FILE...
# PROGRAM holds our instruction lengths against objdump's, over the code of each FILE and of the
# C library that the first is linked with.
set -u
program=$(realpath "$1")
shift
if ! command -v objdump >/dev/null; then
    echo "skipped: objdump is not there (package binutils)"
    exit 77
fi
libc=$(ldd "$1" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
for file in "$@" $libc; do
    echo "$file:"
    objdump -d --insn-width=15 "$file" | "$program" || exit 1
done
