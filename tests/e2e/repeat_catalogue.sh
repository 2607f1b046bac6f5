#!/bin/sh
# SPDX-License-Identifier: MIT
# script/repeat-catalogue counts good runs and bad ones, keeps what a bad one left, and says when a
# run cannot be made.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

repeat=$project/script/repeat-catalogue
export MSIV2_REPEAT="$work/kept"

expect_rc "good runs" 0 "$repeat" 2 memory flow.cold flow.cached
expect_match "the second run" "$(cat "$work/out")" '^run 2 of 2: status 0, [0-9]* s: 2 pass$'
expect_match "their sum" "$(cat "$work/out")" '^2 runs with memory keys, 0 not all good$'
expect "what good runs leave" "$(ls "$work/kept")" "err"

mkdir "$work/bin"
ln -s "$MSIV2_BIN/msiv2-conformance" "$work/bin"
cat >"$work/bin/msiv2-shim" <<END
#!/bin/sh
[ "\$MSIV2_SEED" != 2 ] || exit 3
exec "$MSIV2_BIN/msiv2-shim"
END
chmod +x "$work/bin/msiv2-shim"
expect_rc "a bad run" 1 env MSIV2_BIN="$work/bin" "$repeat" 3 memory flow.cold
expect_match "the bad run" "$(cat "$work/out")" '^run 2 of 3: status 1, [0-9]* s: 1 fail$'
expect_match "the run after it" "$(cat "$work/out")" '^run 3 of 3: status 0, '
expect_match "their sum" "$(cat "$work/out")" '^3 runs with memory keys, 1 not all good$'
expect_rc "its evidence" 0 test -f "$work/kept/memory-2/evidence/flow.cold/verdict.json"
expect_match "its words" "$(cat "$work/kept/memory-2/standard-error.txt")" 'exit status 3'

expect_rc "no scenario" 1 "$repeat" 1 memory flow.none
expect_match "what is wrong" "$(cat "$work/err")" 'flow.none: is no id'
expect_rc "no number" 1 "$repeat" none
expect_rc "no programs" 1 env MSIV2_BIN="$work/none" "$repeat" 1
done_testing
