#!/bin/sh
# SPDX-License-Identifier: MIT
# script/swtpm-start and script/swtpm-stop: what they leave, what they refuse, and that the TPM
# answers when the first returns.
set -eu

project=$(cd "$(dirname "$0")/../.." && pwd)
start=$project/script/swtpm-start
stop=$project/script/swtpm-stop

work=$(mktemp -d /tmp/msiv2-XXXXXX)
dir="$work/it's a tpm"
trap '"$stop" --dir "$dir"; rm -rf "$work"' EXIT

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# The TPM answers TPM2_GetRandom(8) on its socket with 20 bytes.
answers() {
	/usr/bin/python3 - "$dir/sock" <<'END'
import socket
import sys

with socket.socket(socket.AF_UNIX) as tpm:
    tpm.settimeout(10)
    tpm.connect(sys.argv[1])
    tpm.sendall(bytes.fromhex("80010000000c0000017b0008"))
    sys.exit(0 if len(tpm.recv(64)) == 20 else 1)
END
}

# refuses WORDS OPTION...: swtpm-start fails, says so, and prints no line for a shell.
refuses() {
	words=$1
	shift
	if "$start" "$@" >"$work/out" 2>"$work/err"; then
		fail "swtpm-start $* went well"
	fi
	grep -q "$words" "$work/err" || fail "'$(cat "$work/err")' does not say '$words'"
	[ ! -s "$work/out" ] || fail "printed $(cat "$work/out")"
}

"$stop" --dir "$dir"
lines=$("$start" --dir "$dir")
eval "$lines"
# shellcheck disable=SC2154 # the line sets it
[ "$MSIV2_TCTI" = "swtpm:path=$dir/sock" ] || fail "MSIV2_TCTI is $MSIV2_TCTI"
answers || fail "the TPM does not answer"
[ "$(stat -c %a "$dir")" = 700 ] || fail "the directory is open to others"
[ "$(stat -c %a "$dir/sock")" = 600 ] || fail "the socket is open to others"
refuses "runs in" --dir "$dir"

pid=$(cat "$dir/pid")
"$stop" --dir "$dir"
[ ! -e "$dir/sock" ] || fail "the socket is left"
[ -s "$dir/tpm2-00.permall" ] || fail "the state is gone"
[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != swtpm ] ||
	grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" || fail "it still runs"

# Again, and one that stands still is stopped as well.
"$start" --dir "$dir" >/dev/null
answers || fail "the TPM does not answer again"
kill -STOP "$(cat "$dir/pid")"
"$stop" --dir "$dir"

# One that was killed is no reason not to start.
"$start" --dir "$dir" >/dev/null
kill -KILL "$(cat "$dir/pid")"
"$start" --dir "$dir" >/dev/null || fail "does not start after a kill"
answers || fail "the TPM does not answer after a kill"

refuses "too many for a UNIX socket" --dir "$work/$(printf '%0100d' 0)"
refuses "a comma" --dir "$work/a,b"
refuses "needs a value" --dir
refuses "is needed"
refuses "unknown option" --nonsense
