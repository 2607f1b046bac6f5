#!/bin/sh
# SPDX-License-Identifier: MIT
# script/demo tells the story, plainly when nobody watches, and does not hide a failure.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

demo() {
	"$project"/script/demo "$@"
}
mkdir "$work/tmp"
export TMPDIR="$work/tmp"

expect_rc "the demo" 0 demo --bin "$MSIV2_BIN" --keys memory
out=$(cat "$work/out")
expect "no colour without a terminal" "$(grep -c "$(printf '\033')" "$work/out")" 0
expect_match "token" "$out" 'mtls_pop until'
expect_match "issue" "$out" 'POST issuecredential +200'
expect_match "resource with certificate" "$out" 'GET resource +200'
expect_match "resource without" "$out" 'GET resource +401'
expect_match "the rule that refused" "$out" 'RES-01/'
expect_match "the end" "$out" '^done'
expect_no_match "no token" "$out" 'eyJ'
expect "short" "$([ "$(wc -l <"$work/out")" -le 60 ] && echo yes)" yes
expect "nothing left behind" "$(ls -A "$TMPDIR")" ""

# The same with a device, whose key is attested.
for kind in keyguard hardware; do
	expect_rc "the demo of $kind keys" 0 demo --bin "$MSIV2_BIN" --keys $kind
	out=$(cat "$work/out")
	expect_match "$kind: the kind" "$out" "RSA 2048, $kind"
	expect_match "$kind: attested" "$out" 'POST attest-[a-z]+ +200'
	expect_match "$kind: the end" "$out" '^done'
	expect "$kind: nothing left behind" "$(ls -A "$TMPDIR")" ""
done

# A reader that leaves early leaves nobody behind: the emulator removes its CA file when it ends.
demo --bin "$MSIV2_BIN" 2>"$work/first.err" | head -n 1 >"$work/first"
expect "nothing left by a demo that was cut short" "$(ls -A "$TMPDIR")" ""

# Failures are told: a client that fails, an emulator that does not start, nothing built, nonsense.
mkdir "$work/bin"
ln -s "$MSIV2_BIN/msiv2-emulator" "$work/bin/msiv2-emulator"
printf '#!/bin/sh\nexit 11\n' >"$work/bin/msiv2"
chmod +x "$work/bin/msiv2"
expect_rc "a client that fails" 1 demo --bin "$work/bin"
expect_match "is named" "$(cat "$work/out")" 'msiv2 token ended with exit code 11'
rm "$work/bin/msiv2-emulator"
printf '#!/bin/sh\nexit 2\n' >"$work/bin/msiv2-emulator"
chmod +x "$work/bin/msiv2-emulator"
expect_rc "an emulator that does not start" 1 demo --bin "$work/bin"
expect_match "is named" "$(cat "$work/out")" 'did not start'
expect_rc "nothing built" 1 demo --bin "$work/tmp"
expect_rc "keys of no kind" 1 demo --bin "$MSIV2_BIN" --keys stone
expect_rc "an unknown option" 1 demo --fast
done_testing
