# Sourced by the tests that run Node: puts the packages of package-lock.json and our scripts into
# $modules. Wants $source, $modules, $work and the functions skip and fail.
command -v node >/dev/null || skip "there is no node (apt-get install nodejs)"
command -v npm >/dev/null || skip "there is no npm (apt-get install npm)"
mkdir -p "$modules"
exec 8>"$modules/lock" # two tests may come at once
flock 8
if ! cmp -s "$source/package-lock.json" "$modules/installed.json"; then
    cp "$source"/{package.json,package-lock.json,.npmrc} "$modules/"
    retries=(--fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000)
    npm_status=0
    (cd "$modules" && timeout 120 npm ci --ignore-scripts "${retries[@]}") >"$work/npm.log" 2>&1 ||
        npm_status=$?
    if [ $npm_status = 124 ]; then
        skip "npm reaches no registry within two minutes"
    elif [ $npm_status != 0 ]; then
        if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH' \
            "$work/npm.log"; then
            skip "npm reaches no registry: $(grep -m 1 -oE 'code E[A-Z_]+' "$work/npm.log")"
        fi
        cat "$work/npm.log" >&2
        fail "npm ci failed"
    fi
    cp "$source/package-lock.json" "$modules/installed.json"
fi
cp "$source/"*.js "$modules/"
exec 8>&-

