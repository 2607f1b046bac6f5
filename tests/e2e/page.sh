#!/bin/sh
# SPDX-License-Identifier: MIT
# The page on the admin listener, in a real browser: what it shows of a real client's flow, its
# switches by keyboard alone, its colours and labels, and that it talks to nobody else.
set -eu

if ! command -v chromium >/dev/null 2>&1 || ! command -v chromedriver >/dev/null 2>&1; then
	printf 'no chromium with its driver on this machine\n' >&2
	[ -n "${CI-}" ] || exit 77
	exit 1
fi
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

start_emulator --quiet
expect_rc "the page in a browser" 0 \
	/usr/bin/python3 "$project/tests/e2e/page.py" "$work"
cat "$work/err" >&2
stop_emulator

# The same page before a listener with a key.
printf 'correct-horse-battery-staple\n' >"$work/admin.key"
chmod 600 "$work/admin.key"
start_emulator --quiet --admin-key-file "$work/admin.key"
expect_rc "the page asks for the key" 0 \
	/usr/bin/python3 "$project/tests/e2e/page_key.py" "$work" correct-horse-battery-staple
cat "$work/err" >&2
stop_emulator
done_testing
