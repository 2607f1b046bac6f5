#!/bin/sh
# SPDX-License-Identifier: MIT
# script/softhsm-token: a token that works, private, and nothing left when it cannot be made.
set -eu

project=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
script=$project/script/softhsm-token
umask 022

expect() {
	[ "$2" = "$3" ] || {
		printf '%s: "%s", not "%s"\n' "$1" "$2" "$3" >&2
		exit 1
	}
}

# The lines it prints make a shell use the token, whatever the directory is called.
dir="$work/it's here"
lines=$("$script" --dir "$dir")
(
	eval "$lines"
	expect "configuration" "$SOFTHSM2_CONF" "$dir/softhsm2.conf"
	expect "PIN file" "$(cat "$dir/pin")" "$MSIV2_PKCS11_PIN"
	expect "tokens with the label" \
		"$(softhsm2-util --show-slots | grep -c 'Label: *msiv2 *$')" 1
)
for path in "$dir" "$dir/tokens"; do
	expect "mode of $path" "$(stat -c %a "$path")" 700
done
for path in "$dir/pin" "$dir/softhsm2.conf"; do
	expect "mode of $path" "$(stat -c %a "$path")" 600
done

# Two tokens do not share a PIN.
"$script" --dir "$work/second" >/dev/null
[ "$(cat "$work/second/pin")" != "$(cat "$dir/pin")" ]

# What is given is used.
lines=$("$script" --dir "$work/given" --label other --pin 975310 --so-pin 86420864)
expect "the label for the client" "$(eval "$lines" && printf '%s' "$MSIV2_PKCS11_TOKEN")" other
expect "given PIN" "$(cat "$work/given/pin")" 975310
expect "given label" \
	"$(SOFTHSM2_CONF=$work/given/softhsm2.conf softhsm2-util --show-slots |
		grep -c 'Label: *other *$')" 1

# Failures: a directory in use is left as it is, a new one is not left.
if "$script" --dir "$dir" >/dev/null 2>&1; then exit 1; fi
expect "token in use" "$(wc -c <"$dir/pin")" 13
if "$script" --dir "$work/short" --pin 1 >/dev/null 2>&1; then exit 1; fi
[ ! -e "$work/short" ]
if "$script" --dir "$work/none" --pin >/dev/null 2>&1; then exit 1; fi
[ ! -e "$work/none" ]
if TMPDIR=$work PATH=/nowhere /bin/sh "$script" >/dev/null 2>&1; then exit 1; fi
expect "what there is" "$(find "$work" -mindepth 1 -maxdepth 1 | wc -l)" 3
