#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a command with a private device for one kind of key and a private certificate store, and
# removes both afterwards.
#
#   tests/e2e/with_device.sh memory|keyguard|hardware COMMAND [ARGUMENT...]
#
# The command finds the device by the variables that script/softhsm-token and script/swtpm-start
# set, the store by XDG_DATA_HOME, and the kind in MSIV2_TEST_KEYS. Exit code 77 when this machine
# cannot make such a device.
set -eu

project=$(cd "$(dirname "$0")/../.." && pwd)
kind=$1
shift
# A Unix socket's path has at most 107 bytes: not below the build folder.
device=$(mktemp -d /tmp/msiv2-XXXXXX)
trap 'finish' EXIT
trap 'exit 130' HUP INT TERM

finish() {
	[ "$kind" != hardware ] || "$project/script/swtpm-stop" --dir "$device/tpm" || true
	rm -rf "$device"
}

need() {
	command -v "$1" >/dev/null 2>&1 && return
	printf '%s keys need %s, which is not installed\n' "$kind" "$1" >&2
	exit 77
}

case $kind in
memory) ;;
keyguard)
	need softhsm2-util
	lines=$("$project/script/softhsm-token" --dir "$device/token")
	eval "$lines"
	;;
hardware)
	need swtpm
	lines=$("$project/script/swtpm-start" --dir "$device/tpm")
	eval "$lines"
	;;
*)
	printf 'unknown kind of key: %s\n' "$kind" >&2
	exit 2
	;;
esac
MSIV2_TEST_KEYS=$kind
XDG_DATA_HOME=$device/data
export MSIV2_TEST_KEYS XDG_DATA_HOME
"$@"
