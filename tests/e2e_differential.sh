#!/bin/bash
# keyclave and an independent verifier, @phala/dcap-qvl, judge the shared vectors and COUNT changed
# cases of the simulated platform, signed anew. What only one of them accepts must have a known
# reason (docs/verification.md).
# usage: e2e_differential.sh KEYCLAVE JUDGE_CASES BOUND_QUOTE BUILD-FOLDER COUNT [SEED]
set -euo pipefail
keyclave=$1
judge_cases=$2
bound_quote=$3
modules=$4/interop
source=$(cd "$(dirname "$0")/interop" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "e2e_differential: $*" >&2
    exit 1
}

# shellcheck source=tests/interop/install.sh
. "$source/install.sh"

export KEYCLAVE_STATE=$work/state
echo "held" >"$work/held"
"$bound_quote" "$work/state" "$work/held" >"$work/quote"
"$keyclave" sim collateral "$work/collateral"
node "$modules/differential.js" "$judge_cases" "$work/quote" "$work/collateral" \
    "$source/../../../shared/vectors/dcap" "$5" "${6:-1}"
