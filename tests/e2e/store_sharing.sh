#!/bin/sh
# SPDX-License-Identifier: MIT
# Two devices that have a key of the same name each share a store. Run by with_device.sh, which
# makes the first one.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
second=$(mktemp -d /tmp/msiv2-XXXXXX)
trap 'code=$?; drop_second; finish "$code"' EXIT

drop_second() {
	[ "$MSIV2_TEST_KEYS" != hardware ] ||
		"$project/script/swtpm-stop" --dir "$second/device" || true
	rm -rf "$second"
}
case $MSIV2_TEST_KEYS in
keyguard) lines=$("$project/script/softhsm-token" --dir "$second/device") ;;
hardware) lines=$("$project/script/swtpm-start" --dir "$second/device") ;;
esac

# here COMMAND..., there COMMAND...: with the first device, with the second.
here() {
	"$@"
}
there() (
	eval "$lines"
	"$@"
)

# cost PLACE: of a token there.
cost() {
	curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
	expect_rc "a token" 0 "$@" msiv2 token --resource https://vault.azure.net
	counts
}
new="getplatformmetadata=1 issuecredential=1 token=1"

verdicts() {
	"$@" msiv2 cert list --json | json 'sorted(e["verdict"] for e in j["entries"])'
}

expect "here, the first time" "$(cost here)" "$new"
expect "there, the first time" "$(cost there)" "$new"
expect "here again" "$(cost here)" "token=1"
expect "there again" "$(cost there)" "token=1"
expect "here they are told apart" "$(verdicts here)" '["chosen", "other-device"]'
expect "there as well" "$(verdicts there)" '["chosen", "other-device"]'
expect "two devices" "$(msiv2 cert list --json |
	json 'len({e["key"]["device"] for e in j["entries"]})')" 2
expect_rc "verify: the other's is no damage" 0 msiv2 cert verify
expect_match "but it is elsewhere" "$(cat "$work/out")" '^elsewhere .*: its key is in '
expect_rc "purge" 0 there msiv2 cert purge --json
expect "of nothing" "$(json 'j["removed"]' <"$work/out")" 0

# STORE-07: the key of this device goes, and so does what was issued for it, by whoever writes next.
expect_rc "the key here goes" 0 "$MSIV2_BIN/msiv2" key remove --keys "$MSIV2_TEST_KEYS"
expect "its entry is an orphan here" "$(verdicts here)" '["orphan", "other-device"]'
expect "and not there" "$(verdicts there)" '["chosen", "other-device"]'
expect "a new one here" "$(cost here)" "$new"
expect "in place of the orphan" "$(verdicts here)" '["chosen", "other-device"]'
expect "there nothing has happened" "$(cost there)" "token=1"

stop_emulator
done_testing
