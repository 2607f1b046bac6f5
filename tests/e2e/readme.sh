#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs what README.md tells people to type: every block marked <!-- run -->, in order, in one shell.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A folder that looks like a checkout after `script/demo`.
mkdir -p "$work/tree/build/dev"
ln -s "$MSIV2_BIN" "$work/tree/build/dev/bin"
for name in script scenarios docs; do
	ln -s "$project/$name" "$work/tree/$name"
done

awk '
	/^<!-- run -->$/ { marked = 1; next }
	/^```sh$/ && marked { inside = 1; marked = 0; next }
	/^```$/ { inside = 0 }
	inside' "$project/README.md" >"$work/blocks"
expect_match "there is something to run" "$(cat "$work/blocks")" 'msiv2-emulator'

# Whatever goes wrong in between, no process may stay.
cat >"$work/readme" <<'END'
set -eu
trap '[ -z "${!-}" ] || kill $! 2>/dev/null || true' EXIT
. "$1"
wait
END
cd "$work/tree"
expect_rc "the blocks of README.md" 0 sh "$work/readme" "$work/blocks"
out=$(cat "$work/out")
expect_match "the call went through" "$out" '"x5t#S256":'
expect_match "the other client, too" "$out" '"resource":\{"status":200\}'
expect_match "the journal" "$out" '"endpoint": *"issuecredential"'
expect_match "the counts" "$out" '"resource": *2'
expect_match "the rules" "$out" '"mode": *"reject"|"reject"'
expect_match "the verdicts" "$(cat "$work/err")" '^2 pass$'
expect_match "the clock" "$out" '"offset_s": *6048[0-9]{2}'
done_testing
